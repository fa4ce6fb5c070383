"""The audit of a memory's retriever: what each rewriting of the query does and does not mend, and that nothing favours nothing."""

import json

import numpy as np
import pytest

from windtunnel.agents.recall import BIASES, Retriever, favoured
from windtunnel.analysis.cli import main
from windtunnel.analysis.recall_audit import ALL, retrieval_bias

BIASED = {"brevity": 0.6, "position": 1.5, "literal": 1.0, "repetition": 0.5, "noise": 1.0}


def audit(rewriting: str, **given: float) -> dict[str, dict]:
    found = retrieval_bias(Retriever(query_rewrite=rewriting, **(BIASED | given)), 2000)
    return {row["attribute"]: row for row in found}


def test_what_is_favoured_by_hand():
    text = "bike bike lanes now"
    brevity, position, literal, repetition = favoured("Bike lanes, please", text)
    assert brevity == -np.log(4) and position == 0 and literal == pytest.approx(2 / 3)
    assert repetition == pytest.approx(np.log(2))
    assert favoured("bike", "") == (0.0, -1.0, 0.0, 0.0) and favoured("", text)[1:] == (-1.0, 0.0, 0.0)


def test_simple_rewriting_lowers_t_by_scatter_alone():
    plain, simple = audit("none"), audit("simple")
    for name in BIASES:
        assert abs(simple[name]["t"]) <= 0.6 * abs(plain[name]["t"])
        change = abs(simple[name]["difference"] - plain[name]["difference"])
        error = (plain[name]["sd"] ** 2 + simple[name]["sd"] ** 2) ** 0.5 / 2000**0.5
        assert change < 0.1 * abs(plain[name]["difference"]) + 3 * error
    exact = [
        {
            row["attribute"]: row["difference"]
            for row in retrieval_bias(Retriever(query_rewrite=rewriting, literal=1))
        }
        for rewriting in ("none", "simple")
    ]
    assert exact[0] == exact[1]


def test_a_made_up_answer_as_the_query_mends_what_lies_between_query_and_text_and_not_brevity():
    plain, pseudo = audit("none", noise=0), audit("pseudo_doc", noise=0)
    assert pseudo["brevity"]["difference"] == plain["brevity"]["difference"] == pytest.approx(0.6 * np.log(3))
    for name in BIASES[1:]:
        assert 0 < pseudo[name]["difference"] <= 0.5 * plain[name]["difference"]


def test_biases_together_defeat_either_rewriting():
    for rewriting in ("none", "simple", "pseudo_doc"):
        found = audit(rewriting)
        assert found[ALL]["t"] > max(found[name]["t"] for name in BIASES) and found[ALL]["wins"] > 0.7


def test_a_retriever_without_weights_favours_nothing():
    for row in retrieval_bias(Retriever()):
        assert (row["difference"], row["t"], row["wins"], row["correlation"]) == (0, None, 0.5, 0)


def test_the_command_prints_all_rewritings_and_refuses_other_words(capsys):
    assert main(["recall", "literal=2", "noise=1", "--pairs", "50", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["none", "simple", "pseudo_doc"] and len(found["none"]) == 5
    assert main(["recall", "literal=2", "noise=1", "--pairs", "50"]) == 0
    assert "read it beside the difference" in capsys.readouterr().out
    for words, said in (
        (["loud=2"], "is no weight"),
        (["noise=-1"], "from 0 to 100"),
        (["--pairs", "1"], "tells nothing"),
    ):
        assert main(["recall", *words]) == 2
        assert said in capsys.readouterr().err
