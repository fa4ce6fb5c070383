"""Companion chat: the published slopes beside ours, and what each policy changes, paired.

    python bench/communities/companion_chat.py [--draws 200] [--root 1]

Published (arXiv 2603.19574, by its abstract and a note of it): mean slope of prone users .021 a turn, of control users -.018,
Cohen's d 2.06 to 2.24; where replies know the score, slopes are negative or about 0.
"""

import argparse
from typing import Any

import numpy as np
import polars as pl
from paired import change, last_line, lived, told

from windtunnel.analysis.outcomes import Runs
from windtunnel.analysis.outcomes.companion_chat import slopes
from windtunnel.sim.communities.companion_chat.score import text_score

TUNED, DIRECTION = "tuned to size", "reproduced by mechanism if the sign is right"
CHECKED = "checked on our own sentences"


def cohens_d(one: np.ndarray, two: np.ndarray) -> float:
    """The difference of means in pooled standard deviations."""
    return float((one.mean() - two.mean()) / np.sqrt((one.var(ddof=1) + two.var(ddof=1)) / 2))


def models(draws: int, root: int) -> list[dict[str, Any]]:
    """Slopes without a policy: by sycophancy, which stands for the model, and by what users are occupied with."""
    rows = []
    for k in (0.8, 0.95, 1.1):
        found = lived(
            "companion_state_aware", draws, root, community={"settings": {"sycophancy": k}}, steps=20
        )
        each = slopes(Runs(found.runs, found.events, found.members)).filter(pl.col("arm") == "baseline")
        prone, steady = (
            each.filter(pl.col("persona") == name)["slope"].to_numpy() for name in ("prone", "steady")
        )
        mean = {"prone": round(float(prone.mean()), 4), "steady": round(float(steady.mean()), 4)}
        rows.append(
            told(
                f"slopes a turn, k = {k}",
                mean | {"d": round(cohens_d(prone, steady), 2)},
                "published .021, -.018 and d of 2.06 to 2.24",
                f"{TUNED}; the steady slope is not reproduced",
            )
        )
        rows.append(
            told(
                f"state-aware above .5, k = {k}",
                change(found, "delusion_slope"),
                "-70 % at least; published: negative or about 0",
                DIRECTION,
            )
        )
        if k == 0.95:
            by_theme = each.filter(pl.col("persona") == "prone").group_by("occupied_with")
            mean = {
                name: round(value, 4)
                for name, value in by_theme.agg(pl.col("slope").mean())
                .sort("slope", descending=True)
                .iter_rows()
            }
            rows.append(told("prone users by theme", mean, "reality > compulsive > others", TUNED))
            rows.append(
                told("state-aware, steady users", change(found, "steady_slope"), "no change", DIRECTION)
            )
    return rows


def policies(draws: int, root: int) -> list[dict[str, Any]]:
    rows = []
    for name, parameters, asked in (
        ("state_aware", {"tau": 0.5, "dose": 1.2}, "lower"),
        ("state_aware", {"tau": 0.2}, "at most .002; published: negative or about 0"),
        ("always_ground", {}, "lower; the sketch -.012"),
        ("sycophancy", {"k": 0.4}, "lower"),
        ("session_limit", {}, "lower"),
        ("human_referral", {}, "lower"),
        ("peer_group", {}, "?"),
    ):
        found = lived(
            None,
            draws,
            root,
            community="companion_chat",
            policy=name,
            policy_with={name: parameters} if parameters else {},
        )
        for outcome in ("delusion_slope", "high_turns", "turns_talked"):
            rows.append(
                told(f"{name} {parameters or ''}: {outcome}", change(found, outcome), asked, DIRECTION)
            )
    return rows


def texts(draws: int, root: int) -> list[dict[str, Any]]:
    """The score that is read from words: first whether it tells held-out sentences apart, then the same policy."""
    themes = ("reality_skepticism", "compulsive_reasoning", "grand_significance", "persecution")
    auroc = text_score((*themes, "special_connection")).auroc
    rows = [told("text score on held-out sentences", {"auroc": round(auroc, 3)}, "at least .9", CHECKED)]
    found = lived("companion_text", draws, root)
    return [
        *rows,
        told("state-aware above .5, text score", change(found, "delusion_slope"), "lower", DIRECTION),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--root", type=int, default=1)
    asked = parser.parse_args()
    rows = [part(asked.draws, asked.root) for part in (models, policies, texts)]
    last_line([row for part in rows for row in part], draws=asked.draws, root=asked.root)


if __name__ == "__main__":
    main()
