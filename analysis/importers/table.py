"""Reads a table of posts, CSV or Parquet, whose columns the user maps to roles."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from windtunnel.analysis.importers.gathering import Collector
from windtunnel.analysis.importers.posts import RawPost, Status, Tone
from windtunnel.analysis.importers.sheets import columns_of, listed, sheet_rows


class Role(NamedTuple):
    """What a column can be, and how its values are read."""

    name: str
    required: bool
    words: str


ROLES = (
    Role("id", True, "the post's own id"),
    Role("parent", True, "id of the post it answers; empty for a post that opens a thread"),
    Role("author", True, "who wrote it; empty or [deleted] where unknown"),
    Role("time", False, "Unix seconds, or an ISO date and time (UTC unless it says otherwise)"),
    Role("minute", False, "minutes since any start, instead of time; with day, minutes of that day"),
    Role("day", False, "an ISO date, for a record that has date and minute in two columns"),
    Role("text", False, "what it says"),
    Role("thread", False, "id of its thread; else told from the parents"),
    Role(
        "kind",
        False,
        "thread, submission, question, topic or post open a thread; reply, comment, answer do not",
    ),
    Role("status", False, "visible; removed (by moderators); deleted (by its author); removed_or_deleted"),
    Role("score", False, "up-votes minus down-votes"),
    Role("controversial", False, "true/false or 1/0: many votes both ways"),
    Role("up", False, "number of up-votes"),
    Role("down", False, "number of down-votes"),
    Role("tone", False, "civil, heated or hostile, where a person said so; else told from the text"),
    Role("other_id", False, "another id of the post, by which --mod-log or --labels names it"),
)

MAP_HELP = (
    "which column is what, as role=column,role=column: "
    + "; ".join(f"{role.name}{' (needed)' if role.required else ''}: {role.words}" for role in ROLES)
    + (
        ". One of time and minute is needed. Example: --map id=post_id,parent=parent_id,"
        "thread=conversation_id,author=author,minute=minute,status=status,score=score"
    )
)
"""For the command line's `--help`."""

EXPECTED = "a table of posts: a .csv, .tsv (packed or not) or .parquet file, a row a post, with --map naming its columns"

T = TypeVar("T")

STATUS_VALUES: dict[str, Status] = {
    "": "visible",
    "visible": "visible",
    "ok": "visible",
    "kept": "visible",
    "approved": "visible",
    "author_gone_text_kept": "visible",
    "removed": "removed",
    "removed_by_mods": "removed",
    "removed_by_moderators": "removed",
    "moderator": "removed",
    "deleted": "deleted",
    "deleted_by_author": "deleted",
    "author": "deleted",
    "gone": "gone",
    "removed_or_deleted": "gone",
    "gone_link_post": "gone",
}
KIND_VALUES: dict[str, Literal["thread", "reply"]] = {
    **dict.fromkeys(("thread", "submission", "question", "topic", "post"), "thread"),
    **dict.fromkeys(("reply", "comment", "answer"), "reply"),
}
TONE_VALUES: dict[str, Tone] = {"civil": "civil", "heated": "heated", "hostile": "hostile"}
BOOLEAN_VALUES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def parse_mapping(text: str, option: str = "--map") -> dict[str, str]:
    """The mapping in a command line's `role=column,role=column`.

    >>> parse_mapping("id=post_id, author=who")
    {'id': 'post_id', 'author': 'who'}
    """
    mapping: dict[str, str] = {}
    for part in text.split(","):
        role, equals, column = (each.strip() for each in part.partition("="))
        if not equals or not role or not column:
            raise ValueError(f"{option} holds {part.strip()!r}, which is not role=column")
        if role in mapping:
            raise ValueError(f"{option} names {role} twice: {mapping[role]} and {column}")
        mapping[role] = column
    return mapping


def read_table(
    path: Path, mapping: Mapping[str, str], into: Collector, where: Mapping[str, str] | None = None
) -> list[str]:
    """The posts in the rows of `path`, whose columns `mapping` (role to column) names.

    `where` (column to value) chooses rows, compared as text.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: give {EXPECTED}")
    _check_roles(mapping)
    into.begin(path)
    where, passed_over = where or {}, 0
    columns = columns_of(path, EXPECTED, into.max_bytes)
    check_columns(path, mapping, columns)
    check_columns(path, {f"--where {column}": column for column in where}, columns)
    for number, row in sheet_rows(path, [*mapping.values(), *where], into.max_bytes, into.told):
        if isinstance(row, dict) and any(cell_word(row[each]) != value for each, value in where.items()):
            passed_over += 1
            continue
        into.add(number, lambda row: _post(by_role(row, mapping)), row)
    if not into.posts:
        if passed_over:
            chosen = ", ".join(f"{column}={value}" for column, value in where.items())
            raise ValueError(f"{path} has no row with {chosen} that could be read")
        first = f"; line {into.bad[0].line}: {into.bad[0].reason}" if into.bad else "; it has no rows"
        raise ValueError(f"{path} is not {EXPECTED}{first}")
    return [f"{passed_over:,} rows were not chosen by --where"] if passed_over else []


def by_role(row: Mapping[str, Any] | str, mapping: Mapping[str, str]) -> dict[str, Any]:
    """The cells of a row by role; `ValueError` for a row that could not be read, or is not Unicode."""
    if isinstance(row, str):
        raise ValueError(row)
    cells = {role: row[column] for role, column in mapping.items()}
    for value in cells.values():
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError("not UTF-8")
    return cells


def _check_roles(mapping: Mapping[str, str]) -> None:
    names = [role.name for role in ROLES]
    for role in mapping:
        if role not in names:
            raise ValueError(f"--map names the role {role!r}; {nearest(role, names)}")
    missing = [role.name for role in ROLES if role.required and role.name not in mapping]
    if missing:
        raise ValueError(
            f"--map lacks {', '.join(missing)}: write {missing[0]}=COLUMN; all roles: {', '.join(names)}"
        )
    if ("time" in mapping) == ("minute" in mapping):
        raise ValueError(
            "--map needs one of time=COLUMN and minute=COLUMN, "
            + ("and has both" if "time" in mapping else "and has neither")
        )
    if "day" in mapping and "minute" not in mapping:
        raise ValueError("--map names day, which needs minute=COLUMN, the minute of that day")


def nearest(found: str, valid: list[str]) -> str:
    """Half a sentence that names the valid choice nearest to what was found, or all of them."""
    close = get_close_matches(found, valid, n=1)
    return f"did you mean {close[0]!r}?" if close else f"valid are {listed(valid)}"


def check_columns(path: Path, mapping: Mapping[str, str], columns: list[str]) -> None:
    for role, column in mapping.items():
        if column not in columns:
            raise ValueError(f"{path} has no column {column!r} (for {role}); {nearest(column, columns)}")


def _post(row: dict[str, Any]) -> RawPost:
    """One row read by the rules of `ROLES`; `ValueError` says which cell cannot be read."""
    name = cell_word(row.get("id"))
    if name is None:
        raise ValueError("no id")
    author, text = cell_word(row.get("author")), row.get("text")
    if text in ("[removed]", "[deleted]"):
        row = {**row, "status": row.get("status") or text[1:-1]}
        text = None
    return RawPost(
        id=name,
        parent=cell_word(row.get("parent")),
        thread=cell_word(row.get("thread")),
        author=None if author == "[deleted]" else author,
        time=_time(row),
        text=None if text is None else str(text),
        status=_one_of(row.get("status"), STATUS_VALUES, "status") or "visible",
        kind=_one_of(row.get("kind"), KIND_VALUES, "kind"),
        score=_score(row),
        up=_count(row, "up"),
        down=_count(row, "down"),
        controversial=_one_of(row.get("controversial"), BOOLEAN_VALUES, "controversial"),
        other_id=cell_word(row.get("other_id")),
        tone=_one_of(row.get("tone"), TONE_VALUES, "tone"),
    )


def _score(row: Mapping[str, Any]) -> int | None:
    """The score, or what is left of up-votes after down-votes where both are there."""
    said, up, down = (_count(row, role) for role in ("score", "up", "down"))
    return up - down if said is None and up is not None and down is not None else said


def _time(row: Mapping[str, Any]) -> float:
    if "minute" not in row:
        return cell_seconds(row.get("time"))
    return _number(row["minute"], "minute") * 60 + (cell_seconds(row["day"]) if "day" in row else 0)


def cell_word(value: Any) -> str | None:
    """An id or a name as text; 12.0 is 12, since a column of integers with gaps often comes as floats."""
    if value is None or isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _one_of(value: Any, values: Mapping[str, T], role: str) -> T | None:
    word = "" if value is None else str(value).strip().casefold()
    if word in values:
        return values[word]
    if not word:
        return None
    # The word itself is not said: where a column is mistaken it may be a name.
    raise ValueError(f"{role} is another word; {nearest(word, [each for each in values if each])}")


def _number(value: Any, role: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"no {role}" if value in (None, "") else f"{role} is not a number") from None
    if not math.isfinite(number) or abs(number) > 1e14:
        raise ValueError(f"{role} is not a finite number")
    return number


def _count(row: Mapping[str, Any], role: str) -> int | None:
    value = row.get(role)
    return None if value is None or value == "" else int(_number(value, role))


def cell_seconds(value: Any) -> float:
    """Seconds since 1970 of a number, a date, or the text of one."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        value = _first_readable(value.strip(), float, datetime.fromisoformat)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return _number(value, "time")


def _first_readable(text: str, *readers: Callable[[str], Any]) -> Any:
    if not text:
        return None
    for reader in readers:
        try:
            return reader(text)
        except ValueError:
            continue
    raise ValueError("time is neither a number of seconds nor an ISO date and time")
