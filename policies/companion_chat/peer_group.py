"""Some of what users say is answered by another user of their group, not by a companion."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from windtunnel.policies.base import Acts, Share, WorldFace
from windtunnel.policies.companion_chat.companion_policy import CompanionPolicy


class PeerGroup(CompanionPolicy):
    """Users are in groups by id. A `share` of turns is answered by a drawn user of the group who spoke in that turn: it
    affirms what it says itself, or more than that; else it grounds."""

    name = "peer_group"
    test_parameters: ClassVar[dict[str, Any]] = {"share": 1.0}

    members: Annotated[int, Field(ge=2, le=1000)] = 5
    """Users of a group."""
    share: Share = 0.5
    """Part of the turns that the group answers; 0: off."""

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase != "reply":
            return
        chat = world.community
        peer = chat.peers(world, f"{self.label} draws", self.members)
        asked = (peer >= 0) & (world.chance(f"{self.label} answers", chat.ids) < self.share)
        affirms = chat.score[peer] >= chat.score
        self.reply_instead(world, acts, asked & affirms, "affirm")
        self.reply_instead(world, acts, asked & ~affirms, "ground")
