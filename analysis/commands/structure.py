"""`windtunnel structure`: published measures of a place's weeks, their bands, and whether its threads can be told from others."""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Example: windtunnel structure outputs/mine --against out/mine. Bands are the 5th and 95th percentiles of the real "
        "place's own spans."
    )
    parser.add_argument("out", help="output folder of `windtunnel import` or of `windtunnel run`")
    parser.add_argument(
        "--against", metavar="IMPORTED", help="the imported community that a run is held against"
    )
    parser.add_argument("--days", type=float, default=7.0, help="length of a span in days (7)")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.folder import Folder
    from windtunnel.analysis.structure.place import compared, of_itself
    from windtunnel.analysis.structure.posts import is_import

    if not asked.days > 0:
        raise ValueError(f"--days is {asked.days:g}: give a number of days above 0")
    if is_import(Path(asked.out)):
        if asked.against:
            raise ValueError(
                "--against goes with the folder of a run: an imported community is held against its own spans"
            )
        found = of_itself(Folder(asked.out), asked.days)
    else:
        if not asked.against:
            raise ValueError("say which imported community the run is held against: --against IMPORTED")
        found = compared(Folder(asked.out), Folder(asked.against), asked.days)
        found["kept"] = _keep(found, Folder(asked.out), Path(asked.against))
    if asked.json:
        print_json(_finite(found))
    else:
        _print(found)
    return OK


def _print(found: dict[str, Any]) -> None:
    simulated = "simulated" in found["measures"][0]
    rows = []
    for row in found["measures"]:
        shown = {"measure": row["said"] + (" *" if row["published"] else ""), "real": _number(row["real"])}
        none = math.isnan(row["low"])
        shown["band"] = "-" if none else f"{_number(row['low'])} to {_number(row['high'])}"
        if simulated:
            shown |= {
                "simulated": _number(row["simulated"]),
                "": "-" if none else "in" if row["inside"] else "out",
            }
        rows.append(shown)
    print_table(rows)
    told = found["sentences"]
    if found.get("kept"):
        told = [*told, f"Kept in {found['kept']}: reports of later runs with these members say so."]
    print(plain("\n" + "\n".join(told)))


def _keep(found: dict[str, Any], run: Any, real: Path) -> str | None:
    """Keep what was found beside the record; the file's path, or None where nothing can be written there."""
    from windtunnel.analysis.structure.kept import keep, row_of

    row = row_of(run.read_json(run.manifest)["config"], found, real.resolve().name)
    try:
        return str(keep(row, real))
    except OSError as error:
        print(f"Not kept for reports: {real} cannot be written ({error.strerror}).", file=sys.stderr)
        return None


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _finite(content: Any) -> Any:
    """The same with null for what could not be measured."""
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and math.isnan(content) else content
