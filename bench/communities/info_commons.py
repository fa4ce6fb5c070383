"""Information commons: the acceptance of the section as paired effects, beside the sketch; nothing of it is published.

python bench/communities/info_commons.py [--draws 100] [--root 1]
"""

from typing import Any

from paired import change, draws_and_root, last_line, lived, run, told, values

OWN = "own model: direction by mechanism"
OUTCOMES = ("active_producers", "answer_quality", "readers_left", "output_left")


def acted(draws: int, root: int, policy: Any, **given: Any) -> Any:
    return lived(None, draws, root, community="info_commons", policy=policy, policy_with=given)


def main() -> None:
    draws, root = draws_and_root(__doc__, 100)
    rows: list[dict[str, Any]] = []

    def tell(name: str, found: Any, sketch: str) -> None:
        for outcome in OUTCOMES:
            rows.append(told(f"{name}: {outcome}", change(found, outcome), sketch, OWN))

    nobody = run(
        {"community.settings.switch": 200, "community.settings.switch_at": 1.0},
        community="info_commons",
        policy="documentation_mandate",
        draws=draws,
        seeds=1,
        root=root,
        dowhy=False,
    )
    alone = {outcome: round(float(values(nobody, outcome, "baseline").mean()), 3) for outcome in OUTCOMES}
    rows.append(told("nobody goes over to machines", alone, "sketch 57.4 / .88 / 100 / 1", OWN))
    both = ["safe_harbour", "bargaining"]
    for coverage in (0.1, 0.5, 1.0):
        found = acted(draws, root, both, bargaining={"coverage": coverage})
        sketch = {0.1: "23.8/.80/11.8", 0.5: "30.9/.83/9.9", 1.0: "38.5/.86/7.7; none 21.2/.79/12.5"}[
            coverage
        ]
        tell(f"posted .3, coverage {coverage:g}", found, f"sketch {sketch}")
    for share in (0.1, 0.5):
        found = acted(draws, root, both, bargaining={"share": share})
        tell(f"posted {share:g}, coverage 1", found, f"sketch {27.0 if share == 0.1 else 46.8} active")
    for protocol in ("nash", "alternating"):
        found = acted(draws, root, both, bargaining={"protocol": protocol, "share": 0.5})
        tell(f"{protocol}, coverage 1", found, "not in the sketch")
    once = {"critical": [0.28, 0.0], "others": [0.28, 0.0]}
    tell(
        "28 % of all close in a year",
        acted(draws, root, "robots_optout", robots_optout=once),
        "A lower by .02 to .06",
    )
    tell(
        "28 % of the critical, 5 % of the others, every year",
        acted(draws, root, "robots_optout"),
        "not in the sketch",
    )
    ignored = acted(draws, root, "robots_optout", robots_optout={"enforcement": 0.0})
    tell("... not enforced", ignored, "not in the sketch")
    for policy in ("revenue_share", "public_option"):
        tell(policy, acted(draws, root, policy), "not in the sketch")
    paid = {}
    for members in ("random", "specialists"):
        found = acted(draws, root, "bargaining", bargaining={"coverage": 0.1, "members": members})
        late = found.measures.filter(found.measures["measure"] == "paid", found.measures["arm"] == "policy")
        paid[members] = float(late["value"].mean())  # type: ignore[arg-type]
        tell(f"a tenth, {members}", found, "sketch 23.8 random, 23.3 specialists")
    ratio = round(paid["specialists"] / paid["random"], 2)
    rows.append(
        told(
            "(e) what specialists are paid over a random tenth",
            {"ratio": ratio} | paid,
            ">= 1.8; 5.84 / 2.51",
            OWN,
        )
    )
    for method in ("none", "filter_only", "reweight", "exact_retrain"):
        found = acted(draws, root, "retraction", retraction={"method": method})
        for outcome in ("residual_influence", "answer_quality", "retrainings"):
            rows.append(
                told(
                    f"forgotten by {method}: {outcome}",
                    change(found, outcome),
                    "(5.10) exact 0 <= reweight < filter_only",
                    OWN,
                )
            )
    last_line(rows, draws=draws, root=root)


if __name__ == "__main__":
    main()
