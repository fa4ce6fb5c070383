"""Where most acts could not have been offered by the model, as in chats whose posts answer nothing, an answer says that little was inferred."""

import pytest

from windtunnel.analysis.why.forum import sentences


@pytest.mark.parametrize("not_offered, says", [(30, True), (15, False), (0, False)])
def test_most_acts_forced_is_said(monkeypatch, not_offered, says) -> None:
    monkeypatch.setattr(sentences, "weak", lambda record: False)
    monkeypatch.setattr(sentences, "weak_in", lambda record: "")
    replay = {"acts": 32, "reproduced": 32, "kept": 1, "not_offered": not_offered}
    told = sentences.trust({"replay": replay, "log_score": None})
    assert any("next to nothing was inferred" in one for one in told) == says
