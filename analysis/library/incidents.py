"""`windtunnel incidents` and `windtunnel why` as calls: a folder in, a frame or an answer out."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.library.settings import words
from windtunnel.analysis.why.answered import Answer

Rules = Mapping[str, float]


def incidents(
    out: Path | str,
    *,
    kind: str | None = None,
    draw: int | None = None,
    seed: int | None = None,
    arm: str | None = None,
    rules: Rules | None = None,
) -> pl.DataFrame:
    """What went wrong in a finished run or an imported community: a row an incident, the worst of its kind first.

    `out` is the folder of `windtunnel run` or of `windtunnel import`. `rules` are other numbers than those of `conf/incident`, as
    `{"escalation.threshold": 2}`. Columns are `id` (which `why` takes), `kind`, `draw`, `seed`, `arm`, `place`, `member`, `onset`,
    `reached` and `peak` (steps; of a record minutes), `severity`, `members`, `shown`. `ValueError` says what is wrong.

        found = incidents("outputs/mine", kind="escalation")
        why("outputs/mine", found["id"][0], with_="slow_mode").sentences
    """
    from windtunnel.analysis.commands import incidents as command

    asked = _asked(command, [str(out)], kind=kind, draw=draw, seed=seed, arm=arm, rule=_ruled(rules))
    rows = [one._asdict() for one in command.listed(asked)]
    texts = {"members", "shown"}
    told = [{key: list(value) if key in texts else value for key, value in row.items()} for row in rows]
    return pl.DataFrame(told, schema=list(Incident._fields), infer_schema_length=None)


def why(
    out: Path | str,
    incident: str,
    *,
    with_: str | None = None,
    without: str | None = None,
    param: Mapping[str, Any] | None = None,
    at: str | int | None = None,
    replicates: int = 100,
    moments: int = 0,
    rules: Rules | None = None,
    settings: Mapping[str, Any] | None = None,
    **more: Any,
) -> Answer:
    """Would this incident have happened otherwise? The answer of `windtunnel why`, with its record, sentences and page.

    `incident` is an id of `incidents`, how one begins, or a kind for its worst. Ask about one thing: `with_` a policy (its
    parameters in `param`), `without` one that was on, or an act: `suspend="12"`, and in a forum `lock=True`, `remove=812`,
    `warn="12"`. `at` is the moment ("onset", "onset-2", a step). Other keywords are the options of the command, as
    `rank=4`, `draw=0`; `settings` are those of an import, as `{"mind": "llm"}`. `ValueError` says what is wrong with them.

        answer = why("outputs/mine", "escalation", lock=True, at="onset", replicates=40)
        print(*answer.sentences, sep="\\n")
        answer.record["table"], answer.page("incident.html")
    """
    from windtunnel.analysis.commands import why as command

    given = {
        "with_": with_,
        "without": without,
        "param": words([], param or {}),
        "at": None if at is None else str(at),
        "replicates": replicates,
        "moments": moments,
        "rule": _ruled(rules),
        "set": words([], settings or {}),
    }
    for name in ("suspend", "warn"):
        if name in more and more[name] is not None:
            more[name] = str(more[name])
    return command.answered(_asked(command, [str(out), incident], **given, **more))


def _asked(command: Any, places: list[str], **given: Any) -> argparse.Namespace:
    """The command's words as its parser would read them; `TypeError` for a keyword that it has no option for."""
    parser = argparse.ArgumentParser()
    command.describe(parser)
    known = {action.dest for action in parser._actions} - {"help", "html", "json", "most"}
    if stray := sorted(set(given) - known):
        raise TypeError(f"there is no keyword {stray[0]!r}: choose from {', '.join(sorted(known))}")
    asked = parser.parse_args(["--", *places])
    for name, value in given.items():
        setattr(asked, name, value)
    return asked


def _ruled(rules: Rules | None) -> list[str]:
    return [f"{name}={value:g}" for name, value in (rules or {}).items()]
