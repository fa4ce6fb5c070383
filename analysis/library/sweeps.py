"""`windtunnel run -m` as a call: a list is several values, and each combination is a cell with a folder of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.comparison import Comparison, compare
from windtunnel.analysis.library.runs import read
from windtunnel.analysis.library.settings import words
from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.tunnel import Result

SHOWN = ("n_pairs", "n_draws", "p0", "p1", "rd", "pn", "ps", "backfire")
"""Of a cell's estimates, what stands in the table of a sweep."""


@dataclass(frozen=True)
class Sweep:
    """Finished cells: `folder` holds them, `cells` gives the settings that vary for each cell's folder name."""

    folder: Path
    cells: Mapping[str, Mapping[str, str]]

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Result]:
        """The result of each cell, read when its turn comes."""
        return (read(self.folder / name) for name in self.cells)

    @property
    def table(self) -> pl.DataFrame:
        """A row a cell: what varies, then counts, rates and quantities; null where a cell has no claim."""
        rows = []
        for varied, found in zip(self.cells.values(), self, strict=True):
            made = found.estimates or {}
            rows.append({**varied, **{name: _number(made.get(name)) for name in SHOWN}})
        return pl.DataFrame(rows, infer_schema_length=None)

    def compare(self, **stated: Any) -> Comparison:
        """See `windtunnel.compare`; the cells must differ in their policy alone."""
        return compare(self.folder, **stated)

    def _repr_html_(self) -> str:
        return f"<p>{number(len(self), 'cell')}</p>{self.table._repr_html_()}"


def sweep(
    *settings: str | Mapping[str, Any],
    out: Path | str,
    progress: Callable[[int, int], None] | None = None,
    **named: Any,
) -> Sweep:
    """Run a cell for each combination of the listed values and give them; finished cells are not run again.

    Settings as for `windtunnel.run`, but a list is several values: `policy=["slow_mode", ["slow_mode", "thread_lock"]]` has
    two cells, the second with both on. `progress(done, cells)` is called after each. All cells are checked before the first
    is run; `ValueError` says what is wrong with a setting.

        found = sweep(policy=["slow_mode", "thread_lock"], draws=4, seeds=2, dowhy=False, out="outputs/sweep")
        found.table, found.compare(smallest_effect=0.05)
    """
    from windtunnel.analysis import configuration
    from windtunnel.analysis.folder import Folder
    from windtunnel.analysis.runs.run_folder import fill
    from windtunnel.analysis.sweeps.cells import cell_folder, cells, planned, swept
    from windtunnel.sim.run_cache import Kept

    overrides = configuration.hydra_overrides(words(settings, named, sweep=True), launched=True)
    each, keys, where = cells(overrides, True), swept(overrides), Path(out)
    plans = planned(map(configuration.compose_overrides, each), len(each))
    folders = [cell_folder(where, cell, keys, plan.resolved) for cell, plan in zip(each, plans, strict=True)]
    with Folder(where).held():
        for number, (plan, folder) in enumerate(zip(plans, folders, strict=True)):
            with folder.held():
                fill(plan, folder)
            if progress is not None:
                progress(number + 1, len(plans))
        if not any(folder.is_unfinished() for folder in folders):
            Kept(Folder(where).units).clear_unused()
    varied = [dict(_pair(word) for word in cell if _pair(word)[0] in keys) for cell in each]
    told = [
        {("policy" if key == "treatment" else key): value for key, value in one.items()} for one in varied
    ]
    return Sweep(where, dict(zip((folder.path.name for folder in folders), told, strict=True)))


def _pair(word: str) -> tuple[str, str]:
    key, _, value = word.lstrip("+").partition("=")
    return key, value


def _number(value: Any) -> Any:
    return value["est"] if isinstance(value, Mapping) else value
