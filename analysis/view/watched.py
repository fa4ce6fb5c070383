"""The drawings of a pair of twins, as numbers for a template: lanes, the network of members, and courses of what is counted."""

import math
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.view.twins import ARMS, Twins, only_in_one

WIDE, LEFT, LANE, TOP = 900, 116, 22, 20
LANES = 12
"""Places that are drawn, those with most going on."""
MARKS = 3000
ACTS = 4000
"""Acts of one step that are looked through."""
NODES = 48
"""Members of the network, those who act most."""
RING = 130


class Mark(NamedTuple):
    """An act in a lane: where it is, how it is coloured, and what is said of it. `only` marks what the other twin has not."""

    step: int
    x: float
    y: float
    kind: str
    only: bool
    said: str


class Lanes(NamedTuple):
    """For each arm its marks; `names` of the lanes with their heights; `more` places are not drawn."""

    names: list[tuple[float, str]]
    high: int
    marks: dict[str, list[Mark]]
    more: int


class Node(NamedTuple):
    member: int
    x: float
    y: float
    differs: int | None
    """The step at which it first does something else in the other twin."""


class Network(NamedTuple):
    """Members in a ring, and for each arm who turned to whom, from which step on."""

    nodes: list[Node]
    edges: dict[str, list[tuple[int, float, float, float, float]]]
    more: int


class Course(NamedTuple):
    """A measure in both arms: a line for each as SVG points, and the marks of its axis."""

    name: str
    lines: dict[str, str]
    bands: dict[str, str]
    marks: list[tuple[float, str]]
    high: int


def x_of(step: float, steps: int) -> float:
    """Where a step stands on the time line, in the middle of its column."""
    return round(LEFT + (step + 0.5) * (WIDE - LEFT - 8) / max(steps, 1), 1)


def lanes(twins: Twins) -> Lanes | None:
    """Places as lanes, where this community has places; None otherwise."""
    acts = twins.events.filter(pl.col("place").is_not_null())
    if acts.is_empty():
        return None
    told = acts.filter(pl.col("tone").is_not_null() | pl.col("member").is_null())
    busy = told.group_by("place").len().sort(["len", "place"], descending=[True, False])["place"].to_list()
    chosen = busy[:LANES]
    heights = {place: TOP + LANE * at + LANE / 2 for at, place in enumerate(chosen)}
    levels = {name: f"level{at}" for at, name in enumerate(twins.declared.levels)}
    column = (WIDE - LEFT - 8) / max(twins.steps, 1)
    alone = _alone(twins)
    marks: dict[str, list[Mark]] = {}
    for arm in ARMS:
        rows = told.filter(pl.col("arm") == arm, pl.col("place").is_in(chosen)).head(MARKS)
        seen: dict[tuple[int, int], int] = {}
        found = []
        for row in rows.iter_rows(named=True):
            at = (row["step"], row["place"])
            number = seen[at] = seen.get(at, -1) + 1
            shift = min(number * 5, max(column - 4, 0)) - column / 2 + 3
            kind = "act" if row["member"] is None else levels.get(row["tone"], "level0")
            found.append(
                Mark(
                    row["step"],
                    round(x_of(row["step"], twins.steps) + shift, 1),
                    heights[row["place"]],
                    kind,
                    (arm, row["step"], row["member"]) in alone,
                    act_words(row, twins),
                )
            )
        marks[arm] = found
    names = [(heights[place], _short(place)) for place in chosen]
    return Lanes(names, TOP + LANE * len(chosen) + 18, marks, len(busy) - len(chosen))


def _short(place: object) -> str:
    """A place's number, of a long one its end.

    >>> _short(19), _short(12000003100150)
    ('19', '…003100150')
    """
    name = str(place)
    return name if len(name) <= 12 else f"…{name[-9:]}"


def network(twins: Twins) -> Network | None:
    """Who turned to whom: whose words a member answered, or whom an act was about; None where nobody did."""
    edges = _edges(twins)
    if edges.is_empty():
        return None
    ends = pl.concat([edges["a"], edges["b"]]).rename("member").value_counts(name="n")
    chosen = sorted(ends.sort(["n", "member"], descending=[True, False])["member"].to_list()[:NODES])
    first = _first_apart(twins)
    nodes = {}
    for at, member in enumerate(chosen):
        turn = 2 * math.pi * at / len(chosen) - math.pi / 2
        nodes[member] = Node(
            member,
            round(160 + RING * math.cos(turn), 1),
            round(160 + RING * math.sin(turn), 1),
            first.get(member),
        )
    drawn: dict[str, list[tuple[int, float, float, float, float]]] = {arm: [] for arm in ARMS}
    for arm, a, b, step in edges.select("arm", "a", "b", "step").iter_rows():
        if a in nodes and b in nodes:
            drawn[arm].append((step, nodes[a].x, nodes[a].y, nodes[b].x, nodes[b].y))
    return Network(list(nodes.values()), drawn, len(ends) - len(chosen))


def courses(twins: Twins) -> list[Course]:
    """What the community counts at each step, in both arms."""
    found = []
    for name, unit in twins.declared.measures.items():
        table = twins.measures.filter(pl.col("measure") == name)
        values = {
            arm: table.filter(pl.col("arm") == arm).sort("step").select("step", "value").rows()
            for arm in ARMS
        }
        found.append(_course(f"{name.replace('_', ' ')} ({unit})", values, {}, twins.steps))
    return [one for one in found if one is not None]


def ensemble_course(
    said: str, spread: dict[str, list[tuple[float, float, float]]], steps: int
) -> Course | None:
    """The mean over all pairs with the band that holds eight in ten of them."""
    means = {arm: [(step, row[1]) for step, row in enumerate(rows)] for arm, rows in spread.items()}
    return _course(said, means, spread, steps)


def _course(
    name: str,
    values: dict[str, list[tuple[int, float]]],
    spread: dict[str, list[tuple[float, float, float]]],
    steps: int,
) -> Course | None:
    known = [value for rows in values.values() for _, value in rows]
    known += [end for rows in spread.values() for low, _, high in rows for end in (low, high)]
    known = [value for value in known if value is not None and math.isfinite(value)]
    if not known:
        return None
    low, high = min(0.0, *known), max(known)
    high = high if high > low else low + 1

    def y_of(value: float) -> float:
        return round(120 - (value - low) / (high - low) * 104, 1)

    lines = {
        arm: " ".join(f"{x_of(step, steps)},{y_of(value)}" for step, value in rows if value is not None)
        for arm, rows in values.items()
    }
    bands = {
        arm: " ".join(
            [f"{x_of(step, steps)},{y_of(row[0])}" for step, row in enumerate(rows)]
            + [f"{x_of(step, steps)},{y_of(row[2])}" for step, row in reversed(list(enumerate(rows)))]
        )
        for arm, rows in spread.items()
    }
    marks = [(y_of(value), f"{value:.4g}".replace("-", "\u2212")) for value in (low, (low + high) / 2, high)]
    return Course(name, lines, bands, marks, 132)


def acts_at(twins: Twins, step: int) -> list[dict[str, Any]]:
    """A row for each member who did something at a step, what in the one twin and in the other, those who differ first."""
    acts = twins.events.filter(pl.col("step") == step).head(ACTS)
    rows: dict[Any, dict[str, list[str]]] = {}
    for row in acts.iter_rows(named=True):
        both = rows.setdefault(row["member"], {arm: [] for arm in ARMS})
        both[row["arm"]].append(act_words(row, twins))
    found = [
        {"member": member, "differs": both[ARMS[0]] != both[ARMS[1]]}
        | {arm: ", ".join(both[arm][:4]) + (" …" if len(both[arm]) > 4 else "") for arm in ARMS}
        for member, both in rows.items()
    ]
    return sorted(found, key=lambda row: (not row["differs"], row["member"] is None, row["member"] or 0))


def act_words(row: dict[str, Any], twins: Twins) -> str:
    """An act in words: its tone, kind and amount, what it was about, and what became of it."""
    parts = [row["tone"], row["kind"].replace("_", " ")]
    unit = twins.declared.amount.partition(":")[0]
    parts += [] if row["amount"] is None else [f"{row['amount']:,} {unit}".strip().replace("-", "−")]
    parts += [] if row["place"] is None else [f"in {row['place']}"]
    parts += [] if row["status"] == "done" else [f"({row['status']})"]
    parts += [] if row["policy"] is None else [f"by {row['policy'].replace('_', ' ')}"]
    return " ".join(part for part in parts if part)


def moments(twins: Twins) -> list[str]:
    """Which step is which, in words."""
    from windtunnel.analysis.incidents.moments import moment_words, step_words

    noun = twins.declared.nouns.step
    if noun in ("step", "hour"):
        return [moment_words(step, twins.hours) for step in range(twins.steps)]
    return [step_words(step, noun) for step in range(twins.steps)]


def _edges(twins: Twins) -> pl.DataFrame:
    """arm, a, b, step: the first time that a member turned to another."""
    wrote = twins.events.filter(pl.col("member").is_not_null(), pl.col("target").is_not_null())
    if not twins.links.is_empty():
        authors = wrote.select("arm", parent="target", b="member").unique(["arm", "parent"])
        links = twins.links.select("arm", "target", "parent").unique(["arm", "target"])
        both = wrote.join(links, on=["arm", "target"]).join(authors, on=["arm", "parent"])
        found = both.select("arm", "b", "step", a="member")
    else:
        known = (
            twins.members["member"].unique()
            if not twins.members.is_empty()
            else pl.Series([], dtype=pl.Int64)
        )
        about = wrote.filter(pl.col("target").is_in(known.implode()))
        found = about.select("arm", "step", a="member", b="target")
    found = found.filter(pl.col("a") != pl.col("b"))
    return found.group_by("arm", "a", "b").agg(pl.col("step").min()).sort("arm", "step", "a", "b")


def _alone(twins: Twins) -> set[tuple[str, int, Any]]:
    rows = only_in_one(twins.events.lazy()).select("arm", "step", "member").collect()
    return set(rows.iter_rows())


def _first_apart(twins: Twins) -> dict[int, int]:
    first: dict[int, int] = {}
    for _, step, member in sorted(_alone(twins), key=lambda one: one[1]):
        first.setdefault(member, step)
    return first
