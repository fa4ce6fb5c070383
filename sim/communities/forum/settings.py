"""A forum's own settings: what a user may set about the place, apart from the people in it."""

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from windtunnel.agents.recall import Retriever

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]

MEMBERS_A_THREAD = 25
"""Members for each thread that is there at the beginning."""
STEP = 1.25


class Settings(BaseModel):
    """Numbers of `conf/community/forum.yaml`; hours unless a name says otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Annotated[int, Field(ge=2, le=20_000_000)]
    step_hours: Annotated[float, Field(gt=0, le=24)]
    feed_items: Annotated[int, Field(ge=3, le=50)]
    """Items of the feed that a member sees."""
    members_per_feed: Annotated[int, Field(ge=1)]
    """So many members share a feed in a step at least; a larger community has several, each with other posts."""
    reply_to_me_pull: float
    """Added to the (log) pull of the newest reply to the member, until the member has answered it."""
    appeal_spread: Annotated[float, Field(ge=0)]
    """Scale of the Gumbel law of a post's own (log) pull."""
    follows: Count
    """How many others a founder notices."""
    opening_threads: Annotated[int, Field(ge=1)] | None
    """Threads that are there at the beginning; null: one for each 25 members."""
    spark_step: Annotated[int, Field(ge=0)] | None
    """Step at which the provoking post opens the focal thread; null for none."""
    spark_pull: float
    """Added to the (log) pull of the spark."""
    heat_half_life: Positive
    heat_of_heated: Annotated[float, Field(ge=0)]
    """Heat that a heated reply adds to its thread; a hostile one adds 1."""
    reader_weight: Annotated[float, Field(ge=0, le=1)] | None = None
    """Feeds are ranked for each reader between its own interest and an advocate's: the weight of the first; null: they are not."""
    can_follow: bool = False
    """Whether members may follow authors."""
    can_repost: bool = False
    """Whether members may share posts with those who follow or notice them."""
    camps: bool = False
    """Whether members are of two camps, half and half."""
    false_share: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of posts that say something false; null: nobody asks."""
    moderators_per_100: Annotated[float, Field(ge=0)]
    actions_per_moderator_hour: Annotated[float, Field(ge=0)]
    retriever: Retriever = Retriever()
    """With prompt=member: what a member's memory favours beside relevance."""

    @property
    def extras(self) -> tuple[str, ...]:
        """Names of what this forum has beyond every forum: heads under `extras` of its yaml."""
        asked = ("reader_weight", "can_follow", "can_repost", "camps", "false_share")
        return tuple(name for name in asked if getattr(self, name) not in (None, False))

    def feeds(self, members: float, threads: float) -> int:
        """How many feeds so many members have, where so many threads are there: in each are two of them at least."""
        return max(1, round(min(members / self.members_per_feed, threads / 2)))

    @property
    def scale(self) -> float:
        """The size in steps of a quarter, so that one member more or less seldom changes what depends on it."""
        return STEP ** np.floor(np.log(self.size) / np.log(STEP))

    @property
    def provoker(self) -> int:
        """The founder whose post provokes: one whom about ten others notice, however large the community is.

        In the network of notice the founder k of n is noticed by about 3 (sqrt(n / k) - 1); founders 1 to 3 by few, 0 by most.
        """
        row = int(self.scale) // 20
        return row if row > 3 else 0

    @property
    def openers(self) -> np.ndarray:
        """The founders whose threads are there at the beginning."""
        if self.opening_threads is not None:
            return np.arange(1, min(self.opening_threads, self.size - 1) + 1)
        rows = np.arange(1, self.size, MEMBERS_A_THREAD)
        return rows[rows != self.provoker]

    @property
    def heat(self) -> np.ndarray:
        """Heat added by a reply of each tone."""
        return np.array([0.0, self.heat_of_heated, 1.0])

    def attention(self, hours: float) -> int:
        """Posts and members that the moderators can deal with in a step; one moderator at least."""
        if self.moderators_per_100 == 0:
            return 0
        moderators = max(1.0, self.moderators_per_100 * self.size / 100)
        return int(moderators * self.actions_per_moderator_hour * hours)


class FeatureWords(BaseModel):
    """Where a feature's bins part, and one sentence a bin."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    edges: list[float]
    words: list[str]


class PersonaWords(BaseModel):
    """The share of members who are so, how prone to hostility they are, and what a language model reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: Annotated[float, Field(ge=0, le=1)]
    temper: float
    words: str
    to_you: str = ""
    """The same for a member that is told its own thread; empty: `words`."""


class Words(BaseModel):
    """The parts of the yaml that questions are made of."""

    model_config = ConfigDict(frozen=True)

    actions: dict[str, str]
    features: dict[str, FeatureWords]
    personas: dict[str, PersonaWords]
