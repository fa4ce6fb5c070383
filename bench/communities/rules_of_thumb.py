"""Rules of thumb: the acceptance of the section (5.6) as paired effects; nothing of it is published in this form.

python bench/communities/rules_of_thumb.py [--draws 200] [--root 1]
"""

import argparse
from typing import Any

from paired import change, last_line, lived, told

OWN = "own model: direction by mechanism"
OUTCOMES = ("norm_violation_rate", "normative_agreement", "acceptance_gap", "needless_restraint")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--root", type=int, default=1)
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for level in ("country", "value", "rule"):
        found = lived(
            None,
            asked.draws,
            asked.root,
            community="rules_of_thumb",
            policy="rules_visibility",
            policy_with={"rules_visibility": {"level": level}},
        )
        for outcome in OUTCOMES:
            text = "violations fall with visibility; fine acts are seen better than wrong ones"
            rows.append(told(f"told the {level}: {outcome}", change(found, outcome), text, OWN))
    last_line(rows, draws=asked.draws, root=asked.root)


if __name__ == "__main__":
    main()
