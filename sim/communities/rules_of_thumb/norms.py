"""Norms as rules of thumb (the form of Social Chemistry 101): what people see of a rule, and what they do about it.

A step: everybody meets one situation. Its act breaks a rule or it does not; people see that rightly only so often. The chance to do
what one sees as wrong is logistic(a - b · pressure · agreement - c · judgment), where the agreement is what most people think, and the
more one's own the more weight one gives the rule's moral foundation; what one sees as fine is done with logistic(a).
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field

from windtunnel.policies.base import WorldFace
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView
from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]
FOUNDATIONS = ("care", "fairness", "loyalty", "authority", "purity")


class Rule(BaseModel):
    """One rule of thumb: an act, what is said of it, and how it is judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    act: str
    rule: str
    judgment: Annotated[int, Field(ge=-2, le=2)]
    agreement: Annotated[int, Field(ge=0, le=4)]
    pressure: Annotated[int, Field(ge=-2, le=2)]
    legal: bool
    foundation: Literal["care", "fairness", "loyalty", "authority", "purity"]


@cache
def rules() -> tuple[Rule, ...]:
    """Those of rules.yaml."""
    told = yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text("utf-8"))
    return tuple(Rule.model_validate(one) for one in told["rules"])


class NormSettings(Settings):
    """Numbers of `settings:` in conf/community/rules_of_thumb.yaml."""

    sees: Share
    """Share of acts, of those that break a rule and of those that do not, that are seen as what they are where nothing is told."""
    leniency: Share
    """So much more often acts are taken to be fine: added where they are, taken off where they are not."""


class RulesOfThumb(PlainCommunity):
    """This step's situations, arrays (n,) by member. Policies set `sees` at each step."""

    silent = ("refrain",)

    def __init__(self, scenes: Any, members: Members, declared: Declared, settings: NormSettings) -> None:
        super().__init__(scenes, members, declared)
        self.settings, known = settings, rules()
        self.judgment = np.array([one.judgment for one in known], float)
        self.pressure = np.array([one.pressure for one in known], float)
        self.agreement = np.array([one.agreement / 4 for one in known])
        self.foundation = np.array([FOUNDATIONS.index(one.foundation) for one in known])
        self.values = np.stack([members.traits[name] for name in FOUNDATIONS], axis=1)

    def open_step(self, world: WorldFace) -> None:
        """Everybody's situation is drawn, and whether it will be seen as it is."""
        ids = self.members.id
        self.sees = self.settings.sees
        self.rule = (world.chance("situation", ids) * len(self.judgment)).astype(int)
        self.wrong = self.judgment[self.rule] < 0
        self.lot = world.chance("sees", ids)
        self.done = np.zeros(len(ids), bool)

    def seen_as_wrong(self) -> np.ndarray:
        """Bool (n,): acts that members see as breaking a rule."""
        right = self.lot < np.clip(self.sees + np.where(self.wrong, -1, 1) * self.settings.leniency, 0.0, 1.0)
        return self.wrong == right

    def weight(self) -> np.ndarray:
        """Pressure against the act times agreement (n,), 0 to 2: as many as agree, doubled where a foundation has half of one's weight."""
        own = 2 * self.values[np.arange(len(self.rule)), self.foundation[self.rule]]
        return np.abs(self.pressure[self.rule]) * self.agreement[self.rule] * np.minimum(own, 1.0)

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """Whether the act looks wrong, and if so how strong the pressure and the judgment are."""
        seen = self.seen_as_wrong()
        return self.view(
            world,
            rows,
            wrong=seen[rows],
            pressure=(seen * self.weight())[rows],
            judgment=(seen * np.abs(self.judgment[self.rule]))[rows],
            told=self.sees > self.settings.sees,
        )

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        rows = acts.rows[acts.passed]
        self.done[rows] = True
        self.members.summaries["violations"][rows] += self.wrong[rows]

    def close_step(self, world: WorldFace) -> None:
        seen, wrong = self.seen_as_wrong(), self.wrong
        self.counts = {
            "wrong": float(wrong.sum()),
            "violations": float((wrong & self.done).sum()),
            "wrong_seen": float((wrong & seen).sum()),
            "fine": float((~wrong).sum()),
            "fine_seen": float((~wrong & ~seen).sum()),
            "held_back": float((~wrong & ~self.done).sum()),
            "broken": float(self.done[wrong].mean()) if wrong.any() else 0.0,
        }

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        return self.counts
