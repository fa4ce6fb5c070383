"""How producers and builders decide under `mind=rules`: strategies, by what they see and by the numbers of their persona."""

from collections.abc import Callable

import numpy as np

from windtunnel.agents.situation import Scene, Situations
from windtunnel.sim.communities.info_commons.economy import alternating_share
from windtunnel.sim.communities.info_commons.settings import InfoSettings


def strategy(scene: Scene, settings: InfoSettings) -> Callable[[Situations], np.ndarray]:
    """The function of a batch that gives log-odds (n, actions), for one phase."""
    names = [feature.name for feature in scene.features]
    amounts = np.array([np.nan if action.amount is None else action.amount for action in scene.actions])
    bold = np.array([float(persona.traits.get("bold", 0.0)) for persona in scene.personas])

    def column(batch: Situations, name: str) -> np.ndarray:
        return batch.features[:, names.index(name)]

    def either(**chance: np.ndarray) -> np.ndarray:
        """Log-chances (n, actions) by the action's name; 0 where none is told."""
        rows = [chance.get(action.name, np.zeros(1)) for action in scene.actions]
        with np.errstate(divide="ignore"):
            return np.log(np.stack(np.broadcast_arrays(*rows), axis=1))

    def produce(batch: Situations) -> np.ndarray:
        """Who does not cover its cost may stop; who sees others cover it may begin."""
        cost = column(batch, "cost")
        stop = settings.gives_up * (column(batch, "income") < cost)
        start = settings.comes_back * (column(batch, "others") > cost)
        return either(stop=stop, go_on=1 - stop, start=start, stay_away=1 - start)

    def consent(batch: Situations) -> np.ndarray:
        """Close with the chance of the day."""
        close = column(batch, "closing")
        return either(close=close, leave_open=1 - close)

    def crawl(batch: Situations) -> np.ndarray:
        """A bold builder ignores what is forbidden, the less the likelier it is found out."""
        ignore = bold[batch.persona] * (1 - column(batch, "enforced"))
        return either(ignore=ignore, respect=1 - ignore)

    def shares(batch: Situations) -> tuple[np.ndarray, np.ndarray]:
        """What a proposer keeps of the surplus in the equilibrium of alternating offers: the coalition, the builder."""
        ours, theirs = column(batch, "patience"), column(batch, "builders_patience")
        return alternating_share(ours, theirs), alternating_share(theirs, ours)

    def offer(batch: Situations) -> np.ndarray:
        """The coalition asks for its equilibrium share of the surplus; a builder offers what the coalition just accepts."""
        coalition, builder = shares(batch)
        wanted = 100 * np.where(column(batch, "for_coalition") > 0, coalition, 1 - builder)
        return np.where(np.abs(amounts - np.rint(wanted)[:, None]) < 0.5, 0.0, -np.inf)

    def answer(batch: Situations) -> np.ndarray:
        """Accept what is worth at least what one's own next offer would bring, later; to the nearest per cent."""
        coalition, builder = shares(batch)
        offered = column(batch, "offered") / 100
        ours, theirs = column(batch, "patience"), column(batch, "builders_patience")
        enough = np.where(
            column(batch, "for_coalition") > 0,
            offered >= ours * coalition - 0.01,
            1 - offered >= theirs * builder - 0.01,
        )
        return either(accept=1.0 * enough, refuse=1.0 - enough)

    return {"produce": produce, "consent": consent, "crawl": crawl, "offer": offer, "answer": answer}[
        scene.phase
    ]
