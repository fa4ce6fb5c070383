"""Which quantity answers which question: what happened decides, never the sign of a number."""

from typing import Any

from windtunnel.analysis.causal.necessity import CELLS, Paired

CAVEAT = "inside this model; not evidence of what the real members would have done"
PERCENT_FROM = 20
"""No percentage is shown for fewer cases than this; counts are."""

QUESTIONS = {
    "preventive": (
        (
            "ps",
            "ps_prev",
            "policy off, it happened",
            "Would the policy have averted it?",
            "it happened without the policy",
            "the policy averted it",
        ),
        (
            "pn_backfire",
            "pn_backfire",
            "policy on, it happened",
            "Did the policy cause it?",
            "it happened with the policy",
            "it would not have happened without the policy",
        ),
        (
            "pn",
            "pn_prev",
            "policy on, it did not happen",
            "Was the policy needed?",
            "it did not happen with the policy",
            "it would have happened without the policy",
        ),
        (
            "ps_backfire",
            "ps_backfire",
            "policy off, it did not happen",
            "Would the policy have caused it?",
            "it did not happen without the policy",
            "the policy brought it about",
        ),
    ),
    "generative": (
        (
            "pn",
            "pn",
            "policy on, it happened",
            "Was the policy needed?",
            "it happened with the policy",
            "it would not have happened without the policy",
        ),
        (
            "ps",
            "ps",
            "policy off, it did not happen",
            "Would the policy have brought it about?",
            "it did not happen without the policy",
            "the policy brought it about",
        ),
        (
            "pn_backfire",
            "pn_backfire",
            "policy on, it did not happen",
            "Did the policy prevent it?",
            "it did not happen with the policy",
            "it would have happened without the policy",
        ),
        (
            "ps_backfire",
            "ps_backfire",
            "policy off, it happened",
            "Would the policy have spoiled it?",
            "it happened without the policy",
            "the policy prevented it",
        ),
    ),
}
"""For each direction: key in estimates.json, name, what happened, question, and both halves of a count."""


def questions(found: Paired, direction: str) -> list[dict[str, Any]]:
    """The four questions, each with its quantity, interval, counts, and a sentence made of the counts."""
    rows = []
    for key, name, happened, question, given, then in QUESTIONS[direction]:
        num, den = (sum(getattr(found.table, cell) for cell in cells) for cells in CELLS[direction][key])
        futures = "simulated future" if den == 1 else "simulated futures"
        words = (
            f"in {den} {futures} {given}; in {num} of them {then}"
            if den
            else f"there is no simulated future in which {given}"
        )
        row = {
            "key": key,
            "quantity": name,
            "happened": happened,
            "question": question,
            "num": num,
            "den": den,
        }
        row |= {"percent": den >= PERCENT_FROM, "sentence": words, "caveat": CAVEAT}
        rows.append(row | getattr(found, key)._asdict())
    return rows
