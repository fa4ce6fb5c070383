"""Pairwise user unfairness (PUF, arXiv 2602.02516): whether members who behave alike are treated alike.

PUF = 2 / (m (m - 1)) · sum over pairs of similarity · |effect - effect|, both in [0, 1]. The paper's own normalisation was not at
hand; with this one PUF lies in [0, 1], is 0 where members who are at all similar have one effect, and ignores those with
nothing in common. Similarity is that of the paper: a part Jaccard of histories, the rest 1 - Jensen-Shannon of profiles.
"""

import numpy as np
import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.policies.base import EVERY

HISTORY = 0.5
"""Part of the similarity that histories have; the rest is that of profiles. Chosen."""
MOST = 100
"""Members of a run that are compared with each other; of more, so many are taken evenly over their ids, the same in both arms."""
SHOWN = ("saw_civil", "saw_heated", "saw_hostile")


def pairwise_unfairness(effect: np.ndarray, similarity: np.ndarray) -> float:
    """PUF of effects (m,) in [0, 1] under similarities (m, m) in [0, 1]; 0 for fewer than two members.

    >>> pairwise_unfairness(np.array([0.0, 1.0]), np.ones((2, 2)))
    1.0
    """
    count = len(effect)
    if count < 2:
        return 0.0
    apart = np.abs(effect[:, None] - effect[None, :])
    one, other = np.triu_indices(count, 1)
    return float(2 * (similarity * apart)[one, other].sum() / (count * (count - 1)))


def similar(history: np.ndarray, profile: np.ndarray, part: float = HISTORY) -> np.ndarray:
    """Similarities (m, m) in [0, 1]: `part` Jaccard of histories (m, p) bool, the rest 1 - Jensen-Shannon (base 2) of profiles (m, k).

    A profile counts what a member did by sort. Two empty histories, and two empty profiles, are alike; an empty profile and
    another are not.
    """
    there = history.astype(float)
    both, own = there @ there.T, there.sum(axis=1)
    either = own[:, None] + own[None, :] - both
    jaccard = np.divide(both, either, out=np.ones_like(both), where=either > 0)
    return np.asarray(part * jaccard + (1 - part) * (1 - _divergence(profile.astype(float))))


def _divergence(profile: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergences (m, m) in bits of the rows of counts (m, k)."""
    total = profile.sum(axis=1, keepdims=True)
    share = np.divide(profile, total, out=np.zeros_like(profile), where=total > 0)
    own = _entropy(share)
    found = _entropy((share[:, None, :] + share[None, :, :]) / 2) - (own[:, None] + own[None, :]) / 2
    empty = total[:, 0] == 0
    found[empty[:, None] != empty[None, :]] = 1.0
    return np.clip(found, 0.0, 1.0)


def _entropy(share: np.ndarray) -> np.ndarray:
    """Entropy in bits along the last axis."""
    return np.asarray(-(share * np.log2(np.where(share > 0, share, 1.0))).sum(axis=-1))


def treatment_unfairness(runs: Runs) -> pl.DataFrame:
    """PUF of how often policies dealt with members, for each act that they tried: whether those who do alike are treated alike.

    What a member tried counts, with what a policy changed, held or cancelled of it; what a policy did to the member or to its posts is
    laid to it as well. Null where fewer than two members did anything.
    """
    acts, dealt = _acts(runs.events), _dealt(runs.events)
    return _by_run(runs, acts, dealt)


def exposure_unfairness(runs: Runs) -> pl.DataFrame:
    """PUF of the hostile share of what members were shown: whether those who do alike are shown alike."""
    if not set(SHOWN) <= set(runs.members.columns):
        return per_run(runs, runs.runs.select(*RUN, value=pl.lit(None, pl.Float64)), None)
    total = pl.sum_horizontal(pl.col(name).cast(pl.Float64) for name in SHOWN)
    seen = runs.members.filter(total > 0).select(*RUN, "member", effect=pl.col("saw_hostile") / total)
    acts = _acts(runs.events).join(seen.select(*RUN, "member"), on=[*RUN, "member"], how="semi")
    return _by_run(runs, acts, seen)


def _acts(events: pl.DataFrame) -> pl.DataFrame:
    """What members tried: `RUN`, `member`, `history` (what they acted on) and `sort` (what they did), as words."""
    size = (1 + pl.col("amount").abs().cast(pl.Float64)).log(2).floor().cast(pl.Int64).cast(pl.String)
    where = pl.coalesce(pl.col("place"), pl.col("target")).cast(pl.String)
    return events.filter(pl.col("member").is_not_null()).select(
        *RUN,
        "member",
        history=pl.concat_str([pl.col("kind"), where], separator=" ", ignore_nulls=True),
        sort=pl.concat_str([pl.col("kind"), pl.col("tone"), size], separator=" ", ignore_nulls=True),
    )


def _dealt(events: pl.DataFrame) -> pl.DataFrame:
    """How often policies dealt with a member, for each act that it tried, 1 at most: `RUN`, `member`, `effect`."""
    own = events.filter(pl.col("member").is_not_null())
    tried = own.group_by(*RUN, "member").agg(tried=pl.len(), touched=pl.col("policy").is_not_null().sum())
    done = events.filter(pl.col("member").is_null() & pl.col("policy").is_not_null())
    done = done.filter(pl.col("target").is_not_null())
    wrote = own.filter(pl.col("place").is_not_null()).select(*RUN, "target", author="member")
    wrote = wrote.unique([*RUN, "target"], keep="first", maintain_order=True)
    of_posts = done.filter(pl.col("place").is_not_null()).join(wrote, on=[*RUN, "target"])
    of_members = done.filter(pl.col("place").is_null()).with_columns(author="target")
    laid = pl.concat([part.select(*RUN, member="author") for part in (of_posts, of_members)])
    laid = laid.group_by(*RUN, "member").agg(laid=pl.len())
    both = tried.join(laid, on=[*RUN, "member"], how="left")
    often = (pl.col("touched") + pl.col("laid").fill_null(0)) / pl.col("tried")
    return both.select(*RUN, "member", effect=often.clip(0, 1))


def _by_run(runs: Runs, acts: pl.DataFrame, effects: pl.DataFrame) -> pl.DataFrame:
    """PUF of each run, of members who are in `acts` and in `effects`; one effect for all is 0 without any comparing."""
    found: dict[tuple[object, ...], float | None] = {}
    by_run = acts.partition_by(RUN, as_dict=True)
    for key, own in effects.sort(*RUN, "member").partition_by(RUN, as_dict=True).items():
        effect = own["effect"].to_numpy()
        if len(effect) < 2 or key not in by_run:
            found[key] = None
        elif not np.ptp(effect):
            found[key] = 0.0
        else:
            found[key] = _of_run(by_run[key], own)
    rows = [(*key, value) for key, value in found.items()]
    schema = {name: runs.runs.schema[name] for name in RUN} | {"value": pl.Float64}
    return per_run(runs, pl.DataFrame(rows, schema=schema, orient="row"), None)


def _of_run(acts: pl.DataFrame, effects: pl.DataFrame) -> float:
    every = -(-len(effects) // MOST)
    few = effects.gather_every(every)
    members = few["member"].to_numpy()
    acts = acts.filter(pl.col("member").is_in(members.tolist()))
    row = np.searchsorted(members, acts["member"].to_numpy())
    tables = []
    for name in ("history", "sort"):
        code = acts[name].rank("dense").to_numpy().astype(int) - 1
        table = np.zeros((len(members), int(code.max(initial=-1)) + 1))
        np.add.at(table, (row, code), 1)
        tables.append(table)
    return pairwise_unfairness(few["effect"].to_numpy(), similar(tables[0] > 0, tables[1]))


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("treatment_unfairness", "harm", "PUF, 0 to 1", False, treatment_unfairness, (EVERY,)),
            event="members who do alike were treated unlike",
        ),
        Outcome(
            *("exposure_unfairness", "harm", "PUF, 0 to 1", False, exposure_unfairness, ("forum",)),
            event="members who do alike were shown unlike things",
        ),
    )
}
