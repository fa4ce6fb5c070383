"""Our own policies as rules: which recorded posts each would have touched, and with what chance.

A policy that detects looks at the tone that the record has: a hostile post is caught with the chance `detection`, and so on. Slow mode
and a lock hold back what was written too soon, or in a thread that was locked by then.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from windtunnel import conf
from windtunnel.agents.nearest import nearest
from windtunnel.analysis.rules.facts import HOUR, Facts
from windtunnel.policies.base import Policy
from windtunnel.policies.forum.detection import Detecting
from windtunnel.policies.registry import make_policy, policy_names

TONES = ("civil", "heated", "hostile")


def policy_rule(name: str, parameters: Mapping[str, Any]) -> Policy:
    """The policy of a forum called so; `ValueError` where there is none, or it touches no post by itself."""
    if name not in (known := policy_names("forum")):
        raise ValueError(f"no policy of a forum is called {name!r}: {nearest(name, known)}")
    policy = make_policy(name, parameters)
    if name not in _CHANCES and not isinstance(policy, Detecting):
        can = sorted({*_CHANCES, *(one for one in known if _detects(one))})
        raise ValueError(
            f"{name} touches no post by itself, so there is nothing to replay: choose from {', '.join(can)}"
        )
    return policy


def _detects(name: str) -> bool:
    from windtunnel.policies.registry import policy_class

    return issubclass(policy_class(name), Detecting)


def chances(policy: Policy, facts: Facts) -> tuple[np.ndarray, np.ndarray]:
    """For each recorded post the chance (n,) that the policy touches it, and bool (n,): the record can tell.

    Nothing is drawn: sums of chances are expected numbers of posts.
    """
    found = _CHANCES.get(policy.name, _caught)(policy, facts)
    return np.nan_to_num(found), ~np.isnan(found)


def heard(facts: Facts) -> pl.Series:
    """The tone of each post that was read from its words, or set by hand; null for the others.

    Where an import had no words it guessed tones from removals and votes, which are known only afterwards. `ValueError`
    where no tone is left.
    """
    tone, posts = facts.posts["tone"].cast(pl.String), facts.posts
    sure = (
        posts["labelled"].fill_null(False)
        if "labelled" in posts.columns
        else pl.repeat(False, len(facts), eager=True)
    )
    read = posts["text"].is_not_null() if facts.has_text else pl.repeat(False, len(facts), eager=True)
    found = tone.zip_with(sure | read, pl.Series([None], dtype=pl.String))
    if found.null_count() == len(found):
        raise ValueError(
            f"the tones in {facts.folder.path} are guessed from removals and votes, which are known only afterwards: import the "
            "record with its texts, or with labels"
        )
    return found


def _of_tones(facts: Facts, civil: float, heated: float, hostile: float) -> np.ndarray:
    rates = pl.Series([civil, heated, hostile], dtype=pl.Float64)
    place = heard(facts).replace_strict(list(TONES), [0, 1, 2], default=None, return_dtype=pl.Int64)
    return rates.gather(place).fill_null(np.nan).to_numpy()


def _caught(policy: Any, facts: Facts) -> np.ndarray:
    return _of_tones(facts, policy.false_positive, policy.heated, policy.detection)


def _held(policy: Any, facts: Facts) -> np.ndarray:
    new = facts.column("newcomer")
    return new.cast(pl.Float64).fill_null(np.nan).to_numpy() * policy.share


def _asked(policy: Any, facts: Facts) -> np.ndarray:
    return _of_tones(facts, 0.0, policy.detection, policy.detection)


def _waits(policy: Any, facts: Facts) -> np.ndarray:
    """What came too soon after its author's last post that was let through."""
    facts.refuse_without("author", "slow_mode")
    facts.refuse_without("time", "slow_mode")
    wait = policy.hours * HOUR
    out = np.zeros(len(facts))
    last: dict[int, int] = {}
    for row, (author, minute) in enumerate(zip(facts.author.tolist(), facts.minute.tolist(), strict=True)):
        if author < 0:
            out[row] = np.nan
        elif minute - last.get(author, -(10**9)) < wait:
            out[row] = 1.0
        else:
            last[author] = minute
    return out


def _locked(policy: Any, facts: Facts) -> np.ndarray:
    """Replies that came while their thread was locked; those held back add no heat."""
    facts.refuse_without("time", "thread_lock")
    settings = conf.content("community", "forum")["settings"]
    half = settings["heat_half_life"] * HOUR
    weights = {"heated": settings["heat_of_heated"], "hostile": 1.0}
    out = np.zeros(len(facts))
    heat: dict[int, tuple[float, int]] = {}
    until: dict[int, float] = {}
    rows = zip(facts.thread.tolist(), facts.minute.tolist(), facts.opener.tolist(), heard(facts), strict=True)
    for row, (thread, minute, opens, tone) in enumerate(rows):
        if opens:
            if policy.heat == 0 and policy.hours > 0:
                until[thread] = minute + policy.hours * HOUR
            continue
        if minute < until.get(thread, -1):
            out[row] = 1.0
            continue
        was, at = heat.get(thread, (0.0, minute))
        now = was * 0.5 ** ((minute - at) / half) + weights.get(tone, 0.0)
        heat[thread] = (now, minute)
        if policy.hours > 0 and now >= policy.heat:
            until[thread] = minute + policy.hours * HOUR
    return out


_CHANCES: dict[str, Callable[[Any, Facts], np.ndarray]] = {
    "premoderate_newcomers": _held,
    "reconsider_prompt": _asked,
    "slow_mode": _waits,
    "thread_lock": _locked,
}
