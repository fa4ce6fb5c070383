"""Feedback commons: the acceptance of the section as paired effects, beside the sketch; the paper has no numbers.

python bench/communities/feedback_commons.py [--draws 100] [--root 1]
"""

from typing import Any

from paired import change, draws_and_root, last_line, lived, run, told, values

from windtunnel.policies.registry import policy_names
from windtunnel.sim.unlearning import METHODS

OWN = "own model: direction by mechanism"
OUTCOMES = ("contributions", "mean_quality", "least_quality")
BUNDLE = ["easy_interface", "outreach", "revocable_consent", "implicit_feedback"]


def main() -> None:
    draws, root = draws_and_root(__doc__, 100)
    rows: list[dict[str, Any]] = []

    def tell(name: str, policy: Any, sketch: str, more: tuple[str, ...] = (), **given: Any) -> Any:
        found = lived(None, draws, root, community="feedback_commons", policy=policy, policy_with=given)
        for outcome in (*OUTCOMES, *more):
            rows.append(told(f"{name}: {outcome}", change(found, outcome), sketch, OWN))
        return found

    base = "147 / .56 / .27; "
    tell("easy_interface", "easy_interface", base + "182 / .61 / .33")
    pay = {"mixed_rewards": {"pay": 0.3, "crowding": 0.3}}
    tell("pay .3", "mixed_rewards", base + "155 / .57 / .28", **pay)
    tell(
        "pay 1.5",
        "mixed_rewards",
        base + "226 / .64 / .36",
        **{"mixed_rewards": {"pay": 1.5, "crowding": 0.3}},
    )
    for level in (0.0, 0.3, 1.5):
        tell(
            f"pay {level:g}, crowding .6",
            "mixed_rewards",
            "small pay 0 or negative",
            **{"mixed_rewards": {"pay": level, "crowding": 0.6}},
        )
    gaps = ("coverage_inequality", "quality_inequality")
    tell(
        "specialised_models", "specialised_models", base + "236 / .62 / .29, coverage Gini .125 -> .177", gaps
    )
    tell("outreach", "outreach", base + "156 / .60 / .33; worst at least as much as mean")
    tell("implicit_feedback", "implicit_feedback", base + "148 / .62 / .34")
    tell("revocable_consent", "revocable_consent", base + "195 / .62 / .32")
    tell("bundle", BUNDLE, base + "367 / .77 / .52; more than each alone")
    ends = {"mixed_rewards": {"pay": 0.6, "crowding": 0.3, "stop": 30}}
    tell("pay until step 30", "mixed_rewards", "below who was never paid", ("contributions_at_end",), **ends)
    for method in METHODS:
        found = lived(
            None, draws, root, community="feedback_commons", policy="unlearning",
            policy_with={"unlearning": {"method": method}},
        )  # fmt: skip
        asked = "(5.10) exact 0 <= reweight < filter_only"
        for outcome in ("residual_influence", "mean_quality", "retractions"):
            rows.append(told(f"taken back, {method}: {outcome}", change(found, outcome), asked, OWN))
    best = {
        one: change(
            lived(None, min(draws, 20), root, community="feedback_commons", policy=one), "least_quality"
        )["difference"]
        for one in policy_names("feedback_commons")
        if one not in ("none", "absence")
    }
    ranked = dict(sorted(best.items(), key=lambda row: -row[1]))
    rows.append(told("each action alone: worst group", ranked, "less than the bundle", OWN))
    for shared in (0.0, 1.0):
        found = run(
            {"community.settings.shared": shared}, community="feedback_commons", policy="outreach", draws=draws,
            seeds=1, root=root, dowhy=False,
        )  # fmt: skip
        mean = round(float(values(found, "mean_quality", "baseline").mean()), 3)
        rows.append(told(f"firms share {shared:g}", {"mean_quality": mean}, "pooled >= siloed", OWN))
    last_line(rows, draws=draws, root=root)


if __name__ == "__main__":
    main()
