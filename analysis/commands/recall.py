"""`windtunnel recall`: an audit of what a member's memory favours beside relevance, under each rewriting of the query."""

import argparse
from typing import Any

from windtunnel.analysis.terminal.ending import OK
from windtunnel.analysis.terminal.printing import print_json, print_table

REWRITINGS = ("none", "simple", "pseudo_doc")


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "weight",
        nargs="*",
        metavar="KEY=NUMBER",
        help="weights as in community.settings.retriever: brevity, position, literal, repetition, noise",
    )
    parser.add_argument("--pairs", type=int, default=400, help="minimal pairs for each attribute")
    parser.add_argument("--json", action="store_true")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.recall_audit import retrieval_bias

    given = dict(_weight(word) for word in asked.weight)
    found = {
        name: retrieval_bias(_retriever(given | {"query_rewrite": name}), asked.pairs) for name in REWRITINGS
    }
    if asked.json:
        print_json(found)
        return OK
    print_table(
        [
            {
                "query rewritten": name,
                "favoured": row["attribute"],
                "difference": f"{row['difference']:.3f}",
                "t": "-" if row["t"] is None else f"{row['t']:.1f}",
                "found higher": f"{row['wins']:.0%}",
                "correlation": f"{row['correlation']:.2f}",
            }
            for name, rows in found.items()
            for row in rows
        ]
    )
    print(
        f"Each row: {asked.pairs} pairs of texts that are equally relevant and differ in one attribute. A rewriting may lower t by letting "
        "scores scatter alone: read it beside the difference."
    )
    return OK


def _weight(word: str) -> tuple[str, Any]:
    import yaml

    from windtunnel.agents.recall import BIASES

    key, equals, value = word.partition("=")
    known = (*BIASES, "noise")
    if not equals or key not in known:
        raise ValueError(f"{word!r} is no weight: write KEY=NUMBER, where KEY is {', '.join(known)}")
    return key, yaml.safe_load(value)


def _retriever(given: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    from windtunnel.agents.recall import Retriever

    try:
        return Retriever.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{first['loc'][0]} is {first['input']!r}: give a number from 0 to 100") from None
