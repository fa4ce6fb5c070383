"""Without a terminal, progress is plain lines on standard error now and then; with one, bars that go away."""

import re

import pytest

from windtunnel.analysis.terminal import progress


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test sets."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_run_without_a_terminal_prints_plain_lines_now_and_then(clock, capsys):
    with progress.shown(steps=60, worlds=3) as note:
        for second in range(1, 31):
            clock[0] = float(second)
            note("steps", 2)
        note("worlds", 3)
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == "" and len(lines) == 3
    assert lines[0] == "20 of 60 steps, 0 of 3 worlds, about 20 s left"
    assert all(re.fullmatch(r"[ -~]+", line) for line in lines)


def test_questions_are_counted_beside_the_steps(clock, capsys):
    with progress.shown(10, 1) as note:
        note("questions", 7)
        note("hits", 5)
        clock[0] = 20.0
        note("steps", 5)
    assert "7 questions asked, 5 store hits" in capsys.readouterr().err


def test_a_short_run_says_nothing(clock, capsys):
    with progress.shown(4, 1) as note:
        note("steps", 4)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_bars_are_drawn_and_cleared(monkeypatch, capsys):
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown(4, 1) as note:
        note("steps", 2)
        note("questions", 3)
        note("worlds", 1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_an_error_inside_passes_through(terminal, monkeypatch):
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: terminal, raising=False)
    with pytest.raises(KeyError), progress.shown(4, 1):
        raise KeyError("inner")
