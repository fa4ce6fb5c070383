"""A minimal pair: the same past with one post in another tone, and nothing else changed (as in arXiv 2604.14602)."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.analysis.why.forum.forced import of_act
from windtunnel.analysis.why.forum.when import right_after
from windtunnel.analysis.why.question import LABEL, Question, added
from windtunnel.policies.forum.single_act import SingleAct
from windtunnel.sim.communities.forum.posts import TONES


def replaced(case: ForumCase, asked: Sequence[str], at: str | None) -> Question:
    """Had this post been written in that tone; `asked` is (post, tone), and chance is drawn anew from right after it.

    `ValueError` for another tone, the tone that it has, a post that is not there, or one of a record that nobody decides anew.
    """
    number, tone = asked
    if tone not in TONES:
        raise ValueError(f"--replace {number} {tone}: a tone is {', '.join(TONES[:-1])} or {TONES[-1]}")
    found = case.acts.filter(pl.col("post") == int(number)) if is_whole(number) else case.acts.head(0)
    if found.is_empty():
        raise ValueError(f"there is no post {number} {case.where(int(number) if is_whole(number) else -1)}")
    if at is not None:
        raise ValueError("a post is replaced where it is written: leave out --at")
    row = found.row(0, named=True)
    if row["tone"] == tone:
        raise ValueError(f"post {number} is {tone} already: name another tone")
    if case.real and row["kind"] == "reply" and row["member"] is None:
        raise ValueError(
            f"post {number} is kept as recorded, since nobody is known to have written it: choose another"
        )
    step = int(row["step"])
    act: dict[str, Any] = {"act": "replace", "posts": (case.post_id(int(number)),), "tone": TONES.index(tone)}
    return added(
        case,
        f"writing post {number} in a {tone} tone",
        right_after(case, step, f"post {number}"),
        lambda _: SingleAct(label=LABEL, start=step, **act),
        (),
        of_act(case, act),
        act,
    )
