"""What `windtunnel structure` found of a community's members, kept in `structure.yaml` for the descriptive line of reports."""

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from windtunnel.sim.minds import asks_a_model

FILE = "structure.yaml"
"""Beside the record's profile; one of shipped profiles would lie in `conf`."""
NOT_THEIRS = ("size", "learned")
"""Of a community's settings those that say nothing of what its members are like."""
LAW = ("forward", "start", "weeks_before", "steps_an_hour", "law")
"""Of learned members what their acts follow from."""
NOT_DECIDING = ("drift_sample", "independent_aa", "calibration", "priors", "minute", "file", "sha256")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Apart(_Model):
    """AUC of telling simulated threads from real ones, with its interval, and how many there were of each."""

    auc: float
    low: float
    high: float
    real: int
    other: int


class Row(_Model):
    """One comparison. `members` is `members_key` of the run's configuration."""

    members: str
    mind: str
    start: str | None
    """Of learned members: cold or warm."""
    profile: str
    record: str
    """Name of the community whose spans the bands are of."""
    size: int
    runs: int
    days: float
    spans: int
    simulated_spans: int
    published: tuple[int, int]
    """How many of the published measures lie in their band, of how many."""
    all: tuple[int, int]
    classifier: Apart | None


class Kept(_Model):
    """The content of structure.yaml."""

    format: Literal[1] = 1
    rows: list[Row] = []


def members_key(config: Mapping[str, Any]) -> str:
    """What decides how members act, of a manifest's `config`, as a hash: other rules, profiles, laws or models have another."""
    community, mind = config["community"], config["mind"]
    learned = community.get("learned") or {}
    told = {
        "community": {key: value for key, value in community.items() if key not in NOT_THEIRS},
        "learned": {key: learned[key] for key in LAW if key in learned},
        "mind": {key: value for key, value in mind.items() if key not in NOT_DECIDING},
    }
    if asks_a_model(mind):
        asked = config.get("llm") or {}
        told["llm"] = {key: asked.get(key) for key in ("kind", "model")} | {"prompt": config.get("prompt")}
    content = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def row_of(config: Mapping[str, Any], found: Mapping[str, Any], record: str) -> Row:
    """What `structure.place.compared` found of a run with this `config`, as it is kept."""
    inside, classifier = found["inside"], found["classifier"]
    community = config["community"]
    return Row(
        members=members_key(config),
        mind=str(config["mind"]["name"]),
        start=(community.get("learned") or {}).get("start"),
        profile=str((community.get("profile") or {}).get("name")),
        record=record,
        size=int(community["size"]),
        runs=found["runs"],
        days=found["days"],
        spans=found["spans"],
        simulated_spans=found["simulated_spans"],
        published=(inside["published"], inside["of_published"]),
        all=(inside["all"], inside["of_all"]),
        classifier=None if classifier is None else Apart(**_rounded(classifier)),
    )


def _rounded(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in told.items()}


def keep(row: Row, folder: Path) -> Path:
    """Write the row into the folder's structure.yaml, in place of what was known of the same members; the whole file or none."""
    path = folder / FILE
    others = [one for one in read_kept(path).rows if one.members != row.members]
    content = {"schema": 1, "rows": [one.model_dump(mode="json") for one in (*others, row)]}
    partial = path.with_name(path.name + ".partial")
    partial.write_text(
        yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8"
    )
    partial.replace(path)
    return path


def read_kept(path: Path) -> Kept:
    """The content of a structure.yaml, nothing where there is none; `ValueError` says what is wrong with it."""
    if not path.is_file():
        return Kept()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Kept.model_validate({"format": content["schema"], "rows": content["rows"]})
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, ValidationError):
        raise ValueError(
            f"{path} is no file of `windtunnel structure`: remove it, and run that again"
        ) from None


def described(config: Mapping[str, Any], folder: Path | None, lift: bool = False) -> dict[str, str]:
    """What is known of how far these members are like those of a record: `descriptive`, or `unmeasured` where nothing is.

    `folder` is the imported community's, if it is one. Nothing is measured here: where it was not, the command is named. With `lift`
    it is said what would make weak tones better.
    """
    community = config["community"]
    profile = (community.get("profile") or {}).get("name")
    who = f"members by {config['mind']['name']}" + (f" on the profile {profile}" if profile else "")
    bits = (community.get("learned") or {}).get("descriptive") or ""
    row, lacking = _found(config, folder)
    if not bits and row is None:
        return {"unmeasured": f"{who}: {lacking}"}
    weeks = lacking if row is None else sentence(row)
    scored = (
        f"{bits}{_lift(bits, folder) if lift else ''}" if bits else "which acts they foretell was not scored"
    )
    return {"descriptive": f"{who}: {scored}; {weeks}"}


def _lift(bits: str, folder: Path | None) -> str:
    """What would lift weak tones, which are told last, where they are not all set by hand already."""
    weak = bits.rpartition("; ")[2].startswith("tone ") and bits.endswith("(weak)")
    if not weak or folder is None or not (folder / "posts.parquet").is_file():
        return ""
    from windtunnel.analysis.learned.scored import BETTER_TONES
    from windtunnel.analysis.tones.by_hand import all_by_hand

    return "" if all_by_hand(pl.scan_parquet(folder / "posts.parquet")) else f"; {BETTER_TONES}"


def _found(config: Mapping[str, Any], folder: Path | None) -> tuple[Row | None, str]:
    """The row of these members; where there is none, a sentence on what would measure it."""
    try:
        own = read_kept(folder / FILE).rows if folder else []
    except ValueError as error:
        return None, str(error)
    key = members_key(config)
    for row in (*own, *read_kept(_shipped()).rows):
        if row.members == key:
            return row, ""
    was = "was measured of other members or of an earlier fit, not of these" if own else "was not measured"
    against = folder.name if folder else "IMPORTED"
    return (
        None,
        f"how much their weeks look like real ones {was} (windtunnel structure RUN --against {against})",
    )


def _shipped() -> Path:
    return Path(str(files("windtunnel.conf"))) / FILE


def sentence(row: Row) -> str:
    """
    >>> sentence(Row(members="", mind="rules", start=None, profile="p", record="mine", size=400, runs=6, days=7.0, spans=22,
    ...     simulated_spans=6, published=(4, 11), all=(6, 19), classifier=None))
    'of their simulated spans of 7 days (6, with 400 members) 4 of 11 published measures and 6 of all 19 lie in the band of the 22 of mine; too few threads for a classifier'
    """
    start = f", {row.start} start" if row.start else ""
    told = (
        f"of their simulated spans of {row.days:g} days ({row.simulated_spans}, with {row.size:,} members{start}) {row.published[0]} of "
        f"{row.published[1]} published measures and {row.all[0]} of all {row.all[1]} lie in the band of the {row.spans} of {row.record}"
    )
    if row.classifier is None:
        return f"{told}; too few threads for a classifier"
    found = row.classifier
    return (
        f"{told}; a classifier tells their threads ({found.other:,}) from real ones ({found.real:,}) with AUC {found.auc:.2f} "
        f"[{found.low:.2f}, {found.high:.2f}], where .5 means not at all"
    )
