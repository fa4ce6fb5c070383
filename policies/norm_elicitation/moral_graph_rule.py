"""The norm that comes out on top of the moral graph becomes the rule (arXiv 2404.10636)."""

from typing import ClassVar

from windtunnel.policies.base import Policy, WorldFace


class MoralGraph(Policy):
    """The norm with the greatest weighted PageRank in the graph of what people find wiser becomes the rule."""

    name = "moral_graph"
    fits = ("norm_elicitation",)
    acts_in_log: ClassVar[bool] = False

    def before_step(self, world: WorldFace) -> None:
        world.community.method = "moral_graph"
