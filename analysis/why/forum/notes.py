"""What must be read before the answer: an act that came too late, or before anybody could know, or to somebody not yet seen."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from windtunnel.analysis.incidents.forum.in_time import last_comment_in_time, stays
from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.analysis.why.forum.moderators import ModeratorAct
from windtunnel.analysis.why.question import Question


def notes(case: ForumCase, question: Question) -> list[str]:
    """The sentences that stand first in an answer, the weightiest first."""
    return [
        said
        for said in (
            _too_late(case, question),
            _already(case, question),
            _foreseen(case, question),
            _unseen(case, question),
        )
        if said
    ]


def too_quiet(record: Mapping[str, Any]) -> list[str]:
    """That nothing comes of a place in any future, so that the counts say next to nothing of the act; empty where it comes in one."""
    table, again = record["table"], record["recurrence_counts"]
    pairs = sum(table.values())
    if record["happened"] or not pairs or table["n00"] < pairs or again["happened"]:
        return []
    new = f", nor in any of {again['of']} with new luck" if record["estimand"] == "given_record" else ""
    kind, threshold, bad = record["incident"]["kind"], record["threshold"], record["mean_severity"]
    lower = max(threshold / 2, 1)
    ask = f", or ask for less, as --rule {kind}.threshold={lower:g}" if lower < threshold else ""
    return [
        f"The place is too quiet for an answer: {record['outcome']} comes in none of {number(pairs, 'future')}, with {record['question']} or without{new} "
        f"(severity {bad['without']:.2f} of {threshold:g} on average), so that 0 of {pairs} says next to nothing about "
        f"{record['question']}. Ask about a place where more happens (windtunnel incidents lists them){ask}."
    ]


def _too_late(case: ForumCase, question: Question) -> str:
    """The threshold had been reached before the act: every future has the incident."""
    one = case.incident
    reached = one.reached
    if not question.happened or reached is None or question.at <= reached or not stays(one):
        return ""
    if question.act.get("act") == "replace" and question.at == reached + 1:
        return ""  # a replaced post is of another tone from the step before on, in which it is written
    rule = case.rules[one.kind]
    if rule.get("removed", 1) < 1 and (question.act.get("act") == "remove" or question.on):
        return ""  # what is removed, or put back, counts otherwise even afterwards
    by = "" if one.crossing is None else f" with post {one.crossing}"
    crossed = f"the threshold of {rule['threshold']:g} was reached{by} on {case.said(reached)}"
    differs = "Only how bad it gets can still differ."
    if question.on:
        return f"That is too late to matter for whether it happens: {crossed} before that moment. {differs}"
    return f"It came too late: {crossed}, before {question.words}. {differs} {_in_time(case, question)}"


def _in_time(case: ForumCase, question: Question) -> str:
    reached = case.incident.reached
    assert reached is not None
    if count := last_comment_in_time(case.written, case.incident):
        option = "" if question.act.get("act") == "remove" else f": --at comment:{count}"
        return f"An act in time comes right after comment {count} or earlier{option}."
    if reached > case.first:
        when = case.said(reached)
        return f"No comment came before that: only what was in force by {when} is in time."
    return "Nothing came before that: no act was in time."


_SAME = {"remove": ("remove",), "lock": ("lock",), "suspend": ("suspend", "ban")}
"""Acts of a record that are the same as one that is asked about."""


def _already(case: ForumCase, question: Question) -> str:
    """The record's moderators had done the same by then, and it was still in force; or nobody knows when."""
    kinds = _SAME.get(question.act.get("act", ""), ())
    same = [act for act in case.moderators if act.kind in kinds and _about(case, act, question)]
    for act in same:
        if act.minute <= question.at and (act.until is None or act.until > question.at):
            return (
                f"It was done already: {act.words()} stands in the record, on {case.said(act.minute - 1)}, and was "
                f"in force by then. --without {act.name} asks what it changed."
            )
    if question.act.get("act") == "remove" and not same and case.real:
        gone = case.written.filter(pl.col("removed") & pl.col("post").is_not_null())["post"].to_list()
        for post in gone:
            if (case.post_id(post),) == question.act["posts"]:
                return (
                    f"The record says that post {post} was removed, not when: here it stands until this act."
                )
    return ""


def _about(case: ForumCase, act: ModeratorAct, question: Question) -> bool:
    """Is the act about the same thread, post or member?"""
    if act.kind == "lock":
        return True
    if act.kind == "remove":
        return act.post is not None and (case.post_id(act.post),) == question.act.get("posts")
    return act.member is not None and case.member_id(act.member) == question.act.get("member")


def _foreseen(case: ForumCase, question: Question) -> str:
    """A single act before anything that counts: nobody could have known."""
    one = case.incident
    if not question.act or not question.happened or question.at > one.onset:
        return ""
    if question.act["act"] in ("remove", "replace"):
        return ""
    return (
        f"No moderator could have known: {question.words} comes before the first post that counts, "
        f"on {case.said(one.onset)}. --at comment:N asks about an act after what was seen."
    )


def _unseen(case: ForumCase, question: Question) -> str:
    """A warning or a suspension of somebody who had not written yet."""
    if question.act.get("act") not in ("warn", "suspend"):
        return ""
    who = case.name(question.act["member"])
    wrote = case.acts.filter((pl.col("member") == who) & pl.col("post").is_not_null())["step"].to_list()
    if not wrote or min(wrote) < question.at:
        return ""
    here = "this thread" if case.real else "this run"
    return (
        f"Member {who} had not written in {here} by then, but first on {case.said(min(wrote))}: there was nothing to "
        f"{question.act['act']} it for."
    )
