"""The platform labels a part of what is handed in anew."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class LabelAudit(ActionPolicy):
    """A share of members' rows gets its true label back; not on a recommender, whose ratings are opinions."""

    name = "label_audit"

    rate: Share = 0.3
    """Share of rows that are labelled anew; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        world.community.audited = self.rate
