"""Producers bargain together with builders about what their output is worth to these (arXiv 2506.10272)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.info_commons.info_policy import InfoPolicy

Patience = Annotated[float, Field(ge=0, lt=1)]


class Bargaining(InfoPolicy):
    """A coalition of producers keeps its output from builders until they pay; how much is posted, Nash's share, or offered in turns."""

    name = "bargaining"
    acts_in_log: ClassVar[bool] = True

    coverage: Share = 1.0
    """Part of the producers who are in it, as far as the law lets them (`cap` of the place; `safe_harbour` lifts it)."""
    members: Literal["random", "specialists"] = "random"
    """Who they are: drawn, or those who put out most."""
    protocol: Literal["posted", "nash", "alternating"] = "posted"
    """A posted part of builders' revenue; a part of the coalition's marginal value; or offers in turns about that value."""
    share: Share = 0.3
    """Posted: part of the builders' revenue from what they use. Nash: the coalition's bargaining power."""
    patience: Patience = 0.9
    """Alternating: what a month's delay leaves to the coalition."""
    builders_patience: Patience = 0.9
    """Alternating: what a month's delay leaves to builders."""
    term: Annotated[int, Field(ge=1, le=1000)] = 12
    """Alternating: months for which an agreement holds."""

    def raised(self) -> tuple[str, ...]:
        return ("bargaining",) if self.protocol == "alternating" else ()

    raises: ClassVar[tuple[str, ...]] = ("bargaining",)

    def before_step(self, world: WorldFace) -> None:
        both = (self.patience, self.builders_patience)
        world.community.bargain(self.coverage, self.members, self.protocol, self.share, both, self.term)
