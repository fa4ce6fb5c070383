"""What the columns of a table can be, and which column is what: the roles, `--map`, and what is wrong with one."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from windtunnel.agents.nearest import nearest
from windtunnel.analysis.importers.files.sheets import listed


class Role(NamedTuple):
    """What a column can be, and how its values are read."""

    name: str
    required: bool
    words: str


ROLES = (
    Role("id", True, "the post's own id"),
    Role(
        "parent",
        False,
        "id of the post it answers; empty for a post that opens a thread. Without it threads are flat",
    ),
    Role(
        "author",
        False,
        "who wrote it; empty or [deleted] where unknown. Without it nothing about members can be asked",
    ),
    Role(
        "time",
        False,
        "a date and time (UTC unless it says otherwise), or Unix seconds, milliseconds, microseconds, nanoseconds or a "
        "spreadsheet's days. Without it the order of the rows is taken",
    ),
    Role("minute", False, "minutes since any start, instead of time; with day, minutes of that day"),
    Role("day", False, "an ISO date, for a record that has date and minute in two columns"),
    Role("text", False, "what it says"),
    Role("title", False, "the title of the thread that it opens; put before its text"),
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
        ". Example: --map id=post_id,parent=parent_id,"
        "thread=conversation_id,author=author,minute=minute,status=status,score=score"
    )
)
"""For the command line's `--help`."""


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


def check_roles(mapping: Mapping[str, str]) -> None:
    names = [role.name for role in ROLES]
    for role in mapping:
        if role not in names:
            raise ValueError(f"--map names the role {role!r}; {nearest_valid(role, names)}")
    missing = [role.name for role in ROLES if role.required and role.name not in mapping]
    if missing:
        raise ValueError(
            f"--map lacks {', '.join(missing)}: write {missing[0]}=COLUMN; all roles: {', '.join(names)}"
        )
    if "time" in mapping and "minute" in mapping:
        raise ValueError("--map has both time=COLUMN and minute=COLUMN: name one of them")
    if "day" in mapping and "minute" not in mapping:
        raise ValueError("--map names day, which needs minute=COLUMN, the minute of that day")


def nearest_valid(found: str, valid: list[str]) -> str:
    """Half a sentence that names the valid choice nearest to what was found, or all of them."""
    return nearest(found, valid, f"valid are {listed(valid)}")


def as_spelt(mapping: Mapping[str, str], columns: list[str]) -> dict[str, str]:
    """The mapping with its columns as the file spells them: blanks around a name in its head do not count.

    >>> as_spelt({"id": "post"}, [" post ", "text"])
    {'id': ' post '}
    """
    bare = {column.strip(): column for column in reversed(columns)}
    return {role: name if name in columns else bare.get(name, name) for role, name in mapping.items()}


def refuse_headless(path: Path, columns: list[str]) -> None:
    """`ValueError` where the first line of a sheet is its title, with next to no names of columns."""
    if sum(not name.strip() for name in columns) > len(columns) / 2:
        raise ValueError(
            f"the first line of {path} names no columns ({listed([name for name in columns if name.strip()])}): take out what stands "
            "above the names of its columns"
        )


def check_columns(path: Path, mapping: Mapping[str, str], columns: list[str]) -> None:
    if not set(mapping.values()) <= set(columns):
        refuse_headless(path, columns)
    for role, column in mapping.items():
        if column not in columns and len(columns) == 1 and column in columns[0]:
            raise ValueError(
                f"{path} has one column, {listed(columns)!r}: name what parts its cells with --separator"
            )
        if columns.count(column) > 1:
            raise ValueError(
                f"{path} has {columns.count(column)} columns {column!r} (for {role}): rename the others"
            )
        if column not in columns:
            raise ValueError(
                f"{path} has no column {column!r} (for {role}); {nearest_valid(column, columns)}"
            )
