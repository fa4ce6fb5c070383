"""How an answer holds over plausible variants of the model: the share of them with the same sign, and the same ranking.

A variant is one combination of what was varied beside the policy: model, wording, persona format, community. Such spread
is in no interval of a single run, and more draws do not shrink it. A root may vary, too, but is chance: other draws of the
same model, whose spread more draws do shrink.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.causal.questions import CAVEAT
from windtunnel.analysis.folder import Folder

ROOT = "root"
"""The one factor that is chance."""
COLUMNS = ("variant", "policy", "rd", "low", "high")
CHOICES = {
    "community.name": ("community.",),
    "mind.name": ("mind.", "llm.", "prompt"),
    "community.profile.name": ("community.profile.",),
    "llm.model": ("llm.",),
    "llm.kind": ("llm.",),
}
"""Settings that a user chooses by one word, and the beginnings of those that may follow from it."""
_POLICY = ("policy", "policy_with", "treatment")
_WORDS = ("community.features", "community.personas")


class Distinct(NamedTuple):
    """Variants that differ in some run or number; in which factors the others, so many, differ from one of these."""

    frame: pl.DataFrame
    idle: list[str]
    dropped: int


def distinct(frame: pl.DataFrame, factors: Sequence[str]) -> Distinct:
    """Each variant once: two are the same where every policy's runs (`events_sha256`) and numbers are the same."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    idle: set[str] = set()
    kept = []
    told = ["policy", "events_sha256", "rd", "low", "high"]
    for rows in frame.partition_by("variant", maintain_order=True):
        one, same = rows.row(0, named=True), tuple(rows.sort("policy").select(told).rows())
        if same in found:
            idle |= {name for name in factors if one[name] != found[same][name]}
        else:
            found[same] = one
            kept.append(one["variant"])
    return Distinct(
        frame.filter(pl.col("variant").is_in(kept)), sorted(idle), frame["variant"].n_unique() - len(kept)
    )


def robustness(frame: pl.DataFrame, *, polarity: str) -> dict[str, Any]:
    """Shares of variants in which sign and ranking hold, from one row a variant and policy (`COLUMNS`).

    `rd` is policy minus baseline, null where a run makes no claim; its sign in most variants is the one that should
    hold. `beyond_chance` counts variants whose own interval leaves zero out on that side, `against` those on the
    other. The ranking is by rd (fewest harms or most goods first), over the variants that have every policy; the
    ranking of the mean over them is the one that should hold; `ties` names the policies that have the mean of the one before.
    `ValueError` for no or doubled rows.
    """
    _check(frame, polarity)
    variants = frame["variant"].unique(maintain_order=True).to_list()
    policies = frame["policy"].unique(maintain_order=True).to_list()
    return {
        "variants": len(variants),
        "policies": [_sign(name, frame.filter(pl.col("policy") == name), polarity) for name in policies],
        "ranking": _ranking(frame, policies, polarity) if len(policies) > 1 else None,
        "caveat": CAVEAT,
    }


def _check(frame: pl.DataFrame, polarity: str) -> None:
    if polarity not in ("harm", "good"):
        raise ValueError(f"polarity is {polarity!r}: give 'harm' or 'good'")
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise ValueError(f"the table has no column {missing[0]!r}: it needs {', '.join(COLUMNS)}")
    if frame.is_empty():
        raise ValueError("there is no finished cell to compare")
    doubled = frame.filter(pl.struct("variant", "policy").is_duplicated())
    if len(doubled):
        raise ValueError(
            f"{doubled['policy'][0]} stands twice for the variant {doubled['variant'][0]}: give each cell once"
        )


def _sign(name: str, rows: pl.DataFrame, polarity: str) -> dict[str, Any]:
    """One policy over the variants."""
    claimed = rows.drop_nulls("rd")
    signs = claimed["rd"].sign().cast(pl.Int8)
    count = Counter(signs.to_list())
    side = 0 if not len(signs) or count[1] == count[-1] else (1 if count[1] > count[-1] else -1)
    good = -1 if polarity == "harm" else 1
    beyond = {
        1: int((claimed["low"].fill_null(-1) > 0).sum()),
        -1: int((claimed["high"].fill_null(1) < 0).sum()),
    }
    return {
        "policy": name,
        "sign": {0: "none", good: "helps", -good: "harms"}[side],
        "holds_in": count[side] if side else 0,
        "no_change_in": count[0],
        "other_sign_in": count[-side] if side else count[1] + count[-1],
        "no_claim_in": len(rows) - len(claimed),
        "of": len(rows),
        "share": count[side] / len(rows) if side else 0.0,
        "beyond_chance": beyond[side] if side else 0,
        "against_beyond_chance": beyond[-side] if side else max(beyond.values()),
        "rd_lowest": claimed["rd"].min(),
        "rd_mean": claimed["rd"].mean(),
        "rd_highest": claimed["rd"].max(),
    }


def _ranking(frame: pl.DataFrame, policies: Sequence[str], polarity: str) -> dict[str, Any]:
    """The order of the policies over the variants that have all of them; it does not hold where two tie."""
    wide = frame.pivot(on="policy", index="variant", values="rd", maintain_order=True).drop_nulls()
    better = 1 if polarity == "harm" else -1
    if wide.is_empty():
        return {
            "order": None,
            "variants": 0,
            "holds_in": 0,
            "best_in": 0,
            "share": None,
            "pairs": [],
            "ties": [],
        }
    values = {name: better * wide[name].to_numpy() for name in policies}
    means = {name: round(float(values[name].mean()), 12) for name in policies}
    order = sorted(policies, key=lambda name: means[name])
    rows = range(len(wide))
    holds = [
        all(values[a][row] < values[b][row] for a, b in zip(order, order[1:], strict=False)) for row in rows
    ]
    best = [all(values[order[0]][row] < values[name][row] for name in order[1:]) for row in rows]
    return {
        "order": order,
        "ties": [b for a, b in zip(order, order[1:], strict=False) if means[a] == means[b]],
        "variants": len(wide),
        "holds_in": sum(holds),
        "best_in": sum(best),
        "share": sum(holds) / len(holds),
        "pairs": [
            {
                "better": a,
                "worse": b,
                "holds_in": int((values[a] < values[b]).sum()),
                "tied_in": int((values[a] == values[b]).sum()),
            }
            for place, a in enumerate(order)
            for b in order[place + 1 :]
        ],
    }


def by_level(frame: pl.DataFrame, factors: Sequence[str]) -> pl.DataFrame:
    """The mean rd of each policy at each level of each factor: factor, level, policy, cells, rd; numbers in their order."""
    parts = [
        frame.sort(pl.col(name).cast(pl.String).cast(pl.Float64, strict=False), pl.col(name).cast(pl.String))
        .group_by(pl.col(name).cast(pl.String).alias("level"), "policy", maintain_order=True)
        .agg(cells=pl.len(), rd=pl.col("rd").mean())
        .select(pl.lit(name).alias("factor"), "level", "policy", "cells", "rd")
        for name in factors
    ]
    schema = dict(factor=pl.String, level=pl.String, policy=pl.String, cells=pl.UInt32, rd=pl.Float64)
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def read_cells(paths: Sequence[Path | str]) -> tuple[pl.DataFrame, list[str], str]:
    """One row a finished cell (`COLUMNS`, `events_sha256` and the factors), the factors, and the outcome's polarity.

    A folder with cells inside stands for them. `ValueError` where cells have different outcomes, for their effects are then
    no variants of one answer.
    """
    from windtunnel.analysis.comparison.inputs import names_of
    from windtunnel.analysis.runs.resume import settings_of

    folders = [folder for path in paths for folder in _cells(Path(path))]
    manifests = [folder.read_json(folder.manifest) for folder in folders]
    first = manifests[0]["outcome"]
    for manifest in manifests[1:]:
        for key in ("name", "polarity"):
            if manifest["outcome"][key] != first[key]:
                raise ValueError(
                    f"the cells have different outcomes, {first[key]} and {manifest['outcome'][key]}: give cells of one"
                )
    specs = [tuple((name, dict(given)) for name, given in one["config"]["policy"]) for one in manifests]
    names = dict(zip(map(repr, specs), names_of_each(specs, names_of), strict=True))
    settings = [_scalars(settings_of(one["config"])) for one in manifests]
    factors = one_a_choice(
        [key for key in sorted(set().union(*settings)) if len({repr(one.get(key)) for one in settings}) > 1],
        settings,
    )
    rows = []
    for folder, manifest, spec, values in zip(folders, manifests, specs, settings, strict=True):
        rd = _rd(folder)
        label = ", ".join(f"{key.removeprefix('community.')}={values.get(key)}" for key in factors)
        rows.append(
            {"variant": label or "as it is", "policy": names[repr(spec)]}
            | {"rd": rd["est"], "low": rd["low"], "high": rd["high"]}
            | {"events_sha256": manifest.get("events_sha256")}
            | {key: str(values.get(key)) for key in factors}
        )
    kinds = {"rd": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    return pl.DataFrame(rows, schema_overrides=kinds), factors, first["polarity"]


def one_a_choice(factors: Sequence[str], settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The factors without those that follow from a choice among them: `mind=rules,llm` is one factor, not a dozen.

    >>> one_a_choice(["llm.model", "mind.name"], [{"mind.name": "rules"}, {"mind.name": "llm", "llm.model": "m"}])
    ['mind.name']
    """
    left = list(factors)
    for choice, prefixes in CHOICES.items():
        if choice not in left:
            continue
        levels: dict[str, list[Mapping[str, Any]]] = {}
        for one in settings:
            levels.setdefault(repr(one.get(choice)), []).append(one)
        left = [
            key
            for key in left
            if key == choice
            or not key.startswith(prefixes)
            or any(len({repr(one.get(key)) for one in same}) > 1 for same in levels.values())
        ]
    return left


def names_of_each(specs: Sequence[Any], names_of: Any) -> list[str]:
    """What each treatment is called, equal treatments alike."""
    distinct = list({repr(one): one for one in specs}.values())
    called = dict(
        zip(map(repr, distinct), names_of(distinct, [str(k) for k in range(len(distinct))]), strict=True)
    )
    return [called[repr(one)] for one in specs]


def _cells(path: Path) -> list[Folder]:
    if Folder(path).manifest.is_file():
        return [Folder(path)]
    inside = sorted(one for one in path.glob("*") if Folder(one).manifest.is_file())
    if not inside:
        raise ValueError(
            f"{path} holds no finished run: give output folders of `windtunnel run`, or a sweep's"
        )
    return [Folder(one) for one in inside]


def _rd(folder: Folder) -> Mapping[str, Any]:
    """The cell's risk difference; all null where it makes no claim or no pair is complete."""
    if not folder.estimates.is_file():
        return {"est": None, "low": None, "high": None}
    return folder.read_json(folder.estimates)["rd"]


def _scalars(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that say what a variant is, words apart, which stand for themselves by their name."""
    return {
        key: value
        for key, value in settings.items()
        if not isinstance(value, dict | list)
        and key.split(".")[0] not in (*_POLICY, "stop")
        and not key.startswith(_WORDS)
    }
