"""Producers forbid builders to use what they write, more of them each year (arXiv 2407.14933)."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.info_commons.info_policy import InfoPolicy

YEAR_HOURS = 8766


class RobotsOptout(InfoPolicy):
    """Each year a part of the critical producers, and a part of all, close themselves to crawlers; builders may ignore it."""

    name = "robots_optout"
    raises = ("closing",)
    acts_in_log: ClassVar[bool] = True

    critical: Annotated[tuple[Share, ...], Field(min_length=1)] = (0.28,)
    """Part of the critical producers who close, year by year; the last number holds on."""
    others: Annotated[tuple[Share, ...], Field(min_length=1)] = (0.05,)
    """Part of the other producers who close, year by year."""
    enforcement: Share = 1.0
    """Chance a month that a builder who ignores it is found out and has to stop."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        a_year = YEAR_HOURS / world.step_hours
        year = int((world.now - self.start) / a_year)
        great = place.most_productive(place.settings.critical)
        rates = [_of(series, year) for series in (self.critical, self.others)]
        monthly = 1 - (1 - np.where(great, *rates)) ** (1 / a_year)
        place.closing = np.where(place.builds, 0.0, monthly)
        place.enforced = self.enforcement


def _of(series: Sequence[float], year: int) -> float:
    return series[min(year, len(series) - 1)]
