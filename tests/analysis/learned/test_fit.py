"""`windtunnel fit`: what is learned, what cannot be, and what is said of both."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from windtunnel.analysis.cli import main
from windtunnel.analysis.learned import fit
from windtunnel.analysis.learned.fit import fit_record
from windtunnel.analysis.learned.record import record_of
from windtunnel.analysis.terminal.ending import MISTAKE, OK
from windtunnel.sim.communities.forum.learned_file import FILE, read_learned

FORMATS = {
    "convokit": "convokit",
    "reddit": ".",
    "discourse": "discourse",
    "mastodon": "mastodon-statuses.ndjson",
    "bluesky": "bluesky-getPostThread.json",
}


def talk(threads: int = 80, seed: int = 1, shuffled: bool = False) -> pl.DataFrame:
    """A record in which two people answer each other turn by turn, each answering the last post, within minutes.

    `shuffled`: writers, posts answered and times are drawn by lot instead, so that there is nothing to learn.
    """
    rng, rows, post, clock = np.random.default_rng(seed), [], 0, 0
    for thread in range(threads):
        clock += int(rng.integers(60, 3000))
        pair = rng.choice(40, 2, replace=False)
        post += 1
        root, last, minute = post, post, clock
        rows.append((post, thread, None, f"u{pair[0]}", minute))
        for turn in range(1, 7):
            post += 1
            minute += int(rng.integers(1, 3000 if shuffled else 20))
            writer = rng.integers(40) if shuffled else pair[turn % 2]
            up = int(rng.integers(root, post)) if shuffled else last
            rows.append((post, thread, up, f"u{writer}", minute))
            last = post
    return pl.DataFrame(
        rows, schema=["post", "thread", "parent", "author", "minute"], orient="row"
    ).with_columns(
        tone=pl.lit("civil"),
        status=pl.lit("visible"),
        role=pl.lit("member"),
        kind=pl.when(pl.col("parent").is_null()).then(pl.lit("thread")).otherwise(pl.lit("reply")),
    )


def test_turns_are_learned() -> None:
    parts = fit_record(record_of(talk())).parts
    for name in ("who", "thread", "post"):
        assert parts[name].verdict == "learned", parts[name]
    assert parts["who"].scores[0].gain.est > 3 and parts["post"].scores[0].bits > -0.3
    assert parts["who"].features["answered_by_last"].value > 1


def test_lots_are_not_learned() -> None:
    parts = fit_record(record_of(talk(shuffled=True))).parts
    assert parts["post"].verdict == "weak" and "more recorded replies would lift it" in parts["post"].why
    assert parts["tone"].verdict == "weak" and parts["tone"].scores[0].gain.est == pytest.approx(0, abs=1e-6)


def test_a_record_without_authors() -> None:
    posts = talk().with_columns(author=pl.lit(None, pl.String))
    learned = fit_record(record_of(posts, lacks=("author",)))
    assert learned.parts["who"].verdict == "not fitted" and "names no authors" in learned.parts["who"].why
    assert learned.parts["thread"].verdict == "learned" and learned.parts["delay"].scores
    assert sum("names no authors" in each for each in learned.cannot) == 1


def test_a_record_without_times() -> None:
    learned = fit_record(record_of(talk(), lacks=("time",)))
    assert {learned.parts[name].verdict for name in ("who", "thread", "post", "when")} == {"not fitted"}


def test_what_is_not_seen_yet_changes_nothing() -> None:
    """Coefficients that are scored know the earlier replies alone: later ones may be anything."""
    from windtunnel.analysis.learned.choices import gather, train_until

    whole = talk()
    cut = train_until(record_of(whole))
    other = pl.concat(
        [
            whole.sort("minute", "post").head(cut),
            talk(seed=9, shuffled=True).with_columns(
                pl.col("post") + 10_000,
                pl.col("thread") + 10_000,
                pl.col("parent") + 10_000,
                pl.col("minute") + 10_000_000,
            ),
        ]
    )
    for part, first in gather(record_of(whole), until=cut).items():
        second = gather(record_of(other), until=cut)[part]
        assert np.array_equal(first.fitted.x, second.fitted.x), part


def test_the_command_writes_and_tells(
    import_rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # type: ignore[no-untyped-def]
    out = _imported(tmp_path)
    assert main(["fit", str(out)]) == OK
    said = capsys.readouterr().out
    assert "Runs: community.size=" in said and "38 wrote in all" in said
    assert "product form" in said and "learned.yaml" in said
    learned = read_learned(out / FILE)
    assert learned.parts["thread"].verdict == "learned" and learned.record.posts == 560
    assert main(["fit", str(out), "--json"]) == OK
    assert json.loads(capsys.readouterr().out)["schema"] == 1


def _imported(place: Path) -> Path:
    talk().write_parquet(place / "talk.parquet")
    roles = "id=post,thread=thread,parent=parent,author=author,minute=minute"
    assert (
        main(
            ["import", "table", str(place / "talk.parquet"), str(place / "mine"), "--map", roles, "--no-fit"]
        )
        == OK
    )
    assert not (place / "mine" / FILE).exists()
    return place / "mine"


def test_import_learns_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk().write_parquet(tmp_path / "talk.parquet")
    roles = "id=post,thread=thread,parent=parent,author=author,minute=minute"
    assert (
        main(["import", "table", str(tmp_path / "talk.parquet"), str(tmp_path / "mine"), "--map", roles])
        == OK
    )
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("Members, in ") and "learned: who, thread, post" in said


def test_a_folder_that_is_no_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(tmp_path)]) == MISTAKE
    assert "windtunnel import" in capsys.readouterr().err


def test_a_file_of_another_version(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(yaml.safe_dump({"schema": 99}), encoding="utf-8")
    with pytest.raises(ValueError, match="windtunnel fit"):
        read_learned(path)
    path.write_text(yaml.safe_dump({"schema": 1, "name": "x"}), encoding="utf-8")
    with pytest.raises(ValueError, match="fitted_by"):
        read_learned(path)


@pytest.mark.parametrize("form", FORMATS)
def test_small_records_of_every_format(
    form: str, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three conversations teach nothing, in one sentence."""
    source = shared / "data" / "fixtures-one-corpus-many-formats" / FORMATS[form]
    if form == "reddit":
        source = source / "RC_fixture.ndjson"
    assert main(["import", form, str(source), str(tmp_path / "mine")]) == OK
    last = capsys.readouterr().out.splitlines()[-1]
    assert "not fitted: who" in last or "nothing was learned" in last


def test_reports_tell_what_is_described_and_what_is_caused() -> None:
    from windtunnel.analysis.learned.told import descriptive, of_parts
    from windtunnel.analysis.summary import fidelity

    learned = fit_record(record_of(talk()))
    line = descriptive(learned)
    first, second = fidelity({"fidelity": {"descriptive": line}})
    assert first.startswith("Descriptive fidelity: the record of") and "thread +" in first and "tone" in first
    assert second.startswith("Causal fidelity: never assessed")
    assert "not measured" in fidelity({})[0]
    said = of_parts(learned)
    assert len(said) == 6 and said[0].startswith("Foretold, who writes next") and "would lift it" in said[-1]


def test_two_processes_learn_the_same_as_one(monkeypatch) -> None:
    record, said = record_of(talk()), []
    alone = fit_record(record)
    monkeypatch.setattr(fit, "SHARED_FROM", 0)
    monkeypatch.setattr(fit, "processors", lambda: 2)
    both = fit_record(record, say=said.append)
    assert both.model_dump(exclude={"seconds"}) == alone.model_dump(exclude={"seconds"})
    assert both.forward and len(said) == 1
