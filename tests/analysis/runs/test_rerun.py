"""`windtunnel rerun`: from a manifest alone the same events, or the first run and step that differ; no path from data."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.runs.rerun import plan_of
from windtunnel.sim.events import digest

SMALL = ["community.size=20", "steps=5", "draws=2", "seeds=1", "dowhy=false", "parallel.jobs=1"]
FAKE = ["mind=llm", "llm=fake", "mind.drift_sample=0"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WINDTUNNEL_CACHE", str(tmp_path / "cache"))
    return tmp_path


def ran(*words: str) -> Path:
    assert main(["run", *SMALL, "out=made", *words]) == 0
    return Path("made")


def alone(folder: Path) -> Path:
    """A folder with the manifest and nothing else."""
    Path("alone").mkdir()
    shutil.copy(folder / "manifest.json", "alone")
    return Path("alone")


def rerun(capsys, *words: object) -> tuple[int, dict]:
    capsys.readouterr()
    code = main(["rerun", *map(str, words), "--json"])
    found = capsys.readouterr()
    return code, json.loads(found.out)


def changed(folder: Path, change) -> dict:
    """The manifest after `change` has been at it."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return content


def test_the_manifest_itself_may_be_named(capsys):
    assert rerun(capsys, alone(ran("policy=slow_mode")) / "manifest.json")[1]["identical"]


WORDS = {
    "rules": ["policy=thread_lock", "policy_with.thread_lock.evasion=0.3"],
    "two policies over a baseline": [
        "policy=[slow_mode,rule_reminder]",
        "baseline=[status_quo,counterspeech]",
    ],
    "nothing": ["policy=none", "baseline=none", "root=-4"],
    "archetypes": [*FAKE, "prompt=archetype"],
    "members": [*FAKE, "prompt=member", "policy=rule_reminder"],
    "no store": [*FAKE, "prompt=archetype", "llm.store=none"],
}


@pytest.mark.parametrize("kind", WORDS)
def test_a_manifest_alone_makes_the_same_events(kind, capsys):
    folder = alone(ran(*WORDS[kind]))
    shutil.rmtree("made")
    shutil.rmtree("cache", ignore_errors=True)  # the answers too are made anew
    before = sorted(Path().rglob("*"))
    code, found = rerun(capsys, folder)
    assert code == 0 and found["identical"] and found["same_code"] and not found["versions"]
    assert found["events_sha256"][0] == found["events_sha256"][1] and found["runs"] == 6
    made = {path for path in Path().rglob("*") if path not in before}
    assert all(path.parts[0] == "cache" for path in made)


def test_the_profile_of_a_user_travels_in_the_manifest(capsys, elsewhere):
    from windtunnel.analysis.configuration import load_profile

    profile = load_profile("reddit-feminism") | {"name": "mine"}
    profile["heated_share"] = {"value": 0.31, "mark": "chosen"}
    (elsewhere / "mine.yaml").write_text(json.dumps(profile), encoding="utf-8")
    folder = alone(ran("community.profile=mine.yaml"))
    (elsewhere / "mine.yaml").unlink()
    assert rerun(capsys, folder)[1]["identical"]


def test_it_says_the_first_run_and_step_that_differ(capsys):
    folder = ran("policy=thread_lock", "community.size=60")
    runs, events = (pl.read_parquet(folder / f"{name}.parquet") for name in ("runs", "events"))
    unit = {"draw": 1, "seed": 0, "arm": "policy"}
    here = pl.all_horizontal(pl.col(name) == value for name, value in unit.items())
    later = here & (pl.col("step") >= 3)
    tampered = events.with_columns(kind=pl.when(later).then(pl.lit("shout")).otherwise("kind"))
    one = digest(tampered.filter(**unit))
    runs = runs.with_columns(events_sha256=pl.when(here).then(pl.lit(one)).otherwise("events_sha256"))
    runs.write_parquet(folder / "runs.parquet")
    tampered.write_parquet(folder / "events.parquet")
    changed(folder, lambda content: content.update(events_sha256="0" * 64))
    code, found = rerun(capsys, folder)
    assert code == 3 and not found["identical"] and found["differ"] == 1
    assert found["first"] == {**unit, "step": 3}
    assert main(["rerun", str(folder)]) == 3
    assert "differs in 1 of 6 runs, first in draw 1, seed 0, arm policy at step 3" in capsys.readouterr().out
    assert main(["rerun", str(alone(folder))]) == 3
    assert "cannot be said" in capsys.readouterr().out


def test_other_versions_and_another_code_are_told(capsys):
    folder = alone(ran())

    def older(content):
        content["code_sha256"] = "1" * 64
        content["versions"]["numpy"] = "1.0"

    changed(folder, older)
    code, found = rerun(capsys, folder)
    assert code == 0 and not found["same_code"] and found["versions"]["numpy"][0] == "1.0"
    main(["rerun", str(folder)])
    said = capsys.readouterr().out
    assert "Another version of the code" in said and "numpy was 1.0" in said


def test_another_model_is_told(capsys):
    folder = alone(ran(*FAKE, "prompt=archetype"))
    changed(folder, lambda content: content["llm"].update(model="other", weights_sha256="ab"))
    found = rerun(capsys, folder)[1]
    assert found["identical"] and found["model"]["model"][0] == "other"
    assert found["model"]["weights_sha256"] == ["ab", None]


def test_with_out_it_is_a_run_like_any_other(capsys):
    folder = ran("policy=slow_mode")
    assert main(["rerun", str(folder), "out=again"]) == 0
    for name in ("runs", "events", "members", "links", "pairs"):
        assert Folder("again").read_table(name).equals(Folder(folder).read_table(name))
    one, two = (Folder(path).read_json(Folder(path).estimates) for path in ("again", folder))
    assert one == two and Path("again/report.html").is_file()
    assert main(["run", *SMALL, "policy=slow_mode", "out=again"]) == 0
    assert "Nothing was run" in capsys.readouterr().out
    assert main(["rerun", str(folder), "--out", "again"]) == 2
    assert "holds a run already" in capsys.readouterr().err


@pytest.mark.parametrize("place", [".", "cell"])
def test_an_unfinished_run_or_sweep_is_left_alone(place, capsys):
    other = ran("policy=thread_lock").rename("other")
    folder = ran("policy=slow_mode")
    (other / place).mkdir(exist_ok=True)
    (other / "manifest.json").rename(other / place / "begun.json")
    (other / "units").mkdir()
    (other / "units" / "1.runs").write_bytes(b"")
    before = {path: path.stat().st_mtime_ns for path in other.rglob("*")}
    capsys.readouterr()
    assert main(["rerun", str(folder), "out=other"]) == 2
    err = capsys.readouterr().err
    assert "holds an unfinished run" in err and err.count("\n") == 1
    assert {path: path.stat().st_mtime_ns for path in other.rglob("*")} == before


def test_a_distilled_mind_is_asked_for_by_its_digest(capsys, elsewhere):
    made = elsewhere / "mind.yaml"
    words = ["llm=fake", "policy=thread_lock", "community.size=20", "steps=5", "draws=2", "seeds=1"]
    assert main(["distill", *words, f"out={made}"]) == 0
    folder = alone(ran("mind=distilled", f"mind.file={made}"))
    capsys.readouterr()
    assert main(["rerun", str(folder)]) == 2
    assert "mind.file=FILE" in capsys.readouterr().err
    moved = made.rename(elsewhere / "moved.yaml")
    assert rerun(capsys, folder, f"mind.file={moved}")[1]["identical"]
    moved.write_text(moved.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert main(["rerun", str(folder), f"mind.file={moved}"]) == 2
    assert "another distilled mind" in capsys.readouterr().err


def test_a_manifest_names_no_path_program_address_or_key(capsys):
    folder = alone(ran(*FAKE, "prompt=archetype"))
    manifest = changed(
        folder,
        lambda content: content["config"]["llm"].update(
            store="/nowhere/at/all.sqlite",
            python="/bin/evil",
            key_env="HOME",
            base_url="http://evil.example/v1",
        ),
    )
    made = plan_of(manifest, [], whole=False)
    assert not {"/nowhere/at/all.sqlite", "/bin/evil", "HOME", "http://evil.example/v1"} & set(
        map(str, made.llm.values())
    )
    assert rerun(capsys, folder)[1]["identical"]
    openai = changed(folder, lambda content: content["config"]["llm"].update(kind="openai", model="m"))
    reached = plan_of(openai, [], whole=False).llm
    assert reached["base_url"].startswith("http://127.0.0.1") and reached["key_env"] != "HOME"
    mine = plan_of(openai, ["llm.base_url=http://127.0.0.1:9/v1", "llm.store=mine.sqlite"], whole=False).llm
    assert (mine["base_url"], mine["store"]) == ("http://127.0.0.1:9/v1", "mine.sqlite")


SPOILT = {
    "no experiment": lambda content: content.pop("experiment"),
    "no mind": lambda content: content["experiment"].pop("mind"),
    "another mind": lambda content: content["experiment"]["mind"].update(name="os.system"),
    "no policy of ours": lambda content: content["experiment"].update(policy=[["nope", {}, "nope"]]),
    "a parameter of none": lambda content: content["experiment"]["policy"][0][1].update(_target_="os.system"),
    "a community of none": lambda content: content["config"]["community"].update(name="os"),
    "many draws": lambda content: content["config"].update(draws=10**9),
    "a profile of words": lambda content: content["config"]["community"].update(profile="x"),
    "no config": lambda content: content.update(config=[]),
    "coefficients of none": lambda content: content["experiment"]["mind"].update(coefficients={"x": 1}),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_manifest_that_says_too_little_or_too_much_is_refused_in_a_sentence(how, capsys):
    folder = alone(ran())
    changed(folder, SPOILT[how])
    capsys.readouterr()
    assert main(["rerun", str(folder)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("windtunnel: ") and err.count("\n") == 1 and "Traceback" not in err


def test_settings_and_options_may_stand_in_any_order(capsys):
    folder = ran()
    capsys.readouterr()
    assert main(["rerun", "--json", "parallel.jobs=1", str(folder)]) == 2  # the folder comes first
    assert main(["rerun", str(folder), "--json", "parallel.jobs=1"]) == 0
    assert json.loads(capsys.readouterr().out)["identical"]
    for words in (["root=2"], ["policy=slow_mode"], ["llm.model=m"], ["community.size=3"], ["nonsense"]):
        assert main(["rerun", str(folder), *words]) == 2
