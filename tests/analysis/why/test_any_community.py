"""`incidents` and `why` on communities that are no forum: a pond of another package, and the commons."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Found, Kind, Tables
from windtunnel.analysis.incidents.find import find, rules_of, severities
from windtunnel.analysis.incidents.read import read_tables
from windtunnel.analysis.incidents.registry import kinds_of, known_kinds
from windtunnel.analysis.why.asking import ask
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.simulated import simulated_case
from windtunnel.policies.registry import policy_names
from windtunnel.sim.run import first_divergence

PLUGINS = Path(__file__).parents[2] / "plugins"
FORUM = re.compile(r"\b(threads?|posts?|hostile|moderators?|moderation|newcomers?)\b", re.IGNORECASE)
PLACES = {"pond": ("ran_dry", "quota"), "commons": ("depletion", "harvest_cap")}


@pytest.fixture(autouse=True, scope="module")
def plugins() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PLUGINS))
        yield


@pytest.fixture(scope="module", params=PLACES)
def place(request, tmp_path_factory) -> tuple[str, str, Path]:
    """A kind of incident, a policy against it, and the folder of runs that have both."""
    out = tmp_path_factory.mktemp(request.param) / "out"
    kind, policy = PLACES[request.param]
    words = [f"community={request.param}", f"policy={policy}", "draws=4", "seeds=3", "dowhy=false"]
    assert main(["run", *words, "parallel.jobs=1", f"out={out}"]) == 0
    return kind, policy, out


def case_of(place):
    kind, _, out = place
    name = Folder(out).read_json(Folder(out).manifest)["config"]["community"]["name"]
    kinds = kinds_of(name)
    return simulated_case(Folder(out), kind, kinds, rules_of(kinds), {})


def listed(out, capsys, *words) -> list[dict]:
    capsys.readouterr()
    assert main(["incidents", str(out), "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def asked(out, capsys, *words) -> dict:
    capsys.readouterr()
    assert main(["why", str(out), *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_incidents_are_those_that_the_measures_show(place, capsys):
    kind, _, out = place
    stock = Folder(out).read_counted()
    name = "stock" if kind == "ran_dry" else "remaining"
    dry = stock.filter(pl.col("measure") == name, pl.col("value") <= 0, pl.col("arm") != "aa")
    counted = dry.group_by("draw", "seed", "arm").agg(pl.len(), first=pl.col("step").min())
    expected = set(counted.iter_rows())
    found = listed(out, capsys)
    assert {(*(one[x] for x in ("draw", "seed", "arm", "severity", "onset")),) for one in found} == expected
    assert len(found) > 2 and all(one["kind"] == kind and one["id"].startswith(f"{kind}-") for one in found)


def test_who_is_named_had_taken_more_than_fair_before(place, capsys):
    kind, _, out = place
    fair = rules_of([kind])[kind].get("fair")
    tables = read_tables(Folder(out))
    for one in listed(out, capsys):
        run = tables.of({name: one[name] for name in ("draw", "seed", "arm")})
        took = run.events.filter(
            pl.col("kind") == "take", pl.col("step").is_between(one["onset"] - 2, one["onset"])
        )
        for member in one["members"]:
            own = took.filter(pl.col("member") == int(member))
            most = [fair if fair is not None else run.measure("fair")["value"][step] for step in own["step"]]
            assert any(amount > limit for amount, limit in zip(own["amount"], most, strict=True))


def test_a_policy_averts_it_in_futures_of_the_same_past(place, capsys):
    kind, policy, out = place
    record = asked(
        out, capsys, kind, "--with", policy, "--at", "onset-1", "--replicates", "8", "--moments", "2"
    )
    assert record["replay"]["acts"] == record["replay"]["reproduced"] > 5
    assert record["quantity"] == "ps_prev" and sum(record["table"].values()) == 8
    assert record["table"]["n01"] == 0 and record["table"]["n10"] > 4
    assert record["moments"]["points"][0]["step"] == 0
    assert record["course"][0]["measure"] == "stock"
    assert not FORUM.search(json.dumps(record).replace("_", " "))


def test_the_past_is_the_same_event_for_event_up_to_the_act(place):
    _, policy, _ = place
    case = case_of(place)
    question = ask(case, with_=policy, at="onset")
    mind = case.mind()
    futures = simulate_futures(
        case,
        [
            question.branch(arm, number=number)
            for arm, number in ((WITHOUT, None), (WITH, None), (WITHOUT, 1), (WITH, 1), (WITHOUT, 2))
        ],
        mind,
    )
    mind.close()
    logs = [run.events.drop("seed", "arm", "draw") for run in futures.runs]
    before = [log.filter(pl.col("step") < question.at) for log in logs]
    assert all(log.equals(before[0]) for log in before) and before[0].height
    assert not logs[2].equals(logs[4])
    named = [run.events.with_columns(arm=pl.lit("x"), seed=pl.lit(0, pl.Int32)) for run in futures.runs]
    apart = first_divergence(named[2], named[3])
    assert apart is None or apart >= question.at


def test_a_member_kept_away_does_nothing_until_it_is_back(place):
    case = case_of(place)
    who = case.tables.events.drop_nulls("member")["member"][0]
    question = ask(case, suspend=f"{who}:2", at="0")
    mind = case.mind()
    (run,) = simulate_futures(case, [question.branch(WITH)], mind).runs
    mind.close()
    acts = run.events.filter(pl.col("member") == who)
    assert acts.filter(pl.col("step") < 2).is_empty()
    assert run.events.filter(pl.col("kind") == "keep_away")["target"].to_list() == [who]
    others = run.events.filter(pl.col("step") == 0, pl.col("member") != who)
    assert others.height


def test_both_commands_and_the_page_speak_of_the_place_alone(place, capsys, tmp_path):
    kind, policy, out = place
    page = tmp_path / "why.html"
    capsys.readouterr()
    for words in (
        ["incidents", str(out)],
        [
            "why",
            str(out),
            kind,
            "--with",
            policy,
            "--at",
            "onset-1",
            "--replicates",
            "4",
            "--html",
            str(page),
        ],
        ["why", str(out), kind, "--suspend", "1:2", "--replicates", "4", "--moments", "2"],
    ):
        assert main(words) == 0
    said = capsys.readouterr().out
    text = re.sub(r"<style.*?</style>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "SIMULATED" in text and "Inside this model" in text
    for words in (said, text):
        assert not (found := FORUM.search(words)), words[max(0, found.start() - 80) : found.end() + 40]
    assert ("month" if kind == "ran_dry" else "round") in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--lock"], "--lock is for forums"),
        (["--remove", "3"], "--remove is for forums"),
        (["--warn", "1"], "--warn is for forums"),
        (["--rank", "2"], "--rank is for forums"),
        (["--suspend", "99"], "in this run: there are 0, 1"),
        (["--suspend", "1:24h"], "write MEMBER or MEMBER:STEPS"),
        (["--without", "sovereign"], "was not on when it happened"),
        (["--with", "slow_mode"], "slow_mode fits forum, not"),
        (["--at", "comment:3", "--suspend", "1"], "is no moment"),
        (["--at", "77", "--suspend", "1"], "outside of 0 to"),
        (["--suspend", "1", "--seed", "99"], "has no seed 99: it has 0, 1, 2"),
        ([], "ask about one thing"),
        (["--suspend", "1", "--kind", "escalation"], "--kind is for forums"),
    ],
)
def test_what_is_not_offered_is_refused_in_one_sentence(place, capsys, words, says):
    kind, _, out = place
    capsys.readouterr()
    assert main(["why", str(out), kind, *words]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert says in sentence
    named = re.sub("|".join(rf"\b{name}\b" for name in policy_names("commons")), "", sentence)
    assert not FORUM.search(named)


def test_a_place_without_kinds_of_incident_says_which_have_some(tmp_path, capsys, monkeypatch):
    rest = {name: one for name, one in known_kinds().items() if "donor_game" not in one.fits}
    monkeypatch.setattr("windtunnel.analysis.incidents.registry.known_kinds", lambda: rest)
    out = tmp_path / "out"
    assert main(["run", "community=donor_game", "draws=1", "seeds=1", "dowhy=false", f"out={out}"]) == 0
    for words in (["incidents", str(out)], ["why", str(out), "x", "--suspend", "1"]):
        capsys.readouterr()
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "donor_game has none" in said and all(name in said for name in ("commons", "forum", "pond"))


def test_an_onset_before_the_run_is_its_beginning_and_says_so(place, capsys):
    kind, policy, out = place
    record = asked(out, capsys, kind, "--with", policy, "--at", "onset-99", "--replicates", "2")
    assert record["at"] == 0 and "the beginning of the run" in record["moment"]


def test_an_act_after_the_threshold_came_too_late(place, capsys):
    kind, policy, out = place
    record = asked(out, capsys, kind, "--with", policy, "--at", "onset+1", "--replicates", "4")
    assert record["table"] == {"n00": 0, "n01": 0, "n10": 0, "n11": 4}
    assert record["notes"][0].startswith("It came too late")


def test_a_policy_that_was_on_is_asked_away(place, tmp_path, capsys):
    kind, policy, _ = place
    name = "pond" if kind == "ran_dry" else "commons"
    out = tmp_path / "out"
    words = [f"community={name}", f"policy={policy}", "draws=2", "seeds=2", "dowhy=false", f"out={out}"]
    weak = {"quota": "policy_with.quota.most=3", "harvest_cap": "policy_with.harvest_cap.share=10"}[policy]
    assert main(["run", *words, weak, "parallel.jobs=1"]) == 0
    (one, *_) = listed(out, capsys, "--arm", "policy")
    record = asked(out, capsys, one["id"], "--without", policy, "--replicates", "3")
    assert record["quantity"] == "pn_backfire" and record["at"] == 0
    assert record["question"] == policy.replace("_", " ")


def test_numbers_of_rules_can_be_changed_and_are_checked(place, capsys):
    kind, _, out = place
    found = listed(out, capsys)
    worst = max(one["severity"] for one in found)
    fewer = listed(out, capsys, "--rule", f"{kind}.threshold={worst}")
    assert 0 < len(fewer) < len(found)
    assert main(["incidents", str(out), "--rule", f"{kind}.window=3"]) == 2
    assert "it has threshold" in capsys.readouterr().err
    assert main(["incidents", str(out), "--rule", f"{kind}.threshold=1000"]) == 0
    assert "No incident" in capsys.readouterr().out


def test_severities_go_below_the_threshold(place, capsys):
    kind, _, out = place
    tables = read_tables(Folder(out)).but("aa")
    kinds = {kind: next(one for one in map(kinds_of, PLACES) if kind in one)[kind]}
    worst = find(tables, kinds, rules_of([kind]))[0]
    high = rules_of([kind], {kind: {"threshold": worst.severity}})
    table = severities(tables, worst, kinds[kind], high[kind])
    assert {True, False} == set(table["happened"])
    assert table.filter(pl.col("happened") != (pl.col("severity") >= worst.severity)).is_empty()


def test_a_planted_kind_is_found_where_it_was_planted():
    members = pl.DataFrame({"draw": [0, 0], "seed": [0, 1], "arm": ["baseline"] * 2, "member": [4, 4]})
    events = pl.DataFrame({"draw": [0], "seed": [1], "arm": ["baseline"], "step": [3], "member": [4]})

    def finds(run, rule):
        for step in run.events["step"]:
            if rule["threshold"] <= 2:
                yield Found(None, "4", step, step, 2.0)

    kind = Kind("planted", ("x",), finds, outcome="it")
    tables = Tables(events, events.head(0), members)
    (one,) = find(tables, {"planted": kind}, {"planted": {"threshold": 1}})
    assert (one.seed, one.member, one.onset) == (1, "4", 3) and one.id.startswith("planted-")
    assert severities(tables, one, kind, {"threshold": 5})["happened"].to_list() == [False]


@pytest.mark.parametrize(
    ("finds", "says"),
    [
        (lambda run, rule: run.measure("stok"), "no measure is called 'stok': there are stock, taken"),
        (lambda run, rule: [rule["no"]], "KeyError: 'no': mend its rule"),
        (lambda run, rule: [("3", 1.0)], "gives a tuple: it must give Found"),
    ],
)
def test_a_rule_that_breaks_is_told_by_its_name(finds, says):
    run = {"draw": [0], "seed": [0], "arm": ["baseline"]}
    members = pl.DataFrame(run | {"member": [1]})
    counted = [
        {"draw": 0, "seed": 0, "arm": "baseline", "step": 0, "measure": name, "value": 1.0}
        for name in ("stock", "taken")
    ]
    tables = Tables(members, members, members, pl.DataFrame(counted))
    kind = Kind("broken", ("x",), finds, outcome="it")
    with pytest.raises(ValueError, match="the kind of incident broken") as told:
        find(tables, {"broken": kind}, {"broken": {"threshold": 1}})
    assert says in str(told.value)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ("not one", "is no Kind"),
        (Kind("other", ("x",), lambda run, rule: iter(()), outcome="it"), "calls itself 'other'"),
        (Kind("mine", ("x",), lambda run, rule: iter(()), outcome="it"), "has no conf/incident/mine.yaml"),
    ],
)
def test_what_is_wrong_with_somebody_elses_kind_is_one_sentence(monkeypatch, found, says):
    class Point:
        name, value = "mine", "mine.incidents:mine"

        def load(self):
            return found

    monkeypatch.setattr("windtunnel.analysis.incidents.registry.entry_points", lambda group: [Point()])
    with pytest.raises(ValueError, match="the kind of incident mine of another package") as told:
        kinds_of("x")
    assert says in str(told.value)
