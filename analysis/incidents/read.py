"""Reads the tables of a finished run that its incidents are looked for in."""

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
