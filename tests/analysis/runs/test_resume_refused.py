"""Another question in the folder of a run is refused, with the setting that differs."""

from pathlib import Path

import pytest

from tests.small_runs import SMALL, run
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.runs.resume import settings_of, standing


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("word", "key", "old", "new"),
    [
        ("community.size=21", "community.size", "20", "21"),
        ("policy=slow_mode", "policy", "thread_lock", "slow_mode"),
        ("policy_with.thread_lock.heat=3", "policy_with.thread_lock.heat", "1", "3"),
        ("baseline=none", "baseline", "remove_hostile", ""),
        ("draws=4", "draws", "3", "4"),
        ("seeds=1", "seeds", "2", "1"),
        ("steps=5", "steps", "4", "5"),
        ("root=1", "root", "0", "1"),
        ("outcome.threshold=3", "outcome.threshold", "2", "3"),
        ("outcome=hostile_share", "outcome.horizon", "24", "nothing"),
        ("outcome=hostile_share outcome.horizon=24", "outcome.name", "escalation", "hostile_share"),
        ("outcome.horizon=2", "outcome.horizon", "24", "2"),
        (
            "mind.coefficients.tone.upvote=[-0.3,chosen]",
            "mind.coefficients.tone.upvote",
            "nothing",
            "-0.3,chosen",
        ),
    ],
)
@pytest.mark.parametrize("unfinished", [False, True])
def test_another_question_is_refused_with_the_setting_and_both_values(word, key, old, new, unfinished):
    made = plan(compose(SMALL))
    folder = Folder("made")
    content = {"config": dict(made.resolved), "code_sha256": "x", "failed": 0}
    folder.write_json(folder.begun if unfinished else folder.manifest, content)
    if unfinished:  # without a finished run nothing would be lost
        folder.units.mkdir()
        (folder.units / "left.runs").write_bytes(b"windtunnel finished runs 1\n")
    with pytest.raises(ValueError) as refused:
        standing(plan(compose([*SMALL, *word.split()])), folder)
    said = str(refused.value)
    assert f"{key}=" in said and f"={old}" in said and f"={new}" in said and said.count(". ") == 0


def test_the_refusal_leaves_the_folder_as_it_was(capsys):
    assert run() == 0
    before = {path: path.read_bytes() for path in Path("made").iterdir()}
    assert run("root=3") == 2
    err = capsys.readouterr().err
    assert "root=0" in err and "root=3" in err and err.count("\n") == 1
    assert {path: path.read_bytes() for path in Path("made").iterdir()} == before


def test_how_a_model_is_reached_may_change_and_which_it_is_may_not():
    words = ["mind=llm", "llm=openai", "llm.model=m", "llm.digest=d", "llm.base_url=http://127.0.0.1:9/v1"]
    words += ["llm.endpoint=chat", "llm.template=plain", "llm.store=none", "dry=true"]

    def settings(*more: str) -> dict:
        return settings_of(plan(compose([*SMALL, *words, *more])).resolved)

    for word in ("llm.budget=3", "llm.timeout=3", "llm.concurrency=1", "llm.base_url=http://127.0.0.1:8/v1"):
        assert settings(word) == settings()
    for word in ("llm.model=n", "llm.digest=e", "llm.store=s", "prompt=member"):
        assert settings(word) != settings()
    assert settings("llm.digest=''") != settings("llm.digest=''", "llm.base_url=http://127.0.0.1:8/v1")
    rules = settings_of(plan(compose([*SMALL, "llm.model=m"])).resolved)
    assert rules == settings_of(plan(compose(SMALL)).resolved)
