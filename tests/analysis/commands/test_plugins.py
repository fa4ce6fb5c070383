"""`windtunnel plugins`: what is installed is listed, a folder is added by path and found by name, and what cannot be used is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.scaffold.package import write_package
from windtunnel.conf import plugin_folders

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def notes(tmp_path, monkeypatch) -> Path:
    """An empty folder of notes, and a path and modules that are as before afterwards."""
    place = tmp_path / "notes"
    monkeypatch.setenv("WINDTUNNEL_PLUGINS", str(place))
    monkeypatch.setattr(sys, "path", [*sys.path])
    return place


def listed(capsys) -> list[dict[str, str]]:
    assert main(["plugins", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_folder_is_added_by_path_listed_with_its_version_and_removed(notes, tmp_path, capsys):
    folder = write_package("policy", "shared_hours", tmp_path)
    assert main(["plugins", "add", str(folder)]) == 0
    assert capsys.readouterr().out == "windtunnel-shared_hours 0.1.0 is used from now on: shared_hours\n"
    (row,) = [row for row in listed(capsys) if row["name"] == "shared_hours"]
    assert row["kind"] == "policies" and row["version"] == "0.1.0" and row["wrong"] == "nothing"
    assert row["from"] == str(folder / "src")
    assert main(["plugins", "remove", "windtunnel-shared_hours"]) == 0
    assert not list(notes.iterdir()) and (folder / "pyproject.toml").is_file()


def test_another_process_finds_it_by_name_and_runs_with_it(notes, tmp_path):
    folder = write_package("policy", "distant_hours", tmp_path)
    assert main(["plugins", "add", str(folder)]) == 0
    words = [
        "run",
        "policy=distant_hours",
        "draws=1",
        "seeds=2",
        "steps=3",
        "community.size=20",
        "dowhy=false",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "windtunnel.analysis.cli", *words, f"out={tmp_path / 'out'}"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_folder_of_packages_is_added_whole_or_not_at_all(notes, tmp_path, capsys):
    both = tmp_path / "both"
    both.mkdir()
    write_package("policy", "first_hours", both)
    second = write_package("policy", "second_hours", both)
    module = second / "src" / "second_hours" / "policy.py"
    good = module.read_text(encoding="utf-8")
    module.write_text(good.replace("class ", "clas ", 1), encoding="utf-8")
    assert main(["plugins", "add", str(both)]) == 2
    said = capsys.readouterr().err
    assert "windtunnel-second_hours is not added: second_hours (policies)" in said and "SyntaxError" in said
    assert not [path for path in notes.iterdir() if path.suffix == ".dist-info"]
    module.write_text(good, encoding="utf-8")
    assert main(["plugins", "add", str(both)]) == 0
    assert capsys.readouterr().out.count("is used from now on") == 2


def renamed(folder: Path, old: str, new: str) -> Path:
    """The package with an entry point called otherwise."""
    file = folder / "pyproject.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(f"{old} =", f"{new} ="), encoding="utf-8")
    module = folder / "src" / old / "policy.py"
    module.write_text(module.read_text(encoding="utf-8").replace(f'"{old}"', f'"{new}"'), encoding="utf-8")
    return folder


def test_a_clash_with_ours_or_with_another_is_refused(notes, tmp_path, capsys):
    ours = renamed(write_package("policy", "slower_mode", tmp_path), "slower_mode", "slow_mode")
    assert main(["plugins", "add", str(ours)]) == 2
    assert "slow_mode (policies) has the name of one of ours: rename it" in capsys.readouterr().err
    assert main(["plugins", "add", str(write_package("policy", "one_hours", tmp_path))]) == 0
    other = renamed(write_package("policy", "two_hours", tmp_path), "two_hours", "one_hours")
    capsys.readouterr()
    assert main(["plugins", "add", str(other)]) == 2
    assert "has the name of one of windtunnel-one_hours: remove one of the two" in capsys.readouterr().err
    assert [row["package"] for row in listed(capsys) if row["name"] == "one_hours"] == [
        "windtunnel-one_hours"
    ]


def test_an_installed_package_that_takes_a_name_of_ours_is_refused_when_used(
    tmp_path, monkeypatch, capsys, installed
):
    from windtunnel.policies import registry

    folder = renamed(write_package("policy", "quick_mode", tmp_path), "quick_mode", "thread_lock")
    monkeypatch.syspath_prepend(str(installed(folder)))
    registry.policy_class.cache_clear()
    try:
        assert main(["run", "policy=thread_lock", "draws=1", f"out={tmp_path / 'out'}"]) == 2
    finally:
        registry.policy_class.cache_clear()
    assert (
        "windtunnel-quick_mode brings a policy called thread_lock, as one of ours is"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "has no pyproject.toml, nor has a folder in it"),
        ("[project", "is no TOML"),
        ("[project]\nname = 'a'\n", "declares no plug-in"),
        ("[project]\nname = 'a'\n[project.entry-points.'windtunnel.policies']\na = 'a:A'\n", "has no project.version"),
        (
            "[project]\nname = 'a'\nversion = '1'\ndependencies = ['no-such-thing>=2']\n"
            "[project.entry-points.'windtunnel.policies']\na = 'a:A'\n",
            "a needs no-such-thing, which is not installed",
        ),
        (
            "[project]\nname = 'a'\nversion = '1'\n[project.entry-points.'windtunnel.polices']\na = 'a:A'\n",
            "there is no kind of plug-in called polices: those are communities, policies",
        ),
    ],
)  # fmt: skip
def test_a_folder_that_will_not_do_is_told_in_a_sentence(notes, tmp_path, capsys, content, said):
    folder = tmp_path / "folder"
    folder.mkdir()
    if content is not None:
        (folder / "pyproject.toml").write_text(content, encoding="utf-8")
    assert main(["plugins", "add", str(folder)]) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_what_was_not_added_cannot_be_removed(notes, capsys):
    assert main(["plugins", "remove", "nothing-there"]) == 2
    assert (
        "no folder was added whose package is called nothing-there: added are none" in capsys.readouterr().err
    )


def test_a_folder_that_has_gone_is_told(notes, tmp_path, capsys):
    folder = write_package("policy", "gone_hours", tmp_path)
    assert main(["plugins", "add", str(folder)]) == 0
    folder.rename(tmp_path / "elsewhere")
    sys.modules.pop("gone_hours", None), sys.modules.pop("gone_hours.policy", None)
    sys.path[:] = [path for path in sys.path if "gone_hours" not in path]
    plugin_folders.activate()
    capsys.readouterr()
    (row,) = [row for row in listed(capsys) if row["name"] == "gone_hours"]
    assert "cannot be loaded: ModuleNotFoundError" in row["wrong"]
