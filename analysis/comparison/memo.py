"""The table that goes into a memo: policy, harm avoided, backfire, and what each cost comes to; as Markdown to be pasted."""

from collections.abc import Mapping, Sequence
from typing import Any

from windtunnel.analysis.comparison.tables import cost_words, counts
from windtunnel.analysis.numbers_in_words import words

Record = Mapping[str, Any]
COSTS = 2
"""Columns of costs where no outcome of the community says what it is called in a memo."""


def memo_rows(record: Record) -> list[dict[str, str]]:
    """A row a policy. Harm avoided and backfire are counts of futures; the others are mean changes a future, with intervals."""
    columns = _columns(record)
    held = {(row["policy"], row["outcome"]): row for row in record["outcomes"]}
    avoided, backfired = (
        ("harm avoided", "backfire")
        if record["direction"] == "preventive"
        else ("good brought about", "backfire")
    )
    rows = []
    for row in record["policies"]:
        first, second = counts(record, row).values()
        rows.append(
            {
                "policy": row["policy"] + (" (by construction)" if row["by_construction"] else ""),
                avoided: first if row["claim"] == "made" else "no claim",
                backfired: second if row["claim"] == "made" else "no claim",
                **{
                    head: "; ".join(
                        _cell(held[row["policy"], name]) for name in names if (row["policy"], name) in held
                    )
                    or "-"
                    for head, names in columns.items()
                },
            }
        )
    return rows


def memo_text(record: Record, title: str) -> str:
    """The memo: the question, the answer, the table, what each policy is, and what it all holds for."""
    from windtunnel.analysis.comparison.sentences import answer_sentences

    rows = memo_rows(record)
    lines = [f"# {title}", "", *answer_sentences(record), "", *_markdown(rows), ""]
    lines += [f"- {row['policy']}: {row['what']}" for row in record["policies"] if row.get("what")]
    lines += ["", *record["fidelity"], record["caveat"]]
    return "\n".join(lines)


def _columns(record: Record) -> dict[str, list[str]]:
    """The outcomes of each column by its head, goods that may be lost before harms that may be added."""
    found: dict[str, list[str]] = {}
    for row in sorted(record["outcomes"], key=lambda row: row["polarity"] != "good"):
        if row["memo"] and row["outcome"] not in found.setdefault(row["memo"], []):
            found[row["memo"]].append(row["outcome"])
    if found:
        return found
    costs = dict.fromkeys(row["outcome"] for row in record["outcomes"] if row["cost"])
    return {words(name): [name] for name in list(costs)[:COSTS]}


def _cell(row: Record) -> str:
    tag = ", by construction" if row["forced"] else ", cannot move" if row.get("cannot_move") else ""
    return f"{cost_words(row['change'])} {row['unit']}{tag}"


def _markdown(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The rows as a table that a document takes; a bar in a name would end its cell."""
    if not rows:
        return []
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return ["| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines]
