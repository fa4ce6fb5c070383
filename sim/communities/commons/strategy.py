"""How members of a commons decide under `mind=rules`: strategies, by the numbers of their persona.

A persona wants `all` of what it may ask for, `fair` of what keeps the stock, and `own` times its greed of an equal share;
with `match` it takes what the others do where they take more than `tolerance` above fair. With `heeds` it keeps to a norm
with the chance that `settings.heed` tells, and then takes no more than the norm.
"""

from collections.abc import Callable

import numpy as np

from windtunnel.agents.situation import Scene, Situations
from windtunnel.sim.communities.commons.settings import CommonsSettings, heed

NEVER = -np.inf


def strategy(scene: Scene, settings: CommonsSettings) -> Callable[[Situations], np.ndarray]:
    """The function of a batch that gives log-odds (n, actions), for one phase."""
    names = [feature.name for feature in scene.features]
    amounts = np.array([np.nan if action.amount is None else action.amount for action in scene.actions])
    traits = {
        key: np.array([float(persona.traits.get(key, 0.0)) for persona in scene.personas])
        for key in ("all", "fair", "own", "match", "tolerance", "heeds", "lies", "bluffs")
    }

    def column(batch: Situations, name: str) -> np.ndarray:
        return batch.features[:, names.index(name)]

    def whole(values: np.ndarray) -> np.ndarray:
        """Of whole units no more than is fair; the finer shares are rounded."""
        return np.floor(values + 1e-9) if settings.unit == "units" else np.rint(values)

    def wanted(batch: Situations, alone: bool = False) -> np.ndarray:
        """What each would take with no norm, in amounts (n,); `alone`: whatever the others did."""
        own = {key: values[batch.persona] for key, values in traits.items()}
        fair, most = whole(column(batch, "fair")), column(batch, "most")
        most_of_offer = np.where(batch.options, amounts, -np.inf).max(axis=1)
        greedy = own["own"] * column(batch, "greed") * settings.reach * column(batch, "equal")
        want = own["all"] * np.minimum(most, most_of_offer) + own["fair"] * fair + greedy
        others = column(batch, "others")
        follow = (not alone) & (own["match"] > 0) & (others > (1 + own["tolerance"]) * fair)
        return np.where(follow, others, want)

    def take(batch: Situations) -> np.ndarray:
        want, norm = wanted(batch), whole(column(batch, "norm"))
        threat = settings.threat * column(batch, "watched") + column(batch, "fear")
        keeps = heed(settings, column(batch, "heeded"), threat, column(batch, "greed"))
        keeps = np.where((norm >= 0) & (traits["heeds"][batch.persona] > 0), keeps, 0.0)
        return _mixed(batch.options, amounts, want, np.minimum(want, np.where(norm < 0, want, norm)), keeps)

    def lead(batch: Situations) -> np.ndarray:
        """A leader asks for the same, but a greedy one takes all that is left, and is bound by no norm."""
        want = wanted(batch)
        return _mixed(batch.options, amounts, want, want, np.zeros(len(want)))

    def talk(batch: Situations) -> np.ndarray:
        """What one would take if the others kept to the same; a liar says the fair amount with its own chance."""
        want, lies = wanted(batch, alone=True), traits["lies"][batch.persona]
        return _mixed(batch.options, amounts, want, np.minimum(want, whole(column(batch, "fair"))), lies)

    def announce(batch: Situations) -> np.ndarray:
        """The true stock, or with the chance that the persona bluffs half of it."""
        stock = column(batch, "stock")
        return _mixed(batch.options, amounts, stock, stock / 2, traits["bluffs"][batch.persona])

    def vote(batch: Situations) -> np.ndarray:
        """A norm near what keeps the stock (log-normal, sd .25), leaning to the voter's greed."""
        least = 0.01 * column(batch, "equal")
        centre = np.maximum(column(batch, "fair"), least)
        centre = centre * (1 + settings.bias * (column(batch, "greed") - 0.5))
        size = np.log(np.maximum(amounts, 1e-9))
        away = size[None, :] - np.log(np.maximum(centre, 1e-9))[:, None]
        return np.where(amounts[None, :] > 0, -(away**2) / (2 * 0.25**2) - size[None, :], NEVER)

    def fine(batch: Situations) -> np.ndarray:
        """Fine with the chance that one's readiness to punish says, of each whom one saw."""
        chance = np.clip(column(batch, "punish"), 0, 1)
        with np.errstate(divide="ignore"):
            rows = {"forgo": np.log(1 - chance), "fine": np.log(chance)}
        return np.stack([rows[action.name] for action in scene.actions], axis=1)

    return {"take": take, "lead": lead, "talk": talk, "announce": announce, "vote": vote, "fine": fine}[
        scene.phase
    ]


def _mixed(
    options: np.ndarray, amounts: np.ndarray, first: np.ndarray, second: np.ndarray, chance: np.ndarray
) -> np.ndarray:
    """Log-odds (n, actions) of `second` with `chance`, else `first`: each the nearest amount on offer (n,) below or at it."""
    odds = np.zeros(options.shape)
    each = np.arange(len(first))
    odds[each, _at(options, amounts, first)] += 1 - chance
    odds[each, _at(options, amounts, second)] += chance
    with np.errstate(divide="ignore"):
        return np.log(odds)


def _at(options: np.ndarray, amounts: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The column (n,) of the amount on offer that is nearest to what is wanted; of two as near the smaller."""
    far = np.where(options & ~np.isnan(amounts), np.abs(amounts - wanted[:, None]), np.inf)
    return far.argmin(axis=1)
