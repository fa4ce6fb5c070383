"""Watch: both twins of a pair on one time line, their members' network, the moment they part, one member, and all pairs."""

from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view import watched
from windtunnel.analysis.view.contents import RUN, SWEEP, contents, read
from windtunnel.analysis.view.jobs import DONE, LOOK, Job
from windtunnel.analysis.view.reliving import Relived, is_short, of_content, relive
from windtunnel.analysis.view.rendering import part, render
from windtunnel.analysis.view.routing import Tab, get
from windtunnel.analysis.view.site import Site, site_of
from windtunnel.analysis.view.twins import ARMS, Twins, course, known_member, pairs_of, read_twins

TAB = Tab("Watch", "/watch", 40)
LISTED = 60
SQUARES = 1000
ROWS = 60
LOOKS = 32
"""Looks at a member that are kept."""


def show(request: Request) -> Response:
    """The pair that is asked for; without a run the runs to choose from."""
    site, given = site_of(request), request.query_params
    if not given.get("out"):
        runs = [one for one in contents(site.folder) if one.kind in (RUN, SWEEP)]
        return render(
            request, "watch_runs.html", title="Watch", runs=runs[:LISTED], more=max(len(runs) - LISTED, 0)
        )
    twins = _twins(request)
    step = _step(request, twins)
    out = site.name_of(twins.folder)
    pairs = pairs_of(twins.folder)
    said, spread = course(twins.folder)
    moments = watched.moments(twins)
    return render(
        request,
        "watch.html",
        title=f"Watch {twins.policy}: draw {twins.draw}, seed {twins.seed}",
        command=_command(site, twins, {"draw": twins.draw, "seed": twins.seed, "step": step}),
        twins=twins,
        out=out,
        arms=ARMS,
        names={"baseline": "without", "policy": f"with {twins.policy}"},
        step=step,
        moments=moments,
        x=watched.x_of(step, twins.steps),
        x0=watched.x_of(0, twins.steps),
        x1=watched.x_of(1, twins.steps),
        part_x=None if twins.parted is None else watched.x_of(twins.parted, twins.steps),
        lanes=watched.lanes(twins),
        network=watched.network(twins),
        courses=watched.courses(twins),
        ensemble=watched.ensemble_course(said, spread, twins.steps),
        pairs=pairs[:SQUARES],
        all_pairs=len(pairs),
        parted=sum(row["parted"] is not None for row in pairs),
        link=lambda **more: (
            "/watch?" + urlencode({"out": out, "draw": twins.draw, "seed": twins.seed} | more)
        ),
        **_at(twins, step),
    )


def step(request: Request) -> Response:
    """What was done at one step, as a piece of a page."""
    twins = _twins(request)
    now = _step(request, twins)
    return part(
        request,
        "_watch_step.html",
        twins=twins,
        out=site_of(request).name_of(twins.folder),
        arms=ARMS,
        names={"baseline": "without", "policy": f"with {twins.policy}"},
        step=now,
        moments=watched.moments(twins),
        **_at(twins, now),
    )


def member(request: Request) -> Response:
    """One member at one step in both twins: what it was told, what it found likely, what it drew."""
    site, twins = site_of(request), _twins(request)
    now, who = _step(request, twins), known_member(twins, request.query_params.get("member", ""))
    noun = twins.declared.nouns.member
    where = {"draw": twins.draw, "seed": twins.seed, "step": now, "member": who}
    found, job = _looked_up(site, twins, where)
    acts = {row["member"]: row for row in watched.acts_at(twins, now)}
    steps = twins.events.filter(twins.events["member"] == who)["step"].unique().sort().to_list()
    content: dict[str, Any] = {
        "twins": twins,
        "out": site.name_of(twins.folder),
        "arms": ARMS,
        "names": {"baseline": "without", "policy": f"with {twins.policy}"},
        "step": now,
        "moments": watched.moments(twins),
        "who": who,
        "job": job,
        "again": f"/watch/member?{urlencode({'out': site.name_of(twins.folder)} | where)}",
        "noun": noun,
        "found": found,
        "told_apart": _told_apart(found) if found else set(),
        "did": acts.get(who, {}),
        "steps": steps,
    }
    if request.headers.get("hx-request"):
        return part(request, "_watch_member.html", alone=False, **content)
    title = f"{noun.capitalize()} {who}, {content['moments'][now]}"
    return render(
        request, "watch_member.html", title=title, command=_command(site, twins, where), alone=True, **content
    )


def _command(site: Site, twins: Twins, where: dict[str, Any]) -> str:
    out = site.shown_path(site.name_of(twins.folder))
    return pasted("windtunnel", "watch", out, *[f"--{name}={value}" for name, value in where.items()])


def _looked_up(site: Site, twins: Twins, where: dict[str, Any]) -> tuple[Relived | None, Job | None]:
    """What the member decided, where that is known or takes a moment; else the job that finds out."""
    config = read(Folder(twins.folder).manifest)["config"]
    if is_short(config, where["step"]):
        return relive(twins.folder, twins.draw, twins.seed, where["step"], where["member"]), None
    out = site.name_of(twins.folder)
    about = {"kind": LOOK, "out": out, "changed": Folder(twins.folder).manifest.stat().st_mtime_ns}
    for old in site.jobs.about(kind=LOOK)[LOOKS:] + [
        one for one in site.jobs.about(kind=LOOK, out=out) if one.about.get("changed") != about["changed"]
    ]:
        site.jobs.forget(old.name)
    words = ["watch", site.shown_path(out), *[f"--{name}={value}" for name, value in where.items()], "--json"]
    about |= {"page": f"/watch/member?{urlencode({'out': out} | where)}", "back": f"/watch?out={quote(out)}"}
    before = next((one for one in site.jobs.about(kind=LOOK, out=out) if one.words == words), None)
    job = before or site.jobs.add(words, f"{twins.declared.nouns.member} {where['member']} of {out}", about)
    told = job.answer() if job.state == DONE else None
    return (of_content(told) if isinstance(told, dict) else None), job


def _told_apart(found: Relived) -> set[str]:
    """The lines that the member was told in one twin alone."""
    lines = [{line for decision in found.decisions[arm] for line in decision.told} for arm in ARMS]
    return lines[0] ^ lines[1]


def _twins(request: Request) -> Twins:
    given = request.query_params
    draw, seed = (int(given[key]) if is_whole(given.get(key, "")) else None for key in ("draw", "seed"))
    return read_twins(site_of(request).path(given.get("out", "")), draw, seed)


def _step(request: Request, twins: Twins) -> int:
    given = request.query_params.get("step", "")
    now = (
        int(given)
        if is_whole(given) and len(given) < 7
        else (twins.parted if twins.parted is not None else 0)
    )
    return min(max(now, 0), max(twins.steps - 1, 0))


def _at(twins: Twins, now: int) -> dict[str, Any]:
    rows = watched.acts_at(twins, now)
    return {"rows": rows[:ROWS], "more": max(len(rows) - ROWS, 0)}


ROUTES = [get("/watch", show), get("/watch/step", step), get("/watch/member", member)]
