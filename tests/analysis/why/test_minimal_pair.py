"""One message in another tone: nothing before it differs, nothing else of it differs, and what is asked wrongly is refused."""

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.incidents.forum.acts import read_acts
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum.case import simulated_forum
from windtunnel.analysis.why.forum.question import ask
from windtunnel.sim.run import lock_step

RULES = load_rules()


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    words = ["policy=none", "community.size=80", "draws=3", "seeds=3", "steps=18", "dowhy=false"]
    assert main(["run", *words, "baseline=none", f"out={out}"]) == 0
    acts, hours = read_acts(out)
    worst = find(acts.filter(pl.col("arm") == "baseline"), {"escalation": RULES["escalation"]}, hours)[0]
    return simulated_forum(out, worst.id, RULES)


def a_hot_reply(case):
    rows = case.acts.filter(
        pl.col("tone") == "hostile", pl.col("kind") == "reply", pl.col("place") == case.thread_id
    )
    return rows.sort("step", "ordinal").row(0, named=True)


def test_the_same_post_stands_there_in_another_tone_and_nothing_before_it_differs(case):
    row = a_hot_reply(case)
    question = ask(case, replace=(str(row["post"]), "civil"))
    assert question.at == row["step"] + 1 and "By construction" in question.forced
    mind = case.mind()
    branches = [question.branch(arm, number=number) for arm in (WITHOUT, WITH) for number in (None, 0)]
    events = simulate_futures(case, branches, mind).events
    mind.close()
    columns = [name for name in events.columns if name not in RUN]
    past = [
        events.filter(pl.col("seed") == place, pl.col("step") <= row["step"]).select(columns)
        for place in range(4)
    ]
    assert past[0].equals(past[1]) and past[2].equals(past[3])
    here = pl.col("target") == row["post"]
    wrote = here & (pl.col("kind") == "reply")
    assert past[0].filter(~wrote).equals(past[2].filter(~wrote))
    was, would = (part.filter(wrote).row(0, named=True) for part in (past[0], past[2]))
    differing = {name for name in columns if was[name] != would[name]}
    assert differing == {"tone", "policy"} and (was["tone"], would["tone"]) == ("hostile", "civil")


def test_a_post_in_the_tone_that_it_has_would_change_nothing_and_is_refused(case):
    post = str(a_hot_reply(case)["post"])
    for asked, said in (
        ((post, "hostile"), "is hostile already"),
        ((post, "rude"), "a tone is civil, heated or hostile"),
        (("12345", "civil"), "there is no post 12345"),
        (("that", "civil"), "there is no post that"),
    ):
        with pytest.raises(ValueError, match=said):
            ask(case, replace=asked)
    with pytest.raises(ValueError, match="leave out --at"):
        ask(case, replace=(post, "civil"), at="3")
    with pytest.raises(ValueError, match="ask about one thing"):
        ask(case, replace=(post, "civil"), lock=True)


def test_an_opening_post_can_be_replaced_too(case):
    """It is set up, not chosen; members read the other tone from the same step on."""
    opened = case.acts.filter(pl.col("post") == case.thread_id).row(0, named=True)
    world, mind = case.world(ask(case, replace=(str(opened["post"]), "hostile")).branch(WITH)), case.mind()
    for _ in range(opened["step"]):
        lock_step([world], mind, 1)
    world.begin_step()
    posts = world.community.posts
    assert posts.tone[posts.id == opened["post"]].tolist() == [2]
    mind.close()


def test_why_answers_for_a_replaced_message(case, capsys):
    row = a_hot_reply(case)
    words = ["why", str(case.folder.path), case.incident.id, "--replace", str(row["post"]), "civil"]
    assert main([*words, "--replicates", "10"]) == 0
    said = capsys.readouterr().out
    assert f"would writing post {row['post']} in a civil tone have averted it?" in said
    assert "replaced post was one of those that count" in said
    assert main([*words, "--moments", "3"]) != 0


def test_members_are_ranked_by_pns_where_asked_and_the_fewest_named(case, capsys):
    hot = str(a_hot_reply(case)["post"])
    words = [
        "why",
        str(case.folder.path),
        case.incident.id,
        "--replace",
        hot,
        "civil",
        "--replicates",
        "2",
        "--rank",
        "2",
    ]
    assert main([*words, "--members", "--by", "pns", "--enough", "0.5"]) == 0
    said = capsys.readouterr().out
    assert "least PNS" in said and ("Left out together" in said or "Nobody of those tried" in said)
    assert main(words[:-2] + ["--by", "pns"]) == 2
    assert "--by and --enough go with --rank" in capsys.readouterr().err
