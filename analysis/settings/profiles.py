"""Profiles: the fitted numbers of a real place, shipped or in a file, and of which community they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from windtunnel import conf


def load_profile(name: str | Mapping[str, Any], community: str | None = None) -> dict[str, Any]:
    """A profile's content by its name in conf/profile, or by the path of a yaml file.

    `ValueError` where there is none, and where it says that it is of another community than this one.
    """
    found = dict(name) if isinstance(name, Mapping) else _read(name)
    theirs = found.get("community")
    if None not in (theirs, community) and theirs != community:
        said = found.get("name", "given") if isinstance(name, Mapping) else name
        own = [one for one in profile_names() if conf.content("profile", one).get("community") == community]
        raise ValueError(
            f"the profile {said} is of the community {theirs}, not of {community}: "
            + (
                f"choose {', '.join(own)}, or give the path of a profile.yaml"
                if own
                else "set community.profile=null"
            )
        )
    return found


def _read(name: Any) -> dict[str, Any]:
    shipped = profile_names()
    if not isinstance(name, str):
        raise ValueError(
            f"community.profile is {name!r}: choose {', '.join(shipped)}, or give the path of a profile.yaml"
        )
    if name in shipped:
        text = conf.options("profile")[name].read_text(encoding="utf-8")
    else:
        path = Path(name)
        if path.is_dir():
            from windtunnel.analysis.importers.imported.lacking import refuse_lacking

            refuse_lacking(path, ("author", "time"), "a profile")
            path = path / "profile.yaml"
        if not path.is_file():
            raise ValueError(
                f"no profile {name!r}: choose {', '.join(shipped)}, or give the path of a profile.yaml"
            )
        text = path.read_text(encoding="utf-8")
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"profile {name} is not yaml: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise ValueError(
            f"profile {name} is not a profile: it should map names such as posts_per_member_day to numbers"
        )
    return content


def profile_names() -> list[str]:
    """Names of the profiles that are shipped."""
    return sorted(conf.options("profile"))
