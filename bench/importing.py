"""How fast a large export comes in, and in how much memory: a made-up Reddit file of N MB through `windtunnel import`.

    python bench/importing.py [--mb 1000] [--members 100000] [--gzip] [--reader words]

Lines are as long as those of 2018 dumps, with words drawn by Zipf's law and names of members among them. The last
line is one JSON document: lines a second of the whole import (without the fit of its members) and of parsing the same lines alone, and the memory of
the importing process at its highest.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
CONSONANTS, VOWELS = "bcdfghklmnprstvw", "aeiou"
BLOCK = 20_000


def words(count: int, rng: np.random.Generator) -> np.ndarray:
    """Invented words of two to four syllables, and the commonest English ones in front, as texts have."""
    common = (
        "the",
        "to",
        "and",
        "of",
        "is",
        "it",
        "that",
        "you",
        "in",
        "for",
        "this",
        "not",
        "be",
        "on",
        "with",
    )
    made = [
        "".join(
            CONSONANTS[int(rng.integers(len(CONSONANTS)))] + VOWELS[int(rng.integers(len(VOWELS)))]
            for _ in range(int(rng.integers(2, 5)))
        )
        for _ in range(count)
    ]
    return np.array([*common, *made])


def make(path: Path, megabytes: int, members: int) -> int:
    """Write comments until the file is that large; gives the number of lines."""
    rng = np.random.default_rng(0)
    vocabulary = words(30_000, rng)
    names = [
        f"{vocabulary[15 + number % 30_000]}{number if number % 3 else '_' + str(number)}"
        for number in range(members)
    ]
    lines, size, recent = 0, 0, ["t3_0"]
    with path.open("w", encoding="utf-8") as file:
        while size < megabytes * 10**6:
            lengths = np.minimum(rng.lognormal(3.2, 0.9, BLOCK).astype(int) + 1, 2_000)
            drawn = vocabulary[np.minimum(rng.zipf(1.3, lengths.sum()) - 1, len(vocabulary) - 1)]
            ends = np.cumsum(lengths)
            authors = np.minimum(rng.zipf(1.2, BLOCK) - 1, members - 1)
            picks = rng.random((BLOCK, 4))
            for each in range(BLOCK):
                body = " ".join(drawn[ends[each] - lengths[each] : ends[each]])
                if picks[each, 0] < 0.05:
                    body = f"u/{names[int(picks[each, 1] * members)]} {body}"
                if picks[each, 0] > 0.95:
                    body += " see https://example.org/" + str(each)
                name, opening = f"{lines:07x}", picks[each, 2] < 0.08
                parent = recent[int(picks[each, 3] * len(recent))].split()
                link = f"t3_{name}" if opening else parent[0]
                record = {
                    "author": names[authors[each]],
                    "author_flair_css_class": None,
                    "author_flair_text": None,
                    "can_gild": True,
                    "created_utc": 1_514_764_800 + lines // 2,
                    "distinguished": None,
                    "edited": False,
                    "gilded": 0,
                    "id": name,
                    "no_follow": False,
                    "permalink": f"/r/made_up/comments/{link}/_/{name}/",
                    "retrieved_on": 1_517_000_000 + lines // 2,
                    "score": int(picks[each, 1] * 9) - 1,
                    "send_replies": True,
                    "stickied": False,
                    "subreddit": "made_up",
                    "subreddit_id": "t5_made",
                    "subreddit_type": "public",
                }
                if opening:
                    record |= {"title": body[:100], "selftext": body, "is_self": True, "num_comments": 0}
                else:
                    record |= {"body": body, "link_id": link, "parent_id": parent[-1], "controversiality": 0}
                recent.append(link if opening else f"{link} t1_{name}")
                if len(recent) > 2_000:
                    recent = recent[1_000:]
                size += file.write(json.dumps(record, separators=(",", ":")) + "\n")
                lines += 1
    return lines


def parsed(path: Path) -> float:
    """Seconds of json.loads on each line."""
    began = time.perf_counter()
    with path.open("rb") as file:
        for line in file:
            json.loads(line)
    return time.perf_counter() - began


def imported(path: Path, folder: Path, reader: str | None) -> tuple[float, float, float, dict]:
    """Seconds, processor seconds and peak megabytes of the whole import in its own process, and what it printed."""
    program = [sys.executable, "-c", "from windtunnel.analysis.cli import main; raise SystemExit(main())"]
    named = ["--reader", reader] if reader else []
    began = time.perf_counter()
    child = subprocess.Popen(
        [*program, "import", "reddit", str(path), str(folder / "out"), "--no-fit", "--json", *named],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"the import ended with {os.waitstatus_to_exitcode(status)}")
    megabytes = used.ru_maxrss / (2**10 if sys.platform == "linux" else 2**20)
    return seconds, used.ru_utime + used.ru_stime, megabytes, json.loads(said)


def main() -> None:
    """Make the file, import it, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mb", type=int, default=1000)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--gzip", action="store_true", help="import the file packed")
    parser.add_argument("--reader", help="who reads the tones: words is the fast one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="windtunnel-import-") as place:
        path = Path(place) / "RC_made_up.ndjson"
        lines = make(path, given.mb, given.members)
        alone = parsed(path)
        source = path
        if given.gzip:
            source = path.with_suffix(".ndjson.gz")
            with gzip.open(source, "wb", compresslevel=1) as packed:
                packed.write(path.read_bytes())
        seconds, cpu, peak, said = imported(source, Path(place), given.reader)
        if said["posts"] != lines:
            raise SystemExit(f"{said['posts']} posts of {lines} lines came in")
        print(
            json.dumps(
                {
                    "bench": "importing",
                    "mb": round(path.stat().st_size / 1e6),
                    "lines": lines,
                    "bytes_a_line": round(path.stat().st_size / lines),
                    "seconds": round(seconds, 1),
                    "lines_per_s": round(lines / seconds),
                    "cpu_s": round(cpu, 1),
                    "lines_per_cpu_s": round(lines / cpu),
                    "peak_rss_mb": round(peak),
                    "json_loads_lines_per_s": round(lines / alone),
                    "times_json_loads": round(seconds / alone, 1),
                    "load": round(os.getloadavg()[0], 1),
                }
            )
        )


if __name__ == "__main__":
    main()
