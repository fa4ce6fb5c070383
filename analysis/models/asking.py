"""What a language model is asked before anything runs, so that one which cannot answer is found out at once."""

from typing import NamedTuple

from windtunnel.agents.llm.request import Request
from windtunnel.agents.minds.several import askable
from windtunnel.agents.prompt import neutral_request, option_orders
from windtunnel.agents.words import TOKENS, Draft, words_request
from windtunnel.sim.experiment import Experiment
from windtunnel.sim.minds import asks_a_model


class Probe(NamedTuple):
    """A neutral question with everything on offer, and one for words where members are to say something."""

    question: Request
    words: Request | None


def probe_of(experiment: Experiment) -> Probe | None:
    """The probe of an experiment's own community; None where its mind asks no language model."""
    mind = experiment.mind
    if not asks_a_model(mind):
        return None
    scene = experiment.builder().scene(experiment.raised())
    first = askable(scene)
    (order,) = option_orders(first, range(len(first.actions)))
    words = None
    if mind.get("prompt") == "member" and mind.get("words"):
        draft = Draft(target=0, act="", task="Write one short sentence.", manner="", lines=(), nonce=1)
        words = words_request(scene, draft, tokens=mind.get("words_tokens", TOKENS))[0]
    return Probe(neutral_request(first, order), words)
