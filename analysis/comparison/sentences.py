"""What a comparison says in words: who leads, who cannot be told apart, who is harmed, what to do."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from windtunnel.analysis.comparison import judged
from windtunnel.analysis.comparison.deciding import NOTHING
from windtunnel.analysis.comparison.goal_words import goal_sentences
from windtunnel.analysis.comparison.method import seen
from windtunnel.analysis.comparison.two_measures import two_measures
from windtunnel.analysis.numbers_in_words import capital, figure, words
from windtunnel.analysis.outcomes import immovable, leading
from windtunnel.analysis.summary import event_words

Record = Mapping[str, Any]
MOST = 12
"""So many sentences of one sort; the rest is counted, and stands in the tables."""


def sentences(record: Record) -> list[str]:
    """Every sentence of the page and the terminal, the choice first; each holds inside the model alone."""
    made = [row for row in record["policies"] if row["claim"] == "made"]
    unsaid = [
        f"{capital(row['policy'])}: no claim is made: {row['claim_reason']}."
        for row in record["policies"]
        if row not in made
    ]
    if not made:
        return [*unsaid, *record["left_out"]]
    return [
        *answer_sentences(record),
        *_first(_worse(record, made), "policies that make it worse"),
        *_first(_told_apart(record), "differences"),
        *_first(_alike(record), "differences by group"),
        *_first(harms(record, made), "harms"),
        *_first(
            [row["idle"] for row in made if "never acted" in (row.get("idle") or "")],
            "policies that never acted",
        ),
        *_first(_together(record), "interactions"),
        *_first(_flips(record), "flips"),
        *_front(record, made),
        *_constructed(record, made),
        *_benefits(record, made),
        *two_measures(record, made),
        *seen(record, made),
        *filter(None, [immovable.sentence(_fixed(record))]),
        *unsaid,
        *record["left_out"],
    ]


def answer_sentences(record: Record) -> list[str]:
    """What a reader wants first: whether the goal is met, which policy leads and by which outcome, and what to do."""
    made = [row for row in record["policies"] if row["claim"] == "made"]
    if not made:
        return ["No claim is made of any policy here."]
    return [
        *goal_sentences(record),
        *leader(record, made),
        *filter(None, [judged.sentence(record["outcome"])]),
        *_verdicts(made),
    ]


def _fixed(record: Record) -> list[str]:
    """Outcomes of the tables that no policy can move in this model."""
    return list(dict.fromkeys(row["outcome"] for row in record["outcomes"] if row.get("cannot_move")))


def leader(record: Record, made: Sequence[Record]) -> list[str]:
    """The policy with the best estimate, and whether another could be as good."""
    best = min(made, key=lambda row: _good(record, row["rd"]["est"]))
    event = event_words({"outcome": record["outcome"]["name"], "threshold": record["outcome"]["threshold"]})
    if _good(record, best["rd"]["est"]) >= 0:
        return _never_or_always(record, made, event) or [
            "No policy here does better than doing nothing, on average."
        ]
    table, n = best["table"], best["n_pairs"]
    had = table["n10"] + table["n11"]
    has = table["n01"] + table["n11"]
    rivals = [
        row["b"] if row["a"] == best["policy"] else row["a"]
        for row in record["pairs_of_policies"]
        if best["policy"] in (row["a"], row["b"]) and not row["told_apart"]
    ]
    if len(made) == 1:
        standing = ""
    elif not rivals:
        standing = "; it can be told apart from every other policy here"
    else:
        standing = f"; it cannot be told apart from {_listed(rivals)}"
    nothing = (
        ""
        if best["told_apart"]
        else ", nor from doing nothing"
        if rivals
        else "; it cannot be told apart from doing nothing"
    )
    tag = ", by construction" if best["by_construction"] else ""
    return [
        f"Best on average: {best['policy']}{tag}. In {had} of {n} simulated futures {event} without it, in {has} with it"
        f"{standing}{nothing}."
    ]


def _never_or_always(record: Record, made: Sequence[Record], event: str) -> list[str]:
    """That it happened in no future, or in all, with each policy and without: then a count of futures tells nothing apart."""
    threshold = record["outcome"]["threshold"]
    cells = {cell for row in made for cell in ("n00", "n01", "n10", "n11") if row["table"][cell]}
    if threshold is None or cells not in ({"n00"}, {"n11"}):
        return []
    futures = max(row["n_pairs"] for row in made)
    how_often = f"In none of {futures}" if cells == {"n00"} else f"In each of {futures}"
    return [
        f"{how_often} simulated futures {event}, with any policy here and without: counted at {threshold:g}, {words(record['outcome']['name'])} "
        "tells nothing apart. Read its means, or run again with another outcome.threshold."
    ]


def _worse(record: Record, made: Sequence[Record]) -> list[str]:
    """Policies that make the outcome worse beyond chance."""
    said = []
    for row in made:
        if not row["worse"]:
            continue
        table, n = row["table"], row["n_pairs"]
        without, under = table["n10"] + table["n11"], table["n01"] + table["n11"]
        for_ill, for_good = (
            ("caused", "stopped") if record["direction"] == "preventive" else ("prevented", "brought about")
        )
        ill, good = (
            (table["n01"], table["n10"])
            if record["direction"] == "preventive"
            else (table["n10"], table["n01"])
        )
        tag = ", by construction" if row["by_construction"] else ""
        said.append(
            f"{capital(row['policy'])} makes it worse{tag}: it happened in {under} of {n} futures with it, in {without} without, "
            f"beyond chance; it {for_ill} {ill} and {for_good} {good}."
        )
    return said


def harms(record: Record, made: Sequence[Record]) -> list[str]:
    """Policies that harm a group beyond noise, and whether they help on average."""
    said = []
    for row in made:
        rows = [group for group in record["groups"] if group["policy"] == row["policy"] and group["harmed"]]
        if not rows:
            continue
        helps = row["told_apart"] and _good(record, row["rd"]["est"]) < 0
        start = (
            f"{capital(row['policy'])} helps on average but harms"
            if helps
            else f"{capital(row['policy'])} harms"
        )
        members = record["nouns"]["members"]
        parts = [
            f"{_people(group, members)} ({group['unit']} {_change(group['simultaneous'])}, from {figure(group['without'])} to {figure(group['with'])})"
            for group in rows
        ]
        said.append(f"{start} {_listed(parts)}, beyond noise.")
    return said


def _told_apart(record: Record) -> list[str]:
    """One sentence for all that a policy is better than."""
    beaten: dict[tuple[str, str, int, int], list[tuple[str, int]]] = {}
    for row in record["pairs_of_policies"]:
        if row["told_apart"]:
            (better, less), (other, more) = _better_first(row)
            everyone = ", and better for every group" if row["for_everyone"] else ""
            everyone += _forced(record) if row["for_everyone"] and row["groups_forced"] else ""
            beaten.setdefault((better, everyone, less, row["n_pairs"]), []).append((other, more))
    said = []
    for (better, everyone, less, n), others in beaten.items():
        if len(others) == 1:
            (other, more) = others[0]
            said.append(
                f"{capital(better)} is better than {other}{everyone}: it happened in {less} of {n} futures against {more}."
            )
        else:
            counts = [more for _, more in others]
            said.append(
                f"{capital(better)} is better than {_listed([name for name, _ in others])}{everyone}: it happened in {less} "
                f"of {n} futures against {_range(counts)}."
            )
    return said


def _better_first(row: Record) -> tuple[tuple[str, int], tuple[str, int]]:
    """Both policies of a pair with how often it happened, the better one first."""
    both = (row["a"], row["happened_a"]), (row["b"], row["happened_b"])
    return both if row["better"] == row["a"] else both[::-1]


def _forced(record: Record) -> str:
    return f" (by construction: a policy here {record['harm']['forced']})"


def _alike(record: Record) -> list[str]:
    """Which policies cannot be told apart in the outcome, and whether every group still fares better under one."""
    two = [row for row in record["pairs_of_policies"] if not row["told_apart"]]
    over: dict[tuple[str, str], list[str]] = {}
    for row in two:
        if better := row["better_for_groups"]:
            tag = _forced(record) if row["groups_forced"] else ""
            over.setdefault((better, tag), []).append(row["b"] if better == row["a"] else row["a"])
    return _not_told_apart(two, record) + [
        f"Though the outcome cannot tell them apart, with {better} every group is {record['harm']['better']} than with "
        f"{_listed(others)}, beyond noise{tag}."
        for (better, tag), others in over.items()
    ]


def _not_told_apart(two: Sequence[Record], record: Record) -> list[str]:
    """The sentence on the pairs of policies that cannot be told apart; none where all can."""
    if not two:
        return []
    if len(two) == 1:
        (row,) = two
        return [
            f"{capital(row['a'])} and {row['b']} cannot be told apart: it happened in {row['happened_a']} and "
            f"{row['happened_b']} of {row['n_pairs']} futures ({_futures(row['simultaneous'], row['n_pairs'])})."
        ]
    counts = [count for row in two for count in (row["happened_a"], row["happened_b"])]
    happened = f"it happened in {_range(counts)} of {max(row['n_pairs'] for row in two)} futures"
    if len(two) < len(record["pairs_of_policies"]):
        return [f"No other two can be told apart: {happened}."]
    count = sum(row["claim"] == "made" for row in record["policies"])
    return [f"Of these {count} policies no two can be told apart: {happened}."]


def _range(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"


def _together(record: Record) -> list[str]:
    said = []
    for row in record["interactions"]:
        whole, *parts = row["net"]
        found = row["interaction"]
        clear = found["low"] is not None and not found["low"] <= 0 <= found["high"]
        reading = "the parts do not add up, beyond chance" if clear else "no interaction beyond chance"
        between = f"interaction {_signed(whole - sum(parts))}, {_futures(found, row['n_pairs'])}: {reading}"
        if not row["changed_pairs"]:
            between = "the parts added up in every pair"
        said.append(
            f"{capital(row['policy'])} together: net change {_signed(whole)} of {row['n_pairs']} futures, the parts alone "
            f"{' and '.join(map(_signed, parts))}; {between}."
        )
    return said


def _flips(record: Record) -> list[str]:
    """The evasion rates at which a ranking flips, or that none was found over the rates that were run."""
    said, points = [], record["evasion"]["points"]
    for name in dict.fromkeys(point["family"] for point in points):
        flips = any(name in (flip["family"], flip["other"]) for flip in record["evasion"]["flips"])
        if not flips and not any(name == row["family"] for row in record["evasion"]["level"]):
            rates = [point["rate"] for point in points if point["family"] == name]
            said.append(
                f"Between evasion rates of {min(rates):g} and {max(rates):g} the rank of {name} does not change, by estimates."
            )
    for flip in record["evasion"]["flips"]:
        low, high = flip["between"]
        sure = {
            True: "the two can be told apart on either side",
            False: "chance alone could have made it: the two cannot be told apart on both sides",
            None: "whether chance alone made it was not tested at these rates",
        }[flip["told_apart"]]
        said.append(
            f"The ranking of {flip['family']} and {flip['other']} flips at an evasion rate of about {flip['rate']:.2g}, "
            f"interpolated on a straight line between the runs at {low:g} and {high:g}; {sure}."
        )
    return said + _levels(record)


def _levels(record: Record) -> list[str]:
    """Where a policy is level with others at one evasion rate and no more at the next."""
    found: dict[tuple[str, float, float, str, str], list[str]] = {}
    for row in record["evasion"]["level"]:
        reading = "better" if _good(record, row["gap"]) < 0 else "worse"
        sure = {True: ", beyond chance", False: ", which chance alone could have made", None: ""}[
            row["told_apart"]
        ]
        found.setdefault((row["family"], row["rate"], row["then"], reading, sure), []).append(row["other"])
    return [
        f"{capital(family)} is level with {_listed(others)} at an evasion rate of {rate:g}, and {reading} at {then:g}{sure}."
        for (family, rate, then, reading, sure), others in found.items()
    ]


def _front(record: Record, made: Sequence[Record]) -> list[str]:
    """Who dominates whom by the estimates alone, doing nothing among them."""
    standing = [(row["policy"], row["dominated_by"]) for row in made]
    standing.append((NOTHING, record["nothing_dominated_by"]))
    on = [name for name, better in standing if not better]
    if not on or (len(made) == 1 and not made[0]["costs"]):
        return []
    dominated = [f"{name} by {_listed(better)}" for name, better in standing if better]
    more = f"; and {len(dominated) - MOST} more: see the tables" if len(dominated) > MOST else ""
    said = [f"Not dominated, by estimates of the outcome and every cost (groups aside): {_listed(on)}."]
    if dominated:
        said.append(
            "Dominated, no better in the outcome or in any cost by estimates that chance may have ordered: "
            f"{'; '.join(dominated[:MOST])}{more}."
        )
    return said


def _benefits(record: Record, made: Sequence[Record]) -> list[str]:
    """The best mean benefit at the designer's payoffs, which are stated with it."""
    if not record["payoff"]:
        return []
    most = max(row["benefit"]["paired"]["est"] for row in made)
    best, *others = [row for row in made if row["benefit"]["paired"]["est"] > most - 1e-9]
    payoffs = ", ".join(f"{words(name)} {value:g}" for name, value in record["payoff"].items())
    start = f"At your payoffs ({payoffs}) ".replace("-", "\u2212")
    if others:
        names = _listed([best["policy"], *(row["policy"] for row in others)])
        return [f"{start}{names} have the same mean benefit, the largest: {most:+.3g} a future."]
    low, high = (figure(best["benefit"]["bounds"][end]).replace("-", "\u2212") for end in ("low", "high"))
    return [
        f"{start}{best['policy']} has the largest mean benefit, {_change(best['benefit']['paired'])} a future; "
        f"however twins share chance, at the rates as counted, {low} to {high}."
    ]


def _constructed(record: Record, made: Sequence[Record]) -> list[str]:
    """Policies that force the outcome, each with the first outcome that it does not force."""
    said = []
    for row in made:
        if not row["by_construction"]:
            continue
        free = {
            other["outcome"]: other
            for other in record["outcomes"]
            if other["policy"] == row["policy"]
            and not (other["forced"] or other.get("cannot_move"))
            and other["outcome"] != record["outcome"]["name"]
        }
        other = next((free[name] for name in leading() if name in free), None)
        beside = (
            f" Beside it: {words(other['outcome'])} {_change(other['change'])} ({other['unit']})."
            if other
            else ""
        )
        said.append(
            f"By construction: {row['policy']} decides this outcome by its own mechanism; never quote that alone.{beside}"
        )
    return _first(said, "policies that decide the outcome by construction")


def _verdicts(made: Sequence[Record]) -> list[str]:
    """One sentence for all policies that have the same verdict for the same reason."""
    said: dict[tuple[str, str], list[str]] = {}
    for row in made:
        if row["verdict"]:
            tag = " (by construction)" if row["by_construction"] else ""
            said.setdefault((row["verdict"], row["verdict_reason"]), []).append(row["policy"] + tag)
    return [f"{capital(verdict)}: {_listed(names)}; {reason}." for (verdict, reason), names in said.items()]


def net_words(row: Record) -> str:
    """The net change of a policy in futures with its simultaneous interval."""
    if row["rd"]["est"] is None:
        return "withheld"
    change = row["table"]["n01"] - row["table"]["n10"]
    return f"{_signed(change)} of {row['n_pairs']} ({_futures(row['rd_simultaneous'], row['n_pairs'])})"


def _good(record: Record, rd: float) -> float:
    """Smaller is better, whatever the direction."""
    return rd if record["direction"] == "preventive" else -rd


def _people(group: Record, members: str) -> str:
    """A group as people: "lurkers", "ordinary members"; a persona that names people already stays as it is."""
    named = words(group["group"])
    if group["kind"] == "group" or f"{named}s" == members:
        return f"{named}s"
    return named if named.endswith(("s", "people")) else f"{named} {members}"


def _signed(count: int) -> str:
    return f"{count:+d}".replace("-", "\u2212") if count else "0"


def _futures(found: Record, n: int) -> str:
    if found["low"] is None:
        return "no interval: one community was drawn"
    return f"interval {_end(found['low'] * n, math.floor)} to {_end(found['high'] * n, math.ceil)}"


def _end(futures: float, outwards: Callable[[float], int]) -> str:
    """An end of an interval in futures, in tenths below 10: whole ones would take in a 0 that it excludes."""
    scale = 1 if abs(futures) >= 10 else 10
    nearest = round(futures * scale)
    rounded = nearest if abs(futures * scale - nearest) < 1e-6 else outwards(futures * scale)
    return f"{rounded / scale:+g}".replace("-", "\u2212") if rounded else "0"


def _change(found: Record) -> str:
    from windtunnel.analysis.numbers_in_words import change

    return change(found["est"], found["low"], found["high"])


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _first(said: Sequence[str], what: str) -> list[str]:
    """The first of many sentences, and how many more there are."""
    rest = len(said) - MOST
    return [*said[:MOST], f"And {rest} more {what}: see the tables."] if rest > 0 else list(said)
