"""The memory of an import stays small beside what it reads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[3] / "bench" / "importing.py"


@pytest.mark.slow
def test_an_import_of_a_hundred_thousand_lines_stays_under_a_stated_peak():
    # In a process of its own: one started from here would count the memory of the tests as its peak.
    done = subprocess.run(
        [sys.executable, str(BENCH), "--mb", "60"], capture_output=True, text=True, check=True, timeout=280
    )
    said = json.loads(done.stdout)
    assert said["lines"] == 100_000
    assert said["peak_rss_mb"] < 400
