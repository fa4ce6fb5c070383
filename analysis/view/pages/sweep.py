"""A sweep: how far each cell is, then the comparison under a goal with limits, its picture and its memo."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from windtunnel.analysis.comparison import Comparison, compare
from windtunnel.analysis.comparison.goal_words import goal_table
from windtunnel.analysis.comparison.memo import memo_rows
from windtunnel.analysis.comparison.method import method_plain
from windtunnel.analysis.comparison.sentences import answer_sentences
from windtunnel.analysis.comparison.title import title
from windtunnel.analysis.first_sentence import first_sentence
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.summary import one_line
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view.contents import read
from windtunnel.analysis.view.jobs import Job
from windtunnel.analysis.view.pages.choose import lines
from windtunnel.analysis.view.rendering import part_html, render
from windtunnel.analysis.view.routing import get, stream
from windtunnel.analysis.view.site import Site, site_of
from windtunnel.analysis.view.streaming import Piece
from windtunnel.analysis.view.trade_off import picture


def show(request: Request) -> Response:
    """The comparison, as soon as there is a cell to compare."""
    site, given = site_of(request), request.query_params
    folder = _folder(request)
    name = site.name_of(folder)
    job = _job(site, name)
    rows, found, mistake = _cells(site, folder), None, ""
    if any(row["done"] for row in rows):
        try:
            found = _compared(folder, given)
        except ValueError as error:
            mistake = str(error)
    record = found.record if found else None
    return render(
        request,
        "sweep.html",
        title=title(record) if record else f"Sweep {name}",
        command=pasted("windtunnel", "compare", site.shown_path(name), *_words(given)),
        out=name,
        job=job,
        rows=rows,
        expected=_expected(job, rows),
        given=given,
        mistake=mistake,
        record=record,
        answer=answer_sentences(record)[1 if record["goal"] else 0 :]
        if record
        else [],  # the title has the goal
        rest=[line for line in found.sentences if line not in answer_sentences(record)]
        if found and record
        else [],
        stated=goal_table(record) if record else [],
        memo=memo_rows(record) if record else [],
        method=method_plain(record)
        if record and any(row["claim"] == "made" for row in record["policies"])
        else "",
        fidelity=[first_sentence(line) for line in record["fidelity"]] if record else [],
        counted=_counted(folder, rows, record) if record else "",
        picture=picture(record, given.get("cost", "")) if record else None,
    )


def cells(request: Request) -> Response:
    """The cells, as a piece of a page; of a sweep that has ended the page is loaded anew."""
    html, ended = _cells_piece(request)
    answer = Response(html, media_type="text/html")
    if ended:
        answer.headers["hx-refresh"] = "true"
    return answer


def cells_stream(request: Request) -> Callable[[], Piece]:
    """The same piece, sent whenever it changes."""
    return lambda: _cells_piece(request)


def _cells_piece(request: Request) -> Piece:
    site, folder = site_of(request), _folder(request)
    job = _job(site, site.name_of(folder))
    rows = _cells(site, folder)
    html = part_html(request, "_cells.html", job=job, rows=rows, expected=_expected(job, rows))
    return Piece(html, job is None or not job.is_open)


def memo(request: Request) -> Response:
    """The memo as Markdown, to be saved or pasted."""
    text = _compared(_folder(request), request.query_params).memo()
    return PlainTextResponse(text + "\n", headers={"content-disposition": 'attachment; filename="memo.md"'})


def _folder(request: Request) -> Path:
    out = request.query_params.get("out", "")
    if not out:
        raise ValueError("this page is about a sweep: choose one on Home")
    folder = site_of(request).path(out)
    if not folder.is_dir() and _job(site_of(request), out) is None:
        raise ValueError(f"there is no sweep {out[:80]!r} in this folder: Home lists those that there are")
    return folder


def _job(site: Site, name: str) -> Job | None:
    return next(iter(site.jobs.about(kind="sweep", out=name)), None)


def _expected(job: Job | None, rows: list[dict[str, Any]]) -> int:
    """How many cells there will be."""
    return max(int(job.about.get("cells", 0)) if job else 0, len(rows))


def _cells(site: Site, folder: Path) -> list[dict[str, Any]]:
    """A row a cell: what varies in it, its counts or its state, and whether it is done."""
    rows = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        cell = Folder(path)
        if (
            not path.is_dir()
            or path.name.startswith(".")
            or not (cell.manifest.is_file() or cell.begun.is_file())
        ):
            continue
        done = cell.manifest.is_file()
        said = "running, or stopped before its end"
        if done:
            manifest = read(cell.manifest)
            estimates = read(cell.estimates) if cell.estimates.is_file() else None
            said = one_line(estimates, manifest)
        name = path.name.rpartition("-")[0].replace("policy=", "").replace("_", " ") or path.name
        rows.append({"name": name, "done": done, "said": said, "link": quote(site.name_of(path))})
    return rows


def _compared(folder: Path, given: Any) -> Comparison:
    changed = max((entry.stat().st_mtime_ns for entry in folder.glob("*/estimates.json")), default=0)
    smallest = given.get("smallest", "").strip()
    try:
        least = float(smallest) if smallest else None
    except ValueError:
        raise ValueError(
            f"the smallest effect is {smallest[:20]!r}: give a share of futures, as 0.05 is"
        ) from None
    return _kept(
        str(folder),
        changed,
        given.get("goal", "").strip() or None,
        tuple(lines(given.get("limits", ""))),
        least,
        given.get("judge", "") or None,
    )


@lru_cache(maxsize=16)
def _kept(
    folder: str,
    changed: int,
    goal: str | None,
    limits: tuple[str, ...],
    least: float | None,
    judge: str | None,
) -> Comparison:
    return compare(folder, goal=goal, limits=limits, smallest_effect=least, outcome=judge)


def _counted(folder: Path, rows: list[dict[str, Any]], record: Mapping[str, Any]) -> str:
    """What the list of cells counts, where that is another outcome than the one that the answer is judged by."""
    done = next((row for row in rows if row["done"]), None)
    if done is None:
        return ""
    declared = read(Folder(folder / unquote(done["link"]).rpartition("/")[2]).manifest)["config"]["outcome"][
        "name"
    ]
    if declared == record["outcome"]["name"]:
        return ""
    return f"These counts are of {declared.replace('_', ' ')}, which the runs declared; the answer above is judged by {record['outcome']['name'].replace('_', ' ')}."


def _words(given: Any) -> list[str]:
    """The options that say the same."""
    said = ["--goal", given["goal"]] if given.get("goal") else []
    for limit in lines(given.get("limits", "")):
        said += ["--limit", limit]
    said += ["--smallest-effect", given["smallest"]] if given.get("smallest") else []
    return said + (["--outcome", given["judge"]] if given.get("judge") else [])


ROUTES = [
    get("/sweep", show),
    get("/sweep/cells", cells),
    stream("/sweep/stream", cells_stream),
    get("/sweep/memo", memo),
]
