"""The answer in sentences: counts of simulated futures first, and what they cannot say."""

from typing import Any

from windtunnel.analysis.incidents.forum.acts import RECORD
from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.why.counting import asked, counted, found_of, hit_words, since
from windtunnel.analysis.why.forum.ranking import DOUBT
from windtunnel.analysis.why.forum.tones import label_command
from windtunnel.analysis.why.forum.weakness import PARTS, listed, weak, weak_in
from windtunnel.analysis.why.sentences import (
    NO_SANCTION,
    at,
    bounds,
    checked,
    curve_words,
    parting_sentence,
    recurrence,
    same_luck,
    severity,
    signed,
)


def answer_sentences(record: dict[str, Any]) -> dict[str, str]:
    """The answer point by point, each a sentence or two; empty where a point was not asked for."""
    return {
        "trust": " ".join(trust(record)),
        "same_luck": same_luck(record),
        "counts": counted(record),
        "recurrence": recurrence(record),
        "severity": severity(record),
        "bounds": bounds(record),
        "moments": " ".join(curve_words(record)),
        "ranking": " ".join(_ranking(record)),
        "sensitivity": " ".join(sensitivity(record)),
    }


def about(record: dict[str, Any]) -> str:
    """Which incident the answer is about, from when on the act is thought, and in how many futures."""
    incident = record["incident"]
    place = "" if incident["place"] is None else f" in thread {incident['place']}"
    real = incident["arm"] == RECORD
    began = f"{at(record, incident['onset'])}, counted from the start of the {'record' if real else 'run'}"
    if record["happened"]:
        opening = f"Incident {incident['id']}{place}; it begins at {began}."
    else:
        run = "" if real else f" (draw {incident['draw']}, seed {incident['seed']}, arm {incident['arm']})"
        opening = (
            f"Nothing crossed the rule here: {record['outcome']}{place}{run}, severity {incident['severity']:.4g} of "
            f"{record['threshold']:g}. Asked is whether it would have come; its moments count from {began}."
        )
    return (
        f"{opening} Asked: {record['question']}, {since(record)}; "
        f"{number(sum(record['table'].values()), 'pair')} of futures, with and without it."
    )


def doubts(record: dict[str, Any]) -> list[str]:
    """What has to be read before the answer: that the replay failed, that it is weak, that the act came too late."""
    replay = record["replay"]
    failed = [] if replay["acts"] == replay["reproduced"] else [checked(replay)]
    part = weak_in(record)
    doubted = [_weakness(record)] if weak(record) else [_weak_part(record, part)] if part else []
    return failed + doubted + record["notes"]


def sentences(record: dict[str, Any]) -> list[str]:
    """The whole answer in order; an act that came too late is told first, then what speaks about realism."""
    said = answer_sentences(record)
    lines = [f"{record['incident']['id']}: {asked(record)}? ({since(record)})", *record["notes"]]
    if not record["happened"]:
        lines.append(about(record))
    lines += [said[point] for point in ("trust", "same_luck", "counts", "severity", "recurrence", "bounds")]
    if record["by_construction"]:
        lines.append(record["by_construction"])
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
    elif part := weak_in(record):
        told.append(_weak_part(record, part))
    if score:
        told.append(_score(score))
    told += record.get("whole_act") or []
    told.append(checked(replay))
    if "not_offered" in replay:
        told.append(
            f"Acts kept as recorded and never decided anew (the opening post, posts of nobody known, replies under a lock): "
            f"{replay['kept']}; acts that the model could not have offered by itself: {replay['not_offered']}."
        )
        if 2 * replay["not_offered"] > replay["acts"] - replay["kept"] > 0:
            told.append(
                "Those are most of the acts that are decided anew, so of who wrote, and where, next to nothing was inferred from the record."
            )
    return told


def _weakness(record: dict[str, Any]) -> str:
    if record["log_score"] is None:
        return (
            "The answer is weak: the record has too few replies in other threads to hold the model against."
        )
    return (
        "The answer is weak: in other threads the model is not seen to foretell a reply's tone better than what knows "
        "only how often each tone comes, or the tone of the post that is answered."
    )


def _weak_part(record: dict[str, Any], part: str) -> str:
    """What is weak where something else is foretold, and what that leaves."""
    sure = listed([PARTS[name] for name in record["foretold"]["learned"]])
    rests = ""
    if "tone" in record["foretold"]["weak"]:
        rests = " What hangs on how heated a reply is rests on shares alone; what hangs on who comes, and where, does not."
    return f"The answer is weak in part: the model is not seen to foretell {part} better than base rates do; what it foretells better: {sure}.{rests}"


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


def _ranking(record: dict[str, Any]) -> list[str]:
    ranking = record["which_act"]
    if not ranking or not ranking["ranked"]:
        return []
    top = min(ranking["ranked"], key=lambda row: row["change"])
    aside = (
        f"; member {ranking['left_aside']}, whom it happened to, is none of them"
        if ranking["left_aside"]
        else ""
    )
    tried = f"Of {ranking['tested']} left out one by one (of {ranking['of']}{aside}), "
    found = (
        f"how bad it gets changes by {signed(top['change'])} on average over {ranking['futures']} futures, "
        f"averted {top['averted']} of {top['happened']}, p = {top['p']:.3f}"
        f"{' (by construction: leaving it out decides by itself what is counted)' if top['forced'] else ''}"
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


def enough_words(ranking: dict[str, Any]) -> list[str]:
    """The fewest who together avert so much, in a sentence; none where nobody asked."""
    few = ranking.get("enough")
    if not few:
        return []
    if not few["set"]:
        return [f"Nobody of those tried averts any of the {few['happened']} futures that have it."]
    names = ", ".join(row["what"] for row in few["set"])
    short = "" if few["reached"] >= few["wanted"] else f", short of {few['wanted']:.0%}"
    return [
        f"Left out together, found one after another: {names} avert {few['reached']:.0%} of the {few['happened']} futures that have "
        f"it{short}."
    ]


def sensitivity(record: dict[str, Any]) -> list[str]:
    """How far the answer moves with what the record does not tell: one thing a line."""
    told = []
    if rows := record["sensitivity"]:
        each = ", ".join(f"{row['assumption']}: {hit_words(record, row)}" for row in rows)
        told.append(f"What the record does not tell, assumed otherwise: {each}.")
    if memory := record.get("memory"):
        told.append(_memory(record, memory))
    if tones := record["tone_errors"]:
        told.append(_tones(record, tones))
    return told


def _memory(record: dict[str, Any], memory: dict[str, Any]) -> str:
    """Whether the answer hangs on how members' memory finds what they recall."""
    how = (
        "that favours short texts and early, literal and repeated matches"
        if memory["favours"]
        else "without favourites"
    )
    said = f"With a memory {how}: {hit_words(record, memory['table'])}"
    if memory["moves"] is None:
        return f"{said}; too few to compare shares."
    verdict = "so the answer hangs on it" if memory["matters"] else "so it does not hang on it"
    beside = f"a share of {memory['est']:.2f} beside {memory['own']:.2f} in the same {memory['futures']} futures with the memory asked for"
    return f"{said}, {beside}: {verdict} (a move of more than {memory['least']:g} counts)."


def _tones(record: dict[str, Any], tones: dict[str, Any]) -> str:
    """How far the answer moves when the tones are drawn again, beside how far who read along moves it."""
    by_hand, posts = tones["by_hand"], tones["posts"]
    if by_hand == posts:
        return "The tones of this thread were set by hand or came with the record: no other reading of them was tried."
    kept = f" ({by_hand} of the {posts} posts were not scored and keep theirs)" if by_hand else ""
    guessed = (
        f" {tones['wordless']} posts without words have a tone guessed from votes and removals: how often that errs nobody has "
        "measured, and the scorer's errors are taken for it."
        if tones["wordless"]
        else ""
    )
    labels = number(tones["labelled"], "label") + " of this record"
    if tones.get("probabilities"):
        moved = f", moved by {labels}" if tones["labelled"] else ""
        how = f"by the probabilities that it gives each post{moved} (where it gives none, as measured on {tones['source']})"
    else:
        how = f"by how often it errs, as measured on {f'{labels}, and ' if tones['labelled'] else ''}{tones['source']}"
    found, tried = found_of(tones)
    said = (
        f"Tones are a scorer's reading{kept}.{guessed} Drawn again {tried} times {how}, by its rule it is {'an' if record['happened'] else 'no'} incident in {found} of "
        f"{tried} readings"
    )
    if not tones["tables"]:
        return f"{said}, so the answer hangs on the tones as they were scored.{_with_labels(record, tones)}"
    total = {cell: sum(table[cell] for table in tones["tables"]) for cell in record["table"]}
    first = "these" if len(tones["tables"]) == found else f"the first {len(tones['tables'])} of these"
    said += f"; in {first} together {hit_words(record, total)}"
    if tones["low"] is None:
        return f"{said}.{_with_labels(record, tones)}"
    seen = [row["est"] for row in record["sensitivity"] if row["est"] is not None]
    beside = f", for who read along from {min(seen):.2f} to {max(seen):.2f}" if seen else ""
    here = record["estimate"]["est"]
    base = "" if here is None else f" (as scored {here:.2f})"
    range_ = f"{said}, a share from {tones['low']:.2f} to {tones['high']:.2f} over readings{base}{beside}."
    return f"{range_}{_with_labels(record, tones)}"


def _with_labels(record: dict[str, Any], tones: dict[str, Any]) -> str:
    """What labels by hand would do to the range, where the thread has words to label."""
    after = tones["width_with_labels"]
    if not tones["to_label"] or tones["wordless"] or not isinstance(after, dict):
        return ""
    command = f"`{label_command(record['incident']['place'])}`"
    if tones["to_label"] == tones["in_doubt"]:
        return f" Label the {number(tones['to_label'], 'post')} that a reader has read ({command}): then nothing of this is left open."
    label = f" Label {tones['to_label']} of its {tones['posts']} posts ({command})"
    low, high = tones["low"], tones["high"]
    if low is not None and low < high and after["about"] is not None:
        return (
            f"{label}: the range would be about {after['about']:.2f} wide, now {high - low:.2f} "
            f"(four times in five between {after['low']:.2f} and {after['high']:.2f})."
        )
    whether = f"{label} to be surer whether it is {'one' if record['happened'] else 'none'}"
    if low is not None and low == high:
        return f" They agree in the share: labels would hardly move it.{'' if sure(tones) else f'{whether}.'}"
    return f"{whether}; these readings are too few to say what it would do to the share."


def sure(tones: dict[str, Any]) -> bool:
    """Whether nearly every reading finds what was asked about."""
    found, tried = found_of(tones)
    return found >= 0.9 * tried
