"""Acts of moderators: a table of them beside the record, and their translation into our numbers and pseudonyms."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.importers.clocks.clock import Kind, settle_list
from windtunnel.analysis.importers.clocks.times import SinceStart, When, read_time
from windtunnel.analysis.importers.files.sheets import columns_of, layout_of, listed, sheet_rows
from windtunnel.analysis.importers.formats.mapping import as_spelt, check_columns, nearest_valid
from windtunnel.analysis.importers.formats.table import by_role
from windtunnel.analysis.importers.people.people import People
from windtunnel.analysis.importers.people.pseudonyms import folded, is_bot
from windtunnel.analysis.importers.posts.gathering import Collector
from windtunnel.analysis.importers.posts.numbering import Numbered
from windtunnel.analysis.importers.posts.raw import Act, RawAct
from windtunnel.analysis.importers.values.matching import matched
from windtunnel.analysis.importers.values.missing import empty, word

SCHEMA = {
    "minute": pl.Int64,
    "act": pl.String,
    "post": pl.Int64,
    "thread": pl.Int64,
    "member": pl.String,
    "actor": pl.String,
}
"""Columns of moderation.parquet. `minute` counts as in posts.parquet, null where unknown; `member` is whom an act
names, not whose post it is on; `actor` is a pseudonym, or `moderator` or `bot` for one who wrote nothing."""

EXPECTED = (
    "a table of moderators' acts: .csv, .tsv, .ndjson (packed or not) or .parquet, a row an act, with columns for "
    "act, time, actor and at least one of post, thread, member"
)
MOD_MAP_HELP = (
    "which column of --mod-log is what, as role=column,…: act (needed: lock, remove, ban and the like); post, thread or "
    "member it is about; time (Unix seconds or ISO) or minute; actor. Without it columns are known by common names."
)
GUESSES = {
    "act": ("act", "action", "event", "action_type", "type"),
    "post": (
        "post",
        "post_id",
        "target_fullname",
        "source_post_id",
        "comment_id",
        "target_post",
        "uri",
        "target",
    ),
    "thread": ("thread", "thread_id", "topic", "topic_id", "conversation_id", "link_id"),
    "member": ("member", "target_author", "target_user", "target_username", "target", "user", "username"),
    "time": ("time", "at", "created_at", "created_utc", "timestamp", "date", "when"),
    "minute": ("minute",),
    "actor": ("actor", "mod", "moderator", "acting_user", "admin", "by"),
}
"""Names by which a column is known without a map, the first that is there. A column `target` alone names whatever each act is
about: a member where it is done to members, else a post."""
ON_MEMBERS = ("warn", "suspend", "ban")

WORDS: dict[Act, str] = {
    "lock": "lock locked lock_thread close closed lockthread autoclosed archived thread_lock",
    "unlock": "unlock unlocked reopen reopened unlock_thread open opened",
    "remove": "remove removed delete deleted removecomment removelink spamcomment spamlink hide hidden takedown "
    "delete_post delete_topic remove_post",
    "approve": "approve approved approvecomment approvelink undelete undeleted restore restored unhide recover",
    "warn": "warn warned warning notice notify_user official_warning",
    "suspend": "suspend suspended suspend_user mute muted muteuser timeout silence silenced silence_user kick kicked",
    "ban": "ban banned banuser ban_user block blocked",
}
_ACTS: dict[str, Act] = {each: act for act, words in WORDS.items() for each in words.split()}

PREFIXES: dict[str, dict[str, tuple[str, ...]]] = {
    "reddit": {"post": ("t1_", "t3_"), "thread": ("t3_",)},
    "stackexchange": {"post": ("p", "c"), "thread": ("p",), "member": ("user ",)},
    "discourse": {"thread": ("topic ",)},
    "table": {"post": ("p",)},
}
"""What a bare id of a list may lack, by format: a Stack Exchange log says 12 where the record says p12. Decimals and
Reddit's t1_ and t3_ are seen through in every format."""


def act_of(said: str) -> Act:
    """Our word for an act.

    >>> act_of("removecomment"), act_of("Closed"), act_of("pin")
    ('remove', 'lock', 'other')
    """
    return _ACTS.get(said.strip().casefold().replace("-", "_").replace(" ", "_"), "other")


def read_mod_log(path: Path, mapping: Mapping[str, str] | None, into: Collector) -> None:
    """Hand the acts in the rows of `path` on; rows that cannot be read are faults."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: give {EXPECTED}")
    layout = layout_of(path, list((mapping or {}).values()), into.max_bytes)
    columns = columns_of(path, EXPECTED, into.max_bytes, layout)
    roles = as_spelt(mapping, columns) if mapping else _guessed(columns)
    for role in roles:
        if role not in GUESSES:
            raise ValueError(f"--mod-map names the role {role!r}; {nearest_valid(role, list(GUESSES))}")
    check_columns(path, roles, columns)
    if "act" not in roles or not roles.keys() & {"post", "thread", "member"}:
        raise ValueError(
            f"{path} needs columns for act and for post, thread or member, and has {listed(columns)}: "
            "name them with --mod-map role=column,…"
        )
    into.begin(path)
    acts, lines = list[RawAct](), list[int]()
    for line, row in sheet_rows(path, list(roles.values()), into.max_bytes, layout=layout):
        try:
            acts.append(_act(by_role(row, roles)))
            lines.append(line)
        except ValueError as error:
            into.fault(line, str(error))
    times = settle_list(
        [act.time for act in acts], Kind(own_start="anywhere", spreadsheet=True, name="the acts' time")
    )
    for place, reason in times.faults.items():
        if acts[place].time is not None:
            into.fault(lines[place], reason)
    kept = [place for place, act in enumerate(acts) if act.time is None or place not in times.faults]
    into.log = [acts[place] for place in kept], times._replace(seconds=times.seconds[kept])
    for remark in (*layout.said, *times.said):
        into.say(remark)


def _guessed(columns: list[str]) -> dict[str, str]:
    by_name = {column.strip().casefold(): column for column in reversed(columns)}
    found = {
        role: next((by_name[name] for name in names if name in by_name), None)
        for role, names in GUESSES.items()
    }
    if found["time"]:
        found["minute"] = None
    if (found["post"] or "").casefold() == "target" and (found["thread"] or found["member"] != found["post"]):
        found["post"] = None  # what it was done to stands in a column of its own
    return {role: column for role, column in found.items() if column}


def _act(row: dict[str, Any]) -> RawAct:
    said = None if empty(row.get("act")) else word(row.get("act"))
    if said is None:
        raise ValueError("no act")
    post, thread, member, actor = (
        None if empty(row.get(role)) else word(row.get(role))
        for role in ("post", "thread", "member", "actor")
    )
    act = act_of(said)
    if post is not None and post == member:
        post, member = (None, member) if act in ON_MEMBERS else (post, None)
    if member:
        member = member.removeprefix("/").removeprefix("u/").removeprefix("@")
    return RawAct(act, _time(row), post, thread, member, actor)


def _time(row: dict[str, Any]) -> When:
    if empty(row.get("minute")):
        return read_time(row.get("time"))
    minutes = read_time(row["minute"], "minute")
    if not isinstance(minutes, float):
        raise ValueError("minute is not a number")
    return SinceStart(float(minutes) * 60)


class Moderation(NamedTuple):
    """The table of acts, how many of each kind, how many were about nothing that is in the record, and how many lie
    before its first post or after its last; `twice` counts those that stand there a second time, which are kept."""

    table: pl.DataFrame
    counts: dict[str, int]
    unknown: int
    outside: int
    twice: int = 0


def moderation(acts: Iterable[RawAct], numbered: Numbered, people: People, format: str) -> Moderation:
    """The acts in our numbers and pseudonyms, in order of time. One that names something which is not in the
    record is counted and left out; one without a time takes that of its post."""
    acts = list(acts)
    prefixes = PREFIXES.get(format, {})
    names = {name for each in acts for name in (each.post, each.thread) if name}
    posts = _known(numbered.ids, names, (*prefixes.get("post", ()), *prefixes.get("thread", ())))
    named = numbered.thread_names.select("thread", id="name", post=pl.lit(None, pl.Int64))
    threads = _known(named, names, prefixes.get("thread", ()))
    absent = _known(
        numbered.outside.with_columns(post=pl.lit(None, pl.Int64)), names, prefixes.get("post", ())
    )
    minutes = dict(
        numbered.posts.filter(pl.col("post").is_in([post for post, _ in posts.values()]))
        .select("post", "minute")
        .iter_rows()
    )
    rows, unknown = [], 0
    for each in acts:
        post, thread = _about(each, posts, threads, absent)
        member = _member(each.member, people, prefixes.get("member", ()))
        said = each.post or each.thread or each.member
        if (post, thread, member) == (None, None, None) and (said or each.time is None):
            unknown += 1
            continue
        minute = (
            int((each.time - numbered.start) // 60) if isinstance(each.time, float) else minutes.get(post)
        )
        rows.append((minute, each.act, post, thread, member, _actor(each.actor, people)))
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row").sort(
        "minute", maintain_order=True, nulls_last=True
    )
    last = int(numbered.posts["minute"].to_numpy().max(initial=0))
    outside = table.filter(~pl.col("minute").is_between(0, last)).height
    again = table.height - table.n_unique(["minute", "act", "post", "thread", "member"])
    return Moderation(table, dict(Counter(table["act"]).most_common()), unknown, outside, again)


Where = tuple[int | None, int | None]
"""A post and its thread, as numbers."""


def _about(
    act: RawAct, posts: dict[str, Where], threads: dict[str, Where], absent: dict[str, Where]
) -> Where:
    """What an act is about. An opening post that the record lacks stands for its thread, and so does a lock of it."""
    if act.post in posts:
        return posts[act.post]
    for name in (act.post, act.thread):
        if name in threads:
            return None, threads[name][1]
        if name in posts:
            return None, posts[name][1]
        if name in absent and act.act in ("lock", "unlock"):
            return None, absent[name][1]
    return None, None


def _known(frame: pl.DataFrame, names: set[str], prefixes: Iterable[str]) -> dict[str, Where]:
    """For each of these names that the ids of `frame` (id, post, thread) have in one of its forms, what it means."""
    form_of = matched([name for name in names if name.isprintable()], frame["id"], prefixes)
    rows = frame.filter(pl.col("id").is_in(list(form_of.values()))).select("id", "post", "thread")
    meant = {name: (post, thread) for name, post, thread in rows.iter_rows()}
    return {name: meant[form] for name, form in form_of.items()}


def _member(name: str | None, people: People, prefixes: Iterable[str]) -> str | None:
    forms = () if name is None else (name, *(f"{prefix}{name}" for prefix in prefixes))
    return next((mark for mark in map(people.find, forms) if mark), None)


def _actor(name: str | None, people: People) -> str | None:
    if name is None:
        return None
    if name in people.bots or is_bot(name):
        return "bot"
    return people.find(name) or "moderator"


def names_in(acts: Iterable[RawAct]) -> set[str]:
    """The names of people that acts hold."""
    return {folded(name) for each in acts for name in (each.member, each.actor) if name}
