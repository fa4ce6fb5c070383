"""Who takes part for the first time is shown how."""

from windtunnel.policies.base import WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class Onboarding(ActionPolicy):
    """Novices misapply what was agreed no more often than others (`community.settings.novice` says how often else)."""

    name = "onboarding"

    def before_step(self, world: WorldFace) -> None:
        world.community.novice = min(world.community.novice, 1.0)
