"""Everything of ours is imported under `windtunnel`, so that a project may have an `agents.py` or a `conf` of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("agents", "policies", "sim", "analysis", "conf")
ORDER = ("conf", "agents", "policies", "sim", "analysis")
IMPORTED = re.compile(r"^ *(?:from|import) windtunnel\.(\w+)", re.MULTILINE)
WHOLE = re.compile(r"^ *from windtunnel import \(?([\w ,]+)", re.MULTILINE)
FOR_TYPES = re.compile(r"^( *)if TYPE_CHECKING:\n(?:\1    .*\n|\n)+", re.MULTILINE)


def test_the_package_holds_the_five_folders():
    import windtunnel

    home = Path(windtunnel.__file__).parent
    for name in OURS:
        assert (home / name).resolve() == (ROOT / name).resolve()
    assert (home / "py.typed").is_file()


def test_a_project_with_modules_of_the_same_names_can_use_it(tmp_path):
    """A Mesa tutorial's `agents.py`, somebody's `analysis.py` and `sim.py`, and a package `conf`, all imported first."""
    for name in ("agents", "analysis", "sim", "policies"):
        (tmp_path / f"{name}.py").write_text(f"MINE = {name!r}\n", encoding="utf-8")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "__init__.py").write_text("MINE = 'conf'\n", encoding="utf-8")
    (tmp_path / "model.py").write_text(
        "import agents, analysis, conf, policies, sim\n"
        "from windtunnel import compare, read, run\n"
        "done = run('policy=slow_mode', 'draws=1', 'seeds=2', 'steps=3', 'community.size=20', 'dowhy=false')\n"
        "assert done.estimates['n_pairs'] == 2\n"
        "print([one.MINE for one in (agents, policies, sim, analysis, conf)])\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    found = subprocess.run(
        [sys.executable, "model.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == str(list(OURS))


def test_a_run_imports_nothing_of_ours_by_a_bare_name(tmp_path):
    program = (
        "import sys\n"
        "from windtunnel.analysis.cli import main\n"
        f"code = main(['run', 'policy=slow_mode', 'draws=2', 'seeds=1', 'steps=3', 'community.size=20', 'out={tmp_path}/o'])\n"
        f"print(code, sorted(set(sys.modules) & set({OURS!r})))\n"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.splitlines()[-1] == "0 []", found.stderr


def imported(text: str) -> set[str]:
    """Which of our folders a file imports from, within functions too; names for types alone are no imports."""
    text = FOR_TYPES.sub("", text)
    whole = [name.split()[0] for names in WHOLE.findall(text) for name in names.split(",")]
    return {name for name in [*IMPORTED.findall(text), *whole] if name in ORDER}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("    from windtunnel.analysis.folder import Folder\n", {"analysis"}),
        ("from windtunnel import conf, sim as s\n", {"conf", "sim"}),
        ("if TYPE_CHECKING:\n    from windtunnel.sim.world import World\n\nimport numpy\n", set()),
    ],
)
def test_an_import_is_seen_wherever_it_stands(text, found):
    assert imported(text) == found


@pytest.mark.parametrize("here", ORDER)
def test_imports_run_from_agents_to_analysis(here):
    """`conf ← agents ← policies ← sim ← analysis`: a folder imports from itself and from those before it."""
    allowed = set(ORDER[: ORDER.index(here) + 1])
    files = {path: imported(path.read_text(encoding="utf-8")) for path in (ROOT / here).rglob("*.py")}
    assert {str(path): names - allowed for path, names in files.items() if names - allowed} == {}
    assert here in set().union(*files.values()), "the files that were looked at import each other"


def test_mypy_looks_at_every_file():
    """A mapping of folders would let it check one file and say success."""
    options = pytest.importorskip("mypy.main").process_options
    sources, _ = options(["--config-file", str(ROOT / "pyproject.toml")])
    checked = {Path(one.path).resolve() for one in sources if (one.path or "").endswith(".py")}
    assert checked == {
        *(path for name in (*OURS, "examples") for path in (ROOT / name).rglob("*.py")),
        ROOT / "windtunnel" / "__init__.py",
    }
