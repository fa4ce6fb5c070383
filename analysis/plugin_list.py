"""Plug-ins of other packages: what each brings, whether it loads, and whose names clash; folders of them added and removed."""

from collections.abc import Callable, Iterable, Sequence
from importlib import invalidate_caches
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from windtunnel.conf import plugin_folders
from windtunnel.conf.plugin_folders import GROUP, Package


def _ours() -> dict[str, Callable[[], Iterable[str]]]:
    """Our own names by the end of their group of entry points."""
    from windtunnel.analysis.incidents import registry as incidents
    from windtunnel.analysis.outcomes import registry as outcomes
    from windtunnel.policies import registry as policies
    from windtunnel.policies.forum import rankers
    from windtunnel.sim import communities, minds

    return {
        "communities": communities._own,
        "policies": policies._own,
        "outcomes": outcomes._own,
        "incidents": incidents._own,
        "minds": lambda: minds.OWN,
        "rankers": rankers._own,
        "readers": lambda: ("words", "english"),
    }


def listed() -> list[dict[str, Any]]:
    """A row for each thing that another package brings: kind, name, package, version, where it is from, and what is wrong with it."""
    packages, ours = plugin_folders.bringing(), _ours()
    rows = []
    for package in packages:
        for point in sorted(package.entry_points, key=lambda one: (one.group, one.name)):
            if point.group.startswith(GROUP):
                kind = point.group.removeprefix(GROUP)
                rows.append(
                    {
                        "kind": kind,
                        "name": point.name,
                        "package": package.name,
                        "version": package.version,
                        "from": str(plugin_folders.noted(package) or "installed"),
                        "wrong": _clash(kind, point.name, package.name, packages, ours)
                        or _loads(point)
                        or "nothing",
                    }
                )
    return sorted(rows, key=lambda row: (row["kind"], row["name"], row["package"]))


def _clash(
    kind: str,
    name: str,
    package: str,
    packages: Sequence[Distribution],
    ours: dict[str, Callable[[], Iterable[str]]],
) -> str:
    """Who else calls something of this kind so; empty if nobody does."""
    if kind not in ours:
        return f"there is no kind of plug-in called {kind}: those are {', '.join(ours)}"
    if name in ours[kind]():
        return "has the name of one of ours: rename it"
    others = [
        one.name
        for one in packages
        if one.name != package
        and any(point.group == GROUP + kind and point.name == name for point in one.entry_points)
    ]
    return f"has the name of one of {others[0]}: remove one of the two" if others else ""


def _loads(point: Any) -> str:
    """What keeps a plug-in from being used; empty if nothing does."""
    from windtunnel.analysis.incidents import registry as incidents
    from windtunnel.analysis.outcomes import registry as outcomes
    from windtunnel.conf import plugins
    from windtunnel.policies import registry as policies
    from windtunnel.policies.forum import rankers
    from windtunnel.sim import communities, minds

    wrong = {
        "communities": communities._wrong,
        "policies": policies._wrong,
        "outcomes": outcomes._wrong,
        "incidents": incidents._wrong,
        "minds": minds._wrong,
        "rankers": rankers._wrong,
        "readers": lambda point, found: (
            "" if callable(found) else "is nothing that can be called to make a reader"
        ),
    }[point.group.removeprefix(GROUP)]
    try:
        plugins.load("plug-in", point, lambda found: wrong(point, found))
    except ValueError as error:
        return str(error)
    return ""


def add(folder: Path) -> list[Package]:
    """Note the package in a folder, or those in the folders in it; `ValueError` where one cannot be used: then none is noted."""
    packages = [plugin_folders.read_package(place) for place in _places(folder)]
    names = [package.name for package in packages]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two folders in {folder} are packages called {doubled[0]}: rename one")
    before = [one.name for one in plugin_folders.bringing() if plugin_folders.noted(one) is None]
    for package in packages:
        if package.name in before:
            raise ValueError(
                f"{package.name} is installed already: `python -m pip uninstall {package.name}` first"
            )
        if missing := plugin_folders.lacking(package):
            raise ValueError(
                f"{package.name} needs {missing[0]}, which is not installed: python -m pip install {missing[0]}"
            )
    old = {name: _noted_folder(name) for name in names}
    for package in packages:
        plugin_folders.note(package)
    plugin_folders.activate()
    invalidate_caches()
    bad = [row for row in listed() if row["package"] in names and row["wrong"] != "nothing"]
    if bad:
        for name in names:
            plugin_folders.forget(name)
            if (was := old[name]) is not None:
                plugin_folders.note(plugin_folders.read_package(was))
        first = bad[0]
        raise ValueError(
            f"{first['package']} is not added: {first['name']} ({first['kind']}) {first['wrong']}"
        )
    return packages


def _noted_folder(name: str) -> Path | None:
    """The folder of an earlier note, so that it can be put back."""
    for one in plugin_folders.bringing():
        if one.name == name and (root := plugin_folders.noted(one)) is not None:
            folder = root.parent if root.name == "src" else root
            return folder if (folder / "pyproject.toml").is_file() else None
    return None


def _places(folder: Path) -> list[Path]:
    """The folder itself if it is a package, else those in it that are."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: give one with a pyproject.toml, or with such folders in it")
    if (folder / "pyproject.toml").is_file():
        return [folder]
    inside = sorted(place for place in folder.iterdir() if (place / "pyproject.toml").is_file())
    if not inside:
        raise ValueError(
            f"{folder} has no pyproject.toml, nor has a folder in it: `windtunnel new policy NAME` writes a package"
        )
    return inside


def remove(name: str) -> None:
    """Take a note away; `ValueError` where there is none of that name."""
    if plugin_folders.forget(name):
        return
    there = {one.name: plugin_folders.noted(one) for one in plugin_folders.bringing()}
    if name in there:
        raise ValueError(f"{name} was installed, not added: python -m pip uninstall {name}")
    known = ", ".join(sorted(one for one, folder in there.items() if folder)) or "none"
    raise ValueError(f"no folder was added whose package is called {name}: added are {known}")
