"""Folders of plug-ins that `windtunnel plugins add` has noted: on Python's path whenever `windtunnel` is imported, as if installed.

Each is noted as `NAME-VERSION.dist-info` in one folder of the user's, with the entry points that it declares, and is read where it
lies. `WINDTUNNEL_PLUGINS` names another folder for the notes.
"""

import os
import shutil
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path
from typing import Any, NamedTuple

GROUP = "windtunnel."
WHERE = "FOLDER"
"""The file of a note that says where the folder is."""


class Package(NamedTuple):
    """What the `pyproject.toml` of a folder says of itself."""

    name: str
    version: str
    folder: Path
    points: dict[str, dict[str, str]]
    """By group, what each name stands for."""
    needs: tuple[str, ...]

    @property
    def root(self) -> Path:
        """The folder on Python's path: `src`, where there is one."""
        return self.folder / "src" if (self.folder / "src").is_dir() else self.folder


def home() -> Path:
    """Where the notes are; it need not exist."""
    if override := os.environ.get("WINDTUNNEL_PLUGINS"):
        return Path(override).expanduser()
    from platformdirs import user_data_path

    return user_data_path("policy-windtunnel", appauthor=False) / "plugins"


def activate() -> None:
    """Put the notes and the folders that they name at the end of Python's path, once."""
    place = home()
    if not place.is_dir():
        return
    for folder in (place, *(root for root in map(_root, sorted(place.glob("*.dist-info"))) if root)):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def _root(note: Path) -> Path | None:
    where = note / WHERE
    folder = Path(where.read_text(encoding="utf-8").strip()) if where.is_file() else None
    return folder if folder is not None and folder.is_dir() else None


def read_package(folder: Path) -> Package:
    """What a folder declares; `ValueError` says what it lacks."""
    file = folder / "pyproject.toml"
    if not file.is_file():
        raise ValueError(
            f"{folder} has no pyproject.toml: `windtunnel new policy NAME` writes a folder of plug-ins"
        )
    try:
        project: Any = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is no TOML: {error}") from None
    groups = project.get("entry-points") or {}
    points = {group: dict(found) for group, found in groups.items() if group.startswith(GROUP)}
    if not points:
        raise ValueError(
            f'{file} declares no plug-in: it needs a table like [project.entry-points."windtunnel.policies"]'
        )
    if lacking := [key for key in ("name", "version") if not isinstance(project.get(key), str)]:
        raise ValueError(f"{file} has no project.{lacking[0]}: write one as text")
    return Package(
        project["name"],
        project["version"],
        folder.resolve(),
        points,
        tuple(map(str, project.get("dependencies") or ())),
    )


def note(package: Package) -> None:
    """Note a folder, in the stead of an earlier note of the same name; all of it or nothing."""
    place = home()
    place.mkdir(parents=True, exist_ok=True)
    partial = place / f".{_told(package.name)}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    said = f"Metadata-Version: 2.1\nName: {package.name}\nVersion: {package.version}\n"
    lines = [
        line
        for group, points in package.points.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (partial / "METADATA").write_text(said, encoding="utf-8")
    (partial / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (partial / WHERE).write_text(str(package.root), encoding="utf-8")
    forget(package.name)
    partial.rename(place / f"{_told(package.name)}-{package.version}.dist-info")


def forget(name: str) -> bool:
    """Take the note of the package called so away; false where there is none."""
    found = list(home().glob(f"{_told(name)}-*.dist-info"))
    for path in found:
        shutil.rmtree(path)
    return bool(found)


def noted(of: Distribution) -> Path | None:
    """The folder that a package is read from, if it was added and not installed."""
    text = of.read_text(WHERE)
    return Path(text.strip()) if text else None


def bringing() -> list[Distribution]:
    """Every installed or added package that brings a plug-in, once, by name."""
    found: dict[str, Distribution] = {}
    for one in distributions():
        if any(point.group.startswith(GROUP) for point in one.entry_points):
            found.setdefault(_told(one.name), one)
    return [found[name] for name in sorted(found)]


def lacking(package: Package) -> list[str]:
    """The packages that it needs and that are not installed, by name."""
    names = [_requirement(need) for need in package.needs]
    return [name for name in names if not _installed(name)]


def _requirement(need: str) -> str:
    return need.split(";")[0].split("[")[0].strip().split(" ")[0].rstrip("<>=!~,.0123456789")


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _told(name: str) -> str:
    """A package's name as the names of notes have it."""
    return name.replace("-", "_").lower()
