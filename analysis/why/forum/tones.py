"""What an answer would be had the tones of a record been scored otherwise: drawn again by how often the scorer errs."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import yaml

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.importers.imported.written import TONE_ERRORS
from windtunnel.analysis.incidents.forum.find import measure
from windtunnel.analysis.tones.chances import chances, doubts, drawn
from windtunnel.analysis.tones.labelling import labels_of_all
from windtunnel.analysis.why.answer import estimate
from windtunnel.analysis.why.forum.label_width import width_with_labels
from windtunnel.analysis.why.question import Question
from windtunnel.sim import noise

if TYPE_CHECKING:
    from windtunnel.analysis.why.forum.recorded import RecordedCase

HEARD = ("civil", "heated", "hostile", "unknown")
TONES = HEARD[:3]
READINGS = 100
"""Readings of the tones of which it is counted in how many the rule finds the incident."""
TRIES = 20
"""Times that the other posts are drawn once more, until the rule finds the incident again."""
LABELS = 30
"""So many labels of a thread an answer proposes."""
WEIGHT = 5.0
"""Labels that the errors measured elsewhere weigh, beside those that there are."""


class Errors(NamedTuple):
    """`truth` (4, 3): shares of the true tones given the scorer's, in the orders of `HEARD` and `TONES`. `labelled` posts of
    the record say so, besides what was measured elsewhere, of which `source` tells. `given`: what a reader said of each post of the thread (n, 3), NaN where it said nothing."""

    truth: np.ndarray
    labelled: int
    source: str = ""
    given: np.ndarray | None = None


@cache
def measured() -> Errors:
    """How often the scorer errs on comments that people labelled: `conf/tone_errors.yaml`, made by `bench/tone_errors.py`.

    Of a post without tone nothing is known: it has the shares of all labelled comments together.
    """
    told = yaml.safe_load((files("windtunnel.conf") / "tone_errors.yaml").read_text(encoding="utf-8"))
    counts = np.array([[float(told["counts"][heard][tone]) for tone in TONES] for heard in TONES])
    rows = np.vstack([counts, counts.sum(axis=0)])
    return Errors(rows / rows.sum(axis=1, keepdims=True), 0, str(told["source"]))


def errors_of(case: "RecordedCase") -> Errors:
    """How often the scorer errs: from the labels that the import was given, else as its reader said of each post, which labels of
    `windtunnel label` have moved, else as measured elsewhere.

    Of labels of an import it is read how the posts that got a tone were labelled: that holds however posts were chosen to be
    labelled by their tone. `ValueError` for a file that says no counts.
    """
    path = case.folder.path / TONE_ERRORS
    moved_by = labels_of_all(case.folder.path)
    given = heard(case) if moved_by or not path.is_file() else None
    if given is not None or not path.is_file():
        return measured()._replace(given=given, labelled=moved_by)
    told = case.folder.read_json(path)
    try:
        counts = np.array([[float(told["counts"][label][tone]) for label in TONES] for tone in HEARD])
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path} has no counts of labels by tone: import the community again") from None
    elsewhere = measured()
    rows = counts + WEIGHT * elsewhere.truth
    return Errors(rows / rows.sum(axis=1, keepdims=True), int(counts.sum()), elsewhere.source)


def drawn_again(
    case: "RecordedCase", errors: Errors, number: int, same: np.ndarray | None = None, again: int = 0
) -> "RecordedCase":
    """The case had its acts the tones of the `number`-th draw given what the scorer said; tones set by hand stay.

    Where labels of this record say how often its scorer errs they count, else what its reader said of each post, else what was
    measured elsewhere. With `same` (bool, posts) these alone have the tones of that draw, the others are drawn for the `again`-th time once more.
    """
    posts = case.numbers
    rows, truth = _true(case, errors)
    chance = noise.uniform(noise.key("tones", case.root, number), "tone", 0, posts)
    if same is not None:
        other = noise.uniform(noise.key("tones once more", case.root, number, again), "tone", 0, posts)
        chance = np.where(same, chance, other)
    tone = drawn(truth, chance)
    tone = np.where(case.labelled, np.minimum(rows, len(TONES) - 1), tone)
    names = pl.DataFrame({"post": posts, "tone": [TONES[level] for level in tone]})
    acts = (
        case.acts.drop("tone")
        .join(names, on="post", how="left", maintain_order="left")
        .select(case.acts.columns)
    )
    return case.with_tones(tone, acts)


def _true(case: "RecordedCase", errors: Errors) -> tuple[np.ndarray, np.ndarray]:
    """What was read of each post (n,), as a place in `HEARD`, and the shares of its true tones (n, 3) given that."""
    said = {post: tone or "unknown" for post, tone in case.acts.select("post", "tone").iter_rows()}
    rows = np.array([HEARD.index(said.get(post, "unknown")) for post in case.numbers.tolist()])
    truth = errors.truth[rows]
    if errors.given is not None:
        truth = np.where(np.isnan(errors.given), truth, errors.given)
    return rows, truth


def in_doubt(case: "RecordedCase", errors: Errors) -> np.ndarray:
    """How unsure the tone of each post is (n,): the chance that two readings of it differ; 0 of one set by hand."""
    return np.where(case.labelled, 0.0, doubts(_true(case, errors)[1]))


def label_command(place: int | None) -> str:
    """What labels the posts of the thread of this number."""
    return f"windtunnel label OUT --thread {place}"


def to_label(case: "RecordedCase", errors: Errors, most: int = LABELS) -> np.ndarray:
    """Bool (posts,): those that are most in doubt and can be labelled by hand, `most` at most."""
    doubt = in_doubt(case, errors)
    chosen = np.argsort(-doubt, kind="stable")[:most]
    found = np.zeros(len(doubt), bool)
    found[chosen[doubt[chosen] > 0]] = True
    return found


def heard(case: "RecordedCase") -> np.ndarray | None:
    """The probabilities that a reader gave the thread's posts (n, 3), NaN where it gave none; None without such a reader."""
    posts = case.folder.read_table("posts")
    if "heated" not in posts.columns:
        return None
    own = pl.DataFrame({"post": case.numbers}).join(posts, on="post", how="left", maintain_order="left")
    found = chances(own)
    found[own["heated"].is_null().to_numpy()] = np.nan
    return found


def tone_sensitivity(
    case: "RecordedCase", question: Question, mind: Mind, *, draws: int, futures: int, labels: int = LABELS
) -> dict[str, Any]:
    """The answer under `draws` other readings of the thread's tones, in `futures` pairs each.

    `found` of `tried` readings have the incident by its rule (or, where the record has none, none); the question is asked of the
    first `draws` of them, `incident` in number. `low` and `high` are the least and the largest share over these, None where it is nowhere defined.
    `by_hand` of the thread's `posts` have a tone that was not scored and stays; where all have, no other reading is drawn.
    `wordless` others have no words: their tone was guessed. With `to_label` of the `in_doubt` posts labelled by hand, `labels` at
    most, the range would be about `width_with_labels` wide, as the `paired` readings foretell it.
    """
    errors = errors_of(case)
    doubt, asked = in_doubt(case, errors), to_label(case, errors, labels)
    rest = (doubt > 0) & ~asked
    tables, shares = [], list[float]()
    beside, paired = list[tuple[float, "RecordedCase"]](), list[tuple[float, float]]()
    by_hand, posts = int(case.labelled.sum()), len(case.labelled)
    draws = 0 if by_hand == posts else draws
    readings = [drawn_again(case, errors, at) for at in range(max(READINGS, draws) if draws else 0)]
    there = has_it(case, question, readings)
    first = np.flatnonzero(there)[:draws].tolist()
    for at, found in zip(first, _asked([readings[at] for at in first], question, mind, futures), strict=True):
        tables.append(found["table"])
        if (share := found["estimate"]["est"]) is None:
            continue
        shares.append(share)
        other = _beside(case, question, errors, at, asked) if rest.any() and asked.any() else None
        if other is not None:
            beside.append((share, other))
    seconds = _asked([other for _, other in beside], question, mind, futures)
    for (share, _), found in zip(beside, seconds, strict=True):
        if (second := found["estimate"]["est"]) is not None:
            paired.append((share, second))
    width = max(shares, default=0.0) - min(shares, default=0.0)
    left = float(doubt[rest].sum() / max(doubt.sum(), 1e-9))
    return {
        "labelled": errors.labelled,
        "probabilities": errors.given is not None,
        "source": errors.source,
        "posts": posts,
        "by_hand": by_hand,
        "wordless": _wordless(case),
        "in_doubt": int((doubt > 0).sum()),
        "to_label": int(asked.sum()),
        "paired": paired,
        "width_with_labels": width_with_labels(paired, width, left)._asdict(),
        "draws": draws,
        "tried": len(readings),
        "found": int(there.sum()),
        "incident": len(tables),
        "futures": futures,
        "tables": tables,
        "low": min(shares, default=None),
        "high": max(shares, default=None),
    }


def has_it(case: "RecordedCase", question: Question, readings: Sequence["RecordedCase"]) -> np.ndarray:
    """Bool (readings,): by this reading the rule finds the incident, or none where the record has none."""
    if not readings:
        return np.zeros(0, bool)
    acts = [one.acts.with_columns(draw=pl.lit(at, pl.Int32)) for at, one in enumerate(readings)]
    found = measure(pl.concat(acts), case.incident, case.rules, case.hours)["draw"]
    return np.isin(np.arange(len(readings)), found.to_numpy()) == question.happened


def _beside(
    case: "RecordedCase", question: Question, errors: Errors, number: int, same: np.ndarray
) -> "RecordedCase | None":
    """A reading with the incident that shares the tones of the posts to label with another; None where it is too rare."""
    for again in range(TRIES):
        other = drawn_again(case, errors, number, same, again)
        if has_it(case, question, [other])[0]:
            return other
    return None


def _asked(
    cases: Sequence["RecordedCase"], question: Question, mind: Mind, futures: int
) -> list[dict[str, Any]]:
    """The answers under some readings, in order."""
    from windtunnel.analysis.why.forum.in_parts import Ask, lived

    told = lived([Ask(case, range(futures)) for case in cases], question, mind)
    return [estimate(*one, question) for one in told]


def _wordless(case: "RecordedCase") -> int:
    """How many posts of the thread have a tone that neither their words gave nor a person."""
    scored = case.acts.filter(~pl.col("post").is_in(case.numbers[case.labelled].tolist()))
    return scored.filter(pl.col("tone").is_not_null() & pl.col("text").is_null()).height
