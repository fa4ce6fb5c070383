"""What a run would ask a language model and what that would cost, from a dry pass that asks nothing."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from windtunnel.agents.llm.costs.counts import Counts
from windtunnel.agents.llm.costs.prices import Price, price_of, tokens_of
from windtunnel.agents.llm.request import Answer, Identity, Request, canonical, key_of
from windtunnel.agents.llm.settings import LLMSettings, read_settings
from windtunnel.agents.minds.base import Mind, Unanswered
from windtunnel.agents.minds.several import LETTERS
from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.models.serving import archetype_questions
from windtunnel.sim.experiment import ARMS, Experiment, Unit
from windtunnel.sim.minds import asks_a_model, make_mind
from windtunnel.sim.run import run_block

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
        from windtunnel.agents.llm.store import ResponseStore

        keys = {request: key_of(canonical(request, self.identity)) for request in requests}
        store = ResponseStore(self._path)
        try:
            answers = store.get_many(list(keys.values()))
        finally:
            store.close()
        return {request: answers[key] for request, key in keys.items() if key in answers}


class Met(NamedTuple):
    """What the dry pass of one plan met; `times` as many questions are expected of the whole run."""

    noted: Noted
    store: Store
    settings: LLMSettings
    price: Price | None
    times: float

    def missing(self) -> dict[str, "Still"]:
        """The questions that are still to be asked, by the key under which a store would keep the answer."""
        return {
            key_of(canonical(one, self.noted.identity)): Still(one, self)
            for one, known in self.noted.known.items()
            if not known
        }


class Still(NamedTuple):
    """A question that is still to be asked, and the pass that met it."""

    request: Request
    met: Met


def lines(plan: Plan) -> Iterator[str]:
    """What `dry=true` prints of one run."""
    experiment = plan.experiment
    pairs = experiment.draws * experiment.seeds
    yield f"{3 * pairs} runs of {experiment.steps} steps: {pairs} pairs and the baseline once more; nothing was run."
    if not asks_a_model(experiment.mind):
        yield f"The mind {experiment.mind['name']} asks no language model."
        return
    if experiment.mind["prompt"] == "archetype":
        yield (
            f"At most {archetype_questions(experiment)} distinct questions of prompt=archetype, and a neutral one for each option set"
            f"{_in_stages(experiment)}."
        )
    met = _met(plan, _store(plan))
    known = met.noted.known
    yield (
        f"A dry pass of {min(pairs, PASSES)} of {pairs} pairs, unknown answers taken as even, meets {len(known)} distinct "
        f"questions{_texts(met.noted)}, {len(known) - len(met.missing())} of them in the store ({met.store.said})"
        + (f"; all pairs together at most about {met.times * len(known):,.0f}." if met.times > 1 else ".")
    )
    yield from _still_to_ask(met.missing(), [met])


def _in_stages(experiment: Experiment) -> str:
    """What is to be added where a model cannot be asked for all options at once."""
    longest = max(len(scene.actions) for scene in experiment.builder().scenes(experiment.raised()))
    if longest <= LETTERS:
        return ""
    return f"; where there are more than {LETTERS} options they are asked in two stages, which makes more questions"


def sweep_lines(plans: Sequence[Plan], names: Sequence[str]) -> Iterator[str]:
    """What `dry=true` prints of a sweep: a line a cell, and what all cells ask together, each question once."""
    pairs = [plan.experiment.draws * plan.experiment.seeds for plan in plans]
    yield f"{len(plans)} cells, {3 * sum(pairs):,} runs at the most, since cells share a baseline; nothing was run."
    asked: dict[str, Still] = {}
    mets = []
    stores: dict[str, Store] = {}  # one look for all cells that ask the same model
    for number, (plan, name) in enumerate(zip(plans, names, strict=True), 1):
        place = f"[{number} of {len(plans)}] {name}"
        if not asks_a_model(plan.experiment.mind):
            yield f"{place}: the mind {plan.experiment.mind['name']} asks no language model"
            continue
        model = repr(sorted(plan.llm.items()))
        stores[model] = stores.get(model) or _store(plan)
        mets.append(met := _met(plan, stores[model]))
        missing = met.missing()
        new = len(missing.keys() - asked.keys())
        asked |= {
            key: one for key, one in missing.items() if key not in asked or asked[key].met.times < met.times
        }
        yield f"{place}: {len(met.noted.known)} distinct questions{_texts(met.noted)}, {new} new"
    if mets:
        told = ", ".join(dict.fromkeys(met.store.said for met in mets))
        yield (
            f"New: neither in the store ({told}) nor met in a cell before. A cell's questions are those of a dry pass of "
            f"{PASSES} pairs at the most, unknown answers taken as even."
        )
        yield from _still_to_ask(asked, mets)


def _met(plan: Plan, store: Store) -> Met:
    pairs = plan.experiment.draws * plan.experiment.seeds
    passes, settings = min(pairs, PASSES), read_settings(plan.llm)
    shares = plan.experiment.mind["prompt"] != "member"
    return Met(
        _pass(plan.experiment, store, passes),
        store,
        settings,
        price_of(settings),
        1.0 if shares else pairs / passes,
    )


def _still_to_ask(missing: Mapping[str, Still], mets: Sequence[Met]) -> Iterator[str]:
    """How many questions, tokens and what cost these are, of passes with these models."""
    number = tokens_in = tokens_out = cost = 0.0
    for request, met in missing.values():
        ins, outs = (met.times * tokens for tokens in tokens_of(request, met.settings))
        number, tokens_in, tokens_out = number + met.times, tokens_in + ins, tokens_out + outs
        cost += met.price.of(ins, outs) if met.price else 0.0
    yield (
        f"Still to ask: about {number:,.0f} questions, {tokens_in:,.0f} tokens in (at 4 characters a "
        f"token) and {tokens_out:,.0f} out."
    )
    if unknown := list(dict.fromkeys(met.settings.model or "the model" for met in mets if met.price is None)):
        yield f"Cost: unknown; set llm.price_in and llm.price_out to what {' and '.join(unknown)} costs."
        return
    known = list(dict.fromkeys(met.price for met in mets if met.price))
    if not any(price.tokens_in or price.tokens_out for price in known):
        yield f"Cost: none ({', '.join(dict.fromkeys(price.source for price in known))})."
        return
    rates = "; ".join(f"{price.tokens_in:g} and {price.tokens_out:g} ({price.source})" for price in known)
    yield f"Cost: about {cost:,.4f} {known[0].currency}; for a million tokens in and out: {rates}."
    budget = mets[0].settings.budget
    if len(mets) == 1 and budget is not None and cost > budget:
        yield f"That is more than llm.budget, {budget:g}: some runs would stop there."


def _texts(noted: Noted) -> str:
    """How many of the questions are for words, as the tail of a sentence; nothing where none is."""
    number = sum(not request.letters for request in noted.known)
    return f" ({number} of them for a text)" if number else ""


def _pass(experiment: Experiment, store: Store, passes: int) -> Noted:
    """Both arms of the first pairs, stepped with a mind that notes what it would ask."""
    noted = Noted(store)
    fake = {"kind": "fake", "store": "none"}
    quiet = replace(experiment, mind={**experiment.mind, "llm": fake, "drift_sample": 0})
    pairs = [(draw, seed) for draw in range(experiment.draws) for seed in range(experiment.seeds)][:passes]

    def make(made: Experiment) -> Mind:
        mind = make_mind(made)
        if hasattr(mind, "model"):
            mind.model = noted
        return mind

    run_block(quiet, [Unit(draw, seed, arm) for draw, seed in pairs for arm in ARMS[:2]], make)
    return noted


def _store(plan: Plan) -> Store:
    """The store that a run would use, and the identity under which it would look there."""
    from windtunnel.agents.llm.cache import default_store
    from windtunnel.agents.llm.model_files.weights import known_models
    from windtunnel.agents.llm.opening import open_model
    from windtunnel.agents.llm.opening import serving as server

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
        return Answer((), text="Some words that a member would write here, about as long as such texts are.")
    return Answer(tuple(-math.log(len(request.letters)) for _ in request.letters))
