"""Which of a member's lines a question has room for: what it recalls, and how much of what is on show."""

from collections.abc import Sequence

from windtunnel.agents.llm.costs.tokens import tokens_at_most
from windtunnel.agents.situation import Line


def recalled(lines: Sequence[Line], most: int) -> list[Line]:
    """The lines without the memories that `most` tokens (a cautious count) have no room for.

    Memories come most relevant first: those before the first that does not fit are kept.
    """
    out, used = [], 0
    for line in lines:
        if line.kind == "memory":
            used += tokens_at_most(line.text)
            if used > most:
                continue
        out.append(line)
    return out


def fitted(lines: Sequence[Line], room: int) -> tuple[list[Line], int]:
    """The lines that `room` tokens (a cautious count) hold, and how many were cut.

    The oldest lines of what is on show are cut first, then the least relevant memories; `ValueError` if what may not
    be cut is too long by itself.
    """
    sizes = [tokens_at_most(line.text) for line in lines]
    order = [place for place, line in enumerate(lines) if line.kind == "shown"]
    order += [place for place, line in enumerate(lines) if line.kind == "memory"][::-1]
    total, cut = sum(sizes), set()
    for place in order:
        if total <= room:
            break
        total -= sizes[place]
        cut.add(place)
    if total > room:
        raise ValueError(
            f"a question needs about {total - room} tokens more than the model's context holds, with all "
            "that is on show cut: raise llm.context, if the model allows it"
        )
    return [line for place, line in enumerate(lines) if place not in cut], len(cut)
