"""When a language-model mind writes: where others read it and a text once written stays; nowhere else."""

from pathlib import Path

import pytest

from windtunnel import conf
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.models.mind_settings import llm_mind
from windtunnel.sim.identity import HOW_ASKED

KEPT, UNKEPT, FAKE = (
    {"kind": "openai"},
    {"kind": "openai", "store": "none"},
    {"kind": "fake", "store": "none"},
)


@pytest.mark.parametrize(
    ("words", "llm", "prompt", "writes"),
    [
        ("auto", KEPT, "member", True),
        ("auto", KEPT, "archetype", False),
        ("auto", UNKEPT, "member", False),
        ("auto", FAKE, "member", True),
        (False, KEPT, "member", False),
        (True, KEPT, "member", True),
    ],
)
def test_words_are_written_where_others_read_them_and_they_stay(words, llm, prompt, writes):
    assert llm_mind({"name": "llm", "words": words}, llm, prompt)["words"] is writes


@pytest.mark.parametrize(
    ("mind", "llm", "prompt", "sentence"),
    [
        ({"words": True}, KEPT, "archetype", "set prompt=member"),
        ({"words": True}, UNKEPT, "member", "needs a store"),
        ({"words": "yes"}, KEPT, "member", "true, false or auto"),
        ({"words_tokens": 8}, KEPT, "member", "from 16 to 1000"),
        ({"words_tokens": True}, KEPT, "member", "from 16 to 1000"),
    ],
)
def test_words_that_nobody_would_read_or_keep_are_refused(mind, llm, prompt, sentence):
    with pytest.raises(ValueError, match=sentence):
        llm_mind({"name": "llm", **mind}, llm, prompt)


def test_a_seed_is_part_of_what_a_run_is_and_whether_words_may_travel_is_not():
    assert "allow_remote_text" in HOW_ASKED and "seeded" not in HOW_ASKED


@pytest.mark.parametrize(
    "preset", sorted(path.stem for path in Path(conf.__file__).parent.glob("experiment/*.yaml"))
)
def test_a_language_model_can_be_asked_in_every_preset(preset):
    """By archetype no preset has more kinds of situation than can be asked (512)."""
    assert plan(compose([f"experiment={preset}", "mind=llm", "llm=fake"])).experiment.mind["name"] == "llm"
