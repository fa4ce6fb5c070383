"""What a member was told in the one world and not in the other stands in the community's own words."""

from windtunnel.agents.situation import Feature
from windtunnel.analysis.why.parting import told_otherwise


def test_what_a_member_is_told_otherwise_stands_in_words():
    says = {
        "heat": Feature("heat", (1.1,), ("The thread is calm.", "The thread has become a quarrel.")),
        "note": Feature("note", (0.5,), ("", "A notice says: be kind.")),
    }
    calm = {"features": {"heat": 0.9, "note": 0.0}, "says": says}
    assert told_otherwise(calm, calm) == ""
    noticed = {"features": {"heat": 1.06, "note": 1.0}, "says": says}
    assert told_otherwise(calm, noticed) == (
        "heat is higher (1.06 instead of 0.90), it reads \u201cA notice says: be kind.\u201d"
    )
    hot = {"features": {"heat": 1.3, "note": 0.0}, "says": says}
    assert told_otherwise(calm, hot) == (
        "it reads \u201cThe thread has become a quarrel.\u201d instead of \u201cThe thread is calm.\u201d"
    )
