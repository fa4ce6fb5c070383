"""The volume of a record, to which the law of a cold place is held.

A fitted law is right on average in the states that its record went through. A place that lives on leaves them: in a short record habits have only
begun to grow and who comes anew is added to those who stay; in a place of few lasting members, or behind a hole, more are there than the record
knew. Where coefficients that few acts tell err upwards, it feeds on itself. So the law lives for eight weeks from its core and, where the last
four of them have more posts than the record has for as long, members come less often for what is no debt, until they have as many. A law that
writes too little is left as it is: made livelier, some places fed on themselves.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

WEEKS, COUNTED = 8, 4
"""Weeks that are lived, as many as a cold place lives before its first step, and how many of the last are counted."""
POSTS_A_WEEK = 200
"""What the place that is lived in has by the record: its size is chosen for it."""
NEAR = 0.2
"""The log of made over recorded volume that is left alone: about twice what one such life scatters by."""
ROUNDS = 6
LOWEST = -4.0
"""What is added to the log rate at least."""


def held(forward: Mapping[str, Any]) -> float:
    """What is added to the log rate `comes` of a cold place with this law (`forward` of learned.yaml): 0 or less."""
    return lowered(_volume(forward))


def lowered(volume: Callable[[float], float]) -> float:
    """How far below 0 the log of made over recorded volume, which rises with what is added, comes within `NEAR` of 0: by false position.

    0 where it does not lie above that at 0; `LOWEST` where it lies above 0 even there.
    """
    high, above = 0.0, volume(0.0)
    if above <= NEAR:
        return 0.0
    low, below = high, above
    for _ in range(ROUNDS):
        if below > 0:
            tried = max(high - max(above, 1.0), LOWEST)
        else:
            tried = high + (low - high) * float(np.clip(above / (above - below), 0.1, 0.9))
        made = volume(tried)
        if abs(made) <= NEAR or (made > 0 and tried == LOWEST):
            return round(tried, 3)
        if made > 0:
            high, above = tried, made
        else:
            low, below = tried, made
    return round(low if -below < above else high, 3)


def _volume(forward: Mapping[str, Any]) -> Callable[[float], float]:
    """The log of made over recorded posts of a place with this law, by what is added to its rate `comes`."""
    from windtunnel.analysis.configuration import compose, plan
    from windtunnel.sim.experiment import Unit
    from windtunnel.sim.lock_step import lock_step
    from windtunnel.sim.minds import make_mind
    from windtunnel.sim.run import make_world

    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "learned.yaml"
        file.write_text(yaml.safe_dump({"forward": dict(forward)}))
        words = [
            "mind=learned",
            f"mind.file={file}",
            "mind.weeks_before=0",
            f"steps={WEEKS * 168}",
            "draws=1",
        ]
        words += ["seeds=1", "baseline=none", "policy=none", "community.settings.spark_step=null"]
        made = plan(compose(words)).experiment
    community = made.community
    pace = float(community["profile"]["posts_per_member_day"]["value"])
    size = max(2, round(POSTS_A_WEEK / 7 / pace))
    due = COUNTED * 7 * pace * size

    def log_of(added: float) -> float:
        learned = {**community["learned"], "forward": {**forward, "held": added}}
        one = replace(made, community={**community, "size": size, "learned": learned})
        world: Any = make_world(one, Unit(0, 0, "baseline"))
        if failed := lock_step([world], make_mind(one), WEEKS * 168):
            raise ValueError(f"the law cannot be lived by: {' '.join(failed[0])}")
        forum: Any = world.community
        late = (forum.posts.step >= (WEEKS - COUNTED) * 168).sum()
        return float(np.log(max(late, 0.5) / due))

    return log_of
