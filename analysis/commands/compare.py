"""`windtunnel compare`: which policy, at what cost, how sure, over finished runs."""

import argparse
from pathlib import Path
from typing import Any

from windtunnel.analysis.folder import TABLES, Folder
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare policies that were run on the same community, seeds and outcome, against the same baseline: "
        "effects with simultaneous intervals, costs, harm by group, which cannot be told apart, and what to do."
    )
    parser.add_argument(
        "out", nargs="+", help="output folders of runs, or of a sweep (run -m), which stands for its cells"
    )
    parser.add_argument(
        "--payoff",
        metavar="averted=1,backfire=-1,always=0,never=0",
        help="what a future of each kind is worth to you; for a good outcome brought_about instead of averted; "
        "without it no benefit is shown",
    )
    parser.add_argument(
        "--smallest-effect",
        type=float,
        metavar="SHARE",
        help="the smallest net share of futures worth acting on, say 0.05; without it no verdict is given",
    )
    parser.add_argument(
        "--outcome",
        metavar="NAME[:THRESHOLD]",
        help="the outcome that judges; without it the declared one, or the first that no policy here decides by its own mechanism",
    )
    parser.add_argument(
        "--goal",
        metavar="TEXT",
        help="what is wanted: 'less hostile_share', or how much, as 'hostile_share<=-20%%'",
    )
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="TEXT",
        help="what it may cost, as often as wanted: 'civil_posts>=-5%%' or 'at most 5 %% fewer civil_posts' (against the runs "
        "without the policy), 'moderator_actions<=10/day' (what there is with it)",
    )
    parser.add_argument(
        "--rank",
        choices=("pns",),
        help="also rank the policies by the least share of futures in which each must have made the difference, however twins share chance",
    )
    parser.add_argument("--confidence", type=float, default=0.95)
    page = parser.add_mutually_exclusive_group()
    page.add_argument("--html", metavar="FILE", help="write the page to this file, its tables beside it")
    page.add_argument("--no-html", action="store_true", help="write no page; with --out the tables alone")
    parser.add_argument(
        "--out",
        dest="folder",
        metavar="FOLDER",
        help="where the page and its tables go; without it beside the runs",
    )
    told = parser.add_mutually_exclusive_group()
    told.add_argument(
        "--json", action="store_true", help="print the whole comparison as JSON and nothing else"
    )
    told.add_argument(
        "--memo",
        action="store_true",
        help="print the answer and a table of five columns as Markdown, and nothing else",
    )


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis import compare
    from windtunnel.analysis.comparison.benefit import read_payoff

    found = compare(
        asked.out,
        payoff=read_payoff(asked.payoff) if asked.payoff else None,
        smallest_effect=asked.smallest_effect,
        confidence=asked.confidence,
        outcome=asked.outcome,
        goal=asked.goal,
        limits=asked.limit,
        rank=asked.rank,
    )
    page, tables = _write(found, asked)
    if asked.json:
        print_json(found.record)
        return OK
    if asked.memo:
        print(plain(found.memo()))
        return OK
    _print(found.record)
    if page:
        print(f"Page: {page}")
    if tables:
        names = ", ".join([str(tables[0]), *(path.name for path in tables[1:])])
        print(f"Tables: {names}; each as Parquet, too")
    return OK


def _write(found: Any, asked: argparse.Namespace) -> tuple[Path | None, list[Path]]:
    """Write what was asked for, and give the paths of the page and of the tables."""
    from windtunnel.analysis.comparison.files import beside, page_in, write_page, write_tables

    if asked.html:
        page = Path(asked.html)
        if page.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"--html is {asked.html}: give a file that ends in .html")
        if Folder(page.parent).manifest.is_file() and page.stem in TABLES:
            raise ValueError(
                f"--html {asked.html}: the table beside the page would replace the run's own {page.stem}.parquet; give another name"
            )
    elif asked.folder or not asked.no_html:
        page = page_in(Path(asked.folder) if asked.folder else beside(asked.out), found)
    else:
        return None, []
    return None if asked.no_html else write_page(found, page), write_tables(found, page)


def _print(record: dict[str, Any]) -> None:
    from windtunnel.analysis.comparison.method import method_plain
    from windtunnel.analysis.comparison.tables import short_table

    for line in record["fidelity"]:
        print(plain(line))
    for line in record["sentences"]:
        print(plain(f"- {line}"))
    print()
    for row in record["policies"]:
        print(plain(f"{row['policy']}: {row['what']}"))
    print()
    print_table(short_table(record))
    print()
    if "ranking" in record:
        from windtunnel.analysis.comparison.ranked import ranking_words

        for line in ranking_words(record["ranking"], record["direction"]):
            print(plain(line))
        print()
    if any(row["claim"] == "made" for row in record["policies"]):
        print(plain(method_plain(record)))
    for row in record["policies"]:
        for doubt in row["doubts"]:
            print(plain(f"{row['policy']}: {doubt}"))
    print(record["caveat"])
