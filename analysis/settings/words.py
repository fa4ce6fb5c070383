"""Words of a command line, `key=value`, as Hydra takes them; each is checked first."""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import yaml

from windtunnel import conf
from windtunnel.agents.nearest import nearest
from windtunnel.analysis.models.learned_settings import learned_by_default
from windtunnel.analysis.settings.known import COEFFICIENTS, GROUPS, known_settings
from windtunnel.analysis.terminal.shell import check_once, for_hydra

FREE = ("policy_with", "baseline_with")
HYDRA = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir")
"""Hydra's own settings that may be set: where things go. Others name code to import, which no config of ours does."""
HYDRA_CHOICES = ("hydra/launcher", "hydra/sweeper")
EITHER = ("outcome.threshold",)
"""Settings that are one value or several with names of their own."""


def hydra_overrides(words: Sequence[str], *, launched: bool = False) -> list[str]:
    """The words of a command line as Hydra takes them; `ValueError` for an unknown key or group choice.

    With `launched` (a sweep's) a launcher may be among them, which `windtunnel.analysis.sweeps.cells.check_launcher` is still to check.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    check_once(words)
    known = {row["setting"] for row in known_settings()}
    out = []
    for word in (for_hydra(word, sweep=launched) for word in words):
        try:
            override = OverridesParser.create().parse_override(word)
        except HydraException:
            raise ValueError(
                f"{word!r} is not a setting: write key=value, for example policy=slow_mode"
            ) from None
        if override.is_delete():
            raise ValueError(f"{word!r} takes a setting away, but each one is needed: write key=value")
        if override.is_sweep_override() and not _is_listed(override):
            raise ValueError(
                f"{word!r} sweeps over values that are not listed: write them out, as in seeds=1,2,3"
            )
        key = override.key_or_group
        if not launched or not (key in HYDRA_CHOICES or key.startswith("hydra.launcher.")):
            _check_key(override, known)
        body = word.lstrip("+")
        if key.split(".")[0] in FREE or key.startswith(COEFFICIENTS):
            out.append("++" + body)
        elif key == "policy":
            out.append("treatment" + body[len("policy") :])
        else:
            out.append(body)
            if key == "out":
                where = body.partition("=")[2]
                out += [f"hydra.run.dir={where}", f"hydra.sweep.dir={where}"]
    return [*learned_by_default(out), *out]


_OVERRIDE = re.compile(r"Could not override '((\w+)\.([\w.]+))'")


def of_another_choice(error: str, words: Sequence[str]) -> str:
    """What to say of a setting that only other choices of its group have, as `mind.start` has none with members by rules; `error` where
    that is not what Hydra means.

    >>> of_another_choice("Could not override 'mind.start'.", ["steps=2"])
    'mind.start is a setting of mind=learned+llm and mind=learned, which this run does not have: name one of them (of a record without \
learned.yaml members are by rules: windtunnel fit FOLDER)'
    >>> of_another_choice("Could not override 'nobody.start'.", [])
    "Could not override 'nobody.start'."
    """
    found = _OVERRIDE.match(error)
    if found is None:
        return error
    key, group, inside = found.groups()
    folder, fitting = files("windtunnel.conf") / group, []
    for path in sorted(folder.iterdir(), key=lambda each: each.name) if folder.is_dir() else ():
        held: Any = yaml.safe_load(path.read_text(encoding="utf-8")) if path.name.endswith(".yaml") else {}
        for part in inside.split("."):
            held = held.get(part, _NONE) if isinstance(held, dict) else _NONE
        if held is not _NONE:
            fitting.append(f"{group}={path.name.removesuffix('.yaml')}")
    chosen = {word.lstrip("+") for word in words}
    if not fitting or chosen & set(fitting):
        return error
    which = "it" if len(fitting) == 1 else "one of them"
    why = (
        " (of a record without learned.yaml members are by rules: windtunnel fit FOLDER)"
        if "mind=learned" in fitting
        else ""
    )
    return f"{key} is a setting of {' and '.join(fitting)}, which this run does not have: name {which}{why}"


_NONE = object()


def _is_listed(override: Any) -> bool:
    """Whether a sweep's values and their order stand in the word itself."""
    kind, value = override.value_type.name, override.value()
    return kind in ("SIMPLE_CHOICE_SWEEP", "CHOICE_SWEEP", "RANGE_SWEEP") and not value.shuffle


def _check_key(override: Any, known: set[str]) -> None:
    """`ValueError` for a key that nothing is called, a group's unknown option, or one value where there are several."""
    key = override.key_or_group
    if override.package is not None:
        raise ValueError(
            f"{override.input_line!r}: a setting has one place only; leave out @{override.package}"
        )
    if key in HYDRA or key.split(".")[0] in FREE:
        return
    if key.split(".")[0].split("/")[0] == "hydra":
        settable = f"{', '.join(HYDRA)} and, in a sweep (-m), hydra/launcher"
        raise ValueError(f"{key} cannot be set: of Hydra's own settings only {settable} can")
    if key == "treatment" or key not in known:
        hint = nearest(key, sorted(known - {"treatment"}), "see `windtunnel list settings`")
        raise ValueError(f"no setting is called {key!r}: {hint}")
    if isinstance(override.value(), dict):
        return
    inner = sorted(name for name in known if name.startswith(f"{key}."))
    if key in GROUPS:
        for choice in _choices(override):
            if choice not in sorted(conf.options(key)):
                raise ValueError(f"{key}={choice} is not known: {nearest(choice, sorted(conf.options(key)))}")
    elif inner and key not in EITHER:
        raise ValueError(f"{key} is not one value: set one within it, for example {inner[0]}=…")
    elif key == "out" and (not isinstance(override.value(), str) or not override.value().strip()):
        raise ValueError(f"{override.input_line!r} names no folder: write out=FOLDER")


def _choices(override: Any) -> list[str]:
    if override.is_sweep_override():
        return [str(value) for value in override.sweep_iterator()]
    return [str(override.value())]
