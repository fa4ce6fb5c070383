"""Any thread or post as something to ask about, whether a rule found an incident there or not."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.incidents.base import Incident, Rule
from windtunnel.analysis.incidents.find import chosen, lowered
from windtunnel.analysis.incidents.forum.acts import RECORD
from windtunnel.analysis.incidents.forum.detectors import DETECTORS
from windtunnel.analysis.incidents.forum.find import find
from windtunnel.analysis.outcomes import RUN

KINDS = ("escalation", "pile_on", "newcomer_driven_away")
"""What may be asked of a place; the last of a post alone, whose author is the newcomer."""
_PLACE = re.compile(r"(thread|post):(\d+)")


class Place(NamedTuple):
    """What `thread:ID` or `post:ID` names: a thread, or a post in one."""

    what: str
    number: int

    @property
    def post(self) -> int | None:
        return self.number if self.what == "post" else None


def place_of(name: str) -> Place | None:
    """The thread or post that a name is; None for the name of an incident. `ValueError` for a place without a number.

    >>> place_of("post:12"), place_of("escalation-1a2b3c4d")
    (Place(what='post', number=12), None)
    """
    match = _PLACE.fullmatch(name)
    if match is None and name.partition(":")[0] in ("thread", "post"):
        raise ValueError(
            f"{name!r} names no place: write thread:12 or post:34, with a number that `windtunnel incidents` shows"
        )
    return Place(match[1], int(match[2])) if match else None


def asked_about(
    acts: pl.DataFrame,
    name: str,
    rules: Mapping[str, Rule],
    hours: float,
    *,
    kind: str | None = None,
    run: Mapping[str, Any] | None = None,
) -> Incident:
    """The incident that `name` calls, or the place that it names with what nearly was one there.

    `kind` says which rule a place is held against (by default that of an escalation); `run` names the draw, the seed and the
    arm of a place (by default the first run that has it). `ValueError` where there is no such incident or place.
    """
    place = place_of(name)
    if place is not None:
        return _at(_run_of(acts, place, run or {}), place, kind or KINDS[0], rules, hours)
    if kind is not None or run:
        raise ValueError(
            f"--kind, --draw, --seed and --arm go with thread:ID or post:ID: {name!r} names an incident"
        )
    kinds = {one: rule for one, rule in rules.items() if name.startswith(one)} or rules
    return chosen(find(acts, kinds, hours), name)


def _run_of(acts: pl.DataFrame, place: Place, run: Mapping[str, Any]) -> pl.DataFrame:
    """The acts of the run that has the place."""
    column = "place" if place.what == "thread" else "post"
    written = acts.filter(pl.col("post").is_not_null())
    here = written.filter(pl.col(column) == place.number)
    record = not written.is_empty() and written["arm"][0] == RECORD
    if here.is_empty():
        other = written.filter(pl.col("post") == place.number)
        if not other.is_empty():
            raise ValueError(
                f"{place.number} is a post of thread {other['place'][0]}: ask about post:{place.number}"
            )
        where = (
            f"posts.parquet, column {place.what}"
            if record
            else "events.parquet, column " + ("place" if place.what == "thread" else "target")
        )
        raise ValueError(f"there is no {place.what} {place.number}: their numbers stand in {where}")
    for name, value in run.items():
        if here.filter(pl.col(name) == value).is_empty():
            raise ValueError(
                f"{place.what} {place.number} is in no run of {name} {value}: it is in "
                f"{', '.join(map(str, here[name].unique().sort().to_list()[:10]))}"
            )
        here = here.filter(pl.col(name) == value)
    if here.is_empty():
        raise ValueError(f"no one run has {place.what} {place.number} and all of --draw, --seed and --arm")
    first = here.sort("draw", "seed", maintain_order=True).row(0, named=True)
    return acts.filter(*[pl.col(name) == first[name] for name in RUN])


def _at(acts: pl.DataFrame, place: Place, kind: str, rules: Mapping[str, Rule], hours: float) -> Incident:
    """The incident at a place of one run, or the place as one whose threshold was not reached."""
    if kind not in KINDS or (kind == "newcomer_driven_away" and place.post is None):
        raise ValueError(
            f"--kind {kind}: of a thread choose escalation or pile_on, of a post newcomer_driven_away as well"
        )
    written = acts.filter(pl.col("post").is_not_null())
    asked = written.filter(pl.col("post" if place.post is not None else "place") == place.number)
    thread = written.filter(pl.col("place") == asked["place"][0])
    member = None if kind == "escalation" else _target(thread, asked, place, rules[kind], hours)
    rule = rules[kind]
    looked = acts if kind == "newcomer_driven_away" else thread

    def fits(one: Incident) -> bool:
        return one.member == member and one.place == thread["place"][0]

    for given in (rule, *lowered(rule)):
        found = [one for one in find(looked, {kind: given}, hours) if fits(one)]
        if found and given is rule:
            return found[0]
        if found:
            return _quiet(found[0], place, asked, thread)
    began = int((asked if place.post is not None else thread)["step"][0])
    run = (int(acts["draw"][0]), int(acts["seed"][0]), str(acts["arm"][0]))
    nothing = Incident("", kind, *run, int(thread["place"][0]), member, began, began, 0.0, (), ())
    return _quiet(nothing, place, asked, thread)


def _quiet(one: Incident, place: Place, asked: pl.DataFrame, thread: pl.DataFrame) -> Incident:
    """A place under its own name: it begins with the post that is asked about, or with what counts, and runs on to its end."""
    onset = int(asked["step"][0]) if place.post is not None else one.onset
    return one._replace(
        id=f"{place.what}:{place.number}",
        onset=onset,
        peak=max(one.peak, onset, int(thread["step"][-1])),
        reached=None,
        crossing=None,
    )


def _target(thread: pl.DataFrame, asked: pl.DataFrame, place: Place, rule: Rule, hours: float) -> str:
    """Whom it would have happened to: a post's author; of a thread whoever most answered with heat, else who opened it."""
    if place.post is None:
        found = [one for given in lowered(rule) for one in DETECTORS["pile_on"](thread, given, hours)]
        worst = max(found, key=lambda one: one.severity, default=None)
        member = thread["member"][0] if worst is None else worst.member
    else:
        member = asked["member"][0]
    if member is None:
        raise ValueError(
            f"nobody is known to have written {place.what} {place.number}: ask about an escalation"
        )
    return str(member)
