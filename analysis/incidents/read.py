"""Reads the tables of a finished run that its incidents are looked for in."""

from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Tables


def read_tables(folder: Folder) -> Tables:
    """The tables of all runs of a folder; `ValueError` where it is no run's, or a table is missing."""
    manifest = folder.read_json(folder.manifest)
    try:
        hours = float(manifest["config"]["community"]["step_hours"])
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{folder.manifest} is not one that `windtunnel run` writes") from None
    events, links, members = (folder.read_table(name) for name in ("events", "links", "members"))
    return Tables(events, links, members, folder.read_counted(), hours)


def looked_in(runs: Tables, run: Mapping[str, Any], where: object) -> Tables:
    """The runs of this draw, seed and arm, as far as they are given (not None); without an arm those of all but the A/A arm.

    `ValueError` for a value that no run of the folder `where` has.
    """
    for name, value in run.items():
        if value is None:
            continue
        if value not in (there := runs.members[name].unique().sort().to_list()):
            few = ", ".join(map(str, there[:10])) + (", …" if len(there) > 10 else "")
            raise ValueError(f"{where} has no {name} {value}: it has {few}")
        runs = runs.of({name: value})
    return runs if run.get("arm") is not None else runs.but("aa")
