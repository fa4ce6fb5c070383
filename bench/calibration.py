"""Is `why` of a real thread calibrated? Communities are simulated, exported, imported and asked about; their true twins are known.

python bench/calibration.py --roots first
python bench/calibration.py --threads 8 --incidents 10
python bench/calibration.py --threads 8 --lived 40
python bench/calibration.py --learned FOLDER --incidents 12   # an imported community with a learned.yaml

Each incident is the worst escalation of one simulated community. Of the community the import knows the posts alone. Each question
is put to the import and, with the community's own luck, to the simulation: the true twin. Where the chance that `why` gives is
right, the true twins agree with it on average; standard errors are by incident. What is asked, of how many, with how many futures
and from which roots was fixed before the first look; the second roots were kept for one last run. With `--lived` threads count as
too long from so many posts on, and a part of so many is lived again. With `--learned` the communities are of the members that were
learned from a record, and the import is asked with the same law: one forum, called `learned`. They begin with the record's members and
no thread, and live a week; asked is about incidents that begin in its last 60 hours, so that the import knows who is there. Everybody has a
name; with `--nameless` so many lack it as in the record. Acts of a simulation begin with an hour, and so do those that the import is asked about. One
JSON line comes last.
"""

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import yaml

from windtunnel.analysis.configuration import compose, load_profile, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.importers.formats.export_convokit import export_convokit
from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.forum import in_time
from windtunnel.analysis.incidents.forum.acts import acts_of_import, acts_of_run
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.why.answer import happened
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum import part
from windtunnel.analysis.why.forum.case import SimulatedForum
from windtunnel.analysis.why.forum.case_of_record import case_of_thread
from windtunnel.analysis.why.forum.question import Question, ask
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.sim.communities.forum.learned.members import recorded_size
from windtunnel.sim.communities.forum.learned.recorded import SURE
from windtunnel.sim.communities.forum.learned_file import FILE as LEARNED
from windtunnel.sim.communities.forum.learned_file import read_learned, write_learned
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run_block

ROOTS = {
    "first": 1000,
    "second": 2000,
    "third": 4000,
    "fourth": 5000,
    "fifth": 6000,
    "sixth": 7000,
    "seventh": 8000,
    "eighth": 9000,
}
DRAWS = {1: 44, 8: 80, 30: 150}
"""Communities simulated for a forum of so many threads: the first `INCIDENTS` that have an escalation are asked about."""
LEARNED_DRAWS, LEARNED_STEPS, LEARNED_FROM = 120, 168, 108
"""With learned members: communities simulated for `INCIDENTS`, how many hours each lives, and from which hour on incidents count."""
INCIDENTS = 40
FUTURES = 20
STEPS = 24
SLOW = {"hours": 3}
SEEN = {"seen": 1.0}
LATER = 2  # hours from the onset to the lock
RULES = load_rules()


class Asked(NamedTuple):
    """One question: how likely `why` finds the incident with the act, and whether the true twin had it; severities beside."""

    incident: str
    act: str
    said: float
    true: int
    said_severity: float
    true_severity: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=list(DRAWS), choices=list(DRAWS))
    parser.add_argument("--roots", choices=list(ROOTS), default="first")
    parser.add_argument("--incidents", type=int, default=INCIDENTS)
    parser.add_argument("--futures", type=int, default=FUTURES)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--learned", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--nameless", action="store_true", help="with --learned: members whose names the import lacks"
    )
    parser.add_argument("--lived", type=int, default=in_time.MOST_REPLAYED, metavar="POSTS")
    asked = parser.parse_args()
    in_time.MOST_REPLAYED, part.RUN_UP = asked.lived, asked.lived // 4
    began, told = time.perf_counter(), {}
    for threads in asked.threads if asked.learned is None else ["learned"]:
        with tempfile.TemporaryDirectory() as place:
            rows = of_forum(Path(place), threads, asked)
        told[str(threads)] = found = report(rows)
        print(f"forum of {threads} threads" if asked.learned is None else "learned members", flush=True)
        for name, row in {"all": found["all"], **found["acts"]}.items():
            print(f"  {name:14s} {row}", flush=True)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "roots": asked.roots,
                "incidents": asked.incidents,
                "futures": asked.futures,
                "lived": asked.lived,
                "forums": told,
                "held": all(one["held"] for one in told.values()),
                "seconds": round(time.perf_counter() - began, 1),
                "processor_seconds": round(sum(one.ru_utime + one.ru_stime for one in used), 1),
                "load": round(os.getloadavg()[0], 2),
            }
        )
    )


def of_forum(place: Path, threads: int | str, asked: argparse.Namespace) -> list[Asked]:
    """All questions about the incidents of so many simulated forums."""
    if threads == "learned":
        root, draws = ROOTS[asked.roots], 2 + asked.incidents * LEARNED_DRAWS // INCIDENTS
        if not asked.nameless:
            asked.learned = everybody_named(asked.learned, place)
        words = learned_settings(asked.learned)
    else:
        root = ROOTS[asked.roots] + threads
        draws = min(DRAWS[threads], 2 + asked.incidents * DRAWS[threads] // INCIDENTS)
        words = settings(threads, place)
    words = [*words, f"root={root}", f"draws={draws}"]
    since = LEARNED_FROM if threads == "learned" else 0
    chosen = worst(simulated(words, place / "out"), since)[: asked.incidents]
    one = partial(of_incident, place, tuple(words), asked.futures, asked.learned)
    if asked.jobs == 1:
        return [row for rows in map(one, chosen) for row in rows]
    with ProcessPoolExecutor(asked.jobs) as pool:
        return [row for rows in pool.map(one, chosen) for row in rows]


def simulated(words: list[str], out: Path) -> Folder:
    """The tables of these communities as `windtunnel run` writes them, of the baseline alone: no other arm is asked about."""
    made, folder = plan(compose(words)), Folder(out)
    units = [unit for unit in made.experiment.units() if unit.arm == "baseline"]
    runs = [
        one
        for low in range(0, len(units), 16)
        for one in run_block(made.experiment, units[low : low + 16], make_mind).runs
    ]
    out.mkdir(parents=True)
    for name in ("events", "links", "members"):
        pl.concat([getattr(one, name) for one in runs]).write_parquet(folder.table(name))
    mind = {key: made.resolved["mind"][key] for key in ("steps_an_hour",) if key in made.resolved["mind"]}
    folder.write_json(folder.manifest, {"config": {"community": {"step_hours": 1.0}, "mind": mind}})
    return folder


def everybody_named(folder: Path, place: Path) -> Path:
    """A folder with the law and the profile of an imported one, in which nobody's name lacks."""
    law, out = read_learned(folder / LEARNED), place / "law"
    unnamed = law.forward["unnamed"]
    value = [-SURE if term == "constant" else 0.0 for term in unnamed["terms"]]
    newcomers = law.forward["newcomers"] | {"unnamed_openers": 0.0}
    forward = law.forward | {"unnamed": unnamed | {"value": value}, "newcomers": newcomers}
    out.mkdir()
    write_learned(law.model_copy(update={"forward": forward}), out / LEARNED)
    shutil.copy(folder / "profile.yaml", out / "profile.yaml")
    return out


def learned_settings(law: Path) -> list[str]:
    """A place of the record's own size that begins with its members and no thread, and lives by the law alone."""
    words = [f"community.profile={law.resolve()}", "mind=learned", "mind.weeks_before=0"]
    kind = plan(compose([*words, "policy=none", "baseline=none"])).experiment.builder()
    size = round(recorded_size(kind.learned.law, kind.profile))
    words += [f"community.size={size}", "community.settings.spark_step=null", f"steps={LEARNED_STEPS}"]
    return [*words, "policy=none", "baseline=none", "seeds=1", "dowhy=false", "parallel.jobs=1"]


def settings(threads: int, place: Path) -> list[str]:
    """A forum of so many opening threads and a spark; a forum of one thread has no other, and nobody opens one."""
    words = [f"community.settings.opening_threads={threads}", f"steps={STEPS}", "seeds=1", "dowhy=false"]
    words += ["policy=none", "baseline=none", "parallel.jobs=1"]
    if threads == 1:
        profile = load_profile("reddit-feminism") | {"new_thread_share": {"value": 0.0, "mark": "chosen"}}
        path = place / "one-thread.yaml"
        path.write_text(yaml.safe_dump(json.loads(json.dumps(profile)), sort_keys=False), encoding="utf-8")
        words += [f"community.profile={path}", "community.settings.spark_step=null"]
    return words


def worst(folder: Folder, since: int = 0) -> list[Incident]:
    """The worst escalation of each community that has one that begins at the step `since` or later, in the order of the draws."""
    acts = acts_of_run(*(folder.read_table(name) for name in ("events", "links", "members")))
    found = find(acts.filter(pl.col("arm") == "baseline"), {"escalation": RULES["escalation"]}, 1.0)
    first: dict[int, Incident] = {}
    for incident in (one for one in found if one.onset >= since):
        first.setdefault(incident.draw, incident)  # the worst comes first
    return [first[draw] for draw in sorted(first)]


def of_incident(
    place: Path, words: tuple[str, ...], futures: int, law: Path | None, incident: Incident
) -> list[Asked]:
    """What is asked about one incident, with the answers of the import and of the simulation; nothing where the import sees none."""
    simulated = lived(place, words, incident)
    found = imported(place, incident, law)
    if found is None:
        print(f"{incident.id}: by the minute no incident", flush=True)
        return []
    real, number = found
    questions = asked_about(simulated, real, number) if law is None else by_the_hour(simulated, real, number)
    raised = sorted({name for _, one, _ in questions for name in one.raised})
    simulated, real = simulated.noticing(raised), real.noticing(raised)
    twins = [question.branch(WITH) for _, question, _ in questions]
    true = happened(
        simulated,
        simulate_futures(simulated, [questions[0][1].branch(WITHOUT), *twins], simulated.mind()),
        1 + len(twins),
    )
    assert true.y[0] == 1
    mind = real.mind()
    real.infer(range(futures), mind)
    branches = [question.branch(WITH, number=n) for _, _, question in questions for n in range(futures)]
    said = happened(real, simulate_futures(real, branches, mind, fingerprints=False), len(branches))
    chance = said.y.reshape(-1, futures).mean(axis=1)
    severity = said.severity.reshape(-1, futures).mean(axis=1)
    return [
        Asked(
            incident.id,
            name,
            float(chance[n]),
            int(true.y[1 + n]),
            float(severity[n]),
            float(true.severity[1 + n]),
        )
        for n, (name, _, _) in enumerate(questions)
    ]


def lived(place: Path, words: tuple[str, ...], incident: Incident) -> SimulatedForum:
    """The incident as a case of its run."""
    folder, made = Folder(place / "out"), plan(compose(list(words)))
    here = (pl.col("draw") == incident.draw) & (pl.col("seed") == incident.seed)
    acts = acts_of_run(*(folder.read_table(name).filter(here) for name in ("events", "links", "members")))
    return SimulatedForum(folder, incident, acts, 1.0, RULES, made.experiment, dict(made.llm), "")


def imported(place: Path, incident: Incident, law: Path | None) -> tuple[RecordedCase, dict[int, int]] | None:
    """The incident's community, exported and imported again, as a case; and the import's number of each post."""
    corpus, mine = place / f"corpus-{incident.draw}", place / f"mine-{incident.draw}"
    export_convokit(place / "out", corpus, draw=incident.draw, seed=incident.seed, arm=incident.arm)
    import_corpus("convokit", corpus, mine, key_file=place / f"key-{incident.draw}")
    said = [
        json.loads(line) for line in (corpus / "utterances.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    said.sort(key=lambda one: one["timestamp"])
    number = {int(one["id"].rsplit(".", 1)[1]): count for count, one in enumerate(said, 1)}
    folder = Folder(mine)
    if law is not None:
        without = unnamed(place / "out", incident)
        as_simulated(folder, [(one["timestamp"], one["speaker"] in without) for one in said])
    posts = folder.read_table("posts")
    thread = posts.filter(pl.col("post") == number[incident.place or 0])["thread"][0]
    found = find(acts_of_import(posts), {"escalation": RULES["escalation"]}, 1 / 60)
    here = [one for one in found if one.place == thread]
    if law is not None:
        words = ["mind=learned", f"mind.file={law.resolve() / LEARNED}"]
        return (case_of_thread(folder, posts, here[0], RULES, words), number) if here else None
    (same,) = here
    assert same.onset == 60 * incident.onset and same.severity == incident.severity
    return case_of_thread(folder, posts, same, RULES, ["mind=rules"]), number


def unnamed(out: Path, incident: Incident) -> set[str]:
    """The speakers, as an export calls them, of whom a record would lack the name."""
    members = Folder(out).read_table("members")
    here = members.filter(
        (pl.col("draw") == incident.draw) & (pl.col("seed") == incident.seed) & (pl.col("unnamed") > 0)
    )
    run = f"{incident.draw}.{incident.seed}.{incident.arm}"
    return {f"{run}.m{member}" for member in here["member"]}


def as_simulated(folder: Folder, told: list[tuple[int, bool]]) -> None:
    """Put an import on its simulation's clock, and take the names that a record would lack: of its posts in order, the second and whether it is
    nameless. A record begins with its first post, and that comes minutes or hours after the simulation's beginning.
    """
    posts = folder.read_table("posts")
    seconds, nameless = zip(*(told[post - 1] for post in posts["post"]), strict=True)
    posts.with_columns(
        minute=pl.Series([second // 60 for second in seconds], dtype=posts["minute"].dtype),
        author=pl.when(pl.Series(nameless)).then(None).otherwise("author"),
    ).write_parquet(folder.posts)


def by_the_hour(
    simulated: SimulatedForum, real: RecordedCase, number: dict[int, int]
) -> list[tuple[str, Question, Question]]:
    """The same questions as `asked_about`, those of the record from the beginning of the hour in which the simulation's begin."""
    onset = simulated.incident.onset
    first, hour = first_hot(simulated)

    def at(step: int) -> str:
        return f"onset{max(60 * step, real.first) - real.incident.onset:+d}"

    slow, told = {"with_": "slow_mode", "parameters": SLOW}, {"with_": "rule_reminder", "parameters": SEEN}
    return [
        ("remove", ask(simulated, remove=first), ask(real, remove=number[first], at=at(hour + 1))),
        ("slow_mode", ask(simulated, **slow, at="onset"), ask(real, **slow, at=at(onset))),  # type: ignore[arg-type]
        ("rule_reminder", ask(simulated, **told, at="onset"), ask(real, **told, at=at(onset))),  # type: ignore[arg-type]
        (
            "lock",
            ask(simulated, lock=True, at=f"onset+{LATER}"),
            ask(real, lock=True, at=at(onset + LATER)),
        ),
    ]


def first_hot(simulated: SimulatedForum) -> tuple[int, int]:
    """The first heated or hostile reply of the incident's thread from its onset on, and its step."""
    here = (pl.col("place") == simulated.incident.place) & (pl.col("kind") == "reply")
    hot = simulated.acts.filter(here & pl.col("tone").is_in(["heated", "hostile"]))
    row = hot.filter(pl.col("step") >= simulated.incident.onset).sort("step", "ordinal").row(0, named=True)
    return row["post"], row["step"]


def asked_about(
    simulated: SimulatedForum, real: RecordedCase, number: dict[int, int]
) -> list[tuple[str, Question, Question]]:
    """The acts, each as a question about the run and about the record: the same act from the same moment on."""
    first, _ = first_hot(simulated)
    slow = {"with_": "slow_mode", "parameters": SLOW, "at": "onset"}
    told = {"with_": "rule_reminder", "parameters": SEEN, "at": "onset"}
    return [
        ("remove", ask(simulated, remove=first), ask(real, remove=number[first])),
        ("slow_mode", ask(simulated, **slow), ask(real, **slow)),  # type: ignore[arg-type]
        ("rule_reminder", ask(simulated, **told), ask(real, **told)),  # type: ignore[arg-type]
        (
            "lock",
            ask(simulated, lock=True, at=f"onset+{LATER}"),
            ask(real, lock=True, at=f"onset+{60 * LATER}"),
        ),
    ]


def report(rows: list[Asked]) -> dict[str, Any]:
    """The figures of a forum, over all acts and act by act, and whether they are what was asked for."""
    whole = figures(rows)
    acts = {
        name: figures([row for row in rows if row.act == name])
        for name in dict.fromkeys(row.act for row in rows)
    }
    held = near(whole, 2.0) and all(near(act, 3.0) for act in acts.values())
    if whole["base_brier"] >= 0.05:
        held = held and whole["better"] > whole["better_se"]
    return {"all": whole, "acts": acts, "held": held}


def near(found: dict[str, Any], most: float) -> bool:
    """Is the mean error small: in standard errors, or where the truth hardly varies by itself."""
    if found["base_brier"] < 0.05:
        return abs(found["true"] - found["said"]) <= 0.05
    return found["z"] is None or abs(found["z"]) < most


def figures(rows: list[Asked]) -> dict[str, Any]:
    """Of these questions: the true share and the one said, the error in standard errors, and the Brier scores.

    `z_if_right` is the error in the standard errors of independent twins whose chances are those said: where nearly all truths
    agree it does not rest on the few that do not, as `z` does. `better` is by how much the Brier score lies below that of the base rate, the true share itself.
    """
    true, said = np.array([row.true for row in rows]), np.array([row.said for row in rows])
    which = np.unique([row.incident for row in rows], return_inverse=True)[1]
    base = (true - true.mean()) ** 2
    better = base - (true - said) ** 2
    error = clustered(true - said, which)
    chance = float(np.sqrt((said * (1 - said)).sum())) / len(rows)
    return {
        "questions": len(rows),
        "incidents": int(which.max()) + 1,
        "true": round(float(true.mean()), 3),
        "said": round(float(said.mean()), 3),
        "z": round(float((true - said).mean() / error), 2) if error else None,
        "z_if_right": round(float((true - said).mean() / chance), 2) if chance else None,
        "brier": round(float(((true - said) ** 2).mean()), 4),
        "base_brier": round(float(base.mean()), 4),
        "better": round(float(better.mean()), 4),
        "better_se": round(clustered(better, which), 4),
        "true_severity": round(float(np.mean([row.true_severity for row in rows])), 2),
        "said_severity": round(float(np.mean([row.said_severity for row in rows])), 2),
    }


def clustered(values: np.ndarray, which: np.ndarray) -> float:
    """The standard error of a mean over clusters."""
    count = which.max() + 1
    sums = np.bincount(which, weights=values - values.mean(), minlength=count)
    return float(np.sqrt((sums**2).sum() * count / max(count - 1, 1)) / len(values))


if __name__ == "__main__":
    main()
