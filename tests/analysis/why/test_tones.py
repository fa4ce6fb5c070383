"""Tones drawn again by how often their scorer errs: as labelled, or as assumed, and what that does to an answer."""

import json

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.forum.answer_record import answer
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.sentences import answer_sentences
from windtunnel.analysis.why.forum.tones import WEIGHT, drawn_again, errors_of, measured, tone_sensitivity

RULES = load_rules()
MAPPING = {role: role for role in ("id", "parent", "author", "time", "text")}


def posts(count: int = 40) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "id": f"a{at}",
                "parent": None if at == 0 else f"a{at - 1}",
                "author": ["Ann", "Bob", "Cid", "Dan"][at % 4],
                "time": 1_600_000_000 + 120 * at,
                "text": "You fucking idiot, piss off." if at % 3 == 2 else "Thanks, that works well.",
            }
            for at in range(count)
        ]
    )


def brought_in(place, labels=None):
    place.mkdir(exist_ok=True)
    posts().write_csv(place / "posts.csv")
    named = {}
    if labels is not None:
        pl.DataFrame(labels, schema=["post", "tone"], orient="row").write_csv(place / "labels.csv")
        named["labels"] = place / "labels.csv"
    import_corpus(
        "table", place / "posts.csv", place / "mine", mapping=MAPPING, key_file=place / "key", **named
    )
    return recorded_case(place / "mine", "escalation", RULES)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return brought_in(tmp_path_factory.mktemp("tones") / "x")


def test_without_labels_the_errors_are_those_measured_elsewhere(case):
    errors = errors_of(case)
    assert errors.labelled == 0 and (errors.truth == measured().truth).all()
    assert np.allclose(errors.truth.sum(axis=1), 1) and "locked GitHub threads" in errors.source
    assert (
        errors.truth[2, 2] > errors.truth[1, 2] > errors.truth[0, 2]
    )  # who sounds worse is worse more often


def test_labels_speak_by_what_the_scorer_said(tmp_path):
    """Ten of the posts scored hostile are labelled: seven rightly, three are civil to a person."""
    hostile = [at for at in range(40) if at % 3 == 2][:10]
    labels = [(f"a{at}", "civil" if place < 3 else "hostile") for place, at in enumerate(hostile)]
    made = brought_in(tmp_path / "x", labels)
    told = json.loads((tmp_path / "x" / "mine" / "tone_errors.json").read_text())
    assert told["counts"]["civil"]["hostile"] == 3
    errors = errors_of(made)
    assert errors.labelled == 10
    wanted = (np.array([3, 0, 7]) + WEIGHT * measured().truth[2]) / (10 + WEIGHT)
    assert np.allclose(errors.truth[2], wanted) and np.allclose(errors.truth[0], measured().truth[0])
    assert made.acts.filter(pl.col("tone") == "hostile").height == 13 - 3  # the labels themselves hold


def test_a_scorer_that_never_errs_moves_nothing(case):
    errors = errors_of(case)._replace(truth=np.vstack([np.eye(3), [1, 0, 0]]), given=None)
    for number in range(3):
        other = drawn_again(case, errors, number)
        assert (other.record.tone == case.record.tone).all() and other.acts.equals(case.acts)


def test_readings_have_the_shares_of_the_errors_and_are_the_same_every_time(case):
    errors = errors_of(case)._replace(given=None)
    tones = np.stack([drawn_again(case, errors, number).record.tone for number in range(400)])
    for scored in (0, 2):
        drawn = tones[:, case.record.tone == scored]
        share = np.array([(drawn == level).mean() for level in range(3)])
        assert np.abs(share - measured().truth[scored]).max() < 4 * np.sqrt(0.25 / drawn.size)
    again = drawn_again(case, errors, 7)
    assert (again.record.tone == tones[7]).all()
    said = again.acts.sort("post")["tone"].to_list()
    assert said == [("civil", "heated", "hostile")[level] for level in tones[7][np.argsort(case.numbers)]]


def test_an_incident_that_other_readings_do_not_have_is_counted_and_not_asked_about(case):
    """A scorer that takes everything civil for hostile: then there was no incident, and the sentence says so."""
    mind = case.mind()
    question = ask(case, lock=True, at="comment:3")
    record, _ = answer(case, question, mind, replicates=4, sensitivity=2)
    tones = record["tone_errors"]
    assert tones["draws"] == 2 and tones["futures"] == 2 and len(tones["tables"]) == tones["incident"] == 2
    assert all(sum(table.values()) == 2 for table in tones["tables"])
    said = answer_sentences(record)["sensitivity"]
    assert f"as measured on {measured().source}" in said and "for who read along from" in said
    assert "assumed, since" not in said and "nine tones" not in said
    (case.folder.path / "tone_errors.json").write_text(
        json.dumps({"counts": {label: dict.fromkeys(("civil", "heated", "hostile", "unknown"), 10_000 * (label == "civil")) for label in ("civil", "heated", "hostile")}})
    )  # fmt: skip
    try:
        found = tone_sensitivity(case, question, mind, draws=2, futures=2)
        assert found["incident"] == 0 and found["tables"] == [] and found["low"] is None
        assert "hangs on the tones" in answer_sentences({**record, "tone_errors": found})["sensitivity"]
        (case.folder.path / "tone_errors.json").write_text("{}")
        with pytest.raises(ValueError, match="no counts of labels by tone"):
            errors_of(case)
    finally:
        (case.folder.path / "tone_errors.json").unlink()
    mind.close()


def test_no_sensitivity_where_none_is_asked_for(case):
    mind = case.mind()
    record, _ = answer(case, ask(case, lock=True), mind, replicates=2, sensitivity=0)
    assert record["sensitivity"] == [] and record["tone_errors"] is None
    assert answer_sentences(record)["sensitivity"] == ""
    mind.close()


def test_a_reader_of_probabilities_is_taken_post_by_post(case):
    errors = errors_of(case)
    assert errors.given is not None and errors.labelled == 0
    tones = np.stack([drawn_again(case, errors, number).record.tone for number in range(400)])
    for post in range(0, len(case.numbers), 5):
        share = np.array([(tones[:, post] == level).mean() for level in range(3)])
        assert np.abs(share - errors.given[post]).max() < 4 * np.sqrt(0.25 / 400)
