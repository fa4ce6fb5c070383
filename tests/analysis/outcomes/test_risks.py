"""Areas of risk by outcome, and scores of text that are examined before they count."""

import polars as pl
import pytest

from windtunnel.analysis.incidents.registry import known_kinds
from windtunnel.analysis.outcomes import RUN, Outcome, Runs, known_outcomes
from windtunnel.analysis.outcomes.risks import AREAS, risks_of, tagged
from windtunnel.analysis.outcomes.text_scores import agreement, examined
from windtunnel.analysis.terminal import listing
from windtunnel.sim.events import SCHEMA

RUDE = [(f"{'idiot ' * bad}well then {'please' * (bad == 0)}", float(bad)) for bad in range(10)]


def rude(texts):
    return [text.count("idiot") for text in texts]


def test_every_tag_names_something_that_there_is():
    assert tagged() <= {*known_outcomes(), *known_kinds()}
    assert {area for name in tagged() for area in risks_of(name)} == set(AREAS)
    rows = {row["name"]: row["risk"] for row in listing.rows("outcomes")}
    assert (
        rows["escalation"] == ["exclusion"]
        and rows["delusion_slope"] == ["interaction"]
        and rows["gain"] == []
    )
    assert {row["name"]: row["risk"] for row in listing.rows("incidents")}["false_belief"] == [
        "misinformation"
    ]
    assert risks_of("mine", ("access",)) == ("access",)
    with pytest.raises(ValueError, match="mine names the risk 'luck'"):
        risks_of("mine", ("luck",))


def counted(check):
    events = pl.DataFrame([dict.fromkeys(SCHEMA) | {"draw": 0, "seed": 0, "arm": "policy"}], schema=SCHEMA)
    runs = Runs(events.select(RUN), events, pl.DataFrame())
    one = Outcome("rude", "harm", "words", False, lambda runs: runs.runs.with_columns(value=1.0), check=check)
    return one.counted(runs)["value"].to_list()


def test_a_score_counts_only_where_it_agrees_with_its_fixtures():
    assert agreement(rude, {"rudeness": RUDE}) == {"rudeness": pytest.approx(1.0)}
    assert counted(examined(rude, {"rudeness": RUDE})) == [1.0]
    for score in (lambda texts: [-one for one in rude(texts)], lambda texts: [1] * len(texts)):
        with pytest.raises(
            ValueError, match="outcome rude: its score of texts does not count: .* on rudeness, below 0.8"
        ):
            counted(examined(score, {"rudeness": RUDE}))
    asked = []

    def once(texts):
        asked.append(len(texts))
        return rude(texts)

    check = examined(once, {"rudeness": RUDE})
    assert counted(check) == counted(check) == [1.0] and asked == [10]


def test_fixtures_that_say_nothing_are_refused():
    for rows in (RUDE[:5], [(text, 1.0) for text, _ in RUDE]):
        with pytest.raises(ValueError, match="of more than one value"):
            agreement(rude, {"rudeness": rows})
    with pytest.raises(ValueError, match="one a text is needed"):
        agreement(lambda texts: [1.0], {"rudeness": RUDE})
