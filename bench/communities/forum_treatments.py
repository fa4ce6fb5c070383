"""Treatments of a forum's members: detoxified members in the published order, how unfairly policies treat likes, a rule of one's own.

python bench/communities/forum_treatments.py [--draws 40] [--root 1]
"""

import argparse
from typing import Any

from paired import change, last_line, lived, told

OWN = "own model: direction by mechanism"
BUILT = "by construction"


def acted(draws: int, root: int, policy: str, **given: Any) -> Any:
    return lived(
        None,
        draws,
        root,
        community="forum",
        baseline="none",
        policy=policy,
        policy_with={policy: given},
        steps=24,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--root", type=int, default=1)
    asked = parser.parse_args()
    draws, root = asked.draws, asked.root
    rows: list[dict[str, Any]] = []
    for mode in ("sae", "iti", "causal_detox"):
        found = acted(draws, root, "detoxified_members", mode=mode)
        for outcome in ("hostile_share", "active_members"):
            text = "toxicity: none > SAE = ITI > CausalDetox (reductions .17, .17, .27)"
            kind = BUILT if outcome == "hostile_share" else OWN
            rows.append(told(f"{mode}: {outcome}", change(found, outcome), text, kind))
    for caught in (0.4, 0.8, 1.0):
        found = acted(draws, root, "remove_hostile", detection=caught)
        text = "PUF: 0 without a policy"
        rows.append(told(f"remove_hostile {caught:g}", change(found, "treatment_unfairness"), text, OWN))
    for policy in ("slow_mode", "graduated_sanctions"):
        found = acted(draws, root, policy)
        rows.append(told(policy, change(found, "treatment_unfairness"), "PUF: 0 without a policy", OWN))
    for method in ("vote", "moral_graph", "negotiation"):
        found = acted(draws, root, "elicited_rule", method=method)
        for outcome in ("hostile_share", "civil_posts", "moderator_actions"):
            rows.append(
                told(f"rule by {method}: {outcome}", change(found, outcome), "nobody has measured it", OWN)
            )
    last_line(rows, draws=draws, root=root)


if __name__ == "__main__":
    main()
