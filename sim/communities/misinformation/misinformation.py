"""The rules: write, and read what those whom one follows have passed on. False messages are believed by who leans to their side.

In a step members may *write* a message, which others see from the next step on, and *read* one of those that reach them (pass
it on, answer it, or neither). Beliefs follow from all that a member noticed. The model is our own; see
docs/communities.md for what of it is published.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import ndtri

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.misinformation.messages import Messages, written
from windtunnel.sim.communities.misinformation.settings import MisinformationSettings
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members
from windtunnel.sim.noise import pair
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView

NOBODY = -1
HALF = 0.5


class Misinformation(PlainCommunity):
    """Beliefs and attitudes (n,) by row of `members`, and the messages that go round.

    `readers` and `sources` (e,) are rows: who follows whom. Policies set `success` at each step, and act on `messages`.
    """

    silent = ("ignore", "quiet")

    def __init__(
        self,
        scenes: Any,
        members: Members,
        declared: Declared,
        settings: MisinformationSettings,
        edges: tuple[np.ndarray, np.ndarray],
    ) -> None:
        super().__init__(scenes, members, declared)
        count = len(members)
        self.settings = settings
        self.readers, self.sources = edges
        self.belief = members.traits["credence"].copy()
        self.fined = np.zeros(count)  # how much a member shrinks from writing since it was fined
        self.tension = self.mood = self.unrest = 0.0
        self.messages = Messages()
        self.carried = np.full(count, NOBODY)  # the message that each passes on, by its place in `messages`
        self.new = np.full(count, NOBODY)  # the one that each has just written
        self.first = np.full(count, NOBODY)  # the one that each looks at
        self.met = np.zeros((count, 0), bool)  # which messages each has had before it

    def open_step(self, world: WorldFace) -> None:
        """Who wrote a message offers it to its followers, before what it shared; old ones are gone; nothing is in force."""
        settings = self.settings
        self.carried = np.where(self.new >= 0, self.new, self.carried)
        self.new[:] = NOBODY
        self.success = settings.success
        self.here = self.members.present(world.now)
        self._forget_old(world.now)
        moved, apart = ndtri(world.chance("tension", np.arange(2)))
        kept = settings.persistence
        self.tension = float(kept * self.tension + np.sqrt(1 - kept**2) * moved)
        drives = settings.drives
        self.mood += drives.follows * (self.tension - self.mood)
        self.unrest = drives.tension * self.mood + drives.noise * float(apart)
        self.counts = dict.fromkeys(
            ("false_seen", "false_made", "false_shared", "true_made", "true_stopped", "scored", "negative"),
            0.0,
        )

    def _forget_old(self, now: int) -> None:
        fresh = self.messages.step >= now - self.settings.life
        if fresh.all():
            return
        place = np.where(fresh, np.cumsum(fresh) - 1, NOBODY)
        self.carried = np.where(self.carried >= 0, place[self.carried], NOBODY)
        self.messages, self.met = self.messages.only(fresh), self.met[:, fresh]

    # what a policy may do to messages

    def due(self, now: int, latency: int) -> np.ndarray:
        """Which messages (m,) bool a detector that takes so many steps has looked at by now."""
        return self.messages.step + 1 + latency <= now

    def stop(self, world: WorldFace, which: np.ndarray, label: str) -> None:
        """Take messages (m,) bool down; who wrote a true one is silenced by it."""
        messages = self.messages
        gone = which & (messages.visible > 0)
        messages.visible[gone] = 0
        self.count_stopped(messages.only(gone))
        world.log.add(world.now, "remove", self.members.id[messages.author[gone]], policy=label)

    def count_stopped(self, stopped: Messages) -> None:
        """Note what was taken down or never came out."""
        silenced = stopped.author[~stopped.false]
        self.counts["true_stopped"] += len(silenced)
        np.add.at(self.members.summaries["silenced"], silenced, 1)

    # who decides, and what they see

    def _notice(self, world: WorldFace) -> None:
        """Who notices which message in this step, one row for each time, and the new one that each looks at (-1: none)."""
        ids, messages = self.members.id, self.messages
        message = self.carried[self.sources]
        offered = (message >= 0) & self.here[self.readers]
        reader, message = self.readers[offered], message[offered]
        own = messages.author[message] == reader
        lot = world.chance("notice", pair(ids[reader], messages.id[message]))
        seen = ~own & (lot < messages.visible[message])
        self.reader, self.message = reader[seen], message[seen]
        new = ~self.met[self.reader, self.message]
        reader, message = self.reader[new], self.message[new]
        order = np.argsort(world.chance("look", pair(ids[reader], messages.id[message])), kind="stable")
        self.first[:] = NOBODY
        self.first[reader[order]] = message[order]

    def active(self, world: WorldFace) -> np.ndarray:
        """Everybody may write; then who has something new to read reads it."""
        return np.flatnonzero(self.first >= 0 if world.phase == "read" else self.here)

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """Whether a message speaks for one's side, looks odd, is labelled or answered; before writing, tension and fines."""
        traits = self.members.traits
        malice = traits["malice"][rows]
        if world.phase == "write":
            view = self.view(world, rows, malice=malice, tension=self.tension, fined=self.fined[rows])
            view.withdraw(malice < HALF, "invent", "generate")
            return view
        messages, found = self.messages, self.first[rows]
        side = messages.false[found] * 1.0 - messages.inconvenient[found]
        view = self.view(
            world,
            rows,
            agrees=side * traits["lean"][rows],
            odd=messages.odd[found],
            labelled=messages.labelled[found],
            answered=messages.answered[found],
            malice=malice,
        )
        view.about = messages.author[found]
        return view

    # what acts do

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        if world.phase == "write":
            self._settle_writing(world, acts)
            self._notice(world)
        else:
            self._settle_reading(world, acts)

    def _settle_reading(self, world: WorldFace, acts: PlainActs) -> None:
        """What is shared goes on to one's followers; an answer takes force from a message; all that was noticed is believed."""
        reader, message, first, done = self.reader, self.message, self.first, acts.passed
        sharing, answering = (acts.rows[done & (acts.kind == kind)] for kind in ("share", "answer"))
        self._comment(world, acts.rows[done], first[acts.rows[done]])
        self.carried[:] = NOBODY
        self.carried[sharing] = first[sharing]
        self.messages.answered[first[answering]] = True
        self.counts["false_shared"] = float(self.messages.false[first[sharing]].sum())
        self._believe(reader, message)
        self.met[reader, message] = True

    def _comment(self, world: WorldFace, rows: np.ndarray, message: np.ndarray) -> None:
        """Who shares or answers says a few words, the more negative the further from the writer's attitude."""
        attitude = self.attitudes()
        apart = np.abs(attitude[rows] - attitude[self.messages.author[message]])
        base, more = self.settings.negative
        words = np.arange(self.settings.words)
        lots = world.chance("word", pair(self.members.id[rows, None], words))
        self.counts["scored"] = float(lots.size)
        self.counts["negative"] = float((lots < np.minimum(base + more * apart, 1)[:, None]).sum())

    def _believe(self, reader: np.ndarray, message: np.ndarray) -> None:
        """b <- b + persuades · (false messages, by their force) · (1 - b) - corrects · (those against it) · b; the rest fades."""
        settings, messages, traits = self.settings, self.messages, self.members.traits
        force = np.where(messages.labelled, settings.label, 1.0)
        force = force * np.where(messages.answered, settings.answered, 1.0)
        count = len(self.members)
        false, against = (
            np.bincount(reader, weights, count)
            for weights in (
                (messages.false * force)[message],
                (messages.inconvenient | (messages.false & messages.answered))[message] * 1.0,
            )
        )
        lean = (1 + traits["lean"]) / 2
        grown = 1 - (1 - settings.persuades * lean) ** false
        self.belief = self.belief + grown * (1 - self.belief)
        self.belief = self.belief * (1 - settings.corrects) ** against
        self.belief += settings.forgets * (traits["credence"] - self.belief)
        seen = messages.false[message]
        self.counts["false_seen"] = float(seen.sum())
        np.add.at(self.members.summaries["saw_false"], reader[seen], 1)

    def coming(self, world: WorldFace, acts: PlainActs) -> Messages:
        """The messages that these acts of writing make, were all let through; reads only."""
        return written(world, self.settings, self.success, acts.rows, acts.kind)

    def _settle_writing(self, world: WorldFace, acts: PlainActs) -> None:
        """A new message goes to its writer's followers at the next step; what a language model refuses is not written."""
        made = self.coming(world, acts)
        self.counts["false_made"] = float(made.false.sum())
        self.counts["true_made"] = float((~made.false).sum())
        passed = np.isin(made.author, acts.rows[acts.passed])
        self.count_stopped(made.only(~passed))
        made = made.only(passed)
        self.new[made.author] = len(self.messages) + np.arange(len(made))
        self.messages = self.messages.joined(made)
        self.met = np.concatenate([self.met, np.zeros((len(self.members), len(made)), bool)], axis=1)

    def attitudes(self) -> np.ndarray:
        """Where members stand (n,): their lean, stretched by unrest, and moved by what they believe."""
        drives = self.settings.drives
        return self.members.traits["lean"] * max(0.0, 1 + self.unrest) + drives.belief * self.belief

    def close_step(self, world: WorldFace) -> None:
        self.members.summaries["believed"] = self.belief.copy()
        self.fined *= 0.9

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """What was written, seen and stopped in the step, what members believe, and how far apart those stand who follow each other."""
        attitude, here = self.attitudes(), self.here
        both = here[self.readers] & here[self.sources]
        apart = np.abs(attitude[self.readers[both]] - attitude[self.sources[both]])
        return self.counts | {
            "false_seen": self.counts["false_seen"] / max(1, int(here.sum())),
            "belief": float(self.belief[here].mean()) if here.any() else 0.0,
            "believers": float((self.belief[here] > HALF).mean()) if here.any() else 0.0,
            "disagreement": float(apart.mean()) if both.any() else 0.0,
            "tension": self.tension,
        }
