"""The mind of learned members: what they came for is given, their tone and what keeps them from it are a logit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.rules import in_parts, normalise, one_batch, together
from windtunnel.agents.situation import Scene, Situations

ASIDE = -16.0
"""Log-probability of what is no part of coming to write: reading on instead, voting, reporting. Chosen: next to nothing."""
LEAVES = -20.0
MOST_AWAY = 1 - 1e-9
SAYS = ("says_heated", "says_hostile")
"""Features that hold a learned tone law's log-odds of a heated and of a hostile reply against a civil one."""
NOTICES = ("reminder", "warned", "counterspeech")
"""Features that tell a member of a policy: what they do to tone is what the mind of tones says with them and without."""


class LearnedMind:
    """log p(open or answer) from the feature `opens` (log-odds), times log p(tone | it) of a mind of rules.

    Where the scene has `SAYS`, tones of replies are those of the learned law, moved by as much as notices move the rules.
    Who `arrives` stays away but for a share exp(-`stay`), so that notices which draw people in can: `draws` maps such a notice's
    feature to how much it adds to their log rate. What is not on offer is not chosen: then the member reads on.
    """

    name = "learned"
    coupling = "gumbel-max"

    def __init__(self, scene: Scene, tones: Any, draws: Mapping[str, float], stay: float = 0.0) -> None:
        self.tones, self.stay = tones, stay
        names = [feature.name for feature in scene.features]
        self._opens, self._arrives = names.index("opens"), names.index("arrives")
        self._draws = [(names.index(feature), value) for feature, value in draws.items() if feature in names]
        self._says = [names.index(name) for name in SAYS if name in names]
        self._notices = [names.index(name) for name in NOTICES if name in names]
        actions = list(scene.actions.names)
        self._lurk = actions.index("lurk")
        self._leave = [place for place, name in enumerate(actions) if name == "leave"]
        self._groups = [
            np.array([place for place, name in enumerate(actions) if name.startswith(kind)])
            for kind in ("reply", "post")
        ]
        self._replies = np.array([actions.index(f"reply_{tone}") for tone in ("civil", "heated", "hostile")])
        self._aside = np.full(len(actions), ASIDE)
        self._aside[self._leave] = LEAVES

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        out: list[np.ndarray | Unanswered] = [np.empty(one.options.shape) for one in batches]
        some = [place for place, one in enumerate(batches) if len(one)]
        for part in together([batches[place] for place in some]):
            asked, places = one_batch(part), [some.pop(0) for _ in part]
            said = self.chances(asked, self._tones(asked))
            if isinstance(said, Unanswered):
                rows: Sequence[np.ndarray | Unanswered] = [said] * len(part)
            else:
                rows = in_parts(said, [len(one) for one in part])
            for place, row in zip(places, rows, strict=True):
                out[place] = row
        return out

    def chances(self, asked: Situations, said: np.ndarray | Unanswered) -> np.ndarray | Unanswered:
        """Log-probabilities (n, actions) of all acts from those of tones, which need be right only among replies, and among posts."""
        if isinstance(said, Unanswered):
            return said
        out = np.repeat(self._aside[None], len(asked), axis=0)
        odds = asked.features[:, self._opens]
        for sign, group in zip((1.0, -1.0), self._groups, strict=True):
            tones = said[:, group]
            every = np.logaddexp.reduce(tones, axis=1)
            every[every == -np.inf] = 0.0  # nothing of the kind is on offer
            out[:, group] = tones - (every + np.logaddexp(0.0, sign * odds))[:, None]
        self._keep_away(asked, out)
        out[~asked.options] = -np.inf
        return normalise(out)

    def _tones(self, asked: Situations) -> np.ndarray | Unanswered:
        """Log-probabilities (n, actions) in which the tones of replies are right among themselves."""
        (said,) = self.tones.decide([asked])
        if isinstance(said, Unanswered) or not self._says:
            return said
        out = said.copy()
        out[:, self._replies[0]] = 0.0
        out[:, self._replies[1:]] = asked.features[:, self._says]
        told = np.flatnonzero(asked.features[:, self._notices].any(axis=1)) if self._notices else ()
        if len(told):
            plain = asked.features[told].copy()
            plain[:, self._notices] = 0.0
            some = Situations(
                asked.scene, plain, asked.options[told], asked.persona[told], asked.member[told]
            )
            (without,) = self.tones.decide([some])
            if isinstance(without, Unanswered):
                return without
            offered = asked.options[told][:, self._replies]
            more = np.subtract(
                said[told][:, self._replies],
                without[:, self._replies],
                out=np.zeros(offered.shape),
                where=offered,
            )
            out[np.ix_(told, self._replies)] += more
        out[:, self._replies] = np.where(asked.options[:, self._replies], out[:, self._replies], -np.inf)
        return out

    def _keep_away(self, asked: Situations, out: np.ndarray) -> None:
        """Of those who arrive a share reads on, the smaller the more draws them in."""
        if not self.stay or not len(arrives := np.flatnonzero(asked.features[:, self._arrives] > 0)):
            return
        drawn = sum(value * asked.features[arrives, place] for place, value in self._draws)
        comes = np.clip(np.exp(drawn - self.stay), 1e-9, MOST_AWAY)
        out[arrives] += np.log(comes)[:, None]
        out[arrives, self._lurk] = np.log1p(-comes)

    def record(self) -> dict[str, Any]:
        return {"coupling": self.coupling}

    def drift(self, sample: int) -> dict[str, Any] | None:
        return None

    def close(self) -> None:
        """Nothing is held."""
