"""`windtunnel incidents --acts` and `--find`: lists of what can be asked about beside the incidents."""

import argparse
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from windtunnel.analysis.importers.imported.dates import date_words, minute_of, start_of
from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.forum.lookup import find, pseudonym_of
from windtunnel.analysis.incidents.forum.recorded_acts import recorded_acts
from windtunnel.analysis.terminal.ending import OK
from windtunnel.analysis.terminal.printing import print_json, print_table


def span(asked: argparse.Namespace) -> tuple[int, int]:
    """The first and the last minute that --since and --until allow; `ValueError` for a date that cannot be read."""
    out, (low, high) = Path(asked.out), (0, 2**62)
    if asked.since is not None:
        low = minute_of(asked.since, start_of(out), out)
    if asked.until is not None:
        high = minute_of(asked.until, start_of(out), out) + (0 if ":" in asked.until else 1440) - 1
    if high < low:
        raise ValueError(f"--until {asked.until} lies before --since {asked.since}")
    return low, high


def within(found: list[Incident], asked: argparse.Namespace) -> list[Incident]:
    """The incidents of a record that begin in the span, and with --author those of one member."""
    low, high = span(asked)
    kept = [one for one in found if low <= one.onset <= high]
    if asked.author is None:
        return kept
    member = pseudonym_of(Path(asked.out), asked.author)
    return [one for one in kept if member == one.member or member in one.members]


def list_acts(asked: argparse.Namespace) -> int:
    """Print the recorded acts of moderators that can be asked about, each with its question, and count the others by reason."""
    low, high = span(asked)
    found = [one for one in recorded_acts(asked.out) if low <= one.minute <= high]
    if asked.json:
        print_json([asdict(one) | {"why": one.why(asked.out) or None} for one in found])
        return OK
    start = start_of(Path(asked.out))
    askable = [one for one in found if one.name]
    rows = [
        {
            "when": date_words(one.minute, start),
            "act": one.words(),
            "by": one.actor or "unknown",
            "ask": one.question,
        }
        for one in askable[: asked.most]
    ]
    if rows:
        print_table(rows)
    if len(askable) > asked.most:
        print(f"{len(askable) - asked.most} more: --most {len(askable)} lists them all")
    if not found:
        print("No recorded act of a moderator lies in that span.")
    for reason, count in Counter(one.reason for one in found if not one.name).most_common():
        print(f"{count:,} act{'s' * (count != 1)} cannot be asked about: {reason}.")
    if askable:
        print(f"\nNext: {askable[0].why(asked.out)}")
    return OK


def list_found(asked: argparse.Namespace) -> int:
    """Print the threads that a name, title, address, author or day stands for."""
    found = find(Path(asked.out), asked.find)
    if asked.json:
        print_json([asdict(one) | {"name": one.name} for one in found])
        return OK
    start = start_of(Path(asked.out))
    rows = [
        {"ask about": one.name, "began": date_words(one.minute, start), "posts": one.posts}
        | ({"title": one.title} if any(each.title for each in found) else {})
        for one in found[: asked.most]
    ]
    print_table(rows)
    if len(found) > asked.most:
        print(f"{len(found) - asked.most} more: --most {len(found)} lists them all", file=sys.stdout)
    print(f"\nNext: windtunnel why {asked.out} {found[0].name} --lock --at comment:1")
    return OK
