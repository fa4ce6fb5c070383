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


_MEASURED = {
    "can_follow": {"follows": "authors newly followed"},
    "can_repost": {"reposts": "posts shared", "hostile_reposts": "hostile posts shared"},
    "false_share": {"false_support": "up-votes and shares of false posts"},
    "reader_weight": {
        "pull": "mean share of the most that readers could have",
        "push": "mean share of the most that the advocate could have",
    },
}


def with_extras(declared: Declared, extras: tuple[str, ...]) -> Declared:
    """The same of a forum that has more than every forum: names of its settings."""
    if not extras:
        return declared
    measures = {name: unit for extra in extras for name, unit in _MEASURED.get(extra, {}).items()}
    traits = (*declared.traits, "camp") if "camps" in extras else declared.traits
    summaries = dict(declared.summaries)
    if "reader_weight" in extras:
        summaries |= {"pull": "sum of the feeds' pull", "feeds_read": "feeds read"}
    return replace(declared, measures=measures, traits=traits, summaries=summaries)


def learned() -> Declared:
    """The same where members are learned: whose name a record would lack is a summary, for it is drawn when they first write."""
    more = {"unnamed": "1 for a member whose name the record would lack"}
    return replace(DECLARED, summaries={**DECLARED.summaries, **more})
