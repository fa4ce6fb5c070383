"""Which of these acts would have helped most often: several acts asked of all incidents of a span.

What is finished is kept beside the record, incident by incident, so that the same question goes on where it was stopped.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.causal.intervals import Estimate, mean_difference
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.dates import minute_of, start_of
from windtunnel.analysis.importers.imported.lacking import askable, refuse_why
from windtunnel.analysis.incidents.base import Incident, Rule
from windtunnel.analysis.incidents.forum.acts import acts_of_import, moderation_of, read_acts
from windtunnel.analysis.incidents.forum.find import find
from windtunnel.analysis.incidents.forum.in_time import replayed
from windtunnel.analysis.incidents.forum.likely import mostly_unread
from windtunnel.analysis.why.forum.across import Across
from windtunnel.analysis.why.forum.case import ForumCase, simulated_forum
from windtunnel.analysis.why.forum.case_of_record import case_of_thread
from windtunnel.analysis.why.forum.several import Outcome, ask_several, of_incident

PLACE = "batches"
"""Folder beside the record in which answers are kept; `windtunnel forget` takes them away with the words that they are made of."""
SHARE = 1000
"""Parts of the progress that one incident is."""


@dataclass(frozen=True)
class Act:
    """One act over the incidents of which it could be asked.

    `mean` is the mean over incidents of how much rarer each is with the act (net of those that the act causes), with Student's
    limits over incidents; `low_half` and `high_half` hold the middle half of the incidents. `helped` had a net gain, `harmed` a net loss.
    """

    act: str
    incidents: int
    mean: Estimate
    median: float | None
    low_half: float | None
    high_half: float | None
    helped: int
    harmed: int
    late: int
    forced: int


@dataclass(frozen=True)
class Batch:
    """The answer: each act, the best first; how much better the best is than each other, incident by incident; every outcome.

    `left_out` were found in the span and cannot be lived again; `asked` are the incidents, in time. `about` says which members the
    acts are about, where it is some across threads.
    """

    acts: tuple[Act, ...]
    ahead: dict[str, Estimate]
    outcomes: tuple[Outcome, ...]
    asked: tuple[Incident, ...]
    left_out: int
    futures: int
    kept: str
    about: str = ""

    def content(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "acts": [asdict(one) | {"mean": one.mean._asdict()} for one in self.acts],
            "ahead": {name: found._asdict() for name, found in self.ahead.items()},
            "incidents": [
                {
                    "id": one.id,
                    "kind": one.kind,
                    "thread": one.place,
                    "onset": one.onset,
                    "severity": one.severity,
                }
                for one in self.asked
            ],
            "outcomes": [asdict(one) for one in self.outcomes],
            "left_out": self.left_out,
            "futures": self.futures,
            "kept": self.kept,
            "about": self.about,
        }


def incidents_of(
    out: Path,
    rules: dict[str, Rule],
    *,
    since: str | None = None,
    until: str | None = None,
    kind: str | None = None,
    arm: str | None = None,
) -> tuple[list[Incident], int, dict[str, Rule]]:
    """The incidents of a span that can be lived again, in time, and how many cannot; of a run those of one arm (baseline).

    `ValueError` for a date that cannot be read, a kind that there is not, or where none is left.
    """
    folder, acts_hours = Folder(out), read_acts(out)
    acts, hours = acts_hours
    real = not folder.manifest.is_file()
    if kind is not None:
        if kind not in rules:
            raise ValueError(f"no incident is of kind {kind!r}: choose from {', '.join(rules)}")
        rules = {kind: rules[kind]}
    if real:
        refuse_why(out, kind or "")
        rules, _ = askable(out, rules)
    else:
        acts = acts.filter(pl.col("arm") == (arm or "baseline"))
    low, high = span_of(out, since, until, real, hours)
    found = [one for one in find(acts, rules, hours) if low <= one.onset <= high]
    if real:
        unread = mostly_unread(folder.read_table("posts"))
        found = [one for one in found if one.place not in unread]
    fitting = [one for one in found if one.place is not None and replayed(acts, one)]
    if not fitting:
        many = f": {len(found)} lie in no one thread, or beyond what is replayed of it" if found else ""
        raise ValueError(
            f"no incident of that span can be asked about{many}; `windtunnel incidents {out}` lists them"
        )
    return sorted(fitting, key=lambda one: (one.onset, one.id)), len(found) - len(fitting), rules


def span_of(
    out: Path, since: str | None, until: str | None, real: bool = True, hours: float = 1 / 60
) -> tuple[int, int]:
    """The first and last step: of a record a minute by date, of a run a step by the day counted from its beginning."""
    start = start_of(out) if real else None
    scale = 1.0 if real else 1 / (60 * hours)
    low = 0 if since is None else minute_of(since, start, out)
    high = 2**53 if until is None else minute_of(until, start, out) + (0 if ":" in until else 1440) - 1
    if high < low:
        raise ValueError(f"--until {until} lies before --since {since}")
    return int(np.ceil(low * scale)), int(high * scale)


def ask_batch(
    out: Path,
    incidents: Sequence[Incident],
    rules: dict[str, Rule],
    acts: Mapping[str, Mapping[str, Any]],
    *,
    replicates: int,
    settings: Sequence[str] = (),
    left_out: int = 0,
    note: Callable[[int], None] | None = None,
    members: Across | None = None,
) -> Batch:
    """Ask every act of every incident; what an earlier call has finished is not asked again. `note` is told of parts of `SHARE`
    a finished incident. With `members` the acts are about these, across threads."""
    folder = Folder(out)
    path = _kept_at(folder, acts, rules, replicates, settings, members)
    known = _known(folder, path)
    make = _maker(folder, rules, settings, members)
    question = members.question if members else of_incident
    for one in incidents:
        if one.id not in known:
            case, llm = make(one)
            part = _part(note, case, len(acts), replicates)
            known[one.id] = ask_several(case, llm, acts, replicates, part, question)
            path.parent.mkdir(exist_ok=True)
            folder.write_json(path, {"outcomes": [asdict(each) for some in known.values() for each in some]})
        elif note:
            note(SHARE)
    outcomes = [each for one in incidents for each in known[one.id]]
    summed = _summed(list(acts), outcomes, incidents, left_out, replicates, str(path))
    return replace(summed, about=members.words()) if members else summed


def _part(
    note: Callable[[int], None] | None, case: ForumCase, acts: int, replicates: int
) -> Callable[[int], None] | None:
    """Moments of one incident's futures, passed on as parts of `SHARE`."""
    if note is None:
        return None
    total = max(case.ticks * replicates * (2 * acts + (3 if case.real else 0)), 1)
    told = passed = 0

    def part(more: int) -> None:
        nonlocal told, passed
        told += more
        now = min(round(SHARE * told / total), SHARE)
        note(now - passed)
        passed = now

    return part


def _maker(
    folder: Folder, rules: dict[str, Rule], settings: Sequence[str], members: Across | None
) -> Callable[[Incident], tuple[ForumCase, dict[str, Any]]]:
    """A function: the case of an incident, and the settings of its language model; of a long thread the part around what members
    wrote, where it is about some."""
    if folder.manifest.is_file():

        def simulated(one: Incident) -> tuple[ForumCase, dict[str, Any]]:
            case = simulated_forum(folder.path, one.id, rules)
            return case, case.llm

        return simulated
    posts = folder.read_table("posts")
    acts_of_import(posts, moderation_of(folder))

    def recorded(one: Incident) -> tuple[ForumCase, dict[str, Any]]:
        first = members.of_thread(one.place)[0] if members else None
        case = case_of_thread(folder, posts, one, rules, settings, question={"remove": first}, needed=first)
        return case, case.llm

    return recorded


def _kept_at(
    folder: Folder,
    acts: Mapping[str, Mapping[str, Any]],
    rules: Mapping[str, Rule],
    replicates: int,
    settings: Sequence[str],
    members: Across | None,
) -> Path:
    """Where the outcomes of this question are kept: another record, act, rule or number has another name."""
    if folder.manifest.is_file():
        record = str(folder.read_json(folder.manifest).get("events_sha256"))
    else:
        names = (folder.posts, folder.table("moderation"), folder.path / "profile.yaml")
        digests = (hashlib.sha256(path.read_bytes()).hexdigest() for path in names if path.is_file())
        record = " ".join(digests)
    about = [] if members is None else [members.members, members.first, sorted(members.posts.items())]
    said = json.dumps(
        [record, acts, rules, replicates, sorted(settings), *about], sort_keys=True, default=str
    )
    return folder.path / PLACE / f"{hashlib.sha256(said.encode()).hexdigest()[:16]}.json"


def _known(folder: Folder, path: Path) -> dict[str, list[Outcome]]:
    """The outcomes that are kept, by incident."""
    if not path.is_file():
        return {}
    known: dict[str, list[Outcome]] = {}
    try:
        for row in folder.read_json(path)["outcomes"]:
            known.setdefault(row["incident"], []).append(Outcome(**row))
    except (KeyError, TypeError):
        raise ValueError(f"{path} is not what `windtunnel why --acts` writes: delete it") from None
    return known


def _summed(
    acts: list[str],
    outcomes: list[Outcome],
    incidents: Sequence[Incident],
    left_out: int,
    replicates: int,
    kept: str,
) -> Batch:
    by_act = {
        name: {one.incident: one for one in outcomes if one.act == name and one.net is not None}
        for name in acts
    }
    summed = sorted((_act(name, list(by_act[name].values())) for name in acts), key=_rank)
    best = by_act[summed[0].act]
    ahead = {}
    for other in summed[1:]:
        both = [
            (best[one].net or 0) - (mine.net or 0) for one, mine in by_act[other.act].items() if one in best
        ]
        ahead[other.act] = mean_difference(both)
    return Batch(tuple(summed), ahead, tuple(outcomes), tuple(incidents), left_out, replicates, kept)


def _rank(act: Act) -> tuple[bool, float]:
    return act.mean.est is None, -(act.mean.est or 0.0)


def _act(name: str, outcomes: Sequence[Outcome]) -> Act:
    net = np.array([one.net for one in outcomes], float)
    low, middle, high = np.quantile(net, [0.25, 0.5, 0.75]).tolist() if len(net) else (None, None, None)
    return Act(
        name,
        len(net),
        mean_difference(net),
        middle,
        low,
        high,
        int((net > 0).sum()),
        int((net < 0).sum()),
        sum(one.late for one in outcomes),
        sum(one.forced for one in outcomes),
    )
