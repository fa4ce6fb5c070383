"""`windtunnel optimise`: the parameters of a policy with the best stated score, and how they do on new communities."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from windtunnel.analysis.terminal.arguments import Parser
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table

SETTINGS = True
EXAMPLE = (
    "windtunnel optimise policy=thread_lock policy_with.thread_lock.heat=1:4 policy_with.thread_lock.hours=1:24 "
    "trials=30 lambda=1 cost.moderator_actions=0.01"
)
GOAL_EXAMPLE = (
    "windtunnel optimise policy=slow_mode policy_with.slow_mode.hours=1:12 trials=20 --goal 'less hostile_share' "
    "--limit 'civil_posts>=-5%%'"
)


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Search a policy's parameters for the best score on common seeds (Optuna). The score must be stated: "
        "averted - lambda x backfire - cost.NAME x what the policy adds of that outcome; or a goal with limits, as "
        "`windtunnel compare` takes them: the most of what is wanted among the trials that keep every limit. The best trial is "
        "run again on communities that the search has not seen, and under a goal judged there: meets, fails, not told apart."
    )
    parser.epilog = (
        f"Examples: {EXAMPLE}; {GOAL_EXAMPLE}. Also --json, out=FOLDER (each trial's folder, and the search itself: the same command "
        "goes on). DoWhy is left out of trials unless dowhy=true."
    )
    parser.add_argument("words", nargs="*", metavar="key=value")
    add_goal(parser)


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.sweeps.search import search
    from windtunnel.analysis.sweeps.search_question import read_question
    from windtunnel.analysis.sweeps.search_words import told

    stated, words = _stated(asked.words)
    flags = [word for word in words if word.startswith("-")]
    if stray := [word for word in flags if word != "--json"]:
        raise ValueError(f"windtunnel optimise has no option {stray[0]}: write key=value, as in {EXAMPLE}")
    made = read_question([word for word in words if word not in flags], stated.goal, stated.limit)
    out = Path(made.out or time.strftime("multirun/%Y-%m-%d/%H-%M-%S"))
    found = search(made.question, out, lambda line: print(plain(line), file=sys.stderr))
    if "--json" in flags:
        print_json(found | {"out": str(out)})
        return OK
    said = told(found, made.forced)
    print(plain(said.title))
    print_table(said.trials)
    for line in said.sentences:
        print(plain(line))
    print(plain(f"Trials and search: {out}"))
    print(f"This holds {found['caveat']}.")
    return OK


def add_goal(parser: argparse.ArgumentParser) -> None:
    """The options that state a goal."""
    parser.add_argument("--goal", metavar="TEXT", help="what is wanted, as in `windtunnel compare`")
    parser.add_argument("--limit", action="append", default=[], metavar="TEXT", help="what it may cost")


def _stated(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The goal and its limits, and the other words."""
    parser = Parser(prog="windtunnel optimise", add_help=False, allow_abbrev=False)
    add_goal(parser)
    return parser.parse_known_args(list(words))
