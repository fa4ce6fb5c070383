"""Every command on a community that is no forum: it works, or refuses in one sentence; and nothing speaks of a forum."""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

import polars as pl
import pytest

from windtunnel import conf
from windtunnel.analysis.cli import COMMANDS, main
from windtunnel.analysis.incidents.registry import kinds_of
from windtunnel.sim.communities import community_names

PLUGINS = Path(__file__).parents[2] / "plugins"
pytestmark = pytest.mark.timeout(600)
OTHERS = sorted({*community_names(), "pond"} - {"forum"})
FORUM = re.compile(r"\b(threads?|posts?|hostile|moderators?|moderation|newcomers?)\b", re.IGNORECASE)
SHOWN = ("*.html", "*.md", "*.csv")

SMALL = "draws=2 seeds=1 dowhy=false parallel.jobs=1"
SHORT = f"{SMALL} steps=3"
RUNS = {
    "rules": f"run community=NAME {SMALL} out=OUT/rules",
    "archetype": f"run community=NAME mind=llm llm=fake llm.store=none {SHORT} out=OUT/archetype",
    "member": f"run community=NAME mind=llm llm=fake llm.store=none mind.words=false prompt=member {SHORT} out=OUT/member",
    "mind": f"run community=NAME mind=alike mind.first=1.5 {SHORT} out=OUT/mind",
    "sweep": f"run -m community=NAME root=0,1 {SHORT} out=OUT/sweep",
}
WORK = {
    "dry": "run community=NAME mind=llm llm=fake llm.store=none dry=true draws=2 seeds=1",
    "report": "report OUT/rules",
    "watch": "watch OUT/rules",
    "rerun": "rerun OUT/rules parallel.jobs=1",
    "compare": "compare OUT/rules --html OUT/compare.html",
    "robustness": "robustness OUT/sweep",
}
EITHER = {
    "pilot": "pilot OUT/rules --smallest-effect 0.2",
    "estimate": "estimate OUT/rules/pairs.parquet --direction preventive --outcome it --threshold 1",
    "incidents": "incidents OUT/rules",
    "why": "why OUT/rules collapse-1a2b3c4d",
    "words": "words OUT/rules collapse-1a2b3c4d llm=fake",
    "export": "export convokit OUT/rules OUT/corpus",
    "calibrate": "calibrate community=NAME llm=fake llm.store=none out=OUT/calibration.yaml",
    "distill": "distill community=NAME llm=fake llm.store=none out=OUT/distilled.json check=false",
    "import": "import OUT/rules --format csv --out OUT/imported",
    "forget": "forget OUT/rules",
    "label": "label OUT/rules",
    "read": "read OUT/rules 1 llm=fake",
    "fit": "fit OUT/rules",
    "structure": "structure OUT/rules",
    "replay": "replay remove_hostile OUT/rules",
    "select": f"select community=NAME policy=POLICY delta=0.2 lambda=1 {SMALL} out=OUT/select",
    "design": "design lhs community=NAME steps=2:4 n=3",
    "optimise": f"optimise community=NAME steps=2:4 trials=2 lambda=1 {SMALL} out=OUT/search",
}
ELSEWHERE = {"bound", "run", "list", "models", "store", "demo", "new", "view", "plugins", "recall", "values"}
"""Commands that are run above, or that no community has a part in."""


@pytest.fixture(autouse=True, scope="module")
def plugins() -> Iterator[None]:
    """The packages of `tests/plugins` are installed for as long as these tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PLUGINS))
        yield


@pytest.fixture(scope="module", params=OTHERS)
def place(request, tmp_path_factory, undrawn) -> tuple[str, Path]:
    """A community's name and a folder with its runs; the pictures of the first are drawn, those of the others would look like them."""
    out = tmp_path_factory.mktemp(request.param)
    assert main(typed(RUNS["rules"], request.param, out)) == 0
    with undrawn():
        for name in RUNS.keys() - {"rules"}:
            assert main(typed(RUNS[name], request.param, out)) == 0
    return request.param, out


def typed(words: str, name: str, out: Path) -> list[str]:
    policy = conf.content("community", name)["by_default"]["policy"]
    return shlex.split(words.replace("NAME", name).replace("OUT", str(out)).replace("POLICY", str(policy)))


def test_every_command_is_tried():
    tried = {words.split()[0] for words in (*WORK.values(), *EITHER.values())}
    assert tried | ELSEWHERE >= set(COMMANDS)


@pytest.mark.parametrize("command", WORK)
def test_what_needs_no_more_than_runs_works(place, command, capsys):
    name, out = place
    assert main(typed(WORK[command], name, out)) == 0
    said = capsys.readouterr()
    assert said.out.strip() and not FORUM.search(said.out), said.out


@pytest.mark.parametrize("command", EITHER)
def test_what_needs_more_works_or_refuses_in_one_sentence(place, command, capsys):
    name, out = place
    code = main(typed(EITHER[command], name, out))
    said = capsys.readouterr()
    assert code in (0, 2) and "Traceback" not in said.err
    if code == 2:
        (sentence,) = [line for line in said.err.splitlines() if line.startswith("windtunnel: ")]
        assert len(sentence) > 20


def test_incidents_and_why_work_where_there_are_kinds_of_incident(place, capsys):
    name, out = place
    kinds, words = kinds_of(name), ["incidents", str(out / "rules"), "--json"]
    assert main(words) == (0 if kinds else 2)
    said = capsys.readouterr()
    if not kinds:
        assert f"{name} has none" in said.err
        return
    found = [one for one in json.loads(said.out) if one["arm"] == "baseline"]
    policy = conf.content("community", name)["by_default"]["policy"]
    for one in found[:1]:
        asked = ["why", str(out / "rules"), one["id"], "--with", policy, "--replicates", "4"]
        assert main([*asked, "--html", str(out / "why.html")]) == 0
        assert not FORUM.search(capsys.readouterr().out)
    assert found or name != "pond"


def test_no_page_and_no_table_speaks_of_a_forum(place):
    name, out = place
    if not (out / "compare.html").exists():  # written by another worker
        assert main(WORK["compare"].replace("NAME", name).replace("OUT", str(out)).split()) == 0
    pages = [path for pattern in SHOWN for path in out.rglob(pattern)]
    assert {path.name for path in pages} >= {"report.html", "report.md", "compare.html"}
    for path in pages:
        text = re.sub(
            r"<style.*?</style>|<script.*?</script>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        assert not (found := FORUM.search(text)), (path, text[max(0, found.start() - 80) : found.end() + 40])
    for path in out.rglob("*.parquet"):
        table = pl.read_parquet(path)
        words = [
            *table.columns,
            *(value for column in table.select(pl.col(pl.String)) for value in column.unique()),
        ]
        assert not [word for word in words if word and FORUM.search(word.replace("_", " "))], path


@pytest.fixture(scope="module")
def listed() -> Callable[[str], str]:
    """`listed(what)`: what `windtunnel list` says of it, asked once."""

    @cache
    def listed(what: str) -> str:
        with redirect_stdout(StringIO()) as said:
            assert main(["list", what]) == 0
        return said.getvalue()

    return listed


@pytest.mark.parametrize(
    "what",
    ["policies", "communities", "minds", "outcomes", "incidents", "profiles", "settings", "experiments"],
)
@pytest.mark.parametrize("name", OTHERS)
def test_lists_hold_what_the_package_brings(listed, name, what):
    brought = conf.content("community", name)["by_default"]
    expected = {
        "policies": brought["policy"],
        "communities": name,
        "outcomes": brought["outcome"],
        "minds": "alike",
    }
    expected |= {"incidents": next(iter(kinds_of(name)), "")}
    assert str(expected.get(what, "")) in listed(what)
