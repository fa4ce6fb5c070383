"""The report of a run: one page that whoever runs a community and a designer can read, as HTML and as Markdown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from windtunnel.analysis.folder import Folder

__all__ = ["write_pairs_report", "write_report"]


def write_report(folder: Folder) -> Path:
    """Write report.html and report.md from the other files of a finished run; gives the page's path."""
    from windtunnel.analysis.report.content import run_report

    tables = {name: folder.read_table(name) for name in ("runs", "events", "members")}
    tables["measures"] = folder.read_counted()
    estimates, manifest = folder.read_json(folder.estimates), folder.read_json(folder.manifest)
    return _write(folder, run_report(estimates, manifest, **tables))


def write_pairs_report(folder: Folder, record: Mapping[str, Any]) -> Path:
    """The same from estimates alone, where somebody brought a table of pairs."""
    from windtunnel.analysis.report.content import pairs_report

    return _write(folder, pairs_report(record))


def _write(folder: Folder, document: Any) -> Path:
    from windtunnel.analysis.report.page import page
    from windtunnel.analysis.report.text import markdown

    folder.write_text(folder.report_text, markdown(document))
    folder.write_text(folder.report, page(document))
    return folder.report
