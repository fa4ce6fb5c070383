"""`--rank pns`: the surest policy first, with the interval of its bound, in the record, a frame and words."""

import pytest

from windtunnel.analysis.comparison import compare
from windtunnel.analysis.comparison.ranked import ranked, ranking_words

from .conftest import Truth, everyone, planted_inputs

TRUTHS = {
    "weak": Truth(-0.2, everyone(0.0)),
    "strong": Truth(-2.5, everyone(0.0)),
    "harmful": Truth(1.0, everyone(0.0)),
}


def test_the_strongest_planted_policy_is_first_and_a_harmful_one_has_no_pns():
    rows = ranked(planted_inputs(TRUTHS, 1).tested, "preventive", 0.95)
    assert [row["policy"] for row in rows] == ["strong", "weak", "harmful"]
    assert rows[2]["least_pns"] == {"est": 0.0, "low": 0.0, "high": 0.0}
    first = rows[0]["least_pns"]
    assert 0 < first["low"] < first["est"] < first["high"] and not rows[1]["tied"]
    said = ranking_words(rows, "preventive")
    assert "averted it" in said[0] and said[1].strip().startswith("1. strong")


def test_a_run_that_makes_no_claim_is_not_ranked():
    rows = ranked(planted_inputs(TRUTHS, 1, reason="it was stopped").tested, "preventive", 0.95)
    assert rows == [] and "none is ranked" in ranking_words(rows, "preventive")[0]


def test_another_ranking_is_refused():
    with pytest.raises(ValueError, match="a ranking is by pns"):
        compare("nowhere", rank="pn")
