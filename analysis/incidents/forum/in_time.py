"""Which acts of a moderator come in time: after something that could be seen, and before it was an incident."""

import polars as pl

from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.forum.acts import RECORD

MOST_REPLAYED = 400
"""Posts of a long thread that `windtunnel why` lives again: those around the moment that is asked about."""
LONGEST = 2000
"""The most of them, where the threshold is reached so long after the moment."""


def replayed(acts: pl.DataFrame, incident: Incident) -> bool:
    """Does the incident fit into what can be lived again? Of a record, from its first post to the one that reaches the threshold."""
    if incident.arm != RECORD or incident.place is None:
        return incident.arm != RECORD
    thread = acts.filter((pl.col("place") == incident.place) & pl.col("post").is_not_null())
    posts = thread.filter(pl.col("step") >= incident.onset).sort("step", "ordinal")["post"].to_list()
    return incident.crossing not in posts[LONGEST:]


def comments(acts: pl.DataFrame, incident: Incident) -> pl.DataFrame:
    """The replies of the incident's thread in its run, in time."""
    run = acts.filter(*[pl.col(name) == getattr(incident, name) for name in ("draw", "seed", "arm")])
    return run.filter((pl.col("kind") == "reply") & (pl.col("place") == incident.place))


def first_comment_in_time(acts: pl.DataFrame, incident: Incident) -> int | None:
    """Number of the comment right after which a moderator could first have known, and still have come in time.

    It is the last of the step with which the incident begins; None where the threshold was reached in that same step.
    """
    if incident.place is None or incident.reached is None or incident.onset >= incident.reached:
        return None
    seen = int((comments(acts, incident)["step"] <= incident.onset).sum())
    return seen or None


def last_comment_in_time(acts: pl.DataFrame, incident: Incident) -> int | None:
    """Number of the last comment before the step in which the threshold was reached; None where there is none."""
    if incident.place is None or incident.reached is None:
        return None
    return int((comments(acts, incident)["step"] < incident.reached).sum()) or None


def stays(incident: Incident) -> bool:
    """Does what has reached the threshold stay so, whatever comes after? A newcomer may write again, and of how many a
    departure is a share is only known afterwards."""
    return incident.kind in ("escalation", "pile_on", "rule_breaking_streak")
