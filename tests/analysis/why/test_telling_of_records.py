"""What a member of a recorded thread is told before it replies: the thread as it read it, itself marked."""

from pathlib import Path

import polars as pl

from windtunnel.analysis.incidents.forum.words import RUN_WROTE, Said, _told
from windtunnel.analysis.why.forum.score import _Telling

POSTS = pl.DataFrame(
    [
        {"thread": 1, "post": 1, "parent": None, "author": "a", "minute": 0, "tone": "civil"},
        {"thread": 1, "post": 2, "parent": 1, "author": "b", "minute": 60, "tone": "heated"},
        {"thread": 1, "post": 3, "parent": 2, "author": "a", "minute": 120, "tone": "civil"},
        {"thread": 1, "post": 4, "parent": 99, "author": None, "minute": 180, "tone": "civil"},
        {"thread": 1, "post": 5, "parent": 2, "author": "b", "minute": 240, "tone": "civil"},
        {"thread": 1, "post": 6, "parent": 3, "author": "b", "minute": 300, "tone": "hostile"},
    ]
)


def told(post):
    reply = POSTS.row(post - 1, named=True)
    return [line.text for line in _Telling(Path("nowhere"), POSTS).lines(reply)]


def test_a_recorded_thread_says_whose_post_answers_whom():
    lines = told(6)
    assert lines[1:6] == [
        "- regular 1, opening the thread: civil, 5 h ago",
        "- regular 2 (you), answering regular 1: heated, 4 h ago",
        "- regular 1, answering you: civil, 3 h ago",
        "- regular 3, answering somebody: civil, 2 h ago",
        "- regular 2 (you), answering your own post: civil, 1 h ago",
    ]
    assert lines[6] == "You are looking at the civil post of regular 1. It answers you."


def test_one_s_own_post_may_be_the_one_looked_at():
    assert "You are looking at your own heated post. It answers regular 1." in told(5)


def test_words_after_the_fact_are_asked_with_the_same_lines():
    opening = Said(1, None, 1, 0, "7", False, "post", "civil", "Hello.", RUN_WROTE)
    reply = Said(2, 1, 1, 1, "8", True, "reply", "heated", "No.", RUN_WROTE)
    lost = Said(3, 77, 1, 1, "9", False, "reply", "civil", "Well.", RUN_WROTE)
    by_post = {one.post: one for one in (opening, reply, lost)}
    row = {"member": "7", "step": 3}
    assert (
        _told(opening, row, by_post, 1.0) == "- regular 7 (you), opening the thread: civil, 3 h ago: “Hello.”"
    )
    assert _told(reply, row, by_post, 1.0) == "- newcomer 8, answering you: heated, 2 h ago: “No.”"
    assert _told(lost, row, by_post, 1.0) == "- regular 9, answering somebody: civil, 2 h ago: “Well.”"
