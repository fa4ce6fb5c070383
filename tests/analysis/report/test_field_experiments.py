"""The causal line of reports names the field experiments that came out otherwise than published."""

from importlib.resources import files

import yaml

from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.field_experiments import FILE, sentence
from windtunnel.analysis.models.fidelity import fidelity_of
from windtunnel.analysis.summary import fidelity


def test_every_missed_row_is_named_with_what_came_and_what_was_published():
    path = files("windtunnel.conf") / FILE
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["rows"]
    assert len(rows) == 6
    for row in rows:
        assert (row["verdict"] == "missed") == (f"{row['here']}, published {row['published']}" in sentence())


def test_reports_of_a_forum_say_so_and_those_of_other_places_do_not():
    forum = fidelity_of(plan(compose(["policy=slow_mode"])))
    assert forum is not None and sentence() in fidelity({"fidelity": forum})[1]
    assert fidelity({"fidelity": forum})[1].startswith("Causal fidelity: never assessed")
    assert fidelity_of(plan(compose(["community=commons", "policy=none"]))) is None
