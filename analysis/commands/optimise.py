"""`windtunnel optimise`: the parameters of a policy with the best stated score, and how they do on new communities."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from windtunnel.analysis.comparison.goal_words import value_words
from windtunnel.analysis.summary import number
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
SHOWN = 5


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
    from windtunnel.analysis.comparison.goal import goal_of
    from windtunnel.analysis.configuration import compose
    from windtunnel.analysis.sweeps.designs import read_factors
    from windtunnel.analysis.sweeps.goal_objective import GoalObjective
    from windtunnel.analysis.sweeps.objective import Objective, read_objective, split_words
    from windtunnel.analysis.sweeps.search import Question, checked, search

    stated, words = _stated(asked.words)
    flags = [word for word in words if word.startswith("-")]
    if stray := [word for word in flags if word != "--json"]:
        raise ValueError(f"windtunnel optimise has no option {stray[0]}: write key=value, as in {EXAMPLE}")
    own, rest = split_words([word for word in words if word not in flags], ("trials",))
    factors, fixed = read_factors(rest)
    if not any(word.startswith("dowhy=") for word in fixed):
        fixed.append("dowhy=false")
    from windtunnel.analysis.outcomes import find_outcome

    outcome = find_outcome(str(compose(fixed)["outcome"]["name"]))
    weights = {name: value for name, value in own.items() if name != "trials"}
    trials = _trials(own.get("trials"))
    if stated.goal is None and not stated.limit:
        question = Question(fixed, factors, read_objective(weights, outcome), trials)
        made = checked(question)
    else:
        if weights:
            raise ValueError(f"{next(iter(weights))} and --goal are two scores: state one of them")
        made = checked(Question(fixed, factors, Objective(1.0, {}), trials))
        goal = goal_of(stated.goal, stated.limit, made.resolved)
        assert goal is not None
        question = Question(fixed, factors, GoalObjective(goal), trials)
    out = Path(compose(fixed)["out"] or time.strftime("multirun/%Y-%m-%d/%H-%M-%S"))
    forced = outcome.name in made.experiment.forced()
    found = search(question, out, lambda line: print(plain(line), file=sys.stderr))
    if "--json" in flags:
        print_json(found | {"out": str(out)})
    elif "judged" in found["confirmed"]:
        _print_goal(found, out)
    else:
        _print(found, out, forced)
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


def _print_goal(found: Mapping[str, Any], out: Path) -> None:
    """The trials under a goal with limits, and the verdict of the best on new communities."""
    best, again = found["best"], found["confirmed"]
    print(
        plain(
            f"{found['objective']['words'].capitalize()}. {number(found['trials'], 'trial')} on common seeds:"
        )
    )
    order = sorted(found["all"], key=lambda row: (any(one > 0 for one in row["broken"]), -row["score"]))[
        :SHOWN
    ]
    print_table(
        [
            {
                "trial": row["trial"] + 1,
                "beyond the goal": f"{row['score']:+.4g}",
                "limits": "kept" if all(one <= 0 for one in row["broken"]) else "broken",
                "settings": _short(row["settings"]),
            }
            for row in order
        ]
    )
    judged = again["judged"]
    kept = all(one <= 0 for one in best["broken"])
    start = (
        f"Best: {_short(best['settings'])}"
        if kept
        else f"No trial keeps every limit; nearest: {_short(best['settings'])}"
    )
    each = "; ".join(
        f"{row['statement']}: {row['verdict']}, {value_words(row)}" for row in judged["statements"]
    )
    said = {
        "meets": "it meets the goal and every limit",
        "fails": "it fails",
        "not told apart": "it is not told apart: more draws would tell",
    }[judged["verdict"]]
    print(
        plain(
            f"{start}. On other communities (root {again['root']}, {number(again['pairs'], 'pair')}) {said}. {each}."
        )
    )
    print(plain(f"Trials and search: {out}"))
    print(f"This holds {found['caveat']}.")


def _short(settings: Sequence[str]) -> str:
    return " ".join(word.removeprefix("policy_with.") for word in settings)


def _trials(given: str | None) -> int:
    if given is None or not given.isdigit():
        found = "not stated" if given is None else repr(given)
        raise ValueError(f"trials is {found}: say how many, for example trials=30")
    return int(given)


def _print(found: Mapping[str, Any], out: Path, forced: bool) -> None:
    best, again = found["best"], found["confirmed"]
    trials = f"{found['trials']} trial{'' if found['trials'] == 1 else 's'} on common seeds"
    cut = f"; the best {SHOWN}" if found["trials"] > SHOWN else ""
    print(plain(f"Score: {found['objective']['words']}. {trials}{cut}:"))
    rows = sorted(found["all"], key=lambda row: -row["score"])[:SHOWN]
    print_table(
        [
            {"trial": row["trial"] + 1, "score": f"{row['score']:+.4f}", "settings": _short(row["settings"])}
            for row in rows
        ]
    )
    interval = "no interval" if again["low"] is None else f"{again['low']:+.4f} to {again['high']:+.4f}"
    elsewhere = (
        f"On other communities (root {again['root']}) it scores {again['score']:+.4f} ({interval}): averted in "
        f"{again['averted']} of {again['pairs']} pairs, backfired in {again['backfire']}."
    )
    if again["low"] is None or again["low"] <= 0:
        elsewhere += " It is not shown to beat doing nothing."
    if len({row["score"] for row in found["all"]}) == 1 < found["trials"]:
        print("All trials score the same: nothing that was varied matters to this score.")
        print(plain(f"The first: {_short(best['settings'])}. {elsewhere}"))
    else:
        print(
            plain(
                f"Best: {_short(best['settings'])}. {elsewhere} In the search it scored {best['score']:+.4f}, the best of "
                f"{found['trials']}, which is too good to be true of others."
            )
        )
    if forced:
        print(
            "By construction: the policy's own mechanism decides this outcome; state what it costs, or take another."
        )
    print(plain(f"Trials and search: {out}"))
    print(f"This holds {found['caveat']}.")
