"""Whether a classifier can tell one place's threads from another's: the AUC of boosted trees, .5 where it cannot."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold

LEAST_REPLIES = 5
FOLDS = 5
SHUFFLES = 5
LEAST_THREADS = 20
"""On either side; fewer say nothing."""
HOURS = ("first_reply_h", "span_h", "median_gap_h", "longest_gap_h", "parent_to_reply_h")
WHO = ("authors_a_post", "opener_share", "ping_pong", "own_share", "busiest_share", "unnamed_share")


class Told(NamedTuple):
    """The AUC with an interval (normal, Hanley & McNeil 1982), and the number of threads on each side."""

    auc: float
    low: float
    high: float
    real: int
    other: int


def threads_of(table: pl.DataFrame, begin: float, end: float) -> pl.DataFrame:
    """What the classifier sees of each thread (`with_depths`) that was opened in [begin, end), up to `end`; a row a thread.

    Shape (size, depths, leaves, widths), who (`WHO`), and times in whole hours (`HOURS`). Threads with fewer than
    `LEAST_REPLIES` replies are left out.
    """
    inside = table.filter((pl.col("minute") >= begin) & (pl.col("minute") < end))
    roots = inside.filter("opens").select("thread", opened="minute", opener="author")
    here = inside.join(roots, on="thread").with_columns(
        answered_row=pl.col("parent"), hour=(pl.col("minute") - pl.col("opened")) // 60
    )
    grand = table.select(parent="post", grandparent="parent")
    authors = table.select(grandparent="post", before="author")
    replies = (
        here.filter(~pl.col("opens"))
        .join(grand, on="parent", how="left")
        .join(authors, on="grandparent", how="left")
        .sort("thread", "minute", "post")
    )
    has_reply = replies.select(post="parent").unique().with_columns(answered_here=True)
    replies = replies.join(has_reply, on="post", how="left", maintain_order="left").with_columns(
        pl.col("answered_here").fill_null(False),
        wait=((pl.col("minute") - pl.col("asked")) / 60).round(),
        gap=pl.col("hour") - pl.col("hour").shift(1).over("thread").fill_null(0),
    )
    size, author = pl.len(), pl.col("author")
    named = author.is_not_null()
    return (
        replies.group_by("thread", maintain_order=True)
        .agg(
            size=size,
            depth=pl.col("depth").mean(),
            deepest=pl.col("depth").max(),
            top_share=(pl.col("depth") == 1).mean(),
            leaves=(~pl.col("answered_here")).mean(),
            widest=pl.col("depth").value_counts().struct.field("count").max() / size,
            most_answered=pl.col("parent").value_counts().struct.field("count").max() / size,
            authors_a_post=author.n_unique() / size,
            opener_share=(author == pl.col("opener")).mean(),
            ping_pong=(author == pl.col("before")).fill_null(False).mean(),
            own_share=(author == pl.col("answered")).fill_null(False).mean(),
            busiest_share=author.drop_nulls().value_counts().struct.field("count").max() / size,
            unnamed_share=(~named).mean(),
            first_reply_h=pl.col("hour").min(),
            span_h=pl.col("hour").max(),
            median_gap_h=pl.col("gap").median(),
            longest_gap_h=pl.col("gap").max(),
            parent_to_reply_h=pl.col("wait").median(),
        )
        .filter(pl.col("size") >= LEAST_REPLIES)
        .drop("thread")
        .with_columns(pl.all().cast(pl.Float64))
    )


def told_apart(real: pl.DataFrame, other: pl.DataFrame, leave_out: tuple[str, ...] = ()) -> Told | None:
    """How well the threads of two places (`threads_of`) are told apart, out of fold; None where there are too few."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    if min(real.height, other.height) < LEAST_THREADS:
        return None
    rows = pl.concat([real, other]).drop(*leave_out).to_numpy()
    which = np.repeat([0, 1], [real.height, other.height])
    score = cross_val_predict(_model(), rows, which, cv=_folds(), method="predict_proba")[:, 1]
    auc = float(roc_auc_score(which, score))
    spread = 1.96 * _error(auc, real.height, other.height)
    return Told(auc, max(0.0, auc - spread), min(1.0, auc + spread), real.height, other.height)


def what_tells(real: pl.DataFrame, other: pl.DataFrame) -> list[tuple[str, float, float, float]]:
    """By what two places (`threads_of`) are told apart: of each feature the AUC that is lost out of fold where its values are shuffled among
    threads (permutation importance), and its means there and here; the most telling first. Empty where there are too few threads."""
    from sklearn.inspection import permutation_importance

    if min(real.height, other.height) < LEAST_THREADS:
        return []
    whole = pl.concat([real, other])
    rows, which = whole.to_numpy(), np.repeat([0, 1], [real.height, other.height])
    lost = np.zeros(rows.shape[1])
    for fitted, held in _folds().split(rows, which):
        model = _model().fit(rows[fitted], which[fitted])
        found = permutation_importance(
            model, rows[held], which[held], scoring="roc_auc", n_repeats=SHUFFLES, random_state=0
        )
        lost += found.importances_mean / FOLDS
    means = [[float(np.nanmean(side[name].to_numpy())) for side in (real, other)] for name in whole.columns]
    order = np.argsort(-lost).tolist()
    return [(whole.columns[at], float(lost[at]), *means[at]) for at in order]


def _folds() -> "StratifiedKFold":
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(FOLDS, shuffle=True, random_state=0)


def _model() -> "HistGradientBoostingClassifier":
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=100,
        learning_rate=0.1,
        max_leaf_nodes=15,
        min_samples_leaf=10,
        class_weight="balanced",
        random_state=0,
    )


def _error(auc: float, one: int, two: int) -> float:
    """Standard error of an AUC (Hanley & McNeil 1982, equation 1)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    return float(
        np.sqrt((auc * (1 - auc) + (two - 1) * (q1 - auc**2) + (one - 1) * (q2 - auc**2)) / (one * two))
    )
