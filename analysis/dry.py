"""What a run would ask a language model, without asking and without running."""

from collections.abc import Iterator

from analysis.configuration import Plan
from analysis.serving import archetype_questions


def lines(plan: Plan) -> Iterator[str]:
    """What `dry=true` prints."""
    experiment = plan.experiment
    pairs = experiment.draws * experiment.seeds
    yield f"{3 * pairs} runs of {experiment.steps} steps: {pairs} pairs and the baseline once more; nothing was run."
    if experiment.mind["name"] != "llm":
        yield f"The mind {experiment.mind['name']} asks no language model."
    elif plan.experiment.mind["prompt"] == "archetype":
        yield f"At most {archetype_questions(plan.experiment)} distinct questions of prompt=archetype, and a neutral one for each option set."
    else:
        yield "prompt=member asks a question of its own for nearly every decision; twins share those before they part."
