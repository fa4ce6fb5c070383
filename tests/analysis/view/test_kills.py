"""Server and worker killed twenty times at random moments of a question and of a run: the answers are those of jobs left alone."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = Path(__file__).resolve().parents[3] / "bench" / "kills.py"


@pytest.mark.slow
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("kind", ["question", "run"])
def test_killed_twenty_times_at_random_moments_the_answer_is_the_same(kind, imported, tmp_path):
    for name in ("mine", ".windtunnel"):
        shutil.copytree(imported / name, tmp_path / name)
    words = [sys.executable, str(KILLS), str(tmp_path), "--kind", kind]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = json.loads(ended.stdout)
    print(found)
    assert found["kills"] == 20 and found["same"] == found["jobs"]
    assert kind != "run" or found["jobs"] >= 20, "each run is killed once"
