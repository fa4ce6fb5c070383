"""The settings of the language-model mind, checked: what it is told, and how its noise floor is measured."""

from collections.abc import Mapping
from typing import Any

DRIFT_SAMPLE, DRIFT_SAMPLE_EMBEDDED = 200, 10
"""Questions asked again past the store where `mind.drift_sample` is auto; a model in this process takes long."""


def llm_mind(mind: Mapping[str, Any], llm: Mapping[str, Any], prompt: str) -> dict[str, Any]:
    """The mind with `prompt` added and `drift_sample: auto` resolved.

    `ValueError` for a noise floor that cannot be measured.
    """
    sample, again = mind.get("drift_sample", "auto"), mind.get("independent_aa", False)
    if sample == "auto":
        sample = DRIFT_SAMPLE_EMBEDDED if llm.get("kind") == "embedded" else DRIFT_SAMPLE
    if not isinstance(sample, int) or isinstance(sample, bool) or sample < 0:
        raise ValueError(
            f"mind.drift_sample is {sample!r}: give a whole number of questions, 0 for none, or auto"
        )
    if not isinstance(again, bool):
        raise ValueError(f"mind.independent_aa is {again!r}: write true or false")
    return {**mind, "prompt": prompt, "drift_sample": sample, "independent_aa": again}
