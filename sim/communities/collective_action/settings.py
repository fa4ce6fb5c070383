"""The numbers of collective action (`settings:` of conf/community/collective_action.yaml)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class Collective(BaseModel):
    """Members who act together: what they plant, and what the platform is to say where it sees it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    members: Annotated[int, Field(ge=0, le=1_000_000)]
    """0: there is no such collective."""
    signal: Annotated[int, Field(ge=0)] = 0
    """Which signal its members plant; two collectives may have the same."""
    target: Annotated[int, Field(ge=0)] = 0
    """The label that the platform is to give where it sees the signal."""
    strategy: Literal["feature_label", "feature", "promote", "demote"] = "feature_label"
    """Signal and label; the signal alone, by those whose own label is the target; of a recommender: rate targets 5, or 1."""
    alike: Share = 0.0
    """Share of members who come from one tenth of the population, its own; the others from anywhere."""


class ActionSettings(Settings):
    """`size` is the members of all collectives; who belongs to none only hands in data, and is in `base`."""

    platform: Literal["cells", "tokens", "recommender"]
    """What learns: a plurality in each cell of features, a softmax over tokens, or a factorisation of ratings."""
    base: Count
    """Rows (of a recommender: users) that are nobody's in a collective."""
    cells: Count
    """Cells of features; tokens; of a recommender items."""
    labels: Annotated[int, Field(ge=2, le=100)]
    signals: Count
    """Signals that there are to choose from."""
    carried: Share
    """Of cells: the share of base rows that carry each signal by themselves."""
    evenness: Annotated[float, Field(gt=0)]
    """Of the distribution of labels in a cell, or of tokens in a label: the parameter of a symmetric Dirichlet."""
    overlap: Share = 0.6
    """Of a recommender: the share of target items that collectives have in common."""
    reader_weight: Share = 1.0
    """Of a recommender: the weight of what its users like in the ranking; the rest is an advocate's, who pays for reach."""
    noise: Share
    """Chance that a member misapplies what was agreed."""
    misapplied: Literal["label", "signal", "both"]
    """What it misapplies; both: each with that chance."""
    novice: Annotated[float, Field(ge=0)]
    """What multiplies that chance for who takes part for the first time."""
    retrain: Count
    """Rounds from one training of the platform to the next."""
    collectives: dict[str, Collective]

    @property
    def acting(self) -> dict[str, Collective]:
        """The collectives that have members."""
        return {name: one for name, one in self.collectives.items() if one.members}

    @model_validator(mode="after")
    def _collectives_fit(self) -> "ActionSettings":
        if not self.acting:
            raise ValueError("collectives have no members: give one of them some")
        together = sum(one.members for one in self.collectives.values())
        if together > self.size:
            raise ValueError(
                f"the collectives have {together} members together, and size is {self.size}: give {together} or more"
            )
        rates = self.platform == "recommender"
        for name, one in self.acting.items():
            if one.signal >= self.signals or one.target >= self.labels:
                raise ValueError(
                    f"collective {name} has signal {one.signal} and target {one.target}: there are signals 0 to "
                    f"{self.signals - 1} and labels 0 to {self.labels - 1}"
                )
            if rates != (one.strategy in ("promote", "demote")):
                known = "promote or demote" if rates else "feature_label or feature"
                raise ValueError(
                    f"collective {name} has the strategy {one.strategy}: platform {self.platform} takes {known}"
                )
        return self
