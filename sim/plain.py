"""A community with everything but its rules: what `sim.community.Community` asks for, in plain tables.

Override `show` (what members see) and `settle` (what their acts do); `open_step`, `active`, `close_step` and `measures`
where they say something. Numbers of members are numpy columns, never loops over members.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from windtunnel.agents.nearest import nearest
from windtunnel.agents.situation import Scene, Situations
from windtunnel.policies.base import PASSED, WorldFace
from windtunnel.sim.choice import decision_ids
from windtunnel.sim.community import Declared, Defaults
from windtunnel.sim.events import NO_AMOUNT, NOBODY
from windtunnel.sim.members import Members


@dataclass
class PlainView:
    """What n deciders have before them; policies change `features` (n, features) and `options` (n, actions) in place.

    `rows` are the members' rows. `about` (n,), where given, are rows of the members that decisions are about: one
    member may then decide about several, each with chance of its own. `targets` (n, most) are rows of members to choose
    among (-1: none) and `kinds`, as large, the column of the action that choosing each of them is: `among` sets both.
    `chosen` (n,) is who was chosen, once that is drawn.
    """

    rows: np.ndarray
    features: np.ndarray
    options: np.ndarray
    feature_names: tuple[str, ...]
    action_names: tuple[str, ...]
    about: np.ndarray | None = None
    targets: np.ndarray | None = None
    kinds: np.ndarray | None = None
    chosen: np.ndarray | None = None

    def feature(self, name: str) -> np.ndarray:
        """The column (n,) of a feature, a view: assign to `[:]`. `ValueError` names the nearest one."""
        if name not in self.feature_names:
            raise ValueError(f"no feature is called {name!r}: {nearest(name, self.feature_names)}")
        return self.features[:, self.feature_names.index(name)]

    def among(self, targets: np.ndarray, kinds: np.ndarray, actions: Sequence[str]) -> None:
        """Let the deciders choose among members: `targets` (n, most) are their rows, -1 for none.

        `actions` are the kinds of target, by name; `kinds` says which of them each target is, by its place in `actions`,
        and may be (n, most) or (most,). An action of which a decider has no target is not on its offer.
        """
        columns = np.array([self.action_names.index(name) for name in actions])
        self.targets = np.asarray(targets)
        self.kinds = np.broadcast_to(columns[np.asarray(kinds)], self.targets.shape)
        for column in columns:
            self.options[:, column] &= ((self.kinds == column) & (self.targets >= 0)).any(axis=1)

    def withdraw(self, who: np.ndarray, *prefixes: str) -> None:
        """Take the actions whose names begin so off the offer of the deciders marked in `who` (n,) bool."""
        columns = [i for i, name in enumerate(self.action_names) if name.startswith(prefixes)]
        self.options[np.ix_(who, np.array(columns, int))] = False


@dataclass
class PlainActs:
    """What the deciders of a phase try to do, one row an act, in drawn order.

    `rows` and `ids` are the members', `kind` and `amount` those of the chosen action (`NO_AMOUNT` where it has none),
    `target` the row of the member acted on (-1: nobody), `verdict` PASSED, CANCELLED or HELD, `policy` the log's code of
    the policy that changed the act (-1: none). Of an act in the log `target` is the member's id.
    """

    rows: np.ndarray
    ids: np.ndarray
    kind: np.ndarray
    amount: np.ndarray
    target: np.ndarray
    verdict: np.ndarray
    policy: np.ndarray

    @property
    def passed(self) -> np.ndarray:
        """Bool (n,): acts that no policy has cancelled or held."""
        return self.verdict == PASSED


class PlainCommunity(Defaults):
    """A community that stands on its members and whatever columns of its own it keeps."""

    silent: tuple[str, ...] = ()
    """Actions, or kinds of them, that are no act: they are neither logged nor settled."""

    def __init__(self, scenes: tuple[Scene, ...], members: Members, declared: Declared) -> None:
        self.scenes, self.members, self.declared = scenes, members, declared
        self._tables = {scene.phase: _Table(scene, self.silent) for scene in scenes}

    def view(self, world: WorldFace, rows: np.ndarray, **features: Any) -> PlainView:
        """A view of deciders `rows` with these features (numbers, or columns (n,)); those not named are 0.

        A feature that the phase does not declare is left out: it has no place in the words.
        """
        table = self._tables[world.phase]
        measured = np.zeros((len(rows), len(table.features)))
        for name, values in features.items():
            if name in table.features:
                measured[:, table.features.index(name)] = values
        return PlainView(
            rows, measured, np.ones((len(rows), len(table.actions)), bool), table.features, table.actions
        )

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """What members see: override it, and give `self.view(world, rows, stock=…)`."""
        return self.view(world, rows)

    def situations(self, world: WorldFace, view: PlainView) -> Situations:
        """The view as it is; `describe` gives the sentences of the bins and the persona."""
        scene, members = self._tables[world.phase].scene, self.members
        return Situations(
            scene, view.features, view.options, members.persona[view.rows], members.id[view.rows]
        )

    def act(self, world: WorldFace, view: PlainView, choice: np.ndarray) -> PlainActs:
        """The choices as acts; who decided is noted as active."""
        table, members = self._tables[world.phase], self.members
        rows = np.unique(view.rows) if view.about is not None else view.rows
        members.note_active(rows[members.last_active[rows] != world.now], world.now)
        doing = np.flatnonzero(~table.silent[choice])
        doing = doing[np.argsort(self._order(world, view)[doing], kind="stable")]
        picked, rows = choice[doing], view.rows[doing]
        target = view.chosen if view.chosen is not None else view.about
        return PlainActs(
            rows=rows,
            ids=members.id[rows],
            kind=table.kinds[picked],
            amount=table.amounts[picked].copy(),
            target=np.full(len(doing), NOBODY) if target is None else target[doing],
            verdict=np.full(len(doing), PASSED, np.int8),
            policy=np.full(len(doing), NOBODY, np.int16),
        )

    def apply(self, world: WorldFace, acts: PlainActs) -> None:
        """Settle what was not cancelled, then log all acts with the amounts that `settle` left in them."""
        self.settle(world, acts)
        log = world.log
        log.add(
            world.now,
            log.codes(acts.kind.tolist()),
            acts.ids,
            target=np.where(acts.target == NOBODY, NOBODY, self.members.id[acts.target]),
            amount=acts.amount,
            status=log.codes(["done", "cancelled", "held"])[acts.verdict],
            policy=acts.policy,
        )

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """Change the state by the acts that have `passed`; write what came of them (say, what was granted) into them."""

    def _order(self, world: WorldFace, view: PlainView) -> np.ndarray:
        """A draw (n,) for each decision: sorting by it moves nobody when one is missing."""
        return world.chance("order", decision_ids(self.members.id, view))


class _Table:
    """A scene's names as arrays, made once."""

    def __init__(self, scene: Scene, silent: tuple[str, ...]) -> None:
        self.scene = scene
        self.features = tuple(feature.name for feature in scene.features)
        self.actions = scene.actions.names
        self.kinds = np.array([action.kind or action.name for action in scene.actions])
        self.amounts = np.array(
            [NO_AMOUNT if action.amount is None else action.amount for action in scene.actions], np.int64
        )
        self.silent = np.isin(self.kinds, silent) | np.isin(self.actions, silent)
