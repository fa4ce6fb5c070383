"""Kinds of incident of communities that are no forum, on tables whose findings can be counted by eye, and `why` on one."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Found, Tables
from windtunnel.analysis.incidents.find import rules_of
from windtunnel.analysis.incidents.registry import kinds_of
from windtunnel.sim.events import MEASURES, SCHEMA

RUN = {"draw": 0, "seed": 0, "arm": "baseline"}


def found(
    community: str, measures: dict[str, list[float]], events: list[tuple], of: str = "", **rule: float
) -> list[Found]:
    """What the community's kind `of` (its only one) finds; `measures` are told step by step, `events` are (step, member, kind, amount)."""
    counted = [
        RUN | {"step": step, "measure": name, "value": value}
        for name, values in measures.items()
        for step, value in enumerate(values)
    ]
    acts = [
        RUN | {"step": step, "member": member, "kind": kind, "amount": amount, "status": "done"}
        for step, member, kind, amount in events
    ]
    tables = Tables(
        pl.DataFrame(acts, schema=SCHEMA), pl.DataFrame(), pl.DataFrame(), pl.DataFrame(counted, MEASURES)
    )
    ((name, kind),) = [one for one in kinds_of(community).items() if of in ("", one[0])]
    return list(kind.finds(tables, rules_of([name])[name] | rule))


GIVEN = {"given": [0.5, 0.3, 0.4, 0.2, 0.1, 0.3, 0.4, 0.4], "generation": [1.0, 1, 2, 2, 3, 3, 4, 4]}
GIFTS = [(2, 7, "give", 40), (2, 8, "give", 10), (3, 7, "give", 30), (3, 9, "give", 5), (4, 9, "give", 0)]


def test_giving_breaks_down_in_generations_that_give_much_less_than_the_first():
    (one,) = found("donor_game", GIVEN, GIFTS)
    assert one == Found(None, None, 2, 4, 2.0, ("8", "9"), reached=2)
    assert found("donor_game", GIVEN, GIFTS, threshold=2)[0].reached == 4
    assert found("donor_game", GIVEN, GIFTS, threshold=3) == []
    assert found("donor_game", GIVEN, GIFTS, part=0.4) == []


def test_a_feed_is_captured_on_days_on_which_it_serves_the_advocate_better():
    measures = {"push": [0.9, 0.8, 0.9, 0.95], "pull": [0.9, 0.7, 0.95, 0.8]}
    opened = [(1, 3, "open", None), (1, 2, "open", None), (3, 1, "open", None)]
    assert found("attention_feed", measures, opened) == []
    assert found("attention_feed", measures, opened, threshold=2) == [
        Found(None, None, 1, 3, 2.0, ("2", "3"), reached=3)
    ]
    assert found("attention_feed", measures, opened, threshold=1, ahead=0.12)[0].onset == 3


def test_readers_are_wrong_where_few_answer_rightly():
    answers = [(1, 4, "answer", None), (1, 5, "doubt", None), (2, 6, "answer", None)]
    (one,) = found("wikigap", {"right": [0.6, 0.5, 0.4, 0.9]}, answers)
    assert one == Found(None, None, 1, 2, 2.0, ("4",), reached=1)
    assert found("wikigap", {"right": [0.6, 0.5, 0.4, 0.9]}, answers, threshold=3) == []


def test_false_messages_come_in_a_wave_where_many_are_noticed_within_a_few_days():
    seen = {"false_seen": [0.1, 0.4, 0.3, 0.4, 0.2, 0.5, 0.5, 0.0]}
    acts = [(0, 1, "share", None), (2, 4, "invent", None), (3, 2, "share", None), (3, 3, "answer", None)]
    (one,) = found("misinformation", seen, acts, of="false_wave")
    assert one == Found(None, None, 1, 6, pytest.approx(1.2), ("2", "4"), reached=3)
    (one,) = found("misinformation", seen, acts, of="false_wave", window=1, threshold=0.45)
    assert (one.onset, one.reached, one.peak, one.severity, one.members) == (5, 5, 5, 0.5, ())
    (early,) = found("misinformation", seen, acts, of="false_wave", threshold=1e-9)
    assert (early.onset, early.reached) == (0, 0)
    assert found("misinformation", seen, acts, of="false_wave", threshold=1.3) == []
    assert found("misinformation", {"false_seen": [0.0] * 4}, [], of="false_wave", threshold=1e-9) == []


def test_an_author_floods_a_day_on_which_it_writes_much_of_all():
    wrote = [
        (0, 1, "write", 3),
        (0, 2, "write", 1),
        (1, 1, "write", 4),
        (1, 2, "write", 4),
        (1, 3, "write", 2),
    ]
    wrote += [(2, 1, "write", 3), (2, 3, "write", 2)]
    one, two, three = found("places", {"messages": [4.0, 10, 5]}, wrote)
    assert one == Found(None, "1", 1, 2, 0.6, ("1",), reached=1)
    assert two == Found(None, "2", 1, 1, 0.4, ("2",), reached=1)
    assert three == Found(None, "3", 2, 2, 0.4, ("3",), reached=2)
    assert [each.member for each in found("places", {"messages": [4.0, 10, 5]}, wrote, least=6)] == ["1", "2"]


@pytest.mark.parametrize(
    ("words", "asked", "quantity"),
    [
        (
            [
                "community=donor_game",
                "policy=none",
                "community.settings.drift=-0.1",
                "steps=48",
            ],
            ["giving_broke_down", "--with", "costly_punishment", "--at", "onset-1"],
            "ps_prev",
        ),
        (
            ["community=misinformation", "policy=none"],
            ["false_wave", "--with", "remove_false", "--at", "onset"],
            "ps_prev",
        ),
        pytest.param(
            ["community=places", "policy=none", "steps=12"],
            ["flood", "--with", "author_cap", "--param", "most=1", "--at", "onset"],
            "ps_prev",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_why_asks_of_what_was_found_whether_a_policy_would_have_averted_it(
    tmp_path, capsys, words, asked, quantity
):
    out = tmp_path / "out"
    assert main(["run", *words, "draws=1", "seeds=2", "dowhy=false", "parallel.jobs=1", f"out={out}"]) == 0
    capsys.readouterr()
    assert main(["incidents", str(out), "--json"]) == 0
    (first, *_) = json.loads(capsys.readouterr().out)
    assert first["kind"] == asked[0]
    measures = (
        Folder(out).read_counted().filter(*(pl.col(name) == first[name] for name in ("draw", "seed", "arm")))
    )
    assert set(measures["step"]) >= {first["onset"], first["peak"]}
    assert main(["why", str(out), *asked, "--replicates", "3", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["quantity"] == quantity and sum(record["table"].values()) == 3
    assert record["replay"]["acts"] == record["replay"]["reproduced"] > 5
