"""`windtunnel why OUT --acts lock,slow_mode`: several acts of one incident, of all incidents of a span, or on members across threads."""

import argparse
from pathlib import Path
from typing import Any

from windtunnel.analysis.importers.imported.dates import start_of
from windtunnel.analysis.incidents.find import parse_rules
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.incidents.moments import moment_cell
from windtunnel.analysis.numbers_in_words import number, words
from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table
from windtunnel.analysis.why.forum.across import BY_AUTHOR, Across, across
from windtunnel.analysis.why.forum.batch import SHARE, Act, Batch, ask_batch, incidents_of, span_of
from windtunnel.analysis.why.forum.several import Outcome, ask_several, read_acts_asked
from windtunnel.analysis.why.sentences import NO_SANCTION
from windtunnel.analysis.why.watching import watching

FUTURES = 20
"""Futures of each incident of a batch, where --replicates does not say."""
ONE = 100
"""The same of a single incident."""
ALONE = ("with_", "without", "remove", "replace", "lock", "warn", "suspend", "at", "moments", "rank", "html")
LEFT_OUT = (
    "How well the model foretells other threads, other readers and other readings of the tones are no part of this table: ask about one "
    "incident by itself for them."
)


def call(asked: argparse.Namespace) -> int:
    """Ask, and print one table."""
    if given := [name for name in ALONE if getattr(asked, name)]:
        raise ValueError(
            f"--{given[0].strip('_')} asks about one act, and --acts about several: leave one out"
        )
    from windtunnel.analysis.why.forum.command import _parameter

    if asked.replicates is not None and not 1 <= asked.replicates <= 100_000:
        raise ValueError(f"--replicates is {asked.replicates}: give a number from 1 to 100000")
    acts = read_acts_asked(asked.acts, dict(_parameter(word) for word in asked.param))
    if asked.incident and not asked.incident.startswith(BY_AUTHOR):
        return _one(asked, acts)
    return _span(asked, acts)


def _one(asked: argparse.Namespace, acts: dict[str, dict[str, Any]]) -> int:
    """Several acts of one incident."""
    from windtunnel.analysis.why.forum.command import _case

    if asked.since or asked.until:
        raise ValueError("--since and --until choose incidents, and one is named: leave one out")
    case, llm = _case(asked)
    if not case.happened:  # type: ignore[attr-defined]
        raise ValueError(f"nothing crossed the rule in {asked.incident}: ask about one act there, as --lock")
    replicates = asked.replicates or ONE
    moments = case.ticks * replicates * (2 * len(acts) + (3 if case.real else 0))
    with watching(moments) as note:
        found = ask_several(case, llm, acts, replicates, note)
    if asked.json:
        from dataclasses import asdict

        print_json({"incident": case.incident.id, "acts": [asdict(one) for one in found]})
        return OK
    print(
        plain(
            f"Would one of these acts have averted {case.incident.id}? In {replicates} futures of the same past each:"
        )
    )
    print_table([_row(one) for one in found])
    _print_reasons(found)
    print(f"{INSIDE} {NO_SANCTION}\n{LEFT_OUT}")
    return OK


def _span(asked: argparse.Namespace, acts: dict[str, dict[str, Any]]) -> int:
    """All incidents of a span, or those of members across its threads."""
    out, rules = Path(asked.out), load_rules(parse_rules(asked.rule))
    members = _members(asked) if asked.incident else None
    incidents, left_out, rules = incidents_of(
        out, rules, since=asked.since, until=asked.until, kind=asked.kind, arm=asked.arm
    )
    if members:
        incidents = members.took_part(incidents)
        if not incidents:
            raise ValueError(
                f"{', '.join(members.members)} wrote in {len(members.posts)} threads of that span, and in none of them was there an incident "
                "that came after: ask about one thread, as thread:12 --suspend MEMBER"
            )
        left_out = 0
    replicates = asked.replicates or FUTURES
    with watching(SHARE * len(incidents)) as note:
        found = ask_batch(
            out,
            incidents,
            rules,
            acts,
            replicates=replicates,
            settings=asked.set,
            left_out=left_out,
            note=note,
            members=members,
        )
    if asked.json:
        print_json(found.content())
        return OK
    for line in sentences(found):
        print(plain(line))
    print()
    print_table([act_row(one) for one in found.acts])
    print("\nIncident by incident, how much rarer each is with the act:")
    print_table(incident_rows(found, out))
    _print_reasons(found.outcomes)
    print(
        f"\n{INSIDE} {NO_SANCTION}\n{LEFT_OUT}\nKept in {found.kept}: the same command goes on, or answers at once."
    )
    return OK


def _members(asked: argparse.Namespace) -> Across:
    """Whom the command names, with what they wrote in the span."""
    out = Path(asked.out)
    real = not (out / "manifest.json").is_file()
    low, high = span_of(out, asked.since, asked.until) if real else (0, 0)
    return across(out, asked.incident, low, high)


def sentences(found: Batch) -> list[str]:
    """Which act would have helped most often, and whether it can be told from the others."""
    asked = len(found.asked)
    said = f"{asked} incident{'s' * (asked != 1)}, {number(found.futures, 'future')} each without and with each act."
    if found.left_out:
        said += f" {found.left_out} more of that span lie in no one thread, or beyond what is replayed of it."
    if found.about:
        said = f"{found.about} {said}"
    best = found.acts[0]
    if best.mean.est is None:
        return [said, "None of these acts could be asked about."]
    if best.helped == 0:
        lines = [
            said,
            f"None of these acts would have helped: with the nearest, {words(best.act)}, {_rarer(best)}.",
        ]
    else:
        lines = [said, f"{words(best.act).capitalize()} would have helped most: with it {_rarer(best)}."]
    forced = [f"{words(one.act)} in {one.forced}" for one in found.acts if one.forced]
    if forced:
        lines.append(
            f"By construction ({', '.join(forced)} of {asked}): the act itself decides what is counted, so that it helps there is no finding."
        )
    for name, ahead in found.ahead.items():
        if ahead.est is None:
            continue
        if ahead.low is None or ahead.high is None:
            lines.append(
                f"Against {words(name)}: {ahead.est:+.2f}; too few incidents, or too like, to tell how sure."
            )
        elif ahead.low <= 0 <= ahead.high:
            lines.append(
                f"It cannot be told from {words(name)}: {ahead.est:+.2f} [{ahead.low:+.2f}, {ahead.high:+.2f}]."
            )
        else:
            lines.append(
                f"It is ahead of {words(name)} by {ahead.est:.2f} [{ahead.low:.2f}, {ahead.high:.2f}]."
            )
    return lines


def _rarer(act: Act) -> str:
    mean = act.mean
    limits = (
        "" if mean.low is None or mean.high is None else f" [{100 * mean.low:.0f}, {100 * mean.high:.0f}]"
    )
    rarer = f"{100 * (mean.est or 0):.0f}{limits} points of a hundred rarer"
    if act.incidents == 1:
        return f"the incident is {rarer}"
    sure = " (95 % over incidents)" if limits else ""
    return f"incidents are {rarer} on average over {act.incidents} incidents{sure}, and rarer in {act.helped} of them"


def act_row(act: Act) -> dict[str, Any]:
    """An act as a row: mean, spread over incidents, and in how many it helps, harms, comes too late."""
    mean = act.mean
    known = mean.low is not None and mean.high is not None
    return {
        "act": act.act,
        "incidents": act.incidents,
        "rarer by": "–" if mean.est is None else f"{mean.est:.2f}",
        "95 %": f"{mean.low:.2f} to {mean.high:.2f}" if known else "–",
        "middle half": "–" if act.low_half is None else f"{act.low_half:.2f} to {act.high_half:.2f}",
        "helps in": act.helped,
        "harms in": act.harmed,
        "too late in": act.late,
        "by construction in": act.forced,
    }


def incident_rows(found: Batch, out: Path) -> list[dict[str, Any]]:
    """Each incident with what each act does to it."""
    real = not (out / "manifest.json").is_file()
    hours, start = (1 / 60, start_of(out)) if real else (1.0, None)
    cells = {(one.incident, one.act): one for one in found.outcomes}
    rows = []
    for one in found.asked:
        row: dict[str, Any] = {
            "incident": one.id,
            "onset": moment_cell(one.onset, hours, start),
            "thread": one.place,
        }
        for act in found.acts:
            cell = cells.get((one.id, act.act))
            row[act.act] = "–" if cell is None or cell.net is None else f"{cell.net:+.2f}"
        rows.append(row)
    return rows


def _row(one: Outcome) -> dict[str, Any]:
    if one.net is None:
        return {
            "act": one.act, "from": "–", "happens without": "–", "averted": "–", "caused": "–", "severity": "–", "by construction": "–",
        }  # fmt: skip
    return {
        "act": one.act,
        "from": one.moment,
        "happens without": f"{one.happened} of {one.futures}",
        "averted": one.averted,
        "caused": one.caused,
        "severity": f"{one.severity_without:.1f} to {one.severity_with:.1f}",
        "by construction": "yes" if one.forced else "no",
    }


def _print_reasons(outcomes: Any) -> None:
    for one in outcomes:
        if one.reason:
            print(plain(f"{one.act} could not be asked of {one.incident}: {one.reason}."))
    late = [f"{one.act} of {one.incident}" for one in outcomes if one.late]
    if late:
        few = ", ".join(late[:4]) + (", …" if len(late) > 4 else "")
        print(plain(f"It came too late for the incident not to be one: {few}."))
