"""Choose between policies: a community, policies with their parameters, a goal with limits; then what it would take, and the sweep,
or the search of the parameters that do most for the goal."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view import choosing
from windtunnel.analysis.view.contents import COMMUNITY, contents
from windtunnel.analysis.view.pages.batch import POLICIES
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import Tab, get, post
from windtunnel.analysis.view.site import Site, site_of

TAB = Tab("Choose", "/choose", 30)
LIMITS = 20
IN_SIGHT = 6
"""Policies that are listed before the fold."""
FORETELLS = {"foretell": "1", "foretell_search": "search"}
"""What a button foretells, by the action that it sends."""


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
    shown, more = _in_sight(fitting, chosen)
    presets = choosing.presets(found.community)
    goal, limits = _stated(given, found)
    mind = choosing.mind_of(_profile(site, found), site.settings())
    taken: list[str] = []
    words: list[str] = []
    mistake = ""
    searched = given.get("foretell") == "search"
    whole = f"experiment={experiment.name}" if experiment else f"community={found.community}"
    asked = ["policy=" + ",".join(chosen or ["NAME", "NAME"]), whole]
    command = pasted("windtunnel", "run", "-m", *asked, f"out={site.shown_path('sweep')}")
    if given.get("foretell"):
        try:
            if searched:
                words = _search_words(site, given, found)
                taken = choosing.search_foretold(words, _goal(goal), lines(limits))
                command = pasted("windtunnel", *_search_command(site, words, goal, limits))
            else:
                words = _words(site, given, found)
                _, taken = choosing.foretold(words)
                read_goal(goal, limits, found.community, mind)
                command = pasted(
                    "windtunnel", "run", "-m", *words, f"out={site.shown_path(choosing.name_of(words))}"
                )
        except ValueError as error:
            mistake = str(error)
    return render(
        request,
        "choose.html",
        title="Choose between policies",
        command=command,
        places=places,
        place=found,
        experiment=experiment,
        experiments=choosing.experiments(),
        policies=shown,
        more=more,
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
        searched=searched,
        searchable=find_spec("optuna") is not None,
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
    if action not in ("begin", "search"):
        more = [("foretell", FORETELLS[action])] if action in FORETELLS else []
        return RedirectResponse(f"/choose?{urlencode([*kept, *more])}#{'taken' if more else 'policies'}", 303)
    found = choosing.place_of(form, _places(site))
    if found is None:
        raise ValueError("this community is not there any more: choose another")
    if action == "search":
        return _search(site, form, found, f"/choose?{urlencode(kept)}")
    words = _words(site, form, found)
    cells, _ = choosing.foretold(words)
    goal, limits = _stated(form, found)
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


def _search(site: Site, form: Any, found: choosing.Place, back: str) -> Response:
    """Search the parameters, as a job."""
    words = _search_words(site, form, found)
    goal, limits = _stated(form, found)
    choosing.search_foretold(words, _goal(goal), lines(limits))
    command = _search_command(site, words, goal, limits)
    name = command[-1].rpartition("/")[2].removeprefix("out=")
    about = {"kind": "search", "out": name, "page": f"/searched?{urlencode({'out': name})}", "back": back}
    title = f"Search {', '.join(map(str, form.getlist('policy')))}: {goal}".replace("_", " ")
    job = site.jobs.add(command, title[:200], about)
    return RedirectResponse(f"/jobs/{job.name}", 303)


def _search_command(site: Site, words: list[str], goal: str, limits: str) -> list[str]:
    """The words of `windtunnel optimise`; its folder is named by what they say."""
    said = ["optimise", *words, f"--goal={_goal(goal)}", *(f"--limit={one}" for one in lines(limits))]
    return [*said, f"out={site.shown_path(choosing.name_of(said, 'search'))}"]


def _in_sight(
    fitting: list[tuple[str, str]], chosen: list[str]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The policies that are listed at once, and those behind a fold: chosen ones and those that are asked for most come first."""
    if len(fitting) <= IN_SIGHT + 2:
        return fitting, []
    often = [name for name in (*POLICIES, *(name for name, _ in fitting)) if name in dict(fitting)]
    first = {*chosen, *list(dict.fromkeys(often))[:IN_SIGHT]}
    return [one for one in fitting if one[0] in first], [one for one in fitting if one[0] not in first]


def _stated(form: Any, found: choosing.Place) -> tuple[str, str]:
    """The goal and its limits, one a line: those of the preset that is chosen, else as they are written."""
    if preset := choosing.presets(found.community).get(str(form.get("preset", ""))):
        return preset.goal, "\n".join(preset.limits)
    return str(form.get("goal", "")), str(form.get("limits", ""))


def _goal(goal: str) -> str:
    if not goal.strip():
        raise ValueError("a search needs a goal: say what is wanted, as less hostile_share")
    return goal.strip()


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


def _search_words(site: Site, form: Any, found: choosing.Place) -> list[str]:
    return choosing.search_words(form, found, _profile(site, found), site.settings())


def _profile(site: Site, found: choosing.Place) -> str:
    """The folder of an imported community as it is typed; empty for one of the program's."""
    if found.folder:
        site.path(found.folder)
    return site.shown_path(found.folder) if found.folder else ""


ROUTES = [get("/choose", show), post("/choose", begin)]
