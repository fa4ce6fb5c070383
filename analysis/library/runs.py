"""`windtunnel run` as a call: settings in, frames out, and the same folder where one is named."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from windtunnel.analysis.library.settings import words
from windtunnel.analysis.tunnel import Result, run_plan
from windtunnel.sim.watch import Progress


def run(
    *settings: str | Mapping[str, Any],
    out: Path | str | None = None,
    progress: Progress | None = None,
    **named: Any,
) -> Result:
    """Run both arms of one experiment and give its tables, estimates and manifest.

    Settings are those of `windtunnel list settings`, as keywords, as dictionaries for those with a point in their name, or
    as the command line's words. A list of policies is one treatment. With `out` the folder is what `windtunnel run out=…`
    makes of it: finished runs in it are not simulated again, another question is refused, the report is left to
    `windtunnel report`. `ValueError` says what is wrong with a setting.

        found = run(policy="slow_mode", draws=4, seeds=2, dowhy=False)
        found = run({"community.size": 80}, policy=["slow_mode", "thread_lock"], policy_with={"slow_mode": {"hours": 6}})
        found.estimates["rd"], found.events, found.plot()
    """
    from windtunnel.analysis.configuration import compose, plan
    from windtunnel.analysis.folder import Folder
    from windtunnel.analysis.runs.run_folder import fill

    made = plan(compose(words(settings, named)))
    if made.dry:
        raise ValueError("dry=true runs nothing and has no result: ask `windtunnel run dry=true`")
    if out is None:
        return run_plan(made, progress)
    folder = Folder(out)
    with folder.held():
        fill(made, folder, progress)
        return read(out)


def read(out: Path | str) -> Result:
    """What a finished run left in its folder."""
    from windtunnel.analysis.folder import COUNTED, TABLES, Folder

    folder = Folder(out)
    tables = {name: folder.read_table(name) for name in TABLES} | {COUNTED: folder.read_counted()}
    estimates = folder.read_json(folder.estimates) if folder.estimates.is_file() else None
    return Result(**tables, estimates=estimates, manifest=folder.read_json(folder.manifest))
