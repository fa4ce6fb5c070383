"""Each part fitted to the earlier acts, scored on the later ones beside its baselines, and fitted again to all of them."""

from typing import Any

import numpy as np

from windtunnel.analysis.learned.choices import Split
from windtunnel.analysis.learned.held_out import auc, form, interval, score
from windtunnel.analysis.learned.logit import RIDGE, Choices, fit_logit, together, yes_or_no
from windtunnel.analysis.learned.parts import delay_law, post, removal, thread, tone, when, who
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.analysis.learned.sampling import evenly
from windtunnel.sim.communities.forum.learned_file import Coefficient, Part, Score, Verdict

LEAST_FITTED, LEAST_HELD = 30, 20
"""Acts below which a part is not fitted, or not scored."""
FACTORS = (3.0, 10.0)
LEAST_CHOSEN = 100
"""Choices by which a ridge is chosen at least."""
PRODUCT_FORM = "product form"
UNFITTED: Verdict = "not fitted"


def not_fitted(why: str) -> Part:
    return Part(verdict=UNFITTED, why=why)


BETTER_TONES = "tones that are read better, or set by hand (windtunnel label), would lift it"


def verdict(scores: list[Score], what: str, lift: str) -> tuple[Verdict, str]:
    """Learned where the interval of every gain lies above 0; else weak, with a sentence on what would lift it."""
    worst = min(scores, key=lambda each: -np.inf if each.gain.low is None else each.gain.low)
    if worst.gain.low is not None and worst.gain.low > 0:
        return "learned", ""
    if worst.threads == 1 and worst.acts > 1:
        return (
            "weak",
            f"that {what} is foretold better than by {worst.base} cannot be shown, since all {worst.acts:,} acts held out stand in one thread "
            "and intervals are over threads: more threads would lift it",
        )
    return (
        "weak",
        f"{what} is foretold no better than by {worst.base} on {worst.acts:,} acts held out: {lift}",
    )


def few(split: Split) -> str:
    """Why a part cannot be fitted to so few choices; empty where it can."""
    if len(split.fitted) >= LEAST_FITTED and len(split.held) >= LEAST_HELD:
        return ""
    return f"{len(split.fitted) + len(split.held):,} acts are too few: {LEAST_FITTED} to fit to and {LEAST_HELD} later ones are needed"


def ridges(part: str) -> np.ndarray | float:
    """How strongly each coefficient of a choice is drawn to 0."""
    if part != "post":
        return RIDGE
    return np.array([post.CORE_RIDGE if name in post.CORE else post.OTHER_RIDGE for name in post.NAMES])


def chosen_ridges(part: str, fitted: Choices) -> np.ndarray | float:
    """`ridges` times the one of `FACTORS` that foretells the last fifth of these choices best from the others, in order of time.

    With few choices, or where none is better by a standard error (threads as clusters), they stay as they are.
    """
    usual = ridges(part)
    cut = len(fitted) * 4 // 5
    if len(fitted) - cut < LEAST_CHOSEN:
        return usual
    order = np.argsort(fitted.row, kind="stable")
    early, late = (fitted.only(np.sort(rows)) for rows in (order[:cut], order[cut:]))
    plain = fit_logit(early, ridge=usual, errors=False).bits(late)
    best, most = 1.0, 0.0
    for factor in FACTORS:
        found = interval(
            fit_logit(early, ridge=usual * factor, errors=False).bits(late) - plain, late.cluster
        )
        error = np.inf if found.low is None else (found.est - found.low) / 1.96
        if found.est > max(most, error):
            best, most = factor, found.est
    return usual * best


def choice_bits(
    part: str, split: Split, pull: np.ndarray | float | None = None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Log2-probabilities (n,) of the held-out choices under the part, and under each of its baselines; `pull` None is chosen."""
    fitted, held = split
    pull = chosen_ridges(part, fitted) if pull is None else pull
    bits = fit_logit(fitted, ridge=pull, errors=False).bits(held)
    if part == "who":
        bases = {
            "activity share": form(who.SHARE, fitted, held),
            "activity, recency and hour": form(who.RECENCY, fitted, held),
        }
    else:
        bases = {
            PRODUCT_FORM: form(thread.PRODUCT_FORM if part == "thread" else post.PRODUCT_FORM, fitted, held)
        }
    return bits, bases


_WHAT = {"who": "who writes next", "thread": "the thread", "post": "the post that is answered"}
_OFFERED = {"who": "else", "thread": "older", "post": "older"}


def choice_part(part: str, split: Split) -> Part:
    if why := few(split):
        return not_fitted(why)
    pull = chosen_ridges(part, split.fitted)
    bits, bases = choice_bits(part, split, pull)
    held = split.held
    scores = [score(name, base, bits, held.cluster) for name, base in bases.items()]
    said, why = verdict(scores, _WHAT[part], "more recorded replies would lift it")
    extra: dict[str, Any] = {
        "truth_offered": round(1 - float(held.x[held.taken, held.names.index(_OFFERED[part])].mean()), 3)
    }
    if part == "thread":
        unknown = form(thread.OF_THREAD, *split)
        extra["actor_unknown"] = score(PRODUCT_FORM, bases[PRODUCT_FORM], unknown, held.cluster).model_dump()
    whole = fit_logit(together(split), ridge=pull)
    return Part(
        verdict=said,
        why=why,
        options=int(np.diff(held.start).max()),
        features=whole.told(),
        scores=scores,
        extra=extra,
    )


def when_parts(given: when.Waits | None, cut: int) -> dict[str, Part]:
    """`when` and `whether`."""
    if given is None:
        return dict.fromkeys(("when", "whether"), not_fitted("too few threads got a second post"))
    early = given.row < cut
    fitted, held = given.only(early), given.only(~early)
    if len(fitted.row) < LEAST_FITTED or len(held.row) < LEAST_HELD:
        return dict.fromkeys(
            ("when", "whether"),
            not_fitted(
                f"{len(fitted.row):,} posts before the time from which acts are held out, and {len(held.row):,} after it, could be followed for "
                f"{_span(given.ends[-1])}: {LEAST_FITTED} and {LEAST_HELD} are needed"
            ),
        )
    law = np.log(when.waiting_law(fitted))
    made = when.fit_when(fitted, errors=False)
    logs = when.log_chances(made, held)
    at = np.arange(len(held.row))
    bits = logs[at, held.bin] / np.log(2)
    first = score("waiting-time law", law[held.bin] / np.log(2), bits, held.cluster)
    came = held.bin < len(given.ends)
    chance = -np.expm1(logs[:, -1])
    share = -np.expm1(law[-1])
    second = score("share", _yes_bits(np.full(len(came), share), came), _yes_bits(chance, came), held.cluster)
    area = auc(chance, came)
    whole = when.fit_when(given, ridge=made.ridge)
    found = {}
    for name, scored, extra in (
        ("when", first, {"ends_minutes": given.ends.tolist()}),
        (
            "whether",
            second,
            {
                "auc": None if area is None else round(area, 4),
                "horizon_minutes": float(given.ends[-1]),
                "share": round(float(came.mean()), 4),
            },
        ),
    ):
        said, why = verdict(
            [scored],
            "when a thread goes on" if name == "when" else "whether a thread goes on",
            "more threads that go on would lift it",
        )
        features = whole.logit.told() if name == "when" else {}
        found[name] = Part(verdict=said, why=why, features=features, scores=[scored], extra=extra)
    return found


def _yes_bits(chance: np.ndarray, yes: np.ndarray) -> np.ndarray:
    chance = np.clip(chance, 1e-9, 1 - 1e-9)
    return np.asarray(np.where(yes, np.log2(chance), np.log2(1 - chance)))


def _span(minutes: float) -> str:
    return f"{minutes:g} minutes" if minutes < 120 else f"{minutes / 60:g} hours"


def tone_scores(
    given: tone.Tones, cut: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tone.Tones, float | None]:
    """Bits (n,) of held-out replies under base rates, the part, and the clairvoyant; the replies; the penalty chosen."""
    early = given.row < cut
    fitted, held = given.only(early), given.only(~early)
    fitted = fitted.only(np.arange(max(0, len(fitted.row) - tone.MOST), len(fitted.row)))
    penalty = tone.chosen_penalty(fitted.x, fitted.tone, fitted.cluster)
    rates = tone.bits(tone.fit(fitted.x, fitted.tone, None), held.x, held.tone)
    bits = tone.bits(tone.fit(fitted.x, fitted.tone, penalty), held.x, held.tone)
    ceiling = tone.bits(tone.fit_clairvoyant(fitted.oracle, fitted.tone), held.oracle, held.tone)
    return rates, bits, ceiling, held, penalty


def tone_part(given: tone.Tones | None, cut: int) -> Part:
    if given is None:
        return not_fitted("no reply has an author, a tone and a post that it answers")
    early = int((given.row < cut).sum())
    if early < LEAST_FITTED or len(given.row) - early < LEAST_HELD:
        return not_fitted(f"{len(given.row):,} replies with a tone are too few")
    rates, bits, clear, held, penalty = tone_scores(given, cut)
    scored = score("base rates", rates, bits, held.cluster)
    ceiling = interval(clear - rates, held.cluster)
    said, why = verdict([scored], "tone", BETTER_TONES)
    if said == "weak":
        most = f"{ceiling.est:+.3f} bits" if ceiling.est > 0 else "nothing"
        why = f"{why}; one who knew every other post of author and thread would gain {most}"
    last = given.only(np.arange(max(0, len(given.row) - tone.MOST), len(given.row)))
    whole = tone.fit(last.x, last.tone, penalty)
    features: dict[str, Coefficient] = {}
    weights = whole.logit.weights / whole.scale[:, None]
    base = whole.logit.base - whole.centre @ weights
    for place, name in enumerate(tone.TONES[1:], 1):
        features[f"{name}"] = Coefficient(value=float(f"{base[place] - base[0]:.5g}"))
        for column, of in enumerate(tone.NAMES):
            value = float(weights[column, place] - weights[column, 0])
            if value:
                features[f"{name}:{of}"] = Coefficient(value=float(f"{value:.5g}"))
    shares = {
        name: round(float(share), 4) for name, share in zip(tone.TONES, last.tone.mean(axis=0), strict=True)
    }
    return Part(
        verdict=said,
        why=why,
        features=features,
        scores=[scored],
        extra={"ceiling": ceiling.model_dump(), "shares": shares, "penalty": penalty},
    )


def removal_part(record: CommunityRecord, cut: int, most: int) -> Part:
    taken = removal.taken_away(record)
    rows = np.flatnonzero(~record.opens)
    if int(taken[rows].sum()) < removal.LEAST_TAKEN:
        return not_fitted(f"the record marks {int(taken[rows].sum()):,} replies as taken away: too few")
    names = removal.names(record)
    early, late = rows[rows < cut], rows[rows >= cut]
    early, late = (evenly(each, most) for each in (early, late))
    if len(early) < LEAST_FITTED or len(late) < LEAST_HELD:
        return not_fitted(f"{len(rows):,} replies are too few")
    questions = [
        yes_or_no(removal.features(record, each), taken[each], record.thread[each], each, names)
        for each in (early, late)
    ]
    fitted = fit_logit(questions[0], errors=False)
    logs = fitted.log_chances(questions[1])
    yes = taken[late]
    base = _yes_bits(np.full(len(late), (taken[early].sum() + 1) / (len(early) + 2)), yes)
    scored = score("share taken away so far", base, fitted.bits(questions[1]), record.thread[late])
    said, why = verdict([scored], "removal", "a moderation log (--mod-log) would lift it")
    area = auc(logs[::2], yes)
    return Part(
        verdict=said,
        why="; ".join(each for each in (why, removal.cannot_tell(record)) if each),
        features=fit_logit(together(Split(*questions))).told(),
        scores=[scored],
        extra={"auc": None if area is None else round(area, 4), "share": round(float(taken[rows].mean()), 4)},
    )


HORIZON = 2 * 24 * 60.0
"""Minutes for which a thread is followed in the delay law, or half of the time held out if that is less."""


def delay_part(record: CommunityRecord, cut: int) -> Part:
    """The law of answers' delays and of posts' hotness, scored by discussion against one exponential delay."""
    begin = int(record.minute[min(cut, len(record) - 1)])
    horizon = min(HORIZON, float(record.minute[-1] - begin) / 2)
    first = record.minute[record.root[record.thread]]
    if record.opens.all() or not (first >= begin).any() or not (first + horizon <= begin).any():
        return not_fitted("too few threads lie before and after the time from which acts are held out")
    whole = first + horizon <= record.minute[-1]
    lots = (first + horizon <= begin, (first >= begin) & whole, whole)
    trees = [_tree(record, np.flatnonzero(lot & record.exposed(first)), horizon) for lot in lots]
    if any((tree.parent < 0).all() for tree in trees):
        return not_fitted("no thread that can be followed for long enough has a reply whose parent is known")
    early, late, every = trees
    law, plain = delay_law.fit_law(early, horizon), delay_law.fit_exponential(early, horizon)
    own = delay_law.log_density(law, late)
    base = delay_law.log_density_exponential(plain, late)
    scored = score("one exponential delay", base / np.log(2), own / np.log(2), np.arange(len(own)))
    said, why = verdict([scored], "how threads grow", "more threads would lift it")
    law = delay_law.fit_law(every, horizon)
    features: dict[str, Coefficient] = {}
    for place, kind in enumerate(delay_law.KINDS):
        named = {"mean": law.mean[place], "shape": law.shape[place]}
        named |= {
            f"pace_{pace:g}min": each for pace, each in zip(delay_law.PACE, law.pace[place], strict=True)
        }
        features |= {
            f"{kind}_{name}": Coefficient(value=float(f"{value:.5g}")) for name, value in named.items()
        }
    return Part(
        verdict=said,
        why=why,
        features=features,
        scores=[scored],
        extra={"unit": "bits a thread; times in hours", "horizon_minutes": horizon},
    )


def _tree(record: CommunityRecord, rows: np.ndarray, horizon: float) -> delay_law.Tree:
    """The threads whose posts are `rows`, in whole minutes: half a minute is added to each reply."""
    number = np.full(len(record), -1)
    number[rows] = np.arange(len(rows))
    up = np.where(record.parent >= 0, number[record.parent], -1)[rows]
    return delay_law.tree_of(record.minute[rows] + 0.5 * (up >= 0), up, record.thread[rows], horizon)
