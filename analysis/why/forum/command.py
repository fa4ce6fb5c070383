"""`windtunnel why` of a forum: simulated threads, and recorded ones."""

import argparse
import sys
from pathlib import Path
from typing import Any

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.find import parse_rules
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.incidents.forum.kept_words import with_words
from windtunnel.analysis.incidents.forum.lookup import is_pseudonym, looks_up, pseudonym_of, resolve
from windtunnel.analysis.incidents.forum.places import KINDS, place_of
from windtunnel.analysis.incidents.moments import moment_cell
from windtunnel.analysis.models.asking import probe_of
from windtunnel.analysis.models.serving import serving
from windtunnel.analysis.terminal.ending import plain
from windtunnel.analysis.terminal.printing import print_table
from windtunnel.analysis.why.answered import Answer
from windtunnel.analysis.why.forum.answer_record import TONE_DRAWS, answer, futures
from windtunnel.analysis.why.forum.case import ForumCase, simulated_forum
from windtunnel.analysis.why.forum.question import ask, parted, refuse_off
from windtunnel.analysis.why.forum.ranking import BY
from windtunnel.analysis.why.forum.sentences import enough_words, sentences, signed
from windtunnel.analysis.why.watching import watching

OPTIONS: dict[str, Any] = {
    "remove": None,
    "replace": None,
    "lock": False,
    "warn": None,
    "kind": None,
    "rank": 0,
    "members": False,
    "by": "change",
    "enough": None,
    "sensitivity": TONE_DRAWS,
    "excerpts": False,
    "set": [],
    "acts": None,
    "since": None,
    "until": None,
}
"""What only a forum's command has, by its default."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options that only a forum has, and what is asked about there."""
    parser.epilog = (
        "Of a forum --at names comment:12, a post, a time as 'day 2, 13:00' as well, and any place can be asked about: thread:ID, "
        "post:ID (in a run with --draw, --seed and --arm); of a real thread also by its address, source:ID, 'title:its words', "
        "author:NAME (in one thread) and date:2024-01-05. "
        "Examples: windtunnel why OUT escalation-1a2b3c4d --lock --at comment:12; "
        "windtunnel why OUT pile_on-1a2b3c4d --with slow_mode --param hours=3 --at onset-2; "
        "windtunnel why OUT escalation-1a2b3c4d --without thread_lock; windtunnel why OUT post:812 --remove 812"
    )
    forum = parser.add_argument_group("of a forum alone")
    forum.add_argument("--remove", type=int, metavar="POST", help="had this post been removed at once")
    forum.add_argument(
        "--replace",
        nargs=2,
        metavar=("POST", "TONE"),
        help="had this post been written in another tone: civil, heated or hostile, all else as it was",
    )
    forum.add_argument("--lock", action="store_true", help="had the thread been locked")
    forum.add_argument("--warn", metavar="MEMBER", help="had this member been warned")
    forum.add_argument(
        "--kind",
        choices=KINDS,
        help="of thread:ID or post:ID: what would have come of it (default escalation)",
    )
    forum.add_argument(
        "--acts",
        metavar="LIST",
        help="several acts in one table: lock, remove, warn, suspend and policies, as lock,slow_mode; of one incident, or of all",
    )
    forum.add_argument(
        "--since",
        metavar="DATE",
        help="with --acts: of all incidents from this day on (2024-01-05, 'day 12')",
    )
    forum.add_argument(
        "--until", metavar="DATE", help="with --acts: of all incidents up to the end of this day"
    )
    forum.add_argument("--rank", type=int, default=0, metavar="N", help="also leave out N replies one by one")
    forum.add_argument("--members", action="store_true", help="with --rank: members instead of replies")
    forum.add_argument(
        "--by",
        choices=BY,
        default=BY[0],
        help="with --rank: by how much less bad it gets, or by pns, the least share of futures in which leaving one out must have "
        "averted it",
    )
    forum.add_argument(
        "--enough",
        type=float,
        metavar="SHARE",
        help="with --rank: also the fewest of these that together avert so many of the futures that have it",
    )
    forum.add_argument(
        "--sensitivity",
        type=int,
        default=TONE_DRAWS,
        metavar="N",
        help=f"of a real thread: ask again under N other readings of its tones and for other readers (default {TONE_DRAWS}, 0: not)",
    )
    forum.add_argument(
        "--excerpts", action="store_true", help="show an imported community's own words in the page"
    )
    forum.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="for an import: mind=llm and the like"
    )


def answered(asked: argparse.Namespace) -> Answer:
    """The answer about a thread, simulated or recorded, to what the command's words ask."""
    if asked.acts is not None:
        raise ValueError(
            "acts are several questions: use `windtunnel why --acts`, or why.forum.batch.ask_batch in Python"
        )
    if asked.since or asked.until:
        raise ValueError("--since and --until choose incidents for --acts: give it, as --acts lock,slow_mode")
    for name in ("rank", "sensitivity"):
        if not 0 <= getattr(asked, name) <= 100_000:
            raise ValueError(f"--{name} is {getattr(asked, name)}: give a number from 0 to 100000")
    if asked.members and not asked.rank:
        raise ValueError("--members goes with --rank N: how many members to leave out one by one")
    if not asked.rank and (asked.by != BY[0] or asked.enough is not None):
        raise ValueError("--by and --enough go with --rank N: how many to leave out one by one")
    if asked.enough is not None and not 0 < asked.enough <= 1:
        raise ValueError(f"--enough is {asked.enough:g}: give a share above 0, 1 at most")
    if asked.replace and asked.moments:
        raise ValueError("a post is replaced where it is written, at no other moment: leave out --moments")
    case, llm = _case(asked)
    parameters = dict(_parameter(word) for word in asked.param)
    options = _options(asked)
    question = ask(case, parameters=parameters, **options)
    refuse_off(options.get("with_"), parameters)
    if not question.happened and (asked.moments or asked.rank):
        raise ValueError(
            f"--moments and --rank ask about an incident, and nothing crossed the rule in {asked.incident}: leave them out"
        )
    case = case.noticing(question.raised)
    if getattr(case, "words", None) is not None:
        from windtunnel.analysis.why.forum.words import may_be_told

        may_be_told(llm)
    question = ask(case, parameters=parameters, **options)
    with serving(case.experiment, llm, probe_of(case.experiment)) as experiment:  # type: ignore[attr-defined]
        case.experiment = experiment  # type: ignore[attr-defined]
        mind = case.mind()
        try:
            record, thread = _answer(case, question, mind, asked)
        finally:
            mind.close()
    if not case.real:
        thread = with_words(Folder(asked.out), case.incident.id, thread)
    return Answer(
        record | {"thread": thread.drop("text", "text_would").to_dicts()},
        sentences(record),
        thread.filter(thread["mark"] != "same"),
        html=lambda: _page(record, thread, case, asked.excerpts),
        more=lambda: _print_more(record, thread, case),
    )


def _page(record: dict[str, Any], thread: Any, case: ForumCase, excerpts: bool) -> str:
    from windtunnel.analysis.why.forum.page import incident_page

    return incident_page(record, thread, case, excerpts=excerpts)


def _case(asked: argparse.Namespace) -> tuple[ForumCase, dict[str, Any]]:
    if looks_up(asked.incident):
        name = resolve(Path(asked.out), asked.incident)
        print(plain(f"{asked.incident} is {name}."), file=sys.stderr if asked.json else sys.stdout)
        asked.incident = name
    _name_members(asked)
    _moment_of_post(asked)
    folder, rules = Folder(asked.out), load_rules(parse_rules(asked.rule))
    if folder.manifest.is_file():
        if asked.set:
            raise ValueError("--set is for an imported community: a run's settings stand in its manifest")
        run = {
            name: getattr(asked, name) for name in ("draw", "seed", "arm") if getattr(asked, name) is not None
        }
        made = simulated_forum(Path(asked.out), asked.incident, rules, kind=asked.kind, run=run)
        return made, made.llm  # type: ignore[return-value]
    if not folder.posts.is_file():
        raise ValueError(
            f"{asked.out} holds neither manifest.json nor posts.parquet: give the output folder of `windtunnel run` or "
            "of `windtunnel import`"
        )
    from windtunnel.analysis.why.forum.case_of_record import recorded_case

    if named := [name for name in ("draw", "seed", "arm") if getattr(asked, name) is not None]:
        raise ValueError(f"--{named[0]} is for a run: an imported community is one record")
    real = recorded_case(
        Path(asked.out), asked.incident, rules, asked.set, kind=asked.kind, question=_options(asked)
    )
    return real, real.llm  # type: ignore[return-value]


def _name_members(asked: argparse.Namespace) -> None:
    """Who is called by the name in the source gets the pseudonym, which needs the key."""
    for option in ("warn", "suspend"):
        given = getattr(asked, option)
        if given is None or not Folder(asked.out).posts.is_file():
            continue
        who, length = parted(given) if option == "suspend" else (given, "")
        if is_pseudonym(who):
            continue
        found = pseudonym_of(Path(asked.out), who)
        print(plain(f"{who} is {found}."), file=sys.stderr if asked.json else sys.stdout)
        setattr(asked, option, f"{found}:{length}" if length else found)


def _options(asked: argparse.Namespace) -> dict[str, Any]:
    """What `ask` takes of the command's words."""
    names = ("with_", "without", "remove", "replace", "lock", "warn", "suspend", "at")
    return {name: getattr(asked, name) for name in names}


def _moment_of_post(asked: argparse.Namespace) -> None:
    """A question about a post is by default about the moment right after it."""
    place = place_of(asked.incident)
    if place and place.post and not (asked.at or asked.without or asked.replace) and asked.remove is None:
        asked.at = str(place.post)


def _answer(
    case: ForumCase, question: Any, mind: Any, asked: argparse.Namespace
) -> tuple[dict[str, Any], Any]:
    numbers = {"moments": asked.moments, "budget": asked.rank, "sensitivity": asked.sensitivity}
    with watching(futures(case, asked.replicates, **numbers) * case.ticks) as note:
        case.note = note
        chosen = {name: getattr(asked, name) for name in ("members", "by", "enough")}
        return answer(case, question, mind, replicates=asked.replicates, **chosen, **numbers)


def _parameter(word: str) -> tuple[str, Any]:
    import yaml

    key, equals, value = word.partition("=")
    if not equals or not key:
        raise ValueError(f"--param {word}: write KEY=VALUE, for example --param hours=3")
    return key, yaml.safe_load(value)


def _print_more(record: dict[str, Any], thread: Any, case: ForumCase) -> None:
    """The thread's posts that would have been otherwise, with their words if simulated, the curve and the ranking."""
    apart = thread.filter(thread["mark"] != "same").head(12)
    if apart.height:
        print(
            f"\nThe thread, {apart.height} of {(thread['mark'] != 'same').sum()} posts that differ "
            f"({'one luck that fits the record' if case.real else 'same luck'}; simulated):"
        )
        posts = apart.select("step", "member", "was", "would", "mark").to_dicts()
        print_table([_timed(row, case) for row in posts])
        spoken = thread.filter((thread["mark"] != "same") & thread["text"].is_not_null()).head(12)
        if spoken.height and not case.real:
            print("\nWords of posts that differ (simulated):")
            for row in spoken.iter_rows(named=True):
                when, words = (
                    moment_cell(row["step"], case.hours, case.start),
                    " ".join(row["text"].split())[:280],
                )
                print(plain(f"  SIMULATED simulated member {row['member']}, {when}, {row['was']}: “{words}”"))
    if record["moments"]:
        print("\nHad it been done at")
        points = [
            {k: point[k] for k in ("step", "happened", "averted")} for point in record["moments"]["points"]
        ]
        print_table([_timed(point, case) for point in points])
    if record["which_act"]:
        print("\nLeft out one by one")
        print_table(_ranked(record, case))
        for line in enough_words(record["which_act"]):
            print(plain(line))


def _ranked(record: dict[str, Any], case: ForumCase) -> list[dict[str, Any]]:
    """The ranking as a table: what was left out, when it first wrote, and what that changed."""
    luck, ranked = (
        "one luck" if record["estimand"] == "given_record" else "same luck",
        record["which_act"]["ranked"],
    )
    rows = [
        {
            "what": row["what"],
            "wrote": moment_cell(row["from"], case.hours, case.start),
            luck: signed(row["same_luck"]),
            "change": signed(row["change"]),
            "averted": f"{row['averted']} of {row['happened']}",
            "p": f"{row['p']:.3f}",
            "tied": "yes" if row["tied"] else "no",
            "least PNS": _interval(row["least_pns"]),
        }
        for row in ranked
    ]
    if any(row["forced"] for row in ranked):
        rows = [
            {**row, "by construction": "yes" if one["forced"] else "no"}
            for row, one in zip(rows, ranked, strict=True)
        ]
    return rows


def _interval(found: dict[str, float]) -> str:
    return f"{found['est']:.2f} ({found['low']:.2f} to {found['high']:.2f})"


def _timed(row: dict[str, Any], case: ForumCase) -> dict[str, Any]:
    """The row with its step as a moment."""
    return {"when": moment_cell(row.pop("step"), case.hours, case.start), **row}
