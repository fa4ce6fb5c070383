"""The messages that go round: who wrote them, whether they are true, and what was done about them."""

import numpy as np
from scipy.special import ndtri

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.misinformation.settings import MisinformationSettings

A_STEP = 1 << 24
"""Steps between the ids of a member's messages: the id of a message is its writer's, plus this many times the step."""
COLUMNS = {
    "id": np.int64,
    "author": np.int64,
    "step": np.int64,
    "false": bool,
    "generated": bool,
    "inconvenient": bool,
    "known": bool,
    "odd": float,
    "score": float,
    "answered": bool,
    "labelled": bool,
    "visible": float,
}


class Messages:
    """Columns of m messages, oldest first.

    `author` is a row of members; `known` says that the writer knew or should have known that it is false; `odd` is how false it
    looks to a reader, `score` how false to a detector; `visible` is the chance that who is offered it notices it.
    """

    def __init__(self, **columns: np.ndarray) -> None:
        for name, kind in COLUMNS.items():
            setattr(self, name, np.asarray(columns.get(name, []), kind))

    id: np.ndarray
    author: np.ndarray
    step: np.ndarray
    false: np.ndarray
    generated: np.ndarray
    inconvenient: np.ndarray
    known: np.ndarray
    odd: np.ndarray
    score: np.ndarray
    answered: np.ndarray
    labelled: np.ndarray
    visible: np.ndarray

    def __len__(self) -> int:
        return len(self.id)

    def only(self, which: np.ndarray) -> "Messages":
        """Those marked in `which` (m,)."""
        return Messages(**{name: getattr(self, name)[which] for name in COLUMNS})

    def joined(self, other: "Messages") -> "Messages":
        """These, then the others."""
        return Messages(
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in COLUMNS}
        )


def written(
    world: WorldFace, settings: MisinformationSettings, success: float, rows: np.ndarray, kind: np.ndarray
) -> Messages:
    """What becomes of acts of writing (n,): a message each, but for what a language model refused to write.

    All that is drawn is addressed by writer and step, so a detector that looks before anything is published sees the same message.
    """
    ids = world.community.members.id[rows]

    def drawn(purpose: str) -> np.ndarray:
        return world.chance(purpose, ids)

    generated, honest = kind == "generate", kind == "tell"
    mistake = honest & (drawn("mistake") < settings.mistaken)
    false = ~honest | mistake
    skill = np.where(generated, settings.detector.generated, settings.detector.human)
    made = Messages(
        id=ids + A_STEP * world.now,
        author=rows,
        step=np.full(len(rows), world.now),
        false=false,
        generated=generated,
        inconvenient=~false & (drawn("inconvenient") < settings.inconvenient),
        known=~honest | (mistake & (drawn("known") < settings.known)),
        odd=ndtri(drawn("odd")) + settings.lay * false,
        score=ndtri(drawn("score")) + skill * false,
        answered=np.zeros(len(rows), bool),
        labelled=np.zeros(len(rows), bool),
        visible=np.ones(len(rows)),
    )
    return made.only(~generated | (drawn("jailbreak") < success))
