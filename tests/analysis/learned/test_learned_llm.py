"""mind=learned+llm: who comes, where and when stay the record's; tones are the record's as a language model moves them."""

import json

import numpy as np
import pytest
import yaml

from tests.conftest import make_tiny
from tests.learned_law import forward, learned
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.minds.learned import SAYS, LearnedMind
from windtunnel.agents.minds.learned_llm import LearnedLLMMind
from windtunnel.agents.minds.llm import LLMMind
from windtunnel.agents.situation import Situations
from windtunnel.analysis.cli import main
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.outcomes.immovable import cannot_move
from windtunnel.analysis.terminal.ending import MISTAKE, OK
from windtunnel.sim.communities.forum.build import Builder
from windtunnel.sim.communities.forum.learned.tones import ToneLaw

ALPHA = (-2.0, -3.0)
RUN = ["policy=rule_reminder", "draws=2", "seeds=1", "community.size=30", "steps=4", "dowhy=false"]


@pytest.fixture(scope="module")
def kind() -> Builder:
    law = ToneLaw(common=(0.1, 0.05), intercept=ALPHA, heated=(0.0,) * 20, hostile=(0.0,) * 20, replies=1)
    told = learned(forward=forward() | {"tone": law.model_dump(mode="json")})
    return Builder({**make_tiny().community, "learned": told})


def asked_of(scene, reminded: float) -> Situations:
    names, actions = [one.name for one in scene.features], list(scene.actions.names)
    features = np.zeros((2, len(names)))
    features[:, names.index("opens")] = [-1.0, 0.5]
    features[:, [names.index(name) for name in SAYS]] = ALPHA
    features[:, names.index("tone")] = [2.0, 0.0]
    features[:, names.index("reminder")] = reminded
    return Situations(scene, features, np.ones((2, len(actions)), bool), np.zeros(2, int), np.arange(2))


def test_the_record_s_tones_are_moved_by_the_model_s_shift_and_nothing_else_is(kind) -> None:
    scene = kind.scenes({"reminder"})[1]
    actions = list(scene.actions.names)
    writes = np.array([name.startswith(("reply", "post")) for name in actions])
    replies = [actions.index(f"reply_{tone}") for tone in ("civil", "heated", "hostile")]
    plain = LearnedMind(scene, kind.rules(scene), {})

    def mind(beta: float) -> LearnedLLMMind:
        first = kind.scenes({"reminder"})[0]._replace(phase="")
        shifts = LLMMind(FakeModel(), first, alpha=[0.0] * len(actions), beta=beta)
        return LearnedLLMMind(scene, kind.rules(scene), {}, 0.0, shifts)

    quiet, told = asked_of(scene, 0.0), asked_of(scene, 1.0)
    before, without = plain.decide([quiet])[0], mind(0.0).decide([told])[0]
    assert without == pytest.approx(before), (
        "with beta 0 the record alone speaks, without what rules say of notices"
    )

    raw = LLMMind(FakeModel(), scene._replace(phase=""), alpha=None, beta=1.0)
    neutral = LLMMind(FakeModel(), scene._replace(phase=""), alpha=[0.0] * len(actions), beta=1.0)
    offered = np.where(writes, True, False) & np.ones((2, 1), bool)
    same = Situations(raw.scene, told.features, offered, told.persona, told.member)
    says, shift = raw.decide([same])[0], neutral.decide([same])[0]
    assert not np.allclose(says[:, replies], shift[:, replies]), "a shift is against the neutral answer"
    moved = mind(1.0).decide([told])[0]
    expected = np.array([0.0, *ALPHA]) + shift[:, replies]
    assert moved[:, replies] - moved[:, replies[:1]] == pytest.approx(expected - expected[:, :1])
    for group in ("reply", "post", "lurk"):
        column = [name.startswith(group) for name in actions]
        assert np.logaddexp.reduce(moved[:, column], axis=1) == pytest.approx(
            np.logaddexp.reduce(before[:, column], axis=1)
        ), "whether a member opens or answers is the record's"


@pytest.fixture
def imported(tmp_path):
    """A folder with a profile and a law."""
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump(make_tiny().community["profile"]))
    (tmp_path / "learned.yaml").write_text(yaml.safe_dump({"schema": 1, "forward": forward()}))
    return tmp_path


@pytest.mark.parametrize("prompt", ["archetype", "member"])
def test_it_runs_and_says_so(imported, prompt, capsys) -> None:
    words = [f"community.profile={imported}", "mind=learned+llm", "llm=fake", f"prompt={prompt}", *RUN]
    words += ["mind.weeks_before=0.1"]
    assert main(["run", *words, f"out={imported / 'run'}"]) == OK
    manifest = json.loads((imported / "run" / "manifest.json").read_text())
    found = json.loads((imported / "run" / "estimates.json").read_text())
    assert (
        manifest["failed"] == 0 and manifest["llm"]["mind"] == "learned+llm" and found["aa_discordance"] == 0
    )
    assert any("what the model makes of its words" in one for one in found["fidelity"]["declared"])
    assert not cannot_move(manifest["config"])
    if prompt == "member":
        return
    capsys.readouterr()
    assert main(["run", *words, "dry=true"]) == OK
    assert "distinct questions" in capsys.readouterr().out
    assert main(["rerun", str(imported / "run")]) == OK
    assert "identical" in capsys.readouterr().out.lower()


def test_without_a_law_it_is_refused_in_a_sentence(tmp_path, capsys) -> None:
    assert main(["run", "mind=learned+llm", "llm=fake", *RUN, f"out={tmp_path / 'no'}"]) == MISTAKE
    assert "mind=learned+llm needs a learned.yaml" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_what_a_fit_could_not_learn_is_said(imported) -> None:
    why = "how members would act in a simulation: to simulate from, a record needs 300 replies"
    (imported / "learned.yaml").write_text(yaml.safe_dump({"schema": 1, "cannot": [why]}))
    with pytest.raises(ValueError, match="a record needs 300 replies; mind=rules needs none"):
        plan(compose([f"community.profile={imported}", "mind=learned", *RUN]))
