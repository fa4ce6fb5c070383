"""The distilled mind: its rows by hand, what its file must hold, and where it refuses to decide."""

import numpy as np
import pytest
import yaml

from windtunnel.agents.minds.distilled import Distilled, DistilledMind, read_distilled, write_distilled
from windtunnel.agents.situation import Feature

NAMES = ["lurk", "calm", "rude", "leave"]


def shifts(*values):
    return dict(zip(NAMES, values, strict=True))


def made(**changes) -> Distilled:
    content = {
        "version": 1,
        "community": "tiny",
        "profile": "tiny",
        "actions": NAMES,
        "base": shifts(0, -1, -2, -3),
        "personas": {"new": shifts(0, 0.5, 0, 0), "ordinary": shifts(0, 0, 0, 0)},
        "features": {
            "tone": {"edges": [0.5, 1.5], "values": [0.1, 1, 2.5], "weights": shifts(0, 0, 1, 0.2)},
            "quarrel": {"edges": [0.5], "values": [0, 1.5], "weights": shifts(0, -1, 0, 0)},
        },
        "teacher": {"model": "fake"},
        "fit": {},
    }
    return Distilled.model_validate(content | changes)


def mind_of(scene, one=None) -> DistilledMind:
    return DistilledMind(scene, one or made(), file="mind.yaml", sha256="0" * 64)


def test_a_row_worked_by_hand(scene, batch):
    """A newcomer, tone in its top bin (2.5), a quarrel (1.5), everything on offer."""
    (rows,) = mind_of(scene).decide([batch((0, 2, 1, (0, 1, 2, 3)))])
    odds = np.exp([0, -1 + 0.5 - 1.5, -2 + 2.5, -3 + 0.5])
    assert np.exp(rows[0]) == pytest.approx(odds / odds.sum())


def test_what_lies_in_one_bin_is_one_situation_however_far_out(scene, batch):
    everything = (0, 1, 2, 3)
    (rows,) = mind_of(scene).decide(
        [batch(*((1, tone, 0.2, everything) for tone in (1.5, 2, 99)), (1, 1.49, 0.2, everything))]
    )
    assert (rows[0] == rows[1]).all() and (rows[0] == rows[2]).all() and (rows[0] != rows[3]).any()


def test_what_is_not_on_offer_gets_nothing(scene, batch):
    (rows,) = mind_of(scene).decide([batch((1, 0, 0, (0, 3)))])
    assert np.isneginf(rows[0, 1:3]).all() and np.exp(rows[0]).sum() == pytest.approx(1)


def test_a_feature_that_is_no_number_stops_it(scene, batch):
    with pytest.raises(ValueError, match="feature tone is not a number"):
        mind_of(scene).decide([batch((1, np.nan, 0, (0, 1)))])


def test_the_file_comes_back_as_it_was_written(tmp_path):
    path = tmp_path / "sub" / "mind.yaml"
    digest = write_distilled(made(), path)
    assert read_distilled(path) == (made(), digest) and len(digest) == 64
    assert [one.name for one in path.parent.iterdir()] == ["mind.yaml"]


def test_another_list_is_refused_in_one_sentence(scene):
    other = {
        "its actions are": scene._replace(actions=type(scene.actions)(list(scene.actions)[::-1])),
        "its features are tone, quarrel": scene._replace(features=scene.features[:1]),
        "its personas are new, ordinary": scene._replace(personas=scene.personas[::-1]),
        "taught feature tone": scene._replace(
            features=(Feature("tone", (0.7,), ("", "The post is angry.")), scene.features[1])
        ),
    }
    for words, one in other.items():
        with pytest.raises(ValueError, match=f"mind.yaml cannot decide here: .*{words}") as refused:
            mind_of(one)
        assert "\n" not in str(refused.value) and "windtunnel distill" in str(refused.value)


def test_a_notice_that_nobody_raises_needs_no_bins(scene, batch):
    """One file serves every policy of those it was taught; the unraised feature stays in its first bin."""
    quiet = scene._replace(features=(scene.features[0], Feature("quarrel", (), ("",))))
    (rows,) = mind_of(quiet).decide([batch((1, 1, 0, (0, 1, 2, 3)))])
    (same,) = mind_of(scene).decide([batch((1, 1, 0, (0, 1, 2, 3)))])
    assert (rows == same).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base": {"lurk": 0.0}}, "one number for each of lurk, calm, rude, leave"),
        ({"base": shifts(0, 0, 0, float("nan"))}, "finite number"),
        ({"version": 2}, "version"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_file_with_something_wrong_is_refused(tmp_path, change, words):
    path = tmp_path / "mind.yaml"
    path.write_text(yaml.safe_dump(made().model_dump() | change, sort_keys=False), encoding="utf-8")
    with pytest.raises(ValueError, match=words) as refused:
        read_distilled(path)
    assert "mind.yaml is no distilled mind" in str(refused.value) and str(tmp_path) not in str(refused.value)


def test_a_file_that_is_no_yaml_and_one_that_is_not_there_are_refused(tmp_path):
    path = tmp_path / "mind.yaml"
    with pytest.raises(ValueError, match="there is no file"):
        read_distilled(path)
    path.write_bytes(b"\xff\x00: [")
    with pytest.raises(ValueError, match="is not yaml"):
        read_distilled(path)
    path.write_text("just words", encoding="utf-8")
    with pytest.raises(ValueError, match="is no distilled mind"):
        read_distilled(path)


def test_the_record_names_the_file_and_its_digest(scene):
    record = mind_of(scene).record()
    assert record["mind"] == "distilled" and record["coupling"] == "gumbel-max"
    assert record["file"] == "mind.yaml" and record["file_sha256"] == "0" * 64
    assert record["teacher"] == {"model": "fake"} and record["check"] is None
