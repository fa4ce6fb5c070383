"""`learned.yaml`: what was learned from a community's record about its members, beside its profile.

Coefficients with their errors, how well each part foretells acts that it was not fitted to, and what the record does not show.
Written by `windtunnel fit`; read by simulations, `why` and reports.
"""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

SCHEMA = 1
FILE = "learned.yaml"

Verdict = Literal["learned", "weak", "not fitted"]
"""`weak`: fitted, and no better than a baseline on acts held out; `not fitted`: the record lacks what it needs."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Coefficient(_Model):
    """Log-odds (or log-rate) a unit of the feature. `error`: its standard error, threads as clusters; None where it was not had.
    `cap`: 99th percentile of the feature at recorded acts; beyond it the feature counts as the cap. None for a feature of 0 and 1."""

    value: float
    error: float | None = None
    cap: float | None = None


class Interval(_Model):
    """An estimate with its 95 % interval over threads; limits are None where the record cannot give them."""

    est: float
    low: float | None = None
    high: float | None = None


class Score(_Model):
    """Mean log2-probability an act on acts that nothing was fitted to: of a baseline, of the part, and the difference."""

    base: str
    bits_base: float
    bits: float
    gain: Interval
    acts: int
    threads: int


class Part(_Model):
    """One factor of the likelihood of an act."""

    verdict: Verdict
    why: str = ""
    """A sentence: of a weak part what would lift it, of one not fitted what the record lacks."""
    options: int | None = None
    """Most options of a choice; the truth is always among them or counts as somebody or something else."""
    features: dict[str, Coefficient] = {}
    scores: list[Score] = []
    """Against each baseline, the best one last."""
    extra: dict[str, Any] = {}


class RecordTold(_Model):
    """The record that was fitted, in counts. `train_until`: minute from which on acts were held out."""

    posts: int
    threads: int
    authors: int
    unsigned: int
    span_days: float
    train_until: int
    sampled: str = ""
    """What was sampled, where the record was too large for all of it to be fitted."""


class HoleTold(_Model):
    """Minutes in which the record shows less than was written; see `analysis.learned.holes`."""

    first: int
    last: int
    kind: str
    threads: int


class Learned(_Model):
    """The content of learned.yaml."""

    format: Literal[1] = 1
    """The schema of the file, written as `schema`."""
    name: str
    fitted_by: str
    seconds: float
    record: RecordTold
    holes: list[HoleTold] = []
    cannot: list[str] = []
    parts: dict[str, Part] = {}
    forward: dict[str, Any] = {}
    """Rates with which members act in a simulation, as `analysis.learned.forward` fits and reads them."""


def read_learned(path: Path) -> Learned:
    """The content of a learned.yaml. `ValueError` says in one sentence what is wrong with it, `FileNotFoundError` that it is not there."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not yaml: {str(error).splitlines()[0]}") from None
    found = content.get("schema") if isinstance(content, dict) else None
    if found != SCHEMA:
        raise ValueError(
            f"{path} has schema {found!r}, this version reads {SCHEMA}: fit it again with windtunnel fit {path.parent}"
        )
    try:
        return Learned.model_validate(
            {"format": found} | {key: content[key] for key in content if key != "schema"}
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise ValueError(
            f"{path}: {place}: {first['msg']}; fit it again with windtunnel fit {path.parent}"
        ) from None


def write_learned(learned: Learned, path: Path) -> None:
    """Write `learned` as yaml, fields in the order of the class; the whole file or none."""
    content = {"schema": learned.format} | learned.model_dump(exclude={"format"})
    partial = path.with_name(path.name + ".partial")
    said = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    try:
        partial.write_text(said, encoding="utf-8")
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
