"""What a forum's tables hold beyond what all communities have in common."""

from dataclasses import replace

from windtunnel.sim.communities.forum.posts import TONES
from windtunnel.sim.community import Declared, Harm, Nouns

DECLARED = Declared(
    levels=TONES,
    traits=("temper",),
    groups=("group", "persona"),
    summaries={f"saw_{tone}": f"{tone} posts shown to a member" for tone in TONES},
    harms=(
        Harm(
            *("saw_hostile", "hostile posts shown to a member"),
            name="hostile_exposures",
            short="hostile posts shown",
            better="shown fewer hostile posts",
            worse="shown more",
            forced="decides which posts are shown",
        ),
    ),
    offers=("words", "export", "calibrate"),
    absences=True,
    nouns=Nouns(nothing="no moderation", status_quo="the moderation under which the record arose"),
)


def learned() -> Declared:
    """The same where members are learned: whose name a record would lack is a summary, for it is drawn when they first write."""
    more = {"unnamed": "1 for a member whose name the record would lack"}
    return replace(DECLARED, summaries={**DECLARED.summaries, **more})
