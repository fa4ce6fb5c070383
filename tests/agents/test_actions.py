import pytest

from windtunnel.agents.actions import Action, Vocabulary

FORUM = Vocabulary([Action("lurk", "reads on"), Action("reply_civil", "answers"), Action("leave", "leaves")])


def test_actions_keep_their_order_and_their_columns():
    assert FORUM.names == ("lurk", "reply_civil", "leave")
    assert [FORUM.column(name) for name in FORUM.names] == [0, 1, 2]
    assert FORUM[1].words == "answers" and len(FORUM) == 3


def test_an_unknown_action_has_no_column():
    with pytest.raises(ValueError):
        FORUM.column("shout")
