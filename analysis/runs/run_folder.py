"""One folder filled with one run: what is finished in it stays, the rest is simulated, and every file is written but the report."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.runs.resume import begun, standing
from windtunnel.analysis.tunnel import analysed_again, run_plan, write_again, write_result
from windtunnel.sim.run_cache import Kept
from windtunnel.sim.watch import Progress

FINISHED = "Nothing was run: this folder holds the finished run."


def fill(plan: Plan, folder: Folder, progress: Progress | None = None) -> str | None:
    """Fill the folder, which must be held; gives what was not simulated now, in words, None where everything was.

    `ValueError` if the folder holds another question. Finished runs are kept until the manifest is there, and longer
    where some failed or where cells of a sweep share them.
    """
    state = standing(plan, folder)
    if state == "finished":
        _clear(folder)
        return FINISHED
    if state == "other estimates":
        write_again(analysed_again(plan, folder), folder)
        return "Nothing was run: the finished runs were estimated again."
    with _begun(plan, folder):
        result = run_plan(plan, progress, Kept(folder.units))
    write_result(result, folder)
    folder.begun.unlink(missing_ok=True)
    if not result.failed:
        _clear(folder)
    return _origin(result.manifest["units"])


@contextmanager
def _begun(plan: Plan, folder: Folder) -> Iterator[None]:
    """The folder is marked as begun; a command that is refused before any run has finished takes its mark back.

    Else the corrected command would be told that the folder is of another question.
    """
    before = folder.begun.is_file(), set(folder.units.glob("*"))
    folder.write_json(folder.begun, begun(plan))
    try:
        yield
    except (ValueError, ImportError):
        if before == (False, set(folder.units.glob("*"))):
            folder.begun.unlink(missing_ok=True)
        raise


def _clear(folder: Folder) -> None:
    """Remove the kept runs of a folder that is finished; those that cells of a sweep share go with the sweep."""
    if not folder.shares_units and not folder.is_unfinished():
        Kept(folder.units).clear_unused()


def _origin(units: Mapping[str, int]) -> str | None:
    """Which runs were not simulated by this command; None where all were."""
    told = [
        f"{units[name]} runs were {how}"
        for name, how in (("kept", "there from before"), ("shared", "taken from another cell of the sweep"))
        if units[name]
    ]
    return f"{' and '.join(told)}; {units['run']} were run now." if told else None
