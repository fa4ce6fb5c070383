"""What a member is told: tagged lines, its memories most relevant first, and nothing that a post could break."""

from windtunnel.agents.harmless import harmless
from windtunnel.sim.communities.forum.posts import TONES, VISIBLE
from windtunnel.sim.communities.forum.telling import MEMORIES, thread_lines
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world


def stepped(experiment, steps):
    """A world after so many steps, and its situations of the next."""
    world, mind = make_world(experiment, Unit(0, 0, "policy")), make_mind(experiment)
    for _ in range(steps):
        world.begin_step()
        world.hand_over(mind.decide([world.ask()])[0])
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
