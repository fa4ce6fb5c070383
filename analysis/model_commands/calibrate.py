"""Calibration of a language model: asks the kinds of situation, fits alpha and beta, and draws up what moves it."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from windtunnel.agents.llm.request import Answer, Model
from windtunnel.agents.minds.calibration import (
    Measured,
    Published,
    averages,
    contrast,
    fit_alpha,
    fit_beta,
    is_flat,
    over_orders,
    read_published,
)
from windtunnel.agents.prompt import archetype_request, option_orders, prompt_sha256
from windtunnel.agents.situation import Scene
from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.models.calibration_file import VERSION, full_scene, model_record, profile_record
from windtunnel.analysis.models.serving import serving
from windtunnel.sim.communities import check_offers

AT_ONCE = 128
REFERENCE = "lurk"
"""The action that the others' log-odds are taken against; the first one where a community has none of that name."""
Say = Callable[[str], None]
Cell = tuple[int | None, tuple[int, ...]]
"""A persona (None in a scene without any) and the bins of the features."""


@dataclass(frozen=True)
class Answers:
    """Log-probabilities (orders, actions) of each asked cell (persona or None, bins), all options on offer."""

    scene: Scene
    by_cell: Mapping[Cell, np.ndarray]

    @property
    def personas(self) -> list[int | None]:
        return askable(self.scene)

    @property
    def neutral_persona(self) -> int | None:
        names = [persona.name for persona in self.scene.personas]
        return names.index("ordinary") if "ordinary" in names else None

    def shifts(self, bins: tuple[int, ...]) -> np.ndarray:
        """(orders, actions): log-probabilities against the neutral situation's, averaged over personas."""
        neutral = neutral_bins(self.scene)
        return np.mean(
            [self.by_cell[who, bins] - self.by_cell[who, neutral] for who in self.personas], axis=0
        )


def askable(scene: Scene) -> list[int | None]:
    """The personas that questions can name; None alone in a scene without any."""
    return [*range(len(scene.personas))] or [None]


def neutral_bins(scene: Scene) -> tuple[int, ...]:
    """The bin of each feature that stands for a situation in which nothing is special."""
    return tuple(feature.neutral for feature in scene.features)


def moved(scene: Scene, column: int, to: int) -> tuple[int, ...]:
    """The neutral situation with one feature in another bin."""
    return tuple(to if index == column else value for index, value in enumerate(neutral_bins(scene)))


def published_shifts() -> list[Published]:
    """The shipped table, conf/calibration/shifts.yaml."""
    text = (files("windtunnel.conf") / "calibration" / "shifts.yaml").read_text(encoding="utf-8")
    return read_published(yaml.safe_load(text))


def calibrate(
    plan: Plan,
    *,
    leave_out: Sequence[str] = (),
    published: Sequence[Published] | None = None,
    say: Say = lambda line: None,
) -> dict[str, Any]:
    """The content of a calibration file for the plan's model, community and `mind.permute`.

    Asks every persona in the neutral situation, in each situation that differs from it in one feature, and in the
    community's typical ones, under as many orders of the letters as there are options. `leave_out` names cases that
    beta is not to be fitted to. `ValueError` if a question gets no answer.
    """
    from windtunnel.agents.llm.opening import open_model
    from windtunnel.agents.llm.settings import LLMSettings

    rows = published_shifts() if published is None else list(published)
    unknown = set(leave_out) - {row.case for row in rows}
    if unknown:
        cases = sorted({row.case for row in rows})
        raise ValueError(
            f"leave_out names {sorted(unknown)[0]}, which is no case: choose from {', '.join(cases)}"
        )
    check_offers(plan.experiment.community, "calibrate")
    with serving(plan.experiment, plan.llm, plan.probe) as experiment:
        scene, kind = full_scene(experiment), experiment.builder()
        typical, share = typical_cells(scene, *kind.typical(scene))
        model = open_model(LLMSettings.model_validate(experiment.mind["llm"]))
        try:
            answers = ask(model, scene, [*card_cells(scene), *typical], say)
            identity = model_record(model.identity)
        finally:
            model.close()
    rates = np.exp(kind.alpha(scene))
    return {
        "version": VERSION,
        "model": identity,
        "prompt": "archetype",
        "prompt_sha256": prompt_sha256(scene),
        "community": scene.community,
        "actions": list(scene.actions.names),
        "profile": profile_record(experiment),
        "permute": int(experiment.mind["permute"]),
        **fitted(answers, typical, share, rates, rows, set(leave_out), int(experiment.mind["permute"])),
    }


def card_cells(scene: Scene) -> list[Cell]:
    """Each persona in the neutral situation, and in each situation that differs from it in one feature."""
    bins = [neutral_bins(scene)] + [
        moved(scene, column, to)
        for column, feature in enumerate(scene.features)
        for to in range(len(feature.words))
        if to != feature.neutral
    ]
    return list(itertools.product(askable(scene), bins))


def typical_cells(scene: Scene, reference: np.ndarray, share: np.ndarray) -> tuple[list[Cell], np.ndarray]:
    """The community's typical situations as cells with shares: features in bins, times the personas' shares.

    Raw features that a question does not tell fall together. A persona with share 0 (a forum's newcomers) is not
    among them, as in the rules mind's base rates.
    """
    people: dict[int | None, float] = {
        who: person.share for who, person in enumerate(scene.personas) if person.share > 0
    }
    people = people or {None: 1.0}
    total: dict[Cell, float] = {}
    for values, part in zip(reference, share, strict=True):
        bins = tuple(
            int(np.searchsorted(feature.edges, value, side="right"))
            for feature, value in zip(scene.features, values, strict=True)
        )
        for who, weight in people.items():
            total[who, bins] = total.get((who, bins), 0.0) + part * weight
    parts = np.array(list(total.values()))
    return list(total), parts / parts.sum()


def ask(
    model: Model,
    scene: Scene,
    cells: Sequence[Cell],
    say: Say = lambda line: None,
) -> Answers:
    """Each cell asked under every rotation of the letters; `ValueError` for a question without an answer."""
    options = tuple(range(len(scene.actions)))
    orders = option_orders(scene, options, len(options))
    asked = {
        (cell, order): archetype_request(scene, cell[1], cell[0], order)
        for cell in dict.fromkeys(cells)
        for order in orders
    }
    requests = list(dict.fromkeys(asked.values()))
    replies: dict[Any, Answer] = {}
    for start in range(0, len(requests), AT_ONCE):
        some = requests[start : start + AT_ONCE]
        for request, reply in zip(some, model.ask(some), strict=True):
            if not isinstance(reply, Answer):
                raise ValueError(f"a question got no answer ({reply.stage}): {reply.reason}")
            replies[request] = reply
        say(f"{len(replies)} of {len(requests)} questions answered")
    found: dict[Cell, np.ndarray] = {}
    for cell in dict.fromkeys(cells):
        table = np.empty((len(orders), len(options)))
        for turn, order in enumerate(orders):
            logp = np.asarray(replies[asked[cell, order]].logp)
            table[turn, list(order)] = logp - np.logaddexp.reduce(logp)
        found[cell] = table
    return Answers(scene, found)


def fitted(
    answers: Answers,
    typical: Sequence[Cell],
    share: np.ndarray,
    rates: np.ndarray,
    published: Sequence[Published],
    leave_out: set[str],
    permute: int,
) -> dict[str, Any]:
    """alpha, beta, card, base rates and notes, from answers alone."""
    scene = answers.scene
    names = scene.actions.names
    card, flat, orders = sensitivity(answers, rates)
    beta = slope(answers, rates, published, leave_out, flat)
    options = tuple(range(len(names)))
    every = option_orders(scene, options, len(options))
    used = [every.index(order) for order in option_orders(scene, options, permute)]
    row = {cell: _normalised(table[used].mean(axis=0)) for cell, table in answers.by_cell.items()}
    neutral = row[answers.neutral_persona, neutral_bins(scene)]
    raw = np.stack([row[cell] for cell in typical])
    pull = beta["value"] * (raw - neutral)
    alpha = fit_alpha(pull, share, rates)
    after = averages(alpha + pull, share)
    table = zip(names, rates, averages(raw, share), after, strict=True)
    return {
        "alpha": {name: float(value) for name, value in zip(names, alpha, strict=True)},
        "beta": beta,
        "flat": flat or beta["value"] == 0,
        "card": {"orders": orders, "personas": len(answers.personas), "flat": flat, "shifts": card},
        "base_rates": [
            dict(action=name, profile=float(rate), raw=float(before), calibrated=float(now))
            for name, rate, before, now in table
        ],
        "gap": None,
    }


def sensitivity(answers: Answers, rates: np.ndarray) -> tuple[list[dict[str, Any]], bool, int]:
    """The card (a row a feature and bin), whether it is flat, and how many letter orders it rests on."""
    scene = answers.scene
    names = scene.actions.names
    reference = names.index(REFERENCE) if REFERENCE in names else 0
    rude, civil = tone_columns(names)
    rows, every, orders = [], [], 0
    for column, feature in enumerate(scene.features):
        for to in range(len(feature.words)):
            if to == feature.neutral:
                continue
            shifts = answers.shifts(moved(scene, column, to))
            orders = len(shifts)
            against = {
                name: over_orders(shifts[:, index] - shifts[:, reference])
                for index, name in enumerate(names)
                if index != reference
            }
            tone = over_orders(contrast(shifts, rates, rude, civil)) if rude and civil else None
            every += [*against.values(), *([tone] if tone else [])]
            rows.append(
                {
                    "feature": feature.name,
                    "says": feature.words[to],
                    "rude_against_civil": _pair(tone) if tone else None,
                    "against_" + names[reference]: {name: _pair(one) for name, one in against.items()},
                }
            )
    return rows, (is_flat(every, orders) if every else True), orders


def slope(
    answers: Answers, rates: np.ndarray, published: Sequence[Published], leave_out: set[str], flat: bool
) -> dict[str, Any]:
    """beta with its standard error, the rows it rests on, and the cases left out or not told by this scene.

    With a flat card beta is 0: a slope on the chance of letter orders would blow that chance up.
    """
    scene = answers.scene
    names, features = list(scene.actions.names), {one.name: one for one in scene.features}
    rows, not_told, model = [], [], []
    for one in published:
        if one.case in leave_out:
            continue
        feature = features.get(one.feature)
        to = int(np.searchsorted(feature.edges, one.value, side="right")) if feature else 0
        if feature is None or to == feature.neutral or not {*one.up, *one.down} <= set(names):
            not_told.append(one.case)
            continue
        shifts = answers.shifts(moved(scene, list(features).index(one.feature), to))
        sides = [[names.index(name) for name in side] for side in (one.up, one.down)]
        measured = over_orders(contrast(shifts, rates, *sides))
        model.append(measured.shift)
        rows.append(
            dict(case=one.case, feature=one.feature, published=one.shift, published_se=one.se)
            | dict(model=measured.shift, model_se=measured.se, source=one.source)
        )
    found = fit_beta(
        np.array(model),
        np.array([row["published"] for row in rows]),
        np.array([row["published_se"] for row in rows]),
    )
    return {
        "value": 0.0 if flat else found.value,
        "se": found.se,
        "fitted": found.fitted,
        "cases": [row["case"] for row in rows],
        "left_out": sorted(leave_out),
        "not_told": not_told,
        "rows": rows,
    }


def tone_columns(names: Sequence[str]) -> tuple[list[int], list[int]]:
    """Columns of heated and hostile replies, and of civil ones; of any such actions where there are no replies."""
    replies = [name for name in names if name.startswith("reply_")] or list(names)
    rude = [name for name in replies if name.endswith(("heated", "hostile"))]
    civil = [name for name in replies if name.endswith("civil")]
    return [names.index(name) for name in rude], [names.index(name) for name in civil]


def archetype_gap(plan: Plan) -> dict[str, Any]:
    """|risk difference by archetype - by member| of the plan's policy, on the same draws and seeds.

    Runs the plan once with each prompt, alpha and beta as they stand; nobody writes words, which would be no part of an
    archetype's question either. `ValueError` if a run leaves no pair.
    """
    from windtunnel.analysis.tunnel import run_plan

    found = {}
    for prompt in ("archetype", "member"):
        mind = {**plan.experiment.mind, "prompt": prompt, "drift_sample": 0, "independent_aa": False}
        mind["words"] = False
        one = replace(plan, experiment=replace(plan.experiment, mind=mind), prompt=prompt, dowhy=False)
        result = run_plan(one)
        if result.estimates is None or result.failed:
            raise ValueError(f"the runs with prompt={prompt} failed: {_reason(result.runs)}")
        found[prompt] = result.estimates["rd"]["est"]
    return {
        "gap": abs(found["archetype"] - found["member"]),
        "rd_archetype": found["archetype"],
        "rd_member": found["member"],
        "beta": plan.experiment.mind["beta"],
        "policy": [spec.name for spec in plan.experiment.policy],
        "outcome": plan.outcome.name,
        "draws": plan.experiment.draws,
        "seeds": plan.experiment.seeds,
        "members": int(plan.experiment.community["size"]),
    }


def with_gap(plan: Plan, content: Mapping[str, Any], say: Say = lambda line: None) -> dict[str, Any]:
    """The calibration with the archetype gap, measured under its own alpha and beta.

    With beta 0 no answer enters the choices, and both prompts are one. The gap is then that of the model's shifts as
    they are, with the profile's alpha and beta 1: what a run without this calibration would have.
    """
    if content["beta"]["value"] == 0:
        say("gap=true: beta is 0, where archetypes cannot differ from members; the gap is taken with beta 1")
        chosen: dict[str, Any] = {"alpha": "profile", "beta": 1.0}
    else:
        alpha = [content["alpha"][name] for name in content["actions"]]
        chosen = {"alpha": alpha, "beta": content["beta"]["value"]}
    mind = {**plan.experiment.mind, **chosen}
    return {**content, "gap": archetype_gap(replace(plan, experiment=replace(plan.experiment, mind=mind)))}


def _reason(runs: Any) -> str:
    reasons = runs["reason"].drop_nulls().to_list()
    return str(reasons[0]) if reasons else "no pair is complete"


def _pair(one: Measured) -> list[float]:
    return [one.shift, one.se]


def _normalised(logp: np.ndarray) -> np.ndarray:
    return logp - np.logaddexp.reduce(logp)
