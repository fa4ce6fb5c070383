"""Friction before a heated post: "do you want to send this?" (Katsaros et al. 2022)."""

import numpy as np
from pydantic import model_validator

from windtunnel.policies.base import CANCELLED, Acts, Share, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, forum_acts


class ReconsiderPrompt(ForumPolicy):
    """Writers of heated or hostile posts are asked once; some drop the post, some make it one degree milder."""

    name = "reconsider_prompt"
    forces = ("escalation", "hostile_share")

    test_parameters = {"detection": 1.0, "cancel": 0.4, "soften": 0.4}

    detection: Share
    """Share of heated and hostile drafts that are met with the question; 0: off."""
    cancel: Share
    """Share of those asked who drop the post."""
    soften: Share
    """Share of those asked who send a milder one."""

    @model_validator(mode="after")
    def _shares_add_up(self) -> "ReconsiderPrompt":
        if self.cancel + self.soften > 1:
            raise ValueError(f"cancel {self.cancel} + soften {self.soften} exceed 1")
        return self

    def review(self, world: WorldFace, acts: Acts) -> None:
        drafts = forum_acts(acts)
        met = world.chance(f"{self.label} asks", acts.ids) < self.detection
        asked = drafts.writes & (drafts.tone > 0) & met
        answer = world.chance(f"{self.label} answer", acts.ids)
        cancelled = asked & (answer < self.cancel)
        softened = asked & ~cancelled & (answer < self.cancel + self.soften)
        acts.verdict[cancelled] = CANCELLED
        drafts.tone[softened] -= 1
        acts.policy[cancelled | softened] = np.int16(world.log.code(self.label))
