"""The answer in sentences: counts of simulated futures first, and what they cannot say."""

from typing import Any

from analysis.incidents.acts import RECORD
from analysis.incidents.moments import moment_words
from analysis.intervals import Estimate
from analysis.questions import PERCENT_FROM
from analysis.summary import INSIDE

NO_SANCTION = "This is no basis for a sanction without review by a person."


FORCED = "By construction: the act itself keeps replies out of the thread, so that they stop is no finding."


def answer_sentences(record: dict[str, Any]) -> dict[str, str]:
    """The answer point by point, each a sentence or two; empty where a point was not asked for."""
    return {
        "trust": " ".join(_replay(record)),
        "same_luck": _same_luck(record),
        "counts": _counts(record),
        "recurrence": _recurrence(record),
        "severity": _severity(record),
        "bounds": _bounds(record),
        "moments": " ".join(_curve(record)),
        "ranking": " ".join(_ranking(record)),
        "sensitivity": " ".join(_sensitivity(record)),
    }


def asked(record: dict[str, Any]) -> str:
    """The question in words, without its mark."""
    if record["quantity"] == "pn_backfire":
        return f"would it have happened without {record['question']}"
    return f"would {record['question']} have averted it"


def sentences(record: dict[str, Any]) -> list[str]:
    """The whole answer in order; what speaks about realism comes first."""
    said = answer_sentences(record)
    lines = [f"{record['incident']['id']}: {asked(record)}? (from {record['moment']} on)"]
    lines += [said[point] for point in ("trust", "same_luck", "counts", "severity", "recurrence", "bounds")]
    if record["forced"]:
        lines.append(FORCED)
    if record["parting"]:
        lines.append(parting_sentence(record))
    lines += [said[point] for point in ("moments", "ranking", "sensitivity") if said[point]]
    return [*lines, *record["assumptions"], NO_SANCTION, INSIDE]


def _replay(record: dict[str, Any]) -> list[str]:
    replay, score = record["replay"], record["log_score"]
    told = []
    if score:
        beside = (
            f"Held-out log-score of the mind on {score['acts']} replies of other threads: {score['mind']:.3f} bits an act; "
            f"base rates {score['base_rates']:.3f}, tone after tone {score['markov']:.3f} (nearer 0 is better)."
        )
        told += [_gain(score), beside]
    elif weak(record):
        told.append(
            "The answer is weak: the record has too few replies in other threads to hold the mind against."
        )
    if replay["acts"] == replay["reproduced"]:
        told.append(
            f"Replay check passed: {replay['acts']} of {replay['acts']} acts (says nothing about realism)."
        )
    else:
        told.append(
            f"Replay check failed: {replay['reproduced']} of {replay['acts']} acts come out as recorded; "
            "nothing below can be relied on."
        )
    if "not_offered" in replay:
        told.append(
            f"Acts kept as recorded and never decided anew (the opening post, posts of nobody known, replies under a lock): "
            f"{replay['kept']}; acts that the model could not have offered by itself: {replay['not_offered']}."
        )
    return told


def weak(record: dict[str, Any]) -> bool:
    """Whether the mind foretells other threads no better than what knows no situation, or that could not be seen."""
    score = record["log_score"]
    return record["incident"]["arm"] == RECORD and (score is None or score["weak"])


def _gain(score: dict[str, Any]) -> str:
    gain = score["gain"]
    told = "" if gain["low"] is None else f" ({gain['low']:+.3f} to {gain['high']:+.3f} over threads)"
    if score["weak"]:
        return (
            "The answer is weak: at foretelling the tones of other threads the mind is not seen to be better than base rates or "
            f"tone after tone, by {gain['est']:+.3f} bits an act{told}."
        )
    return f"The mind foretells the tones of other threads better than base rates and tone after tone, by {gain['est']:+.3f} bits an act{told}."


def _same_luck(record: dict[str, Any]) -> str:
    came = "it happens all the same" if record["same_luck"] else "it does not happen"
    unlike = "without" if record["quantity"] == "pn_backfire" else "with"
    return f"Same luck, one replay: {unlike} {record['question']} {came}."


def _counts(record: dict[str, Any]) -> str:
    table, what = record["table"], record["question"]
    pairs = sum(table.values())
    if record["quantity"] == "ps_prev":
        base, hit = table["n10"] + table["n11"], table["n10"]
        first = f"In {base} of {pairs} simulated futures of the same past it happens without {what}; {what} averts {hit} of these"
        other = f"{what} brings it about in {table['n01']} of the other {table['n00'] + table['n01']}"
    else:
        base, hit = table["n01"] + table["n11"], table["n01"]
        first = f"In {base} of {pairs} simulated futures of the same past it happens with {what}; {hit} of these would not have had it without"
        other = (
            f"{what} averts it in {table['n10']} of the {table['n10'] + table['n11']} that have it without"
        )
    return f"{first}{_percent(record['estimate'], base)}. {other[0].upper()}{other[1:]}."


def _severity(record: dict[str, Any]) -> str:
    mean, what = record["mean_severity"], record["question"]
    return f"How bad it gets, on average over these futures: {mean['without']:.2f} without {what}, {mean['with']:.2f} with it."


def _percent(estimate: dict[str, Any], of: int) -> str:
    found = Estimate(**estimate)
    if found.est is None or found.low is None or found.high is None or of < PERCENT_FROM:
        return ""
    return f" ({100 * found.est:.0f} %, {100 * found.low:.0f} to {100 * found.high:.0f})"


def _recurrence(record: dict[str, Any]) -> str:
    again, of = record["recurrence_counts"].values()
    rare = " It was bad luck more than anything: most futures go without it." if of and again < of / 2 else ""
    return f"With nothing changed and new luck it happens again in {again} of {of} futures.{rare}"


def _bounds(record: dict[str, Any]) -> str:
    bounds = record["bounds"]
    noise = (
        "the same world lived twice is the same"
        if record["noise_floor"] == 0
        else "the same world lived twice differs"
    )
    if bounds is None:
        return f"No bounds: the case that is asked about does not come up. Noise floor: {noise}."
    return (
        f"If the futures shared their chance in another way the share could lie anywhere from {bounds['low']:.2f} to "
        f"{bounds['high']:.2f}. Noise floor: {noise}."
    )


def parting_sentence(record: dict[str, Any]) -> str:
    parting = record["parting"]
    return (
        f"The two replays part at {moment_words(parting['step'], record['hours'])}. Member {parting['member']}: "
        f"{parting['did']} in the one, in the other (simulated) {parting['would']}; {parting['why']}."
    )


def _curve(record: dict[str, Any]) -> list[str]:
    curve = record["moments"]
    if not curve:
        return []
    if curve["last"] is None:
        return [
            f"At none of the {len(curve['points'])} moments tried does it avert at least {curve['likely']:.0%} of the futures that have it."
        ]
    last, first = (moment_words(curve[name], record["hours"]) for name in ("last", "first"))
    return [
        f"The last effective moment of the {len(curve['points'])} tried is {last}, the first {first}: "
        f"it averts at least {curve['likely']:.0%} of the futures that have it ({curve['futures']} futures a moment)."
    ]


def _ranking(record: dict[str, Any]) -> list[str]:
    ranking = record["which_act"]
    if not ranking or not ranking["ranked"]:
        return []
    top = ranking["ranked"][0]
    alike = sum(row["tied"] for row in ranking["ranked"]) - 1
    told = f" {alike} others cannot be told apart from it." if alike else ""
    return [
        f"Of {ranking['tested']} left out one by one (of {ranking['of']}), removing {top['what']} changed the simulated outcome "
        f"most: severity {top['same_luck']:+.2f} with the same luck, {top['change']:+.2f} on average over {ranking['futures']} futures, averted {top['averted']} of "
        f"{top['happened']} (p = {top['p']:.3f} after Holm's correction for {ranking['tested']} tests).{told}"
    ]


def _sensitivity(record: dict[str, Any]) -> list[str]:
    told = []
    if rows := record["sensitivity"]:
        each = ", ".join(f"{row['assumption']}: {_hit(record, row)}" for row in rows)
        told.append(f"What the record does not tell, assumed otherwise: {each}.")
    if tones := record["tone_errors"]:
        told.append(_tones(record, tones))
    return told


def _hit(record: dict[str, Any], table: dict[str, int]) -> str:
    if record["quantity"] == "ps_prev":
        return f"{table['n10']} of {table['n10'] + table['n11']} averted"
    return f"{table['n01']} of {table['n01'] + table['n11']} not without it"


def _tones(record: dict[str, Any], tones: dict[str, Any]) -> str:
    """How far the answer moves when the tones are drawn again, beside how far who read along moves it."""
    source = (
        f"as {tones['labelled']} labelled posts show"
        if tones["labelled"]
        else "assumed, since no posts were labelled: nine tones in ten right, most others one step off"
    )
    total = {cell: sum(table[cell] for table in tones["tables"]) for cell in record["table"]}
    said = (
        f"Tones are a scorer's reading. Drawn again {tones['draws']} times by how often it errs ({source}), by its rule it is "
        f"an incident in {tones['incident']} of {tones['draws']} readings"
    )
    if not tones["tables"]:
        return f"{said}, so the answer hangs on the tones as they were scored."
    said += f"; in these together {_hit(record, total)}"
    if tones["low"] is None:
        return f"{said}."
    seen = [row["est"] for row in record["sensitivity"] if row["est"] is not None]
    beside = f", for who read along from {min(seen):.2f} to {max(seen):.2f}" if seen else ""
    here = record["estimate"]["est"]
    base = "" if here is None else f" (as scored {here:.2f})"
    return f"{said}, a share from {tones['low']:.2f} to {tones['high']:.2f} over readings{base}{beside}."
