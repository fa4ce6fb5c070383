"""Records that teach less than they seem to: of one person, of one thread, without parents."""

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.learned.fit import NO_PARENTS, ONE_PERSON, fit_record
from windtunnel.analysis.learned.record import record_of
from windtunnel.analysis.learned.told import of_parts, sentences

TONES = ("civil", "heated", "hostile")


def posts(threads: int, people: int, replies: int = 6, seed: int = 1) -> pl.DataFrame:
    """Threads whose authors and tones are drawn by lot, each reply answering the post before it."""
    rng, rows, post, clock = np.random.default_rng(seed), [], 0, 0
    for thread in range(threads):
        clock += int(rng.integers(60, 900))
        for turn in range(replies + 1):
            post += 1
            up = None if turn == 0 else post - 1
            tone = rng.choice(TONES, p=(0.7, 0.2, 0.1))
            rows.append((post, thread, up, f"u{rng.integers(people)}", clock + 7 * turn, tone))
    columns = ["post", "thread", "parent", "author", "minute", "tone"]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        civil=pl.col("tone").eq("civil").cast(pl.Float64),
        heated=pl.col("tone").eq("heated").cast(pl.Float64),
        hostile=pl.col("tone").eq("hostile").cast(pl.Float64),
        status=pl.lit("visible"),
        role=pl.lit("member"),
        kind=pl.when(pl.col("parent").is_null()).then(pl.lit("thread")).otherwise(pl.lit("reply")),
    )


def test_of_one_person_who_writes_next_is_no_question() -> None:
    learned = fit_record(record_of(posts(80, 1)))
    assert (learned.parts["who"].verdict, learned.parts["who"].why) == ("not fitted", ONE_PERSON)
    assert learned.parts["thread"].verdict != "not fitted"
    assert any(ONE_PERSON in said for said in of_parts(learned))
    assert fit_record(record_of(posts(80, 2))).parts["who"].verdict != "not fitted"


@pytest.mark.parametrize(("threads", "people", "replies"), [(80, 1, 6), (1, 30, 400), (80, 2, 6)])
def test_tones_by_lot_have_no_ceiling(threads: int, people: int, replies: int) -> None:
    """Who knows all other posts of the only author, or thread, knows the one that they lack: that foretells nothing."""
    tone = fit_record(record_of(posts(threads, people, replies))).parts["tone"]
    assert tone.extra["ceiling"]["est"] < 0.03


def test_one_thread_gives_no_interval_and_says_so() -> None:
    learned = fit_record(record_of(posts(1, 30, 400)))
    post = learned.parts["post"]
    assert post.verdict == "weak" and post.scores[0].gain.low is None
    assert "stand in one thread" in post.why and "no better" not in post.why
    assert any("more threads would lift it" in said for said in sentences(learned) if "answered" in said)


def test_tones_are_learned_without_parents() -> None:
    flat = posts(150, 6).with_columns(parent=pl.lit(None, pl.Int64))
    rude = pl.col("author") == "u3"
    flat = flat.with_columns(
        tone=pl.when(rude).then(pl.lit("hostile")).otherwise(pl.lit("civil")),
        civil=pl.when(rude).then(0.05).otherwise(0.9),
        heated=0.05,
        hostile=pl.when(rude).then(0.9).otherwise(0.05),
    )
    learned = fit_record(record_of(flat, lacks=("parent",)))
    assert learned.parts["tone"].verdict == "learned", learned.parts["tone"]
    assert NO_PARENTS in learned.cannot and "members of a simulation" in NO_PARENTS
