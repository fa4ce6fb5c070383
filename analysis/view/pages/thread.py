"""A thread: its posts with what moderators did, and a question from any of them on."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import polars as pl
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.forum.in_time import MOST_REPLAYED
from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view import asking
from windtunnel.analysis.view.forums import Forum, forum_of, read_forum
from windtunnel.analysis.view.jobs import HERE
from windtunnel.analysis.view.pages.home import page_number
from windtunnel.analysis.view.pages.questions import row_of
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import get, post
from windtunnel.analysis.view.site import Site, site_of
from windtunnel.analysis.view.titles import titles_of
from windtunnel.analysis.why.forum.moderators import moderators_acts

SHOWN = 250
"""Posts of a page of a thread."""
LONGEST = 4_000
"""Characters of a post that are shown."""
_ACTS = tuple(f"--{act}" for act in asking.ACTS)
KEPT = ("out", "thread", *RUN, "incident", "rule", "page", "policy")


class Line(NamedTuple):
    """A post, or between posts an act of a moderator; `comment` counts the replies, as `--at comment:12` does."""

    when: str
    post: int | None
    comment: int | None
    member: str
    answers: int | None
    tone: str
    removed: bool
    text: str | None
    act: str


def show(request: Request) -> Response:
    """The thread, its questions so far, and the form for another."""
    forum, site = forum_of(request), site_of(request)
    number = _number(request.query_params.get("thread", ""))
    posts = _posts(forum, number)
    page, given = page_number(request), request.query_params
    start = (page - 1) * SHOWN
    acts = _acts(forum, number)
    at = given.get("at", "")
    chosen = _chosen(posts, at)
    policy = given.get("policy", "")
    out = given["out"]
    title = titles_of(forum.folder).get(number, "") if forum.real else ""
    shown = site.shown_path(out)
    words = [] if given.get("incident") else forum.run_words()
    return render(
        request,
        "thread.html",
        title=f"Thread {number}{f': {title}' if title else ''}",
        command=pasted(
            "windtunnel",
            "why",
            shown,
            given.get("incident") or f"thread:{number}",
            *words,
            *(f"--rule={rule}" for rule in given.get("rule", "").split()),
            "--lock",
            *(["--at", at or "comment:1"] if at or not given.get("incident") else []),
        ),
        forum=forum,
        out=out,
        thread=number,
        lines=_lines(site, forum, posts, acts, start),
        count=posts.height,
        replayed=MOST_REPLAYED,
        page=page,
        pages=max(-(-posts.height // SHOWN), 1),
        kept={name: given[name] for name in KEPT if name != "page" and given.get(name)},
        link=_link(request),
        at=at,
        chosen=chosen,
        given=given,
        incident=given.get("incident", ""),
        recorded=_recorded(forum, number),
        policies=asking.policy_summaries(),
        policy=policy,
        fields=asking.fields_of(policy) if policy else [],
        futures=asking.FUTURES,
        usual=asking.USUAL,
        kinds=asking.kinds_of(forum),
        questions=[row_of(job) for job in site.jobs.about(kind="question", out=out, **_place(forum, number))],
    )


def ask(request: Request, form: Mapping[str, Any]) -> Response:
    """Begin the question that the form asks."""
    site = site_of(request)
    out = str(form.get("out", ""))
    run = {key: str(form[key]) for key in RUN if form.get(key)}
    forum = read_forum(site.path(out), run)
    number = _number(str(form.get("thread", "")))
    _posts(forum, number)
    words = asking.words(form, forum, site.shown_path(out), site.settings())
    place = _place(forum, number)
    about = {
        "kind": "question",
        "out": out,
        **place,
        "page": f"/question/{HERE}",
        "back": f"/thread?{urlencode({**_back(form, place), 'out': out})}",
    }
    job = site.jobs.add(words, _title(words, number), about)
    return RedirectResponse(f"/question/{job.name}", 303)


def _back(form: Mapping[str, Any], place: Mapping[str, Any]) -> dict[str, Any]:
    """The words of the page that the question was asked on: the thread, and the incident by its rule."""
    asked = {name: str(form[name]) for name in ("incident", "rule") if form.get(name)}
    return {key: value for key, value in place.items() if value is not None} | asked


def _title(words: list[str], number: int) -> str:
    """What a question is called in lists: the act and its moment.

    >>> _title(["why", "mine", "thread:9", "--suspend=u00001:24h", "--at=comment:3"], 9)
    'suspend u00001 for 24 hours after comment 3 of thread 9'
    """
    act, value = next(
        (word.removeprefix("--").partition("=")[::2] for word in words if word.startswith(_ACTS)), ("", "")
    )
    who, _, hours = value.partition(":")
    said = {
        "lock": "lock",
        "remove": f"remove post {value}",
        "warn": f"warn {value}",
        "suspend": f"suspend {who}{f' for {hours[:-1]} hours' if hours else ''}",
        "with": value.replace("_", " "),
        "without": f"without {value.replace('_', ' ')}",
    }.get(act, "a question")
    at = next((word.removeprefix("--at=") for word in words if word.startswith("--at=")), "")
    if not at:
        return f"{said}, thread {number}"
    comment = at.removeprefix("comment:")
    moment = (
        f"after comment {comment}" if comment != at else f"after post {at}" if is_whole(at) else f"from {at}"
    )
    return f"{said} {moment} of thread {number}"


def _number(text: str) -> int:
    if not is_whole(text.removeprefix("-")) or len(text) > 20:
        raise ValueError(
            f"{text[:40]!r} is no thread: threads are numbers, as the community's page lists them"
        )
    return int(text)


def _place(forum: Forum, number: int) -> dict[str, Any]:
    """What of a job's `about` names this thread."""
    run = {key: None if forum.real else value for key, value in zip(RUN, forum.run, strict=True)}
    return {"thread": number, **run}


def _posts(forum: Forum, number: int) -> pl.DataFrame:
    """The posts of the thread in time, with the number of each reply among the replies."""
    found = forum.written.filter(pl.col("place") == number)
    if found.is_empty():
        raise ValueError(f"there is no thread {number} here: the community's page lists those that there are")
    return found.with_columns(comment=(pl.col("kind") == "reply").cum_sum())


def _acts(forum: Forum, number: int) -> pl.DataFrame | None:
    """Recorded acts of moderators on the thread, in time."""
    if forum.moderation is None:
        return None
    found = forum.moderation.filter(pl.col("thread") == number).drop_nulls("minute")
    return found.sort("minute", maintain_order=True)


def _recorded(forum: Forum, number: int) -> list[tuple[str, str]]:
    """What can be taken away: acts on this thread by their names, or of a run the policies that were on."""
    if forum.posts is not None:
        thread = forum.posts.filter(pl.col("thread") == number).sort("minute", "post")
        acts = moderators_acts(Folder(forum.folder), thread)
        return [(act.name, f"{act.words()} ({forum.when(act.minute)})") for act in acts]
    from windtunnel.analysis.view.contents import read

    config = read(Folder(forum.folder).manifest)["config"]
    on = [*config["baseline"], *(config["policy"] if forum.run[2] == "policy" else [])]
    return [(name, name.replace("_", " ")) for name, _ in on if name != "none"]


def _lines(
    site: Site, forum: Forum, posts: pl.DataFrame, acts: pl.DataFrame | None, start: int
) -> list[Line]:
    """The posts of one page, and between them the acts that fall in their time."""
    part = posts.slice(start, SHOWN)
    words_shown = site.excerpts or not forum.real
    lines = [
        (
            row["step"],
            1,
            Line(
                forum.when(row["step"]),
                row["post"],
                row["comment"] if row["kind"] == "reply" else None,
                row["member"] or "somebody",
                row["parent"],
                row["tone"] or "not read",
                bool(row["removed"]),
                (row["text"] or "")[:LONGEST] if words_shown and row["text"] else None,
                "",
            ),
        )
        for row in part.iter_rows(named=True)
    ]
    if acts is not None and part.height:
        last = int(part["step"][-1]) if start + SHOWN < posts.height else None
        first = int(part["step"][0]) if start else None
        for row in acts.iter_rows(named=True):
            if (first is None or row["minute"] >= first) and (last is None or row["minute"] < last):
                what = f"{row['act']}{'' if row['post'] is None else ' post ' + str(row['post'])}{'' if not row['member'] else ' member ' + row['member']}"
                when = forum.when(row["minute"])
                lines.append(
                    (row["minute"], 0, Line(when, None, None, "moderators", None, "", False, None, what))
                )
    return [line for _, _, line in sorted(lines, key=lambda each: each[:2])]


def _chosen(posts: pl.DataFrame, at: str) -> dict[str, Any] | None:
    """The post that a question begins after, where its moment names one."""
    what, _, number = at.partition(":")
    if what == "comment" and is_whole(number):
        found = posts.filter((pl.col("kind") == "reply") & (pl.col("comment") == int(number)))
    elif is_whole(at):
        found = posts.filter(pl.col("post") == int(at))
    else:
        return None
    return found.row(0, named=True) if found.height else None


def _link(request: Request) -> str:
    """The address of this page without its moment, to which one is added."""
    given = request.query_params
    return "?" + urlencode({name: given[name] for name in KEPT if given.get(name)}) + "&at="


ROUTES = [get("/thread", show), post("/ask", ask)]
