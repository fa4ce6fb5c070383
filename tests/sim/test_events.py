import hashlib

import numpy as np
import polars as pl

from windtunnel.sim.communities.forum.posts import TONES
from windtunnel.sim.events import NO_AMOUNT, SCHEMA, EventLog, digest, measured


def small_log() -> EventLog:
    log = EventLog(TONES)
    log.add(0, "open", np.array([4, 2]), target=np.array([40, 20]), place=np.array([40, 20]), tone=0)
    log.add(1, log.codes(["reply", "upvote"]), [7, 4], target=[70, 40], place=40, tone=np.array([2, -1]))
    log.add(1, "remove", -1, target=70, place=40, tone=2, policy="tidy")
    log.add(3, "join", np.empty(0, int))
    return log


def test_rows_come_out_in_order_with_names_and_nulls():
    frame = small_log().frame(1, 2, "policy")
    assert dict(frame.schema) == SCHEMA
    assert frame["step"].to_list() == [0, 0, 1, 1, 1] and frame["ordinal"].to_list() == [0, 1, 0, 1, 2]
    assert frame["kind"].to_list() == ["open", "open", "reply", "upvote", "remove"]
    assert frame["member"].to_list() == [4, 2, 7, 4, None]
    assert frame["tone"].to_list() == ["civil", "civil", "hostile", None, "hostile"]
    assert frame["policy"].to_list() == [None] * 4 + ["tidy"]
    assert frame["status"].unique().to_list() == ["done"] and frame["text"].null_count() == 5
    assert set(frame.select("draw", "seed", "arm").row(0)) == {1, 2, "policy"}


def test_an_amount_stands_where_it_was_given():
    log = EventLog()
    log.add(0, "take", [1, 2, 3], amount=np.array([0, NO_AMOUNT, -7]))
    log.add(0, "rest", 4)
    log.add(1, "take", [1, 2], amount=5)
    frame = log.frame(0, 0, "baseline")
    assert frame["amount"].to_list() == [0, None, -7, None, 5, 5]
    assert frame["tone"].null_count() == len(frame)


def test_what_is_counted_is_one_row_a_step_and_measure():
    frame = measured((1, 2, "policy"), [(0, {"stock": 3, "price": 0.5}), (1, {"stock": 4.0})])
    assert frame.select("step", "measure", "value").rows() == [
        (0, "stock", 3.0),
        (0, "price", 0.5),
        (1, "stock", 4.0),
    ]
    assert measured((1, 2, "policy"), []).schema == frame.schema


def test_an_empty_log_has_the_columns_all_the_same():
    assert dict(EventLog().frame(0, 0, "baseline").schema) == SCHEMA and len(EventLog()) == 0


def test_the_fingerprint_is_that_of_the_text_whatever_its_length():
    frame = small_log().frame(0, 0, "baseline")
    assert digest(frame) == hashlib.sha256(frame.drop("arm").write_csv().encode()).hexdigest()
    long = pl.concat([frame] * 1_000).rechunk()
    long = pl.concat([long] * 60)
    assert digest(long) == hashlib.sha256(long.drop("arm").write_csv().encode()).hexdigest()
    assert digest(frame.head(0)) == hashlib.sha256(frame.head(0).drop("arm").write_csv().encode()).hexdigest()


def test_the_fingerprint_shows_one_changed_cell():
    frame = small_log().frame(0, 0, "baseline")
    other = frame.with_columns(
        tone=pl.when(pl.col("kind") == "reply").then(pl.lit("civil")).otherwise("tone")
    )
    assert digest(frame) != digest(other)
