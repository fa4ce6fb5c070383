"""How far an answer is, told while it is made."""

import json
import re

from windtunnel.analysis.cli import main

SAID = {"c": "Thanks, that works well.", "h": "You fucking idiot, piss off."}


def test_how_far_an_answer_is_is_told_with_the_time_left(tmp_path, import_rows, capsys, monkeypatch):
    rows = [
        {"id": f"a{at}", "parent": None if at == 0 else "a0", "author": "abcd"[at % 4], "time": 1_600_000_000 + 300 * at,
         "text": SAID[tone]}
        for at, tone in enumerate("cchhhhc")
    ]  # fmt: skip
    folder = import_rows(tmp_path, rows)
    monkeypatch.setattr("windtunnel.analysis.terminal.progress.PLAIN_EVERY_S", 0.0)
    capsys.readouterr()
    assert (
        main(["why", str(folder), "escalation", "--lock", "--replicates", "4", "--rank", "2", "--json"]) == 0
    )
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert json.loads(said.out) and len(lines) > 3
    shares = [int(re.fullmatch(r"living futures: (\d+)% done, about \d+ s left", line)[1]) for line in lines]
    assert shares == sorted(shares) and 50 < shares[-1] <= 100
