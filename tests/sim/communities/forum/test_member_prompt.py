"""What a member is told: tagged lines, its memories most relevant first, and nothing that a post could break."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from windtunnel.agents.harmless import harmless
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.prompt import OPTIONS, OPTIONS_TO_YOU, prompt_sha256, spoken_to
from windtunnel.agents.recall import Retriever
from windtunnel.analysis.configuration import compose, plan
from windtunnel.sim.communities.forum.member_prompt import MEMORIES, _found, _told, thread_lines
from windtunnel.sim.communities.forum.posts import TONES, VISIBLE
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world, run_block


def stepped(experiment, steps):
    """A world after so many steps, and its situations of the next."""
    world, mind = make_world(experiment, Unit(0, 0, "policy")), make_mind(experiment)
    for _ in range(steps):
        world.begin_step()
        world.set_log_probs(mind.decide([world.ask()])[0])
        world.step()
    world.begin_step()
    return world, world.ask()


def test_lines_are_tagged_and_the_thread_comes_before_what_is_personal(tiny_experiment):
    _, situations = stepped(tiny_experiment([], size=30), 12)
    kinds = [[line.kind for line in situations.describe(row)] for row in range(len(situations))]
    assert {kind for one in kinds for kind in one} <= {"shown", "looking", "memory", "member"}
    for one in kinds:
        assert one == sorted(one, key=lambda kind: {"shown": 0, "looking": 0}.get(kind, 1))
        assert one[-1] == "member" and "looking" in one
    lines = [line.text for row in range(len(situations)) for line in situations.describe(row)]
    assert [harmless(line) for line in lines] == lines


def test_memories_are_the_visible_answers_a_member_got_most_relevant_first(tiny_experiment):
    world, _ = stepped(tiny_experiment([], size=60), 20)
    forum, now = world.community, world.now
    posts, recalled = forum.posts, 0
    for row in range(len(forum.members)):
        mine = [
            post
            for post in range(len(posts))
            if posts.parent[post] >= 0
            and posts.author[posts.parent[post]] == row != posts.author[post]
            and posts.state[post] == VISIBLE
        ]
        for focus in (-1, 0, len(posts) - 1):
            told = [line.text for line in thread_lines(forum, now, row, focus, {}) if line.kind == "memory"]
            author, thread = (posts.author[focus], posts.thread[focus]) if focus >= 0 else (None, None)
            wanted = sorted(
                mine,
                key=lambda post: (
                    posts.author[post] != author,
                    posts.thread[post] != thread,
                    -posts.tone[post],
                    -posts.step[post],
                    posts.id[post],
                ),
            )[:MEMORIES]
            assert len(told) == len(wanted)
            for line, post in zip(told, wanted, strict=True):
                assert f"gave you a {TONES[posts.tone[post]]} answer" in line
                assert f" {forum.members.id[posts.author[post]]} " in line
                assert ("in this thread" in line) == (posts.thread[post] == thread)
                assert line.endswith(f"{round((now - int(posts.step[post])) * forum.hours)} h ago.")
            recalled += len(told)
    assert recalled > 10


def test_own_posts_are_marked_and_each_line_says_who_answers_whom(tiny_experiment):
    world, _ = stepped(tiny_experiment([], size=60), 20)
    forum, now = world.community, world.now
    posts, seen = forum.posts, Counter()
    for focus in range(len(posts)):
        for row in {int(posts.author[focus]), 0, 1}:
            shown = [line.text for line in thread_lines(forum, now, row, focus, {}) if line.kind == "shown"]
            told = _told(forum, int(posts.thread[focus]))
            assert len(shown) == len(told)
            for line, post in zip(shown, told, strict=True):
                author, parent = posts.author[post], posts.parent[post]
                head, whom = line.split(":")[0].split(", ", 1)
                assert f" {forum.members.id[author]}" in head and ("(you)" in head) == (author == row)
                if parent < 0:
                    assert whom == "opening the thread"
                elif posts.author[parent] == author:
                    assert whom == f"answering {'your' if author == row else 'their'} own post"
                elif posts.author[parent] == row:
                    assert whom == "answering you"
                else:
                    assert (
                        whom.startswith("answering ") and str(forum.members.id[posts.author[parent]]) in whom
                    )
                seen[whom.split()[-1], "(you)" in head] += 1
            (looking,) = [
                line.text
                for line in thread_lines(forum, now, row, focus, {})
                if line.text.startswith("You are looking at ")
            ]
            assert ("your own" in looking) == (posts.author[focus] == row)
    assert seen["you", False] and seen["thread", True] and len(seen) > 5


@pytest.mark.parametrize("form", ["plain", "second_person", "list"])
@pytest.mark.parametrize("wording", ["plain", "formal", "short"])
def test_a_member_is_spoken_to_as_you_throughout(form, wording, monkeypatch):
    settings = [
        f"community.persona_format={form}",
        f"community.wording={wording}",
        "prompt=member",
        "mind=llm",
    ]
    settings += ["llm=fake", "policy=[rule_reminder,graduated_sanctions]", "community.size=40", "steps=8"]
    made = plan(compose([*settings, "draws=1", "seeds=1"])).experiment
    experiment = replace(made, mind={**made.mind, "llm": {"kind": "fake", "store": "none"}})
    asked = []

    class Noting(FakeModel):
        def ask(self, requests):
            asked.extend(requests)
            return super().ask(requests)

    monkeypatch.setattr("windtunnel.agents.llm.fake.FakeModel", Noting)
    run_block(experiment, [Unit(0, 0, "policy")], make_mind)
    assert {bool(request.letters) for request in asked} == {True, False}, "choices and words"
    for request in asked:
        whole = f"{request.system}\n{request.user}"
        assert not re.search(r"\b(the|this) member\b|\bmember:", whole, re.IGNORECASE), whole
        assert OPTIONS_TO_YOU in request.user and OPTIONS not in request.user
        assert request.user.splitlines()[-1].startswith(("What do you do next?", "You now "))
    told = "\n".join(request.user for request in asked)
    assert "You are an ordinary regular." in told or form == "list"


def test_by_archetype_the_words_are_as_they_were(tiny_experiment):
    """Their hash too, so that a calibration by archetype holds."""
    scene = tiny_experiment([], size=30).builder().scene()
    assert spoken_to(scene) != scene
    assert prompt_sha256(scene) == prompt_sha256(
        scene._replace(ask_you="", personas=tuple(persona._replace(to_you="") for persona in scene.personas))
    )
    assert prompt_sha256(spoken_to(scene)) != prompt_sha256(scene)
    assert spoken_to(spoken_to(scene)) == spoken_to(scene)


def test_a_biased_memory_recalls_in_another_order_and_both_twins_alike(tiny_experiment):
    """Short answers come first where brevity alone is weighed; chance is addressed, so the same is recalled again."""
    world, _ = stepped(tiny_experiment([], size=60), 20)
    forum, now = world.community, world.now
    row = int(np.bincount(forum.posts.answered[forum.posts.answered >= 0]).argmax())
    mine = np.flatnonzero((forum.posts.answered == row) & (forum.posts.author != row))
    for post in mine.tolist():
        forum.speech.texts[int(forum.posts.id[post])] = "word " * (1 + post % 7)

    def recalled(**weights):
        forum.settings = forum.settings.model_copy(update={"retriever": Retriever(**weights)})
        return [
            line.text for line in thread_lines(forum, now, row, int(mine[0]), {}) if line.kind == "memory"
        ]

    plain, short = recalled(), recalled(brevity=50)
    assert len(mine) > 3 and len(plain) == len(short) and plain != short
    length = 1 + mine[np.argsort(-_found(forum, now, row, int(mine[0]), mine))] % 7
    assert (np.diff(length) >= 0).all() and length[0] < length[-1]
    assert recalled(noise=1) == recalled(noise=1) != plain
