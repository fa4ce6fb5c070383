"""Methods that work in any community, on planted cases: the acceptance lines of ranking by PNS, recall, values, fairness and unlearning.

python bench/communities/methods.py [--draws 100] [--root 1]

Each case is drawn with its truth known. `draws` is the number of cases.
"""

import csv
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import numpy as np
import polars as pl
from paired import draws_and_root, last_line, told

from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.minds.base import Mind
from windtunnel.agents.recall import BIASES, Retriever
from windtunnel.analysis.causal.pns_rank import Pairs, rank_by_pns
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.outcomes.unfairness import pairwise_unfairness
from windtunnel.analysis.recall_audit import ALL, retrieval_bias
from windtunnel.analysis.value_systems import learn_values
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.memory import memory_sensitivity
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.analysis.why.question import Question
from windtunnel.sim.unlearning import METHODS, Contributors

EXACT, MECHANISM, MISSED = "exact", "reproduced by mechanism", "not reproduced"
PART = "weights reproduced by mechanism, societies in part"
TYPES = np.array([[1, 0, 0], [0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]])


def ranking(cases: int, root: int) -> list[dict[str, Any]]:
    """One of eight agents escalates in three worlds of four, anything else in one of twenty; 200 pairs a case."""
    first, driver, bystander = [], [], []
    for case in range(cases):
        draw = np.random.default_rng([root, case])
        by_itself, driven = draw.random(200) < 0.05, draw.random(200) < 0.75
        without, there = (by_itself | driven).astype(int), np.arange(200)
        pairs = {
            f"agent {one}": Pairs(there, without, by_itself.astype(int) if one == 3 else without)
            for one in range(8)
        }
        first.append(rank_by_pns(pairs, "preventive", repeats=50)[0]["name"] == "agent 3")
        needed = {
            name: float(((p.without == 1) & (p.with_ == 0)).sum() / p.without.sum())
            for name, p in pairs.items()
        }
        driver.append(needed.pop("agent 3"))
        bystander.append(max(needed.values()))
    return [
        told("(5.1 c) the planted cause comes first", {"share": float(np.mean(first))}, ">= .95", MECHANISM),
        told(
            "(5.1 b) PN of the driver; of a bystander",
            {"driver": round(float(np.mean(driver)), 3), "bystander": round(float(np.mean(bystander)), 3)},
            "> .8; < .1 (by construction)",
            MECHANISM,
        ),
    ]  # fmt: skip


def recall() -> list[dict[str, Any]]:
    """A biased retriever on 10,000 minimal pairs an attribute, under each rewriting of the query."""
    biased = dict(brevity=0.6, position=1.5, literal=1.0, repetition=0.5, noise=1.0)

    def audit(rewriting: str) -> dict[str, dict[str, Any]]:
        rows = retrieval_bias(Retriever(query_rewrite=rewriting, **biased), 10_000)  # type: ignore[arg-type]
        return {row["attribute"]: row for row in rows}

    plain, simple, pseudo = (audit(name) for name in ("none", "simple", "pseudo_doc"))
    rows = []
    for name in BIASES:
        t, difference = (1 - simple[name][measure] / plain[name][measure] for measure in ("t", "difference"))
        holds = t >= 0.4 and abs(difference) < 0.1
        found = {"t": round(t, 2), "difference": round(difference, 2)}
        asked = "t falls by .4 at least, the difference changes by less than .1"
        rows.append(told(f"(5.2) {name}: simple rewriting", found, asked, MECHANISM if holds else MISSED))
    falls = {name: round(1 - pseudo[name]["difference"] / plain[name]["difference"], 2) for name in BIASES}
    fall = all(value >= 0.5 if name != "brevity" else abs(value) < 0.05 for name, value in falls.items())
    together = {name: round(found[ALL]["wins"], 2) for name, found in (("none", plain), ("simple", simple), ("pseudo_doc", pseudo))}  # fmt: skip
    beaten = min(together.values()) > 0.5
    return [
        *rows,
        told("(5.2) a made-up answer as the query", falls, ">= .5, brevity 0", MECHANISM if fall else MISSED),
        told("(5.2) all biases together win", together, "each rewriting is defeated", MECHANISM if beaten else MISSED),
    ]  # fmt: skip


def remembered(futures: int, root: int) -> list[dict[str, Any]]:
    """What `why` asks of a record under another memory, of two stand-in models: one heeds what it recalls first, one does not.

    Three people answer each other, rudely in many words and kindly in few, so that a memory which favours short texts recalls
    kindness first. The question is whether the thread's first rude post was necessary for the escalation.
    """
    rows = []
    for name, heed, asked in (
        ("heeds what it recalls", 3.0, "PN moves by more than .1"),
        ("heeds nothing", None, "PN does not move"),
    ):
        with (
            TemporaryDirectory() as place,
            mock.patch.object(FakeModel, "ask", staticmethod(partial(_answers, heed))),
        ):
            found = memory_sensitivity(*_planted(Path(place), root), futures)
        holds = found["matters"] if heed else found["moves"] in (None, 0.0)
        shown = {"PN": found["own"], "other memory": found["est"], "futures": futures}
        rows.append(
            told(
                f"(5.2) PN under a biased memory, a model that {name}",
                shown,
                asked,
                MECHANISM if holds else MISSED,
            )
        )
    return rows


def _planted(place: Path, root: int) -> tuple[RecordedCase, Question, Mind]:
    """The record of two threads, read in, with the question about its first rude post."""
    said = ("The gearbox rattles", "Thanks, gearbox", "You fucking idiot, " + "nobody mends these so " * 9)
    with (place / "posts.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("id", "parent", "author", "time", "text"))
        for thread, start in (("a", 0), ("b", 90_000)):
            for at in range(9):
                words = said[0] if at == 0 else said[1 + (at + 1) % 2]
                lines.writerow(
                    (
                        f"{thread}{at}",
                        f"{thread}{at - 1}" if at else "",
                        "abc"[at % 3],
                        1_600_000_000 + 300 * at + start,
                        words,
                    )
                )
    mapping = {role: role for role in ("id", "parent", "author", "time", "text")}
    import_corpus(
        "table", place / "posts.csv", place / "out", mapping=mapping, key_file=place / "key", reader="words"
    )
    settings = ["mind=llm", "llm=fake", "prompt=member", "llm.store=none", f"root={root}"]
    case = recorded_case(place / "out", "escalation", load_rules(), settings)
    mind = {**case.experiment.mind, "llm": case.llm}
    case = replace(case, experiment=replace(case.experiment, mind=mind))
    rude = case.acts.filter(pl.col("tone") == "hostile")["post"][0]
    return case, ask(case, remove=int(rude)), case.mind()


def _answers(heed: float | None, requests: Sequence[Request]) -> list[Answer]:
    """Even odds, but of a model that heeds its memory: `heed` times the odds of a hostile reply where the first thing recalled was
    hostile, and none nearly where it was not.
    """
    found = []
    for request in requests:
        lines = request.user.splitlines()
        recalled = [line for line in lines if "You recall:" in line]
        sour = bool(recalled) and "hostile answer" in recalled[0]
        odds = np.ones(len(request.letters))
        if heed is not None:
            hostile = [
                any(line.startswith(f"{letter})") and "insult" in line for line in lines)
                for letter in request.letters
            ]
            odds[hostile] = heed if sour else 0.02
        found.append(Answer(tuple(np.log(odds / odds.sum()).tolist())))
    return found


def values(cases: int, root: int) -> list[dict[str, Any]]:
    """Three agents of each of three types, 120 choices each, by how sharply choices follow values."""
    rows = []
    for sharpness in (1e6, 25.0, 10.0):
        away, pure = [], []
        for case in range(cases):
            draw, agent = np.random.default_rng([root, case]), np.repeat(np.arange(9), 120)
            apart = draw.random((1080, 3)) - draw.random((1080, 3))
            odds = np.clip(sharpness * (apart * TYPES[agent // 3]).sum(axis=1), -500, 500)
            found = learn_values(agent.tolist(), apart, draw.random(1080) < 1 / (1 + np.exp(-odds)))
            weights = np.array([one["weights"] for one in found["agents"]])
            away.append(np.abs(weights - TYPES[np.arange(9) // 3]).sum(axis=1).mean())
            groups = [{one // 3 for one in society["agents"]} for society in found["societies"]]
            pure.append(len(groups) == 3 and all(len(group) == 1 for group in groups))
        found_ = {"L1": round(float(np.mean(away)), 3), "pure": int(sum(pure)), "of": cases}
        kind = f"{MISSED} at this sharpness" if found_["L1"] > 0.1 else MECHANISM if all(pure) else PART
        rows.append(told(f"(5.5) sharpness {sharpness:g}", found_, "L1 <= .1, all pure", kind))
    return rows


def exact(cases: int, root: int) -> list[dict[str, Any]]:
    """Pairwise unfairness and the order of unlearning methods on drawn cases."""
    out_of_bounds, unfair, order = 0, 0.0, 0
    alike = np.kron(np.eye(2), np.ones((4, 4)))
    for case in range(cases):
        draw = np.random.default_rng([root, case])
        raw = draw.random((9, 9))
        out_of_bounds += not 0 <= pairwise_unfairness(draw.random(9), (raw + raw.T) / 2) <= 1
        unfair = max(unfair, pairwise_unfairness(np.repeat(draw.random(2), 4), alike))
        some = Contributors(draw.normal(size=(7, 2)), draw.uniform(0.1, 2.0, 7), draw.normal(size=(5, 2)))
        gone = np.isin(np.arange(7), draw.choice(7, draw.integers(1, 6), replace=False))
        weight = draw.uniform(0, 3, 7)
        left = {method: some.residual(method, weight, gone) for method in METHODS}
        order += left["exact_retrain"] == 0 <= left["reweight"] < left["filter_only"]
    return [
        told("(5.7) PUF outside 0 to 1", {"cases": out_of_bounds, "of": cases}, "0", EXACT),
        told("(5.7) PUF where likes have one effect", {"largest": unfair}, "0", EXACT),
        told("(5.10) exact 0 <= reweight < filter", {"holds": int(order), "of": cases}, "all", EXACT),
    ]


def main() -> None:
    cases, root = draws_and_root(__doc__, 100)
    rows = [
        *ranking(cases, root),
        *recall(),
        *remembered(min(cases, 40), root),
        *values(min(cases, 30), root),
        *exact(cases, root),
    ]
    last_line(rows, draws=cases, root=root)


if __name__ == "__main__":
    main()
