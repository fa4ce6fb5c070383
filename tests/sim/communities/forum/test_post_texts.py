"""Words in a forum: written once, shared by twins for as long as they share their past, told to others, never to a record."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from windtunnel.agents.llm.costs.tokens import tokens_at_most
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import LETTERS, Answer
from windtunnel.agents.llm.store import ResponseStore, Stored
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.llm import LLMMind
from windtunnel.agents.prompt import ASK, MARGIN, OPTIONS_TO_YOU, SITUATION
from windtunnel.sim.communities.forum.record_world import RecordWorld
from windtunnel.sim.events import digest
from windtunnel.sim.experiment import ARMS, Experiment, Unit
from windtunnel.sim.run import lock_step, make_world, run, run_block

HOSTILE = [
    str(post)
    for post in yaml.safe_load(
        (Path(__file__).parents[3] / "fixtures" / "hostile_posts.yaml").read_text(encoding="utf-8")
    )
]


class Noting(FakeModel):
    """The fake model, which notes what it was asked; `say` gives it other words."""

    def __init__(self, say=None):
        super().__init__()
        self.asked, self._say = [], say

    def ask(self, requests):
        self.asked += requests
        answers = super().ask(requests)
        if self._say is None:
            return answers
        return [
            answer if request.letters else self._say(request)
            for request, answer in zip(requests, answers, strict=True)
        ]


def talking(experiment: Experiment, model, **options) -> LLMMind:
    kind = experiment.builder()
    scene = kind.scene(experiment.raised())
    return LLMMind(
        model, scene, **{"prompt": "member", "alpha": kind.alpha(scene).tolist(), "words": True, **options}
    )


def spoken(experiment: Experiment, model, arms=("baseline",), **options):
    """The worlds of these arms, run to the end, with what failed."""
    worlds = [make_world(experiment, Unit(0, 0, arm)) for arm in arms]
    failed = lock_step(worlds, talking(experiment, model, **options), experiment.steps)
    return worlds, failed


def events(world, arm="baseline") -> pl.DataFrame:
    return world.log.frame(0, 0, arm)


def make_fake_mind(experiment: Experiment) -> LLMMind:
    return talking(experiment, FakeModel())


def test_every_post_and_nothing_else_has_words_and_each_was_asked_for_once(tiny_experiment):
    model = Noting()
    (world,), failed = spoken(tiny_experiment([]), model)
    assert not failed
    table = events(world)
    written = table.filter(pl.col("kind").is_in(["open", "spark", "post", "reply"]))
    assert len(written) > 30 and written["text"].null_count() == 0
    assert table.filter(~pl.col("kind").is_in(["open", "spark", "post", "reply"]))[
        "text"
    ].null_count() == len(table) - len(written)
    asked = [request for request in model.asked if not request.letters]
    assert len(asked) == len(set(asked)) == len(written)
    assert set(written["text"]) == {FakeModel().ask([request])[0].text for request in asked}


def test_what_was_said_is_told_to_the_others_and_only_after_it_was_said(tiny_experiment):
    model = Noting()
    (world,), _ = spoken(tiny_experiment([]), model)
    texts = set(world.community.speech.texts.values())
    known: set[str] = set()
    shown = 0
    for request in model.asked:  # words are asked for before anybody decides with them on show
        found = set(re.findall(r"“(.*?)”", request.user))
        assert found <= texts
        shown += len(found)
        known |= found
    assert shown > 100 and len(known) > 20


def test_twins_share_words_exactly_until_they_part(tiny_experiment):
    experiment = tiny_experiment([("thread_lock", {"start": 6})], size=40, steps=12)
    drifting = itertools.count()
    model = Noting(lambda request: Answer((), text=f"Words number {next(drifting)}, never the same."))
    worlds, failed = spoken(experiment, model, ("baseline", "policy"))
    assert not failed
    one, two = (events(world, "x") for world in worlds)
    parted = next(
        (step for step in range(12) if not one.filter(step=step).equals(two.filter(step=step))), None
    )
    assert parted is not None and parted >= 6
    before = one.filter(pl.col("step") < parted)
    assert before.equals(two.filter(pl.col("step") < parted)) and before["text"].drop_nulls().len() > 20


def test_twins_whose_thread_reads_differently_get_words_of_their_own(tiny_experiment):
    experiment = tiny_experiment([("thread_lock", {"start": 4})], size=40, steps=12)
    worlds, _ = spoken(experiment, FakeModel(), ("baseline", "policy"))
    one, two = (events(world, "x").filter(pl.col("text").is_not_null()) for world in worlds)
    both = one.join(two, on=["step", "member", "target"])
    assert (both["text"] == both["text_right"]).any() and (both["text"] != both["text_right"]).any()


def test_the_fingerprint_of_a_run_covers_its_words(tiny_experiment):
    experiment = tiny_experiment([])
    plain, other = (
        spoken(experiment, Noting(say))[0][0]
        for say in (lambda request: Answer((), text="One."), lambda request: Answer((), text="Two."))
    )
    assert digest(events(plain)) != digest(events(other))


def test_width_processes_and_the_second_baseline_change_no_word(tiny_experiment, tmp_path):
    experiment = replace(
        tiny_experiment(["thread_lock"], size=24, steps=8, draws=2, seeds=2), mind={"name": "llm", "llm": {}}
    )
    found = []
    for width, jobs in ((16, 1), (1, 1), (3, 1), (1, 2)):
        runs = [
            one
            for block in run(experiment, make_fake_mind, pairs_a_block=width, jobs=jobs)
            for one in block.runs
        ]
        assert {one.status for one in runs} == {"ok"} and len(runs) == 12
        found.append({one.unit: one.events_sha256 for one in runs})
        tables = {one.unit: one.events.drop("arm") for one in runs}
        for draw, seed in itertools.product(range(2), range(2)):
            again = tables[Unit(draw, seed, "aa")]
            assert again.equals(tables[Unit(draw, seed, "baseline")]) and again["text"].drop_nulls().len()
    assert found[0] == found[1] == found[2] == found[3]


def test_a_second_baseline_reads_the_words_of_the_first_from_the_store(tiny_experiment, tmp_path):
    """A server without seeds writes something else each time; what was kept first is what both say."""
    experiment, drifting = tiny_experiment([]), itertools.count()
    blocks = []
    for unit in (Unit(0, 0, "baseline"), Unit(0, 0, "aa")):
        model = Noting(lambda request: Answer((), text=f"Words number {next(drifting)}."))

        def mind(made, model=model):
            return talking(made, Stored(model, ResponseStore(tmp_path / "a.sqlite")))

        blocks.append(run_block(experiment, [unit], mind))
    one, two = (block.runs[0].events.drop("arm") for block in blocks)
    assert one.equals(two) and one["text"].drop_nulls().len() > 30
    assert blocks[1].record["calls"] == 0


def test_words_that_are_not_to_be_had_fail_their_run_at_the_stage_words(tiny_experiment):
    count = itertools.count()

    def say(request):
        return Answer((), text="Fine.") if next(count) < 40 else Unanswered("read", "JSON without a text")

    (world,), failed = spoken(tiny_experiment([]), Noting(say))
    assert failed[0][0].startswith("words, step ") and failed[0][1] == "JSON without a text"
    assert world.now < 12


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 20))
def test_whatever_a_model_writes_it_breaks_nobody_s_prompt(tiny_experiment, start):
    posts = itertools.cycle(HOSTILE[start : start + 20])
    model = Noting(lambda request: Answer((), text=f"a {next(posts)[:230]}"))
    (world,), failed = spoken(tiny_experiment([], size=24, steps=8), model)
    assert not failed and world.decisions > 20
    choices = [request for request in model.asked if request.letters]
    assert any("“" in request.user for request in choices)
    for request in model.asked:
        lines = request.user.splitlines()
        heads = [line for line in lines if line in (OPTIONS_TO_YOU, SITUATION)]
        assert heads == [OPTIONS_TO_YOU, SITUATION]
        options = [line for line in lines if re.match(r"\W*\w\s*[).\]:](\s|$)", line)]
        assert [line[0] for line in options] == list(
            request.letters or LETTERS[: len(world.community.scene.actions)]
        )
        assert not re.search(r"[<>\[\]{}|`]", request.user) and request.user.count(ASK) == bool(
            request.letters
        )
        assert all(line.count("“") == line.count("”") <= 1 for line in lines)
    for text in events(world)["text"].drop_nulls():
        assert not re.search(r"[<>\[\]{}|`\n]", text)


def test_by_archetype_nothing_is_ever_written(tiny_experiment):
    model = Noting()
    worlds, failed = spoken(tiny_experiment([]), model, prompt="archetype", words=False)
    assert not failed and all(request.letters for request in model.asked)
    assert events(worlds[0])["text"].null_count() == len(events(worlds[0]))


def test_who_stands_for_real_people_never_speaks(tiny_experiment):
    assert RecordWorld.may_speak is False
    experiment, model = tiny_experiment([]), Noting()
    world = make_world(experiment, Unit(0, 0, "baseline"))
    world.may_speak = False
    lock_step([world], talking(experiment, model), experiment.steps)
    assert all(request.letters for request in model.asked) and not world.community.speech.texts


def test_texts_fit_the_context_and_what_was_cut_is_counted(tiny_experiment):
    model = Noting(lambda request: Answer((), text="words of some length " * 11))
    experiment = tiny_experiment([], size=40)
    mind = talking(experiment, model, context=700, recall=60)
    failed = lock_step([make_world(experiment, Unit(0, 0, "baseline"))], mind, experiment.steps)
    assert not failed and mind.record()["cut"] > 0
    for request in model.asked:
        room = 700 - MARGIN - (0 if request.letters else request.tokens)
        assert tokens_at_most(f"{request.system}\n{request.user}") <= room
        recalled = [line for line in request.user.splitlines() if line.startswith("You recall")]
        assert sum(map(tokens_at_most, recalled)) <= 60


def test_a_vote_in_the_same_hour_is_not_told_to_who_writes_in_it(tiny_experiment):
    """Everybody in a step sees the state that it began with: a writer reads what it decided on."""
    model = Noting()
    (world,), _ = spoken(tiny_experiment([], rates={"upvote_share": 0.4}), model)
    thread = re.compile(r"^- .*", re.M)
    decided = {tuple(thread.findall(request.user)) for request in model.asked if request.letters}
    wrote = [tuple(thread.findall(request.user)) for request in model.asked if not request.letters]
    assert sum(bool(lines) for lines in wrote) > 20 and {lines for lines in wrote if lines} <= decided


def test_a_rule_reminder_is_told_to_each_member_that_sees_it(tiny_experiment):
    experiment = tiny_experiment([("rule_reminder", {"seen": 1.0})])
    asked = {}
    for arm in ARMS[:2]:
        model = Noting()
        spoken(experiment, model, (arm,), words=False)
        asked[arm] = [request.user for request in model.asked if "You have" in request.user]
    notice = "A pinned notice says: be civil"
    assert asked["policy"] and all(notice in user for user in asked["policy"])
    assert asked["baseline"] and not any(notice in user for user in asked["baseline"])
