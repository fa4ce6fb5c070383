"""What may be set at the top level of a configuration, with bounds, and a mistake in it as one sentence."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Whole = Annotated[int, Field(strict=True)]
Positive = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class Parallel(BaseModel):
    """How many processes work, by which library, and how many worlds each steps together."""

    model_config = ConfigDict(extra="forbid")
    jobs: Annotated[int, Field(ge=1, le=1024, strict=True)] | Literal["auto"]
    backend: Literal["loky", "ray"]
    worlds: Positive


class Stop(BaseModel):
    """When a run ends before all draws: at a precision of one number, or at so much evidence, looked at every so many draws."""

    model_config = ConfigDict(extra="forbid")
    precision: Annotated[float, Field(gt=0, lt=1)] | None
    of: str
    evidence: Annotated[float, Field(gt=0, lt=0.5)] | None
    every: Positive


class Asked(BaseModel):
    """Which outcome decides; `threshold_of` checks its threshold."""

    model_config = ConfigDict(extra="forbid")
    name: str
    threshold: Any
    horizon: Annotated[int, Field(ge=0, strict=True)] | None


class Request(BaseModel):
    """What a user may set at the top level; the groups are checked by what they configure."""

    model_config = ConfigDict(extra="forbid")

    community: dict[str, Any]
    mind: dict[str, Any]
    llm: dict[str, Any]
    outcome: Asked
    treatment: str | list[str]
    policy_with: dict[str, dict[str, Any]]
    baseline: str | list[str] | None
    baseline_with: dict[str, dict[str, Any]]
    prompt: Literal["archetype", "member"]
    draws: Positive
    seeds: Positive
    steps: Annotated[int, Field(ge=1, le=9999, strict=True)]
    root: Whole
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    dowhy: bool
    dry: bool
    out: str | None
    stop: Stop
    parallel: Parallel


def first_mistake(error: ValidationError) -> str:
    """The first mistake that was found, in a sentence."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if str(part) not in _UNION_TAGS)
    where = where.replace("treatment", "policy")
    extra = "" if len(error.errors()) == 1 else f" (and {len(error.errors()) - 1} more)"
    if first["type"] == "extra_forbidden":
        return f"no setting is called {where!r}{extra}"
    if first["type"] == "missing":
        return f"{where} is missing: give it a value{extra}"
    return f"{where} is {first['input']!r}: {first['msg']}{extra}"


_UNION_TAGS = {"str", "int", "list[str]", "constrained-int", "literal['auto']"}
"""What pydantic adds to the place of an error in a setting that may be of several types."""
