"""From the form of *Choose* to the words of a sweep, and what it would take: runs, time, questions to a language model."""

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from windtunnel import conf
from windtunnel.analysis.library.settings import words as settings_words
from windtunnel.analysis.models.learned_settings import learned_by_default
from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.outcomes import known_outcomes
from windtunnel.analysis.outcomes.immovable import cannot_move
from windtunnel.analysis.view.asking import shown
from windtunnel.conf.defaults import usual
from windtunnel.policies.registry import meanings, parameters, policy_class, policy_names, summary
from windtunnel.sim.communities import community_names

NOT_ASKED = ("start", "stop", "label")
NUMBERS = {"size": "community.size", "steps": "steps", "draws": "draws", "seeds": "seeds"}
"""Fields of the form, and the settings that they stand for."""
USUAL = {"draws": "8", "seeds": "2", "trials": "20"}
MOST_TRIALS = 1000
ENDLESS = 1e5
"""A bound from here on is there for the machine's sake, and not worth a word."""
_COMPOSING = threading.Lock()
"""Hydra composes one configuration at a time."""


class Place(NamedTuple):
    """What a sweep can be run in: a community of the program's, or one that was imported; `folder` is empty for the former."""

    value: str
    title: str
    community: str
    folder: str = ""


def places(imported: Sequence[str]) -> list[Place]:
    """The communities of the program, the usual one first, then those that were imported into the folder."""
    names = sorted(community_names(), key=lambda name: name != usual("community"))
    own = [Place(name, name.replace("_", " "), name) for name in names]
    return own + [Place(f"folder:{name}", f"like {name}", "forum", name) for name in imported]


class Experiment(NamedTuple):
    """A shipped experiment: what it asks, the community that it is about, and the policy that it toggles."""

    name: str
    what: str
    community: str
    policies: tuple[str, ...]


@cache
def experiments() -> dict[str, Experiment]:
    """Those whose community has policies to choose from, by name."""
    from windtunnel.analysis.terminal.listing import rows

    told = {row["name"].removeprefix("experiment="): row["what"] for row in rows("experiments")}
    found = {}
    for name in conf.options("experiment"):
        content = conf.content("experiment", name)
        parts = [part for part in content.get("defaults", []) if isinstance(part, dict)]
        set_to = {key: value for part in parts for key, value in part.items()}
        treatment = content.get("treatment") or ()
        found[name] = Experiment(
            name,
            told.get(name, ""),
            str(set_to.get("override /community", usual("community"))),
            (treatment,) if isinstance(treatment, str) else tuple(map(str, treatment)),
        )
    return found


def place_of(given: Mapping[str, Any], known: Sequence[Place]) -> Place | None:
    """The place that a form names: that of its experiment, where it names one."""
    if experiment := experiments().get(str(given.get("experiment", ""))):
        return Place(experiment.community, experiment.community.replace("_", " "), experiment.community)
    return next((one for one in known if one.value == given.get("place")), None)


def fields(policy: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each parameter of a policy: its name, value, meaning, unit and range; of a number also what is searched."""
    told, schema = meanings(policy), policy_class(policy).model_json_schema().get("properties", {})
    return [
        {
            "name": f"param.{policy}.{key}",
            "key": key.replace("_", " "),
            "value": str(given.get(f"param.{policy}.{key}", shown(value))),
            "meaning": told.get(key, ("", ""))[0],
            "unit": told.get(key, ("", ""))[1],
            "range": range_words(schema.get(key, {})),
            "number": is_number(schema.get(key, {})),
            "low": str(given.get(f"low.{policy}.{key}", "")),
            "high": str(given.get(f"high.{policy}.{key}", "")),
        }
        for key, value in parameters(policy).items()
        if key not in NOT_ASKED
    ]


def range_words(schema: Mapping[str, Any]) -> str:
    """The values that a field takes, in words.

    >>> range_words({"type": "number", "minimum": 0, "maximum": 1}), range_words({"exclusiveMinimum": 0}), range_words({})
    ('0 to 1', 'above 0', '')
    """
    for one in schema.get("anyOf", ()):
        if one.get("type") != "null" and (found := range_words(one)):
            return f"{found}, or null"
    if choices := schema.get("enum"):
        return f"one of {', '.join(map(str, choices))}"
    low, high = schema.get("minimum"), schema.get("maximum")
    if high is not None and high >= ENDLESS:
        high = None
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    told = [
        words.format(value)
        for key, words in (
            ("minimum", "{:g} or more"),
            ("exclusiveMinimum", "above {:g}"),
            ("maximum", "{:g} or less"),
            ("exclusiveMaximum", "below {:g}"),
        )
        if (value := schema.get(key)) is not None and value < ENDLESS
    ]
    return ", ".join(told) or ("true or false" if schema.get("type") == "boolean" else "")


def is_number(schema: Mapping[str, Any]) -> bool:
    """Whether a field takes numbers, so that a search can go through a range of them.

    >>> is_number({"type": "integer"}), is_number({"anyOf": [{"type": "number"}, {"type": "null"}]}), is_number({"type": "boolean"})
    (True, True, False)
    """
    kinds = [one.get("type") for one in (schema, *schema.get("anyOf", ()))]
    return bool({"integer", "number"} & set(kinds))


def policies_of(community: str, experiment: Experiment | None = None) -> list[tuple[str, str]]:
    """Name and summary of each policy that fits, whatever the community's settings; and of the experiment's, which brings settings."""
    brought = experiment.policies if experiment else ()
    named = [name for name in policy_names(community) if name != "none"]
    return [
        (name, summary(name))
        for name in named
        if name in brought or community not in policy_class(name).needs
    ]


def mind_of(profile: str, mind: Sequence[str]) -> str:
    """The mind of a sweep with this profile ("": none) and the back end's settings: that of the settings, or the record's."""
    words = [f"community.profile={profile}"] if profile else []
    given = [word.removeprefix("mind=") for word in mind if word.startswith("mind=")]
    return (given or [word.removeprefix("mind=") for word in learned_by_default(words)] or ["rules"])[0]


def outcomes_of(community: str, mind: str = "rules") -> list[tuple[str, str]]:
    """Name and unit of each outcome that can judge: it has a threshold of its own, and can move where members decide so."""
    fixed = cannot_move({"community": {"name": community}, "mind": {"name": mind}})
    return [
        (name, one.unit)
        for name, one in known_outcomes(community).items()
        if name not in fixed
        and (not one.reads or community == one.fits[0])
        and "threshold" in conf.content("outcome", name)
    ]


class Preset(NamedTuple):
    """A goal with limits to begin with."""

    title: str
    goal: str
    limits: tuple[str, ...]


def presets(community: str) -> dict[str, Preset]:
    """For the outcome that a community declares, and what may be lost or added there: three strictnesses of limits."""
    declared = str((conf.content("community", community).get("by_default") or {}).get("outcome") or "")
    known = known_outcomes(community)
    if declared not in known:
        return {}
    wish = f"{'less' if known[declared].polarity == 'harm' else 'more'} {declared}"
    kept = [one for one in known.values() if one.memo and one.name != declared]
    made = {"goal": Preset(f"{wish.replace('_', ' ')}, whatever it costs", wish, ())}
    for share in (5, 20):
        limits = tuple(
            f"{one.name}>=-{share}%" if one.polarity == "good" else f"{one.name}<=+{share}%" for one in kept
        )
        if limits:
            made[f"within{share}"] = Preset(
                f"{wish.replace('_', ' ')}, and nothing else worse by more than {share} %", wish, limits
            )
    return made


def sweep_words(form: Any, found: Place, profile: str, mind: Sequence[str]) -> list[str]:
    """The settings of the sweep that the form describes; `ValueError` says what is missing. `mind` are those of the back end."""
    chosen = [str(name) for name in form.getlist("policy")]
    experiment = str(form.get("experiment", ""))
    fitting = [name for name, _ in policies_of(found.community, experiments().get(experiment))]
    if not chosen:
        raise ValueError("choose at least one policy")
    if stray := [name for name in chosen if name not in fitting]:
        raise ValueError(f"no policy of this community is called {stray[0][:40]!r}: choose from the list")
    treatments: list[Any] = [*chosen, *([chosen] if form.get("together") and len(chosen) > 1 else [])]
    said = settings_words([], {"policy": treatments}, sweep=True)
    chosen_one = experiment in experiments()
    said += [f"experiment={experiment}" if chosen_one else f"community={found.community}"]
    if profile:
        said += settings_words([], {"community.profile": profile})
    for field, setting in NUMBERS.items():
        if value := str(form.get(field, "")).strip():
            if not is_whole(value) or not 0 < int(value) < 10_000_000:
                raise ValueError(f"{field} is {value[:20]!r}: give a whole number above 0")
            said.append(f"{setting}={value}")
    if outcome := str(form.get("outcome", "")):
        if outcome not in dict(outcomes_of(found.community, mind_of(profile, mind))):
            raise ValueError(f"no outcome of this community is called {outcome[:40]!r}: choose from the list")
        said.append(f"outcome={outcome}")
    for policy in chosen:
        for key, default in parameters(policy).items():
            value = str(form.get(f"param.{policy}.{key}", "")).strip()
            if key not in NOT_ASKED and value and value != shown(default):
                if any(sign in value for sign in "\"'{}$,=\\ "):
                    raise ValueError(f"{key} of {policy} is {value[:40]!r}: give one number or word")
                said.append(f"policy_with.{policy}.{key}={value}")
    return [*said, *mind, "dowhy=false"]


def search_words(form: Any, found: Place, profile: str, mind: Sequence[str]) -> list[str]:
    """The settings of a search of what the form gives a range; `ValueError` says what is missing."""
    if form.get("together"):
        raise ValueError("a search tries one policy at a time: leave out all of these together")
    ranges: dict[str, str] = {}
    for policy in map(str, form.getlist("policy")):
        for row in fields(policy, form) if policy in policy_names(found.community) else ():
            low, high = row["low"].strip(), row["high"].strip()
            if low or high:
                if not low or not high:
                    raise ValueError(
                        f"{row['key']} of {policy} is searched from where to where: give both ends"
                    )
                ranges[row["name"].replace("param.", "policy_with.", 1)] = f"{low}:{high}"
    if not ranges and len(form.getlist("policy")) < 2:
        raise ValueError(
            "nothing is searched: give a parameter two ends to search between, or choose two policies or more"
        )
    if stray := next((one for one in ranges.values() if any(sign in one for sign in "\"'{}$,=\\ ")), ""):
        raise ValueError(f"{stray[:40]!r} is no range: give two numbers")
    trials = str(form.get("trials", "")).strip() or USUAL["trials"]
    if not is_whole(trials) or not 0 < int(trials) <= MOST_TRIALS:
        raise ValueError(f"trials is {trials[:20]!r}: give a whole number from 1 to {MOST_TRIALS}")
    said = [
        word
        for word in sweep_words(form, found, profile, mind)
        if word.partition("=")[0] not in ranges and word != "dowhy=false"
    ]
    return [*said, *(f"{key}={ends}" for key, ends in ranges.items()), f"trials={trials}"]


def name_of(words: Sequence[str], kind: str = "choice") -> str:
    """The folder of a sweep or a search: the same settings have the same, so that one that was stopped goes on."""
    return f"{kind}-{hashlib.sha256(' '.join(words).encode()).hexdigest()[:10]}"


def foretold(words: Sequence[str]) -> tuple[int, list[str]]:
    """How many cells the sweep has, and what it would take, in sentences; `ValueError` where it cannot be run."""
    from windtunnel.analysis import configuration
    from windtunnel.analysis.model_commands.dry import sweep_lines
    from windtunnel.analysis.sweeps.cells import cells, planned

    with _COMPOSING:
        overrides = configuration.hydra_overrides(list(words), launched=True)
        each = cells(overrides, True)
        plans = planned(map(configuration.compose_overrides, each), len(each))
    names = [
        " ".join(name for name, _ in plan.resolved["policy"]).replace("_", " ") or "none" for plan in plans
    ]
    return len(plans), [*sweep_lines(plans, names), *_time(plans)]


def search_foretold(words: Sequence[str], goal: str, limits: Sequence[str]) -> list[str]:
    """What a search would take, in sentences; `ValueError` where it cannot be run."""
    from windtunnel.analysis.sweeps.search_question import read_question

    with _COMPOSING:
        asked = read_question(words, goal or None, limits)
    trials, plan = asked.question.trials, asked.plan
    pairs = plan.experiment.draws * plan.experiment.seeds
    return [
        f"{trials} trials of {pairs} pairs each on the same communities, and the best once more on others.",
        *_time([plan] * (trials + 1)),
    ]


def _time(plans: Sequence[Any]) -> Iterator[str]:
    """About how long it takes, from one pair that is run now; nothing where a language model decides."""
    from windtunnel.sim.experiment import ARMS, Unit
    from windtunnel.sim.minds import asks_a_model, make_mind
    from windtunnel.sim.run import run_block

    experiment = plans[0].experiment
    if asks_a_model(experiment.mind):
        return
    start = time.perf_counter()
    run_block(experiment, [Unit(0, 0, arm) for arm in ARMS[:2]], make_mind)
    each = time.perf_counter() - start
    pairs = sum(plan.experiment.draws * plan.experiment.seeds for plan in plans)
    whole = each * pairs + len(plans)
    said = f"{whole:.0f} seconds" if whole < 120 else f"{whole / 60:.0f} minutes"
    yield f"Time: about {said} on this machine, from one pair that took {each:.2f} s; no cost."
