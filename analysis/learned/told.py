"""What a learned.yaml says, in rows and sentences for terminals, reports and pages."""

from math import exp
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.learned.scored import BETTER_TONES
from windtunnel.analysis.tones.by_hand import all_by_hand
from windtunnel.sim.communities.forum.learned_file import FILE, Interval, Learned, Part, Score, read_learned

WORDS = {
    "who": "who writes next",
    "thread": "in which thread",
    "post": "to which post",
    "when": "when a thread goes on",
    "whether": "whether it does",
    "tone": "in what tone",
    "removal": "what is taken away",
    "delay": "how threads grow",
}
"""The parts in the order in which they are told."""


def learned_of(folder: Path) -> Learned | None:
    """What was learned from the record in `folder`; None where nothing was. `ValueError` for a file that cannot be read."""
    path = folder / FILE
    return by_hand(read_learned(path), folder) if path.is_file() else None


def by_hand(learned: Learned, folder: Path) -> Learned:
    """The same without a wish for labels where each tone of the record in `folder` is one."""
    part, posts = learned.parts.get("tone"), folder / "posts.parquet"
    if part is None or BETTER_TONES not in part.why or not posts.is_file():
        return learned
    if not all_by_hand(pl.scan_parquet(posts)):
        return learned
    why = part.why.replace(BETTER_TONES, "its tones are set by hand, so only more replies could lift it")
    parts = {**learned.parts, "tone": part.model_copy(update={"why": why})}
    return learned.model_copy(update={"parts": parts})


def rows(learned: Learned) -> list[dict[str, Any]]:
    """A row for each part and baseline: what is foretold, bits an act, baseline, gain and limits, acts, verdict."""
    found: list[dict[str, Any]] = []
    for name in WORDS:
        part = learned.parts.get(name)
        if part is None:
            continue
        for score in part.scores:
            found.append(
                {
                    "part": name,
                    "bits": f"{score.bits:.2f}",
                    "gain": gain(score),
                    "over": f"{score.base} {score.bits_base:.2f}",
                    "acts": f"{score.acts:,}",
                    "verdict": _verdict(name, part),
                }
            )
        if not part.scores:
            nothing: dict[str, Any] = dict.fromkeys(("bits", "gain", "over", "acts"))
            found.append({"part": name, **nothing, "verdict": part.verdict})
    return found


def _verdict(name: str, part: Part) -> str:
    extra = ""
    if name == "tone" and "ceiling" in part.extra:
        extra = f"; ceiling {part.extra['ceiling']['est']:+.3f}"
    elif part.extra.get("auc") is not None:
        extra = f"; AUC {part.extra['auc']:.2f}"
    return part.verdict + extra


def gain(score: Score) -> str:
    """As `+1.44 [+1.23, +1.65]`."""
    return limits(score.gain)


def limits(found: Interval) -> str:
    if found.low is None or found.high is None:
        return f"{found.est:+.3f} [no interval]"
    return f"{found.est:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def sentences(learned: Learned) -> list[str]:
    """What is weak and what would lift it, what could not be fitted, what the record does not show."""
    said: dict[str, list[str]] = {}
    for name, words in WORDS.items():
        part = learned.parts.get(name)
        if part is not None and part.verdict == "not fitted":
            said.setdefault(part.why, []).append(words)
    found = [f"Not fitted ({', '.join(parts)}): {why}." for why, parts in said.items()]
    found += [
        f"{'Weak' if part.verdict == 'weak' else 'Note'}: {part.why}."
        for part in learned.parts.values()
        if part.verdict != "not fitted" and part.why
    ]
    known = " ".join(found)
    found += [f"The record does not show: {each}." for each in learned.cannot if each not in known]
    if learned.record.sampled:
        found.append(f"Sampled: {learned.record.sampled}.")
    return found


def of_simulation(learned: Learned, folder: Path) -> str:
    """How large the recorded place is as `community.size` counts, and what its members do; empty where there is no law to run with."""
    from windtunnel.sim.communities.forum.learned.law import law_of
    from windtunnel.sim.communities.forum.learned.members import recorded_size
    from windtunnel.sim.communities.forum.profile import read_profile

    path = folder / "profile.yaml"
    if not learned.forward or not path.is_file():
        return ""
    law = law_of(learned.forward)
    new = 24 * (law.newcomers.opens + law.newcomers.replies)
    stay = "" if law.stay is None else f"; members stay {law.stay:.0f} days on average"
    held = ""
    if law.held:
        held = f" A cold place would write more than the record: in it they come {exp(law.held):.2g} times as often as fitted, which is to make it write as much; the report of a run says so where it does not."
    return (
        f"Runs: community.size={recorded_size(law, read_profile(path)):.0f} is a place of this record's size (members present at a time, silent ones among them; "
        f"{learned.record.authors:,} wrote in all), with {law.posts_per_day:,.3g} posts and {new:.2g} newcomers a day{stay}.{held}"
    )


def of_parts(learned: Learned) -> list[str]:
    """A sentence for each part of an act: its bits held out beside its best baseline, tone's ceiling, what would lift it."""
    said = []
    for name in ("who", "thread", "post", "when", "whether", "tone"):
        part, words = learned.parts.get(name), WORDS[name]
        if part is None or part.verdict == "not fitted" or not part.scores:
            why = "" if part is None else f": {part.why}"
            said.append(f"Not learned from this record: {words}{why}.")
            continue
        score = part.scores[-1]
        start = "Weak" if part.verdict == "weak" else "Foretold"
        ceiling = part.extra.get("ceiling")
        most = ""
        if ceiling is not None:
            gained = f"{ceiling['est']:+.3f}" if ceiling["est"] > 0 else "nothing"
            most = f"; who knew every other post would gain {gained}"
        more = f"; AUC {part.extra['auc']:.2f}" if part.extra.get("auc") is not None else ""
        lift = (
            f"; {part.why.rpartition(': ')[2].partition(';')[0]}"
            if part.verdict == "weak" and part.why
            else ""
        )
        said.append(
            f"{start}, {words}: {score.bits:.2f} bits an act on {score.acts:,} replies held out, {gain(score)} over {score.base}"
            f"{more}{most}{lift}."
        )
    return said


def descriptive(learned: Learned) -> str:
    """One line for a report: bits over baselines, part by part."""
    told = []
    for name in WORDS:
        part = learned.parts.get(name)
        if name in ("removal", "delay") or part is None or not part.scores:
            continue
        score = part.scores[-1]
        weak = " (weak)" if part.verdict == "weak" else ""
        told.append(f"{name} {gain(score)} over {score.base}{weak}")
    if not told:
        return ""
    return f"the record of {learned.name} foretold on replies held out, in bits an act: {'; '.join(told)}"
