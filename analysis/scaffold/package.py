"""A package written from the files in `templates`: whole, or not at all."""

import re
import secrets
import shutil
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from windtunnel.analysis.scaffold.naming import check_name

STANDS_FOR_NAME, ENDING = "NAME", ".txt"
"""In the names of templates: the new name, and what keeps a template from being run as it is."""


def write_package(kind: str, name: str, folder: Path) -> Path:
    """The new folder `folder/name`; `ValueError` for a name that will not do or a place that is taken.

    All is written under another name beside it and then renamed, so that nothing half-written is left.
    """
    check_name(kind, name)
    place = folder / name
    if not folder.is_dir():
        found = "is no folder" if folder.exists() else "does not exist"
        raise ValueError(f"{folder} {found}: give an existing folder as --in FOLDER")
    if place.exists() or place.is_symlink():
        raise ValueError(f"{place} exists already: give another name, or another folder as --in FOLDER")
    partial = folder / f".{name}.{secrets.token_hex(4)}.partial"
    try:
        for path, text in rendered(kind, name).items():
            file = partial / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        partial.rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return place


def rendered(kind: str, name: str) -> dict[str, str]:
    """The texts of a package's files by their paths in it, in order."""
    root = files("windtunnel.analysis.scaffold") / "templates" / kind
    texts = {path: file.read_text(encoding="utf-8") for path, file in sorted(_below(root).items())}
    words = {"name": name, "Class": class_name(kind, name, texts.values()), "words": name.replace("_", " ")}
    return {
        path.replace(STANDS_FOR_NAME, name).removesuffix(ENDING): Template(text).substitute(words)
        for path, text in texts.items()
    }


def class_name(kind: str, name: str, texts: Iterable[str] = ()) -> str:
    """The name of the class: one that the templates do not use for something else.

    >>> class_name("policy", "quiet_hours"), class_name("policy", "acts", ["review(acts: Acts)"])
    ('QuietHours', 'ActsPolicy')
    """
    made = "".join(part.capitalize() for part in name.split("_"))
    while any(re.search(rf"\b{made}\b", text) for text in texts):
        made += kind.capitalize()
    return made


def _below(folder: Traversable, head: str = "") -> dict[str, Traversable]:
    """The files in a folder and those below it, by path."""
    found: dict[str, Traversable] = {}
    for one in folder.iterdir():
        if one.is_dir():
            found |= _below(one, f"{head}{one.name}/")
        elif one.name.endswith(ENDING):
            found[f"{head}{one.name}"] = one
    return found
