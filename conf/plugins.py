"""What packages of others bring by entry point, loaded; where that fails, a sentence names the package and what is wrong with it."""

from collections.abc import Callable, Container
from typing import Any


def load(what: str, point: Any, wrong: Callable[[Any], str]) -> Any:
    """The thing that an entry point names; `what` is its noun, `wrong` says in words what is amiss with it, "" if nothing.

    `ValueError` says which package cannot be used and why: what somebody else's module does is no fault of ours.
    """
    package = getattr(getattr(point, "dist", None), "name", None)
    where = getattr(point, "value", "")
    told = f"the {what} {point.name} of {package or 'another package'}{f' ({where})' if where else ''}"
    try:
        found = point.load()
    except Exception as error:
        raise ValueError(
            f"{told} cannot be loaded: {in_short(error)}: mend it, or uninstall the package"
        ) from error
    if reason := wrong(found):
        raise ValueError(f"{told} {reason}")
    return found


def check_new(what: str, point: Any, own: Container[str]) -> None:
    """`ValueError` where another package gives its thing the name of one of ours."""
    if point.name in own:
        package = getattr(getattr(point, "dist", None), "name", None) or "another package"
        raise ValueError(
            f"{package} brings a {what} called {point.name}, as one of ours is: rename it, or take the package away"
        )


def in_short(error: BaseException) -> str:
    """An error's kind and the first line of what it says.

    >>> in_short(KeyError("share"))
    "KeyError: 'share'"
    """
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}".removesuffix(": ")


def misnamed(point: Any, found: Any) -> str:
    """What is wrong where a thing calls itself otherwise than its entry point does."""
    name = getattr(found, "name", None)
    return "" if name == point.name else f"calls itself {name!r}: both names must be the same"
