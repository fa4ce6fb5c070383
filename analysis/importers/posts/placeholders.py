"""The one list of what platforms write in place of a text, or of an author, that was taken away."""

import re
from functools import lru_cache
from typing import NamedTuple

from windtunnel.analysis.importers.posts.raw import Status


class Placeholder(NamedTuple):
    """What stands in place of a text: the status of the post, and by whom or how in a few words."""

    status: Status
    words: str


_BY_WHOM = (
    ("copyright", Placeholder("removed", "removed for copyright")),
    ("reddit", Placeholder("removed", "removed by Reddit")),
    ("legal", Placeholder("removed", "removed by the platform")),
    ("admin", Placeholder("removed", "removed by the platform")),
    ("user", Placeholder("deleted", "deleted by its author")),
    ("owner", Placeholder("deleted", "deleted by its author")),
    ("poster", Placeholder("deleted", "deleted by its author")),
    ("author", Placeholder("deleted", "deleted by its author")),
    ("moderator", Placeholder("removed", "removed by moderators")),
    ("mod", Placeholder("removed", "removed by moderators")),
    ("automod", Placeholder("removed", "removed by moderators")),
)
_REMOVED = Placeholder("removed", "removed")
_DELETED = Placeholder("deleted", "deleted by its author")
_GONE = Placeholder("gone", "unavailable")

LONGEST = 160
_STARTS = frozenset("[(<{*_tTcCpPmM")
_ELSEWHERE = {
    **dict.fromkeys(
        ("entfernt", "retiré", "supprimé par un modérateur", "eliminado por un moderador", "removido"),
        _REMOVED,
    ),
    **dict.fromkeys(
        ("gelöscht", "supprimé", "eliminado", "borrado", "excluído", "удалено", "已删除"), _DELETED
    ),
}
"""The commonest of other languages, which stand between brackets."""
_FRAMED = re.compile(r"[\[(<{*]\s*(.*?)\s*\.?\s*[\])>}*]\.?", re.DOTALL)
_WHAT = r"(?:(?:this|the) )?(?:(?:comment|post|message|content|topic|submission|reply|tweet|text|account|user)s? )?(?:(?:has|have|was|were|is) (?:been )?)?"
_TAKEN = re.compile(
    rf"{_WHAT}(?P<how>removed or deleted|deleted or removed|removed|hidden|redacted|taken down|deleted|withdrawn|unavailable|not available|flagged|dead|permanently deleted|"
    r"no longer available|suspended|missing)(?P<rest> (?:by|in response|for|due|because|at the request|on|from|pending|too)\b[\w\s,'’/-]*)?",
)
_PLAIN = re.compile(
    r"(?:comment|post|message) (?P<by>removed|deleted) by (?:an? |the |its )?(?P<whom>moderators?|mods?|admins?|users?|author|owner|poster|reddit|"
    r"automod(?:erator)?)\.?|(?:this|the) (?:comment|post|message|content|topic|submission|reply|tweet) (?:has been|was|is|have been) "
    r"(?P<how>removed|deleted|hidden|unavailable|no longer available|not available)(?P<rest> by (?:an? |the )?[\w ]{1,30})?\.?"
)


def placeholder(text: str | None) -> Placeholder | None:
    """What this text says about a post that was taken away; None for words of somebody's own.

    >>> placeholder("[ Removed by Reddit ]").words, placeholder("[deleted]").status, placeholder("[unavailable]").status
    ('removed by Reddit', 'deleted', 'gone')
    >>> placeholder("[removed] was the word I saw") is None
    True
    """
    if text is None or len(text) > LONGEST + 40:
        return None
    if text[:1] not in _STARTS and not text[:1].isspace():
        return None
    start = text.lstrip()[:5].casefold()
    if not start.startswith(("[", "(", "<", "{", "*", "_", "this ", "the ", "comme", "post ", "messa")):
        return None
    said = " ".join(text.split())
    if len(said) > LONGEST:
        return None
    said = inside if (inside := said.strip("*_")).startswith("[") else said
    framed = _FRAMED.fullmatch(said)
    if framed and framed[1].casefold() in _ELSEWHERE:
        return _ELSEWHERE[framed[1].casefold()]
    found = _TAKEN.fullmatch(framed[1].casefold()) if framed else _PLAIN.fullmatch(said.casefold())
    if found is None or framed and said[0] != "[" and found["how"] not in ("removed", "deleted"):
        return None  # (missing) may be somebody's words
    parts = found.groupdict()
    return _read(parts["how"] or parts["by"], parts["rest"] or parts.get("whom") or "")


def _read(how: str, rest: str) -> Placeholder:
    words = rest.replace("’", "'").split()
    if how in ("removed or deleted", "deleted or removed"):
        return _GONE
    for mark, meaning in _BY_WHOM:
        if any(word.startswith(mark) for word in words):
            return meaning
    if how in ("deleted", "permanently deleted", "withdrawn", "redacted"):
        return _DELETED
    return _REMOVED if how in ("removed", "hidden", "taken down", "suspended", "flagged", "dead") else _GONE


_NO_NAME = re.compile(
    r"(?:(?:deleted|removed|suspended|banned|deactivated|former|unknown|anonymous|inactive)[ _-]?(?:user|account|member|author|participant)"
    r"|(?:user|account|author) (?:deleted|removed|suspended|unknown)|deleted|removed|suspended|unavailable|unknown|"
    r"anonymous|anonymous coward|guest|-+|\?+|-1(?:\.0+)?)"
)
_PERHAPS = {"0": "an id of 0 is a guest's in many forums", "ghost": "GitHub calls who is gone so"}


def perhaps_nobody(author: str | None) -> str:
    """Why a name that stays a member's may be nobody's; empty for others.

    >>> perhaps_nobody("0"), perhaps_nobody("ann")
    ("an id of 0 is a guest's in many forums", '')
    """
    return _PERHAPS.get(author.strip().casefold(), "") if author is not None and len(author) < 8 else ""


@lru_cache(maxsize=10_000)
def nobody(author: str | None) -> bool:
    """Whether a name is what a platform shows where an author is gone, or under which everybody may write.

    >>> nobody("[deleted]"), nobody("Deleted User"), nobody("Guest"), nobody("[ghost]"), nobody("deleted_user_7")
    (True, True, True, True, False)
    >>> nobody("deactivateduser"), nobody("Deactivated Account"), nobody("deactivated_ann")
    (True, True, False)
    """
    if author is None:
        return False
    if author[:1] in "[(<" and (
        placeholder(author) is not None or author.strip("[]()<>").casefold() == "ghost"
    ):
        return True
    return len(author) <= 32 and _NO_NAME.fullmatch(author.strip(" []()<>").casefold()) is not None
