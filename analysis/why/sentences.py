"""The answer in sentences that hold for any community: counts of simulated futures first, and what they cannot say."""

from typing import Any

from windtunnel.analysis.incidents.moments import moment_words, step_words
from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.why.counting import asked, counted, since

NO_SANCTION = "This is no basis for a sanction without review by a person."


def at(record: dict[str, Any], step: int) -> str:
    """A step in words: by the community's own name for one where the record has its nouns, else by the clock."""
    nouns = record.get("nouns")
    return (
        moment_words(step, record["hours"], record.get("start"))
        if nouns is None
        else step_words(step, nouns["step"])
    )


def noun(record: dict[str, Any]) -> str:
    """What a member is called."""
    return str(record.get("nouns", {}).get("member", "member"))


def sentences(record: dict[str, Any]) -> list[str]:
    """The whole answer about a simulated run, in order; an act that came too late is told first."""
    lines = [f"{record['incident']['id']}: {asked(record)}? ({since(record)})", *record["notes"]]
    lines += [checked(record["replay"]), same_luck(record), counted(record), severity(record)]
    lines += [recurrence(record), bounds(record)]
    if record["by_construction"]:
        lines.append(record["by_construction"])
    if record["parting"]:
        lines.append(parting_sentence(record))
    return [*lines, *curve_words(record), *record.get("fidelity", ()), NO_SANCTION, INSIDE]


def about(record: dict[str, Any]) -> str:
    """Which incident the answer is about, from when on the act is thought, and in how many futures."""
    incident = record["incident"]
    return (
        f"Incident {incident['id']} (draw {incident['draw']}, seed {incident['seed']}, arm {incident['arm']}): "
        f"{record['outcome']}; it begins at {at(record, incident['onset'])}. Asked: {record['question']}, {since(record)}; "
        f"{number(sum(record['table'].values()), 'pair')} of futures, with and without it."
    )


def signed(value: float) -> str:
    """
    >>> signed(-0.5), signed(0.001)
    ('−0.50', '0.00')
    """
    said = f"{value:+.2f}"
    return "0.00" if said[1:] == "0.00" else said.replace("-", "\u2212")


def checked(replay: dict[str, Any]) -> str:
    """Whether the unchanged world came out as recorded."""
    if replay["acts"] == replay["reproduced"]:
        return f"Replay check passed: {replay['acts']} of {replay['acts']} acts (says nothing about realism)."
    return (
        f"Replay check failed: {replay['reproduced']} of {replay['acts']} acts come out as recorded; "
        "nothing below can be relied on."
    )


def same_luck(record: dict[str, Any]) -> str:
    """What came of the one other replay with the same chance."""
    came = "it happens all the same" if record["same_luck"] else "it does not happen"
    if not record["happened"]:
        came = "it happens" if record["same_luck"] else "it does not happen either"
    unlike = "without" if record["quantity"] in ("pn_backfire", "pn_prev") else "with"
    return f"{luck_words(record)}: {unlike} {record['question']} {came}."


def luck_words(record: dict[str, Any]) -> str:
    """Whose luck the one replay has: a run's own, or of a record one of those that it could have been."""
    return f"{'One luck that fits the record' if record['estimand'] == 'given_record' else 'Same luck'}, one replay"


def severity(record: dict[str, Any]) -> str:
    """How bad it gets on average, without and with."""
    mean, what = record["mean_severity"], record["question"]
    counted_in = f", in {record['unit']}" if record.get("unit") else ""
    return (
        f"How bad it gets (severity by the incident's rule{counted_in}, below its threshold of {record['threshold']:g} as well), on average over "
        f"these futures: {mean['without']:.2f} without {what}, {mean['with']:.2f} with it."
    )


def recurrence(record: dict[str, Any]) -> str:
    """How often it happens with nothing changed."""
    again, of = record["recurrence_counts"].values()
    opening = "With nothing changed and new luck from that moment on it happens"
    if not record["happened"]:
        return f"{opening} in {again} of {of} futures."
    rare = " It was bad luck more than anything: most futures go without it." if of and again < of / 2 else ""
    return f"{opening} again in {again} of {of} futures.{rare}"


def bounds(record: dict[str, Any]) -> str:
    """What holds however futures share their chance."""
    found = record["bounds"]
    noise = "is the same" if record["noise_floor"] == 0 else "differs"
    same = f"Noise floor: the same world lived twice {noise}."
    real = record["estimand"] == "given_record"
    rates = "under new luck, which need not fit the record, " if real else ""
    if found is None:
        return f"No bounds: {rates}the case that is asked about does not come up. {same}"
    low, high = f"{found['low']:.2f}", f"{found['high']:.2f}"
    if real:
        where = (
            f"is {low} however"
            if low == high
            else f"could lie anywhere from {low} to {high}, depending on how"
        )
        return f"By the rates {rates}the share {where} futures share their chance. {same}"
    if low == high:
        return f"However the futures shared their chance, the share would be {low}. {same}"
    return f"If the futures shared their chance in another way the share could lie anywhere from {low} to {high}. {same}"


def parting_sentence(record: dict[str, Any]) -> str:
    """Where the two replays first differ, and why."""
    parting = record["parting"]
    who = f"{noun(record).capitalize()} {parting['member']}" if parting["member"] else "Somebody"
    return (
        f"The two replays part at {at(record, parting['step'])}. {who}: "
        f"{parting['did']} in the one, in the other (simulated) {parting['would']}; {parting['why']}."
    )


def curve_words(record: dict[str, Any]) -> list[str]:
    """The last moment that would have helped, of those tried."""
    curve = record["moments"]
    if not curve:
        return []
    if curve["last"] is None:
        return [
            f"At none of the {len(curve['points'])} moments tried does it avert at least {curve['likely']:.0%} of the futures that have it."
        ]
    last, first = (at(record, curve[name]) for name in ("last", "first"))
    return [
        f"The last effective moment of the {len(curve['points'])} tried is {last}, the first {first}: "
        f"it averts at least {curve['likely']:.0%} of the futures that have it ({curve['futures']} futures a moment)."
    ]
