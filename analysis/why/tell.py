"""The answer in sentences: counts of simulated futures first, and what they cannot say."""

from typing import Any

from windtunnel.analysis.incidents.acts import RECORD
from windtunnel.analysis.incidents.moments import moment_words
from windtunnel.analysis.intervals import Estimate
from windtunnel.analysis.questions import PERCENT_FROM
from windtunnel.analysis.summary import INSIDE, number
from windtunnel.analysis.why.ranking import DOUBT

NO_SANCTION = "This is no basis for a sanction without review by a person."


FORCED = "By construction: the act itself keeps replies out of the thread, so that they stop is no finding."


def answer_sentences(record: dict[str, Any]) -> dict[str, str]:
    """The answer point by point, each a sentence or two; empty where a point was not asked for."""
    return {
        "trust": " ".join(trust(record)),
        "same_luck": _same_luck(record),
        "counts": _counts(record),
        "recurrence": _recurrence(record),
        "severity": _severity(record),
        "bounds": _bounds(record),
        "moments": " ".join(_curve(record)),
        "ranking": " ".join(_ranking(record)),
        "sensitivity": " ".join(sensitivity(record)),
    }


def about(record: dict[str, Any]) -> str:
    """Which incident the answer is about, from when on the act is thought, and in how many futures."""
    incident, hours = record["incident"], record["hours"]
    place = "" if incident["place"] is None else f" in thread {incident['place']}"
    return (
        f"Incident {incident['id']}{place}; it begins at {moment_words(incident['onset'], hours)}, counted from the start of the "
        f"{'record' if incident['arm'] == RECORD else 'run'}. Asked: {record['question']}, from {record['moment']} on; "
        f"{number(sum(record['table'].values()), 'pair')} of futures, with and without it."
    )


def doubts(record: dict[str, Any]) -> list[str]:
    """What has to be read before the answer: that the replay failed, that the answer is weak."""
    replay = record["replay"]
    failed = [] if replay["acts"] == replay["reproduced"] else [_checked(replay)]
    return failed + ([_weakness(record)] if weak(record) else [])


def signed(value: float) -> str:
    """
    >>> signed(-0.5), signed(0.001)
    ('−0.50', '0.00')
    """
    said = f"{value:+.2f}"
    return "0.00" if said[1:] == "0.00" else said.replace("-", "\u2212")


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


def trust(record: dict[str, Any]) -> list[str]:
    """What speaks about realism, and what was checked: one thing a line."""
    replay, score = record["replay"], record["log_score"]
    told = []
    if weak(record):
        told.append(_weakness(record))
    if score:
        told.append(_score(score))
    told.append(_checked(replay))
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


def _weakness(record: dict[str, Any]) -> str:
    if record["log_score"] is None:
        return (
            "The answer is weak: the record has too few replies in other threads to hold the model against."
        )
    return (
        "The answer is weak: in other threads the model is not seen to foretell a reply's tone better than what knows "
        "only how often each tone comes, or the tone of the post that is answered."
    )


def _score(score: dict[str, Any]) -> str:
    """How well the model foretells, in bits: the mean log-probability of what was done, in base 2."""
    gain = score["gain"]
    told = "" if gain["low"] is None else f" ({_bits(gain['low'])} to {_bits(gain['high'])} over threads)"
    start = (
        ""
        if score["weak"]
        else "The model foretells the tones of other threads better than either yardstick. "
    )
    return (
        f"{start}On {score['acts']} replies of other threads its log-score is {_bits(score['mind'])} bits a reply; that of the tones' "
        f"own shares is {_bits(score['base_rates'])}, of tone after tone {_bits(score['markov'])} (nearer 0 is better); "
        f"gain {_bits(gain['est'])}{told}."
    )


def _bits(value: float) -> str:
    return f"{value:.3f}".replace("-", "\u2212")


def _checked(replay: dict[str, Any]) -> str:
    if replay["acts"] == replay["reproduced"]:
        return f"Replay check passed: {replay['acts']} of {replay['acts']} acts (says nothing about realism)."
    return (
        f"Replay check failed: {replay['reproduced']} of {replay['acts']} acts come out as recorded; "
        "nothing below can be relied on."
    )


def _same_luck(record: dict[str, Any]) -> str:
    came = "it happens all the same" if record["same_luck"] else "it does not happen"
    unlike = "without" if record["quantity"] == "pn_backfire" else "with"
    return f"Same luck, one replay: {unlike} {record['question']} {came}."


def _counts(record: dict[str, Any]) -> str:
    table, what = record["table"], record["question"]
    pairs = sum(table.values())
    luck = " under luck that fits the record" if record["incident"]["arm"] == RECORD else ""
    futures = f"{pairs} simulated futures of the same past{luck}"
    if record["quantity"] == "ps_prev":
        base, hit, rest = table["n10"] + table["n11"], table["n10"], table["n00"] + table["n01"]
        said = f"In {base} of {futures} it happens without {what}"
        beside, alone = f"{what} averts {hit} of these", f"{what} brings it about in {table['n01']}"
    else:
        base, hit, rest = table["n01"] + table["n11"], table["n01"], table["n00"] + table["n10"]
        said = f"In {base} of {futures} it happens with {what}"
        beside, alone = (
            f"{hit} of these would not have had it without",
            f"without {what} it happens in {table['n10']}",
        )
    if base:
        said += f"; {beside}{_percent(record['estimate'], base)}"
    return f"{said}. {alone[0].upper()}{alone[1:]} of the other {rest}." if rest else f"{said}."


def _severity(record: dict[str, Any]) -> str:
    mean, what = record["mean_severity"], record["question"]
    return (
        f"How bad it gets (severity by the incident's rule), on average over these futures: {mean['without']:.2f} without {what}, "
        f"{mean['with']:.2f} with it."
    )


def _percent(estimate: dict[str, Any], of: int) -> str:
    found = Estimate(**estimate)
    if found.est is None or found.low is None or found.high is None or of < PERCENT_FROM:
        return ""
    return f" ({100 * found.est:.0f} %, {100 * found.low:.0f} to {100 * found.high:.0f})"


def _recurrence(record: dict[str, Any]) -> str:
    again, of = record["recurrence_counts"].values()
    rare = " It was bad luck more than anything: most futures go without it." if of and again < of / 2 else ""
    return f"With nothing changed and wholly new luck it happens again in {again} of {of} futures.{rare}"


def _bounds(record: dict[str, Any]) -> str:
    bounds = record["bounds"]
    noise = "is the same" if record["noise_floor"] == 0 else "differs"
    same = f"Noise floor: the same world lived twice {noise}."
    if bounds is None:
        return f"No bounds: the case that is asked about does not come up. {same}"
    low, high = f"{bounds['low']:.2f}", f"{bounds['high']:.2f}"
    if low == high:
        return f"However the futures shared their chance, the share would be {low}. {same}"
    return f"If the futures shared their chance in another way the share could lie anywhere from {low} to {high}. {same}"


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
    top = min(ranking["ranked"], key=lambda row: row["change"])
    tried = f"Of {ranking['tested']} left out one by one (of {ranking['of']}), "
    found = (
        f"how bad it gets changes by {signed(top['change'])} on average over {ranking['futures']} futures, "
        f"averted {top['averted']} of {top['happened']}, p = {top['p']:.3f}"
    )
    if top["p"] > DOUBT:
        return [
            f"{tried}none changed the simulated outcome beyond chance. The largest change, by {top['what']}: {found}."
        ]
    alike = [row["what"] for row in ranking["ranked"] if row["tied"]]
    if len(alike) == 1:
        return [f"{tried}{top['what']} changed the simulated outcome most: {found}."]
    more = f" and {len(alike) - 3} more" if len(alike) > 3 else ""
    return [
        f"{tried}{len(alike)} changed the simulated outcome most and cannot be told apart: {', '.join(alike[:3])}{more}. "
        f"The largest change, by {top['what']}: {found}."
    ]


def sensitivity(record: dict[str, Any]) -> list[str]:
    """How far the answer moves with what the record does not tell: one thing a line."""
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
