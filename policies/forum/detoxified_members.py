"""Members whose toxicity is steered down, as CausalDetox does with heads of a language model (arXiv 2604.14602)."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, PrivateAttr

from windtunnel.policies.base import CANCELLED, Acts, Share, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, forum_acts

CIVIL = 0
REDUCTION = {"sae": 0.167, "iti": 0.167, "causal_detox": 0.268}
"""Share of toxic output that each way of steering takes away at strength 1: .2499 to .2081 and to .1829 on ToxiGen with LLaMA-3-8B;
of sparse autoencoders "up to 20 %" is told, on other models, and the same as of ITI is taken."""


class DetoxifiedMembers(ForumPolicy):
    """Of the heated and hostile posts that treated members would write some come out civil; some of all come out garbled."""

    name = "detoxified_members"
    forces = ("escalation", "hostile_share")

    test_parameters = {"mode": "causal_detox", "strength": 4.0, "fluency_loss": 0.1}

    mode: Literal["sae", "iti", "causal_detox"]
    """How members are steered: sparse autoencoder, inference-time intervention, or heads chosen by PNS."""
    share: Share
    """Share of members who are steered, the same throughout; 0: off."""
    strength: Annotated[float, Field(ge=0, le=10)]
    """How many times as strongly; at s a share of 1 - (1 - reduction)^s of toxic posts comes out civil."""
    fluency_loss: Share
    """Share of steered members' posts, of any tone, that come out garbled at strength 1 and are not sent; grows alike."""

    _treated: np.ndarray = PrivateAttr(default_factory=lambda: np.zeros(0, bool))

    def holds_back(self) -> bool:
        return self.share > 0 and self._at_strength(self.fluency_loss) > 0

    def _at_strength(self, share: float) -> float:
        return float(1 - (1 - share) ** self.strength)

    def before_step(self, world: WorldFace) -> None:
        members = world.community.members
        known = len(self._treated)
        if known < len(members):
            lot = world.chance(f"{self.label} treats", members.id[known:])
            self._treated = np.concatenate([self._treated, lot < self.share])

    def review(self, world: WorldFace, acts: Acts) -> None:
        drafts = forum_acts(acts)
        treated = drafts.writes & self._treated[acts.rows]
        milder = world.chance(f"{self.label} steers", acts.ids) < self._at_strength(REDUCTION[self.mode])
        garbled = world.chance(f"{self.label} garbles", acts.ids) < self._at_strength(self.fluency_loss)
        softened, lost = treated & milder & (drafts.tone > CIVIL), treated & garbled
        drafts.tone[softened] = CIVIL
        acts.verdict[lost] = CANCELLED
        acts.policy[softened | lost] = np.int16(world.log.code(self.label))
