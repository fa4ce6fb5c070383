"""`windtunnel select`: which of many policies scores best, the clear losers dropped as the draws come in."""

import argparse
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table

SETTINGS = True
OWN = ("delta", "first", "alpha", "every")
EXAMPLE = (
    "windtunnel select policy=slow_mode,thread_lock,remove_hostile delta=0.05 lambda=1 "
    "cost.moderator_actions=0.01 draws=60"
)


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run many policies on common seeds and drop, after whole draws, those that are clearly not the best "
        "(Kim & Nelson 2001). The score must be stated: averted - lambda x backfire - cost.NAME x what the policy "
        "adds of that outcome. delta is the difference in score that matters."
    )
    parser.epilog = (
        f"Example: {EXAMPLE}. Also first=10 (draws before anybody is dropped), alpha=0.05, every=5 (draws run at "
        "once), --json, out=FOLDER (selection.json, and finished runs, so that the same command goes on). "
        "draws is the most; other settings are those of `windtunnel run`."
    )
    parser.add_argument("words", nargs="*", metavar="key=value")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis import configuration
    from windtunnel.analysis.sweeps.cells import cells, planned
    from windtunnel.analysis.sweeps.elimination import select
    from windtunnel.analysis.sweeps.objective import read_objective, split_words
    from windtunnel.analysis.terminal.progress import shown
    from windtunnel.sim.run_cache import Kept

    as_json = "--json" in asked.words
    words = [word for word in asked.words if word != "--json"]
    own, settings = split_words(words, OWN)
    stray = [word for word in settings if word.startswith("-")]
    if stray:
        raise ValueError(f"windtunnel select has no option {stray[0]}: write key=value, as in {EXAMPLE}")
    rule = _rule(own)
    each = cells(configuration.hydra_overrides(settings), True)
    configs = [configuration.compose_overrides(cell) for cell in each]
    plans = planned(configs, len(each))
    if plans[0].stop is not None:
        raise ValueError("select has a rule of its own: leave out stop.precision and stop.evidence")
    objective = read_objective({k: v for k, v in own.items() if k not in OWN}, plans[0].outcome)
    folder = Folder(configs[0]["out"]) if configs[0]["out"] else None
    whole = plans[0].experiment
    worlds = (len(plans) + 2) * whole.draws * whole.seeds
    with folder.held() if folder else nullcontext(), shown(worlds * whole.steps, worlds) as progress:
        kept = Kept(folder.units) if folder else None
        found = select(plans, objective, **rule, kept=kept, progress=progress)
        if folder:
            folder.write_json(folder.selection, found)
    if as_json:
        print_json(found)
    else:
        _print(found)
    return OK


def _rule(own: Mapping[str, str]) -> dict[str, Any]:
    """delta, first, alpha and every as numbers; delta has no default."""
    if "delta" not in own:
        raise ValueError("delta is not stated: say which difference in score matters, for example delta=0.05")
    made: dict[str, Any] = {"first": 10, "alpha": 0.05, "every": 5}
    for name in OWN:
        if name not in own:
            continue
        kind = float if name in ("delta", "alpha") else int
        try:
            made[name] = kind(own[name])
        except ValueError:
            raise ValueError(
                f"{name} is {own[name]!r}: give a number, as in {name}={made.get(name, 0.05)}"
            ) from None
    limits = {"delta": (0, 10), "alpha": (0, 0.5), "first": (1, 10_000), "every": (0, 10_000)}
    for name, (low, high) in limits.items():
        if not low < made[name] < high:
            raise ValueError(f"{name} is {made[name]:g}: it must lie between {low} and {high}")
    return made


def _print(found: Mapping[str, Any]) -> None:
    objective, rule, saving = found["objective"], found["rule"], found["saving"]
    print(plain(f"Score: {objective['words']}. Outcome: {found['outcome']}."))
    print_table(
        [
            {
                "policy": row["policy"],
                "state": f"out after {row['draws']}" if row["dropped_after"] else "in",
                "pairs": row["pairs"],
                "averted": row["averted"],
                "backfire": row["backfire"],
                "cost": _number(row["cost"]),
                "score": _number(row["score"]),
            }
            for row in found["policies"]
        ]
    )
    print(plain(_outcome(found)))
    if found["rough"]:
        print(
            plain(
                f"Take with care that {', '.join(found['rough'])} went out: in the first {rule['first']} draws fewer "
                "than 10 pairs changed, too few to learn a variance from; set first or seeds higher."
            )
        )
    if lost := len(found["draws_lost"]):
        print(
            "1 draw did not count: a pair in it could not be scored."
            if lost == 1
            else f"{lost} draws did not count: a pair in them could not be scored."
        )
    share = saving["runs_saved"] / saving["runs_of_the_full_design"]
    print(
        f"Runs: {saving['runs']:,} of the {saving['runs_of_the_full_design']:,} of the full design ({share:.0%} "
        f"saved); about {saving['questions_saved_about']:,} decisions were not asked for."
    )
    print(f"This holds {found['caveat']}.")


def _outcome(found: Mapping[str, Any]) -> str:
    """Who is chosen or still in, after how many draws that count, and how that one does against the baseline alone."""
    rule = found["rule"]
    ahead = max(found["policies"], key=lambda row: (row["policy"] in found["left"], row["score"] or 0))
    after = f"after {ahead['draws']} of {found['draws_at_most']} draws"
    if found["decided"]:
        said = (
            f"Chosen: {found['best']}, {after}. If it truly beats every other by {rule['delta']:g} or more, the "
            f"procedure finds it with probability {1 - rule['alpha']:g} at least."
        )
    else:
        lead = f"; {found['leading']} leads" if found["leading"] else ""
        said = (
            f"Still in {after}: {', '.join(found['left'])}, which cannot be told apart at a difference of "
            f"{rule['delta']:g}{lead}."
        )
    if ahead["score"] is None:
        return said
    nothing = f"{said} Doing nothing more than the baseline is no candidate: it scores 0"
    if ahead["score"] <= 0:
        return f"{nothing}, and {ahead['policy']} no more than that ({ahead['score']:+.3f})."
    return (
        f"{nothing}, and {ahead['policy']} {ahead['score']:+.3f} in the draws that it was picked by; to test it "
        "against doing nothing, run it with another root."
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"
