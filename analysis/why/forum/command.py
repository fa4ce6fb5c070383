"""`windtunnel why`: would this incident have happened otherwise?"""

import argparse
from pathlib import Path
from typing import Any

from windtunnel.analysis.ending import OK, plain
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.forum.find import load_rules, parse_rules
from windtunnel.analysis.incidents.forum.kept_words import with_words
from windtunnel.analysis.incidents.forum.places import KINDS, place_of
from windtunnel.analysis.incidents.moments import moment_words
from windtunnel.analysis.models.serving import serving
from windtunnel.analysis.printing import print_json, print_table
from windtunnel.analysis.why.case import Case, simulated_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.tell import sentences, signed
from windtunnel.analysis.why.forum.whole import TONE_DRAWS, answer, futures
from windtunnel.analysis.why.watching import watching


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Examples: windtunnel why OUT escalation-1a2b3c4d --lock --at comment:12; "
        "windtunnel why OUT pile_on-1a2b3c4d --with slow_mode --param hours=3 --at onset-2; "
        "windtunnel why OUT escalation-1a2b3c4d --without thread_lock; windtunnel why OUT post:812 --remove 812"
    )
    parser.add_argument("out", help="output folder of `windtunnel run` or of `windtunnel import`")
    parser.add_argument(
        "incident",
        help="id that `windtunnel incidents OUT` lists, how it begins, or a kind for its worst; or any place: thread:ID, post:ID",
    )
    parser.add_argument("--with", dest="with_", metavar="POLICY", help="had this policy been on")
    parser.add_argument("--without", metavar="POLICY", help="had this policy been off")
    parser.add_argument(
        "--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter of --with"
    )
    parser.add_argument("--remove", type=int, metavar="POST", help="had this post been removed at once")
    parser.add_argument("--lock", action="store_true", help="had the thread been locked")
    parser.add_argument("--warn", metavar="MEMBER", help="had this member been warned")
    parser.add_argument("--suspend", metavar="MEMBER[:24h]", help="had this member been kept away")
    parser.add_argument(
        "--at", help="from when on: comment:12, a post, a step, 'day 2, 13:00', onset-N; default: the onset"
    )
    parser.add_argument(
        "--kind",
        choices=KINDS,
        help="of thread:ID or post:ID: what would have come of it (default escalation)",
    )
    for name, what in (("draw", int), ("seed", int), ("arm", str)):
        parser.add_argument(f"--{name}", type=what, help=f"of thread:ID or post:ID in a run: its {name}")
    parser.add_argument("--replicates", type=int, default=100, help="futures of the same past (default 100)")
    parser.add_argument(
        "--moments", type=int, default=0, metavar="N", help="also try N moments: the last effective one"
    )
    parser.add_argument(
        "--rank", type=int, default=0, metavar="N", help="also leave out N replies one by one"
    )
    parser.add_argument("--members", action="store_true", help="with --rank: members instead of replies")
    parser.add_argument(
        "--sensitivity",
        type=int,
        default=TONE_DRAWS,
        metavar="N",
        help=f"of a real thread: ask again under N other readings of its tones and for other readers (default {TONE_DRAWS}, 0: not)",
    )
    parser.add_argument("--html", metavar="FILE", help="write the incident page")
    parser.add_argument(
        "--excerpts", action="store_true", help="show an imported community's own words in it"
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="KIND.NAME=NUMBER",
        help="the numbers by which `incidents --rule` found it, as escalation.threshold=2",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="for an import: mind=llm and the like"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def call(asked: argparse.Namespace) -> int:
    Folder(asked.out).check_offers("why")
    for name in ("replicates", "moments", "rank", "sensitivity"):
        least = 1 if name == "replicates" else 0
        if not least <= getattr(asked, name) <= 100_000:
            raise ValueError(f"--{name} is {getattr(asked, name)}: give a number from {least} to 100000")
    if asked.members and not asked.rank:
        raise ValueError("--members goes with --rank N: how many members to leave out one by one")
    case, llm = _case(asked)
    _moment_of_post(asked)
    parameters = dict(_parameter(word) for word in asked.param)
    options = {
        name: getattr(asked, name) for name in ("with_", "without", "remove", "lock", "warn", "suspend", "at")
    }
    question = ask(case, parameters=parameters, **options)
    if not question.happened and (asked.moments or asked.rank):
        raise ValueError(
            f"--moments and --rank ask about an incident, and nothing crossed the rule in {asked.incident}: leave them out"
        )
    case = case.noticing(question.raised)
    if getattr(case, "words", None) is not None:
        from windtunnel.analysis.why.forum.words import may_be_told

        may_be_told(llm)
    question = ask(case, parameters=parameters, **options)
    with serving(case.experiment, llm) as experiment:  # type: ignore[attr-defined]
        case.experiment = experiment  # type: ignore[attr-defined]
        mind = case.mind()
        try:
            record, thread = _answer(case, question, mind, asked)
        finally:
            mind.close()
    if not case.real:
        thread = with_words(Folder(asked.out), case.incident.id, thread)
    if asked.html:
        from windtunnel.analysis.why.forum.page import incident_page

        path = Path(asked.html)
        Folder(path.parent).write_text(path, incident_page(record, thread, case, excerpts=asked.excerpts))
    if asked.json:
        print_json(record)
        return OK
    for line in sentences(record):
        print(plain(line))
    _print_more(record, thread, case)
    if asked.html:
        print(f"Page: {asked.html}")
    return OK


def _case(asked: argparse.Namespace) -> tuple[Case, dict[str, Any]]:
    folder, rules = Folder(asked.out), load_rules(parse_rules(asked.rule))
    if folder.manifest.is_file():
        if asked.set:
            raise ValueError("--set is for an imported community: a run's settings stand in its manifest")
        run = {
            name: getattr(asked, name) for name in ("draw", "seed", "arm") if getattr(asked, name) is not None
        }
        made = simulated_case(Path(asked.out), asked.incident, rules, kind=asked.kind, run=run)
        return made, made.llm  # type: ignore[return-value]
    if not folder.posts.is_file():
        raise ValueError(
            f"{asked.out} holds neither manifest.json nor posts.parquet: give the output folder of `windtunnel run` or "
            "of `windtunnel import`"
        )
    from windtunnel.analysis.why.forum.recorded import recorded_case

    if named := [name for name in ("draw", "seed", "arm") if getattr(asked, name) is not None]:
        raise ValueError(f"--{named[0]} is for a run: an imported community is one record")
    real = recorded_case(Path(asked.out), asked.incident, rules, asked.set, kind=asked.kind)
    return real, real.llm  # type: ignore[return-value]


def _moment_of_post(asked: argparse.Namespace) -> None:
    """A question about a post is by default about the moment right after it."""
    place = place_of(asked.incident)
    if place and place.post and asked.at is None and asked.without is None and asked.remove is None:
        asked.at = str(place.post)


def _answer(case: Case, question: Any, mind: Any, asked: argparse.Namespace) -> tuple[dict[str, Any], Any]:
    numbers = {"moments": asked.moments, "budget": asked.rank, "sensitivity": asked.sensitivity}
    with watching(futures(case, asked.replicates, **numbers) * case.ticks) as note:
        case.note = note
        return answer(case, question, mind, replicates=asked.replicates, members=asked.members, **numbers)


def _parameter(word: str) -> tuple[str, Any]:
    import yaml

    key, equals, value = word.partition("=")
    if not equals or not key:
        raise ValueError(f"--param {word}: write KEY=VALUE, for example --param hours=3")
    return key, yaml.safe_load(value)


def _print_more(record: dict[str, Any], thread: Any, case: Case) -> None:
    """The thread's posts that would have been otherwise, with their words if simulated, the curve and the ranking."""
    hours, apart = case.hours, thread.filter(thread["mark"] != "same").head(12)
    if apart.height:
        print(
            f"\nThe thread, {apart.height} of {(thread['mark'] != 'same').sum()} posts that differ "
            f"({'one luck that fits the record' if case.real else 'same luck'}; simulated):"
        )
        posts = apart.select("step", "member", "was", "would", "mark").to_dicts()
        print_table([_timed(row, hours) for row in posts])
        spoken = thread.filter((thread["mark"] != "same") & thread["text"].is_not_null()).head(12)
        if spoken.height and not case.real:
            print("\nWords of posts that differ (simulated):")
            for row in spoken.iter_rows(named=True):
                when, words = moment_words(row["step"], hours), " ".join(row["text"].split())[:280]
                print(plain(f"  SIMULATED simulated member {row['member']}, {when}, {row['was']}: “{words}”"))
    if record["moments"]:
        print("\nHad it been done at")
        points = [
            {k: point[k] for k in ("step", "happened", "averted")} for point in record["moments"]["points"]
        ]
        print_table([_timed(point, hours) for point in points])
    if record["which_act"]:
        print("\nLeft out one by one")
        print_table(_ranked(record, hours))


def _ranked(record: dict[str, Any], hours: float) -> list[dict[str, Any]]:
    """The ranking as a table: what was left out, when it first wrote, and what that changed."""
    luck, ranked = (
        "one luck" if record["estimand"] == "given_record" else "same luck",
        record["which_act"]["ranked"],
    )
    rows = [
        {
            "what": row["what"],
            "wrote": moment_words(row["from"], hours),
            luck: signed(row["same_luck"]),
            "change": signed(row["change"]),
            "averted": f"{row['averted']} of {row['happened']}",
            "p": f"{row['p']:.3f}",
            "tied": "yes" if row["tied"] else "no",
        }
        for row in ranked
    ]
    if any(row["forced"] for row in ranked):
        rows = [
            {**row, "by construction": "yes" if one["forced"] else "no"}
            for row, one in zip(rows, ranked, strict=True)
        ]
    return rows


def _timed(row: dict[str, Any], hours: float) -> dict[str, Any]:
    """The row with its step as a moment."""
    return {"when": moment_words(row.pop("step"), hours), **row}
