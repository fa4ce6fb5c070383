"""Futures of a record asked in parts, which this machine's processors share.

The chance that a future of a record needs is inferred first, and is larger than what comes of the future: so a part infers its own, and
hands over only what happened. What comes out does not depend on how the numbers are parted.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.why.answer import Happened, pairs
from windtunnel.analysis.why.case import add_decisions, decisions_of
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.analysis.why.question import Question
from windtunnel.sim.minds import asks_a_model
from windtunnel.sim.pool import in_processes
from windtunnel.sim.run import processors

SHARED_FROM = 6_000
"""Moments of futures from which another process is worth its start: some three seconds of work or more."""
LEAST = 8
"""Futures of a part at least: those of one part are inferred together."""


class Ask(NamedTuple):
    """Pairs of futures of a case, by their numbers: all from 0 on, with the record's luck, or all below it, with new luck."""

    case: RecordedCase
    numbers: Sequence[int]


class Part(NamedTuple):
    """The `place`-th part of the ask `of`."""

    of: int
    place: int
    ask: Ask


def lived(asks: Sequence[Ask], question: Question, mind: Mind) -> list[tuple[Happened, Happened]]:
    """What happened without and with the act in the futures of each, in order.

    Processes share them where there is enough to do and members decide by themselves. Raises `ValueError` where a world fails.
    """
    moments = sum(2 * len(ask.numbers) * ask.case.ticks for ask in asks)
    jobs = processors() if moments >= SHARED_FROM and all(_alone(ask.case) for ask in asks) else 1
    if jobs == 1:
        return [_lived(ask, question, mind) for ask in asks]
    parts = [
        Part(at, place, each) for at, ask in enumerate(asks) for place, each in enumerate(_parts(ask, jobs))
    ]
    parts.sort(
        key=lambda part: -len(part.ask.numbers) * part.ask.case.ticks
    )  # the longest first, so that none ends late
    found: dict[tuple[int, int], tuple[Happened, Happened]] = {}
    for at, place, told, moments, decided in in_processes(
        partial(_in_part, question), parts, jobs=jobs, backend="loky"
    ):
        found[at, place] = told
        if (note := asks[at].case.note) is not None:
            note(moments)
        add_decisions(mind, decided)
    return [_joined([found[key] for key in sorted(found) if key[0] == at]) for at in range(len(asks))]


def _alone(case: RecordedCase) -> bool:
    """Whether another process may live futures of it: not where all would ask one language model."""
    return not asks_a_model(case.experiment.mind)


def _parts(ask: Ask, jobs: int) -> list[Ask]:
    """Its numbers in a part for each process; what was inferred stays here."""
    many = min(jobs, max(len(ask.numbers) // LEAST, 1))
    bare = replace(ask.case, inferred={}, led=None, note=None)
    places = np.array_split(np.arange(len(ask.numbers)), many)
    return [Ask(bare, [ask.numbers[place] for place in some]) for some in places]


def _lived(ask: Ask, question: Question, mind: Mind) -> tuple[Happened, Happened]:
    case, numbers = ask
    if min(numbers) >= 0:
        case.infer(numbers, mind, question)
    else:
        case.infer([0], mind)
    return pairs(case, question, mind, numbers)


def _in_part(question: Question, part: Part) -> tuple[int, int, tuple[Happened, Happened], int, int]:
    """A part lived by a mind of its own: which one, what happened, and how many moments and decisions that took."""
    moments: list[int] = []
    case = replace(part.ask.case, note=moments.append)
    mind = case.mind()
    try:
        told = _lived(Ask(case, part.ask.numbers), question, mind)
    finally:
        mind.close()
    return part.of, part.place, told, sum(moments), decisions_of(mind)


def _joined(told: Sequence[tuple[Happened, Happened]]) -> tuple[Happened, Happened]:
    without, with_ = (
        Happened(*(np.concatenate(columns) for columns in zip(*arm, strict=True)))
        for arm in zip(*told, strict=True)
    )
    return without, with_
