"""Questions about simulated incidents: the past stays, by-hand re-runs agree, a planted cause is found."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.forum.acts import acts_of_run, read_acts
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.why.answer import estimate, pairs
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum.answer_record import answer
from windtunnel.analysis.why.forum.case import SimulatedForum, acts_of, simulated_forum
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.ranking import rank_members
from windtunnel.policies.registry import policy_class, policy_names
from windtunnel.sim.events import digest
from windtunnel.sim.experiment import Unit
from windtunnel.sim.run import first_divergence, make_world, run_worlds

RULES = load_rules()
NEEDED = [
    f"community.settings.{key}={value}"
    for key, value in {
        item for name in policy_names("forum") for item in policy_class(name).needs.get("forum", {}).items()
    }
]
"""What settings of a forum any policy needs."""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "out"
    words = ["policy=slow_mode", "community.size=80", "draws=3", "seeds=3", "steps=18", "dowhy=false"]
    assert main(["run", *words, "baseline=none", f"out={folder}"]) == 0
    return folder


def worst(out, kind="escalation", arm="baseline") -> Incident:
    acts, hours = read_acts(out)
    return find(acts.filter(pl.col("arm") == arm), {kind: RULES[kind]}, hours)[0]


@pytest.fixture(scope="module")
def case(out):
    return simulated_forum(out, worst(out).id, RULES)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """A case of a forum that has what any policy needs."""
    folder = tmp_path_factory.mktemp("furnished") / "out"
    words = [
        "policy=none",
        "baseline=none",
        "community.size=80",
        "draws=3",
        "seeds=3",
        "steps=18",
        "dowhy=false",
    ]
    assert main(["run", *words, *NEEDED, f"out={folder}"]) == 0
    return simulated_forum(folder, worst(folder).id, RULES)


@pytest.fixture(scope="module")
def mind(case):
    made = case.mind()
    yield made
    made.close()


def test_the_unchanged_world_is_the_recorded_one(case, mind):
    question = ask(case, lock=True)
    run = simulate_futures(case, [question.branch(WITHOUT)], mind).runs[0]
    replay = case.replay(run)
    assert replay["acts"] == replay["reproduced"] > 50


def test_futures_lived_by_two_processes_are_the_same(case, mind, monkeypatch):
    question = ask(case, with_="thread_lock")
    branches = [question.branch(arm, None, number) for arm in (WITHOUT, WITH) for number in range(3)]
    here = simulate_futures(case, branches, mind)
    monkeypatch.setattr("windtunnel.analysis.why.case.SHARED_FROM", 1)
    monkeypatch.setattr("windtunnel.analysis.why.case.processors", lambda: 2)
    shared = simulate_futures(case, branches, mind)
    assert [run.events_sha256 for run in shared.runs] == [run.events_sha256 for run in here.runs]
    assert shared.events.equals(here.events) and shared.members.equals(here.members)


@pytest.mark.parametrize("name", [name for name in policy_names("forum") if name != "none"])
def test_the_past_is_the_same_event_for_event_whatever_policy_follows(case, mind, name, request):
    """Under new luck and under the old: nothing before the moment differs from what is recorded."""
    if "forum" in policy_class(name).needs:
        case = request.getfixturevalue("furnished")
        mind = case.mind()
    question = ask(case, with_=name, at="9")
    branches = [question.branch(arm, number=number) for arm in (WITHOUT, WITH) for number in (None, 0, 1)]
    futures = simulate_futures(case, branches, mind)
    columns = [name for name in futures.events.columns if name not in RUN]
    recorded = (
        simulate_futures(case, [question.branch(WITHOUT)], mind)
        .events.filter(pl.col("step") < 9)
        .select(columns)
    )
    for place in range(len(branches)):
        past = futures.events.filter((pl.col("seed") == place) & (pl.col("step") < 9)).select(columns)
        assert past.equals(recorded)
    assert (
        futures.runs[1].events_sha256 != futures.runs[2].events_sha256
    )  # and chance is drawn again after it


def test_without_the_policy_that_was_on_is_the_other_arm_of_the_run(out, mind):
    """The question agrees with both arms run by hand: the twin's events, and its counts over all units."""
    case = simulated_forum(out, worst(out, arm="policy").id, RULES)
    question = ask(case, without="slow_mode")
    assert (question.at, question.quantity, question.on) == (0, "pn_backfire", True)
    both = simulate_futures(case, [question.branch(WITH), question.branch(WITHOUT)], mind)
    events = Folder(out).read_table("events")
    here = (pl.col("draw") == case.incident.draw) & (pl.col("seed") == case.incident.seed)
    for run, arm in zip(both.runs, ("policy", "baseline"), strict=True):
        twin = events.filter(here & (pl.col("arm") == arm))
        columns = [name for name in twin.columns if name not in RUN]
        assert twin.select(columns).equals(run.events.select(columns))


def test_new_luck_from_the_beginning_counts_what_two_arms_run_by_hand_count(out, mind):
    case = simulated_forum(out, worst(out, arm="policy").id, RULES)
    question = ask(case, without="slow_mode")
    found = estimate(*pairs(case, question, mind, range(12)), question)
    experiment, unit = case.experiment, case.unit
    happened = {}
    for arm in ("baseline", "policy"):
        units = [Unit(unit.draw, number, arm) for number in range(12)]
        luck = [case.world(question.branch(WITH, number=number)).luck for number in range(12)]
        worlds = [make_world(experiment, one, luck=chance) for one, chance in zip(units, luck, strict=True)]
        runs = run_worlds(worlds, units, mind, experiment.steps)
        acts = acts_of_run(
            *(pl.concat([getattr(run, name) for run in runs]) for name in ("events", "links", "members"))
        )
        rule = {"escalation": RULES["escalation"]}
        hit = {one.seed for one in find(acts, rule, 1.0) if one.place == case.incident.place}
        happened[arm] = [number in hit for number in range(12)]
    table = {"n00": 0, "n01": 0, "n10": 0, "n11": 0}
    for y0, y1 in zip(happened["baseline"], happened["policy"], strict=True):
        table[f"n{int(y0)}{int(y1)}"] += 1
    assert found["table"] == table


def test_a_policy_without_effect_averts_nothing(case, mind):
    question = ask(case, with_="slow_mode", parameters={"hours": 0}, at="onset")
    found = estimate(*pairs(case, question, mind, range(20)), question)
    assert found["table"]["n10"] == found["table"]["n01"] == 0
    assert found["table"]["n00"] + found["table"]["n11"] == 20


def test_the_answer_names_the_quantity_of_the_design_s_table_and_counts_come_first(case, mind):
    record, thread = answer(case, ask(case, lock=True, at="onset"), mind, replicates=12, moments=3, budget=3)
    cells = record["table"]
    assert sum(cells.values()) == 12 and record["quantity"] == "ps_prev"
    came = cells["n10"] + cells["n11"]
    assert record["estimate"]["est"] == (pytest.approx(cells["n10"] / came) if came else None)
    assert record["recurrence_counts"] == {"happened": came, "of": 12}
    assert len(record["moments"]["points"]) == 3 and record["which_act"]["tested"] <= 3
    assert set(thread["mark"]) <= {"same", "prevented", "new", "changed", "removed"}


def test_a_lock_leaves_no_reply_in_the_thread_after_it(case, mind):
    question = ask(case, lock=True, at="onset")
    futures = simulate_futures(case, [question.branch(WITH, number=number) for number in (None, 0, 1)], mind)
    late = acts_of(futures).filter(
        (pl.col("place") == case.incident.place)
        & (pl.col("step") >= question.at)
        & (pl.col("kind") == "reply")
    )
    assert late.is_empty()


def test_a_suspended_member_is_silent_for_its_hours_and_a_removed_post_is_never_seen(case, mind):
    who = case.incident.members[0]
    question = ask(case, suspend=f"{who}:5h", at="4")
    acts = acts_of(simulate_futures(case, [question.branch(WITH)], mind)).filter(pl.col("member") == who)
    assert acts.filter(pl.col("step").is_between(4, 8)).is_empty()
    post = case.incident.shown[0]
    question = ask(case, remove=post)
    events = simulate_futures(case, [question.branch(WITH)], mind).events
    gone = events.filter((pl.col("kind") == "remove") & (pl.col("target") == post))
    assert gone["step"].to_list() == [question.at]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--lock", "--with", "slow_mode"], "ask about one thing"),
        ([], "ask about one thing"),
        (["--with", "slow_mod"], "did you mean 'slow_mode'"),
        (["--with", "slow_mode", "--param", "hour=3"], "no parameter 'hour'"),
        (["--lock", "--param", "hours=3"], "--param sets a parameter"),
        (["--without", "slow_mode"], "was not on"),
        (["--lock", "--at", "comment:9999"], "comments"),
        (["--lock", "--at", "yesterday"], "is no moment"),
        (["--lock", "--at", "500"], "outside of"),
        (["--remove", "77"], "no post 77"),
        (["--warn", "nobody"], "no member 'nobody'"),
        (["--suspend", "3:soon"], "MEMBER:HOURSh"),
        (["--lock", "--replicates", "0"], "from 1"),
        (["--lock", "--members"], "--rank"),
        (["--lock", "--set", "mind=llm"], "imported community"),
    ],
)
def test_a_mistake_is_one_sentence(out, capsys, words, told):
    assert main(["why", str(out), worst(out).id, *words]) == 2
    said = capsys.readouterr()
    assert told in said.err and said.err.count("\n") == 1 and not said.out


def test_the_command_prints_one_json_document(out, capsys):
    capsys.readouterr()
    assert main(["why", str(out), worst(out).id, "--with", "thread_lock", "--replicates", "6", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    wanted = {"replay", "same_luck", "recurrence", "table", "quantity", "estimate", "bounds", "log_score"}
    assert wanted <= said.keys() and set(said["estimate"]) == {"est", "low", "high"}
    assert main(["why", str(out), "nothing-like-it", "--lock"]) == 2
    assert main(["why", str(out / "nowhere"), "x", "--lock"]) == 2


class Planted(SimulatedForum):
    """The same forum with one troll, who insults whatever it sees, and one bystander as busy and always civil."""

    TROLL, BYSTANDER = 7, 11

    def world(self, branch):
        world = super().world(branch)
        people = world.community.members
        people.rate[[self.TROLL, self.BYSTANDER]] = 4.0
        people.departs[[self.TROLL, self.BYSTANDER]] = people.left[[self.TROLL, self.BYSTANDER]] = 10**6
        people.traits["temper"][self.TROLL], people.traits["temper"][self.BYSTANDER] = 8.0, -8.0
        return world


def planted(seed: int, make) -> tuple[Planted, object]:
    """A case of a seed's worst escalation, with members to tell apart."""
    quiet = {
        "heated_share": 0.01,
        "hostile_share": 0.002,
    }  # so that what there is of hostility is the troll's doing
    experiment = make(size=40, steps=14, rates=quiet, draws=1, seeds=1)
    start = Incident("x", "escalation", 0, seed, "baseline", None, None, 0, 13, 0.0, (), ())
    case = Planted(Folder("."), start, pl.DataFrame(), 1.0, RULES, experiment, {}, "")
    mind = case.mind()
    acts = acts_of(simulate_futures(case, [ask_nothing()], mind))
    rule = {"escalation": {**RULES["escalation"], "threshold": 1}}
    found = find(acts, rule, 1.0)
    case.rules = {**RULES, **rule}
    case.incident, case.acts = found[0]._replace(seed=seed, draw=0, arm="baseline"), acts
    return case, mind


def ask_nothing():
    from windtunnel.analysis.why.case import Branch

    return Branch("baseline", 0, list)


def first_place(seed: int, make) -> tuple[str, int]:
    """Who is ranked first, and how many places the bystander is behind the troll (None: not ranked)."""
    case, mind = planted(seed, make)
    ranked = [row["id"] for row in rank_members(case, mind, budget=12, futures=10)["ranked"]]
    troll = ranked.index(str(Planted.TROLL)) if str(Planted.TROLL) in ranked else 99
    other = ranked.index(str(Planted.BYSTANDER)) if str(Planted.BYSTANDER) in ranked else 100
    return ranked[0], other - troll


def test_a_planted_troll_is_ranked_first_and_a_bystander_behind_it(tiny_experiment):
    found = [first_place(seed, tiny_experiment) for seed in range(3)]
    assert [who for who, _ in found] == [str(Planted.TROLL)] * 3
    assert all(gap > 0 for _, gap in found)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_planted_troll_is_ranked_first_in_95_of_100_seeds(tiny_experiment):
    found = [first_place(seed, tiny_experiment) for seed in range(100)]
    assert sum(who == str(Planted.TROLL) for who, _ in found) >= 95
    assert all(gap > 0 for _, gap in found)


def test_two_replays_that_never_part_have_no_parting(case, mind):
    question = ask(case, with_="slow_mode", parameters={"hours": 0})
    both = simulate_futures(case, [question.branch(WITHOUT), question.branch(WITH)], mind)
    assert first_divergence(*(run.events.drop("seed") for run in both.runs)) is None
    assert digest(both.runs[0].events.with_columns(arm=pl.lit("x"), seed=0)) == digest(
        both.runs[1].events.with_columns(arm=pl.lit("x"), seed=0)
    )


def test_a_policy_that_is_asked_about_has_the_luck_that_it_has_in_a_run(out, mind):
    """`--with slow_mode` from the first step on gives the policy arm of the run that had it, event for event."""
    case = simulated_forum(out, worst(out).id, RULES)
    run = simulate_futures(case, [ask(case, with_="slow_mode", at="0").branch(WITH)], mind).runs[0]
    here = (pl.col("draw") == case.incident.draw) & (pl.col("seed") == case.incident.seed)
    twin = Folder(out).read_table("events").filter(here & (pl.col("arm") == "policy"))
    columns = [name for name in twin.columns if name not in RUN]
    assert twin.select(columns).equals(run.events.select(columns))


def test_any_thread_of_a_run_may_be_asked_about(out, capsys):
    events = Folder(out).read_table("events").filter(pl.col("arm") == "policy")
    acts, hours = read_acts(out)
    hot = {one.place for one in find(acts.filter(pl.col("arm") == "policy"), RULES, hours)}
    quiet = next(place for place in events["place"].drop_nulls().unique().sort() if place not in hot)
    words = [
        "why",
        str(out),
        f"thread:{quiet}",
        "--arm",
        "policy",
        "--without",
        "slow_mode",
        "--replicates",
        "4",
    ]
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["quantity"], record["estimand"], record["incident"]["arm"]) == (
        "pn_prev",
        "given_past",
        "policy",
    )
    assert main([*words[:4], "nowhere", *words[5:]]) == 2
    assert "is in no run of arm nowhere" in capsys.readouterr().err
