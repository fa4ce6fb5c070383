"""The report's back pages: assumptions, arithmetic checks, how the run was made, symbols on demand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from windtunnel.analysis import numbers_in_words, summary
from windtunnel.analysis.causal.questions import PERCENT_FROM
from windtunnel.analysis.report.blocks import Block, Fold, Rows, Section, Text

Record = Mapping[str, Any]
STATUS = {
    "holds": "checked: holds",
    "fails": "checked: fails",
    "not contradicted": "not contradicted",
    "counted": "counted",
    "assumed": "assumed",
}


def assumptions(estimates: Record) -> Section:
    """What the numbers rest on, what was checked and what cannot be."""
    rows = [(one["name"], STATUS[one["status"]], one["sentence"]) for one in estimates["assumptions"]]
    return Section("What it rests on", [Rows(("assumption", "status", "found"), rows)])


def checks(estimates: Record) -> Section:
    """DoWhy's refuters and our own: arithmetic cross-checks, no assumption verified."""
    record = estimates.get("dowhy")
    blocks: list[Block] = [Text("Arithmetic cross-checks: they verify no assumption.")]
    if not record:
        return Section("Cross-checks", [*blocks, Text("None was made in this run.", "small")])
    agree = "agrees" if record.get("agrees") else "does not agree"
    sure = [one for one in record["refuters"] if not one.get("can_fail", True) and one["passed"] is not False]
    telling = [one for one in record["refuters"] if one not in sure]
    blocks += [
        Text(
            f"DoWhy {record['version']}, asked again, {agree} with the paired difference.",
            "" if record.get("agrees") else "alarm",
        ),
        Text(f"Of {numbers_in_words.number(len(telling), 'check')} that can fail, {_tally(telling)}."),
        _each("Each check that can fail", telling),
    ]
    if sure:
        said = f"{numbers_in_words.number(len(sure), 'more check')}, DoWhy's and resamplings, that cannot fail on whole pairs: {_tally(sure)}"
        blocks.append(_each(said, sure))
    return Section("Cross-checks", [*blocks, Fold("The estimand", [Text(str(record["estimand"]))])])


def _each(title: str, found: Sequence[Record]) -> Fold:
    return Fold(title, [Rows(("check", "of", "by", "passed", "found"), [_check(one) for one in found])])


def _tally(found: Sequence[Record]) -> str:
    """How many came out as they should, how many did not, and how many could not be tried."""
    counts = [sum(one["passed"] is kind for one in found) for kind in (True, False, None)]
    words = ("came out as they should", "did not", "could not be tried")
    return (
        ", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True) if count)
        or "none was made"
    )


PASSED = {True: "yes", False: "no", None: "not tried"}


def _check(one: Record) -> tuple[str, ...]:
    return (numbers_in_words.words(one["name"]), one["of"], one["by"], PASSED[one["passed"]], one["sentence"])


def _profile(profile: Record | None) -> list[Block]:
    """Where the numbers of a profile came from; nothing of a community without one."""
    if not profile:
        return []
    marks = [value["mark"] for value in profile.values() if isinstance(value, Mapping) and "mark" in value]
    counted = ", ".join(f"{marks.count(mark)} {words}" for mark, words in MARKS.items())
    return [Text(f"The profile {profile.get('name')}: {counted}.")]


def how_made(manifest: Record) -> Section:
    """The model and its cost, the settings, and what it takes to make the run again."""
    config = manifest["config"]
    blocks: list[Block] = [
        Text(_model(manifest)),
        Text(
            f"Cost: {numbers_in_words.number(manifest['runs'], 'run')}, {numbers_in_words.number(manifest['decisions'], 'decision')}, "
            f"{manifest['wall_s']:,.1f} s of wall time, {manifest['cpu_s']:,.1f} s of processor time."
        ),
        *_profile(config["community"].get("profile")),
        Fold("Policies", [Rows(("arm", "policy", "parameters"), list(_policies(config)))]),
    ]
    if len(manifest["llm"]) > 2:
        blocks.append(
            Fold("Model, calibration and counts", [Rows(("what", "value"), _flat(_brief(manifest["llm"])))])
        )
    again = {
        "root": config["root"],
        "draws x seeds": f"{config['draws']} x {config['seeds']}",
        "steps": config["steps"],
        "declared before the run (SHA-256)": manifest["declared_sha256"],
        "events (SHA-256)": manifest["events_sha256"],
        **{f"version of {name}": version for name, version in manifest["versions"].items()},
    }
    blocks.append(Fold("To make it again", [Rows(("what", "value"), _flat(again))]))
    return Section("The model and its cost", blocks)


def _brief(llm: Record) -> dict[str, Any]:
    """The record without what another section shows whole: of a calibration its file and digest are left."""
    found = llm.get("calibration")
    kept = {key: found[key] for key in ("file", "sha256")} if found else None
    return {**llm, "calibration": kept} if "calibration" in llm else dict(llm)


MARKS = {
    "data": "numbers counted in data",
    "proxy": "inferred by a declared rule",
    "chosen": "chosen by hand",
}


def _model(manifest: Record) -> str:
    llm = manifest["llm"]
    if not llm.get("model"):
        mind = manifest["config"]["mind"]["name"]
        if "teacher" in llm:
            taught = llm["teacher"].get("model", "a language model")
            return f"Model: none in this run. Members decide by a logit that was fitted to the answers of {taught}."
        return f"Model: none. Members decide by fixed rules (mind {mind}); no language model was asked."
    counts = {
        "questions": "questions",
        "unique": "distinct",
        "store_hits": "answered from the store",
        "texts": "texts written",
        "calls": "calls",
        "tokens_in": "tokens in",
        "tokens_out": "tokens out",
        "retries": "retries",
        "invalid": "unreadable answers",
    }
    cost = ", ".join(f"{llm[name]:,} {words}" for name, words in counts.items() if llm.get(name) is not None)
    return f"Model: {llm['model']}. {numbers_in_words.capital(cost)}.{_money(llm)}{_lost(llm)}"


def _money(llm: Record) -> str:
    """What the tokens cost, where that is known or was not free of itself."""
    if llm.get("cost") is None:
        return " Cost in money: unknown, no price was given." if "cost" in llm else ""
    if not llm["cost"] and llm["price"] == "this machine":
        return " Cost in money: none, it ran on this machine."
    return f" Cost in money: {llm['cost']:,.4f} {llm['currency']} ({llm['price']})."


def _lost(llm: Record) -> str:
    """What of the questions and answers was lost: lines cut to fit, and answers that were hardly letters."""
    said = ""
    if llm.get("cut"):
        said += f" To fit the model's context {numbers_in_words.number(llm['cut'], 'line')} of what was on show were cut from questions."
    if llm.get("thin"):
        said += (
            f" In {numbers_in_words.number(llm['thin'], 'distinct question')} the letters got less than "
            f"{llm['least_mass']:.0%} of the model's probability: it hardly answered those."
        )
    return said


def _policies(config: Record) -> Iterator[tuple[str, ...]]:
    for arm, found in (("both arms", config["baseline"]), ("policy arm", config["policy"])):
        for name, given in found:
            settings = ", ".join(
                f"{key} = {value}"
                for key, value in (_defaults(name) | dict(given)).items()
                if value is not None
            )
            yield arm, numbers_in_words.words(name), settings or "none"


def _defaults(name: str) -> dict[str, Any]:
    from windtunnel.policies.registry import parameters

    try:
        return dict(parameters(name))
    except ValueError:  # an out-of-tree policy that this installation lacks: its given parameters remain
        return {}


def _flat(record: Record, prefix: str = "") -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for key, value in record.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{numbers_in_words.words(key)}: ")
        elif value is not None:
            rows.append((prefix + numbers_in_words.words(key), _value(value)))
    return rows


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value) or "none"


SYMBOLS = (
    ("p0", "share of futures in which it happened without the policy"),
    ("p1", "the same with the policy"),
    ("rd", "p1 \u2212 p0"),
    ("pn", "PN, probability of necessity"),
    ("ps", "PS, probability of sufficiency"),
    ("pns", "PNS, of both: the policy decided it, in the direction it is meant to"),
    ("backfire", "the policy decided it, in the other direction"),
    ("pn_backfire", "PN of the other direction"),
    ("ps_backfire", "PS of the other direction"),
)


def symbols(estimates: Record) -> Section:
    """Every quantity under its symbol, for those who read them; shares only where 20 cases stand behind."""
    dens = {question["key"]: question["den"] for question in estimates["questions"]}
    rows = []
    for key, means in SYMBOLS:
        den, found = int(dens.get(key) or 0) if key in dens else estimates["n_pairs"], estimates[key]
        bound = (estimates["bounds"] or {}).get(key) or {"low": None, "high": None}
        few = den < PERCENT_FROM
        allowed = _points({"est": None, **bound}, few) if key in estimates["bounds"] else "the same"
        rows.append((key, means, _points(found, few), allowed, str(den)))
    head = ("symbol", "means", "estimate (interval)", "any coupling", "cases")
    said = [f"Direction: {estimates['direction']}. Coupling: {estimates['coupling']}. {summary.INSIDE}"]
    if estimates.get("variance_ratio"):
        said.append(
            f"Pairing spared runs: unpaired, the same error would take {estimates['variance_ratio']:.1f} times as many."
        )
    blocks: list[Block] = [
        Rows(head, rows, f"A share of fewer than {PERCENT_FROM} cases is not shown."),
        *map(Text, said),
    ]
    return Section("Symbols", [Fold("PN, PS and the rest", blocks)])


def _points(found: Record, few: bool) -> str:
    est, low, high = found["est"], found["low"], found["high"]
    if few:
        return "too few cases"
    ends = "" if low is None else f"{low:.3f} to {high:.3f}"
    if est is None:
        return ends or "undefined"
    return f"{est:.3f} ({ends or 'no interval'})"
