"""Which of several acts would have helped most often, over all incidents of a span, or on members across its threads."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.causal.intervals import Estimate
from windtunnel.analysis.numbers_in_words import words
from windtunnel.analysis.view import asking
from windtunnel.analysis.view.forums import Forum, read_forum
from windtunnel.analysis.view.jobs import HERE
from windtunnel.analysis.view.pages.jobs import of_output
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import Refused, get, post
from windtunnel.analysis.view.site import site_of
from windtunnel.analysis.view.titles import titles_of
from windtunnel.analysis.why.forum.across import BY_AUTHOR
from windtunnel.analysis.why.forum.batch import Act, Batch
from windtunnel.analysis.why.forum.batch_command import act_row, sentences
from windtunnel.analysis.why.forum.several import LENGTH, SINGLE
from windtunnel.analysis.why.sentences import NO_SANCTION

POLICIES = ("slow_mode", "thread_lock", "rule_reminder", "prompt_before_post", "remove_hostile")
"""Policies that the form offers beside the acts; the command takes any."""


def offered() -> list[str]:
    """Acts and policies of the form."""
    known = asking.askable_policies()
    return [*SINGLE, *(name for name in POLICIES if name in known)]


def begin(request: Request, form: Mapping[str, Any]) -> Response:
    """Ask, as a job."""
    site, out = site_of(request), str(form.get("out", ""))
    folder = site.path(out)
    if not (folder / "posts.parquet").is_file() and not (folder / "manifest.json").is_file():
        raise ValueError("choose a community or a run")
    acts = [name for name in offered() if form.get(f"act.{name}")]
    if not acts:
        raise ValueError("choose one act or more")
    who = str(form.get("member", "")).strip()
    about = [f"{BY_AUTHOR}{who}"] if who else []
    words = ["why", site.shown_path(out), *about, "--acts", ",".join(acts)]
    words += [
        f"--{name}={value}" for name in ("since", "until") if (value := str(form.get(name, "")).strip())
    ]
    if "suspend" in acts and (length := str(form.get("length", "")).strip().removesuffix("h")):
        words.append(f"--param={LENGTH}={length}")
    words += [f"--rule={rule}" for rule in str(form.get("rule", "")).split()]
    if (folder / "posts.parquet").is_file():
        words += [f"--set={setting}" for setting in site.settings()]
    back = f"/community?{urlencode({'out': out})}"
    where = {"kind": "batch", "out": out, "page": f"/batch/{HERE}", "back": back}
    named = (
        f"which of {', '.join(acts)} would have helped most often"
        if len(acts) > 1
        else f"how often {acts[0]} would have helped"
    )
    title = f"{named}, {f'{who}, ' if who else ''}{out}"
    job = site.jobs.add([*words, "--json"], title.replace("_", " ")[:200], where)
    return RedirectResponse(f"/jobs/{job.name}", 303)


def show(request: Request) -> Response:
    """The acts, the best first, with their spread over incidents, and each incident."""
    job = site_of(request).jobs.one(request.path_params["name"])
    content = job.answer()
    if job.about.get("kind") != "batch" or not isinstance(content, dict):
        raise Refused(404, "This job has no such table, or has not ended.")
    found = _batch(content)
    net = {(one["incident"], one["act"]): one["net"] for one in content["outcomes"]}
    forum = _forum(request, str(job.about.get("out", "")))
    titles = titles_of(forum.folder) if forum and forum.real else {}
    rows = [
        {"incident": one["id"]}
        | ({"begins": forum.when(one["onset"])} if forum else {})
        | {"thread": f"{one['thread']}{f': {title}' if (title := titles.get(one['thread'])) else ''}"}
        | {
            words(act.act): "–" if (value := net.get((one["id"], act.act))) is None else f"{value:+.2f}"
            for act in found.acts
        }
        for one in content["incidents"]
    ]
    reasons = [
        f"{one['act']} could not be asked of {one['incident']}: {one['reason']}"
        for one in content["outcomes"]
        if one["reason"]
    ]
    return render(
        request,
        "batch.html",
        title=job.title[:1].upper() + job.title[1:],
        command=job.command,
        job=job,
        sentences=sentences(found),
        about=found.about,
        acts=[row | {"act": words(row["act"])} for row in map(act_row, found.acts)],
        incidents=rows,
        reasons=reasons,
        no_sanction=NO_SANCTION,
    )


def _forum(request: Request, out: str) -> Forum | None:
    """What was asked about; None where it is not there any more."""
    try:
        return read_forum(site_of(request).path(out)) if out else None
    except (ValueError, OSError):
        return None


def _batch(content: Mapping[str, Any]) -> Batch:
    """What `why --acts --json` printed, as far as its sentences and rows need it."""
    acts = tuple(Act(**(one | {"mean": Estimate(**one["mean"])})) for one in content["acts"])
    ahead = {name: Estimate(**found) for name, found in content["ahead"].items()}
    asked = tuple(content["incidents"])
    return Batch(
        acts,
        ahead,
        (),
        asked,
        content["left_out"],
        content["futures"],
        content["kept"],
        content.get("about", ""),
    )


ROUTES = [post("/batch", begin), get("/batch/{name}", of_output(show))]
