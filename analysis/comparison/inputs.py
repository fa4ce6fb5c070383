"""Finished runs as `compare` reads them: one record a policy, checked to differ in the policy alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.causal.pairs import check_pairs, complete
from windtunnel.analysis.comparison.groups import declared_of, group_means, member_changes, shared_out
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.model_commands import calibration_words
from windtunnel.analysis.numbers_in_words import words
from windtunnel.analysis.outcomes import known_outcomes
from windtunnel.analysis.report.costs import forced_outcomes
from windtunnel.analysis.report.measures import never_acted, side_by_side
from windtunnel.analysis.summary import declared_effects, fidelity, specs
from windtunnel.policies.registry import summary

SHARED = ("community", "draws", "seeds", "root", "steps", "outcome", "threshold", "baseline", "mind")
"""Settings that runs must share to be compared; with a language model its own and the form of question too."""
ASKED = ("llm", "prompt")
Spec = tuple[str, dict[str, Any]]


class Tested(NamedTuple):
    """One policy against the baseline, reduced to what a comparison needs."""

    name: str
    specs: tuple[Spec, ...]
    folder: str
    pairs: pl.DataFrame
    """draw, seed, y0, y1 of the complete pairs."""
    measures: pl.DataFrame
    """draw, seed, outcome, baseline, policy: every outcome of the pairs that have it in both arms."""
    groups: pl.DataFrame
    """See `groups.group_means`."""
    spread: dict[str, Any]
    """See `groups.shared_out`."""
    lost: int = 0
    claim_reason: str | None = None
    """Why the run itself makes no claim; None where it does."""
    by_construction: bool = False
    forced: tuple[str, ...] = ()
    coupling: str = "not stated"
    doubts: tuple[str, ...] = ()
    what: str = ""
    """What the treatment is, with its parameters, in a sentence."""
    idle: str | None = None
    """In how many pairs it did nothing; None where it acted in all."""


class Inputs(NamedTuple):
    """The policies in the order given, and what they share."""

    tested: list[Tested]
    config: Mapping[str, Any]
    outcome: Mapping[str, Any]
    direction: str
    left_out: list[str]
    fidelity: tuple[str, ...] = ()
    """How far the runs' model was compared with a real community, each sentence once."""


def read_inputs(paths: Sequence[Path | str] | Path | str) -> Inputs:
    """The runs at `paths`, a sweep folder standing for its cells; `ValueError` names the first difference."""
    if isinstance(paths, str | Path):
        paths = [paths]
    folders, left_out = [], []
    for folder, of_sweep in _folders(paths):
        if folder.estimates.is_file() or not of_sweep:
            folders.append(_checked(folder))
        else:
            left_out.append(f"{folder.path.name} is left out: no pair of that run is complete.")
    left_out += [
        f"{cell} is left out: it is not finished; the same command as before goes on."
        for path in paths
        for cell in Folder(path).cells_without_a_result()
    ]
    if not folders:
        raise ValueError(
            " ".join(left_out)
            or "no finished run was given: give the output folders of at least one `windtunnel run`"
        )
    manifests = [folder.read_json(folder.manifest) for folder in folders]
    records = [folder.read_json(folder.estimates) for folder in folders]
    for folder, manifest in zip(folders, manifests, strict=True):
        if not isinstance(manifest.get("config"), dict):
            raise ValueError(f"{folder.manifest} holds no config: it is not of this version of windtunnel")
    _check_shared([str(folder.path) for folder in folders], manifests)
    found = [_specs(manifest) for manifest in manifests]
    names = names_of(found, [str(folder.path) for folder in folders])
    tested = [
        _tested(name, one, folder, manifest, record)
        for name, one, folder, manifest, record in zip(names, found, folders, manifests, records, strict=True)
    ]
    _check_baseline(folders)
    lines = [line for told in (fidelity, declared_effects) for record in records for line in told(record)]
    told = tuple(dict.fromkeys(lines))
    first = manifests[0]
    return Inputs(tested, first["config"], first["outcome"], records[0]["direction"], left_out, told)


def names_of(found: Sequence[tuple[Spec, ...]], folders: Sequence[str]) -> list[str]:
    """What to call each treatment: its policies in words, and the parameters in which namesakes differ.

    >>> names_of([(("slow_mode", {"hours": 3}),), (("slow_mode", {"hours": 6}),)], ["a", "b"])
    ['slow mode (hours 3)', 'slow mode (hours 6)']
    """
    plainly = [words(specs(one)) or "no policy" for one in found]
    names = []
    for at, (mine, said) in enumerate(zip(found, plainly, strict=True)):
        others = [other for there, other in enumerate(found) if there != at and plainly[there] == said]
        if mine in others:
            twin = next(there for there, other in enumerate(found) if there != at and other == mine)
            raise ValueError(
                f"{folders[min(at, twin)]} and {folders[max(at, twin)]} hold the same policy, {said}, with the "
                "same parameters: give each once"
            )
        several = len(mine) > 1
        differing = [
            f"{words(name) + ' ' if several else ''}{words(key)} {_short(value)}"
            for place, (name, given) in enumerate(mine)
            for key, value in given.items()
            if any(other[place][1].get(key) != value for other in others)
        ]
        names.append(f"{said} ({', '.join(differing)})" if differing else said)
    return names


def first_difference(one: Any, other: Any, key: str) -> tuple[str, Any, Any] | None:
    """The first setting in which two configurations differ: its dotted name and both values."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in [*one, *(name for name in other if name not in one)]:
            found = first_difference(one.get(name), other.get(name), f"{key}.{name}")
            if found:
                return found
        return None
    return None if one == other else (key, one, other)


def _folders(paths: Sequence[Path | str]) -> Iterator[tuple[Folder, bool]]:
    """Each folder of a run, and whether it was found inside a sweep."""
    for path in map(Path, paths):
        cells = sorted((inner.parent for inner in path.glob("*/manifest.json")), key=_by_number)
        if (path / "manifest.json").is_file() or not (cells or Folder(path).cells_without_a_result()):
            yield Folder(path), False
        else:
            yield from ((Folder(cell), True) for cell in cells)


def _by_number(cell: Path) -> list[str | float]:
    """Cells in the order of a parameter's values: 2 before 16."""
    parts = re.split(r"(\d+(?:\.\d+)?)", cell.name)
    return [float(part) if place % 2 else part for place, part in enumerate(parts)]


def _checked(folder: Folder) -> Folder:
    if not folder.path.is_dir():
        raise ValueError(
            f"there is no folder {folder.path}: give the output folder of a finished `windtunnel run`"
        )
    if folder.manifest.is_file() and not folder.estimates.is_file():
        raise ValueError(f"{folder.path} holds no estimates: no pair of that run is complete; leave it out")
    return folder


def _specs(manifest: Mapping[str, Any]) -> tuple[Spec, ...]:
    return tuple((str(name), dict(given)) for name, given in manifest["config"]["policy"])


def _check_shared(paths: list[str], manifests: list[dict[str, Any]]) -> None:
    first = manifests[0]["config"]
    asked = calibration_words.asked(manifests[0].get("llm") or {})
    for path, manifest in zip(paths[1:], manifests[1:], strict=True):
        for key in (*SHARED, *(ASKED if asked else ())):
            found = first_difference(first.get(key), manifest["config"].get(key), key)
            if found:
                name, mine, yours = found
                raise ValueError(
                    f"these runs cannot be compared: {name} is {_short(mine)} in {paths[0]} and {_short(yours)} "
                    f"in {path}; run both with the same"
                )


def _check_baseline(folders: list[Folder]) -> None:
    """`ValueError` where the baseline of one run came out otherwise than that of the first, on common seeds."""

    def baseline(folder: Folder) -> pl.DataFrame:
        runs = folder.read_table("runs")
        return runs.filter(pl.col("arm") == "baseline", pl.col("status") == "ok").select(
            "draw", "seed", "events_sha256"
        )

    first = baseline(folders[0])
    for folder in folders[1:]:
        both = first.join(baseline(folder), on=["draw", "seed"])
        odd = int((both["events_sha256"] != both["events_sha256_right"]).sum())
        if odd:
            raise ValueError(
                f"the baselines of {folders[0].path} and {folder.path} differ in {odd} of {len(both)} pairs though "
                "their settings agree: run both with the same version of windtunnel and, for a language model, "
                "the same llm.store"
            )


def _tested(
    name: str, found: tuple[Spec, ...], folder: Folder, manifest: Mapping[str, Any], record: Mapping[str, Any]
) -> Tested:
    pairs = complete(check_pairs(folder.read_table("pairs"))).select("draw", "seed", "y0", "y1")
    found_of = declared_of(manifest.get("config") or {})
    changes = member_changes(_members(folder), pairs, found_of)
    runs = folder.read_table("runs")
    return Tested(
        name,
        found,
        str(folder.path),
        pairs,
        _measures(runs),
        group_means(_members(folder), pairs, found_of),
        shared_out(changes),
        lost=int(record.get("n_lost") or 0),
        claim_reason=_reason(record),
        by_construction=bool(record.get("by_construction")),
        forced=tuple(sorted(forced_outcomes(record, manifest))),
        coupling=str(record.get("coupling", "not stated")),
        doubts=tuple(_doubts(manifest, record)),
        what=what_it_is(found),
        idle=never_acted(runs, name) if found else None,
    )


def what_it_is(found: Sequence[Spec]) -> str:
    """What a treatment is, in a sentence a policy, with the parameters that it was run with.

    >>> what_it_is([("slow_mode", {"hours": 3, "start": 0, "stop": None})])
    'A member who has just written must wait before writing again (hours 3).'
    """
    said = []
    for name, given in found:
        try:
            told = summary(name).rstrip(".")
        except ValueError:  # an out-of-tree policy that this installation lacks
            told = words(name)
        usual = {"start": 0, "stop": None}
        own = [
            f"{words(key)} {_short(value)}" for key, value in given.items() if value != usual.get(key, key)
        ]
        said.append(f"{told} ({', '.join(own)})." if own else f"{told}.")
    return " ".join(said) or "Nothing is changed."


def _reason(record: Mapping[str, Any]) -> str | None:
    """Why no claim can be made of this run here; None where one can."""
    if record.get("claim") == "withheld":
        return str(record.get("claim_reason"))
    if record.get("stopping"):
        return (
            "a stopping rule chose its draws, and the intervals here are for a number of draws fixed before"
        )
    return None


def _measures(runs: pl.DataFrame) -> pl.DataFrame:
    parts = [
        side_by_side(runs, name).select("draw", "seed", pl.lit(name).alias("outcome"), "baseline", "policy")
        for name in known_outcomes()
        if name in runs.columns
    ]
    return pl.concat(parts)


def _members(folder: Folder) -> pl.LazyFrame:
    """The members of both arms, read when asked; `ValueError` where the file is absent or broken."""
    path = folder.table("members")
    if not path.is_file():
        raise ValueError(
            f"{folder.path} holds no {path.name}: give the output folder of a finished `windtunnel run`"
        )
    try:
        frame = pl.scan_parquet(path, glob=False)
        frame.collect_schema()
    except pl.exceptions.PolarsError:
        raise ValueError(f"{path} is not a whole table: run the experiment again") from None
    return frame.filter(pl.col("arm").is_in(["baseline", "policy"]), pl.col("active_steps") > 0)


def _doubts(manifest: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[str]:
    """What the run's own report says against trusting a claim of it, as sentences."""
    controls = record.get("controls")
    if not _reason(record) and controls and not controls.get("passed", True):
        yield f"A negative control failed: {controls.get('reason')}."
    llm = manifest.get("llm") or {}
    if calibration_words.asked(llm) and not llm.get("calibration"):
        yield from calibration_words.state(llm)
    yield from calibration_words.warnings(llm)
    if record.get("n_lost"):
        yield f"{record['n_lost']} of {record['n_pairs'] + record['n_lost']} pairs were lost; the others are counted."


def _short(value: Any) -> str:
    said = f"{value:g}" if isinstance(value, float) else str(value)
    return said if len(said) <= 60 else said[:57] + "..."
