"""A mistake in somebody's plug-in is one sentence that says which package it is in; it is no fault of ours, and is never passed over."""

import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.scaffold.package import write_package

SMALL = ["draws=1", "seeds=2", "steps=4", "dowhy=false", "parallel.jobs=1"]
RUNS = {
    "policy": ["policy=NAME", "community.size=30"],
    "outcome": ["outcome=NAME", "policy=slow_mode", "community.size=30"],
    "community": ["community=NAME"],
    "mind": ["mind=NAME", "policy=slow_mode", "community.size=30"],
}
BROKEN = [
    ("policy", "class ", "clas ", "cannot be loaded: SyntaxError"),
    ("policy", "from windtunnel.policies.base", "from nothing.such", "cannot be loaded: ModuleNotFoundError"),
    ("policy", "class Faulty", "class Misspelt", "cannot be loaded: AttributeError"),
    ("policy", 'name = "faulty', 'name = "other', "calls itself 'other"),
    ("policy", "(ForumPolicy)", "", "is no class under windtunnel.policies.base.Policy"),
    ("outcome", "def ", "de ", "cannot be loaded: SyntaxError"),
    ("outcome", '"good"', '"bad"', "has the polarity 'bad'"),
    ("outcome", 'much",\n)', 'much",\n).name', "is no Outcome"),
    ("outcome", "value=", "number=", "could not be counted: ColumnNotFoundError"),
    ("outcome", 'pl.col("status")', 'pl.col("state")', "could not be counted: ColumnNotFoundError"),
    ("outcome", "return per_run(", "return _lazy(", "gave a LazyFrame"),
    ("outcome", "return per_run(", "return _first(", "gave 1 row for"),
    ("outcome", "return per_run(", "return _nothing(", "gave a table without value"),
    ("community", "class Builder", "class Builders", "cannot be loaded: AttributeError"),
    ("community", "(PlainBuilder)", "", "is no class with the methods of"),
    ("community", 'Settings = "faulty', 'Settings = "other', "calls itself 'other"),
    ("community", 'Harm("taken"', 'Harm("took"', "the harm 'took' is no declared summary: those are taken"),
    ("mind", "MIND = MindKind(", "MIND = (", "is no MindKind"),
    ("mind", "return [StrategyMind", "return [][:0] and [StrategyMind", "gave 0 minds"),
    ("mind", 'settings["careless"]', 'settings["carefree"]', "cannot be made of its settings: KeyError: 'carefree'"),
]  # fmt: skip
"""The kind, what is replaced in its module by what, and what is said."""
HELPERS = """

def _first(runs, found):
    return runs.runs[:1].with_columns(value=pl.lit(0.0))


def _lazy(runs, found):
    return runs.runs.lazy()


def _nothing(runs, found):
    return runs.runs
"""


@pytest.mark.parametrize(("kind", "old", "new", "told"), BROKEN)
def test_a_mistake_in_a_module_is_told(kind, old, new, told, tmp_path, monkeypatch, capsys, installed):
    name = f"faulty_{BROKEN.index((kind, old, new, told))}"
    place = write_package(kind, name, tmp_path)
    module = place / "src" / name / f"{kind}.py"
    text = module.read_text(encoding="utf-8")
    assert old in text
    module.write_text(text.replace(old, new, 1) + (HELPERS if kind == "outcome" else ""), encoding="utf-8")
    monkeypatch.syspath_prepend(str(installed(place)))
    settings = [word.replace("NAME", name) for word in RUNS[kind]]
    code = main(["run", *settings, *SMALL, f"out={tmp_path / 'out'}"])
    said = capsys.readouterr().err
    assert code == 2 and told in said and name in said
    assert sum(line.startswith("windtunnel: ") for line in said.splitlines()) == 1
    assert "should not happen" not in said and "Traceback" not in said


def test_a_measure_that_is_not_declared_fails_its_run_with_that_reason(
    tmp_path, monkeypatch, capsys, installed
):
    place = write_package("community", "undeclared_well", tmp_path)
    module = place / "src" / "undeclared_well" / "community.py"
    text = module.read_text(encoding="utf-8").replace('measures={"stock": "units"},', "")
    module.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(installed(place)))
    assert main(["run", "community=undeclared_well", *SMALL, f"out={tmp_path / 'out'}"]) == 3
    assert "measures that are not declared: stock" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("parameters: {", "parameters: {{", "policy/faulty_yaml_0.yaml is no yaml, line"),
        ("share: 0.2", "share: 2", "faulty_yaml_1.share is 2"),
        ("share: 0.2", "shre: 0.2", "faulty_yaml_2.share is missing"),
    ],
)
def test_a_mistake_in_its_yaml_is_told(old, new, told, tmp_path, monkeypatch, capsys, installed):
    name = next(name for name in ("faulty_yaml_0", "faulty_yaml_1", "faulty_yaml_2") if name in told)
    place = write_package("policy", name, tmp_path)
    file = place / "src" / name / "conf" / "policy" / f"{name}.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    monkeypatch.syspath_prepend(str(installed(place)))
    assert main(["run", f"policy={name}", "community.size=30", *SMALL, f"out={tmp_path / 'out'}"]) == 2
    assert told in capsys.readouterr().err


def test_a_package_whose_outcome_is_broken_is_named_whatever_is_run(tmp_path, monkeypatch, capsys, installed):
    """All outcomes are counted in each run, so one that cannot be is told of, not left out."""
    place = write_package("outcome", "in_the_way", tmp_path)
    (place / "src" / "in_the_way" / "outcome.py").write_text("import nothing_such\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(installed(place)))
    assert main(["run", "policy=slow_mode", "community.size=30", *SMALL, f"out={tmp_path / 'out'}"]) == 2
    said = capsys.readouterr().err
    assert "the outcome in_the_way of windtunnel-in_the_way" in said and "uninstall the package" in said
