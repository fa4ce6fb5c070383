"""Audit of a memory's retriever: minimal pairs of texts that are equally relevant and differ in one attribute."""

from typing import Any

import numpy as np

from windtunnel.agents.recall import BIASES, Retriever

PAIRS = 400
QUERY = ("alpha", "bravo", "charlie", "delta")
ALL = "all at once"


def _text(draw: np.random.Generator, attribute: str, liked: bool) -> str:
    """A made-up text of numbered words: what is not the pair's attribute is the same in both of a pair."""
    both = attribute == ALL
    length = 12 if liked and (both or attribute == "brevity") else 36 if attribute in (ALL, "brevity") else 24
    matched = 3 if (liked and (both or attribute == "literal")) else 1
    again = 3 if (liked and (both or attribute == "repetition")) else 0
    early = 0 if (liked and (both or attribute == "position")) else length // 3
    words = [f"w{number}" for number in draw.integers(0, 10_000, length)]
    put = [*QUERY[:matched], *[QUERY[0]] * again]
    words[early : early + len(put)] = put
    return " ".join(words)


def retrieval_bias(retriever: Retriever, pairs: int = PAIRS, seed: int = 0) -> list[dict[str, Any]]:
    """A row an attribute, and one for all of them at once: what the retriever makes of equals.

    `difference` is the mean difference of scores and `sd` its standard deviation, `t` = difference / (sd / sqrt(pairs)) (None where nothing
    scatters), `wins` the share of pairs in which the favoured text is found higher, ties by half, `correlation` that of score and
    attribute. A rewriting may lower t by letting scores scatter alone: read it beside the difference.
    """
    if pairs < 2:
        raise ValueError(f"an audit of {pairs} pairs tells nothing: give 2 or more")
    draw, rows = np.random.default_rng(seed), []
    query = " ".join(QUERY)
    for attribute in (*BIASES, ALL):
        relevance = draw.normal(size=pairs)
        found = []
        for liked in (True, False):
            texts = [_text(draw, attribute, liked) for _ in range(pairs)]
            found.append(retriever.scores(query, texts, relevance, draw.normal(size=pairs)))
        apart = found[0] - found[1]
        sd = float(apart.std(ddof=1))
        scores = np.concatenate(found) - np.tile(relevance, 2)
        liked_ = np.repeat([1.0, 0.0], pairs)
        rows.append(
            {
                "attribute": attribute,
                "difference": float(apart.mean()),
                "sd": sd,
                "t": float(apart.mean() / (sd / np.sqrt(pairs))) if sd > 1e-12 else None,
                "wins": float((apart > 0).mean() + (apart == 0).mean() / 2),
                "correlation": float(np.corrcoef(scores, liked_)[0, 1]) if scores.std() > 1e-12 else 0.0,
            }
        )
    return rows
