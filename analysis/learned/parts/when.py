"""When a thread gets its next post, and whether it does within a horizon: a discrete-time hazard (Cox 1972; Allison 1982).

After each post time runs through the bins of a ladder. In each bin the thread gets its next post with a chance whose log-odds are linear
in what is known after that post; effects may change along the ladder, by a straight line and a parabola.
"""

from typing import NamedTuple

import numpy as np

from windtunnel.analysis.learned.delays import delay_names, delays
from windtunnel.analysis.learned.logit import Choices, Fitted, fit_logit, yes_or_no
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.analysis.learned.sampling import evenly
from windtunnel.analysis.learned.walk import Walk

LADDER = np.array(
    [
        0,
        1,
        2,
        3,
        5,
        10,
        15,
        20,
        30,
        45,
        60,
        90,
        120,
        180,
        240,
        360,
        480,
        720,
        960,
        1440,
        2880,
        4320,
        10080,
        20160,
    ]
)
"""Minutes at which bins may end; a wait of less than a minute counts as 0."""
BINS = 8
BEYOND = (0.95, 0.98)
"""Shares of the next posts that came by the last ends but one and by the horizon, taken up to a step of the ladder."""
CAP = 0.97
"""Features beyond this quantile of the fitted posts count as it: chances are not carried on beyond what was seen."""
PULL = {"": 1.0, "_slope": 3.0, "_curve": 10.0}
RIDGES = (300.0, 1000.0)
"""Ridges tried, times those of `PULL`; the one that foretells the last fifth of the fitted posts best from the others is taken. Weaker ones
won there and lost later, in halves of #ubuntu and r/Feminism: a place changes more than its last weeks show."""

NAMES = (
    "opens",
    "size",
    *delay_names("thread_age"),
    *delay_names("since_previous"),
    *delay_names("answered_after"),
    "depth",
    "by_opener",
    "unsigned",
    "posts_of_author",
    "posts_6h_of_author",
    "has_answered_author",
    "answered_author_6h",
    *delay_names("answered_author_since"),
    "exchange",
    "same_author",
    "gap_before",
    "since_previous_1min",
    "thread_age_1min",
    "answered_after_1min",
    "answered_author_since_1min",
    "posts_just_now",
    "people",
    "posts_1h",
    "posts_6h",
    "all_posts_just_now",
    "all_posts_1h",
    "all_posts_6h",
    "day_sin",
    "day_cos",
    "half_day_sin",
    "half_day_cos",
)


class Waits(NamedTuple):
    """Posts (n,) and how long each thread waited after them: `bin` 0 to bins - 1, or bins for never within the horizon.

    `ends` (bins,) are the minutes at which bins end, the last the horizon.
    """

    row: np.ndarray
    x: np.ndarray
    bin: np.ndarray
    ends: np.ndarray
    cluster: np.ndarray

    def only(self, chosen: np.ndarray) -> "Waits":
        return self._replace(
            row=self.row[chosen], x=self.x[chosen], bin=self.bin[chosen], cluster=self.cluster[chosen]
        )


def next_wait(record: CommunityRecord) -> np.ndarray:
    """Minutes until the next post of the same thread, (n,); infinite where none came."""
    order = np.lexsort((np.arange(len(record)), record.thread))
    wait = np.full(len(record), np.inf)
    same = record.thread[order][1:] == record.thread[order][:-1]
    wait[order[:-1][same]] = np.diff(record.minute[order])[same]
    return wait


def bins_of(wait: np.ndarray, longest: float = np.inf) -> np.ndarray:
    """Ends of the bins for these waits (n,), in minutes: about equally many waits in each, none
    beyond `longest`; empty for fewer than twenty waits."""
    came = wait[np.isfinite(wait)]
    if len(came) < 20:
        return np.zeros(0)
    wanted = [*(np.arange(1, BINS) / BINS), *BEYOND]
    ladder = LADDER[(longest >= LADDER) | (LADDER == 0)]
    at = np.searchsorted(ladder, np.quantile(came, wanted))
    return np.unique(ladder[np.minimum(at, len(ladder) - 1)]).astype(float)


def waits(record: CommunityRecord, cut: int, most_fitted: int, most_held: int) -> Waits | None:
    """Posts with their next waits, sampled evenly in time before and after the row `cut`; None where too few threads go on.

    Posts whose horizon reaches beyond the record's end, or into a hole, are left out; those before `cut` whose horizon reaches
    beyond it too.
    """
    wait = next_wait(record)
    begin = record.minute[min(cut, len(record) - 1)]
    ends = bins_of(wait[:cut], (record.minute[-1] - begin) / 2)
    if not len(ends):
        return None
    over = record.minute + ends[-1]
    good = over <= record.minute[-1]
    for hole in record.holes:
        good &= (over < hole.first) | (record.minute >= hole.last)
    row = np.arange(len(record))
    early, late = np.flatnonzero(good & (over < begin)), np.flatnonzero(good & (row >= cut))
    rows = np.concatenate([evenly(early, most_fitted), evenly(late, most_held)])
    if not len(rows):
        return None
    x = _features(record, rows)
    return Waits(rows, x, np.searchsorted(ends, wait[rows], side="left"), ends, record.thread[rows])


def _features(record: CommunityRecord, rows: np.ndarray) -> np.ndarray:
    """What is known just after each post, (n, features)."""
    walk = Walk(record)
    told: dict[str, np.ndarray] = {
        name: np.zeros(len(rows)) for name in NAMES if not name.endswith(("_10min", "_3h", "_1d"))
    }
    spans = {name: np.zeros(len(rows)) for name in _SPANS}
    minutes, previous = record.minute, _previous(record)
    for place, row in enumerate(rows.tolist()):
        while walk.at <= row:
            walk.forward()
        minute, thread, author = int(minutes[row]), int(record.thread[row]), walk.writer(row)
        to = walk.answered(row)
        told["size"][place] = walk.size[thread]
        told["people"][place] = walk.people[thread]
        told["posts_1h"][place], told["posts_6h"][place] = walk.t_hour[thread], walk.t_six[thread]
        spans["thread_age"][place] = minute - minutes[walk.rows[thread][0]]
        spans["since_previous"][place] = minute - minutes[previous[row]] if previous[row] >= 0 else 0
        if author >= 0:
            told["posts_of_author"][place] = walk.posts[author]
            told["posts_6h_of_author"][place] = walk.six[author]
            told["by_opener"][place] = author == walk.writer(walk.rows[thread][0])
            told["same_author"][place] = previous[row] >= 0 and author == walk.writer(previous[row])
        if previous[row] >= 0 and previous[previous[row]] >= 0:
            told["gap_before"][place] = minutes[previous[row]] - minutes[previous[previous[row]]]
        recent = walk.rows[thread][-12:]
        told["posts_just_now"][place] = sum(minutes[each] >= minute - 10 for each in recent)
        if to >= 0 and to != author:
            told["has_answered_author"][place] = 1
            told["answered_author_6h"][place] = walk.six[to]
            spans["answered_author_since"][place] = minute - walk.last[to]
            if author >= 0:
                told["exchange"][place] = walk.answered_by[author].get(to, 0)
    parent = record.parent[rows]
    spans["answered_after"] = np.where(parent >= 0, record.minute[rows] - record.minute[parent], 0)
    told["opens"], told["depth"] = record.opens[rows], record.depth[rows]
    told["unsigned"] = walk.writers(rows) < 0
    for name, span in (("all_posts_just_now", 5), ("all_posts_1h", 60), ("all_posts_6h", 360)):
        told[name] = rows - np.searchsorted(minutes, minutes[rows] - span)
    told |= {f"{name}_1min": span for name, span in spans.items()}
    turn = 2 * np.pi * (minutes[rows] % 1440) / 1440
    told |= {"day_sin": np.sin(turn), "day_cos": np.cos(turn)}
    told |= {"half_day_sin": np.sin(2 * turn), "half_day_cos": np.cos(2 * turn)}
    columns = []
    for name in NAMES:
        if name in told:
            values = np.asarray(told[name], float)
            columns.append(values if name in _PLAIN else np.log1p(values))
        elif name.endswith("_10min"):
            columns.extend(delays(spans[name.removesuffix("_10min")]).T)
    return np.column_stack(columns)


_SPANS = ("thread_age", "since_previous", "answered_after", "answered_author_since")
_PLAIN = {
    "opens",
    "same_author",
    "by_opener",
    "unsigned",
    "has_answered_author",
    "day_sin",
    "day_cos",
    "half_day_sin",
    "half_day_cos",
}


def _previous(record: CommunityRecord) -> np.ndarray:
    """Row of the post before in the same thread; -1 for none."""
    order = np.lexsort((np.arange(len(record)), record.thread))
    found = np.full(len(record), -1)
    same = record.thread[order][1:] == record.thread[order][:-1]
    found[order[1:][same]] = order[:-1][same]
    return found


def hazards(given: Waits) -> Choices:
    """Each bin that a wait reached as a yes-or-no question: did the next post come in it?"""
    bins = len(given.ends)
    reached = np.minimum(given.bin, bins - 1) + 1
    act = np.repeat(np.arange(len(given.row)), reached)
    bin = np.arange(reached.sum()) - np.repeat(np.cumsum(reached) - reached, reached)
    yes = bin == given.bin[act]
    return yes_or_no(
        _along(given.x[act], bin, bins), yes, given.cluster[act], given.row[act], hazard_names(bins)
    )


def hazard_names(bins: int) -> tuple[str, ...]:
    """A level for each bin, then each feature, its slope along the ladder and its curve."""
    return (
        *(f"bin_{number}" for number in range(bins)),
        *NAMES,
        *(f"{name}_slope" for name in NAMES),
        *(f"{name}_curve" for name in NAMES),
    )


def _along(x: np.ndarray, bin: np.ndarray, bins: int) -> np.ndarray:
    place = (2 * bin / max(bins - 1, 1) - 1)[:, None]
    return np.hstack([np.eye(bins)[bin], x, x * place, x * (place**2 - 1 / 3)])


class FittedWait(NamedTuple):
    """A fitted hazard; `cap` (features,) is what larger features count as, `ridge` what was taken of `RIDGES`."""

    logit: Fitted
    cap: np.ndarray
    ridge: float


def fit_when(given: Waits, *, ridge: float | None = None, errors: bool = True) -> FittedWait:
    """The hazard of greatest penalised likelihood; `ridge` None chooses it inside these posts, in order of time."""
    if ridge is None:
        ridge = _chosen(given)
    cap = np.quantile(given.x, CAP, axis=0)
    capped = given._replace(x=np.minimum(given.x, cap))
    questions = hazards(capped)
    pull = np.array([_pull(name) for name in questions.names]) * ridge
    return FittedWait(fit_logit(questions, ridge=pull, errors=errors), cap, ridge)


def _pull(name: str) -> float:
    if name.startswith("bin_"):
        return 0.01
    return next(pull for end, pull in reversed(PULL.items()) if name.endswith(end))


def _chosen(given: Waits) -> float:
    order = np.argsort(given.row, kind="stable")
    cut = len(order) * 4 // 5
    early, late = given.only(order[:cut]), given.only(order[cut:])
    if len(late.row) < 20:
        return RIDGES[-1]
    at = np.arange(len(late.row))

    def foretold(ridge: float) -> float:
        return float(log_chances(fit_when(early, ridge=ridge, errors=False), late)[at, late.bin].mean())

    return max(RIDGES, key=foretold)


def log_chances(fitted: FittedWait, given: Waits) -> np.ndarray:
    """Log-probabilities (nats) of each bin and of never, (n, bins + 1)."""
    bins, n = len(given.ends), len(given.row)
    act, bin = np.repeat(np.arange(n), bins), np.tile(np.arange(bins), n)
    x = np.minimum(given.x, fitted.cap)
    odds = fitted.logit.scores(_along(x[act], bin, bins)).reshape(n, bins)
    none = -np.logaddexp(0, odds)
    before = np.cumsum(none, axis=1)
    came = odds + none + np.hstack([np.zeros((n, 1)), before[:, :-1]])
    return np.hstack([came, before[:, -1:]])


def waiting_law(given: Waits) -> np.ndarray:
    """Shares of the bins and of never, (bins + 1,), each with half a case added."""
    counts = np.bincount(given.bin, minlength=len(given.ends) + 1) + 0.5
    return np.asarray(counts / counts.sum())
