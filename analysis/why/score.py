"""How well a mind foretells real acts: the held-out log-score of its tones, beside two that know no situation."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from agents.minds.base import Mind
from agents.situation import Situations
from sim.communities.forum.posts import HOSTILE

if TYPE_CHECKING:
    from analysis.why.recorded import RecordedCase

MOST = 2000
"""Replies scored at most: the first of every other thread, in the order of the record."""
_TONES = ("civil", "heated", "hostile")


def log_score(case: "RecordedCase", mind: Mind) -> dict[str, Any] | None:
    """Mean log2-probability of the tone of a reply, in bits an act (nearer 0 is better), on the community's other threads.

    Every other thread is held out; base rates and the tone-after-tone table come from the rest (add one), the mind's
    base rates from the profile, tempers from the rest as well. None where there are fewer than 20 replies to score.
    """
    posts = case.folder.read_table("posts")
    replies = _replies(posts, case.incident.place)
    held = replies.filter(pl.col("thread") % 2 == 0).head(MOST)
    rest = replies.filter(pl.col("thread") % 2 == 1)
    if held.height < 20 or rest.is_empty():
        return None
    after = np.ones((HOSTILE + 1, HOSTILE + 1))
    np.add.at(after, (rest["parent_tone"].to_numpy(), rest["tone"].to_numpy()), 1)
    base = after.sum(axis=0) / after.sum()
    markov = after / after.sum(axis=1, keepdims=True)
    tone, before = held["tone"].to_numpy(), held["parent_tone"].to_numpy()
    told = _probabilities(case, mind, held, rest)
    each = np.arange(len(tone))
    return {
        "acts": held.height,
        "mind": float(np.log2(told[each, tone]).mean()),
        "base_rates": float(np.log2(base[tone]).mean()),
        "markov": float(np.log2(markov[before, tone]).mean()),
    }


def _replies(posts: pl.DataFrame, thread: int | None) -> pl.DataFrame:
    """Replies of other threads whose tone and whose parent's are known, with what a member saw."""
    code = {name: place for place, name in enumerate(_TONES)}
    known = posts.with_columns(tone=pl.col("tone").replace_strict(code, default=None, return_dtype=pl.Int64))
    parents = known.select(parent="post", parent_tone="tone", parent_author="author")
    first = known.group_by("author").agg(first=pl.col("minute").min())
    rows = known.join(parents, on="parent", maintain_order="left").join(
        first, on="author", how="left", maintain_order="left"
    )
    rows = rows.filter((pl.col("thread") != thread) & (pl.col("kind") == "reply"))
    return rows.drop_nulls(["tone", "parent_tone", "author"]).sort("minute", "post")


def _probabilities(case: "RecordedCase", mind: Mind, held: pl.DataFrame, rest: pl.DataFrame) -> np.ndarray:
    """The mind's (n, 3) probabilities of a reply's tone, given that the member replies to this post."""
    kind = case.experiment.kind()
    scene = kind.scene(case.experiment.raised())
    names = [feature.name for feature in scene.features]
    features = np.zeros((held.height, len(names)))
    tempers = _tempers(rest)
    columns = {
        "tone": held["parent_tone"].to_numpy(),
        "temper": np.array([tempers.get(author, 0.0) for author in held["author"].to_list()]),
        "newcomer": ((held["minute"] - held["first"]) < kind.profile.window_hours * 60).to_numpy(),
        "heat": np.log1p(_heat(held, kind.settings.heat, kind.settings.heat_half_life)),
    }
    for name, values in columns.items():
        features[:, names.index(name)] = values
    options = np.ones((held.height, len(scene.actions.names)), bool)
    nobody = np.ones(held.height, np.int64)
    rows = mind.decide([Situations(scene, features, options, nobody, np.arange(held.height))])[0]
    if not isinstance(rows, np.ndarray):
        raise ValueError(f"the mind gave no answer: {rows.stage}: {rows.reason}")
    chosen = rows[:, [list(scene.actions.names).index(f"reply_{tone}") for tone in _TONES]]
    return np.exp(chosen - np.logaddexp.reduce(chosen, axis=1)[:, None])


def _tempers(rest: pl.DataFrame) -> dict[str, float]:
    from analysis.why.recorded import PRIOR_POSTS

    common = float(np.clip((rest["tone"] > 0).mean(), 0.01, 0.99))  # type: ignore[arg-type]
    each = rest.group_by("author").agg(count=pl.len(), heated=(pl.col("tone") > 0).sum())
    share = (each["heated"].to_numpy() + PRIOR_POSTS * common) / (each["count"].to_numpy() + PRIOR_POSTS)
    temper = np.clip(np.log(share / (1 - share)) - np.log(common / (1 - common)), -2, 2)
    return dict(zip(each["author"].to_list(), temper.tolist(), strict=True))


def _heat(replies: pl.DataFrame, added: np.ndarray, half_life: float) -> np.ndarray:
    """Heat of each reply's thread just before it, from the replies that are scored."""
    out = np.zeros(replies.height)
    state: dict[int, tuple[float, int]] = {}
    rows = zip(
        replies["thread"].to_list(), replies["minute"].to_list(), replies["tone"].to_list(), strict=True
    )
    for place, (thread, minute, tone) in enumerate(rows):
        heat, since = state.get(thread, (0.0, minute))
        out[place] = heat * 0.5 ** ((minute - since) / 60 / half_life)
        state[thread] = (out[place] + float(added[tone]), minute)
    return out
