"""Sentences for people: one source of the words that the terminal, report.md and report.html show.

Counts of simulated futures come first, and no percentage stands for fewer than 20 cases. Chance, which more
seeds shrink, and what no number of seeds shrinks (the model, the personas, the coupling) are said apart.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from windtunnel.analysis.causal.estimates import NEVER
from windtunnel.analysis.causal.questions import PERCENT_FROM
from windtunnel.analysis.model_commands import calibration_words
from windtunnel.analysis.numbers_in_words import capital, change, number, words
from windtunnel.analysis.outcomes import immovable, known_outcomes
from windtunnel.analysis.report.policies_told import policies_told
from windtunnel.analysis.runs.stopping import sentence as stopping_sentence
from windtunnel.analysis.terminal.ending import plain
from windtunnel.sim.communities import declared

INSIDE = "Inside this model of the community; not evidence of what its members would have done."

Record = Mapping[str, Any]


def short_answer(estimates: Record | None, manifest: Record | None, runs: pl.DataFrame | None) -> list[str]:
    """Lines for a terminal: what was compared, the answer in counts, how far to trust it."""
    lines = []
    if manifest:
        lines += [compared(manifest), *policies_told(manifest["config"])]
        lines += [*calibration_words.state(manifest["llm"]), *calibration_words.warnings(manifest["llm"])]
        lines += calibration_words.never_asked(manifest)
    if estimates:
        lines += answer(estimates, manifest)
    if manifest and (fixed := immovable.sentence(_fixed(manifest))):
        lines.append(fixed)
    if runs is not None:
        lines += [line for line in (idle(manifest, runs),) if line]
        lines += failures(runs)
    return [plain(line) for line in lines]


def idle(manifest: Record | None, runs: pl.DataFrame) -> str | None:
    """In how many pairs the policy did nothing; None where it acted in all, or where there is none."""
    from windtunnel.analysis.report.measures import never_acted

    return never_acted(runs, policy_words(manifest)) if manifest and manifest["config"]["policy"] else None


def _fixed(manifest: Record) -> list[str]:
    """The declared outcome, if no policy can move it."""
    name = (manifest.get("outcome") or {}).get("name", "")
    return [name] if name in immovable.cannot_move(manifest.get("config") or {}) else []


def one_line(estimates: Record | None, manifest: Record, runs: pl.DataFrame | None = None) -> str:
    """The answer of a sweep's cell in counts, with what speaks against quoting it."""
    failed = f"; {number(manifest['failed'], 'run')} failed" if manifest["failed"] else ""
    if estimates is None:
        return f"no pair is complete{failed}"
    if estimates.get("claim") == "withheld":
        return f"no claim: {estimates['claim_reason']}{failed}"
    table, n, rd = estimates["table"], estimates["n_pairs"], estimates["rd"]
    had, had_not = table["n10"] + table["n11"], table["n00"] + table["n01"]
    stopped, caused = f"{table['n10']} of {had}", f"{table['n01']} of {had_not}"
    told = f"stopped {stopped}, caused {caused}"
    if estimates["direction"] == "generative":
        told = f"brought about {caused}, prevented {stopped}"
    ends = " to ".join(map(_more, _futures(rd, n))) if rd["low"] is not None else "no interval: one community"
    forced = "; by construction" if estimates.get("by_construction") else ""
    odd = estimates["aa_discordance"]
    still = (idle(manifest, runs) or "") if runs is not None else ""
    forced += f"; {still[:1].lower()}{still[1:-1]}" if "never acted" in still else ""
    forced += f"; {words(manifest['outcome']['name'])} {immovable.CANNOT}" if _fixed(manifest) else ""
    noise = f"; the baseline run twice disagreed in {odd:.1%}" if odd else ""
    return f"{told}; net {_more(table['n01'] - table['n10'])} of {n} futures ({ends}){forced}{noise}{failed}"


def answer(estimates: Record, manifest: Record | None = None) -> list[str]:
    """The headline, then a line for each question; or why no claim is made. The caveat comes last."""
    lines = [*fidelity(estimates), *declared_effects(estimates), definition(estimates, manifest)]
    if estimates.get("claim") == "withheld":
        return [*lines, withheld(estimates), INSIDE]
    if estimates.get("by_construction"):
        lines.append(construction(estimates, manifest))
    lines += [headline(estimates, manifest), net(estimates)]
    lines += [f"- {question['question']} {question_line(question)}" for question in estimates["questions"]]
    lines += [line for line in (stopping(estimates), noise_floor(estimates), lost(estimates)) if line]
    return [*lines, *of_table(estimates, manifest), INSIDE]


def compared(manifest: Record) -> str:
    """One sentence: which policy, against what, where, how often.

    `pairs` are those asked for, or run before a stopping rule ended it; how many were lost is another sentence.
    """
    config = manifest["config"]
    community = config["community"]
    nouns = declared(community).nouns
    draws = (manifest.get("stopping") or config)["draws"]
    pairs = draws * config["seeds"]
    policy, baseline = words(specs(config["policy"])) or "no policy", words(specs(config["baseline"]))
    if config.get("status_quo"):
        baseline = f"{nouns.status_quo} ({baseline})"
    arms = f"on top of {baseline}, against that alone" if baseline else f"against {nouns.nothing}"
    who = nouns.member if community["size"] == 1 else nouns.members
    like = f" like {profile}" if (profile := (community.get("profile") or {}).get("name")) else ""
    return (
        f"{policy} {arms}, in {place_words(community['name'], nouns.place)} of {community['size']} {who}{like}, "
        f"{number(config['steps'], nouns.step)}, mind {config['mind']['name']}: {number(pairs, 'pair')} of twins "
        f"({_communities(draws)} x {number(config['seeds'], 'seed')})."
    )


def place_words(community: str, place: str) -> str:
    """A community with its article: "a network", "a donor game"."""
    return place or f"a {words(community)}"


def definition(estimates: Record, manifest: Record | None = None) -> str:
    """What counts as the outcome having happened."""
    name, threshold = estimates["outcome"], estimates["threshold"]
    if threshold is None:
        return f"Outcome: {name}."
    unit = manifest["outcome"]["unit"] if manifest else None
    return f"Outcome: {name}, which happened where it reached {threshold:g}{f' ({unit})' if unit else ''}."


def headline(estimates: Record, manifest: Record | None = None) -> str:
    """The paired table in a sentence: how often without the policy, what it stopped, what it caused."""
    table, policy = estimates["table"], policy_words(manifest)
    n, event = estimates["n_pairs"], event_words(estimates)
    had, had_not = table["n10"] + table["n11"], table["n00"] + table["n01"]
    if estimates["direction"] == "preventive":
        found = [
            (had, f"stopped {table['n10']} of these {had}"),
            (had_not, f"caused it in {table['n01']} of the other {had_not}"),
        ]
    else:
        found = [
            (had_not, f"brought it about in {table['n01']} of the other {had_not}"),
            (had, f"prevented it in {table['n10']} of these {had}"),
        ]
    said = ", and ".join(words for cases, words in found if cases)
    return f"In {had} of {n} simulated futures {event} without {policy}; {policy} {said}."


def verdict(estimates: Record, manifest: Record | None = None) -> str:
    """The shortest true answer, for a heading."""
    policy, rd, table = capital(policy_words(manifest)), estimates["rd"], estimates["table"]
    if not table["n01"] + table["n10"]:
        return f"{policy} changed in no pair whether {event_words(estimates)}"
    if rd["low"] is None:
        return "One community was drawn: no answer for others like it"
    if rd["low"] <= 0 <= rd["high"]:
        return f"No clear change in how often {event_words(estimates)}: chance alone could explain it"
    rarer = "more often" if rd["est"] > 0 else "less often"
    return f"With {policy_words(manifest)}, {event_words(estimates)} {rarer} inside this model, beyond chance"


def net(estimates: Record) -> str:
    """The difference of the arms in futures, with its interval, and whether chance alone could make it."""
    n, rd, table = estimates["n_pairs"], estimates["rd"], estimates["table"]
    change = table["n01"] - table["n10"]
    said = f"Net change with the policy{_forced(estimates)}: {_more(change)} of {n} futures"
    if rd["low"] is None:
        return f"{said}; with one community drawn, nothing can be said about others like it."
    low, high = _futures(rd, n)
    chance = "chance alone could explain it" if change else "none was seen"
    if not rd["low"] <= 0 <= rd["high"]:
        chance = "more than chance alone explains"
    return f"{said} (interval {_more(low)} to {_more(high)}): {chance}."


def mean_change(estimates: Record, manifest: Record | None = None) -> str | None:
    """The paired mean difference in the outcome's own unit; None where it was not measured."""
    found = estimates.get("mean_difference")
    if not found or found["est"] is None:
        return None
    unit = manifest["outcome"]["unit"] if manifest else words(estimates["outcome"])
    low, high = found["low"], found["high"]
    clear = low is not None and not low <= 0 <= high
    tail = f"{unit}: more than chance alone explains" if clear else unit
    said = f"Mean change with the policy{_forced(estimates)}: {change(found['est'], low, high)}, in {tail}."
    return " ".join([said, *which_is_which(estimates, clear)])


def which_is_which(estimates: Record, mean_clear: bool) -> list[str]:
    """What tells share and mean apart, where one of them is beyond chance and the other is not."""
    rd, mean = estimates["rd"], estimates["mean_difference"]
    if rd["low"] is None or mean["low"] is None or mean_clear == (not rd["low"] <= 0 <= rd["high"]):
        return []
    beyond = "" if estimates["threshold"] is None else f" (beyond {estimates['threshold']:g})"
    parts = f"the net change counts futures in which it happened{beyond}; the mean counts every unit in each of them"
    clear, other = ("mean", "net change") if mean_clear else ("net change", "mean")
    return [
        f"These are two questions: {parts}. Only the {clear} is clear of chance here; the {other} is not."
    ]


def _forced(estimates: Record) -> str:
    return ", by construction" if estimates.get("by_construction") else ""


def of_table(estimates: Record, manifest: Record | None) -> list[str]:
    """What points to copies, swapped arms or losses; of a table brought by somebody else, how far they could move it, too."""
    found = estimates.get("table_checks") or []
    return [
        f"{'Noticed' if one['noticed'] else 'Checked'}: {one['sentence']}."
        for one in found
        if one["noticed"] or manifest is None
    ]


def question_line(question: Record) -> str:
    """One question's counts as a sentence, with the interval: in per cent from 20 cases, else in counts."""
    return f"{capital(question['sentence'])}{_interval(question)}."


def chance(estimates: Record) -> str:
    """What more draws and seeds would shrink."""
    if estimates["n_draws"] < 2:
        return (
            "Chance (more draws shrink it): one community was drawn, so no interval can speak of others"
            f"{_within(estimates)}."
        )
    kind = "anytime-valid " if estimates.get("intervals") == "anytime-valid" else ""
    return (
        f"Chance (more draws and seeds shrink it): the {estimates['confidence']:.0%} {kind}intervals, from "
        f"{number(estimates['n_pairs'], 'pair')} in {_communities(estimates['n_draws'])}."
    )


def stopping(estimates: Record) -> str | None:
    """How a run with a stopping rule ended; None where it had none."""
    found = estimates.get("stopping")
    return stopping_sentence(found) if found else None


def _within(estimates: Record) -> str:
    """What one community's own seeds allow, as the tail of a sentence."""
    n, found = estimates["n_pairs"], estimates.get("within_one_draw")
    if not found or found["rd"]["low"] is None:
        return ""
    low, high = _futures(found["rd"], n)
    return f"; for this one, over its {number(n, 'seed')}, the net change lies between {_more(low)} and {_more(high)}"


def spread(manifest: Record | None) -> str:
    """What no number of seeds shrinks."""
    config = manifest["config"] if manifest else None
    held = "a table of pairs shows nothing of it"
    if config:
        profile = (config["community"].get("profile") or {}).get("name")
        held = f"this run holds one mind ({config['mind']['name']})" + (
            f" and one profile ({profile})" if profile else " and one set of rules"
        )
    return (
        f"Models and personas (more seeds do not shrink it): {held}; how far another would differ is in no "
        "interval here."
    )


def drift(llm: Mapping[str, Any]) -> str:
    """How far the language model was from repeating itself when it was asked again past the store."""
    floor = llm.get("noise_floor") or {}
    if not floor.get("answered"):
        return "Drift of the language model: not measured; both baselines read the same stored answers."
    mean = f", mean {floor['logp_mean']:.2g}" if floor.get("logp_mean") is not None else ""
    return (
        f"Drift of the language model: asked again, {floor['answered']} questions would turn "
        f"{1000 * floor['flips']:.0f} of 1,000 choices under the same luck (largest change of a log-probability "
        f"{floor['logp_max']:.2g}{mean})."
    )


def independent(llm: Mapping[str, Any]) -> str | None:
    """What the baseline did when every question was asked anew; None where that was not run."""
    found = llm.get("independent_aa")
    if not found:
        return None
    lost = f"; {number(found['failed'], 'run')} got no answer" if found["failed"] else ""
    return (
        f"A/A with a store of its own: with every question asked anew, the baseline disagreed with itself on the "
        f"outcome in {found['discordant']} of {number(found['pairs'], 'pair')}, and in some event in "
        f"{found['differ']}{lost}."
    )


def noise_floor(estimates: Record) -> str | None:
    """How often the baseline, run twice, disagreed with itself; None where it was not run twice."""
    share, n = estimates["aa_discordance"], estimates["n_pairs"]
    if share is None:
        return None
    counted = abs(share * n - round(share * n)) < 1e-6  # else the A/A arm has other pairs than the twins
    how = (
        f"{round(share * n)} of {number(n, 'pair')}"
        if counted or n < PERCENT_FROM
        else f"{share:.1%} of pairs"
    )
    return f"Noise floor: the baseline run twice disagreed with itself in {how}."


def construction(estimates: Record, manifest: Record | None = None) -> str:
    """That the policy's own mechanism decides the outcome."""
    return (
        f"By construction: the mechanism of {policy_words(manifest)} itself decides {words(estimates['outcome'])}; "
        "never quote this result alone."
    )


def lost(estimates: Record) -> str | None:
    """How many pairs were lost, and what they could change at worst; None where every pair is complete."""
    count = estimates.get("n_lost")
    if not count:
        return None
    said = f"{number(count, 'pair')} {'was' if count == 1 else 'were'} lost"
    worst = (estimates.get("worst_case") or {}).get("rd")
    if not worst:
        return f"{said}."
    n = estimates["n_pairs"] + count
    ends = [_more(round(worst[end] * n)) for end in ("low", "high")]
    they = "it" if count == 1 else "they"
    return f"{said}; however {they} had ended, the net change lies between {ends[0]} and {ends[1]} of {n} futures."


def withheld(estimates: Record) -> str:
    """That no claim is made, and why."""
    return f"No claim is made: {estimates['claim_reason']}."


UNMEASURED = "not measured: what these members do was not compared with a record of their community"
UNASSESSED = (
    f"{NEVER}: nobody has compared what a policy does in this model with what it did in a real community"
)


def fidelity(estimates: Record) -> tuple[str, str]:
    """How far the model was compared with the real community: in what members do, and in what policies do to them."""
    found = estimates.get("fidelity") or NEVER
    if isinstance(found, str):
        found = {} if found == NEVER else {"causal": found}
    if "sentence" in found:
        found = {"causal": found["sentence"]}
    told = found.get("descriptive") or (
        f"{UNMEASURED} ({found['unmeasured']})" if found.get("unmeasured") else UNMEASURED
    )
    return (
        f"Descriptive fidelity: {told}.",
        ". ".join(
            filter(None, (f"Causal fidelity: {found.get('causal') or UNASSESSED}", found.get("experiments")))
        )
        + ".",
    )


def declared_effects(estimates: Record) -> list[str]:
    """What moves members by a declared number and not by a fitted one: a sentence for each policy that tells them something."""
    found = estimates.get("fidelity")
    return list(found.get("declared", ())) if isinstance(found, Mapping) else []


def failures(runs: pl.DataFrame) -> list[str]:
    """One line a reason for which runs failed; the five most frequent, and how many runs had others."""
    failed = runs.filter(pl.col("status") == "failed")
    reasons = failed.group_by("stage", "reason", maintain_order=True).len().sort("len", descending=True)
    shown = reasons.head(5)
    lines = [f"{number(count, 'run')} failed ({stage}): {reason}" for stage, reason, count in shown.rows()]
    rest = len(failed) - int(shown["len"].sum())
    return [*lines, f"{number(rest, 'run')} failed for other reasons: see runs.parquet"] if rest else lines


def coupling_counts(estimates: Record, question: Record) -> str | None:
    """The coupling-free bounds of one question in futures; None where undefined or without a claim."""
    bound = (estimates.get("bounds") or {}).get(question["key"])
    if not bound or not question["den"]:
        return None
    low, high = (round(bound[end] * question["den"]) for end in ("low", "high"))
    return f"{low} to {high} of {question['den']}" if low != high else f"exactly {low} of {question['den']}"


def asked(estimates: Record, manifest: Record | None = None) -> str:
    """The question of the whole run, for a title."""
    name, threshold = words(estimates["outcome"]), estimates["threshold"]
    what = name if threshold is None or _event(estimates["outcome"]) else f"{name} of {threshold:g} or more"
    verb = "prevent" if estimates["direction"] == "preventive" else "bring about"
    return f"Does {policy_words(manifest)} {verb} {what}?"


def event_words(estimates: Record) -> str:
    """The outcome as something that happens: "the stock collapsed", "gain reached 12"."""
    name, threshold = estimates["outcome"], estimates["threshold"]
    reached = "happened" if threshold is None else f"reached {threshold:g}"
    return _event(name) or f"{words(name)} {reached}"


def _event(name: str) -> str:
    """What an outcome that has words of its own is called as an event; else nothing: it "reached" its threshold."""
    found = known_outcomes().get(name)
    return found.event if found else ""


def policy_words(manifest: Record | None) -> str:
    """The policy as people say it; "the policy" where it has no name."""
    return (words(specs(manifest["config"]["policy"])) if manifest else "") or "the policy"


def specs(found: Sequence[Any]) -> str:
    """Names of policies in one line, as in "slow_mode + thread_lock"."""
    return " + ".join(name for name, _parameters in found)


def _communities(count: int) -> str:
    return f"{count} {'community' if count == 1 else 'communities'}"


def _more(count: int) -> str:
    return "none" if count == 0 else f"{abs(count)} {'more' if count > 0 else 'fewer'}"


def _futures(rd: Record, n: int) -> tuple[int, int]:
    """The ends of an interval in futures of n, rounded outwards."""
    return math.floor(rd["low"] * n + 1e-9), math.ceil(rd["high"] * n - 1e-9)


def _interval(question: Record) -> str:
    est, low, high = (question[end] for end in ("est", "low", "high"))
    if est is None or low is None:
        return ""
    if question["percent"]:
        return f" ({est:.0%}, interval {low:.0%} to {high:.0%})"
    den = question["den"]
    return f" (interval {math.floor(low * den + 1e-9)} to {math.ceil(high * den - 1e-9)} of {den})"
