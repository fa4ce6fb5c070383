"""The example that shows the forum live in Mesa's SolaraViz, drawn without a window."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("solara", reason="solara is not installed: pip install policy-windtunnel[viz]")

from windtunnel import run

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "live_forum.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("live_forum", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_drawn_and_goes_on_step_by_step(example):
    import solara

    box, context = solara.render(example.page, handle_error=False)
    assert box.children and context
    context.close()


def test_the_live_forum_counts_what_a_run_of_the_same_settings_counts(example):
    live = example.LiveForum(size=40, seed=1)
    for _ in range(10):
        live.step()
    found = run({"community.size": 40}, policy="thread_lock", draws=1, seeds=2, steps=10, dowhy=False).events
    mine = found.filter(draw=0, seed=1, arm="policy")
    last = live.datacollector.get_model_vars_dataframe().iloc[-1].to_dict()
    assert last == {tone: int((mine["tone"] == tone).sum()) for tone in example.TONES}
    assert last["civil"] > 0 and len(live.datacollector.get_model_vars_dataframe()) == 10
