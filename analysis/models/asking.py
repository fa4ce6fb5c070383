"""Before and after a language model is asked: one probe, a ledger for the budget, and what it all cost."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windtunnel.agents.llm.request import Request
from windtunnel.agents.minds.several import askable
from windtunnel.agents.prompt import neutral_request, option_orders
from windtunnel.agents.words import TOKENS, Draft, words_request
from windtunnel.analysis.terminal.ending import plain
from windtunnel.sim.experiment import Experiment

if TYPE_CHECKING:
    from windtunnel.agents.llm.settings import LLMSettings


@contextmanager
def ready(settings: "LLMSettings", experiment: Experiment) -> Iterator["LLMSettings"]:
    """Settings of a running server once a probe question was answered well; a budget has its ledger while it lasts.

    `ValueError` if no run could be trusted; see `windtunnel.agents.llm.probe.probed`.
    """
    from windtunnel.agents.llm.probe import probed

    with tempfile.TemporaryDirectory(prefix="windtunnel-") as folder:
        if settings.budget is not None:
            settings = settings.model_copy(update={"ledger": str(Path(folder) / "spent.sqlite")})
        yield probed(settings, probe_question(experiment), _say, probe_words(experiment))


def probe_question(experiment: Experiment) -> Request:
    """The neutral question with everything on offer."""
    scene = askable(experiment.builder().scene(experiment.raised()))
    (order,) = option_orders(scene, range(len(scene.actions)))
    return neutral_request(scene, order)


def probe_words(experiment: Experiment) -> Request | None:
    """A question for a post's words, where members are to say something; else None."""
    mind = experiment.mind
    if mind.get("prompt") != "member" or not mind.get("words"):
        return None
    scene = experiment.builder().scene(experiment.raised())
    draft = Draft(target=0, act="", task="Write one short sentence.", manner="", lines=(), nonce=1)
    return words_request(scene, draft, tokens=mind.get("words_tokens", TOKENS))[0]


def cost_of(record: Mapping[str, Any], llm: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says of money: `cost` (None: nobody knows the price), its currency, and the price's source."""
    if not record.get("model") or "tokens_in" not in record:
        return {}
    from windtunnel.agents.llm.prices import price_of
    from windtunnel.agents.llm.settings import read_settings

    price = price_of(read_settings(llm))
    if price is None:
        return {"cost": None, "currency": None, "price": None}
    cost = round(price.of(record["tokens_in"], record["tokens_out"]), 6)
    return {"cost": cost, "currency": price.currency, "price": price.source}


def _say(sentence: str) -> None:
    print(f"windtunnel: {plain(sentence)}", file=sys.stderr)
