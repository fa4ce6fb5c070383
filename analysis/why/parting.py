"""Two replays of one past beside each other: what members did otherwise, and why the first of them did."""

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.agents.situation import Feature
from windtunnel.analysis.why.case import Branch, Case, Futures
from windtunnel.sim.world import World


class Parting(NamedTuple):
    """Where two replays part: the step, whose act differs, what they did in each, and what they saw differently."""

    step: int
    member: str | None
    did: str
    would: str
    why: str


def apart(both: Futures) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The acts of members that only the one replay has, and those that only the other has; words do not count."""
    was, would = (
        both.events.filter((pl.col("seed") == place) & pl.col("member").is_not_null()).drop(
            "seed", "arm", "ordinal"
        )
        for place in (0, 1)
    )
    keys = [name for name in was.columns if name not in ("text", "draw")]
    return (
        was.join(would, on=keys, how="anti", nulls_equal=True),
        would.join(was, on=keys, how="anti", nulls_equal=True),
    )


def first_apart(both: Futures) -> tuple[int, int] | None:
    """Step and member of the first act that differs; None where none does."""
    differing = pl.concat(apart(both))
    if differing.is_empty():
        return None
    step = int(differing["step"].min())  # type: ignore[arg-type]
    return step, int(differing.filter(pl.col("step") == step)["member"][0])


def parting(
    case: Case, both: Futures, branches: tuple[Branch, Branch], mind: Mind, noun: str
) -> Parting | None:
    """The first act of a member that differs between two replays; None where none does.

    To say why, both worlds are lived again up to that step and what they tell this member is compared. `noun` is what a
    member is called.
    """
    if (first := first_apart(both)) is None:
        return None
    step, member = first
    rows = [part.filter(pl.col("step") == step, pl.col("member") == member) for part in apart(both)]
    did, would = (acts_words(case, part) for part in rows)
    reviewed = sorted({*rows[1]["policy"].drop_nulls()} - {*rows[0]["policy"].drop_nulls()})
    if reviewed:
        return Parting(
            step, case.name(member), did, would, f"{reviewed[0].replace('_', ' ')} changes that act"
        )
    told = [seen(case.world(branch), case.ticks, step, member, mind) for branch in branches]
    return Parting(step, case.name(member), did, would, _difference(told[0], told[1], noun))


def differing(case: Case, both: Futures) -> list[dict[str, Any]]:
    """What members did otherwise, in time: `step`, `member`, `was`, `would`."""
    only = apart(both)
    keys = pl.concat(only).select("step", "member").unique().sort("step", "member")
    return [
        {"step": step, "member": case.name(member)}
        | {
            name: acts_words(case, part.filter(pl.col("step") == step, pl.col("member") == member))
            for name, part in zip(("was", "would"), only, strict=True)
        }
        for step, member in keys.iter_rows()
    ]


def acts_words(case: Case, events: pl.DataFrame) -> str:
    """Acts of one member in one step.

    The amount stands with the kind, and whom the act was about.
    """
    told = []
    for row in events.sort("step").iter_rows(named=True):
        words = [row["tone"], row["kind"].replace("_", " ")]
        words += [] if row["amount"] is None else [str(row["amount"])]
        words += [] if row["target"] is None else [f"({case.name(row['target'])})"]
        words += [] if row["status"] == "done" else [f"({row['status']})"]
        words += [] if row["policy"] is None else [f"(by {row['policy'].replace('_', ' ')})"]
        told.append(" ".join(word for word in words if word))
    return ", ".join(told) or "nothing that shows"


def seen(world: World, ticks: int, step: int, member: int, mind: Mind) -> list[dict[str, Any]]:
    """What a world tells one member in each phase of one step in which it decides: its options and features."""
    told: list[dict[str, Any]] = []
    for _ in range(min(ticks, step + 1)):
        world.begin_step()
        now = world.now
        for _ in range(world.phases):
            situations = world.ask()
            view, phase = world._view, world.phase
            if now == step:
                told += [
                    {
                        "phase": phase,
                        "options": _free(view.action_names, situations.options[row]),
                        "features": dict(zip(view.feature_names, situations.features[row], strict=True)),
                        "says": {one.name: one for one in situations.scene.features},
                    }
                    for row in np.flatnonzero(situations.member == member)
                ]
            world.set_log_probs(*mind.decide([situations]))  # type: ignore[arg-type]
            world.step()
    return told


def _free(names: tuple[str, ...], options: np.ndarray) -> list[str]:
    return [name for name, free in zip(names, options, strict=True) if free]


def _difference(one: list[dict[str, Any]], two: list[dict[str, Any]], noun: str) -> str:
    """What the two worlds tell this member differently at this step, in one sentence."""
    if not one or not two:
        absent = "in the other future" if not two else "in what happened"
        return f"the {noun} is kept away or gone {absent}"
    for was, would in zip(one, two, strict=False):
        withdrawn = [name for name in was["options"] if name not in would["options"]]
        offered = [name for name in would["options"] if name not in was["options"]]
        if withdrawn or offered:
            told = [f"may no longer {_few(withdrawn)}"] if withdrawn else []
            told += [f"may now {_few(offered)}"] if offered else []
            return f"the {noun} {' and '.join(told)}"
        if changed := told_otherwise(was, would):
            return f"the {noun} is told otherwise: {changed}"
    return f"the {noun} sees the same and chooses the same; its act is reviewed or ordered otherwise"


def told_otherwise(was: dict[str, Any], would: dict[str, Any]) -> str:
    """What the two worlds tell one member differently, in the sentences of the community where these differ.

    `was` and `would` hold `features`, the values by name, and `says`, the declared features by name.
    """
    told = []
    for name, value in was["features"].items():
        other = would["features"][name]
        if abs(value - other) <= 1e-12:
            continue
        feature = was["says"].get(name)
        before, after = (_sentence(feature, one) for one in (value, other))
        said = name.replace("_", " ")
        if before == after:
            told.append(
                f"{said} is {'higher' if other > value else 'lower'} ({other:.2f} instead of {value:.2f})"
            )
        elif not before:
            told.append(f"it reads “{after}”")
        elif not after:
            told.append(f"it no longer reads “{before}”")
        else:
            told.append(f"it reads “{after}” instead of “{before}”")
    return ", ".join(told)


def _sentence(feature: Feature | None, value: float) -> str:
    if feature is None:
        return ""
    return feature.telling.format(value=value) if feature.telling else feature.sentence(value)


def _few(names: list[str]) -> str:
    words = [name.replace("_", " ") for name in names]
    return ", ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "")
