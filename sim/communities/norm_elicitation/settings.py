"""The numbers of `settings:` in conf/community/norm_elicitation.yaml."""

from typing import Annotated

from pydantic import Field

from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]


class ElicitationSettings(Settings):
    """Norms have a hidden wisdom; each person holds one and judges pairs of others."""

    norms: Annotated[int, Field(ge=2, le=100)]
    """The last of them is the experts' own; the others are held by so many as they are popular."""
    wisdom: Amount
    """Standard deviation of the wisdom of the others."""
    lead: float
    """How much wiser the experts' norm is than the mean of the others, in the same unit."""
    experts: Share
    noise: Amount
    """Standard deviation of the error with which a lay person sees how much wiser one norm is than another."""
    experts_noise: Amount
    unsure: Amount
    """A difference as small as this leaves one unsure."""
    loyalty: Amount
    """How much wiser one's own norm seems to oneself."""
