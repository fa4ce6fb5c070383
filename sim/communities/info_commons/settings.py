"""The numbers of `settings:` in conf/community/info_commons.yaml."""

from typing import Annotated

from pydantic import Field, model_validator

from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]


class InfoSettings(Settings):
    """`size` counts the builders too, who are the first members."""

    muscle: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)]
    """How many readers each builder wins with answers as good as the others'; one builder a number."""
    topics: Annotated[int, Field(ge=1, le=100)]
    spread: Amount
    """Standard deviation of the logarithm of what a producer puts out in a step."""
    costs: tuple[Amount, Amount]
    """Least and most that producing costs in a step."""
    visits: Annotated[float, Field(gt=0)]
    """Readers of all in a step."""
    worth: Amount
    """What a reader is worth to whom it reads."""
    fresh: Annotated[float, Field(ge=0, lt=1)]
    """What is left of knowledge a step later."""
    half: Annotated[float, Field(gt=0)]
    """Knowledge at which an answering machine is half as good as can be."""
    switch: Amount
    """How sharply readers go over to answering machines as these get better."""
    switch_at: Share
    """Quality of answers at which half of the readers have gone over."""
    gives_up: Share
    """Chance a step that a producer stops whose income is below its cost."""
    comes_back: Share
    """Chance a step that one outside begins, where the others' mean income is above its cost."""
    cap: Share
    """Part of the producers who may bargain together without being prosecuted for it."""
    hidden: Share
    """Part of what builders use of a coalition's output that they do not report."""
    critical: Share
    """Part of the producers, those who put out most, who count as critical sources."""
    documented: Share
    """Chance a step that a builder documents what it used, with no mandate."""

    @model_validator(mode="after")
    def _somebody_produces(self) -> "InfoSettings":
        builders = len(self.muscle)
        if self.size <= builders:
            raise ValueError(
                f"size is {self.size}, and {builders} of them are builders (one for each number of muscle): give "
                f"{builders + 1} or more, so that somebody produces"
            )
        return self
