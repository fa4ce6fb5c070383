"""A mistake in a command's words is one sentence that says what was found and what would work, whatever the command."""

import pytest

from windtunnel.analysis.cli import COMMANDS, main

ONE = {
    "wy": "COMMAND 'wy' is not known: did you mean 'why'?",
    "--what": "has no option --what",
    "pilot": "pilot needs OUT (output folder of",
    "pilot x y": "pilot has no place for 'y'",
    "pilot x --power much": "--power is 'much': give a number",
    "why x y --replicates 1.5": "--replicates is '1.5': give a whole number",
    "compare x --smallest-effect": "--smallest-effect needs a value",
    "compare x --fast": "compare has no option --fast",
    "list polices": "WHAT 'polices' is not known: did you mean 'policies'?",
    "list": "list needs WHAT (one of policies, communities",
    "import": "import needs FORMAT (one of auto, reddit",
    "estimate pairs.csv": "estimate needs --direction (one of preventive, generative)",
    "rerun": "rerun needs OUT (output folder of a run, or its manifest.json",
    "rerun x --go": "rerun has no option --go",
    "words x": "words needs INCIDENT (id that",
}


@pytest.mark.parametrize("words", ONE)
def test_a_mistake_is_one_sentence_and_points_to_help(words, capsys):
    assert main(words.split()) == 2
    found = capsys.readouterr()
    assert found.out == "" and found.err.count("\n") == 1 and "usage" not in found.err
    assert ONE[words] in found.err and "--help`" in found.err


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_that_no_command_has_is_one_sentence_everywhere(name, capsys):
    assert main([name, "--no-such-option"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("windtunnel: ") and said.count("\n") == 1


def test_control_characters_of_a_word_do_not_reach_the_terminal(capsys):
    assert main(["list", "\x1b[31mred"]) == 2
    assert "\x1b" not in capsys.readouterr().err
