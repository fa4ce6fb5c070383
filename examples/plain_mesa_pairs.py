"""Twins of a plain Mesa model, as PAIRS.csv for `windtunnel estimate PAIRS.csv --direction preventive`.

Nothing of ours is used: any Mesa model can be paired if its chance is addressed by agent and step instead of
being taken from the stream `model.random`, where one extra draw would change everybody's luck. Run it with

    python -m windtunnel.examples.plain_mesa_pairs PAIRS.csv
"""

import csv
import sys
from pathlib import Path

import mesa
import numpy as np

DRAWS, SEEDS, MEMBERS, STEPS = 8, 20, 25, 12
HEATED_SHARE = 0.5
"""It escalated if more than this share of members was heated at the end."""


TEMPER, MOOD = 1, 2
"""What a number is for comes first in its address: SeedSequence takes (1, 2) and (1, 2, 0) for the same."""


def luck(*address: int) -> float:
    """A uniform number that belongs to an address (purpose, draw, seed, agent, step) in both arms."""
    return float(np.random.default_rng(np.random.SeedSequence(address)).random())


class Member(mesa.Agent):
    """Somebody who catches the mood of the room, and cools down alone."""

    def __init__(self, model: "Room", number: int) -> None:
        super().__init__(model)
        self.number = number
        self.temper = luck(TEMPER, model.draw, number)
        self.heated = luck(MOOD, model.draw, model.seed_number, number, 0) < 0.15

    def step(self) -> None:
        """Decide from what all show now."""
        pull = self.temper * (0.2 + self.model.mood) * (0.75 if self.model.slow_mode else 1.0)
        chance = 0.5 + 0.5 * pull if self.heated else pull
        address = (MOOD, self.model.draw, self.model.seed_number, self.number, self.model.hour)
        self.heated_next = luck(*address) < chance

    def advance(self) -> None:
        """Show what was decided."""
        self.heated = self.heated_next


class Room(mesa.Model):
    """Members who heat each other up; slow mode weakens the pull. Tempers belong to the draw alone."""

    def __init__(self, draw: int, seed_number: int, slow_mode: bool) -> None:
        super().__init__(seed=0)
        self.draw, self.seed_number, self.slow_mode, self.hour = draw, seed_number, slow_mode, 0
        for number in range(MEMBERS):
            Member(self, number)

    @property
    def mood(self) -> float:
        return float(np.mean([member.heated for member in self.agents]))

    def step(self) -> None:
        self.hour += 1
        self.agents.do("step")
        self.agents.do("advance")


def severity(draw: int, seed_number: int, slow_mode: bool) -> float:
    """The share of members heated at the end of one run."""
    room = Room(draw, seed_number, slow_mode)
    for _ in range(STEPS):
        room.step()
    return room.mood


def main(path: Path) -> None:
    """Run every pair and write one row for each."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["draw", "seed", "y0", "y1", "severity0", "severity1"])
        for draw in range(DRAWS):
            for seed in range(SEEDS):
                off, on = severity(draw, seed, slow_mode=False), severity(draw, seed, slow_mode=True)
                table.writerow([draw, seed, int(off > HEATED_SHARE), int(on > HEATED_SHARE), off, on])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "PAIRS.csv"))
