"""How fast a list of words reads a record, in posts a second on one core.

    python bench/replay.py posts.parquet [--words 200] [--times 30]

`posts.parquet` has a column `text`; it is read so many times over. The list has made-up words beside a few that texts hold. The last line is one JSON
document.
"""

import argparse
import json
import time

import polars as pl

from windtunnel.analysis.rules.patterns import found
from windtunnel.analysis.rules.searches import pattern_of

COMMON = ["helmet", "idiot", "spam", "stupid", "brake lever", "é", "chain", "vandal"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("posts")
    parser.add_argument("--words", type=int, default=200)
    parser.add_argument("--times", type=int, default=30)
    asked = parser.parse_args()
    texts = pl.concat([pl.read_parquet(asked.posts)["text"]] * asked.times)
    words = [*COMMON, *(f"word{number}x" for number in range(asked.words - len(COMMON)))]
    pattern, sieve = pattern_of(words, ()), pattern_of(words, ("includes",))
    began = time.perf_counter()
    touched = int(found(texts, pattern, sieve).sum())
    spent = time.perf_counter() - began
    print(
        json.dumps(
            {
                "posts": len(texts),
                "characters": round(texts.str.len_chars().mean() or 0),
                "words": len(words),
                "touched": touched,
                "posts_per_second": round(len(texts) / spent),
            }
        )
    )


if __name__ == "__main__":
    main()
