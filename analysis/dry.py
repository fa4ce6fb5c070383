"""What a run would ask a language model, without asking: the same run with a mind that counts."""

from collections.abc import Iterator

from agents.minds.codes import count_questions
from analysis.configuration import Plan

MOST_ARCHETYPES = 512
"""Personas x bins x option sets of `prompt: archetype`; more would not be shared by enough members."""
OPTION_SETS = 3
"""Of a forum: everything on offer, no replies, nothing to look at."""


def archetype_questions(plan: Plan) -> int:
    """How many archetype questions this experiment's members could come to ask, at the most."""
    scene = plan.experiment.kind().scene(plan.experiment.raised())
    return count_questions(scene, OPTION_SETS, plan.experiment.mind["permute"])


def lines(plan: Plan) -> Iterator[str]:
    """What `dry=true` prints."""
    experiment = plan.experiment
    pairs = experiment.draws * experiment.seeds
    yield f"{3 * pairs} runs of {experiment.steps} steps: {pairs} pairs and the baseline once more; nothing was run."
    if experiment.mind["name"] != "llm":
        yield f"The mind {experiment.mind['name']} asks no language model."
    elif plan.experiment.mind["prompt"] == "archetype":
        yield f"At most {archetype_questions(plan)} distinct questions of prompt=archetype, and a neutral one for each option set."
    else:
        yield "prompt=member asks a question of its own for nearly every decision; twins share those before they part."
