"""What the report says, in which order: the answer and how far to trust it first, workings last."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from windtunnel.analysis import numbers_in_words, summary
from windtunnel.analysis.first_sentence import BEHIND, first_sentence
from windtunnel.analysis.model_commands import calibration_words
from windtunnel.analysis.outcomes import immovable
from windtunnel.analysis.report import figures
from windtunnel.analysis.report.blocks import Block, Card, Cards, Document, Fold, Rows, Section, Text
from windtunnel.analysis.report.calibrated import calibrated
from windtunnel.analysis.report.costs import costs, forced_outcomes, free_first
from windtunnel.analysis.report.measures import differences
from windtunnel.analysis.report.policies_told import policies_told
from windtunnel.analysis.report.workings import assumptions, checks, how_made, symbols
from windtunnel.analysis.tones.of_words import agreement_words
from windtunnel.sim.events import MEASURES

Record = Mapping[str, Any]


def run_report(
    estimates: Record,
    manifest: Record,
    *,
    runs: pl.DataFrame,
    events: pl.DataFrame,
    members: pl.DataFrame,
    measures: pl.DataFrame | None = None,
) -> Document:
    """The report of a finished run; a withheld claim leaves out whatever would read as an effect."""
    steps = pl.DataFrame(schema=MEASURES) if measures is None else measures
    sections = [compared(estimates, manifest, runs)]
    made = estimates.get("claim") != "withheld"
    if made:
        forced = forced_outcomes(estimates, manifest)
        fixed = immovable.cannot_move(manifest["config"])
        changed = differences(runs, forced, estimates["confidence"], fixed)
        drawn = figures.of_run(estimates, manifest, runs, events, members, steps)
        sections += [*free_first(changed, estimates), answer(estimates, manifest)]
        sections += [trust(estimates, manifest, runs), pictures(estimates, drawn), costs(changed, estimates)]
    else:
        sections += [answer(estimates, manifest), trust(estimates, manifest, runs)]
    sections += [*calibrated(manifest["llm"]), assumptions(estimates), checks(estimates), how_made(manifest)]
    if made:
        sections.append(symbols(estimates))
    return Document(summary.asked(estimates, manifest), sections)


def pairs_report(estimates: Record) -> Document:
    """The report of a table of pairs that somebody brought: what estimates.json says, and no more."""
    sections = [compared(estimates, None), answer(estimates, None), trust(estimates, None, None)]
    if estimates.get("claim") != "withheld":
        sections.append(pictures(estimates, figures.of_pairs(estimates, None)))
        sections += [assumptions(estimates), checks(estimates), symbols(estimates)]
    else:
        sections += [assumptions(estimates), checks(estimates)]
    return Document(summary.asked(estimates), sections)


def compared(estimates: Record, manifest: Record | None, runs: pl.DataFrame | None = None) -> Section:
    """What was compared, and above the answer what it is worth."""
    said = f"{numbers_in_words.number(estimates['n_pairs'], 'pair')} of twins, brought as a table."
    if manifest:
        said = " ".join([f"Compared: {summary.compared(manifest)}", *policies_told(manifest["config"])])
    doubts = calibration_words.warnings(manifest["llm"]) if manifest else []
    doubts += calibration_words.never_asked(manifest) if manifest else []
    if manifest and runs is not None and (still := summary.idle(manifest, runs)):
        doubts = [*doubts, still]
    if manifest and estimates["outcome"] in immovable.cannot_move(manifest["config"]):
        doubts = [*doubts, immovable.sentence([estimates["outcome"]])]
    known = estimates.get("fidelity") or {}
    known = known if isinstance(known, dict) else {}
    descriptive, causal = summary.fidelity(estimates)
    assessed, experiments = first_sentence(causal)
    more = [*filter(None, [experiments]), *summary.declared_effects(estimates)]
    return Section(
        "",
        [
            Text(said),
            Text(summary.definition(estimates, manifest)),
            Text(summary.INSIDE, "lead"),
            Text(descriptive, "small" if known.get("descriptive") else "alarm"),
            Text(assessed, "small" if known.get("causal") or known.get("sentence") else "alarm"),
            *([Fold(BEHIND, [Text(line, "small") for line in more])] if more else []),
            *(Text(line, "alarm") for line in doubts),
        ],
    )


def answer(estimates: Record, manifest: Record | None) -> Section:
    """The headline in counts, then the four questions; or why there is no answer."""
    if estimates.get("claim") == "withheld":
        return Section("No answer", [Text(summary.withheld(estimates), "alarm"), counted(estimates)])
    blocks: list[Block] = [
        Text(summary.headline(estimates, manifest), "claim"),
        Text(summary.net(estimates), "claim"),
    ]
    if (mean := summary.mean_change(estimates, manifest)) is not None:
        blocks.append(Text(mean, "claim"))
    forced = bool(estimates.get("by_construction"))
    if forced:
        blocks.insert(0, Text(summary.construction(estimates, manifest), "tag"))
    blocks.append(Cards([_card(question, estimates) for question in estimates["questions"]]))
    return Section(summary.verdict(estimates, manifest), blocks, "by construction" if forced else "")


def counted(estimates: Record) -> Rows:
    """The paired table in counts."""
    table = estimates["table"]
    return Rows(
        ("without the policy", "with it: happened", "with it: did not happen"),
        [
            ("it happened", str(table["n11"]), str(table["n10"])),
            ("it did not happen", str(table["n01"]), str(table["n00"])),
        ],
        "Pairs of twins, counted. " + summary.INSIDE,
    )


def trust(estimates: Record, manifest: Record | None, runs: pl.DataFrame | None) -> Section:
    """Chance apart from what no seed shrinks, then noise, losses and failures."""
    said = [summary.chance(estimates), summary.spread(manifest)]
    if (stopped := summary.stopping(estimates)) is not None:
        said.append(f"Stopping: {stopped}")
    if estimates.get("claim") != "withheld":
        said.append(_coupling(estimates))
    said.append(summary.noise_floor(estimates) or "Noise floor: unknown; there is no A/A arm.")
    if manifest and manifest["llm"].get("model"):
        said += [summary.drift(manifest["llm"]), *calibration_words.state(manifest["llm"])]
        more = (
            summary.independent(manifest["llm"]),
            calibration_words.sharing(manifest["llm"]),
            agreement_words(manifest["llm"]),
        )
        said += [line for line in more if line]
    lost = summary.lost(estimates)
    broken = [lost] if lost else []
    broken += summary.failures(runs) if runs is not None else []
    if not broken:
        said.append("Losses: every pair is complete.")
    rows = [
        (label, numbers_in_words.capital(rest)) for label, _, rest in (line.partition(": ") for line in said)
    ]
    return Section(
        "How far to trust it",
        [Rows(("doubt", "how it stands"), rows), *(Text(line, "alarm") for line in broken)],
    )


def pictures(estimates: Record, drawn: list[figures.Figure]) -> Section:
    """The charts, with the paired table in numbers beside them."""
    return Section("In pictures", [*drawn, Fold("The paired table in numbers", [counted(estimates)])])


LABELS = {
    "pn": "Necessity",
    "ps": "Sufficiency",
    "pn_backfire": "Backfire, looking back",
    "ps_backfire": "Backfire, looking ahead",
}


def _card(question: Record, estimates: Record) -> Card:
    said = summary.question_line(question)
    other = summary.coupling_counts(estimates, question)
    if other:
        said += f" If twins shared chance in another way, the same rates would allow {other}."
    return Card(
        LABELS[question["key"]],
        f"{numbers_in_words.capital(question['happened'])}. {question['question']}",
        said,
    )


def _coupling(estimates: Record) -> str:
    name = estimates["coupling"]
    shared = "in a way that was not stated" if name == "not stated" else f"by {name}"
    return (
        f"Coupling (more seeds do not change it): the answers above hold for twins that share chance {shared}; "
        "beside each stands what the same rates allow under any other."
    )
