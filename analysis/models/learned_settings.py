"""From mind=learned and a community's folder to what the forum is made of: the fitted law, its priors, the past to begin with."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from windtunnel.sim.minds import is_learned

FILE = "learned.yaml"
NO_RATES = "how members would act in a simulation: "
"""How a fit begins to say, among what a record cannot show, why it has no part `forward`."""


def learned_file(profile: Any) -> Path | None:
    """The learned.yaml beside a profile that is named by its folder or its path; None where there is none."""
    if not isinstance(profile, str):
        return None
    path = Path(profile)
    found = (path if path.is_dir() else path.parent) / FILE
    return found if found.is_file() and (path.is_dir() or path.is_file()) else None


def record_folder(profile: Any) -> Path | None:
    """The folder of the imported community that a profile is named by; None for one that is shipped, or a path elsewhere."""
    if not isinstance(profile, str):
        return None
    path = Path(profile)
    found = path if path.is_dir() else path.parent
    return found if (path.is_dir() or path.is_file()) and (found / "posts.parquet").is_file() else None


def learned_by_default(words: Sequence[str]) -> list[str]:
    """`mind=learned` where a command names no mind and no preset, and its community's folder has a law to run by."""
    given = {word.lstrip("+").partition("=")[0]: word.partition("=")[2] for word in words}
    path = learned_file(given.get("community.profile", "").strip("'\""))
    named = {"mind", "experiment", "mind.name"} & set(given)
    other = given.get("community", "forum") != "forum"
    if named or other or path is None:
        return []
    try:
        _forward(path)
    except ValueError:
        return []
    return ["mind=learned"]


def with_learned(community: Mapping[str, Any], mind: Mapping[str, Any], profile: Any) -> dict[str, Any]:
    """The community with `learned` in it, where the mind is; `profile` is what the user named. `ValueError` says what lacks.

    What a manifest holds already is taken as it is.
    """
    plain = {key: value for key, value in community.items() if key != "learned"}
    if not is_learned(mind.get("name")):
        return plain
    if community.get("learned"):
        return dict(community)
    if (place := str(community.get("name", "forum"))) != "forum":
        raise ValueError(
            f"mind={mind['name']} is for forums: {place} has no members that could be learned from a record; use mind=rules or mind=llm"
        )
    given = mind.get("file")
    path = learned_file(profile) if given == "auto" else Path(str(given))
    if path is None:
        raise ValueError(
            f"mind={mind['name']} needs a {FILE} beside the profile, and there is none for community.profile={profile}: import a record "
            "and give its folder, or run `windtunnel fit FOLDER`"
        )
    start = {
        key: mind[key]
        for key in ("steps_an_hour", "start", "weeks_before", "core", "provoking", "priors", "law")
        if key in mind
    }
    learned = {**start, "forward": _forward(path), "descriptive": _descriptive(path)}
    if mind.get("start") == "warm":
        named = Path(profile) if isinstance(profile, str) else path
        learned |= _record(named if named.is_dir() else named.parent, mind.get("minute"))
    return {**plain, "learned": learned}


def _descriptive(path: Path) -> str:
    """How well the parts foretell the record, for reports; nothing where the file is not whole."""
    from windtunnel.analysis.learned.told import descriptive
    from windtunnel.sim.communities.forum.learned_file import read_learned

    try:
        return descriptive(read_learned(path))
    except ValueError:
        return ""


def _forward(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(f"mind.file is {path}, and there is no such file: `windtunnel fit FOLDER` makes one")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no yaml: {str(error).splitlines()[0]}") from None
    found = content.get("forward") if isinstance(content, dict) else None
    if not isinstance(found, dict) or not found:
        raise ValueError(
            f"{path} holds no part `forward`, which members need to act by: {_why_none(content)}"
        )
    return found


def _why_none(content: Any) -> str:
    """What the fit said of it, and what to do instead."""
    said = content.get("cannot") if isinstance(content, dict) else None
    why = [str(each).removeprefix(NO_RATES) for each in said or () if str(each).startswith(NO_RATES)]
    lacking = [str(each) for each in said or () if str(each).startswith("the record ")]
    if told := (why or lacking)[:1]:
        return f"{told[0]}; mind=rules needs none"
    return "fit it again by `windtunnel fit`"


def _record(folder: Path, minute: Any) -> dict[str, Any]:
    """Where a warm start finds the record, and from which minute the run goes on."""
    import polars as pl

    posts = folder / "posts.parquet"
    if not posts.is_file():
        raise ValueError(
            f"mind.start=warm needs the record itself, and {folder} holds no posts.parquet: set mind.start=cold"
        )
    last = int(pl.scan_parquet(posts).select(pl.col("minute").max()).collect().item()) + 1
    if minute is None:
        minute = last
    if not isinstance(minute, int) or not 0 < minute <= last:
        raise ValueError(f"mind.minute is {minute}: give a minute of the record, from 1 to {last}")
    return {
        "folder": str(folder.resolve()),
        "minute": minute,
        "posts_sha256": hashlib.sha256(posts.read_bytes()).hexdigest(),
    }
