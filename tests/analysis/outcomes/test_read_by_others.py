"""What nobody could see counts in no outcome of what was read: a hand-made log whose answers can be checked in one's head."""

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.outcomes.base import Runs
from windtunnel.analysis.outcomes.forum import (
    escalation,
    hostile_share,
    hostility_elsewhere,
    published,
    readable,
)
from windtunnel.policies.registry import make_policy
from windtunnel.sim.communities.forum.posts import ORDINAL_OF_PHASE, post_id

RUN = {"draw": 0, "seed": 0, "arm": "policy"}


def log(*rows: tuple) -> pl.DataFrame:
    """Rows of step, kind, member, target, place, tone, status."""
    names = ("step", "kind", "member", "target", "place", "tone", "status")
    frame = pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows], infer_schema_length=None)
    return frame.with_columns(**{key: pl.lit(value) for key, value in RUN.items()})


def runs(events: pl.DataFrame) -> Runs:
    return Runs(pl.DataFrame([RUN]), events, pl.DataFrame(), None, 12)


def value(outcome, events: pl.DataFrame) -> float:
    return outcome(runs(events))["value"][0]


SPARK = (1, "spark", 0, 100, 100, "heated", "done")
WRITTEN = (3, "reply", 5, 7, 100, "hostile", "done")
GONE = "remove", None, 7, 100, "hostile", "done"


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ([WRITTEN], 1),
        ([WRITTEN, (4, *GONE)], 0),  # written in step 3, gone before anybody looked in step 4
        ([WRITTEN, (5, *GONE)], 1),  # it stood a step
        ([WRITTEN, (4, *GONE), (9, "restore", None, 7, 100, "hostile", "done")], 1),
        (
            [(3, "reply", 5, 7, 100, "hostile", "evaded"), (4, *GONE)],
            1,
        ),  # said again before the others looked
        ([(3, "reply", 5, 7, 100, "hostile", "evaded"), (3, *GONE)], 0),
        ([(3, "reply", 5, 7, 100, "hostile", "held"), (6, "approve", None, 7, 100, "hostile", "done")], 1),
        (
            [
                (3, "reply", 5, 7, 100, "hostile", "held"),
                (6, "approve", None, 7, 100, "hostile", "done"),
                (6, *GONE),
            ],
            0,
        ),
        ([(3, "reply", 5, 7, 100, "hostile", "held"), (4, *GONE)], 0),
        ([(3, "reply", 5, 6, 100, "hostile", "cancelled")], 0),
    ],
)
def test_a_reply_counts_where_somebody_could_have_read_it(more, seen):
    events = log(SPARK, (2, "reply", 4, 8, 100, "civil", "done"), *more)
    assert value(escalation, events) == seen
    assert value(hostile_share, events) == pytest.approx(seen / (1 + seen))
    elsewhere = events.with_columns(
        place=pl.when(pl.col("target") == 7).then(200).otherwise("place").cast(pl.Int64)
    )
    assert value(hostility_elsewhere, elsewhere) == seen
    assert len(published(readable(events))) == len(published(events)) == 1 + seen
    assert (readable(events)["kind"] == "remove").sum() == (events["kind"] == "remove").sum()


def test_removal_at_once_decides_what_was_read_and_says_so():
    assert "escalation" in make_policy("remove_hostile", {"delay": 0}).forced()
    assert "hostile_share" in make_policy("remove_hostile", {"delay": 0}).forced()
    assert "escalation" not in make_policy("remove_hostile", {"delay": 1}).forced()


def test_where_members_look_in_several_times_a_step_only_what_they_wrote_last_was_removed_unread():
    """Two replies of step 3, in its first and its last look, both gone with the beginning of step 4."""
    early, late = (int(post_id(np.array([5]), 3, ordinal)[0]) for ordinal in (0, ORDINAL_OF_PHASE[-1]))
    wrote = [(3, "reply", 5, one, 100, "hostile", "done") for one in (early, late)]
    gone = [(4, "remove", None, one, 100, "hostile", "done") for one in (early, late)]
    assert value(escalation, log(SPARK, *wrote, *gone)) == 1
    assert value(escalation, log(SPARK, wrote[0], gone[0])) == 0, "as in a run in which a step is one look"
