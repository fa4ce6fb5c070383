"""What a run would ask a language model and what that would cost, from a dry pass that asks nothing."""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from agents.llm.counts import Counts
from agents.llm.request import Answer, Identity, Request, canonical, key_of
from agents.minds.base import Mind, Unanswered
from analysis.configuration import Plan
from analysis.models.serving import archetype_questions
from sim.experiment import ARMS, Experiment, Unit
from sim.minds import make_mind
from sim.run import run_block

PASSES = 2
"""Pairs of a dry pass; where questions are not shared, more pairs are counted as so many times these."""


class Store(NamedTuple):
    """A store of answers as a dry pass reads it, or why it cannot be read."""

    path: Path | None
    identity: Identity
    said: str


class Noted:
    """A model that notes each distinct question, and answers from a store or, unasked, with equal chances or a stock text."""

    def __init__(self, store: Store) -> None:
        self.identity, self.counts = store.identity, Counts()
        self._path = store.path
        self.known: dict[Request, bool] = {}

    def ask(self, requests: Sequence[Request]) -> list[Answer | Unanswered]:
        found = self._look(requests)
        self.known |= {request: request in found for request in requests}
        return [found.get(request) or _even(request) for request in requests]

    def close(self) -> None:
        pass

    def _look(self, requests: Sequence[Request]) -> dict[Request, Answer]:
        if self._path is None or not self._path.is_file():
            return {}
        from agents.llm.store import ResponseStore

        keys = {request: key_of(canonical(request, self.identity)) for request in requests}
        store = ResponseStore(self._path)
        try:
            answers = store.get_many(list(keys.values()))
        finally:
            store.close()
        return {request: answers[key] for request, key in keys.items() if key in answers}


def lines(plan: Plan) -> Iterator[str]:
    """What `dry=true` prints."""
    experiment = plan.experiment
    pairs = experiment.draws * experiment.seeds
    yield f"{3 * pairs} runs of {experiment.steps} steps: {pairs} pairs and the baseline once more; nothing was run."
    if experiment.mind["name"] != "llm":
        yield f"The mind {experiment.mind['name']} asks no language model."
        return
    if experiment.mind["prompt"] == "archetype":
        yield f"At most {archetype_questions(experiment)} distinct questions of prompt=archetype, and a neutral one for each option set."
    yield from _estimate(plan, min(pairs, PASSES), pairs)


def _estimate(plan: Plan, passes: int, pairs: int) -> Iterator[str]:
    from agents.llm.prices import price_of, tokens_of
    from agents.llm.settings import read_settings

    settings = read_settings(plan.llm)
    store = _store(plan)
    noted = _pass(plan.experiment, store, passes)
    times = pairs / passes if plan.experiment.mind["prompt"] == "member" else 1.0
    missing = [request for request, known in noted.known.items() if not known]
    yield (
        f"A dry pass of {passes} of {pairs} pairs, unknown answers taken as even, meets {len(noted.known)} distinct "
        f"questions{_texts(noted)}, {len(noted.known) - len(missing)} of them in the store ({store.said})"
        + (f"; all pairs together at most about {times * len(noted.known):,.0f}." if times > 1 else ".")
    )
    counted = [tokens_of(request, settings) for request in missing]
    tokens_in, tokens_out = (times * sum(tokens[side] for tokens in counted) for side in (0, 1))
    yield (
        f"Still to ask: about {times * len(missing):,.0f} questions, {tokens_in:,.0f} tokens in (at 4 characters a "
        f"token) and {tokens_out:,.0f} out."
    )
    price = price_of(settings)
    if price is None:
        yield f"Cost: unknown; set llm.price_in and llm.price_out to what {settings.model or 'the model'} costs."
    elif not (price.tokens_in or price.tokens_out):
        yield f"Cost: none ({price.source})."
    else:
        cost = price.of(tokens_in, tokens_out)
        yield (
            f"Cost: about {cost:,.4f} {price.currency}, at {price.tokens_in:g} and {price.tokens_out:g} for a million "
            f"tokens in and out ({price.source})."
        )
        if settings.budget is not None and cost > settings.budget:
            yield f"That is more than llm.budget, {settings.budget:g}: some runs would stop there."


def _texts(noted: Noted) -> str:
    """How many of the questions are for words, as the tail of a sentence; nothing where none is."""
    number = sum(not request.letters for request in noted.known)
    return f" ({number} of them for the text of a post)" if number else ""


def _pass(experiment: Experiment, store: Store, passes: int) -> Noted:
    """Both arms of the first pairs, stepped with a mind that notes what it would ask."""
    noted = Noted(store)
    fake = {"kind": "fake", "store": "none"}
    quiet = replace(experiment, mind={**experiment.mind, "llm": fake, "drift_sample": 0})
    pairs = [(draw, seed) for draw in range(experiment.draws) for seed in range(experiment.seeds)][:passes]

    def make(made: Experiment) -> Mind:
        from agents.minds.llm import LLMMind

        mind = make_mind(made)
        if isinstance(mind, LLMMind):
            mind.model = noted
        return mind

    run_block(quiet, [Unit(draw, seed, arm) for draw, seed in pairs for arm in ARMS[:2]], make)
    return noted


def _store(plan: Plan) -> Store:
    """The store that a run would use, and the identity under which it would look there."""
    from agents.llm.cache import default_store
    from agents.llm.opening import open_model
    from agents.llm.opening import serving as server
    from agents.llm.settings import read_settings
    from agents.llm.weights import known_models

    settings = read_settings(plan.llm)
    settings = settings.model_copy(update={"budget": None, "ledger": None})
    nobody = Identity(model=settings.model)
    if settings.store == "none":
        return Store(None, nobody, "answers are not kept")
    cached = any(row["name"] == settings.model and row["cached"] for row in known_models())
    if settings.kind == "embedded" and not (settings.base_url or settings.weights.path or cached):
        return Store(None, nobody, "not looked at: the weights are not here yet")
    if settings.kind == "vllm" and not settings.base_url:
        return Store(None, nobody, "not looked at: it takes a running server")
    path = Path(settings.store).expanduser() if settings.store else default_store()
    with ExitStack() as stack:
        try:
            model = open_model(stack.enter_context(server(settings)))
        except (ValueError, OSError, ImportError) as error:
            return Store(None, nobody, f"not looked at: {error}")
        model.close()
        return Store(path, model.identity, path.name)


def _even(request: Request) -> Answer:
    if not request.letters:
        return Answer((), text="Some words that a member would write here, about as long as a post is.")
    return Answer(tuple(-math.log(len(request.letters)) for _ in request.letters))
