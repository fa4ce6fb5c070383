"""Choose between policies: a community, policies with their parameters, a goal with limits; then what it would take, and the sweep."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view import choosing
from windtunnel.analysis.view.contents import COMMUNITY, contents
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import Tab, get, post
from windtunnel.analysis.view.site import Site, site_of

TAB = Tab("Choose", "/choose", 30)
LIMITS = 20


def show(request: Request) -> Response:
    """The form; with `foretell` what the sweep would take, too."""
    site, given = site_of(request), request.query_params
    places = _places(site)
    found = choosing.place_of(given, places) or places[0]
    experiment = choosing.experiments().get(given.get("experiment", ""))
    fitting = choosing.policies_of(found.community, experiment)
    chosen = [name for name in given.getlist("policy") if name in dict(fitting)]
    if experiment and not chosen:
        chosen = [name for name in experiment.policies if name in dict(fitting)]
    presets = choosing.presets(found.community)
    preset = presets.get(given.get("preset", ""))
    goal = preset.goal if preset else given.get("goal", "")
    limits = "\n".join(preset.limits) if preset else given.get("limits", "")
    mind = choosing.mind_of(_profile(site, found), site.settings())
    taken: list[str] = []
    words: list[str] = []
    mistake = ""
    if given.get("foretell"):
        try:
            words = _words(site, given, found)
            _, taken = choosing.foretold(words)
            read_goal(goal, limits, found.community, mind)
        except ValueError as error:
            mistake = str(error)
    out = site.shown_path(choosing.name_of(words)) if words else site.shown_path("sweep")
    whole = f"experiment={experiment.name}" if experiment else f"community={found.community}"
    asked = words or ["policy=" + ",".join(chosen or ["NAME", "NAME"]), whole]
    return render(
        request,
        "choose.html",
        title="Choose between policies",
        command=pasted("windtunnel", "run", "-m", *asked, f"out={out}"),
        places=places,
        place=found,
        experiment=experiment,
        experiments=choosing.experiments(),
        policies=fitting,
        chosen=chosen,
        fields={name: choosing.fields(name, given) for name in chosen},
        outcomes=choosing.outcomes_of(found.community, mind),
        given=given,
        goal=goal,
        limits=limits,
        presets=presets,
        example=next((one.goal for one in presets.values()), "less NAME"),
        usual=choosing.USUAL,
        taken=taken,
        mistake=mistake,
    )


def begin(request: Request, form: Any) -> Response:
    """Show the form again with what was chosen, foretell the sweep, or begin it."""
    site, action = site_of(request), str(form.get("action", "show"))
    kept = [
        (key, str(value))
        for key, value in form.multi_items()
        if key not in ("form_token", "action") and value
    ]
    if action != "begin":
        more = [("foretell", "1")] if action == "foretell" else []
        return RedirectResponse(f"/choose?{urlencode([*kept, *more])}#{'taken' if more else 'policies'}", 303)
    found = choosing.place_of(form, _places(site))
    if found is None:
        raise ValueError("this community is not there any more: choose another")
    words = _words(site, form, found)
    cells, _ = choosing.foretold(words)
    goal, limits = str(form.get("goal", "")), str(form.get("limits", ""))
    read_goal(goal, limits, found.community, choosing.mind_of(_profile(site, found), site.settings()))
    name = choosing.name_of(words)
    stated = {"out": name, "goal": goal, "limits": limits, "smallest": str(form.get("smallest", ""))}
    back = urlencode({key: value for key, value in stated.items() if value})
    about = {
        "kind": "sweep",
        "out": name,
        "cells": cells,
        "page": f"/sweep?{back}",
        "back": f"/choose?{urlencode(kept)}",
    }
    title = f"Choose between {', '.join(map(str, form.getlist('policy')))}".replace("_", " ")
    site.jobs.add(["run", "-m", *words, f"out={site.shown_path(name)}"], title[:200], about)
    return RedirectResponse(f"/sweep?{back}", 303)


def lines(limits: str) -> list[str]:
    """The limits of a text, one a line."""
    found = [line.strip() for line in limits.replace(";", "\n").splitlines() if line.strip()]
    if len(found) > LIMITS:
        raise ValueError(f"these are {len(found)} limits: give {LIMITS} at most")
    return found


def read_goal(goal: str, limits: str, community: str, mind: str = "rules") -> None:
    """`ValueError` where the goal or a limit cannot be read, before anything is run for it."""
    from windtunnel.analysis.comparison.goal import goal_of

    config: Mapping[str, Any] = {"community": {"name": community}, "mind": {"name": mind}}
    goal_of(goal.strip() or None, lines(limits), config)


def _places(site: Site) -> list[choosing.Place]:
    return choosing.places([one.name for one in contents(site.folder) if one.kind == COMMUNITY])


def _words(site: Site, form: Any, found: choosing.Place) -> list[str]:
    return choosing.sweep_words(form, found, _profile(site, found), site.settings())


def _profile(site: Site, found: choosing.Place) -> str:
    """The folder of the community as a command names it; "" for one of the program's."""
    if not found.folder:
        return ""
    site.path(found.folder)
    return site.shown_path(found.folder)


ROUTES = [get("/choose", show), post("/choose", begin)]
