"""How often a rule is right: its precision and recall against labels set by hand, or against what moderators removed.

Posts of one thread are alike, so limits take the thread as the cluster (`causal.intervals.share`). Posts that `windtunnel label` drew
stand for different numbers of posts; then Wilson's limits are taken for their effective number (`tones.labels`).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from windtunnel.analysis.causal.intervals import Estimate, share
from windtunnel.analysis.incidents.forum.acts import acts_of_import
from windtunnel.analysis.rules.facts import Facts
from windtunnel.analysis.tones.labelling import LABELLING
from windtunnel.analysis.tones.labels import weighted_share


@dataclass(frozen=True)
class Agreement:
    """Against one truth: `of` posts that have one and that the rule could judge, `true` of them right to touch.

    `right` were touched and true; `unjudged` have a truth and could not be judged. Precision is the share of the touched
    that are true, recall the share of the true that are touched.
    """

    against: str
    of: int
    true: int
    touched: float
    right: float
    unjudged: int
    precision: Estimate
    recall: Estimate
    limits: str


BY_THREAD = "limits take posts of one thread as alike"
BY_WEIGHT = "each post counts for as many as it stands for; limits are for the effective number of posts"


def agreements(facts: Facts, chance: np.ndarray, judged: np.ndarray) -> list[Agreement]:
    """Against hostile labels, heated and hostile ones, and removals: those that the record has."""
    found = []
    for against, has, true, weight in _truths(facts):
        found.append(_against(against, has, true, weight, chance, judged, facts.thread))
    return found


def _truths(facts: Facts) -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray | None]]:
    posts, out = facts.posts, []
    if "labelled" in posts.columns:
        by_hand = posts["labelled"].fill_null(False) & posts["tone"].is_not_null()
        if by_hand.any():
            has, weight = by_hand.to_numpy(), _weights(facts, by_hand)
            tone = posts["tone"].cast(pl.String)
            hostile = (tone == "hostile").fill_null(False).to_numpy()
            uncivil = tone.is_in(["heated", "hostile"]).fill_null(False).to_numpy()
            out += [("labelled hostile", has, hostile, weight)]
            if (uncivil & has).sum() > (hostile & has).sum():
                out += [("labelled heated or hostile", has, uncivil, weight)]
    removed = acts_of_import(posts, facts.moderation).select("post", "removed")
    gone = posts.select("post").join(removed, on="post", how="left", maintain_order="left")["removed"]
    taken = gone.fill_null(False).to_numpy()
    if taken.any():
        out.append(("removed in the record", np.ones(len(facts), bool), taken, None))
    return out


def _weights(facts: Facts, by_hand: pl.Series) -> np.ndarray | None:
    """How many posts each labelled one stands for, where all of them were drawn by `windtunnel label`."""
    path = facts.folder.path / LABELLING
    if not path.is_file():
        return None
    kept = facts.folder.read_json(path)
    known = dict(zip(kept.get("posts", []), kept.get("weights", []), strict=False))
    drawn = [known.get(post) for post in facts.posts.filter(by_hand)["post"].to_list()]
    if any(one is None for one in drawn):
        return None
    weight = np.zeros(len(facts))
    weight[by_hand.to_numpy()] = drawn
    return weight


def _against(
    against: str,
    has: np.ndarray,
    true: np.ndarray,
    weight: np.ndarray | None,
    chance: np.ndarray,
    judged: np.ndarray,
    thread: np.ndarray,
) -> Agreement:
    known = has & judged
    touched, good = chance * known, true & known
    right = touched * good
    certain = bool(np.isin(chance[known], (0.0, 1.0)).all())
    if certain and weight is None:
        hit = touched > 0
        precision = share(good, hit, thread)
        recall = share(hit, good, thread)
        limits = BY_THREAD
    else:
        each = np.ones(len(has)) if weight is None else weight
        precision = _weighted(good[touched > 0], (each * touched)[touched > 0])
        recall = _expected(chance[good], each[good])
        limits = BY_WEIGHT
    return Agreement(
        against,
        int(known.sum()),
        int(good.sum()),
        float(touched.sum()),
        float(right.sum()),
        int((has & ~judged).sum()),
        precision,
        recall,
        limits,
    )


def _weighted(hits: np.ndarray, weight: np.ndarray) -> Estimate:
    found = weighted_share(hits, weight)
    return Estimate(None, None, None) if found is None else Estimate(*found)


def _expected(chance: np.ndarray, weight: np.ndarray) -> Estimate:
    """The expected share touched; its limits are those of as many posts that were or were not."""
    return _weighted(chance, weight)
