"""The scorer's measured errors, and records whose tones a person set."""

import importlib.util
from pathlib import Path

import polars as pl
import pytest
import yaml

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.forum.answer_record import answer
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.tones import drawn_again, errors_of
from windtunnel.sim.communities.forum.profile import read_profile

ROOT = Path(__file__).parents[3]
RULES = load_rules()
MAPPING = {role: role for role in ("id", "parent", "author", "time", "text")}


def test_the_table_of_errors_is_what_the_labelled_comments_count(shared):
    """The numbers in conf are those that the script counts now: another scorer has other ones."""
    data = shared / "data" / "github-incivility" / "comments.parquet"
    if not data.is_file():
        pytest.skip("the labelled comments are not here")
    spec = importlib.util.spec_from_file_location("tone_errors", ROOT / "bench" / "tone_errors.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert yaml.safe_load(script.FILE.read_text(encoding="utf-8")) == script.measured(data)


def labelled(place, count, by="labels"):
    """Eight posts in one thread, the first `count` of them labelled by hand or told by the table."""
    tones = ["civil", "hostile", "hostile", "civil", "hostile", "hostile", "civil", "civil"]
    said = {"civil": "Thanks, that works.", "hostile": "You fucking idiot, piss off."}
    rows = pl.DataFrame(
        [
            {"id": f"a{at}", "parent": None if at == 0 else f"a{at - 1}", "author": "abcd"[at % 4],
             "time": 1_600_000_000 + 60 * at, "text": said[tone]}
            for at, tone in enumerate(tones)
        ]
    )  # fmt: skip
    options = {"mapping": MAPPING}
    if by == "labels":
        hand = {"post": [f"a{at}" for at in range(count)], "tone": tones[:count]}
        pl.DataFrame(hand, schema={"post": pl.String, "tone": pl.String}).write_csv(place / "labels.csv")
        options["labels"] = place / "labels.csv"
    else:
        rows = rows.with_columns(tone=pl.Series(tones[:count] + [None] * (len(tones) - count)))
        options["mapping"] = MAPPING | {"tone": "tone"}
    rows.write_csv(place / "posts.csv")
    import_corpus("table", place / "posts.csv", place / "mine", key_file=place / "key", **options)
    return place / "mine"


@pytest.mark.parametrize("by", ["labels", "table"])
def test_tones_set_by_hand_are_not_drawn_again(tmp_path, by):
    case = recorded_case(labelled(tmp_path, 5, by), "escalation", RULES)
    assert case.labelled.tolist() == [True] * 5 + [False] * 3
    for number in range(20):
        other = drawn_again(case, errors_of(case), number)
        assert (other.record.tone[:5] == case.record.tone[:5]).all()
    assert any(
        (drawn_again(case, errors_of(case), n).record.tone != case.record.tone).any() for n in range(200)
    )


@pytest.mark.parametrize("by", ["labels", "table"])
def test_a_record_labelled_throughout_speaks_of_no_scorer(tmp_path, capsys, by):
    folder = labelled(tmp_path, 8, by)
    assert main(["incidents", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "a rule's reading of tones set by hand" in said and "scorer" not in said
    case = recorded_case(folder, "escalation", RULES)
    mind = case.mind()
    record, _ = answer(case, ask(case, lock=True, at="comment:2"), mind, replicates=4)
    mind.close()
    assert record["tone_errors"]["draws"] == 0
    assert main(["why", str(folder), "escalation", "--lock", "--at", "comment:2", "--replicates", "4"]) == 0
    said = capsys.readouterr().out
    assert "set by hand or came with the record" in said and "scorer" not in said and "readings" not in said
    assert "probability" not in said and "read better" not in said
    assert "; " not in read_profile(folder / "profile.yaml").source.tone


def test_a_record_without_labels_has_no_column_for_them(tmp_path):
    assert "labelled" not in pl.read_parquet(labelled(tmp_path, 0, "table") / "posts.parquet").columns
