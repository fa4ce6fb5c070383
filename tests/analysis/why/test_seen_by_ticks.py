"""What members could read in futures of a record goes by the periods in which they look in, not by minutes."""

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.in_ticks import after_a_look, in_ticks
from windtunnel.analysis.why.forum.question import ask
from windtunnel.sim.communities.forum.posts import post_id

INSULT = "You are a stupid asshole."


def test_of_ticks_with_one_minute_a_post_stands_in_the_one_that_its_id_names():
    ids = post_id(np.array([3, 4, 5]), np.array([0, 1, 2]))
    events = pl.DataFrame(
        {
            "step": [2, 10, 10, 30, 30],
            "kind": ["reply", "reply", "reply", "remove", "reply"],
            "target": [900_000_000, ids[0], ids[1], ids[1], ids[2]],
        }
    )
    found, minutes = in_ticks(events, np.array([10, 10, 30]))
    assert minutes.tolist() == [2, 10, 10, 30]
    assert found["step"].to_list() == [0, 1, 2, 3, 3]


@pytest.fixture(scope="module")
def case(tmp_path_factory, import_rows):
    """A thread with an hour between any two posts, of which the second, fourth and fifth are insults."""
    texts = ["A question", INSULT, "Thanks for the answer", INSULT, INSULT, "Let us stop here"]
    rows = [
        {
            "id": f"p{at}",
            "parent": "p0" if at else None,
            "author": f"m{at}",
            "time": 1_600_000_000 + 3600 * at,
            "text": text,
        }
        for at, text in enumerate(texts)
    ]
    return recorded_case(import_rows(tmp_path_factory.mktemp("seen"), rows), "escalation", load_rules())


def test_a_reply_that_is_removed_before_anybody_looks_in_counts_no_longer(case):
    mind = case.mind()
    question = ask(case, remove=2)
    case.infer([0], mind)
    branches = [question.branch(WITHOUT, number=0), question.branch(WITH, number=0)]
    acts = case.read(simulate_futures(case, branches, mind))
    read = {arm: acts.filter(pl.col("arm") == arm)["post"].to_list() for arm in (WITHOUT, WITH)}
    assert 2 in read[WITHOUT] and 2 not in read[WITH] and 1 in read[WITH]
    mind.close()


def test_where_members_look_in_every_so_many_minutes_what_is_removed_later_was_read():
    """Of three posts of minute 10 the removals come with the next look, after it, and never; a lock is none."""
    events = pl.DataFrame(
        {
            "draw": 0,
            "seed": [0, 0, 1, 0, 0],
            "arm": "record",
            "step": [10, 10, 10, 18, 90],
            "kind": ["reply", "reply", "reply", "remove", "remove"],
            "target": [1, 2, 2, 1, 2],
        }
    )
    lock = events.tail(1).with_columns(kind=pl.lit("lock"))
    found = after_a_look(pl.concat([events, lock]), 7.5)
    assert found.to_list() == [False, False, False, False, True, False]
