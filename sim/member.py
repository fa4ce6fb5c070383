"""One member of a world as an agent of Mesa: a handle on its row of `Members`."""

import mesa
import numpy as np

from windtunnel.sim.members import Members


class Member(mesa.Agent):
    """A thin handle on one row of `Members`, made when somebody asks for it; it holds no state of its own."""

    def __init__(self, model: mesa.Model, members: Members, row: int) -> None:
        super().__init__(model)
        self._members, self._row = members, row

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        column = getattr(self._members, name, None)
        if column is None:
            named = (self._members.traits, self._members.groups, self._members.summaries)
            column = next((columns[name] for columns in named if name in columns), None)
        if not isinstance(column, np.ndarray):
            raise AttributeError(f"a member has no {name!r}")
        return column[self._row]
