"""Fits what members do from the record of an imported community, and scores each part on acts held out: `learned.yaml`."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from windtunnel.analysis.learned import scored
from windtunnel.analysis.learned.choices import gather, train_until
from windtunnel.analysis.learned.parts import tone, when
from windtunnel.analysis.learned.record import CommunityRecord, read_record
from windtunnel.analysis.models.learned_settings import NO_RATES
from windtunnel.sim.communities.forum.learned_file import (
    FILE,
    HoleTold,
    Learned,
    Part,
    RecordTold,
    write_learned,
)
from windtunnel.sim.pool import in_processes
from windtunnel.sim.run import processors

MOST_POSTS = 200_000
"""Of a larger record the latest threads with about so many posts are fitted."""
FORWARD_POSTS = 40_000
"""Of a larger record the rates of a simulation are fitted to the latest threads with about so many posts."""
MOST_WAITS = (9000, 3000)
"""Posts after which waits are fitted and held out at most."""
MOST_REPLIES = 20_000
"""Replies whose removal is fitted, and held out, at most."""
NO_AUTHORS = "the record names no authors: who writes, and what an author's own past does to the choice of thread and post, cannot be fitted, nor members of a simulation"
NO_TIMES = "the record has no times: nothing about when, or how lately, can be fitted"
NO_HOURS = (
    "the record has days without hours: when people write, and the rates of a simulation, cannot be fitted"
)
NO_PARENTS = "the record does not say who answers whom: which post is answered, and answers that are owed, cannot be fitted, nor members of a simulation"
ONE_PERSON = "one person wrote all replies that have an author: who writes next is no question"

SHARED_FROM = 3_000
"""Posts of a record from which a second process is worth its start."""
HALVES = ("forward", "parts")
"""What two processes fit side by side: the rates of a simulation, and the parts that are scored."""

Say = Callable[[str], None]


def fit_folder(folder: Path, say: Say | None = None) -> Learned:
    """Fit the record in `folder` and write learned.yaml beside its profile. `ValueError` where there is nothing to fit."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(
        1
    ):  # these matrices are small: threads that wait for each other cost more than they bring
        learned = fit_record(
            read_record(folder, MOST_POSTS), posts=_posts(folder), posted=_posted(folder), say=say
        )
    write_learned(learned, folder / FILE)
    return learned


def _posts(folder: Path) -> int:
    import polars as pl

    return int(pl.scan_parquet(folder / "posts.parquet", glob=False).select(pl.len()).collect().item())


def _posted(folder: Path) -> tuple[float, float] | None:
    """Shares of heated and hostile replies as posted, of the profile beside the record; None where there is no profile."""
    from windtunnel.sim.communities.forum.profile import read_profile

    path = folder / "profile.yaml"
    if not path.is_file():
        return None
    profile = read_profile(path)
    return profile.heated_share.value, profile.hostile_share.value


def fit_record(
    record: CommunityRecord,
    *,
    posts: int | None = None,
    posted: tuple[float, float] | None = None,
    say: Say | None = None,
) -> Learned:
    """What a record teaches, part by part. `posts`: how many the whole record has, if only its end was read; `posted`: its profile's shares
    of heated and hostile replies as posted, which those of a simulation shall have."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(
        1
    ):  # these matrices are small: threads that wait for each other cost more than they bring
        return _fitted(record, posts, posted, say)


def _fitted(
    record: CommunityRecord, posts: int | None, posted: tuple[float, float] | None, say: Say | None
) -> Learned:
    from windtunnel.analysis.profile_fit.fit import program

    begin, tell = time.perf_counter(), say or _unsaid
    if len(record) < 2 or record.opens.all():
        raise ValueError(f"{record.name or 'the record'} has no replies: there is nothing to learn from")
    cut = train_until(record)
    if len(record) >= SHARED_FROM and processors() > 1:
        tell(
            "learning who writes, where, to whom, when and in what tone, beside that the rates of a simulation"
        )
        found = dict(in_processes(partial(_half, record, cut, posted), HALVES, jobs=2, backend="loky"))
        parts, (forward, why) = found["parts"], found["forward"]
    else:
        parts, (forward, why) = _parts(record, cut, tell), _forward(record, posted, tell)
    whole = len(record) if posts is None else posts
    return Learned(
        name=record.name,
        fitted_by=program(),
        seconds=round(time.perf_counter() - begin, 1),
        record=RecordTold(
            posts=len(record),
            threads=record.threads,
            authors=len(np.unique(record.author[record.author >= 0])),
            unsigned=int((record.author < 0).sum()),
            span_days=round(float(record.minute[-1] - record.minute[0]) / 1440, 2),
            train_until=int(record.minute[min(cut, len(record) - 1)]),
            sampled=_sampled(record, whole),
        ),
        holes=[HoleTold(**hole._asdict()) for hole in record.holes],
        cannot=[
            *_cannot(record),
            *([f"{NO_RATES}{why}"] if why and not record.lacks else []),
        ],
        parts=parts,
        forward=forward,
    )


def _unsaid(sentence: str) -> None:
    """Where nobody listens."""


def _half(
    record: CommunityRecord, cut: int, posted: tuple[float, float] | None, half: str
) -> tuple[str, Any]:
    """One half of a fit, in a process of its own: its name and what came of it."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        if half == "forward":
            return half, _forward(record, posted, _unsaid)
        return half, _parts(record, cut, _unsaid)


def _parts(record: CommunityRecord, cut: int, tell: Say) -> dict[str, Part]:
    """Every part, fitted and scored on acts held out."""
    parts: dict[str, Part] = {}
    if "time" in record.lacks:
        parts |= {name: scored.not_fitted(why) for name, why in unasked(record).items()}
    else:
        tell("learning who writes, where and to whom")
        parts |= _choices(record, cut)
        parts |= _waits(record, cut, tell)
    tell("learning tone and removal")
    parts["tone"] = scored.tone_part(tone.gather(record), cut)
    parts["removal"] = scored.removal_part(record, cut, MOST_REPLIES)
    return parts


def unasked(record: CommunityRecord) -> dict[str, str]:
    """The parts that a record says nothing about, each with the reason."""
    if "time" in record.lacks:
        return dict.fromkeys(("who", "thread", "post", "when", "whether", "delay"), NO_TIMES)
    found = {}
    if "author" in record.lacks:
        found["who"] = NO_AUTHORS
    elif len(np.unique(record.author[~record.opens & record.known])) == 1:
        found["who"] = ONE_PERSON
    if "parent" in record.lacks:
        found["post"] = NO_PARENTS
    if "hour" in record.lacks:
        found |= dict.fromkeys(("when", "whether", "delay"), NO_HOURS)
    return found


def _waits(record: CommunityRecord, cut: int, tell: Say) -> dict[str, Part]:
    if "hour" in record.lacks:
        not_asked = unasked(record)
        return {name: scored.not_fitted(not_asked[name]) for name in ("when", "whether", "delay")}
    tell("learning when")
    return scored.when_parts(when.waits(record, cut, *MOST_WAITS), cut) | {
        "delay": scored.delay_part(record, cut)
    }


def _forward(
    record: CommunityRecord, posted: tuple[float, float] | None, tell: Say
) -> tuple[dict[str, Any], str]:
    """The rates with which members act in a simulation, or a sentence on why there are none."""
    from windtunnel.analysis.learned.forward.fit import fit_forward
    from windtunnel.analysis.learned.forward.held import held
    from windtunnel.analysis.learned.forward.posted import posted_intercepts
    from windtunnel.analysis.learned.forward.tones import fit_tones

    tell("learning the rates of a simulation")
    try:
        latest = record.latest(FORWARD_POSTS)
        tones = fit_tones(latest)
        if tones is not None and posted is not None:
            tones = tones.model_copy(update={"posted": posted_intercepts(latest, tones, posted)})
        forward = fit_forward(latest)
        if added := held(forward):
            forward["held"] = added
            forward["notes"].append(
                f"a cold place would write more than the record has for as long: in it members come {np.exp(added):.2g} times as often as fitted, which is to make it write as much; the report of a run says so where it does not"
            )
        return forward | {"tone": None if tones is None else tones.model_dump(mode="json")}, ""
    except ValueError as error:
        return {}, str(error)


def _choices(record: CommunityRecord, cut: int) -> dict[str, Part]:
    not_asked = unasked(record)
    parts: dict[str, Part] = {
        part: scored.not_fitted(not_asked[part]) for part in ("who", "post") if part in not_asked
    }
    asked = [part for part in ("thread", "who", "post") if part not in not_asked]
    splits = gather(record, tuple(asked), until=cut)
    for part in asked:
        parts[part] = scored.choice_part(part, splits.pop(part))
    return {part: parts[part] for part in ("who", "thread", "post")}


def _sampled(record: CommunityRecord, whole: int) -> str:
    from windtunnel.analysis.learned.choices import MOST_FITTED, MOST_HELD

    said = []
    if whole > len(record):
        said.append(f"the latest {record.threads:,} threads with {len(record):,} of {whole:,} posts")
    if len(record) > FORWARD_POSTS:
        said.append(f"the latest {len(record.latest(FORWARD_POSTS)):,} posts for the rates of a simulation")
    replies = int((~record.opens).sum())
    if replies > MOST_FITTED + MOST_HELD:
        said.append(
            f"of each choice {MOST_FITTED:,} acts to fit to and {MOST_HELD:,} held out, evenly in time"
        )
    return "; ".join(said)


def _cannot(record: CommunityRecord) -> list[str]:
    """What the record does not show, a sentence each."""
    from windtunnel.analysis.learned.parts.removal import cannot_tell, taken_away

    told = {"author": NO_AUTHORS, "time": NO_TIMES, "parent": NO_PARENTS, "hour": NO_HOURS}
    said = [told[each] for each in record.lacks]
    replies = ~record.opens
    unsigned = int((record.author[replies] < 0).sum())
    if unsigned and "author" not in record.lacks:
        said.append(
            f"{unsigned:,} of {int(replies.sum()):,} replies have no author: who wrote them, and what the same people did elsewhere, is not known"
        )
    said += [sentence for sentence in (cannot_tell(record),) if sentence]
    taken = taken_away(record) & replies
    if taken.any() and (record.author[taken] < 0).mean() > 0.5:
        said.append(
            "the authors of what was taken away are not named: what being removed does to coming back cannot be fitted"
        )
    for hole in record.holes:
        if hole.kind == "one time":
            there = int((record.minute == hole.first).sum())
            said.append(
                f"{there:,} posts have one time, in day {hole.first // 1440}: taken for that of a move, not of writing; they and the week after count for nothing"
            )
            continue
        what = f"{hole.threads:,} threads and no reply" if hole.kind == "no replies" else "not one post"
        said.append(
            f"days {hole.first / 1440:.0f} to {hole.last / 1440:.0f} have {what}: taken for a hole in the record, not for silence"
        )
    if len(said) > 12:
        said = [*said[:12], f"{len(said) - 12} more spans without posts"]
    said.append("what members read without writing, and what they would do otherwise, is in no record")
    return said
