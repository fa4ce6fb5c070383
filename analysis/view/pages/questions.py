"""A question: how far it is, and its answer: three lines, then counts, other readings, and what differs."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from windtunnel.analysis.importers.imported.dates import date_words, start_of
from windtunnel.analysis.incidents.moments import moment_cell
from windtunnel.analysis.view.jobs import DONE, Job
from windtunnel.analysis.view.pages.jobs import as_far_as_it_is, of_output
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import get
from windtunnel.analysis.view.site import site_of
from windtunnel.analysis.why.counting import hit_words, split
from windtunnel.analysis.why.forum import sentences as tell
from windtunnel.analysis.why.sentences import NO_SANCTION, checked, parting_sentence
from windtunnel.analysis.why.three_lines import three_lines

MARKS = {
    "removed": "removed",
    "prevented": "would not have been written",
    "changed": "would have been another",
    "new": "would have come instead",
}
MOST_ROWS = 400
FIRST_ROWS = 15
"""Rows of what differs that are shown at once."""
LATER = "--at comment:N asks about an act after what was seen."
"""What a note says to who types, and what the page says instead."""
LATER_HERE = "Choose a later post of the thread to ask about an act after what was seen."


def show(request: Request) -> Response:
    """The answer of a question, or how far it is."""
    job = site_of(request).jobs.one(request.path_params["name"])
    record = answer_of(job)
    if record is None:
        return as_far_as_it_is(request, job)
    rows = [row for row in record.get("thread", []) if row["mark"] != "same"]
    sentences = tell.answer_sentences(record)
    start = _began(request, job)
    replayed = record["replay"]["acts"] == record["replay"]["reproduced"]
    return render(
        request,
        "question.html",
        title=job.title[:1].upper() + job.title[1:],
        command=job.command,
        job=job,
        record=record,
        lines=three_lines(record),
        about=tell.about(record),
        doubts=[
            *([] if replayed else [checked(record["replay"])]),
            *(note.replace(LATER, LATER_HERE) for note in record["notes"]),
        ],
        days=""
        if start is None
        else f"Days and hours count from the first post of the record, {date_words(0, start)} UTC.",
        shown=FIRST_ROWS,
        said=sentences,
        parting=parting_sentence(record) if record["parting"] else "",
        changes=_changes(record, rows[:MOST_ROWS], start),
        differing=len(rows),
        whole=len(record.get("thread", [])),
        trust=[*tell.trust(record), sentences["bounds"], *tell.sensitivity(record)],
        no_sanction=NO_SANCTION,
        page=f"/files/jobs/{job.name}/incident.html" if (job.path / "incident.html").is_file() else "",
        others=[row_of(other) for other in _beside(request, job)],
    )


def _began(request: Request, job: Job) -> int | None:
    """When the record that is asked about began, in minutes since 1970; None of a run, and where the import did not keep it."""
    folder = site_of(request).path(str(job.about.get("out", "")))
    return start_of(folder) if (folder / "posts.parquet").is_file() else None


def _changes(
    record: dict[str, Any], rows: list[dict[str, Any]], start: int | None
) -> list[tuple[str, str, str, str]]:
    """When, who, what happened and what would have happened, in their order: posts that differ, and acts of moderators."""
    found: list[tuple[int, str, str, str]] = []
    for act in record["moderators"]:
        if act["was"] != act["would"]:
            was, would = (act["what"] if act[side] else "nothing" for side in ("was", "would"))
            found.append((act["shown"], "moderators", was, would))
    for row in rows:
        was = f"{row['was']} (post {row['post']})" if row["was"] else "nothing"
        new = row["mark"] in ("changed", "new")
        would = f"SIMULATED {row['would']}" if new else MARKS.get(row["mark"], row["mark"])
        found.append((row["step"], row["member"] or "somebody", was, would))
    found.sort(key=lambda one: one[0])
    return [(moment_cell(step, record["hours"], start), *rest) for step, *rest in found]  # type: ignore[misc]


def answer_of(job: Job) -> dict[str, Any] | None:
    """The record that a question's job has printed; None where it has not ended well."""
    record = job.answer() if job.state == DONE else None
    return record if isinstance(record, dict) and "table" in record and "quantity" in record else None


def row_of(job: Job) -> dict[str, Any]:
    """A question in a table of several: its act, state, and the counts, where it is answered."""
    record = answer_of(job)
    row: dict[str, Any] = {"job": job, "word": "", "counts": "", "share": "", "severity": "", "tag": ""}
    if record is None:
        return row
    base, _ = split(record, record["table"])
    found, mean = record["estimate"], record["mean_severity"]
    limits = "" if not base or found["low"] is None else f"{found['low']:.2f} to {found['high']:.2f}"
    tags = ["by construction"] if record["by_construction"] else []
    tags += ["weak"] if tell.weak(record) else []
    return row | {
        "word": three_lines(record).word,
        "counts": hit_words(record, record["table"]),
        "share": limits,
        "severity": f"{mean['without']:.2f} / {mean['with']:.2f}",
        "tag": ", ".join(tags),
    }


def _beside(request: Request, job: Job) -> list[Job]:
    """The other questions about the same thread."""
    same = {key: job.about.get(key) for key in ("kind", "out", "thread", "draw", "seed", "arm")}
    return site_of(request).jobs.about(**same)


ROUTES = [get("/question/{name}", of_output(show))]
