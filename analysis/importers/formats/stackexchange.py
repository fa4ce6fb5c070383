"""Reads Stack Exchange: the data dump of one site, a folder with Posts.xml and what there is beside it.

Comments.xml, Users.xml, Votes.xml and PostHistory.xml are read where they are there. A comment that begins with
@name answers the last comment of that user under the same post, else the post (the site's own rule).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from windtunnel.analysis.importers.clocks.times import moment
from windtunnel.analysis.importers.files.lines import bare_name
from windtunnel.analysis.importers.formats.rows_xml import rows
from windtunnel.analysis.importers.posts.gathering import Collector
from windtunnel.analysis.importers.posts.raw import Act, RawAct, RawPost
from windtunnel.analysis.importers.text.markup import words_of

EXPECTED = (
    "a Stack Exchange dump: a folder with Posts.xml (and Comments.xml, Users.xml, Votes.xml, PostHistory.xml), "
    "packed or not, or one Posts.xml; unpack a .7z first"
)
QUESTION, ANSWER = "1", "2"
UP, DOWN = "2", "3"
HISTORY: dict[str, Act] = {
    "10": "lock",  # closed: no new answers
    "11": "unlock",
    "12": "remove",
    "13": "approve",
    "14": "lock",
    "15": "unlock",
    "19": "other",  # protected from newcomers
}
COMMUNITY = "-1"


def read_stackexchange(path: Path, into: Collector) -> list[str]:
    """The questions, answers and comments of the dump at `path`, its acts of moderators, and remarks."""
    files = _files(path)
    if "posts" not in files:
        raise ValueError(f"{path} holds no Posts.xml: give {EXPECTED}")
    names = dict(_users(files["users"], into)) if "users" in files else {}
    votes = _votes(files["votes"], into) if "votes" in files else None
    _read_posts(files["posts"], into, names, votes)
    if "comments" in files:
        _read_comments(files["comments"], into, names)
    if "posthistory" in files:
        _read_history(files["posthistory"], into)
    if not into.posts:
        reason = f"; {next(iter(into.bad_reasons))}" if into.bad_reasons else ""
        raise ValueError(f"{path} is not {EXPECTED}{reason}")
    missing = [
        words
        for name, words in (
            ("comments", "Comments.xml, so replies are answers alone"),
            ("users", "Users.xml, so names inside texts stay unless they follow an @"),
            ("posthistory", "PostHistory.xml, so acts of moderators are not known"),
        )
        if name not in files
    ]
    return [f"there is no {each}" for each in missing]


def _files(path: Path) -> dict[str, Path]:
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: give {EXPECTED}")
    if path.is_file():
        return {"posts": path}
    return {Path(bare_name(each)).stem.casefold(): each for each in sorted(path.iterdir()) if each.is_file()}


def _users(path: Path, into: Collector) -> Iterator[tuple[str, str]]:
    into.begin(path)
    for line, cells in rows(path, into):
        if cells.get("Id") and cells.get("DisplayName"):
            yield cells["Id"], cells["DisplayName"]
        else:
            into.fault(line, "a user without Id or DisplayName")


def _votes(path: Path, into: Collector) -> Counter[tuple[str, str]]:
    """How many votes of a kind each post got."""
    into.begin(path)
    return Counter(
        (cells.get("PostId", ""), cells["VoteTypeId"])
        for _, cells in rows(path, into)
        if cells.get("VoteTypeId") in (UP, DOWN)
    )


def _author(
    cells: Mapping[str, str], fields: tuple[str, str], names: dict[str, str], into: Collector
) -> str | None:
    """A user by number where there is one; a deleted user by the name that is left."""
    number, shown = cells.get(fields[0]), cells.get(fields[1])
    if number is None:
        return shown
    author = f"user {number}"
    if author not in into.aliases:
        into.called(author, (names.get(number, ""), names.get(number, "").replace(" ", "")))
    return author


def _read_posts(
    path: Path, into: Collector, names: dict[str, str], votes: Counter[tuple[str, str]] | None
) -> None:
    into.begin(path)

    def read(cells: dict[str, str]) -> RawPost | None:
        kind, number = cells.get("PostTypeId"), _needed(cells, "Id")
        if kind not in (QUESTION, ANSWER):
            return None  # wikis of tags, notices of elections
        question = None if kind == QUESTION else f"p{_needed(cells, 'ParentId')}"
        body = words_of(cells.get("Body", ""))
        return RawPost(
            id=f"p{number}",
            parent=question,
            thread=question or f"p{number}",
            author=_author(cells, ("OwnerUserId", "OwnerDisplayName"), names, into),
            time=moment(cells.get("CreationDate"), "CreationDate"),
            text=f"{cells['Title']}\n\n{body}".strip() if cells.get("Title") else body,
            score=_count(cells.get("Score")),
            up=None if votes is None else votes[number, UP],
            down=None if votes is None else votes[number, DOWN],
            kind="thread" if kind == QUESTION else "reply",
            bot=cells.get("OwnerUserId") == COMMUNITY,
            title=cells.get("Title") or None,
        )

    for line, cells in rows(path, into):
        into.add(line, read, cells)


def _read_comments(path: Path, into: Collector, names: dict[str, str]) -> None:
    """Hand the comments on. Who has commented under a post is remembered by names without blanks."""
    into.begin(path)
    spoke: dict[str, list[tuple[str, str]]] = {}

    def read(cells: dict[str, str]) -> RawPost | None:
        number, post = _needed(cells, "Id"), _needed(cells, "PostId")
        author = _author(cells, ("UserId", "UserDisplayName"), names, into)
        text = cells.get("Text", "")
        earlier = spoke.setdefault(post, [])
        answered = _answered(text, earlier)
        raw = RawPost(
            id=f"c{number}",
            parent=answered or f"p{post}",
            thread=None,
            author=author,
            time=moment(cells.get("CreationDate"), "CreationDate"),
            text=text,
            score=_count(cells.get("Score")),
            kind="reply",
            bot=cells.get("UserId") == COMMUNITY,
        )
        shown = names.get(cells.get("UserId", ""), cells.get("UserDisplayName", ""))
        earlier.append(("".join(shown.split()).casefold(), f"c{number}"))
        return raw

    for line, cells in rows(path, into):
        into.add(line, read, cells)


def _answered(text: str, earlier: list[tuple[str, str]]) -> str | None:
    """The last comment of the user whom an @name at the start calls; three letters of a name are enough."""
    if not text.startswith("@"):
        return None
    called = text[1:].split(maxsplit=1)[0].rstrip(",:;.!?").casefold() if text[1:].strip() else ""
    if len(called) < 3:
        return None
    return next((comment for name, comment in reversed(earlier) if name.startswith(called)), None)


def _read_history(path: Path, into: Collector) -> None:
    into.begin(path)
    for line, cells in rows(path, into):
        act = HISTORY.get(cells.get("PostHistoryTypeId", ""))
        if act is None:
            continue
        try:
            at = moment(cells.get("CreationDate"), "CreationDate")
            actor = cells.get("UserId")
            into.acts.append(
                RawAct(
                    act,
                    at,
                    post=f"p{_needed(cells, 'PostId')}",
                    actor="Community" if actor == COMMUNITY else actor and f"user {actor}",
                )
            )
        except ValueError as error:
            into.fault(line, str(error))


def _needed(cells: Mapping[str, str], field: str) -> str:
    if not cells.get(field):
        raise ValueError(f"no {field}")
    return cells[field]


def _count(text: str | None) -> int | None:
    try:
        number = int(text or "")
    except ValueError:
        return None
    return number if abs(number) < 2**62 else None
