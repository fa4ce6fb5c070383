"""Fining in a commons: who is seen to take too much, what a fine costs and how it frightens."""

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.commons.state import CommonsState
from windtunnel.sim.noise import pair
from windtunnel.sim.plain import PlainActs


def watched(commons: CommonsState) -> np.ndarray:
    """Chance (n,) that some other member would punish taking too much, times how much the fine bites."""
    if commons.fining is None:
        return np.zeros(len(commons.members))
    modest = commons.members.traits["antisocial"] < 0.5
    quiet = np.log1p(-np.minimum(commons.detection * commons.punish * modest * commons.here, 1 - 1e-12))
    return (1 - np.exp(quiet.sum() - quiet)) * min(1.0, commons.fining.fine / commons.settings.bite)


def seen(commons: CommonsState, world: WorldFace, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a member and one whom it saw take too much, or (of the antisocial) so little."""
    norm = np.where(np.isnan(commons.norm), np.inf, commons.norm)
    over, under = commons.broke_norm(slice(None)), commons.took * commons.lenience < norm
    wrong = np.where(commons.members.traits["antisocial"][:, None] >= 0.5, under & np.isfinite(norm), over)
    wrong &= commons.here & commons.here[:, None]
    np.fill_diagonal(wrong, False)
    who, whom = np.nonzero(wrong)
    ids = commons.members.id
    noticed = world.chance("see", pair(ids[who], ids[whom])) < commons.detection
    return who[noticed], whom[noticed]


def settle_fines(commons: CommonsState, acts: PlainActs) -> None:
    """Who fines pays for it; who is fined loses it, more each time where sanctions are graduated, and is frightened.

    Who was fined for taking too much keeps better to norms; who was fined for restraint, worse.
    """
    done, fining = acts.passed, commons.fining
    if fining is None or not done.any():
        return
    settings, fined = commons.settings, acts.target[done]
    np.add.at(commons.paid, acts.rows[done], fining.cost)
    dear = fining.fine * (1 + np.maximum(commons.fear[fined], 0) if fining.graduated else 1.0)
    np.add.at(commons.paid, fined, dear)
    np.add.at(commons.members.summaries["fined"], fined, 1.0)
    deserved = commons.broke_norm(fined)
    step = settings.fear * min(1.0, fining.fine / settings.bite)
    np.add.at(commons.fear, fined, np.where(deserved, step, -step))
    commons.fear = np.clip(commons.fear, -settings.most_fear, settings.most_fear)
