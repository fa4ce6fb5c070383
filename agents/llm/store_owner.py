"""One process that owns the response store of a Ray cluster, since SQLite's locks do not hold between machines."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

OWNED = "ray:"
"""A store of this prefix and a name is that of an actor."""


@contextmanager
def owning(path: Path) -> Iterator[str]:
    """What to set `llm.store` to while the block lasts: an actor on this machine then serves the file to the cluster.

    Ray must be connected. The actor sits on this machine's node, ends with the block, and with this process.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    name = f"windtunnel-store-{secrets.token_hex(8)}"
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    owner = (
        ray.remote(StoreOwner)
        .options(name=name, num_cpus=0, max_restarts=-1, max_task_retries=3, scheduling_strategy=here)
        .remote(str(path))
    )
    try:
        ray.get(owner.ready.remote())
        yield f"{OWNED}{name}"
    finally:
        ray.kill(owner)


class StoreOwner:
    """Runs in the actor: the one process that opens the file."""

    def __init__(self, path: str) -> None:
        from windtunnel.agents.llm.store import ResponseStore

        self._store = ResponseStore(Path(path))

    def ready(self) -> int:
        return len(self._store)

    def call(self, method: str, *given: Any, **named: Any) -> Any:
        return getattr(self._store, method)(*given, **named)


class RemoteStore:
    """A response store that another process owns: what is called here is called there."""

    def __init__(self, address: str) -> None:
        import ray

        try:
            self._owner = ray.get_actor(address.removeprefix(OWNED))
        except ValueError:
            raise ValueError(
                f"llm.store is {address!r}, but no cluster serves such a store: set it to a file"
            ) from None

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)
        return partial(self._call, method)

    def close(self) -> None:
        """Nothing: the owner closes it."""

    def _call(self, method: str, *given: Any, **named: Any) -> Any:
        import ray
        from ray.exceptions import RayTaskError

        try:
            return ray.get(self._owner.call.remote(method, *given, **named))
        except RayTaskError as error:
            raise error.cause from None
