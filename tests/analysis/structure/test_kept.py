"""What `windtunnel structure` found is kept beside the record, and told by reports of runs with the same members alone."""

import json
from pathlib import Path

import polars as pl
import pytest
import yaml

from tests.analysis.learned.test_fit import talk
from windtunnel.analysis.cli import main
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.structure.kept import FILE, described, members_key, read_kept
from windtunnel.analysis.structure.place import compared
from windtunnel.analysis.summary import fidelity
from windtunnel.analysis.terminal.ending import MISTAKE, OK

RUN = ["policy=rule_reminder", "draws=2", "seeds=1", "community.size=40", "steps=48", "dowhy=false"]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with an imported community `mine` and a run `weeks` of its members by rules."""
    home = tmp_path_factory.mktemp("kept")
    talk().write_parquet(home / "talk.parquet")
    roles = "id=post,thread=thread,parent=parent,author=author,minute=minute"
    assert (
        main(["import", "table", str(home / "talk.parquet"), str(home / "mine"), "--map", roles, "--no-fit"])
        == OK
    )
    assert main(["run", f"community.profile={home / 'mine'}", *RUN, f"out={home / 'weeks'}"]) == OK
    return home


def words(place: Path, *more: str) -> list[str]:
    return [f"community.profile={place / 'mine'}", *RUN, *more]


def estimates(run: Path) -> dict:
    return json.loads((run / "estimates.json").read_text())


def test_a_run_says_what_would_measure_it_and_a_later_one_what_was_measured(place, capsys) -> None:
    before = fidelity(estimates(place / "weeks"))[0]
    assert before.startswith("Descriptive fidelity: not measured")
    assert "windtunnel structure RUN --against mine" in before and "members by rules on the profile" in before
    asked = ["structure", str(place / "weeks"), "--against", str(place / "mine"), "--days", "1"]
    assert main(asked) == OK
    said = " ".join(capsys.readouterr().out.split())
    assert f"Kept in {place / 'mine' / FILE}" in said
    found = compared(Folder(place / "weeks"), Folder(place / "mine"), 1.0)
    (row,) = read_kept(place / "mine" / FILE).rows
    assert row.all == (found["inside"]["all"], 19) and row.simulated_spans == 4 and row.size == 40
    assert main(["run", *words(place, "community.size=30"), f"out={place / 'later'}"]) == OK
    after = fidelity(estimates(place / "later"))[0]
    assert f"{row.all[0]} of all 19 lie in the band" in after and "with 40 members" in after
    assert main(["report", str(place / "later")]) == OK
    assert "of all 19 lie in the band" in (place / "later" / "report.html").read_text()
    assert main(asked) == OK and len(read_kept(place / "mine" / FILE).rows) == 1, "measured again, kept once"


def test_members_of_another_kind_are_not_told_these_figures(place) -> None:
    mine = place / "mine"
    other = plan(compose(words(place, "community.settings.feed_items=3")))
    assert "members" in other.described["unmeasured"]
    ours = plan(compose(words(place)))
    keys = {members_key(one.resolved) for one in (other, ours)}
    assert len(keys) == 2
    assert described(ours.resolved, None).keys() == {"unmeasured"}, "without its folder nothing is known"
    manifest = json.loads((place / "weeks" / "manifest.json").read_text())
    assert members_key(manifest["config"]) == members_key(ours.resolved), "the same before and after a file"
    assert mine.is_dir()


def test_what_notices_do_is_declared_in_every_report(place, capsys) -> None:
    assert main(["report", str(place / "weeks")]) == OK
    said = " ".join(capsys.readouterr().out.split())
    page = (place / "weeks" / "report.html").read_text()
    for told in (said, page):
        assert "What rule_reminder tells members moves them by log-odds" in told and "Matias 2019" in told
    assert not plan(compose([*words(place)[:1], "policy=slow_mode"])).resolved.get("declared")


def test_a_file_of_something_else_is_one_sentence(place, tmp_path, capsys) -> None:
    (tmp_path / FILE).write_text(yaml.safe_dump({"schema": 9}))
    with pytest.raises(ValueError, match="remove it"):
        read_kept(tmp_path / FILE)
    kept = (place / "mine" / FILE).read_text() if (place / "mine" / FILE).is_file() else None
    (place / "mine" / FILE).write_text("[")
    try:
        assert "remove it" in plan(compose(words(place))).described["unmeasured"], "a run is no worse for it"
        assert main(["structure", str(place / "weeks"), "--against", str(place / "mine"), "--days", "1"]) == (
            MISTAKE
        )
        assert "remove it" in capsys.readouterr().err
    finally:
        (place / "mine" / FILE).unlink()
        if kept:
            (place / "mine" / FILE).write_text(kept)


def test_the_shipped_file_can_be_read() -> None:
    from windtunnel.analysis.structure.kept import _shipped

    assert all(row.published[1] == 11 for row in read_kept(_shipped()).rows)


def test_a_report_says_what_would_lift_weak_tones_until_all_are_set_by_hand(tmp_path) -> None:
    learned = {
        "descriptive": "the record foretold: who +1.2 over activity; tone +0.000 over base rates (weak)"
    }
    config = {
        "community": {"profile": {"name": "mine"}, "learned": learned},
        "mind": {"name": "learned", "prompt": None},
    }
    posts = pl.DataFrame({"tone": ["civil", "heated"], "labelled": [True, False]})
    posts.write_parquet(tmp_path / "posts.parquet")
    assert "(weak); tones that are read better" in described(config, tmp_path, lift=True)["descriptive"]
    assert "read better" not in described(config, tmp_path)["descriptive"]
    posts.with_columns(labelled=True).write_parquet(tmp_path / "posts.parquet")
    assert "read better" not in described(config, tmp_path, lift=True)["descriptive"]
