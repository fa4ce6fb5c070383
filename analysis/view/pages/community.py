"""A community, imported or of a run: activity, tones, threads with filters, incidents and recorded acts to ask about."""

import datetime
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl
from starlette.requests import Request
from starlette.responses import Response

from windtunnel.analysis.first_sentence import first_sentence
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.find import summary
from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.summary import declared_effects, fidelity, short_answer, verdict
from windtunnel.analysis.terminal.ending import plain
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view.contents import read
from windtunnel.analysis.view.forums import Forum, forum_of, incidents_of, threads_of
from windtunnel.analysis.view.pages.batch import offered
from windtunnel.analysis.view.pages.find import WAYS
from windtunnel.analysis.view.pages.home import page_number
from windtunnel.analysis.view.rendering import part, render
from windtunnel.analysis.view.routing import get
from windtunnel.analysis.view.site import site_of
from windtunnel.analysis.view.titles import titles_of

SHOWN = 50
BARS = 60
"""Bars of the picture of activity."""
MOST_INCIDENTS = 100
MOST_ACTS = 200
SORTS = {"worst": "most hostile first", "newest": "newest first", "longest": "longest first"}


def community(request: Request) -> Response:
    """An imported community."""
    forum = forum_of(request)
    site = site_of(request)
    out = site.shown_path(site.name_of(forum.folder))
    return render(
        request,
        "community.html",
        title=site.name_of(forum.folder) or forum.folder.name,
        command=pasted("windtunnel", "incidents", out),
        start=_start(forum),
        source=_source(forum),
        read_well=_read_well(forum),
        ways=WAYS,
        acts=_acts(request, forum),
        **_shared(request, forum),
    )


def run(request: Request) -> Response:
    """A finished run: its answer in short, its report, and each of its simulated communities."""
    site = site_of(request)
    folder = site.path(request.query_params.get("out", ""))
    manifest = read(folder / "manifest.json")
    name = site.name_of(folder)
    if not isinstance(manifest.get("config"), dict) or "community" not in manifest["config"]:
        raise ValueError(f"the manifest.json of {name} is not one that `windtunnel run` writes")
    estimates = read(folder / "estimates.json") if (folder / "estimates.json").is_file() else None
    trust = (
        [plain(line) for line in (*fidelity(estimates), *declared_effects(estimates))] if estimates else []
    )
    lines = [line for line in short_answer(estimates, manifest, None) if line not in trust]
    is_forum = manifest["config"]["community"]["name"] == "forum"
    shared: dict[str, Any] = {"forum": None, "out": name}
    if not is_forum:
        shared |= _questions(folder, site.shown_path(name))
    if is_forum:
        forum = forum_of(request)
        shared = _shared(request, forum)
    return render(
        request,
        "run.html",
        title=name,
        command=pasted("windtunnel", "report", site.shown_path(name)),
        verdict=verdict(estimates, manifest) if estimates and estimates.get("claim") != "withheld" else "",
        lines=[line for line in lines if not line.startswith("- ")],
        questions=[line.removeprefix("- ") for line in lines if line.startswith("- ")],
        fidelity=[first_sentence(line) for line in trust],
        report=(folder / "report.html").is_file(),
        **shared,
    )


def _questions(folder: Path, out: str) -> dict[str, Any]:
    """The incidents of a run of a community that is no forum, each with the command that asks about it."""
    from windtunnel.analysis.commands.incidents import questions_of

    try:
        found, none = questions_of(Folder(folder), out), "No incident by the declared rules."
    except ValueError as error:
        found, none = [], f"{error}."
    return {
        "questions_asked": found[:MOST_INCIDENTS],
        "more_questions": len(found) - MOST_INCIDENTS,
        "no_questions": none,
    }


def incidents(request: Request) -> Response:
    """The incidents by the declared rules, as a piece of a page; the rules may be given other numbers."""
    forum = forum_of(request)
    changed = [word for word in request.query_params.get("rule", "").replace(",", " ").split() if word]
    try:
        found, rules, left_out = incidents_of(forum, changed)
    except ValueError as error:
        return part(
            request, "_incidents.html", rows=[], more=0, left_out=str(error), rules={}, kinds=[], forum=forum
        )
    titles = titles_of(forum.folder) if forum.real else {}
    rows = [
        (
            one,
            forum.when(one.onset),
            _thread_link(request, forum, one.place, incident=one.id, rule=changed),
            titles.get(one.place, "") if one.place is not None else "",
            f"/find?{urlencode({'out': request.query_params['out'], 'way': 'author', 'words': one.member or one.members[0]})}"
            if forum.real and one.place is None and (one.member or len(one.members) == 1)
            else "",
        )
        for one in found[:MOST_INCIDENTS]
    ]
    return part(
        request,
        "_incidents.html",
        rows=rows,
        more=len(found) - len(rows),
        left_out=left_out,
        rules=rules,
        kinds=[(kind, summary(kind)) for kind in dict.fromkeys(one.kind for one in found)],
        forum=forum,
    )


def _shared(request: Request, forum: Forum) -> dict[str, Any]:
    """What pages of both kinds have: the picture, the tones, and the threads that are looked for."""
    given = request.query_params
    titles = titles_of(forum.folder) if forum.real else {}
    found = _filtered(threads_of(forum), forum, given, titles)
    page = page_number(request)
    listed = found.slice((page - 1) * SHOWN, SHOWN)
    kept = {key: value for key, value in given.items() if key not in ("page", "export")}
    tones = dict(forum.written["tone"].fill_null("not read").value_counts().iter_rows())
    return {
        "forum": forum,
        "out": given["out"],
        "threads": [
            (
                row,
                titles.get(row["thread"], ""),
                forum.when(row["first"]),
                _thread_link(request, forum, row["thread"]),
            )
            for row in listed.drop("names").iter_rows(named=True)
        ],
        "count": found.height,
        "total": forum.written["place"].n_unique(),
        "page": page,
        "pages": max(-(-found.height // SHOWN), 1),
        "kept": kept,
        "given": given,
        "sorts": SORTS,
        "titled": bool(titles),
        "bars": _bars(forum),
        "tones": [
            (tone, tones.get(tone, 0))
            for tone in ("civil", "heated", "hostile", "not read")
            if tones.get(tone)
        ],
        "written": forum.written.height,
        "offered": offered(),
        "incidents_link": "/incidents?" + urlencode(kept),
    }


def _filtered(threads: pl.DataFrame, forum: Forum, given: Any, titles: dict[int, str]) -> pl.DataFrame:
    """The threads that fit the filters, in the order that is asked for; `ValueError` for a date that is none."""
    steps = 24 / forum.hours
    start = _start(forum)
    for name, column, sign in (("from", "last", 1), ("to", "first", -1)):
        if text := given.get(name, "").strip():
            day = _day(text, start, name)
            edge = (day if sign == 1 else day + 1) * steps
            threads = threads.filter(pl.col(column) >= edge if sign == 1 else pl.col(column) < edge)
    if author := given.get("author", "").strip():
        threads = threads.filter(pl.col("names").list.contains(author))
    if words := given.get("title", "").lower().split():
        fitting = [thread for thread, title in titles.items() if all(word in title.lower() for word in words)]
        threads = threads.filter(pl.col("thread").is_in(fitting))
    if given.get("locked"):
        threads = threads.filter("locked")
    if given.get("removed"):
        threads = threads.filter(pl.col("removed") > 0)
    by = {"newest": ["first"], "longest": ["posts"]}.get(
        given.get("sort", ""), ["hostile", "heated", "posts"]
    )
    return threads.sort(*by, descending=True)


def _day(text: str, start: datetime.datetime | None, name: str) -> float:
    """Days since the record's start of a date, or of the number of a day counted from 1."""
    if is_whole(text) and len(text) < 7:
        return int(text) - 1
    try:
        date = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
    except ValueError:
        raise ValueError(f"{name} is {text[:40]!r}: give a date as 2024-05-31, or a day's number") from None
    if start is None:
        raise ValueError(
            "this record does not keep its dates: give the number of a day, counted from its first post"
        )
    return (date - start.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() / 86400


def _start(forum: Forum) -> datetime.datetime | None:
    """When the record begins, where the import kept that."""
    source = forum.folder / "import.json"
    text = read(source).get("start") if forum.real and source.is_file() else None
    try:
        found = datetime.datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=datetime.UTC) if found and found.tzinfo is None else found


def _bars(forum: Forum) -> dict[str, Any]:
    """Posts a stretch of time, for a picture of rectangles: x, height of all, of the heated and of the hostile ones."""
    steps = forum.written["step"]
    first, last = int(steps.min() or 0), int(steps.max() or 0)  # type: ignore[arg-type]
    width = max(-(-(last - first + 1) // BARS), 1)
    counted = forum.written.group_by(bar=(pl.col("step") - first) // width).agg(
        posts=pl.len(), heated=(pl.col("tone") == "heated").sum(), hostile=(pl.col("tone") == "hostile").sum()
    )
    most = int(counted["posts"].max() or 1)  # type: ignore[arg-type]
    slots = (last - first) // width + 1
    rows = [
        {
            "x": 600 * row["bar"] / slots,
            **{name: 100 * row[name] / most for name in ("posts", "heated", "hostile")},
        }
        for row in counted.sort("bar").iter_rows(named=True)
    ]
    return {"rows": rows, "most": most, "hours": width * forum.hours, "width": max(600 / slots - 1, 1)}


def _source(forum: Forum) -> dict[str, Any]:
    path = forum.folder / "import.json"
    return read(path) if path.is_file() else {}


def _read_well(forum: Forum) -> dict[str, Any] | None:
    """What labels of this record say of its reader: shares right by tone; None where nothing was labelled."""
    path = forum.folder / "tone_errors.json"
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    counts = found.get("counts", {})
    rows = [
        (label, sum(by.values()), by.get(label, 0))
        for label, by in counts.items()
        if isinstance(by, dict) and by
    ]
    return {"rows": rows, "labelled": sum(total for _, total, _ in rows)}


def _acts(request: Request, forum: Forum) -> list[tuple[dict[str, Any], str, str]]:
    """Recorded acts of moderators, the newest first: the act, when it was, and the thread to ask in."""
    if forum.moderation is None:
        return []
    rows = forum.moderation.sort("minute", descending=True, nulls_last=True).head(MOST_ACTS)
    return [
        (
            row,
            "at a time unknown" if row["minute"] is None else forum.when(row["minute"]),
            _thread_link(request, forum, row["thread"]),
        )
        for row in rows.iter_rows(named=True)
    ]


def _thread_link(
    request: Request, forum: Forum, thread: int | None, incident: str = "", rule: list[str] | None = None
) -> str:
    """The address of a thread, with the incident that is asked about; empty for an incident without one."""
    if thread is None:
        return ""
    words: dict[str, Any] = {"out": request.query_params["out"], "thread": thread}
    if not forum.real:
        words |= dict(zip(RUN, forum.run, strict=True))
    if incident:
        words["incident"] = incident
    if rule:
        words["rule"] = " ".join(rule)
    return f"/thread?{urlencode(words)}"


ROUTES = [get("/community", community), get("/run", run), get("/incidents", incidents)]
