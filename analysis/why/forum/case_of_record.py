"""The case of a real incident, or of any thread or post, made from an imported community's folder and what is asked about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.dates import start_of
from windtunnel.analysis.incidents.base import Incident, Rule
from windtunnel.analysis.incidents.forum.acts import acts_of_import, moderation_of
from windtunnel.analysis.incidents.forum.places import asked_about, place_of
from windtunnel.analysis.incidents.moments import moment_words
from windtunnel.analysis.models.learned_settings import learned_by_default
from windtunnel.analysis.why.forum.around import as_record, earlier_acts, fitted_members
from windtunnel.analysis.why.forum.moderators import GOES_ON, ModeratorAct, moderators_acts, picked
from windtunnel.analysis.why.forum.part import part_of, said
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.analysis.why.forum.when import named_moment
from windtunnel.analysis.why.forum.words import words_of
from windtunnel.sim.communities.forum.learned.remembered import NO_HISTORY, History
from windtunnel.sim.minds import asks_a_model, is_learned


def recorded_case(
    out: Path,
    name: str,
    rules: dict[str, Rule],
    settings: Sequence[str] = (),
    *,
    kind: str | None = None,
    question: Mapping[str, Any] | None = None,
) -> RecordedCase:
    """The case of the incident, or the thread or post, called `name` in an imported community's folder.

    `settings` are those of a run, such as mind=llm. `question` are the options of `ask`: of a thread too long to be lived again
    whole, the part around their moment is. `ValueError` says what is missing, or that the incident has no thread.
    """
    from windtunnel.analysis.importers.imported.lacking import refuse_why

    refuse_why(out, kind or name)
    folder = Folder(out)
    posts = folder.read_table("posts")
    incident = asked_about(acts_of_import(posts, moderation_of(folder)), name, rules, 1 / 60, kind=kind)
    if incident.place is None:
        raise ValueError(
            f"{name} lies in no one thread, and a record is replayed thread by thread: choose one that does"
        )
    place = place_of(name)
    return case_of_thread(
        folder, posts, incident, rules, settings, question=question, needed=place.post if place else None
    )


def case_of_thread(
    folder: Folder,
    posts: pl.DataFrame,
    incident: Incident,
    rules: dict[str, Rule],
    settings: Sequence[str] = (),
    *,
    question: Mapping[str, Any] | None = None,
    needed: int | None = None,
) -> RecordedCase:
    """The case of an incident whose `place` is a thread of `posts`; the post `needed` is in what is lived again."""
    mind = []
    if not any(word.startswith("mind=") for word in settings):
        mind = learned_by_default([f"community.profile={folder.path}", *settings]) or ["mind=rules"]
    if any(is_learned(word.removeprefix("mind=")) for word in [*mind, *settings]):
        mind.append("mind.steps_an_hour=1")  # a tick of a record has one phase
    made = plan(
        compose(
            [
                *mind,
                f"community.profile={folder.path}",
                "baseline=none",
                "policy=none",
                "draws=1",
                "seeds=1",
                *settings,
            ]
        )
    )
    whole = posts.filter(pl.col("thread") == incident.place).sort("minute", "post")
    written = acts_of_import(posts, moderation_of(folder)).filter(pl.col("place") == incident.place)
    moderators = moderators_acts(folder, whole)
    here = Here(incident, written, folder.path)
    part = part_of(whole, incident, _moment(here, question or {}, moderators), needed)
    thread = part.posts
    acts = _within(moderators, thread)
    kind = made.experiment.builder()
    profile, law = kind.profile, None if kind.learned is None else kind.learned.law
    arrive = law.newcomers.opens + law.newcomers.replies if law else 0.0
    record, names = as_record(
        thread,
        posts,
        profile,
        acts,
        cut=part.cut,
        past=part.past,
        strangers=arrive,
        nameless=law is not None,
    )
    told = asks_a_model(made.experiment.mind) and made.experiment.mind["prompt"] == "member"
    case = RecordedCase(
        folder,
        incident,
        written.filter(pl.col("post").is_in(thread["post"].to_list())),
        written,
        rules,
        made.experiment,
        dict(made.llm),
        record,
        thread["post"].to_numpy(),
        names,
        fitted_members(posts, thread, names, record, profile),
        moderators=acts,
        words=words_of(folder.path, thread) if told else None,
        relived=said(part),
        labelled=labelled_of(thread),
        known=law is not None and law.tone is not None,
        history=History(*earlier_acts(posts, thread, names, record)) if law else NO_HISTORY,
        root=made.experiment.root,
    )
    return case.noticing(()) if acts else case


@dataclass(frozen=True)
class Here:
    """What a moment is read from before there is a case: the incident, and all acts of its thread."""

    incident: Incident
    written: pl.DataFrame
    out: Path
    real: bool = True
    hours: float = 1 / 60

    def said(self, step: int) -> str:
        return moment_words(step, self.hours, start_of(self.out))


def _moment(here: Here, question: Mapping[str, Any], moderators: tuple[ModeratorAct, ...]) -> int | None:
    """The minute that a question is about; None for that of the incident itself, and where its words name none."""
    at, without, remove = (question.get(name) for name in ("at", "without", "remove"))
    try:
        since = None if at is None else named_moment(here, at).at  # type: ignore[arg-type]
        if without is not None:
            return min(act.minute for act in picked(moderators, without, since))
    except ValueError:
        return None  # told by `ask`, with what the case has
    if since is not None:
        return since
    about = (question.get("replace") or (remove,))[0]
    found = here.written.filter(pl.col("post").cast(pl.String) == pl.lit(str(about)))["step"]
    return int(found[0]) if len(found) else None


def _within(moderators: tuple[ModeratorAct, ...], thread: pl.DataFrame) -> tuple[ModeratorAct, ...]:
    """Those of the acts that can be done to these posts and their authors, in their time."""
    posts, authors = set(thread["post"].to_list()), set(thread["author"].drop_nulls().to_list())
    last = int(thread["minute"][-1]) + GOES_ON
    return tuple(
        act
        for act in moderators
        if act.minute - 1 <= last
        and (act.post is None or act.post in posts)
        and (act.member is None or act.member in authors)
    )


def labelled_of(thread: pl.DataFrame) -> np.ndarray:
    """Bool (posts,): the tone was set by hand, or came with the record."""
    if "labelled" not in thread.columns:
        return np.zeros(thread.height, bool)
    return (
        thread.select(pl.col("labelled").fill_null(False) & pl.col("tone").is_not_null())
        .to_series()
        .to_numpy()
    )
