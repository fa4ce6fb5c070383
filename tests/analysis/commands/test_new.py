"""`windtunnel new`: what it writes works as it is, by the names that it allows; what it refuses leaves nothing behind."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from windtunnel.agents.minds.base import MindKind
from windtunnel.analysis.cli import main
from windtunnel.analysis.outcomes import Outcome
from windtunnel.analysis.scaffold import package
from windtunnel.analysis.scaffold.naming import KINDS, check_name
from windtunnel.analysis.scaffold.package import rendered
from windtunnel.policies.base import Policy
from windtunnel.sim.plain_builder import PlainBuilder

ROOT = Path(__file__).resolve().parents[3]
NAMES = {"policy": "calm_days", "outcome": "busy_days", "community": "fish_well", "mind": "blind_ones"}
LISTS = {"policy": "policies", "outcome": "outcomes", "community": "communities", "mind": "minds"}
SMALL = ["draws=1", "seeds=2", "steps=6", "dowhy=false", "parallel.jobs=1"]
RUNS = {
    "policy": ["policy=calm_days", "policy_with.calm_days.share=0.5", "community.size=30"],
    "outcome": ["outcome=busy_days", "policy=slow_mode", "community.size=30"],
    "community": ["community=fish_well"],
    "mind": ["mind=blind_ones", "mind.careless=0.3", "policy=slow_mode", "community.size=30"],
}
ALIKE = ("policy", "pl", "np", "quota", "numbers", "acts", "builder", "outcome", "runs", "mind", "forum", "settings", "share", "scene")  # fmt: skip
"""Names that the templates use for something of their own."""


@pytest.fixture(scope="module", params=KINDS)
def written(request, tmp_path_factory, installed) -> tuple[str, Path]:
    """A kind, and a folder with its package as if it were installed."""
    kind = request.param
    folder = tmp_path_factory.mktemp(kind)
    assert main(["new", kind, NAMES[kind], "--in", str(folder)]) == 0
    installed(folder / NAMES[kind])
    return kind, folder


def test_the_tests_of_all_kinds_pass_as_they_are(tmp_path, installed):
    names = [f"their_{name}" for name in NAMES.values()]  # the others may have been imported by now
    for kind, name in zip(NAMES, names, strict=True):
        assert main(["new", kind, name, "--in", str(tmp_path)]) == 0
        installed(tmp_path / name)
    path = os.pathsep.join([*(str(tmp_path / name / "src") for name in names), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *names],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and f"{len(KINDS)} passed" in done.stdout, done.stdout + done.stderr


def test_it_is_listed_with_a_sentence_and_runs(written, tmp_path, monkeypatch, capsys):
    kind, folder = written
    monkeypatch.syspath_prepend(str(folder / NAMES[kind] / "src"))
    assert main(["list", LISTS[kind]]) == 0
    listed = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert re.search(rf"{NAMES[kind]}\W.{{20,}}", listed)
    assert main(["run", *RUNS[kind], *SMALL, f"out={tmp_path / 'out'}"]) == 0
    assert (tmp_path / "out" / "report.html").is_file()


def test_the_settings_of_a_package_have_the_meanings_that_its_yaml_tells(tmp_path, monkeypatch, capsys):
    """The pond's mind has the setting `first`, which none of ours has."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "plugins"))
    assert main(["list", "settings"]) == 0
    assert (
        "mind.first = 0.0: log-odds of the first option against each of the others" in capsys.readouterr().out
    )


def test_it_says_what_it_wrote_and_what_comes_next(tmp_path, capsys):
    assert main(["new", "policy", "mild_days", "--in", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    files = [path for path in (tmp_path / "mild_days").rglob("*") if path.is_file()]
    assert len(files) == 6 and all(str(path.relative_to(tmp_path / "mild_days")) in said for path in files)
    assert f"pip install -e {tmp_path / 'mild_days'}" in said and "windtunnel run policy=mild_days" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["policy", "Quiet Hours"], "quiet_hours"),
        (["policy", "QuietHours"], "quiet_hours"),
        (["policy", "quiet-hours"], "quiet_hours"),
        (["policy", "../up"], "such as up"),
        (["mind", "3d"], "my_3d"),
        (["mind", "class"], "my_class"),
        (["mind", ""], "my_mind"),
        (["outcome", "größe"], "no name for a module"),
        (["outcome", "x" * 60], "60 letters"),
        (["outcome", "null"], "my_null"),
        (["outcome", "on"], "my_on"),
        (["policy", "tests"], "my_tests"),
        (["policy", "slow_mode"], "already a policy called slow_mode"),
        (["policy", "none"], "my_none"),
        (["outcome", "escalation"], "already an outcome called escalation"),
        (["community", "forum"], "already a community called forum"),
        (["mind", "rules"], "already a mind called rules"),
        (["policy", "json"], "module called json"),
        (["policy", "numpy"], "module called numpy"),
        (["policy", "windtunnel"], "module called windtunnel"),
        (["polcy", "mild"], "did you mean 'policy'?"),
        (["policy"], "NAME"),
        ([], "KIND"),
    ],
)  # fmt: skip
def test_a_name_that_will_not_do_is_refused_in_one_sentence(words, told, tmp_path, capsys):
    assert main(["new", *words, "--in", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and told in said and not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_there_already_stays_as_it_is(kind, tmp_path, capsys):
    place = tmp_path / "mild_days"
    match kind:
        case "file":
            place.write_text("mine", encoding="utf-8")
        case "folder":
            place.mkdir()
        case "link":
            place.symlink_to(tmp_path / "nowhere")
    before = place.lstat()
    assert main(["new", "policy", "mild_days", "--in", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert place.lstat() == before and list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize(("name", "told"), [("nowhere", "does not exist"), ("file", "is no folder")])
def test_a_place_that_is_no_folder_is_refused(name, told, tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["new", "policy", "mild_days", "--in", str(tmp_path / name)]) == 2
    assert told in capsys.readouterr().err and not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("call", ["write_text", "rename"])
def test_nothing_half_written_is_left(call, tmp_path, monkeypatch, capsys):
    def full(*_args, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(package.Path, call, full)
    assert main(["new", "community", "fish_pool", "--in", str(tmp_path)]) == 2
    monkeypatch.undo()
    assert "No space left" in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ALIKE)
@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_the_templates_use_hides_nothing(kind, name):
    texts = rendered(kind, name)
    space: dict[str, object] = {"__name__": f"made_of_{name}"}
    exec(compile(texts[f"src/{name}/{kind}.py"], kind, "exec"), space)
    [(_, points), *_] = tomllib.loads(texts["pyproject.toml"])["project"]["entry-points"].items()
    found = space[points[name].rpartition(":")[2]]
    if kind in ("policy", "community"):
        base = Policy if kind == "policy" else PlainBuilder
        assert isinstance(found, type) and issubclass(found, base) and vars(found)["name"] == name
    else:
        assert isinstance(found, Outcome | MindKind) and found.name == name


def test_every_template_is_package_data():
    home = ROOT / "analysis" / "scaffold"
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    named = {
        path
        for pattern in patterns["package-data"]["windtunnel.analysis.scaffold"]
        for path in home.glob(pattern)
    }
    there = {path for path in (home / "templates").rglob("*") if path.is_file()}
    assert there and there == {path for path in named if path.is_file()}


def test_a_name_that_an_installed_plug_in_has_is_taken(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "plugins"))
    assert "quota" in {point.name for point in entry_points(group="windtunnel.policies")}
    for kind, name in (
        ("policy", "quota"),
        ("outcome", "collapse"),
        ("community", "pond"),
        ("mind", "alike"),
    ):
        with pytest.raises(ValueError, match="already"):
            check_name(kind, name)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("policy", "quiet_hours"), ("outcome", "busy_place"), ("community", "well"), ("mind", "careless_ones")],
)
def test_the_skeletons_that_are_shown_are_the_files_that_are_written(kind, name):
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = re.search(rf"^## An? {kind}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    shown = re.findall(r"^```(?:python|yaml)\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)
    texts = rendered(kind, name)
    assert shown == [texts[f"src/{name}/{kind}.py"], texts[f"src/{name}/conf/{kind}/{name}.yaml"]]
    assert "| wrong | right |" in section[1] and section[1].count("\n- ") >= 4
