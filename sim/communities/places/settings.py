"""The numbers of `settings:` in conf/community/places.yaml."""

from typing import Annotated

from pydantic import Field

from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


class PlacesSettings(Settings):
    """`size` counts all who might write; few of them write at all."""

    places: Annotated[int, Field(ge=2, le=50)]
    horizon: Annotated[int, Field(ge=1, le=10_000)]
    """Steps to which authors' rates refer."""
    agents: tuple[Annotated[float, Field(ge=0.1)], Positive]
    """Messages of an agent in the horizon: a Lomax law's shape, .1 at least, and scale."""
    people: tuple[float, Amount]
    """Messages of a person in the horizon: mean and standard deviation of the logarithm."""
    crosses: dict[str, Share]
    """Chance, by persona, that a message goes to the author's second place."""
    words: Annotated[int, Field(ge=1, le=1000)]
    """Words of a message."""
    vocabulary: Annotated[int, Field(ge=2, le=5000)]
    distinct: Amount
    """How distinct vocabularies are: standard deviation of the logarithm of a word's weight."""
    own: Share
    """Share of the words that are drawn from the author's own vocabulary."""
    local: Share
    """Share drawn from the place's; the rest are common words. Both together at most 1."""
