"""A replayed rule in words: sentences, and the rows of its tables, the same in a terminal and on the page."""

from collections.abc import Sequence
from typing import Any

from windtunnel.analysis.causal.intervals import Estimate
from windtunnel.analysis.importers.imported.dates import date_words
from windtunnel.analysis.numbers_in_words import counted
from windtunnel.analysis.rules.agreement import Agreement
from windtunnel.analysis.rules.replaying import Replayed

SHADOW = (
    "This was in shadow: counted on the record, and nothing was done. A rule is a draft in its file until you put it live on your "
    "platform; this program never acts there."
)
NO_SANCTION = "That a rule touches a post is no finding about its author."


def amount(number: float) -> str:
    """A count, or an expected number with one decimal.

    >>> amount(3.0), amount(12345.0), amount(2.5)
    ('3', '12,345', '2.5')
    """
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def share(part: float, of: float) -> str:
    return f"{part / of:.2%}" if of else "none"


def limits(found: Estimate) -> str:
    """A share with its limits."""
    if found.est is None:
        return "no case"
    if found.low is None or found.high is None:
        return f"{found.est:.2f} [no limits: one thread]"
    return f"{found.est:.2f} [{found.low:.2f}, {found.high:.2f}]"


def sentences(found: Replayed) -> list[str]:
    """What a reader needs first."""
    about = "about " if found.expected else ""
    said = [
        f"{found.rule} ({found.source}) would have touched {about}{amount(found.touched)} of {counted(found.posts, 'posts')} "
        f"({share(found.touched, found.posts)}), in {counted(found.threads, 'threads')}, of {counted(found.members, 'members')}."
    ]
    if found.unjudged:
        said.append(
            f"Of {counted(found.unjudged, 'posts')} the record does not tell what the rule asks (a text that was taken away, an author who is "
            "gone): they are not counted as touched."
        )
    said += [correct(one) for one in found.agreements]
    if not found.agreements:
        said.append(
            "How often it is right is not known: the record has neither labels set by hand (`windtunnel label`) nor removals."
        )
    return [*said, *found.notes]


def correct(one: Agreement) -> str:
    """Precision and recall against one truth, in a sentence."""
    skipped = f"; {one.unjudged:,} more could not be judged" if one.unjudged else ""
    if one.touched == 0:
        return f"Against posts {one.against}: it touches none of the {one.of:,} that say so or not{skipped}."
    return (
        f"Against posts {one.against} ({one.true:,} of {one.of:,}{skipped}): precision {limits(one.precision)}, recall "
        f"{limits(one.recall)} (95 %; {one.limits})."
    )


def rule_rows(found: Replayed) -> list[dict[str, Any]]:
    """Each rule of the file."""
    return [
        {
            "rule": one.rule,
            "action": one.action or "none named",
            "fits": amount(one.posts),
            "touches first": amount(one.first),
        }
        for one in found.rules
    ]


def clause_rows(found: Replayed) -> list[dict[str, Any]]:
    """Each check by itself."""
    return [
        {"rule": one.rule, "check": one.check, "holds alone of": f"{one.posts:,}"} for one in found.clauses
    ]


def word_rows(found: Replayed, most: int) -> list[dict[str, Any]]:
    return [{"word": one.word, "posts": f"{one.posts:,}"} for one in found.words[:most]]


def group_rows(found: Replayed) -> list[dict[str, Any]]:
    return [
        {
            "whose": one.group,
            "posts": f"{one.posts:,}",
            "touched": amount(one.touched),
            "share": share(one.touched, one.posts),
            "members": f"{one.members:,}" if one.members else "-",
        }
        for one in found.groups
    ]


def period_rows(found: Replayed) -> list[dict[str, Any]]:
    """Periods in which it touched anything."""
    return [
        {
            "from": date_words(one.minute, found.start),
            "days": str(one.days),
            "posts": f"{one.posts:,}",
            "touched": amount(one.touched),
        }
        for one in found.periods
        if one.touched
    ]


def touched_rows(
    found: Replayed, most: int, texts: Sequence[str | None] | None = None
) -> list[dict[str, Any]]:
    """The touched posts, those with the highest chance first, in order of time; with their words where given."""
    table = found.touches.with_row_index("row").sort(["chance", "post"], descending=[True, False]).head(most)
    rows = []
    for row in table.iter_rows(named=True):
        told = {
            "post": row["post"],
            "thread": row["thread"],
            "when": date_words(row["minute"], found.start),
            "author": row["author"] or "unknown",
            "newcomer": {True: "yes", False: "no", None: "-"}[row["newcomer"]],
            "by": row["rule"] + (f": {row['word']}" if row["word"] else ""),
        }
        if found.expected:
            told["chance"] = f"{row['chance']:.2f}"
        if texts is not None:
            told["text"] = " ".join((texts[row["row"]] or "").split())[:280]
        rows.append(told)
    return rows
