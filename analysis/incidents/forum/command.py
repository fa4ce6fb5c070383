"""`windtunnel incidents` of a forum: a finished run or an imported community."""

import argparse
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.dates import start_of
from windtunnel.analysis.incidents.base import Incident, Rule
from windtunnel.analysis.incidents.find import parse_rules, summary
from windtunnel.analysis.incidents.forum import in_time
from windtunnel.analysis.incidents.forum.acts import RECORD, read_acts
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.incidents.forum.in_time import first_comment_in_time, replayed
from windtunnel.analysis.incidents.forum.likely import READINGS, mostly_unread, probabilities, without_tone
from windtunnel.analysis.incidents.forum.listing import list_acts, list_found, within
from windtunnel.analysis.incidents.moments import moment_cell
from windtunnel.analysis.numbers_in_words import counted
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table

OPTIONS: dict[str, Any] = {
    "excerpts": False,
    "acts": False,
    "find": None,
    "author": None,
    "since": None,
    "until": None,
}
"""What only a forum's command has, by its default."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options that only a forum has."""
    parser.add_argument(
        "--excerpts",
        action="store_true",
        help="show the posts of an imported community: other people's words",
    )
    record = parser.add_argument_group("of an imported community alone")
    record.add_argument(
        "--acts",
        action="store_true",
        help="list the recorded acts of moderators instead, each as something to ask about",
    )
    record.add_argument(
        "--find",
        metavar="NAME",
        help="list threads instead: by their address, source:ID, title:WORDS, author:NAME or date:2024-01-05",
    )
    record.add_argument(
        "--author",
        metavar="NAME",
        help="only incidents of this member, by pseudonym or, with the key, by name",
    )
    record.add_argument(
        "--since", metavar="DATE", help="only what begins from this day on (2024-01-05, or 'day 12')"
    )
    record.add_argument("--until", metavar="DATE", help="only what begins up to the end of this day")


def serves(folder: Folder) -> bool:
    """Is this an imported community, a forum's run, or nothing that another community's rules could read?"""
    if not folder.manifest.is_file():
        return True
    config = folder.read_json(folder.manifest).get("config")
    community = config.get("community") if isinstance(config, dict) else None
    return not isinstance(community, dict) or community.get("name", "forum") == "forum"


def refuse_options(asked: argparse.Namespace, command: str, options: Mapping[str, Any] = OPTIONS) -> None:
    """`ValueError` where an option is given that a community of another kind does not have."""
    for name, default in options.items():
        if getattr(asked, name) != default:
            config = Folder(asked.out).read_json(Folder(asked.out).manifest)["config"]
            raise ValueError(
                f"--{name} is for forums: `windtunnel {command}` does not offer it of community={config['community']['name']}"
            )


class Found(NamedTuple):
    """What a forum's command found: the incidents, what they were found in, and what is to be said before them."""

    incidents: list[Incident]
    acts: pl.DataFrame
    posts: pl.DataFrame | None
    rules: Mapping[str, Rule]
    hours: float
    notes: list[str]


def search(asked: argparse.Namespace) -> Found:
    """The incidents that the command's words ask for; `ValueError` says what is wrong with them."""
    from windtunnel.analysis.importers.imported.lacking import askable

    rules = load_rules(parse_rules(asked.rule))
    acts, hours = read_acts(Path(asked.out))
    for name in ("draw", "seed", "arm"):
        if (value := getattr(asked, name)) is not None:
            if value not in (there := acts[name].unique().sort().to_list()):
                raise ValueError(f"{asked.out} has no {name} {value}: it has {_few(there)}")
            acts = acts.filter(pl.col(name) == value)
    if asked.kind is not None:
        if asked.kind not in rules:
            raise ValueError(f"no incident is of kind {asked.kind!r}: choose from {', '.join(rules)}")
        rules = {asked.kind: rules[asked.kind]}
    rules, left_out = askable(Path(asked.out), rules)
    notes = [left_out] if left_out else []
    found = find(acts.filter(pl.col("arm") != "aa") if asked.arm is None else acts, rules, hours)
    posts = Folder(Path(asked.out)).read_table("posts") if acts["arm"].first() == RECORD else None
    if posts is not None:
        unread = mostly_unread(posts)
        kept = [one for one in found if one.place not in unread]
        if (words := without_tone(posts)) is not None:
            notes.append(words)
        if len(kept) < len(found):
            notes.append(
                f"{len(found) - len(kept)} findings in threads that are mostly in a language that no reader here reads are not listed."
            )
        found = within(kept, asked)
    return Found(found, acts, posts, rules, hours, notes)


def call(asked: argparse.Namespace) -> int:
    _only_of_a_record(asked)
    if asked.find is not None:
        return list_found(asked)
    if asked.acts:
        return list_acts(asked)
    found, acts, posts, rules, hours, notes = search(asked)
    for note in notes:
        print(note, file=sys.stderr if asked.json else sys.stdout)
    if asked.json:
        likely = _likely(found, acts, posts, rules, hours)
        told = (content(one, acts, asked.excerpts) for one in found)
        print_json([each | {"probability": share} for each, share in zip(told, likely, strict=True)])
        return OK
    if not found:
        print(
            "No incident by the rules of conf/incident; --rule escalation.threshold=1 and the like lower them."
        )
        return OK
    listed, real = found[: asked.most], found[0].arm == RECORD
    by_hand = real and set_by_hand(Path(asked.out), listed, acts)
    likely = [None] * len(listed) if by_hand else _likely(listed, acts, posts, rules, hours)
    start = start_of(Path(asked.out)) if real else None
    rows = [_row(one, hours, start) for one in listed]
    if any(share is not None for share in likely):
        rows = [row | {"probability": _share(share)} for row, share in zip(rows, likely, strict=True)]
    print_table(rows)
    if len(found) > asked.most:
        rest = Counter(one.kind for one in found[asked.most :])
        kinds = f" ({', '.join(f'{kind} {count}' for kind, count in rest.items())})"
        one_kind = ("", "") if asked.kind else (kinds, ", --kind KIND one kind")
        print(f"{rest.total()} more{one_kind[0]}: --most {len(found)} lists them all{one_kind[1]}")
    if any(share is not None for share in likely):
        print(
            f"\nProbability: in so many of {READINGS} readings of its tones, drawn by how often its reader errs, the rule finds it again.{_labels_words(asked.out, posts)}"
        )
    print("\nSeverity is what the rule counts, at its most:")
    for kind in dict.fromkeys(one.kind for one in listed):
        window, least = (f"{rules[kind][name]:g}" for name in ("window", "threshold"))
        print(f"  {kind}: {summary(kind)} ({window} hours; listed from {least})")
    if asked.excerpts or not real:
        for one in listed[:3]:
            place = "" if one.place is None else f", thread {one.place}"
            print(f"\n{one.id}{place}")
            for line in excerpt(one, acts):
                print(plain(f"  {line}"))
    else:
        print("--excerpts shows the posts that it counts: other people's words.")
    if any("removed" in rules[one.kind] for one in listed):
        print(removed_words(rules, listed, acts))
    print(f"\n{next_words(listed, acts, asked)}")
    if real and not by_hand and _guessed(Path(asked.out) / "profile.yaml"):
        print(
            "\nThis record has posts without words: their tone is guessed from removals and votes, so read on before you act."
        )
    whose = "a rule's reading of tones that a scorer heard" if real else "a rule's reading"
    whose = "a rule's reading of tones set by hand" if by_hand else whose
    print(f"\nA finding is {whose}, and no basis for a sanction without a person's review.")
    return OK


def _only_of_a_record(asked: argparse.Namespace) -> None:
    """`ValueError` for an option that a run does not have, or two lists at once."""
    given = [name for name in OPTIONS if name != "excerpts" and getattr(asked, name)]
    if given and Folder(Path(asked.out)).manifest.is_file():
        raise ValueError(f"--{given[0]} is for imported communities, and {asked.out} is a run")
    if asked.find is not None and asked.acts:
        raise ValueError("--find and --acts are two lists: ask for one")


def _likely(
    incidents: Sequence[Incident],
    acts: pl.DataFrame,
    posts: pl.DataFrame | None,
    rules: Mapping[str, Rule],
    hours: float,
) -> list[float | None]:
    """The probability of each under its reader's errors; None for each of a run, whose tones are known."""
    if posts is None:
        return [None] * len(incidents)
    return probabilities(incidents, acts, posts, rules, hours)


def _labels_words(out: str, posts: pl.DataFrame | None) -> str:
    """What would make the probabilities surer, where there are words to label."""
    from windtunnel.analysis.tones.labelling import labels_of_all

    if posts is None or "text" not in posts.columns:
        return ""
    if told := labels_of_all(Path(out)):
        return f" {counted(told, 'labels')} of yours have moved them; more of them make them surer."
    return f" 30 labels of yours make them surer: windtunnel label {shlex.quote(out)}"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.2f}"


def removed_words(rules: Mapping[str, Rule], listed: Sequence[Incident], acts: pl.DataFrame) -> str:
    """Whether posts that were removed count in these incidents, and how that is chosen."""
    kinds = [kind for kind in dict.fromkeys(one.kind for one in listed) if "removed" in rules[kind]]
    shown = {post for one in listed if one.kind in kinds for post in one.shown}
    gone = acts.filter(pl.col("post").is_in(list(shown)) & pl.col("removed"))["post"].n_unique()
    among = f" ({gone} of those that show them)" if gone else ""
    weights = {rules[kind]["removed"] for kind in kinds}
    if weights == {1}:
        return (
            f"Posts that were removed later{among} count like others: they were there to be read. --rule {kinds[0]}.removed=0 "
            "leaves them out."
        )
    each = ", ".join(f"{kind} {rules[kind]['removed']:g}" for kind in kinds)
    return f"Posts that were removed later{among} count as much as the rule says: {each} of others."


def next_words(listed: Sequence[Incident], acts: pl.DataFrame, asked: argparse.Namespace) -> str:
    """What may be asked about the first of these that `windtunnel why` can replay, as a moderator could have done it."""
    if listed[0].arm == RECORD:
        from windtunnel.analysis.importers.imported.lacking import WORDS, lacks_of

        if lacks := [WORDS[each] for each in lacks_of(Path(asked.out)) if each in ("author", "time")]:
            return f"Next: windtunnel why cannot be asked, since the record has no {' and no '.join(lacks)}."
    fitting = [one for one in listed if replayed(acts, one)]
    if not fitting:
        return (
            f"Next: windtunnel why replays a record thread by thread, at most {in_time.LONGEST} posts of each, and none of "
            "these incidents lies in so few posts of one thread: ask about a place, as thread:ID or post:ID."
        )
    one, act = next(
        ((one, act) for one in fitting if (act := _in_time(one, acts))),
        (fitting[0], _policy(fitting[0], asked)),
    )
    given = "".join(f" --rule {shlex.quote(rule)}" for rule in asked.rule)
    return f"Next: windtunnel why {shlex.quote(asked.out)} {one.id} {act}{given}"


def _in_time(one: Incident, acts: pl.DataFrame) -> str:
    """An act after something that a moderator could have seen, and before it was an incident; empty where there is none."""
    if one.kind == "newcomer_driven_away":
        return f"--remove {one.shown[0]}"
    if count := first_comment_in_time(acts, one):
        return f"--lock --at comment:{count}"
    if (
        one.kind == "rule_breaking_streak"
        and one.member
        and one.reached is not None
        and one.onset < one.reached
    ):
        return f"--suspend {one.member}:24h"
    return ""


def _policy(one: Incident, asked: argparse.Namespace) -> str:
    """A policy, which is in force before anything is seen: one that was not on, or the one that was."""
    folder = Folder(Path(asked.out))
    if one.arm != "policy" or not folder.manifest.is_file():
        return "--with slow_mode"
    config = folder.read_json(folder.manifest).get("config", {})
    on = {
        str(name)
        for part in ("policy", "baseline")
        for name in ([config.get(part)] if isinstance(config.get(part), str) else config.get(part) or [])
    }
    return "--with slow_mode" if "slow_mode" not in on else "--without slow_mode"


def set_by_hand(out: Path, listed: Sequence[Incident], acts: pl.DataFrame) -> bool:
    """Were all tones that these incidents rest on set by hand, or brought by the record?"""
    posts = Folder(out).read_table("posts")
    if "labelled" not in posts.columns:
        return False
    places = [one.place for one in listed if one.place is not None]
    shown = [post for one in listed for post in one.shown]
    rest = posts.filter(pl.col("thread").is_in(places) | pl.col("post").is_in(shown)).drop_nulls("tone")
    return bool(rest.height) and bool(rest["labelled"].fill_null(False).all())


def _guessed(profile: Path) -> bool:
    """Whether the tones of an imported community are, in part, the proxy's."""
    from windtunnel.analysis.tones.proxy import RULES

    return profile.is_file() and RULES in " ".join(profile.read_text(encoding="utf-8").split())


def content(one: Incident, acts: pl.DataFrame, excerpts: bool) -> dict[str, Any]:
    """An incident as JSON; of a record its posts are shown only where `excerpts` were asked for."""
    told = one._asdict() | {"members": list(one.members), "shown": list(one.shown)}
    return told | {"excerpt": excerpt(one, acts) if excerpts or one.arm != RECORD else None}


def excerpt(one: Incident, acts: pl.DataFrame) -> list[str]:
    """The shortest run of posts that shows it, a line each; a simulated one says so."""
    here = (pl.col("draw") == one.draw) & (pl.col("seed") == one.seed) & (pl.col("arm") == one.arm)
    rows = acts.filter(here & pl.col("post").is_in(list(one.shown)))
    return [f"post {row['post']}, {_line(row, one.arm == RECORD)}" for row in rows.iter_rows(named=True)]


def _line(row: dict[str, Any], record: bool) -> str:
    act = f"{row['tone'] or ''} {row['kind']}".strip()
    if not record:
        return f"SIMULATED simulated member {row['member']}: {_line_of(row['text']) or act}"
    return f"{row['member'] or 'somebody'}: {_line_of(row['text']) or f'[{act}, no text]'}"


def _line_of(text: str | None) -> str:
    """The beginning of a text on one line, as a terminal can show it."""
    return plain(" ".join((text or "").split()))[:280]


def _few(values: list[Any]) -> str:
    return ", ".join(map(str, values[:10])) + (", …" if len(values) > 10 else "")


_WHOSE = {"pile_on": "on", "newcomer_driven_away": "on", "mass_departure": "of"}
"""What a finding has to do with those it names: happened to them, is of them; else was done by them."""


def _row(one: Incident, hours: float, start: int | None) -> dict[str, Any]:
    run = {"thread": one.place} if one.arm == RECORD else {"draw/seed": f"{one.draw}/{one.seed} {one.arm}"}
    count = len(one.members)
    known = one.member and (one.member if one.arm == RECORD else f"member {one.member}")
    many = f"{count} member{'s' if count != 1 else ''}" if count else "members unknown"
    return {
        "id": one.id,
        **run,
        "onset": moment_cell(one.onset, hours, start),
        "severity": f"{one.severity:.4g}",
        "who": f"{_WHOSE.get(one.kind, 'by')} {known or many}",
    }
