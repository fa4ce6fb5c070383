"""How fast a response store of a million answers is filled and looked up, and how large its file is.

    python bench/store.py [--answers 1000000] [--lookups 200000] [--batch 10000]

Keys and questions are as long as an archetype's; look-ups are of keys in random places, a tenth of them absent.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from windtunnel.agents.llm.request import Answer, Identity, Request, canonical, key_of  # noqa: E402
from windtunnel.agents.llm.store import ResponseStore  # noqa: E402

IDENTITY = Identity(model="bench", digest="0" * 64, template="chatml", parameters={"top": 20})
WORDS = "A member can do one of these things. " * 16
ANSWER = Answer(tuple(-0.1234567890123 * (letter + 1) for letter in range(8)), 180, 1)


def text(number: int) -> str:
    return canonical(
        Request("You are a member of an online forum.", f"{WORDS} Case {number}.", "ABCDEFGH"), IDENTITY
    )


def measure(answers: int, lookups: int, batch: int, folder: Path) -> dict[str, object]:
    path = folder / "answers.sqlite"
    store = ResponseStore(path)
    began = time.perf_counter()
    for start in range(0, answers, batch):
        texts = [text(number) for number in range(start, min(start + batch, answers))]
        store.put_many({key_of(one): (one, ANSWER) for one in texts})
    filled = time.perf_counter() - began
    store.close()
    size = sum(file.stat().st_size for file in folder.iterdir())
    picked = np.random.default_rng(0).integers(0, int(answers / 0.9), lookups)
    keys = [key_of(text(int(number))) for number in picked]
    store = ResponseStore(path)
    began = time.perf_counter()
    len(store.get_many(keys[:1]))
    opened = time.perf_counter() - began
    began, cpu = time.perf_counter(), time.process_time()
    found = sum(len(store.get_many(keys[start : start + batch])) for start in range(0, lookups, batch))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    store.close()
    return {
        "bench": "store",
        "lookups_per_s": round(lookups / seconds),
        "lookups_per_cpu_s": round(lookups / cpu),
        "answers": answers,
        "found": found,
        "lookups": lookups,
        "batch": batch,
        "puts_per_s": round(answers / filled),
        "open_s": round(opened, 2),
        "bytes": size,
        "bytes_an_answer": round(size / answers),
        "bytes_a_question": len(text(0)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--lookups", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="windtunnel-store-") as place:
        print(json.dumps(measure(given.answers, given.lookups, given.batch, Path(place))))
