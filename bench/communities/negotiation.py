"""Negotiation: the acceptance of the section on many drawn problems, beside the paper's one case and the sketch.

python bench/communities/negotiation.py [--draws 200] [--root 1]
"""

from typing import Any

import numpy as np
from paired import change, draws_and_root, last_line, lived, told, values

OWN = "own procedure: direction by mechanism"
PAPER = {
    "total_utility": "paper 21.10 -> 24.55 (+16.4 %); sketch 21.5 -> 28.2",
    "worst_utility": "paper 3.20 -> 3.90; sketch 3.02 -> 4.30",
    "low_satisfaction": "paper .86 -> 1.00 (normalised otherwise)",
    "utility_gini": "paper .036 -> .025 (ratio .69); sketch .058 -> .029",
    "regret_total": "not published",
    "regret_nash": "not published",
    "groups_worse_off": "0 by construction",
}


def main() -> None:
    draws, root = draws_and_root(__doc__, 200)
    rows: list[dict[str, Any]] = []
    for preset in ("negotiation_mediated", "negotiation_majority"):
        found = lived(preset, draws, root)
        rows += [told(f"{preset}: {name}", change(found, name), text, OWN) for name, text in PAPER.items()]
        gini = [values(found, "utility_gini", arm) for arm in ("policy", "baseline")]
        total = [values(found, "total_utility", arm) for arm in ("policy", "baseline")]
        worst = [values(found, "worst_utility", arm) for arm in ("policy", "baseline")]
        rows.append(
            told(
                f"{preset}: shares",
                {
                    "gini_ratio": round(float(gini[0].mean() / gini[1].mean()), 3),
                    "gini_lower": round(float((gini[0] < gini[1]).mean()), 3),
                    "total_more": round(float(total[0].mean() / total[1].mean() - 1), 3),
                    "total_never_lower": bool(np.all(total[0] >= total[1] - 1e-9)),
                    "worst_never_lower": bool(np.all(worst[0] >= worst[1] - 1e-9)),
                },
                "total +5 to +35 %, Gini ratio <= .9, Gini lower in 97 % (sketch)",
                OWN,
            )
        )
    found = lived("negotiation_blind", draws, root)
    for name in ("belief_gap", "value_gap", "groups_worse_off", "total_utility"):
        rows.append(
            told(
                f"talk under a majority rule: {name}",
                change(found, name),
                "belief shrinks, values do not",
                OWN,
            )
        )
    last_line(rows, draws=draws, root=root)


if __name__ == "__main__":
    main()
