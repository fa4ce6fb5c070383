"""Sentences about a calibration: for the terminal and for the report alike."""

from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]
CONTRAST = "heated or hostile against civil"
"""The contrast of a forum's replies by which a calibration is told."""
FLAT = (
    "Flat sensitivity card: this model cannot answer about wording or social influence: only mechanical effects "
    "are shown (nothing in a situation moves it beyond the chance of letter orders, or beta is 0)."
)
NEVER = "The language model was never asked: nobody had a decision to make, so nothing here is its doing."
MOST_GAP = 0.02
"""|risk difference by archetype - by member| above which sharing questions is called a doubt."""
LARGE_BETA = 5.0
"""With a larger beta the model's chance shifts are blown up that much, too."""


def state(llm: Record) -> list[str]:
    """How the answers of a language model became choices; nothing where none was asked itself."""
    if not asked(llm):
        return []
    found = llm.get("calibration")
    if not found:
        return [
            "Calibration: not calibrated; nobody has measured what moves this model (windtunnel calibrate)."
        ]
    return [f"Calibration: {beta_words(found)} File {found['file']}, SHA-256 {found['sha256'][:12]}."]


def asked(llm: Record) -> bool:
    """Whether the mind of this record, of whatever name, asked a language model in the run itself."""
    return bool(llm.get("model"))


def warnings(llm: Record) -> list[str]:
    """What a reader must know before the answer: a flat card, a beta that rests on chance, a large gap."""
    found = llm.get("calibration") if asked(llm) else None
    return doubts(found) if found else []


def never_asked(manifest: Record) -> list[str]:
    """That no question came to the language model of a run, because nobody in it had a decision to make."""
    idle = asked(manifest["llm"]) and manifest.get("decisions") == 0
    return [NEVER] if idle else []


def calibration_lines(found: Record) -> list[str]:
    """What `windtunnel calibrate` prints."""
    lines = [
        f"Calibration of {found['model']['name']} for the profile {found['profile']['name']}.",
        *doubts(found),
        f"{beta_words(found)}",
    ]
    lines += [f"{row['action']}: {rates(row)}" for row in found["base_rates"]]
    lines += [f"{row['feature']} ({row['says']}): {shift_words(row)}" for row in found["card"]["shifts"]]
    return lines + ([gap_words(found["gap"])] if found.get("gap") else [])


def doubts(found: Record) -> list[str]:
    lines, beta, gap = [FLAT] if found["flat"] else [], found["beta"], found.get("gap")
    if beta["se"] is not None and not found["card"]["flat"]:
        if beta["fitted"] < 0:
            lines.append(
                f"The fitted beta is {beta['fitted']:.2g}: the model moves the wrong way round, so 0 is used."
            )
        elif beta["fitted"] < 2 * beta["se"]:
            lines.append(
                f"Beta is {beta['fitted']:.2g} with a standard error of {beta['se']:.2g}: not told apart from 0."
            )
        if beta["value"] > LARGE_BETA:
            lines.append(
                f"Beta is {beta['value']:.3g}: the model's shifts are so small that their chance is blown up too."
            )
    if gap and gap["gap"] > MOST_GAP:
        lines.append(gap_words(gap))
    return lines


def beta_words(found: Record) -> str:
    """beta, its standard error and the cases it rests on, in a sentence."""
    beta = found["beta"]
    said = f"beta {beta['value']:.3g}"
    if beta["se"] is None:
        said += " (no published shift moves this model at all)"
    elif found["card"]["flat"]:
        said += " (set, because the card is flat)"
    else:
        said += f" (standard error {beta['se']:.2g}), fitted to {', '.join(beta['cases'])}"
    if beta["left_out"]:
        said += f", leaving out {', '.join(beta['left_out'])}"
    return f"{said}; alpha fitted to the profile {found['profile']['name']}."


def rates(row: Record) -> str:
    """An action's share in the profile, raw and calibrated."""
    return f"{row['profile']:.2%} in the profile, {row['raw']:.2%} raw, {row['calibrated']:.2%} calibrated"


def shift_words(row: Record) -> str:
    """The shift of the log-odds of heated or hostile replies against civil ones, and the largest of an action."""
    (against,) = [key for key in row if key.startswith("against_")]
    name, value = max(row[against].items(), key=lambda item: abs(item[1][0]))
    rude = row["rude_against_civil"]
    said = f"{CONTRAST} {pair(rude)}; " if rude else ""
    return f"{said}most of all {name.replace('_', ' ')} {pair(value)} against {against[len('against_') :]}"


def pair(value: Any) -> str:
    """A shift and its standard error over letter orders.

    >>> pair([0.25, 0.1])
    '+0.25 (SE 0.1)'
    """
    return f"{value[0]:+.2g} (SE {value[1]:.1g})"


def gap_words(gap: Record) -> str:
    return (
        f"Sharing questions by archetype instead of asking each member changed the risk difference of "
        f"{' + '.join(gap['policy']) or 'no policy'} on {gap['outcome']} by {gap['gap']:.3f} "
        f"({gap['rd_archetype']:+.3f} against {gap['rd_member']:+.3f}, {gap['draws']} x {gap['seeds']} pairs of "
        f"{gap['members']} members); {MOST_GAP} is the most that it should.{_uncorrected(gap)}"
    )


def sharing(llm: Record) -> str | None:
    """What is known of asking by archetype instead of each member; None where a run does not do that."""
    if llm.get("mind") != "llm" or llm.get("prompt") != "archetype":
        return None
    found = llm.get("calibration") or {}
    if found and found["beta"]["value"] == 0:
        return "Sharing by archetype: changes nothing here, since with beta 0 no answer enters the choices."
    if found.get("gap"):
        return f"Sharing by archetype: {gap_words(found['gap'])}"
    return (
        "Sharing by archetype: not measured; nobody has compared it with asking each member "
        "(windtunnel calibrate gap=true)."
    )


def _uncorrected(gap: Record) -> str:
    return " That is with beta 1, since with beta 0 both would be one." if gap.get("beta") == 1 else ""
