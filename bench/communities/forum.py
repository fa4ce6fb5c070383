"""A forum's feed and what stands beside it: rankers, notes, votes, a ban, and whose interest a feed serves.

python bench/communities/forum.py [--draws 40] [--root 1]

Members follow rules of thumb, so a figure says what those rules make of a ranking. Notes' effects on one reader are of Slaughter et al. 2025.
"""

import argparse
from typing import Any

from paired import change, last_line, lived, told

OURS = "by mechanism; nothing published to match"
RULES = "direction put in by the rules; size follows"
CASES: tuple[tuple[str, dict[str, Any], dict[str, Any], tuple[str, ...]], ...] = (
    *(
        ("feed_ranker", {"ranker": name}, {"camps": True}, ("hostile_share", "hostile_exposures", "posts_kept"))
        for name in ("new", "hot", "votes", "heated", "bridging")
    ),
    ("planted_votes", {"share": 0.5, "votes": 1}, {}, ("posts_kept", "hostile_share")),
    ("hidden_downvote", {}, {}, ("posts_kept", "hostile_share")),
    ("community_ban", {"leave": 0.4}, {}, ("hostile_share", "hostility_elsewhere", "posts_kept", "active_members")),
    ("verified_boost", {"share": 0.05, "boost": 2.3}, {}, ("gini_posts", "hostile_share")),
    ("correction_notes", {}, {"false_share": 0.3, "can_repost": True}, ("false_support", "posts_kept")),
    ("correction_notes", {}, {"false_share": 0.3, "can_repost": True, "camps": True}, ("false_support",)),
    *(
        (name, given, {"reader_weight": 0.5}, ("pull", "push", "pull_gini"))
        for name, given in (
            ("feed_weight", {"weight": 0.8}),
            ("feed_weight", {"weight": 0.2}),
            ("feed_neutral", {}),
            ("feed_granularity", {"block": 4}),
            ("feed_push_free", {}),
            ("feed_transparency", {}),
        )
    ),
)  # fmt: skip
"""Policy, its parameters, the forum's settings, outcomes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--root", type=int, default=1)
    asked = parser.parse_args()
    rows = []
    for policy, given, settings, outcomes in CASES:
        more = {"policy_with": {policy: given}} if given else {}
        found = lived(
            None,
            asked.draws,
            asked.root,
            policy=policy,
            baseline="none",
            community={"settings": settings},
            **more,
        )
        for outcome in outcomes:
            kind = RULES if policy == "correction_notes" else OURS
            shown = ", ".join(f"{key} {value}" for key, value in {**given, **settings}.items())
            rows.append(told(f"{policy} ({shown}): {outcome}", change(found, outcome), "", kind))
    last_line(rows, draws=asked.draws, root=asked.root)


if __name__ == "__main__":
    main()
