"""Words after the fact: a language model's text for the simulated posts of one incident that a run left without.

The act and tone of each post are the run's; its words are made up afterwards, by a named model, for somebody who wants
to read them. Nothing of the run is touched or read again, and no record of real people is ever given words.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from windtunnel.agents.harmless import quoted
from windtunnel.agents.llm.request import Model
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.situation import Line, Scene
from windtunnel.agents.words import TOKENS, Draft, write_words
from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.forum.acts import RECORD
from windtunnel.analysis.outcomes import RUN
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.member_prompt import POSTS_TOLD, SOMEBODY, headed
from windtunnel.sim.communities.forum.post_texts import ANSWERS, MANNER, OPENS, TASK

RUN_WROTE, NOW = "the run", "now"
"""Who wrote a post's words: the run itself, or the model that is asked now."""


class Said(NamedTuple):
    """A simulated post with its words. `written` is one of `RUN_WROTE` and `NOW`."""

    post: int
    parent: int | None
    place: int
    step: int
    member: str
    newcomer: bool
    kind: str
    tone: str
    text: str
    written: str


def posts_of(incident: Incident, acts: pl.DataFrame, most: int) -> pl.DataFrame:
    """The posts of the incident's thread, or of those in which it showed, until its peak: the newest `most` of them.

    `ValueError` for an incident of a record, whose members stand for real people.
    """
    if incident.arm == RECORD:
        raise ValueError(
            f"{incident.id} is of a record: its members stand for real people, and no words are put into their mouths"
        )
    here = acts.filter(
        *[pl.col(name) == getattr(incident, name) for name in RUN], pl.col("post").is_not_null()
    )
    shown = here.filter(pl.col("post").is_in(list(incident.shown)))
    places = [incident.place] if incident.place is not None else shown["place"].unique().to_list()
    last = max([incident.peak, *shown["step"].to_list()])
    return here.filter(pl.col("place").is_in(places), pl.col("step") <= last).tail(most)


def words_for(
    posts: pl.DataFrame,
    personas: Mapping[str, str],
    scene: Scene,
    model: Model,
    *,
    hours: float,
    context: int | None = None,
) -> list[Said]:
    """Each of these posts (rows of acts, in order) with its words; those that have none are asked for, step by step.

    `personas` gives each member's persona. Members of a step have read what was written before it. `ValueError` where
    a text cannot be had.
    """
    said: list[Said] = []
    for _, rows in posts.group_by("step", maintain_order=True):
        at_once = list(rows.iter_rows(named=True))
        drafts = [_draft(row, said, personas, scene, hours) for row in at_once if not row["text"]]
        (texts,) = write_words(model, scene, [drafts], context=context, tokens=TOKENS)
        if isinstance(texts, Unanswered):
            raise ValueError(f"a post got no words: {texts.reason}")
        new = iter(texts)
        said += [
            _said(row, row["text"], RUN_WROTE) if row["text"] else _said(row, next(new), NOW)
            for row in at_once
        ]
    return said


def _draft(
    row: Mapping[str, Any], before: list[Said], personas: Mapping[str, str], scene: Scene, hours: float
) -> Draft:
    thread = [one for one in before if one.place == row["place"]]
    thread = thread if len(thread) <= POSTS_TOLD else [thread[0], *thread[-(POSTS_TOLD - 1) :]]
    lines = [Line("looking", "The thread, oldest first:")] if thread else []
    by_post = {one.post: one for one in before}
    lines += [Line("shown", _told(one, row, by_post, hours)) for one in thread]
    answered = next((one for one in before if one.post == row["parent"]), None)
    if answered is not None:
        mine = answered.member == row["member"]
        whose = f"your own {answered.tone} post" if mine else f"the {answered.tone} post of {_name(answered)}"
        lines.append(Line("looking", f"You are looking at {whose}."))
    words = {persona.name: persona.told for persona in scene.personas}
    lines.append(Line("member", words.get(personas.get(row["member"], ""), "")))
    return Draft(
        target=row["post"],
        act=OPENS if row["kind"] == "post" else ANSWERS,
        task=TASK,
        manner=MANNER[row["tone"]],
        lines=tuple(lines),
        nonce=noise.key("words after the fact", row["post"]),
    )


def _told(one: Said, row: Mapping[str, Any], by_post: Mapping[int, Said], hours: float) -> str:
    """A post as the writer of `row` reads it."""
    parent = None if one.parent is None else by_post.get(one.parent)
    known = parent.member if parent else SOMEBODY
    answered = None if one.kind == "post" else known
    head = headed(_name(one), one.member, answered, _name(parent) if parent else SOMEBODY, row["member"])
    return f"{head}: {one.tone}, {round((row['step'] - one.step) * hours)} h ago: {quoted(one.text)}"


def _name(one: Said) -> str:
    return f"{'newcomer' if one.newcomer else 'regular'} {one.member}"


def _said(row: Mapping[str, Any], text: str, written: str) -> Said:
    told = {name: row[name] for name in Said._fields if name in row}
    return Said(**told | {"text": text, "written": written, "newcomer": bool(row["newcomer"])})
