"""Where imported words may go: to a model on this machine, or to another that the user allowed and is told of."""

import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from windtunnel.agents.llm.keys import is_loopback
from windtunnel.agents.llm.request import Model, Request

_told: set[str] = set()


def sent_to(model: Model) -> list[str]:
    """Servers beyond this machine that a model, behind whatever wraps it, sent imported words to."""
    inner: object = model
    while hasattr(inner, "inner"):
        inner = inner.inner
    return list(getattr(inner, "destinations", Destinations((), False)).sent_to)


class Destinations:
    """The servers of one model; `remote` are those beyond this machine, `sent_to` those that imported words went to."""

    def __init__(self, addresses: Sequence[str], allowed: bool) -> None:
        self.remote = [address for address in addresses if not is_loopback(address)]
        self.sent_to: list[str] = []
        self._allowed = allowed

    def check(self, requests: Sequence[Request]) -> None:
        """Note that these are about to be sent; `ValueError` if imported words among them may not leave this machine."""
        if not self.remote or not any(request.about for request in requests):
            return
        if not self._allowed:
            raise ValueError(
                f"the question holds the words of real people, and llm.base_url names {', '.join(self.remote)}, which is not "
                "this machine: use a model here, or set llm.allow_remote_text=true if you may send them there"
            )
        self.sent_to = [urlsplit(address).netloc for address in self.remote]
        for host in self.sent_to:
            if host not in _told:
                _told.add(host)
                print(
                    f"windtunnel: words of imported threads are sent to {host}", file=sys.stderr, flush=True
                )
