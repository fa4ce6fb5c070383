"""The key that a folder was imported under, for what can be read with it alone."""

from pathlib import Path

from windtunnel.analysis.importers.imported.source import read_source
from windtunnel.analysis.importers.people.identities import key_check
from windtunnel.analysis.importers.people.pseudonyms import DEFAULT_KEY_FILE, read_key


def secret_of(folder: Path, what: str, instead: str, key_file: Path | None = None) -> bytes:
    """The key under which `folder` was imported; `ValueError` where it is not there or is another one.

    `what` cannot be looked up without it ("names"), and `instead` can be given ("the pseudonym").
    """
    path = key_file or DEFAULT_KEY_FILE
    if not path.is_file():
        raise ValueError(f"there is no key in {path}, so {what} cannot be looked up: give {instead}")
    secret = read_key(path)
    if read_source(folder).get("key_check") != key_check(secret):
        raise ValueError(
            f"{folder} was imported under another key than {path} holds: run this where it was imported"
        )
    return secret
