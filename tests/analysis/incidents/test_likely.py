"""An incident of a record has a probability of being one: certain by hand, open where a reader may err, none where nobody can read."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.incidents.forum.acts import acts_of_import
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.incidents.forum.likely import mostly_unread, probabilities
from windtunnel.analysis.tones.chances import chances

HOURS = 1 / 60


def posts_of(tone, **more):
    """A thread whose replies, a minute apart and each by somebody else, have these tones."""
    n = len(tone)
    rows = {
        "post": range(1, n + 1),
        "thread": [1] * n,
        "parent": [None, *[1] * (n - 1)],
        "kind": ["thread", *["reply"] * (n - 1)],
        "author": [f"u{number}" for number in range(n)],
        "role": ["member"] * n,
        "minute": range(n),
        "tone": tone,
        "status": ["visible"] * n,
        "text": ["words"] * n,
        **more,
    }
    return pl.DataFrame(rows, schema_overrides={"parent": pl.Int64, "tone": pl.String})


def likely(posts):
    acts, rules = acts_of_import(posts), load_rules()
    found = [one for one in find(acts, rules, HOURS) if one.kind == "escalation"]
    return probabilities(found, acts, posts, rules, HOURS)


HOSTILE = ["civil", *["hostile"] * 8]


def test_an_incident_of_tones_set_by_hand_is_certain():
    assert likely(posts_of(HOSTILE, labelled=[True] * 9)) == [1.0]


def test_it_is_as_probable_as_its_reader_says():
    sure = likely(posts_of(HOSTILE, heated=[0.0] * 9, hostile=[0.0, *[0.99] * 8]))[0]
    open_ = likely(posts_of(HOSTILE, heated=[0.0] * 9, hostile=[0.0, *[0.4] * 8]))[0]
    rare = likely(posts_of(HOSTILE, heated=[0.0] * 9, hostile=[0.0, *[0.02] * 8]))[0]
    assert sure > 0.95 and rare < 0.05 and rare < open_ < sure


def test_what_votes_and_removals_say_has_no_measured_probability():
    assert likely(posts_of(HOSTILE).drop("text")) == [None]


def test_a_verdict_alone_is_worth_what_was_measured_elsewhere_at_ordinary_shares():
    civil, heated, hostile, none = chances(pl.DataFrame({"tone": ["civil", "heated", "hostile", None]}))
    assert civil[0] > 0.93 and hostile[2] > civil[2] and heated[0] < civil[0]
    assert pytest.approx(1) == civil.sum() and none.tolist() != none.tolist()


def test_a_thread_is_mostly_unread_from_more_than_half_of_its_worded_posts_on():
    assert mostly_unread(posts_of(["civil", None, None])) == {1}
    assert mostly_unread(posts_of(["civil", "civil", None, None])) == set()
    assert mostly_unread(posts_of(["civil", None, None], text=["words", None, None])) == set()


def test_the_command_says_the_probability_and_leaves_mostly_unread_threads_out(tmp_path, capsys):
    posts_of(HOSTILE, heated=[0.0] * 9, hostile=[0.0, *[0.9] * 8]).write_parquet(tmp_path / "posts.parquet")
    assert main(["incidents", str(tmp_path), "--kind", "escalation", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert 0 < one["probability"] <= 1
    assert main(["incidents", str(tmp_path), "--kind", "escalation"]) == 0
    said = capsys.readouterr().out
    assert "probability" in said and f"{one['probability']:.2f}" in said
    posts_of([*HOSTILE, *[None] * 10]).write_parquet(tmp_path / "posts.parquet")
    assert main(["incidents", str(tmp_path), "--kind", "escalation"]) == 0
    assert "1 findings in threads that are mostly in a language" in capsys.readouterr().out
