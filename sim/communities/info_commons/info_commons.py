"""The rules of an information commons: produce, close oneself off, crawl, bargain; then readers and money are shared out.

Knowledge of builders decays and is fed by what they may use. The better their answers, the fewer readers come to producers,
who stop when their income does not cover their cost. The model is our own; the papers that it stands on have no dynamics.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.info_commons.economy import (
    Deal,
    builders_revenue,
    by_prompts,
    diversity,
    gone,
    in_proportion,
    payment,
    quality,
)
from windtunnel.sim.communities.info_commons.settings import InfoSettings
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView
from windtunnel.sim.unlearning import Contributors

NOBODY = np.empty(0, np.int64)
STYLE = 0.6
"""How far apart producers of one topic lie, where topics lie on a circle of radius 1. Chosen, as are the variances of their works."""
SHARPNESS = 4
"""How much more than in proportion readers prefer the better machine."""


class InfoCommons(PlainCommunity):
    """Who produces, who is closed to crawlers, what builders know; arrays (n,) by row of `members`, builders first.

    Policies set, at each step, `deal`, `cap`, `commission`, `hidden`, `closing`, `enforced`, `pool`, `public` and `documented`.
    """

    silent = ("go_on", "stay_away", "leave_open", "respect")

    def __init__(self, scenes: Any, members: Members, declared: Declared, settings: InfoSettings) -> None:
        super().__init__(scenes, members, declared)
        count, builders = len(members), len(settings.muscle)
        self.settings, self.builders = settings, builders
        self.builds = np.arange(count) < builders
        self.topic = members.traits["topic"].astype(int)
        self.producing = ~self.builds
        self.closed, self.ignoring = np.zeros(count, bool), np.zeros(builders, bool)
        self.income = np.zeros(count)
        self.known = np.zeros(builders)
        self.known_public = 0.0
        self.agreed: float | None = None  # the coalition's share under the agreement in force
        self.agreed_at = 0
        self.offered: float | None = None
        self.first_output = 0.0
        self.gone, self.forgetting, self.retrained = np.zeros(count, bool), "none", 0.0
        self.sources = np.zeros((builders, count))  # what each builder knows, by whom it comes from
        self.contributors = contributors(members.traits, settings.topics)

    def open_step(self, world: WorldFace) -> None:
        """Nothing is in force until a policy says so."""
        settings = self.settings
        self.here = self.members.present(world.now)
        self.deal: Deal | None = None
        self.asked: Any = None
        self.cap, self.hidden, self.commission = settings.cap, settings.hidden, 0.0
        self.closing, self.enforced = np.zeros(len(self.members)), 0.0
        self.pool = 0.0
        self.public: Any = None
        self.documented, self.offered = settings.documented, None
        self.retrained = 0.0
        if world.now == 0:
            self.income = self._visits_pay(1.0, self._output())
            self.first_output = float(self._output().sum())

    # what policies read

    def most_productive(self, share: float) -> np.ndarray:
        """Which producers (n,) bool are among the `share` who put out most."""
        output = np.where(self.here & ~self.builds, self.members.traits["output"], -1.0)
        count = int(round(share * (output >= 0).sum()))
        found = np.zeros(len(output), bool)
        found[np.argsort(-output, kind="stable")[:count]] = True
        return found

    def bargain(
        self,
        coverage: float,
        members: str,
        protocol: str,
        share: float,
        patience: tuple[float, float],
        term: int,
    ) -> None:
        """So many producers, as far as the law lets them, bargain together in this step: a drawn part, or the `specialists`."""
        self.asked = (coverage, members, protocol, share, patience, term)

    def _form(self) -> None:
        """The coalition that was asked for, once all policies have said what the law is."""
        if self.asked is None:
            return
        (coverage, members, *terms), self.asked = self.asked, None
        part = min(coverage, self.cap)
        drawn = ~self.builds & (self.members.traits["luck"] < part)
        inside = self.most_productive(part) if members == "specialists" else drawn
        if inside.any():
            self.deal = Deal(inside, *terms)

    def forget(self, asking: np.ndarray, method: str) -> None:
        """These producers (n,) bool are used no more, and what was learned from all who asked is dealt with by `method`."""
        self.gone |= asking
        self.forgetting = method
        if method == "exact_retrain" and asking.any():
            self.known -= self.sources[:, asking].sum(axis=1)
            self.sources[:, asking] = 0.0
            self.retrained = 1.0

    def _output(self) -> np.ndarray:
        """What each puts out in this step (n,)."""
        return np.where(self.producing & self.here, self.members.traits["output"], 0.0)

    def _visits_pay(self, staying: float, output: np.ndarray) -> np.ndarray:
        """What the readers who stay are worth to each producer."""
        return in_proportion(self.settings.worth * self.settings.visits * staying, output)

    # who decides, and what they see

    def active(self, world: WorldFace) -> np.ndarray:
        """Producers about producing and closing; builders about crawling; the two leaders in turns about a deal."""
        self._form()
        match world.phase:
            case "produce":
                return np.flatnonzero(~self.builds & self.here)
            case "consent":
                return np.flatnonzero(self.producing & self.here & ~self.closed & (self.closing > 0))
            case "crawl":
                return np.flatnonzero(self.builds & self.here) if self.closed.any() else NOBODY
        leader, builder = self._parties()
        if leader < 0 or not self._open_to_offers(world):
            return NOBODY
        turn = world.now % 2 == 0
        if world.phase == "offer":
            return np.array([leader if turn else builder])
        return np.array([builder if turn else leader]) if self.offered is not None else NOBODY

    def _parties(self) -> tuple[int, int]:
        """Rows of who speaks for the coalition (its greatest producer) and of the first builder; -1: nobody."""
        inside = (
            np.flatnonzero(self.deal.members & self.producing & self.here)
            if self.deal is not None
            else NOBODY
        )
        if not len(inside) or not self.here[0]:
            return -1, 0
        return int(inside[self.members.traits["output"][inside].argmax()]), 0

    def _open_to_offers(self, world: WorldFace) -> bool:
        if self.deal is None or self.deal.protocol != "alternating":
            return False
        return self.agreed is None or world.now - self.agreed_at >= self.deal.term

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """Own income beside cost and beside the others'; how likely it is to close oneself off or be found out; an offer."""
        traits = self.members.traits
        working = self.producing & self.here
        patience = self.deal.patience if self.deal is not None else (0.0, 0.0)
        view = self.view(
            world,
            rows,
            income=self.income[rows],
            cost=traits["cost"][rows],
            others=float(self.income[working].mean()) if working.any() else 0.0,
            producing=self.producing[rows],
            closing=self.closing[rows],
            enforced=self.enforced,
            offered=-1 if self.offered is None else self.offered,
            for_coalition=~self.builds[rows],
            patience=patience[0],
            builders_patience=patience[1],
        )
        if world.phase == "produce":
            view.withdraw(self.producing[rows], "stay_away", "start")
            view.withdraw(~self.producing[rows], "go_on", "stop")
        return view

    # what acts do

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        done = acts.passed
        match world.phase:
            case "produce":
                self.producing[acts.rows[done & (acts.kind == "stop")]] = False
                self.producing[acts.rows[done & (acts.kind == "start")]] = True
            case "consent":
                self.closed[acts.rows[done & (acts.kind == "close")]] = True
            case "crawl":
                self.ignoring[:] = False
                self.ignoring[acts.rows[done & (acts.kind == "ignore")]] = True
            case "offer" if done.any():
                self.offered = float(acts.amount[done][0])
            case "answer" if (done & (acts.kind == "accept")).any():
                assert self.offered is not None
                self.agreed, self.agreed_at = self.offered / 100, world.now

    def close_step(self, world: WorldFace) -> None:
        """Builders learn from what they use; readers choose; money is shared out."""
        settings, output = self.settings, self._output()
        agreed = self._agreement()
        used = self._used(world, output, agreed)
        self.known = settings.fresh * self.known + used.sum(axis=1)
        self.sources = settings.fresh * self.sources + used
        good = quality(settings, self.known)
        appeal = np.array(settings.muscle) * good**SHARPNESS
        shares = in_proportion(1.0, appeal)
        answers = float(shares @ good) if shares.sum() else 0.0
        staying, kept = self._readers(output, answers)
        earned = builders_revenue(settings, answers) * kept
        cost, paid = self._payments(used.mean(axis=0), earned, agreed)
        self.income = self._visits_pay(staying, output) + paid
        self.members.summaries["earned"] += np.where(
            self.builds, self._of_builders(shares * (earned - cost)), self.income
        )
        self.counts = {
            "active": float((self.producing & self.here).sum()),
            "output": float(output.sum()),
            "knowledge": float(self.known.mean()),
            "quality": answers,
            "readers": settings.visits * staying,
            "paid": float(paid.sum()),
            "concentration": float((shares**2).sum()),
            "diversity": diversity(self.topic, output, self.settings.topics),
            "fallen": float(output.sum() < 0.5 * self.first_output),
            "documented": float(self.documents.mean()),
            "residual": self._residual(),
            "retrained": self.retrained,
        }

    def _residual(self) -> float:
        """What answers still owe to those who asked to be forgotten."""
        if not self.gone.any():
            return 0.0
        return self.contributors.residual(self.forgetting, self.sources.mean(axis=0), self.gone)

    def _agreement(self) -> float | None:
        """The coalition's share in force: a posted or a Nash share at once, of offers the one that was accepted."""
        if self.deal is None:
            return None
        return self.agreed if self.deal.protocol == "alternating" else self.deal.share

    def _used(self, world: WorldFace, output: np.ndarray, agreed: float | None) -> np.ndarray:
        """What each builder uses of each producer's output (builders, n): nothing of a coalition without an agreement.

        A builder that ignores what producers forbid uses it all the same, unless it is found out.
        """
        ids = self.members.id
        self.documents = world.chance("documents", ids[: self.builders]) < self.documented
        caught = world.chance("found out", ids[: self.builders]) < self.enforced
        free = ((self.ignoring & ~caught)[:, None] | ~self.closed[None, :]) & ~self.gone[None, :]
        if self.deal is not None and agreed is None:
            free = free & ~self.deal.members[None, :]
        return output[None, :] * free

    def _readers(self, output: np.ndarray, answers: float) -> tuple[float, float]:
        """Shares of readers who stay with producers, and of the others those who stay with the builders that charge."""
        if self.public is None:
            return 1 - gone(self.settings, answers), 1.0
        consenting = (self.members.traits["openness"] < self.public.consent) & ~self.gone
        self.known_public = self.settings.fresh * self.known_public + float(output[consenting].sum())
        public = float(quality(self.settings, self.known_public))
        appeal = np.array([answers, public]) ** SHARPNESS
        kept = float(appeal[0] / appeal.sum()) if appeal.sum() else 1.0
        best = kept * answers + (1 - kept) * public
        away = gone(self.settings, best)
        return 1 - away + away * (1 - kept) * self.public.refers, kept

    def _payments(self, used: np.ndarray, earned: float, agreed: float | None) -> tuple[float, np.ndarray]:
        """What builders pay in all, and what each producer gets of it (n,)."""
        paid, total = np.zeros(len(self.members)), 0.0
        if self.deal is not None and agreed is not None:
            honest = 1 - self.hidden * (1 - float(self.documents.mean()))
            amount = honest * payment(self.settings, self.deal, used, earned, agreed)
            paid += in_proportion(amount * (1 - self.commission), used * self.deal.members)
            total += amount
        if self.pool > 0:
            paid += by_prompts(self.topic, used, self.pool * earned, self.settings.topics)
            total += self.pool * earned
        return total, paid

    def _of_builders(self, amounts: np.ndarray) -> np.ndarray:
        out = np.zeros(len(self.members))
        out[: self.builders] = amounts
        return out

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        return self.counts


def contributors(traits: Mapping[str, np.ndarray], topics: int) -> Contributors:
    """Whose works lie where: topics on a circle, producers around theirs, some with more varied works; a prompt a topic."""

    def circle(angle: np.ndarray) -> np.ndarray:
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    apart = np.stack([traits["openness"], traits["luck"]], axis=1) - 0.5
    return Contributors(
        centres=circle(2 * np.pi * traits["topic"] / topics) + STYLE * apart,
        variance=(0.1 + 0.3 * traits["luck"]) ** 2,
        prompts=circle(2 * np.pi * np.arange(topics) / topics),
    )
