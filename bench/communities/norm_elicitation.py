"""Norm elicitation: the acceptance of the section, and what each way of choosing does in a commons.

python bench/communities/norm_elicitation.py [--draws 200] [--root 1]
"""

from typing import Any

from paired import change, draws_and_root, last_line, lived, told, values

OWN = "own people, the paper's graph: direction by mechanism"


def main() -> None:
    draws, root = draws_and_root(__doc__, 200)
    rows: list[dict[str, Any]] = []
    for preset in ("norms_moral_graph", "norms_negotiated"):
        found = lived(preset, draws, root)
        first = {
            arm: round(float((values(found, "expert_rank", arm) <= 3).mean()), 3)
            for arm in ("baseline", "policy")
        }
        rows.append(told(f"{preset}: experts' norm in the top 3", first, ">= .7, lower by plurality", OWN))
        for name in ("winners_wisdom", "representation", "livable_norm", "expert_rank"):
            rows.append(
                told(f"{preset}: {name}", change(found, name), "89.1 % felt represented in the paper", OWN)
            )
    for method in ("vote", "moral_graph", "negotiation"):
        given = {"elicited_norm": {"method": method}}
        found = lived(None, draws, root, community="commons", policy="elicited_norm", policy_with=given)
        for name in ("survival", "gain", "over_usage"):
            rows.append(
                told(f"commons, norm by {method}: {name}", change(found, name), "nobody has measured it", OWN)
            )
    last_line(rows, draws=draws, root=root)


if __name__ == "__main__":
    main()
