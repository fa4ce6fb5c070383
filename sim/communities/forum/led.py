"""A world that does what its record says, and the state that it has come to: other worlds go on from there."""

import pickle
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, TypeVar

import numpy as np

from windtunnel.policies.base import Policy
from windtunnel.sim.communities.forum.feed import Shown, View
from windtunnel.sim.communities.forum.posts import CIVIL, TONES
from windtunnel.sim.communities.forum.record import RecordForum
from windtunnel.sim.communities.forum.record_world import Inferred, RecordWorld
from windtunnel.sim.noise_key import NoiseKey

W = TypeVar("W", bound=RecordWorld)


class Led(RecordWorld):
    """In a tick `begin_step`, then `follow`: nobody is asked, no chance is drawn."""

    def follow(self) -> None:
        """Do what the record says, and go on to the next tick."""
        forum = self.community
        acts = sorted(forum.tick.decided, key=lambda act: int(forum.record.author[act]))
        if acts:
            rows = forum.record.author[acts]
            focus = np.array([forum.row_of(int(forum.record.parent[act])) for act in acts])
            nothing = np.empty((len(acts), 0))
            self._view = View(
                rows, Shown.alone(nothing.astype(int)), focus, nothing, nothing.astype(bool), (), ()
            )
            self.apply_choices(np.array([self.option(act) for act in acts]))
        forum.close_step(self)

    def lead(self) -> None:
        """Go through all ticks that are left."""
        for _ in self.community.record.ticks[self.community.place :]:
            self.begin_step()
            self.follow()

    def option(self, act: int) -> int:
        """The column of the choice that a recorded act was."""
        return self._reply(TONES[max(int(self.community.record.tone[act]), CIVIL)])

    def _reply(self, tone: str) -> int:
        return list(self.community.scene.actions.names).index(f"reply_{tone}")


class State:
    """What a led world has come to before a tick: its forum, its log and what its policies have done, to go on from many times."""

    def __init__(self, world: RecordWorld) -> None:
        forum = world.community
        self._shared = [*_fixed(forum)]
        written = BytesIO()
        _Writer(written, self._shared).dump((forum, world.log))
        self._written = written.getvalue()
        self._policies = {policy.label: policy.model_copy(deep=True) for policy in world.policies}

    def forum(self, luck: NoiseKey) -> RecordForum:
        """The forum, under this luck."""
        return self._read(luck)[0]

    def world(
        self,
        policies: Sequence[Policy],
        inferred: Inferred,
        *,
        luck: NoiseKey,
        arm: str = "",
        kind: type[W] = RecordWorld,  # type: ignore[assignment]
    ) -> W:
        """A world that goes on from here under this luck; policies that were on have done what they have done."""
        forum, log = self._read(luck)
        world = kind(forum, self.carried(policies), inferred, luck=luck, arm=arm)
        world.log = log
        return world

    def carried(self, policies: Iterable[Policy]) -> list[Policy]:
        """These policies, those of the led world as it has them."""
        known = self._policies
        return [known[one.label].model_copy(deep=True) if one.label in known else one for one in policies]

    def _read(self, luck: NoiseKey) -> tuple[RecordForum, Any]:
        forum, log = _Reader(BytesIO(self._written), self._shared).load()
        forum.under(luck)
        return forum, log


def _fixed(forum: RecordForum) -> Iterable[object]:
    """What no world changes, and all may share."""
    yield from (forum.record, forum.profile, forum.settings, forum.scenes, forum.declared, forum.words)
    yield from (forum.ids, forum.follows, forum.members.id, forum.members.traits)
    yield from forum.fixed()


class _Writer(pickle.Pickler):
    def __init__(self, file: BytesIO, shared: Sequence[object]) -> None:
        super().__init__(file, protocol=5)
        self._place = {id(one): place for place, one in enumerate(shared)}

    def persistent_id(self, obj: object) -> int | None:
        return self._place.get(id(obj))


class _Reader(pickle.Unpickler):
    def __init__(self, file: BytesIO, shared: Sequence[object]) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, pid: int) -> object:
        return self._shared[pid]
