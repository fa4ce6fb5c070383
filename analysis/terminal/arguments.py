"""A command's words as argparse reads them; what is wrong with them is one sentence, as every other mistake is."""

import argparse
import re
from collections.abc import Sequence
from typing import NoReturn

from windtunnel.agents.nearest import nearest


class Parser(argparse.ArgumentParser):
    """argparse that raises `ValueError`, saying what was found and what would work, instead of printing its usage."""

    def error(self, message: str) -> NoReturn:
        said = self._said(message)
        raise ValueError(f"{said}{' See' if said.endswith('?') else '; see'} `{self.prog} --help`")

    def _said(self, message: str) -> str:
        command = self.prog.removeprefix("windtunnel ")
        if found := re.fullmatch(r"the following arguments are required: (.+)", message):
            needed = [told for name in found[1].split(", ") if (told := self._explained(name))]
            return f"{command} needs {' and '.join(needed)}"
        if found := re.fullmatch(r"argument (\S+): invalid (int|float) value: (.+)", message):
            return f"{found[1]} is {found[3]}: give a {'whole ' if found[2] == 'int' else ''}number"
        if found := re.fullmatch(r"argument (\S+): invalid choice: '?(.*?)'? \(choose from (.+)\)", message):
            return f"{_typed(found[1])} {found[2]!r} is not known: {_nearest(found[2], found[3])}"
        if found := re.fullmatch(r"argument (\S+): expected (?:one|at least one) argument", message):
            return f"{found[1]} needs a value"
        if found := re.fullmatch(r"unrecognized arguments: (.+)", message):
            words = found[1].split()
            options = [word for word in words if word.startswith("-")]
            what = f"option {options[0]}" if options else f"place for {' '.join(words)!r}"
            return f"{command} has no {what}"
        return f"{command}: {message}"

    def _explained(self, name: str) -> str | None:
        """A word that is missing, with its choices or what its help says of it; None for one that may be missing."""
        action = next(one for one in self._actions if name in (one.dest, one.metavar, *one.option_strings))
        if action.nargs == "*":
            return None
        choices = f"one of {', '.join(map(str, action.choices))}" if action.choices else None
        explained = choices or action.help
        return f"{_typed(name)} ({explained})" if explained else _typed(name)


def _typed(name: str) -> str:
    """A word's name as help shows it: options and key=value as they are, places in capitals."""
    return name if name.startswith("-") or "=" in name else name.upper()


def _nearest(wrong: str, choices: str) -> str:
    """The choice that was meant, if one is near; else all of them.

    >>> _nearest("sobbol", "'full', 'lhs', 'sobol'"), _nearest("cube", "full, lhs")
    ("did you mean 'sobol'?", 'choose full, lhs')
    """
    known: Sequence[str] = choices.replace("'", "").split(", ")
    return nearest(wrong, known, "choose {}")
