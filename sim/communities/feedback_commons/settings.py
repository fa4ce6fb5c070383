"""The numbers of `settings:` in conf/community/feedback_commons.yaml, and the levers that policies pull."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]


class FeedbackSettings(Settings):
    """`size` counts those who wait outside, too."""

    groups: Annotated[int, Field(ge=1, le=50)]
    """Languages or cultures; the k-th is as large as 1/k of the first."""
    waiting: Share
    """Part of the people who are not let in until a policy does."""
    motivation: tuple[float, Amount]
    """Mean and standard deviation of the logarithm of the intrinsic motivation."""
    cost: tuple[Amount, Amount]
    """Effort of a contribution for the larger half of the groups and for the smaller."""
    experts: Share
    expert_weight: Amount
    """What a contribution of an expert counts."""
    spurred: Amount
    """Log-odds that a useful model for one's own group adds to contributing."""
    general: Share
    """Part of that where one general model serves all groups."""
    effort: Amount
    """Log-odds that an effort of 1 takes from contributing."""
    paid: Amount
    """Log-odds that a pay of 1 adds."""
    decay: Annotated[float, Field(ge=0, lt=1)]
    """What is left of feedback a step later."""
    half: Annotated[float, Field(gt=0)]
    """Feedback at which a model is half as good for a group as can be."""
    useful: tuple[Amount, Share]
    """How sharply use rises with quality, and the quality at which it is half."""
    firms: Annotated[int, Field(ge=1)]
    shared: Share
    """Part of the feedback that firms share with each other."""
    biased: Share
    """Part of contributions that lead a model astray, as far as nobody finds them."""
    disputed: Share
    """Part of contributions on which people differ, and which count half as long as nobody resolves them."""
    breach: Share
    """Chance a step that personal data leak."""
    shock: Share
    """Part of everybody's trust that a leak takes."""
    heals: Share
    """Part of lost trust that is back a step later."""
    crowd_persist: Share
    """Part of the intrinsic motivation that a step of pay takes for good, but for `recovers`."""
    recovers: Share
    """Part of it that comes back a step."""


@dataclass
class Levers:
    """What is in force in a step; each policy pulls some. Levels of 0, factors of 1 and None are "nothing"."""

    mission: float = 0.0  # added to the motivation of those whom it fits
    pay: float = 0.0
    crowding: float = 0.0  # part of the intrinsic motivation that pay drives out while it is paid
    leaderboard: float = 0.0  # log-odds added for the tenth who gave most
    interface: float = 1.0  # divides the effort
    information: float = 1.0  # of a contribution
    implicit: float = 0.0  # weight of what is read from use
    expert_motive: float = 0.0
    expert_pace: float = 1.0
    outreach: float = 0.0  # part of the small groups' extra effort that is taken away
    most: int | None = None  # contributions a member and step
    trust: float = 0.0  # added to everybody's
    audit: float = 0.0  # part of biased contributions that is dropped
    resolved: float = 0.0  # part of disputed contributions that is resolved
    shared: float = 0.0  # added to what firms share
    drive: dict[int, float] = field(default_factory=dict)  # contributions that come in besides, by group
    refresh: float = 0.0  # part of stale feedback that is renewed
    safety: float = 0.0  # part of leaks that do not happen
    anonymous: float = 0.0  # part of a leak's harm that is gone
    utility: float = 1.0  # what is left of a contribution
    retraction: int = 0  # steps within which one may take back what one gave
    unlearning: str = "exact_retrain"  # how models forget what was taken back: one of sim.unlearning.METHODS
    specialised: bool = False
    open: set[str] = field(default_factory=set)  # axes of openness that are fulfilled
