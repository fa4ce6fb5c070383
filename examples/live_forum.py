"""The forum live in Mesa's SolaraViz: `pip install "policy-windtunnel[viz]"`, then `solara run examples/live_forum.py`."""

from functools import partial

import mesa
from mesa.visualization import SolaraViz, make_plot_component

from windtunnel.analysis.configuration import compose, plan
from windtunnel.sim.experiment import Unit
from windtunnel.sim.lock_step import LockStep
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world

TONES = {"civil": "tab:blue", "heated": "tab:orange", "hostile": "tab:red"}


class LiveForum(mesa.Model):
    """One world of the tunnel that decides by itself at every step; its twin has another `arm`."""

    def __init__(
        self, policy: str = "thread_lock", size: int = 80, seed: int = 0, arm: str = "policy"
    ) -> None:
        super().__init__(seed=seed)
        made = plan(compose([f"policy={policy}", f"community.size={size}", f"seeds={seed + 1}"])).experiment
        self.block = LockStep([make_world(made, Unit(0, seed, arm))], make_mind(made))
        self.datacollector = mesa.DataCollector({tone: partial(written, tone=tone) for tone in TONES})

    def step(self) -> None:
        self.block.step()
        self.datacollector.collect(self)


def written(model: LiveForum, tone: str) -> int:
    """Posts and replies of this tone so far."""
    return int((model.block.worlds[0].log.frame(0, 0, "")["tone"] == tone).sum())


SIZE = {"type": "SliderInt", "value": 80, "min": 20, "max": 200, "step": 10, "label": "members"}
ARM = {"type": "Select", "value": "policy", "values": ["policy", "baseline"], "label": "arm"}
page = SolaraViz(
    LiveForum(), components=[make_plot_component(TONES)], model_params={"size": SIZE, "arm": ARM}
)
