"""Pseudonyms for authors by a keyed hash, whose key stays in a file of its own.

This is pseudonymisation, not anonymisation: who holds the original record can match threads by their shape.
"""

import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from pathlib import Path

DEFAULT_KEY_FILE = Path(".windtunnel") / "pseudonym.key"

BOTS = frozenset({"automoderator", "community", "system"})
"""Authors that are machines on the platforms read here (Reddit, Stack Exchange, Discourse), casefolded."""
_BOT_ENDING = re.compile(r"(?:[-_ ]bot|[a-z0-9]Bot|\[bot\])$")


def read_key(path: Path) -> bytes:
    """The secret in `path`, made at random when there is none yet; only its owner can read the new file.

    In its usual folder a file tells git to leave the folder alone.
    Deleting the file makes the pseudonyms irreversible. Raises `ValueError` where the file holds no key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == DEFAULT_KEY_FILE.parent.name:
            (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}.partial")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        try:
            os.link(partial, path)  # unlike a rename, this never replaces a key that somebody just wrote
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(
            f"{path} holds no pseudonym key (64 hexadecimal digits): restore it from a copy, or "
            "delete it and a new one is made, under which authors get other pseudonyms"
        )
    return bytes.fromhex(text)


def author_key(name: str, secret: bytes) -> str:
    """HMAC-SHA256 of the name without outer blanks and case, in hexadecimal."""
    return hmac.digest(secret, folded(name).encode(), "sha256").hex()


def pseudonyms(names: Iterable[str], secret: bytes) -> dict[str, str]:
    """For each casefolded name its pseudonym `u00042`: its rank, from 1, among the keys of this record.

    The same names under the same secret get the same pseudonyms; a record that has grown is numbered anew.

    >>> sorted(pseudonyms(["Ann", " ann ", "Bo"], b"k").values())
    ['u00001', 'u00002']
    """
    ordered = sorted({folded(name) for name in names}, key=lambda name: author_key(name, secret))
    width = max(5, len(str(len(ordered))))
    return {name: f"u{rank:0{width}d}" for rank, name in enumerate(ordered, 1)}


def folded(name: str) -> str:
    """A name as it is compared: without capitals, and é alike whether it is one sign or two."""
    return composed(name).strip().casefold()


def composed(text: str) -> str:
    """The text in Unicode's composed form (NFC), in which the same words are the same signs."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_bot(name: str) -> bool:
    """Whether a name is a machine's: in `BOTS`, or ending in -bot, _bot, Bot or [bot] (not Abbot)."""
    return folded(name) in BOTS or _BOT_ENDING.search(name.strip()) is not None
