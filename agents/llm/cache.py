"""Where weights and answers are kept between runs: the user's cache folder, or WINDTUNNEL_CACHE."""

import os
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """The folder; it need not exist yet."""
    from platformdirs import user_cache_path

    override = os.environ.get("WINDTUNNEL_CACHE")
    return Path(override).expanduser() if override else user_cache_path("policy-windtunnel", appauthor=False)


def need_writable(folder: Path, setting: str) -> None:
    """Make the folder; `OSError` says why nothing can be written there, and the `setting` that mends it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(f"{folder} cannot be written ({error.strerror or error}): set {setting}") from None


def default_store() -> Path:
    """Where answers are kept unless `llm.store` says otherwise."""
    return cache_folder() / "answers.sqlite"
