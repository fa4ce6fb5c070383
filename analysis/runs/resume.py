"""The same command in the same folder: goes on, or tells the finished answer again; another question is refused."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.folder import COUNTED, TABLES, Folder
from windtunnel.sim.block import Run
from windtunnel.sim.experiment import Unit
from windtunnel.sim.identity import HOW_ASKED, hashed
from windtunnel.sim.minds import asks_a_model
from windtunnel.sim.version import code_sha256

MAY_CHANGE = ("dowhy", "confidence")
"""Settings that change what is written about the runs, but no run; `parallel`, `out` and `dry` are not even recorded."""
WRITTEN_OUT = ("policy_with", "baseline_with")
"""Settings whose values stand, with all defaults, in `policy` and `baseline`."""
Standing = Literal["new", "begun", "finished", "other estimates"]


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a manifest's `config` that decide runs or were declared before them, by their dotted names."""
    plain = json.loads(json.dumps(dict(config), default=str))
    for key in (*WRITTEN_OUT, *_may_change(plain)):
        plain.pop(key, None)
    mind = plain.get("mind", {})
    if not mind or not asks_a_model(mind):
        plain.pop("llm", None)
        plain.pop("prompt", None)
    else:
        by_address = plain["llm"].get("kind") == "openai" and not plain["llm"].get("digest")
        for key in HOW_ASKED:
            if key != "base_url" or not by_address:
                plain["llm"].pop(key, None)
    if "sha256" in mind:
        mind.pop("file", None)
    if "threshold" in plain and isinstance(plain.get("outcome"), dict):
        plain["outcome"]["threshold"] = plain.pop("threshold")
    for side in ("policy", "baseline"):
        specs = plain.pop(side, None) or []
        plain[side] = [name for name, _ in specs]
        plain[f"{side}_with"] = dict(specs)
    return dict(_dotted(plain))


def cell_hash(config: Mapping[str, Any]) -> str:
    """Eight digits that stand for the settings of one cell of a sweep."""
    return hashed(settings_of(config))[:8]


def begun(plan: Plan) -> dict[str, Any]:
    """What `begun.json` says: which question the folder is for."""
    return {"config": dict(plan.resolved), "code_sha256": code_sha256()}


def standing(plan: Plan, folder: Folder) -> Standing:
    """How far the folder is with this plan; `ValueError` if it holds another, naming the first setting that differs.

    A finished run of another version of the code is to be run again. A folder in which no run has finished holds none.
    """
    path = next((path for path in (folder.begun, folder.manifest) if path.is_file()), None)
    if path is None:
        return "new"
    try:
        record = folder.read_json(path)
        before = settings_of(record["config"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "new"  # what a full disk or a stranger left
    if _holds_nothing(folder, path, record):
        return "new"
    now = settings_of(plan.resolved)
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key):
            raise ValueError(
                f"{folder.path} holds a run with {key}={_short(before.get(key))}, and this command says "
                f"{key}={_short(now.get(key))}: give another folder as out=FOLDER, or the old value"
            )
    if path == folder.begun or record.get("failed") or record.get("code_sha256") != code_sha256():
        return "begun"
    counts = bool(plan.experiment.builder().declared.measures)
    if not _is_whole(folder, (*TABLES, COUNTED) if counts else TABLES):
        return "begun"
    told = json.loads(json.dumps({key: plan.resolved.get(key) for key in MAY_CHANGE}))
    same = all(record["config"].get(key) == value for key, value in told.items())
    return "finished" if same and _is_estimated(folder) else "other estimates"


def _holds_nothing(folder: Folder, path: Path, record: Mapping[str, Any]) -> bool:
    """Whether nothing would be lost here: begun without a finished run, or finished with failed ones alone."""
    kept = any(folder.units.glob("*"))
    if path == folder.begun:
        return not kept and not folder.manifest.is_file()
    return not kept and bool(record.get("failed")) and record.get("failed") == record.get("runs")


def _may_change(config: Mapping[str, Any]) -> list[str]:
    """`MAY_CHANGE`, less the confidence where a rule stops the run by it."""
    stopped = (config.get("stop") or {}).get("precision") is not None
    return [key for key in MAY_CHANGE if key != "confidence" or not stopped]


def runs_of(folder: Folder) -> list[Run]:
    """The runs of a finished folder, in order, as they were before their tables were written."""
    runs = folder.read_table("runs")
    tables = {name: folder.read_table(name) for name in ("events", "members", "links")}
    tables[COUNTED] = folder.read_counted()
    parts = {
        name: table.partition_by("draw", "seed", "arm", as_dict=True, maintain_order=True)
        for name, table in tables.items()
    }
    empty = {name: table.clear() for name, table in tables.items()}
    found = []
    for row in runs.iter_rows(named=True):
        unit = Unit(row["draw"], row["seed"], row["arm"])
        events, members, links, measures = (parts[name].get(tuple(unit), empty[name]) for name in parts)
        found.append(
            Run(
                unit,
                row["status"],
                row["stage"],
                row["reason"],
                row["decisions"],
                events,
                members,
                links,
                row["events_sha256"],
                measures,
            )
        )
    return found


def _is_whole(folder: Folder, tables: Sequence[str]) -> bool:
    """Whether every table that a finished run writes is there and can be read."""
    try:
        return all(pl.scan_parquet(folder.table(name), glob=False).collect_schema() for name in tables)
    except (OSError, pl.exceptions.PolarsError):
        return False


def _is_estimated(folder: Folder) -> bool:
    """Whether the estimates are there and can be read, or no pair is complete, so that there are none."""
    try:
        return bool(folder.read_json(folder.estimates))
    except ValueError:
        return folder.read_table("pairs").drop_nulls(["y_baseline", "y_policy"]).is_empty()


def _dotted(tree: Mapping[str, Any], prefix: str = "") -> Any:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _dotted(value, f"{prefix}{key}.")
        else:
            yield prefix + str(key), value


def _short(value: Any) -> str:
    text = (
        "nothing" if value is None else ",".join(map(str, value)) if isinstance(value, list) else str(value)
    )
    return text if len(text) <= 60 else f"{text[:57]}…"
