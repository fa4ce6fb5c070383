"""A finished run once more from its manifest alone, and where the two first differ."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from windtunnel.analysis import configuration
from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.runs.plan_from_manifest import plan_again
from windtunnel.analysis.runs.run_card import experiment_of
from windtunnel.analysis.tunnel import Result
from windtunnel.sim.events import SCHEMA
from windtunnel.sim.identity import HOW_ASKED
from windtunnel.sim.minds import asks_a_model, mind_kind
from windtunnel.sim.run import first_divergence

HERE = ("store", "serve_args", *HOW_ASKED)
"""Settings of a language model that are taken from this machine's command, never from a manifest: they name paths,
programs, addresses and keys. Without them the shipped defaults hold."""
MAY_BE_SET = ("mind.file", "out", *(f"llm.{key}" for key in HERE), "parallel.jobs", "parallel.worlds")


def plan_of(manifest: Mapping[str, Any], words: Sequence[str], *, whole: bool) -> Plan:
    """The plan of a manifest, with this machine's own settings in `words` (key=value).

    Without `whole` it leaves out what touches no event: DoWhy, the noise floor, the independent A/A run. `ValueError` for
    a manifest that does not say enough, or a setting that is the manifest's to say.
    """
    for word in words:
        key = word.partition("=")[0]
        if key not in MAY_BE_SET and not key.startswith("llm.weights."):
            raise ValueError(
                f"{word!r} would make it another run: rerun takes settings of this machine alone, such as out, mind.file, "
                "llm.base_url, llm.store or parallel.jobs"
            )
    recorded = experiment_of(manifest)
    mind = dict(recorded.mind)
    given = dict(word.partition("=")[::2] for word in words)
    if mind_kind(mind["name"]).by_file:
        if "mind.file" not in given:
            raise ValueError(
                f"this run's members decided by a distilled mind with SHA-256 {str(mind.get('sha256'))[:16]}…: "
                "give its file as mind.file=FILE"
            )
        mind["file"] = given["mind.file"]
    if not whole and asks_a_model(mind):
        mind |= {"drift_sample": 0, "independent_aa": False}
    config = dict(manifest["config"])
    kind = str(config["llm"].get("kind"))
    mine = configuration.compose([f"llm={kind}", *(word for word in words if not word.startswith("mind."))])
    llm = {key: value for key, value in config["llm"].items() if key not in HERE}
    if config["llm"].get("store") == "none":
        llm["store"] = "none"
    config |= {"mind": mind, "llm": {**mine["llm"], **llm}, "dowhy": whole and config["dowhy"]}
    try:
        made = plan_again({**manifest, "config": config})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the manifest holds a setting of another kind than ours ({error})") from None
    if made.experiment.mind.get("sha256") != recorded.mind.get("sha256"):
        raise ValueError(
            f"{mind['file']} is another distilled mind than the run's, whose SHA-256 is {recorded.mind['sha256']}"
        )
    asked = configuration.plan(mine | {"mind": {**mine["mind"]}})
    return replace(
        made,
        experiment=replace(recorded, mind=made.experiment.mind),
        jobs=asked.jobs,
        worlds=asked.worlds,
        resolved=made.resolved if whole else manifest["config"],
    )


def compared(before: Mapping[str, Any], folder: Folder, result: Result) -> dict[str, Any]:
    """What `windtunnel rerun --json` says: `identical`, else the `first` run and step that differ, and what else does.

    `first` is null where the folder holds no tables of the first run any more.
    """
    now = result.manifest
    known = before["llm"].get("weights_sha256") and now["llm"].get(
        "weights_sha256"
    )  # then any server will do
    versions = {
        name: [before.get("versions", {}).get(name), now["versions"].get(name)]
        for name in sorted(now["versions"].keys() | before.get("versions", {}).keys())
    }
    return {
        "identical": before["events_sha256"] == now["events_sha256"],
        "runs": now["runs"],
        "failed": [before["failed"], now["failed"]],
        "events_sha256": [before["events_sha256"], now["events_sha256"]],
        **(_differences(folder, result) if before["events_sha256"] != now["events_sha256"] else {}),
        "same_code": before.get("code_sha256") == now["code_sha256"],
        "versions": {name: pair for name, pair in versions.items() if pair[0] != pair[1]},
        "model": {
            key: [before["llm"].get(key), now["llm"].get(key)]
            for key in ("model", "weights_sha256", "template", *(() if known else ("server",)))
            if before["llm"].get(key) != now["llm"].get(key)
        },
    }


def _differences(folder: Folder, result: Result) -> dict[str, Any]:
    """How many runs differ, and the first of them with the first step in which it does."""
    try:
        theirs = folder.read_table("runs")
    except ValueError:
        return {"differ": None, "first": None}
    names = ["draw", "seed", "arm"]
    kinds = {"draw": pl.Int32, "seed": pl.Int32, "arm": pl.String, "events_sha256": pl.String}
    both = (
        theirs.select(*names, "events_sha256")
        .cast(kinds)  # type: ignore[arg-type]
        .join(result.runs.select(*names, "events_sha256"), on=names, how="full", coalesce=True, suffix="_now")
        .filter(~pl.col("events_sha256").eq_missing(pl.col("events_sha256_now")))
        .sort(names)
    )
    if both.is_empty():
        return {"differ": 0, "first": None}
    first = both.row(0, named=True)
    unit = {name: first[name] for name in names}
    return {"differ": len(both), "first": unit | {"step": _step(folder, result, unit)}}


def _step(folder: Folder, result: Result, unit: Mapping[str, Any]) -> int | None:
    """The first step in which one run differs; None where its events are gone."""
    try:
        theirs = folder.read_table("events").filter(**unit).select(list(SCHEMA))
    except (ValueError, pl.exceptions.PolarsError):
        return None
    return first_divergence(theirs, result.events.filter(**unit))
