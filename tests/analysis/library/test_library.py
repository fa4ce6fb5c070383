"""The library: a run and a comparison as calls, frames in three kinds, and the notebook's cells run in order."""

import ast
import json
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from windtunnel import compare, estimate, read, run, sweep
from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import TABLES, Folder
from windtunnel.analysis.library import settings
from windtunnel.analysis.summary import short_answer

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOK = ROOT / "examples" / "compare_policies.ipynb"
SMALL = ["community.size=20", "steps=4", "draws=2", "seeds=2", "dowhy=false", "parallel.jobs=1"]


def test_a_call_gives_what_the_command_writes(tmp_path):
    found = run(*SMALL, out=tmp_path / "called")
    assert main(["run", *SMALL, f"out={tmp_path / 'commanded'}"]) == 0
    written = read(tmp_path / "commanded")
    assert found.estimates == written.estimates
    assert found.manifest["events_sha256"] == written.manifest["events_sha256"]
    for name in TABLES:
        assert getattr(found, name).equals(getattr(written, name)), name
    alone = run(*SMALL)
    assert alone.pairs.equals(found.pairs) and alone.estimates == found.estimates
    assert not (tmp_path / "called" / "units").exists() and not (tmp_path / "called" / "begun.json").exists()


def test_a_finished_folder_is_read_and_another_question_refused(tmp_path, monkeypatch):
    first = run(*SMALL, out=tmp_path)
    monkeypatch.setattr(
        "windtunnel.analysis.tunnel.run", lambda *given, **named: pytest.fail("it was run again")
    )
    assert run(*SMALL, out=tmp_path).events.equals(first.events)
    with pytest.raises(ValueError, match="root=0.*root=1"):
        run(*SMALL, "root=1", out=tmp_path)
    with pytest.raises(ValueError, match="no policy is called"):
        run("policy=slow_mood")
    with pytest.raises(ValueError, match="dry=true"):
        run(*SMALL, "dry=true")


def test_what_a_kill_after_the_manifest_left_is_cleared(tmp_path):
    run(*SMALL, out=tmp_path)
    units = Folder(tmp_path).units
    units.mkdir()
    (units / "left.runs").write_bytes(b"windtunnel finished runs 1\n")
    run(*SMALL, out=tmp_path)
    assert not units.exists()


def test_frames_for_pandas_and_arrow_hold_the_same(tmp_path):
    found = run(*SMALL)
    for name in TABLES:
        frame = getattr(found, name)
        pandas = found.to_pandas(name)
        assert list(pandas.columns) == frame.columns and len(pandas) == len(frame)
    assert found.to_pandas()["y_policy"].tolist() == found.pairs["y_policy"].to_list()
    with pytest.raises(ValueError, match="no table 'nothing'.*pairs"):
        found.to_pandas("nothing")
    pytest.importorskip("pyarrow")
    assert found.to_arrow("runs").to_pylist() == found.runs.to_dicts()


def test_the_twins_themselves_are_a_call_of_sim():
    from windtunnel.analysis.configuration import compose, plan
    from windtunnel.sim import run as simulate

    made = plan(compose(SMALL))
    blocks = list(simulate(made.experiment, pairs_a_block=2))
    assert sorted(one.unit for block in blocks for one in block.runs) == sorted(made.experiment.units())


def test_events_of_a_sweep_load_lazily_in_one_line(tmp_path):
    words = ["run", "-m", *SMALL, "policy=slow_mode,thread_lock", "root=0,1", f"out={tmp_path}"]
    assert main(words) == 0
    events = pl.scan_parquet(tmp_path / "*" / "events.parquet", include_file_paths="cell")
    assert isinstance(events, pl.LazyFrame)
    whole = events.collect()
    cells = sorted(path.parent for path in tmp_path.glob("*/manifest.json"))
    assert len(cells) == 4
    for cell in cells:
        mine = whole.filter(pl.col("cell").str.contains(cell.name, literal=True)).drop("cell")
        assert mine.equals(Folder(cell).read_table("events"))


def cells_of(notebook: Path) -> list[dict[str, Any]]:
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in content["cells"]}) == len(content["cells"])
    return content["cells"]


def shown(code: str, names: dict[str, Any]) -> Any:
    """Run a cell's code as a notebook does; gives the value of its last expression, if it ends with one."""
    parsed = ast.parse(code)
    last = parsed.body.pop() if parsed.body and isinstance(parsed.body[-1], ast.Expr) else None
    exec(compile(parsed, str(NOTEBOOK), "exec"), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names)


def test_the_notebook_runs_from_top_to_bottom_and_holds_no_output(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tempfile.mkdtemp", lambda: str(tmp_path))
    names: dict[str, Any] = {}
    values = []
    for cell in cells_of(NOTEBOOK):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            values.append(shown("".join(cell["source"]), names))
    assert sum(values[1].estimates["table"].values()) == 16
    said = capsys.readouterr().out
    assert said.rstrip().endswith("not evidence of what its members would have done.")
    assert values[5]["policy"].to_list() == ["rule reminder", "slow mode", "thread lock"]
    cells = {name.split("-")[0] for name in values[6]["cell"]}
    assert cells and cells <= {"policy=slow_mode", "policy=rule_reminder", "policy=thread_lock"}
    assert compare(tmp_path / "sweep").table.height == 3


def test_settings_as_keywords_and_dictionaries_are_the_command_lines():
    small = dict(steps=4, draws=2, seeds=2, dowhy=False)
    words = run(*SMALL, "policy=[slow_mode,thread_lock]", "policy_with.slow_mode.hours=3")
    named = run(
        {"community.size": 20, "parallel": {"jobs": 1}},
        policy=["slow_mode", "thread_lock"],
        policy_with={"slow_mode": {"hours": 3}},
        **small,
    )
    assert named.estimates == words.estimates
    assert named.manifest["events_sha256"] == words.manifest["events_sha256"]
    with pytest.raises(ValueError, match="did you mean 'seeds'"):
        run(seed=3)
    with pytest.raises(TypeError, match="draws is a complex: give text"):
        run(draws=2j)


@pytest.mark.parametrize(
    "text", ["a b", "it's", "x=y,z", "back\\", "q\\'q", "ä(1)&{2}", "[a]", "null me", "~/x"]
)
def test_a_text_of_any_signs_reaches_hydra_as_it_is(text):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_overrides(settings.words([], {"key": text}))
    assert parsed[0].value() == text


def test_a_list_is_several_cells_of_a_sweep(tmp_path):
    done = []
    found = sweep(
        *SMALL,
        policy=["slow_mode", ["rule_reminder", "slow_mode"]],
        out=tmp_path,
        progress=lambda *one: done.append(one),
    )
    assert done == [(1, 2), (2, 2)] and len(found) == 2
    assert found.table["policy"].to_list() == ["slow_mode", "[rule_reminder,slow_mode]"]
    assert found.table["n_pairs"].to_list() == [4, 4]
    alone = run(*SMALL, policy="slow_mode")
    assert next(iter(found)).pairs.equals(alone.pairs)
    assert found.compare().table["policy"].to_list() == compare(tmp_path).table["policy"].to_list()
    assert not Folder(tmp_path).units.exists()
    with pytest.raises(ValueError, match="policy is an empty list"):
        sweep(policy=[], out=tmp_path / "none")


def test_results_show_themselves_in_a_notebook(tmp_path):
    found = sweep(*SMALL, policy=["slow_mode", "thread_lock"], out=tmp_path)
    for one in (next(iter(found)), found, found.compare()):
        assert "<" in one._repr_html_() and "<script" not in one._repr_html_()
    single = next(iter(found))
    assert short_answer(single.estimates, single.manifest, single.runs)[0] in unescape(single._repr_html_())
    drawn = single.plot().to_dict()["data"]["values"]
    assert {row["quantity"] for row in drawn} >= {"without the policy", "with the policy"}
    policies = found.compare().plot().to_dict()["data"]["values"]
    assert [row["quantity"] for row in policies] == ["slow mode", "thread lock"]


def test_pairs_from_a_frame_are_those_from_a_file(tmp_path):
    twins = pl.DataFrame({"draw": [0, 0, 1, 1], "seed": [0, 1, 0, 1], "y0": [1, 1, 0, 1], "y1": [0, 0, 0, 1]})
    twins.write_csv(tmp_path / "pairs.csv")
    from_file = estimate(tmp_path / "pairs.csv", direction="preventive")
    assert estimate(twins, direction="preventive")["pn"] == from_file["pn"]
    assert (
        estimate(pd.DataFrame(twins.to_dict(as_series=False)), direction="preventive")["table"]
        == from_file["table"]
    )


def test_help_names_what_there_is():
    import windtunnel

    assert set(windtunnel.__all__) <= set(dir(windtunnel)) and windtunnel.__version__.count(".") >= 1
    for name in windtunnel.__all__:
        assert len(getattr(windtunnel, name).__doc__.splitlines()[0]) > 20, name
