"""Misinformation: acceptance of the section as paired effects; nothing but the two qualitative findings named is published.

python bench/communities/misinformation.py [--draws 200] [--root 1]
"""

from typing import Any

import numpy as np
import polars as pl
from paired import change, draws_and_root, last_line, lived, run, told, values
from scipy.stats import spearmanr

OWN = "own model: direction by mechanism"
TUNED = "tuned to size"


def acted(policy: str, draws: int, root: int, **given: Any) -> Any:
    return lived(
        None,
        draws,
        root,
        community="misinformation",
        policy=policy,
        policy_with={policy: given} if given else {},
    )


def words(found: Any) -> float:
    """Rank correlation, over periods of six days, of negative words and of disagreement; the mean over runs without the policy."""
    rows = found.measures.filter(pl.col("arm") == "baseline")
    wide = rows.pivot("measure", index=["draw", "step"], values="value")
    periods = wide.group_by("draw", pl.col("step") // 6).agg(
        pl.col("negative").sum() / pl.col("scored").sum(), pl.col("disagreement").mean()
    )
    each = [spearmanr(one["negative"], one["disagreement"]).statistic for one in periods.partition_by("draw")]
    return float(np.nanmean(each))


def main() -> None:
    draws, root = draws_and_root(__doc__, 200)
    rows: list[dict[str, Any]] = []
    for name, policy, given in (
        *((f"removal, {a:g} false alarms", "remove_false", {"false_alarms": a}) for a in (0.01, 0.05, 0.2)),
        ("removal, 2 days late", "remove_false", {"latency": 48}),
        ("label", "label_false", {}),
        ("shown to fewer", "downrank_false", {}),
        ("gate", "publication_gate", {}),
        *((f"guardrail {b:g}", "model_guardrail", {"blocks": b}) for b in (0.4, 0.8)),
    ):
        found = acted(policy, draws, root, **given)
        for outcome in ("false_exposure", "belief_error", "true_stopped"):
            rows.append(
                told(f"{name}: {outcome}", change(found, outcome), "exposure down; true stopped up", OWN)
            )
    for capture in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        found = lived(
            "captured_institution", draws, root, policy_with={"truth_institution": {"capture": capture}}
        )
        asked = "falls with capture; below 0 from some capture on"
        rows += [
            told(f"institution, capture {capture:g}: welfare", change(found, "informed_welfare"), asked, OWN),
            told(
                f"institution, capture {capture:g}: true_stopped", change(found, "true_stopped"), "rises", OWN
            ),
        ]
    for preset in ("plausible_not_causal", "plausible_and_causal"):
        found = lived(preset, draws, root)
        correlation = float(values(found, "apparent_harm", "baseline").mean())
        p0, p1 = (values(found, "disagreement", arm) for arm in ("baseline", "policy"))
        threshold = 0.7 if preset.endswith("and_causal") else 0.62
        pns = float(((p0 >= threshold) & (p1 < threshold)).mean())
        rows += [
            told(
                f"{preset}: correlation seen",
                {"correlation": round(correlation, 3)},
                ".587 in monthly tweets",
                TUNED,
            ),
            told(f"{preset}: effect of removal", change(found, "disagreement"), "0 against < 0", OWN),
            told(f"{preset}: PNS", {"pns": pns, "threshold": threshold}, "0 against > 0", OWN),
        ]
    place = {
        f"community.settings.drives.{name}": value for name, value in (("belief", 0.0), ("tension", 0.6))
    }
    common: dict[str, Any] = dict(draws=draws, seeds=1, root=root, steps=120, dowhy=False)
    found = run(place, community="misinformation", policy="model_guardrail", **common)
    rows.append(
        told("negative words and planted disagreement", {"correlation": round(words(found), 3)}, ">= .5", OWN)
    )
    last_line(rows, draws=draws, root=root)


if __name__ == "__main__":
    main()
