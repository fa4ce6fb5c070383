"""The cells of a sweep: their settings, the folder of each, and the few of Hydra's own choices that may be made."""

import re
import shlex
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from windtunnel.analysis.configuration import Plan, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.runs.resume import MAY_CHANGE, cell_hash

LAUNCHERS = {
    "basic": None,
    "joblib": "hydra_plugins.hydra_joblib_launcher",
    "submitit_local": "hydra_plugins.hydra_submitit_launcher",
    "submitit_slurm": "hydra_plugins.hydra_submitit_launcher",
}
"""What may start the cells, and the package that each needs. A name from this list is all that Hydra is given."""
_NUMBER = re.compile(r"-?\d{1,9}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}")
LAUNCHER_SETTINGS = {
    "joblib": dict.fromkeys(("n_jobs", "verbose", "batch_size"), _NUMBER),
    "submitit_local": dict.fromkeys(
        ("timeout_min", "cpus_per_task", "gpus_per_node", "tasks_per_node", "mem_gb", "nodes"), _NUMBER
    ),
    "submitit_slurm": dict.fromkeys(
        (
            *("timeout_min", "cpus_per_task", "gpus_per_node", "tasks_per_node", "mem_gb", "nodes"),
            *("array_parallelism", "max_num_timeout"),
        ),
        _NUMBER,
    )
    | dict.fromkeys(("partition", "qos", "account"), _NAME),
}
"""Settings of a launcher that may be given: numbers, and names of a cluster's queues."""
CHECKED_EVERY_S = 5.0
LONGEST = 100
"""Letters of a cell's name before its digits."""
POLICY = ("policy", "treatment")
"""The key of what is toggled: as it is typed, and as Hydra has it."""


def cells(overrides: Sequence[str], multirun: bool) -> list[list[str]]:
    """The override lists that a sweep stands for, each once; `ValueError` for a sweep without -m.

    A parameter of one policy is left out of the cells of the others.
    """
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_overrides(list(overrides))
    sweeps = [override for override in parsed if override.is_sweep_override()]
    if sweeps and not multirun:
        name = _shown(str(sweeps[0].key_or_group))
        raise ValueError(
            f"{name} has several values: write -m to sweep over them, or {name}=[a,b] for both at once"
        )
    for each in sweeps:
        if next(iter(each.sweep_string_iterator()), None) is None:
            name = _shown(str(each.key_or_group))
            raise ValueError(
                f"{name} has no value to sweep over: {each.get_value_string()} is empty; write range(FROM,TO) with FROM below TO, or values parted by commas"
            )
    batches = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    return distinct([list(cell) for batch in batches for cell in batch])


def distinct(cells: Sequence[Sequence[str]]) -> list[list[str]]:
    """Cells whose settings are their own policies' alone, each once; `ValueError` for a parameter that none of them takes."""
    if len(cells) == 1:
        return [list(cells[0])]
    own = [own_words(cell) for cell in cells]
    used = {_key(word) for cell in own for word in cell}
    for key in (_key(word) for cell in cells for word in cell):
        if key not in used:
            policies = dict.fromkeys(word for cell in cells for word in cell if _key(word) in POLICY)
            named = ", ".join(word.partition("=")[2] for word in policies)
            raise ValueError(f"{key} is set, but policy is {named}")
    return [list(cell) for cell in dict.fromkeys(map(tuple, own))]


def planned(configs: Iterable[Mapping[str, Any]], number: int) -> list[Plan]:
    """The checked plan of each of a sweep's cells; where that takes long, lines on standard error say how far it is."""
    began, plans = time.monotonic(), []
    for config in configs:
        plans.append(plan(config))
        if time.monotonic() - began > CHECKED_EVERY_S:
            began = time.monotonic()
            print(f"checked {len(plans)} of {number} cells", file=sys.stderr, flush=True)
    return plans


def own_words(cell: Sequence[str]) -> list[str]:
    """A cell's settings less the parameters of policies that it has not on, which other cells are swept with.

    >>> own_words(["treatment=slow_mode", "++policy_with.slow_mode.hours=6", "++policy_with.thread_lock.heat=2"])
    ['treatment=slow_mode', '++policy_with.slow_mode.hours=6']
    """
    named = [word.partition("=")[2] for word in cell if _key(word) in POLICY]
    on = re.findall(r"\w+", named[-1]) if named else []
    parts = [word.lstrip("+").split(".") for word in cell]
    return [
        word
        for word, (head, *rest) in zip(cell, parts, strict=True)
        if not named or head != "policy_with" or not rest or rest[0] in on
    ]


def repeated(overrides: Sequence[str]) -> list[str]:
    """A sentence for each value that a sweep is given twice: its cells are run once.

    >>> repeated(["treatment=slow_mode,slow_mode", "seeds=1,2"])
    ['policy is given slow_mode more than once: such cells are one, and are run once.']
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser

    lines = []
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        if override.is_sweep_override():
            values = list(map(str, override.sweep_string_iterator()))
            twice = [value for value in dict.fromkeys(values) if values.count(value) > 1]
            lines += [
                f"{_shown(str(override.key_or_group))} is given {value} more than once: such cells are one, and are run once."
                for value in twice
            ]
    return lines


def swept(overrides: Sequence[str]) -> list[str]:
    """The keys that a sweep gives several values, as Hydra calls them."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_overrides(list(overrides))
    return [str(override.key_or_group) for override in parsed if override.is_sweep_override()]


def cell_folder(sweep: Path, cell: Sequence[str], keys: Sequence[str], config: Mapping[str, Any]) -> Folder:
    """The folder of one cell, named by what is swept and by a hash of its settings, so that it is found again.

    >>> cell_name(["treatment=slow_mode", "draws=3"], ["treatment"], "0a1b2c3d")
    'policy=slow_mode-0a1b2c3d'
    """
    return Folder(sweep / cell_name(cell, keys, cell_hash(config)), Folder(sweep).units)


def cell_name(cell: Sequence[str], keys: Sequence[str], digits: str) -> str:
    """Letters, digits and `=,._-` alone, whatever the settings hold; where it must be cut, what the digits leave out stays."""
    told = [word.lstrip("+") for word in cell if _key(word) in keys]
    prefix = _plain(told)
    if len(prefix) > LONGEST:
        prefix = _plain(sorted(told, key=lambda word: _key(word) not in MAY_CHANGE))
    prefix = prefix[:LONGEST].strip("._-")
    return f"{prefix}-{digits}" if prefix else digits


def next_words(where: Path, each: Sequence[Sequence[str]], names: Sequence[str], keys: Sequence[str]) -> str:
    """What to type after a sweep whose cells have these settings and folder names, given the keys that it varies.

    Policies are compared where all else is the same; what else varies makes variants, of which `robustness` tells. Only what
    is not refused is named: cells that differ in a stopping rule, or have the same digits, are no variants, and runs that
    stop by a rule are not compared.
    """
    others = [key for key in keys if key.partition(".")[0] not in ("policy", "policy_with", "treatment")]
    out = shlex.quote(str(where))
    stops = any(re.match(r"\+*stop\.(precision|evidence)=(?!null$)", word) for cell in each for word in cell)
    if others:
        said = [f"windtunnel robustness {out}"] if _are_variants(names, others) else []
        pattern = None if stops else _alike(each, names, others)
        said += [f"windtunnel compare {out}/{pattern}"] if pattern else []
    elif len(names) == 1:
        said = [f"windtunnel report {out}/{names[0]}"]
    else:
        said = [] if stops else [f"windtunnel compare {out}"]
    cells = f"{len(names)} cell{'' if len(names) == 1 else 's'} in {where}"
    return f"{cells}. Next: {' or '.join(said)}" if said else f"{cells}."


def _are_variants(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether cells that differ in these keys, beside their policies, are variants of one model."""
    digits = {name.rpartition("-")[2] for name in names}
    return len(digits) == len(names) and not any(
        key.partition(".")[0] in ("outcome", "stop") for key in others
    )


def _alike(each: Sequence[Sequence[str]], names: Sequence[str], others: Sequence[str]) -> str | None:
    """A pattern of the folders whose cells differ from the first in their policy alone; None where there is no such pattern."""
    fixed = [[word for word in cell if word.partition("=")[0] in others] for cell in each]
    alike = [name for name, values in zip(names, fixed, strict=True) if values == fixed[0]]
    pattern = "".join(f"*{word}[,-]" for word in fixed[0]) + "*"
    return pattern if len(alike) > 1 and [name for name in names if fnmatch(name, pattern)] == alike else None


def check_launcher(words: Sequence[str]) -> None:
    """`ValueError` for a launcher or a setting of it that is not in the lists; `ImportError` for one not installed."""
    pairs = [word.lstrip("+").partition("=")[::2] for word in words]
    given = [(key, value) for key, value in pairs if key.startswith(("hydra/", "hydra.launcher"))]
    launchers = [value for key, value in given if key == "hydra/launcher"] or ["basic"]
    if unknown := [name for name in launchers if name not in LAUNCHERS]:
        raise ValueError(f"hydra/launcher={unknown[0]} is not known: choose {', '.join(LAUNCHERS)}")
    name = launchers[-1]
    for key, value in given:
        if key == "hydra/sweeper" and value != "basic":
            raise ValueError(
                f"hydra/sweeper={value} is not known: a sweep goes over the values that are listed; `windtunnel optimise` "
                "searches for good ones"
            )
        if key not in ("hydra/launcher", "hydra/sweeper"):
            _check_setting(name, key, value)
    package = LAUNCHERS[name]
    if package and (find_spec(package.partition(".")[0]) is None or find_spec(package) is None):
        plugin = package.partition(".")[2].replace("_", "-")
        raise ImportError(
            f"hydra/launcher={name} needs {plugin}: pip install {plugin}, or leave it out and set parallel.jobs"
        )


def _check_setting(launcher: str, key: str, value: str) -> None:
    allowed = LAUNCHER_SETTINGS.get(launcher, {})
    short = key.removeprefix("hydra.launcher.")
    if key == short or short not in allowed:
        known = ", ".join(f"hydra.launcher.{one}" for one in allowed) or "nothing"
        raise ValueError(f"{key} cannot be set: of hydra/launcher={launcher} one can set {known}")
    if not allowed[short].fullmatch(value):
        raise ValueError(f"{key} is {value!r}: give a whole number, or the plain name of a queue")


def _key(word: str) -> str:
    return word.lstrip("+").partition("=")[0]


def _plain(words: Sequence[str]) -> str:
    return re.sub(r"[^A-Za-z0-9=,._-]+", "_", ",".join(map(_shown, words)))


def _shown(word: str) -> str:
    """A setting as the user writes it: `policy` is `treatment` inside."""
    return f"policy{word[len('treatment') :]}" if re.match(r"treatment(=|$)", word) else word
