"""From the address of a page to the ids by which an import may know it, format by format."""

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from windtunnel.analysis.importers.beside.moderation import PREFIXES

ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def is_address(words: str) -> bool:
    return ADDRESS.fullmatch(words.strip()) is not None


def ids_in(words: str, format: str) -> list[str]:
    """Ids that an address, or an id as people write it, may stand for in a record of this format; the narrowest first.

    >>> ids_in("https://www.reddit.com/r/x/comments/abc/a_title/def/", "reddit")[:2]
    ['t1_def', 't3_abc']
    >>> ids_in("12", "stackexchange")
    ['12', 'p12', 'c12']
    """
    words = words.strip()
    if not is_address(words):
        known = PREFIXES.get(format, {})
        prefixes = (*known.get("post", ()), *known.get("thread", ()))
        return list(dict.fromkeys([words, *(f"{prefix}{words}" for prefix in prefixes)]))
    found = _READERS.get(format, _any)(words)
    return list(dict.fromkeys([*found, words, words.rstrip("/")]))


def _path(address: str) -> list[str]:
    return [unquote(part) for part in urlsplit(address).path.split("/") if part]


def _reddit(address: str) -> list[str]:
    path = _path(address)
    host = urlsplit(address).hostname or ""
    if host.endswith("redd.it") and path:
        return [f"t3_{path[-1]}"]
    if "comments" not in path:
        return []
    after = path[path.index("comments") + 1 :]
    comment = [f"t1_{after[2]}"] if len(after) > 2 else []
    return comment + ([f"t3_{after[0]}"] if after else [])


def _stackexchange(address: str) -> list[str]:
    path, fragment = _path(address), urlsplit(address).fragment
    found = []
    if match := re.match(r"comment(\d+)", fragment):
        found.append(f"c{match[1]}")
    elif fragment.isdecimal():
        found.append(f"p{fragment}")
    numbers = [part for part in path if part.isdecimal()]
    if path[:1] in (["questions"], ["q"]) and len(numbers) > 1 and path[-1] == numbers[-1]:
        found.append(f"p{numbers[-1]}")  # /questions/12/a-title/34 is the answer 34
    return found + [f"p{number}" for number in numbers[:1]]


def _discourse(address: str) -> list[str]:
    path = _path(address)
    numbers = [part for part in path[path.index("t") + 1 :] if part.isdecimal()] if "t" in path else []
    narrow = [f"topic {numbers[0]} post {numbers[1]}"] if len(numbers) > 1 else []
    return narrow + [f"topic {number}" for number in numbers[:1]]


def _mastodon(address: str) -> list[str]:
    return _path(address)[-1:]


def _bluesky(address: str) -> list[str]:
    path = _path(address)
    if len(path) >= 4 and path[0] == "profile" and path[2] == "post":
        return [f"at://{path[1]}/app.bsky.feed.post/{path[3]}", f"/app.bsky.feed.post/{path[3]}"]
    return []


def _any(address: str) -> list[str]:
    """Of a table nothing is known but its ids: parts of the path and of the fragment, the last first."""
    parts = urlsplit(address)
    return [part for part in (parts.fragment, *reversed(_path(address))) if part]


_READERS: dict[str, Callable[[str], list[str]]] = {
    "reddit": _reddit,
    "stackexchange": _stackexchange,
    "discourse": _discourse,
    "mastodon": _mastodon,
    "bluesky": _bluesky,
}
