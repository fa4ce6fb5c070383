"""The arithmetic of an information commons: quality, readers, revenues and payments; numbers in, numbers out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from windtunnel.sim.communities.info_commons.settings import InfoSettings


def quality(settings: InfoSettings, knowledge: float | np.ndarray) -> np.ndarray:
    """How good answers are, 0 to 1: knowledge / (knowledge + half)."""
    return np.asarray(knowledge / (knowledge + settings.half))


def gone(settings: InfoSettings, good: float) -> float:
    """Share of the readers who ask a machine instead of reading, by the quality of its answers."""
    return float(expit(settings.switch * (good - settings.switch_at)))


def builders_revenue(settings: InfoSettings, good: float) -> float:
    """What all builders earn in a step with answers this good."""
    return settings.visits * gone(settings, good) * good * settings.worth


def marginal_value(settings: InfoSettings, used: float, without: float) -> float:
    """What builders would earn a step with the coalition's output less what they would without it, once knowledge has settled.

    `used` and `without` are outputs a step; knowledge settles at output / (1 - fresh).
    """
    worth = [
        builders_revenue(settings, float(quality(settings, output / (1 - settings.fresh))))
        for output in (used, without)
    ]
    return max(0.0, worth[0] - worth[1])


def alternating_share(coalition: Any, builder: Any) -> Any:
    """The proposer's share of the surplus where the coalition proposes (Rubinstein 1982): (1 - d_b) / (1 - d_a d_b).

    `coalition` and `builder` are the parties' discount factors, below 1: numbers or arrays.

    >>> alternating_share(0.9, 0.9) > 0.5 > alternating_share(0.5, 0.9)
    True
    """
    return (1 - builder) / (1 - coalition * builder)


@dataclass
class Deal:
    """Who bargains together and how: `members` (n,) bool, a protocol, the coalition's share where it is posted or Nash's, both
    parties' discount factors, and for how many steps an agreement holds."""

    members: np.ndarray
    protocol: str
    share: float
    patience: tuple[float, float]
    term: int


def payment(settings: InfoSettings, deal: Deal, outputs: np.ndarray, earned: float, agreed: float) -> float:
    """What the coalition gets in a step under an agreement.

    `outputs` (n,) is what is used of each; of a posted price `agreed` is the share of the builders' revenue `earned`
    that goes to the used output, else the share of the coalition's marginal value.
    """
    used, theirs = float(outputs.sum()), float(outputs[deal.members].sum())
    if used <= 0 or theirs <= 0:
        return 0.0
    if deal.protocol == "posted":
        return agreed * earned * theirs / used
    return agreed * marginal_value(settings, used, used - theirs)


def in_proportion(amount: float, weights: np.ndarray) -> np.ndarray:
    """An amount shared out by weights (n,); nothing where they are all 0."""
    total = weights.sum()
    return amount * weights / total if total > 0 else np.zeros(len(weights))


def by_prompts(topic: np.ndarray, used: np.ndarray, pool: float, topics: int) -> np.ndarray:
    """A pool shared out by prompts (n,): each topic gets what is asked about it, each producer in it by its part of the topic.

    `topic` (n,) numbers the topic of each, asked the more often the smaller (Zipf's law); `used` (n,) is output. Topics that nobody
    writes about get nothing.
    """
    of_topic = np.bincount(topic, used, topics)
    asked = in_proportion(pool, (of_topic > 0) / (1 + np.arange(topics)))
    return np.where(used > 0, asked[topic] * used / np.maximum(of_topic[topic], 1e-12), 0.0)


def diversity(topic: np.ndarray, output: np.ndarray, topics: int) -> float:
    """Entropy of topics by output, in bits.

    >>> diversity(np.array([0, 1]), np.array([2.0, 2.0]), 3)
    1.0
    """
    share = in_proportion(1.0, np.bincount(topic, output, topics))
    some = share[share > 0]
    return float(-(some * np.log2(some)).sum())
