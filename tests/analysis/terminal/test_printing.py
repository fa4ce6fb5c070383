"""Tables on a terminal: as wide as it is, and never broken inside a word."""

import pytest

from windtunnel.analysis.terminal.printing import print_table

ROWS = [
    {"what": "hostile reply of member 14000000072 (post 1400000007200190)", "wrote": "day 1, 19:00", "one luck": "−2.00",
     "averted": "12 of 12", "p": "0.004", "by construction": "yes", "[bold]": "[red]&"},
    {"what": "", "wrote": None, "one luck": 0, "averted": ["a", "b"], "p": {"low": 1}, "by construction": True, "[bold]": "x"},
]  # fmt: skip


@pytest.mark.parametrize("columns", [20, 40, 60, 72, 80, 100, 132, 200])
def test_no_word_is_broken_whatever_the_width(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(ROWS)
    said = capsys.readouterr().out.split()
    for word in (
        "hostile",
        "14000000072",
        "(post",
        "1400000007200190)",
        "19:00",
        "−2.00",
        "0.004",
        "construction",
        "[red]&",
    ):
        assert any(word in each for each in said), word


@pytest.mark.parametrize("columns", [80, 132])
def test_a_table_that_fits_stays_within_the_terminal(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table([{"id": "escalation-1a2b3c4d", "who": "by 12 members", "why": "word " * 40}] * 3)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns and lines[0].split() == ["id", "who", "why"] and len(lines) > 4


def test_where_words_do_not_fit_each_row_is_a_block(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    print_table(ROWS)
    said = capsys.readouterr().out
    assert said.count("\n\n") == 2 and "wrote: day 1, 19:00\n" in said and "wrote: -\n" in said


def test_nothing_is_printed_of_no_rows(capsys):
    print_table([])
    assert capsys.readouterr().out == ""
