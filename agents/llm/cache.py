"""Where weights and answers are kept between runs: the user's cache folder, or WINDTUNNEL_CACHE."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder; it need not exist yet."""
    from platformdirs import user_cache_path

    override = os.environ.get("WINDTUNNEL_CACHE")
    return Path(override).expanduser() if override else user_cache_path("policy-windtunnel", appauthor=False)


def default_store() -> Path:
    return cache_folder() / "answers.sqlite"
