import ast
import re
from pathlib import Path

import mesa
import numpy as np
import pytest

from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world

ROOT = Path(__file__).parents[2]


def state(world) -> dict[str, bytes]:
    """Everything that a world holds, as bytes."""
    forum = world.community
    arrays = {f"posts.{name}": getattr(forum.posts, name) for name in forum.posts._store}
    arrays |= {f"members.{k}": v for k, v in vars(forum.members).items() if isinstance(v, np.ndarray)}
    arrays |= {k: v for k, v in vars(forum).items() if isinstance(v, np.ndarray) and v.dtype != object}
    return {name: values.tobytes() for name, values in arrays.items()} | {
        "log": bytes([len(world.log) % 251])
    }


def opened(experiment, steps: int = 5):
    """A world in which `steps` have passed and the next has begun."""
    world = make_world(experiment, Unit(0, 0, "policy"))
    lock_step([world], make_mind(experiment), steps)
    world.begin_step()
    return world


def test_a_world_is_a_mesa_model_that_counts_its_steps(tiny_experiment, tiny_world):
    world = tiny_world(tiny_experiment())
    assert isinstance(world, mesa.Model) and world.steps == world.now == 12


def test_a_member_is_a_mesa_agent_that_holds_nothing(tiny_experiment, tiny_world):
    world = tiny_world(tiny_experiment())
    assert len(world.agents) == 0, "handles are made when first asked for"
    member = world.member(3)
    assert isinstance(member, mesa.Agent) and member in world.agents and world.member(3) is member
    assert member.id == 3 and member.temper == world.community.members.traits["temper"][3]
    world.community.members.rate[3] = 0.125
    assert member.rate == 0.125
    with pytest.raises(AttributeError, match="a member has no 'karma'"):
        _ = member.karma


def test_only_what_mesa_3_3_and_3_5_share_is_used():
    """Of mesa, in all packages: Model with `rng`, and Agent with its model; both live in `sim`."""
    used = set()
    for file in [
        path
        for package in ("agents", "policies", "sim", "analysis")
        for path in (ROOT / package).rglob("*.py")
    ]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            )
            module = getattr(node, "module", None) or ""
            assert not module.startswith("mesa"), f"{file}: write `import mesa`"
            if any(name.split(".")[0] == "mesa" for name in names):
                assert file.parent == ROOT / "sim", f"{file} imports mesa; only sim may"
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "mesa"
            ):
                used.add(node.attr)
    assert used == {"Model", "Agent"}


FORUM = re.compile(r"\b(threads?|posts?|hostile|moderators?|moderation|newcomers?)\b", re.IGNORECASE)
GENERIC = (
    *(
        "agents/*.py",
        "agents/minds/*.py",
        "sim/*.py",
        "policies/base.py",
        "policies/registry.py",
        "policies/none.py",
    ),
    *(
        "conf/*.py",
        "analysis/*.py",
        "analysis/report/*.py",
        "analysis/comparison/*.py",
        "analysis/sweeps/*.py",
    ),
    *("analysis/library/*.py", "analysis/outcomes/base.py", "analysis/outcomes/registry.py"),
    *("analysis/incidents/*.py", "analysis/incidents/kinds/commons.py", "analysis/why/*.py"),
    *("analysis/commands/incidents.py", "analysis/commands/why.py", "policies/absence.py"),
)
ELSEWHERE = {"learned.py", "folder.py"}
"""A mind of a forum that stands among the others, and the folder, which knows an imported record's file of that name."""


def test_generic_files_know_of_no_forum():
    files = {path for pattern in GENERIC for path in ROOT.glob(pattern) if path.name not in ELSEWHERE}
    assert len(files) > 80
    for path in files:
        text = path.read_text(encoding="utf-8").replace("threading.Thread", "").replace("cpu_threads", "")
        found = FORUM.search(text)
        assert not found, f"{path}: {text[max(0, found.start() - 60) : found.end() + 40]}"


def test_a_step_without_answers_is_refused(tiny_experiment):
    world = opened(tiny_experiment())
    world.ask()
    with pytest.raises(ValueError, match="step\\(\\) came before set_log_probs"):
        world.step()


def test_asking_changes_nothing_and_twice_gives_the_same(tiny_experiment):
    policies = [
        "slow_mode",
        "rule_reminder",
        "downrank_hostile",
        ("thread_lock", {"heat": 1, "evasion": 0.5}),
    ]
    world = opened(tiny_experiment(policies))
    before = state(world)
    one, two = world.ask(), world.ask()
    assert state(world) == before
    for name in ("features", "options", "persona", "member"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert len(one) > 5 and (one.options.sum(axis=1) >= 2).all()


def test_members_of_a_step_choose_before_anybody_acts(tiny_experiment, monkeypatch):
    """Applying their acts in the reverse order gives the same acts in that step."""
    experiment = tiny_experiment(size=60)
    acts = []
    for turn in (1, -1):
        world = opened(experiment)
        rows = make_mind(experiment).decide([world.ask()])[0]
        monkeypatch.setattr(
            world, "order", lambda ids, world=world, turn=turn: type(world).order(world, ids)[::turn]
        )
        before = len(world.log)
        world.set_log_probs(rows)
        world.step()
        acts.append(world.log.frame(0, 0, "any")[before:].drop("ordinal"))
    assert not acts[0].equals(acts[1]) and len(acts[0]) > 10
    key = ["member", "kind", "target"]
    assert acts[0].sort(key, nulls_last=True).equals(acts[1].sort(key, nulls_last=True))


def test_the_order_of_a_step_keeps_the_others_places_when_one_is_missing(tiny_experiment):
    world = make_world(tiny_experiment(), Unit(0, 0, "baseline"))
    ids = np.arange(50)
    order = ids[world.order(ids)]
    fewer = np.delete(ids, 17)
    assert fewer[world.order(fewer)].tolist() == [one for one in order if one != 17]


def test_members_are_active_as_often_as_their_rates_say(tiny_experiment):
    """Within five standard deviations of the sum of 1 - exp(-rate · rhythm · hours), steps of half an hour."""
    rhythm = [0.25, 1.75] * 12
    experiment = tiny_experiment(size=20_000, step_hours=0.5)
    experiment.community["profile"]["rhythm"] = rhythm
    world = make_world(experiment, Unit(0, 0, "baseline"))
    members = world.community.members
    for step in range(6):
        world.now = step
        chance = np.where(members.joined <= step, 1 - np.exp(-members.rate * rhythm[step // 2] * 0.5), 0.0)
        awake = world._active()
        assert abs(len(awake) - chance.sum()) < 5 * np.sqrt((chance * (1 - chance)).sum())
        low = chance < np.median(chance)
        assert abs(low[awake].sum() - chance[low].sum()) < 5 * np.sqrt((chance * (1 - chance))[low].sum())


def test_choices_come_as_often_as_the_minds_probabilities_say(tiny_experiment):
    experiment = tiny_experiment(size=20_000)
    world = make_world(experiment, Unit(0, 0, "baseline"))
    world.community.members.rate[:] = 60.0
    world.begin_step()
    logs = make_mind(experiment).decide([world.ask()])[0]
    chance = np.exp(logs)
    assert chance.sum(axis=1) == pytest.approx(1)
    counts = np.bincount(world._choose(logs), minlength=chance.shape[1])
    spread = np.sqrt((chance * (1 - chance)).sum(axis=0))
    assert len(chance) == 20_000 and (np.abs(counts - chance.sum(axis=0)) < 5 * spread + 1e-9).all()


def test_what_is_not_on_offer_is_never_chosen(tiny_experiment):
    experiment = tiny_experiment(["slow_mode"], size=60)
    world = make_world(experiment, Unit(0, 0, "policy"))
    mind = make_mind(experiment)
    for _ in range(12):
        world.begin_step()
        asked = world.ask()
        rows = mind.decide([asked])[0]
        assert (np.isneginf(rows) == ~asked.options).all()
        choice = world._choose(rows)
        assert asked.options[np.arange(len(choice)), choice].all()
        world.decisions -= len(choice)
        world.set_log_probs(rows)
        world.step()


def test_a_dropped_world_is_garbage(tiny_experiment, tiny_world):
    import gc
    import weakref

    world = tiny_world(tiny_experiment(size=10, steps=2))
    gone = weakref.ref(world)
    del world
    gc.collect()
    assert gone() is None
