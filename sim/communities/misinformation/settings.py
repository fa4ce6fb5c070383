"""The numbers of `settings:` in conf/community/misinformation.yaml."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]


class Skill(BaseModel):
    """How far apart a detector's scores of true and of false messages lie, in standard deviations (d')."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    human: Amount
    """False messages written by people."""
    generated: Amount
    """False messages written by a language model."""


class Drives(BaseModel):
    """What moves attitudes; two of these worlds look alike to an observer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    belief: Amount
    """How far a full belief in the false claim moves an attitude."""
    tension: Amount
    """How far a standard deviation of tension stretches all attitudes, whoever believes what."""
    follows: Annotated[float, Field(gt=0, le=1)]
    """Part of the way that attitudes go towards the tension of the day; 1: all of it."""
    noise: Amount
    """Standard deviation of what else stretches attitudes in a step."""


class MisinformationSettings(Settings):
    """One false claim, in messages that serve one side; `size` counts attackers too."""

    follows: Annotated[int, Field(ge=1, le=50)]
    """Earlier members whom each member follows."""
    mutual: Share
    """Chance that one who is followed follows back."""
    life: Annotated[int, Field(ge=1, le=100)]
    """Steps for which a message goes round."""
    success: Share
    """Chance that a language model writes what an attacker asks of it."""
    mistaken: Share
    """Share of honest messages that are false."""
    inconvenient: Share
    """Share of true messages that one side would rather not have said: they contradict the false claim."""
    known: Share
    """Of honest mistakes, those whose writer could have known better."""
    lay: Amount
    """How far apart true and false messages look to readers, in standard deviations (d')."""
    detector: Skill
    persuades: Share
    """Part of the remaining doubt that one false message takes from a reader who leans wholly to its side."""
    corrects: Share
    """Part of a belief that one message against it takes."""
    forgets: Share
    """Part of a belief, beyond what a member began with, that is gone a step later."""
    answered: Share
    """What is left of a false message's force once somebody has corrected it."""
    label: Share
    """What is left of a labelled message's force on beliefs."""
    persistence: Share
    """Correlation of tension from step to step."""
    drives: Drives
    words: Annotated[int, Field(ge=1, le=1000)]
    """Words of a comment that are scored."""
    negative: tuple[Share, Share]
    """Share of negative words among friends of one opinion, and what a full disagreement adds."""
