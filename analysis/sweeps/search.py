"""Searching a policy's parameters for the best stated score, on common seeds, with Optuna's tree-structured Parzen estimator.

Every trial runs on the same draws and seeds, so that scores differ by the parameters alone. The best of many
scores is too good to be true of new communities; the best trial is therefore run again on others.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from windtunnel.analysis.causal.intervals import mean_difference
from windtunnel.analysis.causal.questions import CAVEAT
from windtunnel.analysis.configuration import Plan, compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.sweeps.cells import cell_folder, distinct, own_words
from windtunnel.analysis.sweeps.designs import Factor
from windtunnel.analysis.sweeps.goal_objective import GoalObjective, best_of
from windtunnel.analysis.sweeps.objective import Objective
from windtunnel.analysis.tunnel import Result, run_plan, write_result
from windtunnel.sim.noise import key
from windtunnel.sim.run_cache import Kept
from windtunnel.sim.version import code_sha256

STUDY = "search"
NEEDED = "windtunnel optimise needs Optuna: install policy-windtunnel[sweep]"


class Question(NamedTuple):
    """What is searched: settings that stay, factors that vary, the objective, and how many trials."""

    fixed: Sequence[str]
    factors: Sequence[Factor]
    objective: Objective | GoalObjective
    trials: int

    def record(self) -> dict[str, Any]:
        return {
            "settings": [word for word in self.fixed if not word.startswith(("out=", "parallel."))],
            "factors": [one._asdict() for one in self.factors],
            "weights": self.objective.weights(),
            "code": code_sha256()[:8],
        }


def search(question: Question, out: Path, told: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Run the trials that are left, then the best one on new communities; the record of all of it.

    Trials stand in the Optuna storage of `out` and in a folder each; the same question in the same folder goes on. The
    suggestion of a trial follows from the root and the trials before it, so an interrupted search ends like any other.
    `ValueError` where `out` holds another question, or where a trial's runs fail.
    """
    try:
        import optuna
    except ImportError:
        raise ImportError(NEEDED) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    place = Folder(out)
    out.mkdir(parents=True, exist_ok=True)
    with place.held():
        storage = optuna.storages.RDBStorage(f"sqlite:///{place.search_storage}")
        try:
            study = optuna.create_study(
                storage=storage, study_name=STUDY, direction="maximize", load_if_exists=True
            )
            _same_question(study, question)
            kept = Kept(place.units)
            root = int(compose(question.fixed)["root"])
            done = _finished(study)
            while len(done) < question.trials:
                study.sampler = optuna.samplers.TPESampler(seed=key("search", root, len(done)) % 2**32)
                trial = study.ask()
                cell = _drawn(question.factors, partial(_suggested, trial))
                score, folder, broken = _tried(question, cell, out, kept, len(done))
                trial.set_user_attr("settings", cell)
                trial.set_user_attr("folder", folder)
                trial.set_user_attr("broken", broken)
                for number, one in enumerate(broken or (), 1):
                    trial.set_constraint(f"limit {number}", one)
                study.tell(trial, score)
                done = _finished(study)
                over = ", breaks a limit" if any(one > 0 for one in broken or ()) else ""
                told(f"[{len(done)} of {question.trials}] {' '.join(cell)}: {score:+.4f}{over}")
            best = best_of(_rows(done))
            found = _record(question, done, _confirmed(question, best["settings"], out, kept))
        finally:
            storage.engine.dispose()
        place.write_json(place.search, found)
        kept.clear_unused()
    return found


def checked(question: Question) -> Plan:
    """The plan of a trial with every factor at its first value; `ValueError` if no trial could run."""
    if question.trials < 1:
        raise ValueError(f"trials is {question.trials}: give 1 or more")
    if not question.factors:
        raise ValueError(
            "nothing varies: give a range, as in policy_with.thread_lock.heat=1:4, or values, as in policy=a,b"
        )
    for one in question.factors:
        if one.key.split(".")[0] not in ("policy", "policy_with"):
            raise ValueError(
                f"{one.key} is not part of the policy: a search varies policy and policy_with alone"
            )
    made = [
        plan(compose(cell)) for cell in distinct([[*question.fixed, *cell] for cell in _ends_of(question)])
    ]
    if made[0].stop is not None:
        raise ValueError("trials share their draws: leave out stop.precision and stop.evidence")
    return made[0]


def _ends_of(question: Question) -> Iterator[list[str]]:
    """With every policy that may be tried: all factors at their low end, and all at their high end."""
    policies = [one.values for one in question.factors if one.key == "policy"] or [("",)]
    for name, end in product(policies[0], (0, -1)):
        yield [f"{one.key}={name if one.key == 'policy' else _ends(one)[end]}" for one in question.factors]


def _drawn(factors: Sequence[Factor], drawn: Callable[[Factor], str]) -> list[str]:
    """The settings of a trial: its policy, if several may be tried, and what varies of that policy."""
    policy = [drawn(one) for one in factors if one.key == "policy"]
    of_it = own_words([*policy, *(one.key for one in factors if one.key != "policy")])
    return policy + [drawn(one) for one in factors if one.key in of_it]


def _whole(question: Question, cell: Sequence[str]) -> list[str]:
    """All settings of a trial."""
    return own_words([*question.fixed, *cell])


def _ends(one: Factor) -> Sequence[Any]:
    if one.values:
        return one.values
    return (round(one.low), round(one.high)) if one.whole else (one.low, one.high)


def _suggested(trial: Any, one: Factor) -> str:
    """The trial's value of a factor, as a setting."""
    if one.values:
        return f"{one.key}={trial.suggest_categorical(one.key, list(one.values))}"
    if one.whole:
        return f"{one.key}={trial.suggest_int(one.key, round(one.low), round(one.high))}"
    return f"{one.key}={trial.suggest_float(one.key, one.low, one.high):.6g}"


def _tried(
    question: Question, cell: Sequence[str], out: Path, kept: Kept, number: int
) -> tuple[float, str, list[float] | None]:
    """The score of one trial, the name of its folder, whose manifest holds the objective, and how far it breaks each limit."""
    result, folder = _ran(question, _whole(question, cell), cell, out, kept, {"trial": number})
    told = result.manifest["objective"]
    return float(told["score"]), folder.path.name, told.get("broken")


def _ran(
    question: Question,
    words: Sequence[str],
    cell: Sequence[str],
    out: Path,
    kept: Kept,
    about: Mapping[str, Any],
) -> tuple[Result, Folder]:
    """Run one cell and write its folder."""
    made = plan(compose(words))
    result = run_plan(made, kept=kept)
    pairs = question.objective.scores(result.runs, made.outcome, made.threshold)
    wanted = made.experiment.draws * made.experiment.seeds
    if len(pairs) < wanted:
        failed = result.runs.filter(result.runs["status"] == "failed")
        why = (
            f"{failed['reason'][0]}; the same command goes on"
            if len(failed)
            else f"{made.outcome.name} or another outcome of the score is undefined in the others; take another outcome or a larger community"
        )
        raise ValueError(f"{' '.join(cell)}: only {len(pairs)} of {wanted} pairs can be scored: {why}")
    found = mean_difference(pairs["score"].to_numpy(), pairs["draw"].to_numpy(), made.confidence)
    told = question.objective.record() | {
        "score": found.est,
        "low": found.low,
        "high": found.high,
        "averted": int(pairs["averted"].sum()),
        "backfire": int(pairs["backfire"].sum()),
        "cost": pairs["cost"].mean(),
        "pairs": len(pairs),
    }
    if isinstance(question.objective, GoalObjective):
        forced = tuple(made.experiment.forced())
        told |= {
            "broken": question.objective.broken(pairs),
            "judged": question.objective.judged(pairs, made.confidence, forced),
        }
    result = result._replace(manifest=result.manifest | {"objective": told | dict(about)})
    names = [word.partition("=")[0] for word in cell]
    folder = cell_folder(out, cell, names, made.resolved)
    write_result(result, folder)
    return result, folder


def _confirmed(question: Question, cell: Sequence[str], out: Path, kept: Kept) -> dict[str, Any]:
    """The best trial on communities that the search has not seen: the next root's."""
    root = int(compose(question.fixed)["root"]) + 1
    words = [word for word in _whole(question, cell) if not word.startswith("root=")] + [f"root={root}"]
    result, folder = _ran(question, words, [f"root={root}", *cell], out, kept, {"confirms": list(cell)})
    return dict(result.manifest["objective"]) | {
        "root": root,
        "folder": folder.path.name,
        "by_construction": bool(result.estimates and result.estimates.get("by_construction")),
    }


def _same_question(study: Any, question: Question) -> None:
    """`ValueError` where the study is of another question; a trial left half done by a killed search is closed."""
    import optuna

    asked = json.loads(json.dumps(question.record()))
    before = study.user_attrs.get("question")
    if before is None:
        study.set_user_attr("question", asked)
    elif before != asked:
        name = next(name for name in asked if before.get(name) != asked[name])
        raise ValueError(
            f"the search in this folder has {name} {_short(before.get(name))}, and this command says "
            f"{_short(asked[name])}: give another folder as out=FOLDER"
        )
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)


def _short(value: Any) -> str:
    """A part of a question as it is typed."""
    if isinstance(value, dict):
        return " ".join(
            f"{key}={'; '.join(one) if isinstance(one, list) else format(one, 'g')}"
            for key, one in value.items()
        )
    if isinstance(value, list):
        return " ".join(one if isinstance(one, str) else _ranged(one) for one in value)
    return str(value)


def _ranged(one: Mapping[str, Any]) -> str:
    values = ",".join(one["values"]) or f"{one['low']:g}:{one['high']:g}"
    return f"{one['key']}={values}"


def _finished(study: Any) -> list[Any]:
    import optuna

    return study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))


def _rows(done: Sequence[Any]) -> list[dict[str, Any]]:
    """A row a trial."""
    return [
        {
            "trial": number,
            "settings": one.user_attrs["settings"],
            "folder": one.user_attrs["folder"],
            "score": one.value,
        }
        | ({"broken": broken} if (broken := one.user_attrs.get("broken")) is not None else {})
        for number, one in enumerate(done)
    ]


def _record(question: Question, done: Sequence[Any], confirmed: Mapping[str, Any]) -> dict[str, Any]:
    rows = _rows(done)
    best = best_of(rows)
    return question.record() | {
        "objective": question.objective.record(),
        "trials": len(rows),
        "best": best,
        "confirmed": dict(confirmed),
        "all": rows,
        "caveat": CAVEAT,
    }
