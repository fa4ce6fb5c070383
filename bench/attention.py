"""The forum's laws fitted to public records: where replies go, who answers back, how heat spreads.

    python bench/attention.py

Reads r/Feminism, bicycles.meta and labelled GitHub threads beside the checkout (`--shared`). The last line is one JSON document.
`attention`: for each number of replies at which a thread's growth may end, the exponents of `profile_fit` and the bits a reply.
`answers`: share and delay of answers back. `heat`: log-odds of a heated and of a hostile comment, against a civil one, for one unit of
the hot share of the comments before it (two civil ones added), by people's labels, with the errors of clusters (threads).
All these threads ended in a lock, and what sets threads apart counts as heat too: an upper bound.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import minimize

from windtunnel.analysis.importers import import_corpus, parse_mapping
from windtunnel.analysis.profile_fit.activity import presence
from windtunnel.analysis.profile_fit.answers import answer_back
from windtunnel.analysis.profile_fit.attention import Choices, conditional_logit, sample_choices
from windtunnel.sim.communities.forum.forum import CALM_REPLIES

COMMON = "id=post_id,parent=parent_id,thread=conversation_id,author=author,kind=kind,score=score,"
CORPORA = {
    "reddit-feminism-2017h2": COMMON + "minute=minute,status=status,controversial=controversiality",
    "stackexchange-bicycles-meta": COMMON + "time=created_at,up=up,down=down,text=text",
}
ENDS = (1, 2, 3, 5, 8, 15, 40, 10**9)


def bits(choices: Choices, beta: np.ndarray) -> float:
    """Mean log2-probability of the chosen thread."""
    utility = np.where(choices.valid, choices.features @ beta, -np.inf)
    return float((utility[:, 0] - np.logaddexp.reduce(utility, axis=1)).mean() / np.log(2))


def attention(posts: pl.DataFrame) -> list[dict[str, Any]]:
    hours, rows = presence(posts).hours, []
    for end in ENDS:
        choices = sample_choices(posts, hours, np.random.default_rng(0), end)
        beta = conditional_logit(choices).coefficients
        rows.append(
            {"growth_ends": end, "exponents": beta.round(3).tolist(), "bits": round(bits(choices, beta), 4)}
        )
    return rows


def heat(comments: pl.DataFrame) -> dict[str, Any]:
    """Coefficients of the hot share before a comment in a multinomial logit of its label."""
    labels = comments.sort("issue_id", "position")
    hostile = labels["label"].str.contains("(?i)insult|vulgar|threat|identi").fill_null(False).to_numpy()
    level = np.where(labels["label"].is_null().to_numpy(), 0, np.where(hostile, 2, 1))
    _, thread = np.unique(labels["issue_id"].to_numpy(), return_inverse=True)
    weight = np.array([0.0, 0.5, 1.0])[level]
    order = np.arange(len(level))
    first = np.full(thread.max() + 1, len(level))
    np.minimum.at(first, thread, order)
    before = order - first[thread]
    hot = np.concatenate([[0], np.cumsum(weight)])
    share = (hot[order] - hot[first[thread]]) / (before + CALM_REPLIES)
    later = before > 0
    level, share, thread = level[later], share[later], thread[later]
    design = np.column_stack([np.ones(len(share)), share])

    def parts(beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        rows = np.column_stack([np.zeros(len(share)), design @ beta.reshape(2, 2).T])
        chance = np.exp(rows - np.logaddexp.reduce(rows, axis=1)[:, None])
        left = np.stack([level == 1, level == 2], axis=1) - chance[:, 1:]
        score = (left[:, :, None] * design[:, None, :]).reshape(len(share), 4)
        return -float(np.log(chance[np.arange(len(level)), level]).sum()), score, chance[:, 1:]

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        value, score, _ = parts(beta)
        return value, -score.sum(axis=0)

    beta = minimize(loss, np.zeros(4), jac=True, method="BFGS").x
    _, score, chance = parts(beta)
    spread = np.einsum("na,ab->nab", chance, np.eye(2)) - np.einsum("na,nb->nab", chance, chance)
    information = np.einsum("nab,ni,nj->aibj", spread, design, design).reshape(4, 4)
    by_thread = np.zeros((thread.max() + 1, 4))
    np.add.at(by_thread, thread, score)
    inverse = np.linalg.inv(information)
    error = np.sqrt(np.diag(inverse @ by_thread.T @ by_thread @ inverse))
    return {
        "comments": len(level),
        "threads": len(np.unique(thread)),
        "heated": [round(float(beta[1]), 3), round(float(error[1]), 3)],
        "hostile": [round(float(beta[3]), 3), round(float(error[3]), 3)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared")
    data = parser.parse_args().shared / "data"
    found: dict[str, Any] = {"bench": "attention", "attention": {}, "answers": {}}
    with tempfile.TemporaryDirectory() as folder:
        for name, mapping in CORPORA.items():
            out = Path(folder) / name
            key = Path(folder) / "key"
            import_corpus(
                "table", data / name / "posts.parquet", out, mapping=parse_mapping(mapping), key_file=key
            )
            posts = pl.read_parquet(out / "posts.parquet")
            found["attention"][name] = attention(posts)
            found["answers"][name] = [rate.value for rate in answer_back(posts)]
    found["heat"] = heat(pl.read_parquet(data / "github-incivility" / "comments.parquet"))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
