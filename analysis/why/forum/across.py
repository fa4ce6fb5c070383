"""A member, or the several of a raid, over all threads of a span: each act is done once and holds in every thread that they wrote in.

A record is lived again thread by thread. So each thread is asked by itself, with the same moment of the act: a member who is kept
away after the first post is away from the beginning in the threads that came later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.forum.lookup import pseudonym_of
from windtunnel.analysis.why.case import WITH, WITHOUT
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.analysis.why.forum.forced import of_act
from windtunnel.analysis.why.forum.moderators import WARNED_HOURS
from windtunnel.analysis.why.forum.several import AWAY, SINGLE
from windtunnel.analysis.why.forum.when import right_after
from windtunnel.analysis.why.question import LABEL, QUANTITIES, Question
from windtunnel.analysis.why.when import Moment
from windtunnel.policies.forum.single_act import SingleAct

BY_AUTHOR = "author:"
MOST = 50
"""Members who may be asked about together."""


@dataclass(frozen=True)
class Across:
    """`members` (pseudonyms), the minute of the first post that any of them wrote in the span, and their posts there by thread,
    (minute, post) in time."""

    members: tuple[str, ...]
    first: int
    posts: Mapping[int, tuple[tuple[int, int], ...]]

    def took_part(self, incidents: Sequence[Incident]) -> list[Incident]:
        """The incidents in whose thread they wrote before the threshold was passed."""
        found = []
        for one in incidents:
            posts = self.posts.get(one.place, ()) if one.place is not None else ()
            if posts and (one.reached is None or posts[0][0] <= one.reached):
                found.append(one)
        return found

    def words(self) -> str:
        """Who is asked about, and in how many threads."""
        who = (
            self.members[0]
            if len(self.members) == 1
            else f"{', '.join(self.members[:-1])} and {self.members[-1]}"
        )
        threads = f"{len(self.posts)} thread{'s' * (len(self.posts) != 1)}"
        return (
            f"{who} wrote in {threads} of that span. Warnings and suspensions come once, right after their first post in it, and hold in all of "
            "these threads; the other acts come after their first post in each. Each thread is lived again by itself: what one would have "
            "changed in another is not part of it."
        )

    def of_thread(self, thread: int | None) -> tuple[int, ...]:
        """Their posts in a thread, in time."""
        return () if thread is None else tuple(post for _, post in self.posts.get(thread, ()))

    def question(self, name: str, parameters: Mapping[str, Any], case: ForumCase) -> Question:
        """An act on them in one thread; `ValueError` says why it cannot be asked of it."""
        from windtunnel.analysis.why.forum.question import ask

        posts = self.of_thread(case.incident.place)
        written = case.acts.filter(pl.col("post").is_in(list(posts))).sort("step", "ordinal")
        if written.is_empty():
            raise ValueError("what they wrote there is not in the part of the thread that is lived again")
        first = int(written["post"][0])
        if name not in SINGLE:
            return ask(case, with_=name, parameters=parameters, at=str(first))
        if name == "lock":
            return ask(case, lock=True, at=str(first))
        if name == "remove":
            ids = tuple(case.post_id(post) for post in written["post"].to_list())
            when = right_after(case, int(written["step"][0]), f"post {first}")
            return _question(case, [{"act": "remove", "posts": ids}], "removing what they wrote", when)
        return self._kept_away(name, float(parameters.get("hours", AWAY)), case)

    def _kept_away(self, name: str, hours: float, case: ForumCase) -> Question:
        """A warning or a suspension that began with their first post in the span, wherever that was."""
        hours = WARNED_HOURS if name == "warn" else hours
        start = self.first + 1
        until = start + max(round(60 * hours), 1)
        opener = case.written.row(0, named=True)
        if name == "suspend" and opener["member"] in self.members and opener["step"] >= start:
            raise ValueError(
                "one of them opened this thread after being kept away: without them it would not be there"
            )
        when = Moment(start, self.first, f"{case.said(self.first)}, right after their first post")
        if start < case.first:
            when = Moment(
                case.first, case.first, f"{case.said(case.first)}, the beginning, since it held by then"
            )
        if until <= when.at:
            raise ValueError(f"the {hours:g} hours that it lasts were over before this thread")
        here = [one for one in self.members if one in case.names]  # type: ignore[attr-defined]
        acts = [{"act": name, "member": case.member_id(one), "until": until} for one in here]
        return _question(
            case, acts, f"{'warning' if name == 'warn' else 'suspending'} {', '.join(here)}", when
        )


def _question(case: ForumCase, acts: list[dict[str, Any]], words: str, when: Moment) -> Question:
    """Had these acts been done from a moment on."""
    labels = [LABEL, *(f"{LABEL}-{number}" for number in range(2, len(acts) + 1))]

    def done(step: int) -> list[SingleAct]:
        return [SingleAct(label=label, start=step, **act) for label, act in zip(labels, acts, strict=True)]

    forced = " ".join(dict.fromkeys(said for act in acts if (said := of_act(case, act))))
    raised = ("warned",) if acts[0]["act"] == "warn" else ()
    schedules = {
        WITHOUT: lambda step: case.schedule(),
        WITH: lambda step: [*case.schedule(), *done(step)],
    }
    quantity = QUANTITIES[False, case.happened]
    return Question(words, False, when.at, when.words, quantity, schedules, forced, raised, when.shown)


def across(out: Path, name: str, low: int, high: int, key_file: Path | None = None) -> Across:
    """Whom `author:u00042`, or `author:u00042,u00051`, names, with what they wrote from minute `low` to minute `high`.

    Names of the source need the key. `ValueError` where there is nobody of that name, or nothing that they wrote then.
    """
    folder = Folder(out)
    if folder.manifest.is_file() or not folder.posts.is_file():
        raise ValueError(
            f"{out} is no imported community: in a run one member is kept away from all threads at once, as --suspend MEMBER"
        )
    names = [one.strip() for one in name.removeprefix(BY_AUTHOR).split(",") if one.strip()]
    if not 0 < len(names) <= MOST:
        raise ValueError(f"{name!r} names {len(names)} members: give 1 to {MOST}, as author:u00042,u00051")
    members = tuple(dict.fromkeys(pseudonym_of(out, one, key_file) for one in names))
    posts = folder.read_table("posts")
    theirs = posts.filter(pl.col("author").is_in(list(members)), pl.col("minute").is_between(low, high)).sort(
        "minute", "post"
    )
    if theirs.is_empty():
        raise ValueError(f"{', '.join(members)} wrote nothing in that span")
    found: dict[int, list[tuple[int, int]]] = {}
    for thread, minute, post in theirs.select("thread", "minute", "post").iter_rows():
        found.setdefault(thread, []).append((minute, post))
    return Across(members, int(theirs["minute"][0]), {key: tuple(value) for key, value in found.items()})
