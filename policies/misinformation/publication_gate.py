"""Messages pass a detector before they come out."""

import numpy as np

from windtunnel.policies.base import CANCELLED, Acts, WorldFace
from windtunnel.policies.misinformation.misinformation_policy import Detecting


class PublicationGate(Detecting):
    """A message that a detector takes for false never comes out; the detector has no time but that of writing."""

    name = "publication_gate"

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase != "write":
            return
        coming = world.community.coming(world, acts)
        caught = np.isin(acts.rows, coming.author[coming.score > self.threshold])
        acts.verdict[caught] = CANCELLED
        acts.policy[caught] = world.log.code(self.label)
