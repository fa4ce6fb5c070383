"""The main job on real input: a real community's threads set the base rates, a real language model decides."""

import json
from pathlib import Path

import polars as pl
import pytest

from windtunnel.agents.llm.model_files.weights import Weights, fetch_weights, resolve
from windtunnel.analysis.cli import main
from windtunnel.analysis.terminal.ending import OK

CORPUS = "reddit-feminism-2017h2/posts.parquet"
ROLES = (
    "id=post_id,parent=parent_id,thread=conversation_id,author=author,minute=minute,kind=kind,"
    "status=status,score=score,controversial=controversiality"
)
SMALL = [
    "community.size=60",
    "draws=2",
    "seeds=2",
    "steps=8",
    "dowhy=false",
    "policy=slow_mode",
    "parallel.jobs=1",
]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    folder = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)  # where the pseudonym key goes
        words = ["import", "table", str(shared / "data" / CORPUS), str(folder / "mine"), "--map", ROLES]
        assert main([*words, "--no-fit"]) == OK
    return folder / "mine"


@pytest.mark.parametrize("mind", ["rules", "llm"])
def test_a_run_on_the_profile_of_an_imported_community(imported: Path, mind: str, tmp_path: Path) -> None:
    if mind == "llm":
        try:
            fetch_weights(resolve("SmolLM2-135M-Instruct", Weights()))
        except (ValueError, OSError, ImportError) as error:
            pytest.skip(f"no weights to be had: {error}")
    out = tmp_path / "out"
    assert (
        main(["run", f"mind={mind}", "llm=embedded", f"community.profile={imported}", f"out={out}", *SMALL])
        == OK
    )
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["config"]["community"]["profile"]["name"] == "mine"
    assert manifest["config"]["baseline"][0][0] == "remove_hostile", (
        "the moderation that the record shows stays on"
    )
    runs = pl.read_parquet(out / "runs.parquet")
    assert (runs["status"] == "ok").all() and runs["decisions"].sum() > 0
    if mind == "llm":
        llm = manifest["llm"]
        assert llm["model"].startswith("SmolLM2") and len(llm["weights_sha256"]) == 64
        assert llm["questions"] == runs["decisions"].sum() and 0 < llm["unique"] < llm["questions"]
        assert 0 < llm["letter_mass_min"] <= llm["letter_mass_mean"] <= 1
