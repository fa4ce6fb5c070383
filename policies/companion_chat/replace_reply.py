"""Single replies replaced: what `why` asks about one affirmation."""

from typing import Annotated, Literal

from pydantic import Field

from windtunnel.policies.base import Acts, WorldFace
from windtunnel.policies.companion_chat.companion_policy import CompanionPolicy


class ReplaceReply(CompanionPolicy):
    """Replies that affirm, from its start on for so many turns, become replies of another kind."""

    name = "replace_reply"

    by: Literal["listen", "ground"] = "listen"
    """What stands in place of an affirmation."""
    turns: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """For how many turns."""
    user: Annotated[int, Field(ge=0)] | None = None
    """Only replies to the user of this id; null: to all."""

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase == "reply" and world.now < self.start + self.turns:
            chat = world.community
            asked = (chat.ids == self.user) | (self.user is None)
            self.reply_instead(world, acts, asked, self.by, only="affirm")
