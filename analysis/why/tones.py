"""What an answer would be had the tones of a record been scored otherwise: drawn again by how often the scorer errs."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.importers.written import TONE_ERRORS
from windtunnel.analysis.incidents.find import measure
from windtunnel.analysis.why.answer import estimate, pairs
from windtunnel.analysis.why.question import Question
from windtunnel.sim import noise

if TYPE_CHECKING:
    from windtunnel.analysis.why.recorded import RecordedCase

HEARD = ("civil", "heated", "hostile", "unknown")
TONES = HEARD[:3]
ASSUMED = np.array([[0.9, 0.09, 0.01], [0.05, 0.9, 0.05], [0.01, 0.09, 0.9], [0.9, 0.09, 0.01]])
"""Of the posts to which the scorer gives each tone of `HEARD`, the shares that are civil, heated and hostile: nine in ten
right and most of the others one step off. An assumption, for want of labels; no tone counts as civil."""
WEIGHT = 5.0
"""Labels that the assumption weighs, beside those that there are."""


class Errors(NamedTuple):
    """`truth` (4, 3): shares of the true tones given the scorer's, in the orders of `HEARD` and `TONES`; `labelled` posts
    say so, besides the assumption."""

    truth: np.ndarray
    labelled: int


def errors_of(case: "RecordedCase") -> Errors:
    """How often the scorer errs: from the labels that the import was given, or as assumed.

    What is read is how the posts that got a tone were labelled: that holds however posts were chosen to be labelled by
    their tone. `ValueError` for a file that says no counts.
    """
    path = case.folder.path / TONE_ERRORS
    if not path.is_file():
        return Errors(ASSUMED, 0)
    told = case.folder.read_json(path)
    try:
        counts = np.array([[float(told["counts"][label][tone]) for label in TONES] for tone in HEARD])
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path} has no counts of labels by tone: import the community again") from None
    rows = counts + WEIGHT * ASSUMED
    return Errors(rows / rows.sum(axis=1, keepdims=True), int(counts.sum()))


def drawn_again(case: "RecordedCase", errors: Errors, number: int) -> "RecordedCase":
    """The case had its acts the tones of the `number`-th draw given what the scorer said."""
    posts = case.numbers
    said = {post: tone or "unknown" for post, tone in case.acts.select("post", "tone").iter_rows()}
    rows = np.array([HEARD.index(said.get(post, "unknown")) for post in posts.tolist()])
    chance = noise.uniform(noise.key("tones", case.root, number), "tone", 0, posts)
    tone = np.minimum((chance[:, None] >= errors.truth[rows].cumsum(axis=1)).sum(axis=1), len(TONES) - 1)
    names = pl.DataFrame({"post": posts, "tone": [TONES[level] for level in tone]})
    acts = (
        case.acts.drop("tone")
        .join(names, on="post", how="left", maintain_order="left")
        .select(case.acts.columns)
    )
    return case.with_tones(tone, acts)


def tone_sensitivity(
    case: "RecordedCase", question: Question, mind: Mind, *, draws: int, futures: int
) -> dict[str, Any]:
    """The answer under `draws` other readings of the thread's tones, in `futures` pairs each.

    `incident` counts the readings in which the rule finds the incident at all; only of those is the question asked.
    `low` and `high` are the least and the largest share over them, None where it is nowhere defined.
    """
    errors = errors_of(case)
    tables, shares = [], []
    for number in range(draws):
        other = drawn_again(case, errors, number)
        if measure(other.acts, other.incident, other.rules, other.hours).is_empty():
            continue
        other.infer(range(futures), mind)
        found = estimate(*pairs(other, question, mind, range(futures)), question)
        tables.append(found["table"])
        if found["estimate"]["est"] is not None:
            shares.append(found["estimate"]["est"])
    return {
        "labelled": errors.labelled,
        "draws": draws,
        "incident": len(tables),
        "futures": futures,
        "tables": tables,
        "low": min(shares, default=None),
        "high": max(shares, default=None),
    }
