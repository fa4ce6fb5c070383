"""What a model's tokens cost: from the settings, or from conf/prices.yaml by the model's name."""

from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from windtunnel.agents.llm.costs.tokens import estimated_tokens
from windtunnel.agents.llm.keys import is_loopback
from windtunnel.agents.llm.request import Request
from windtunnel.agents.llm.settings import LLMSettings


class Price(NamedTuple):
    """Currency units for a million tokens in and out, and where that is from."""

    tokens_in: float
    tokens_out: float
    currency: str
    source: str

    def of(self, tokens_in: float, tokens_out: float) -> float:
        """
        >>> Price(2.0, 8.0, "USD", "").of(1_000_000, 500_000)
        6.0
        """
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1_000_000


def price_of(settings: LLMSettings) -> Price | None:
    """The price of these settings' model; None if nobody said.

    Own prices come first; what runs on this machine is free; then the first pattern in conf/prices.yaml that the
    model's name fits, without the provider before a slash.
    """
    table = _table()
    currency = str(table["currency"])
    if settings.price_in is not None or settings.price_out is not None:
        return Price(settings.price_in or 0.0, settings.price_out or 0.0, currency, "the settings")
    if settings.kind in ("embedded", "vllm", "fake"):
        return Price(0.0, 0.0, currency, "this machine")
    if settings.base_url and all(is_loopback(url) for url in settings.base_url.split(",")):
        return Price(0.0, 0.0, currency, "this machine")
    name = settings.model.lower().rpartition("/")[2]
    for pattern, row in table["models"].items():
        if fnmatchcase(name, pattern):
            source = f"conf/prices.yaml, {pattern}, {row['date']}"
            return Price(float(row["in"]), float(row["out"]), currency, source)
    return None


def tokens_of(request: Request, settings: LLMSettings) -> tuple[int, int]:
    """Estimated tokens in and out of one question."""
    tokens_in = estimated_tokens(request.system) + estimated_tokens(request.user)
    sampled = settings.choice == "sampled"
    if not request.letters:
        thoughts = settings.answer_tokens if sampled and settings.answer_tokens > 1 else 0
        return tokens_in, request.tokens + thoughts
    if sampled:
        return tokens_in, settings.samples * settings.answer_tokens
    return tokens_in, 1


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    import yaml

    return yaml.safe_load((files("windtunnel.conf") / "prices.yaml").read_text(encoding="utf-8"))
