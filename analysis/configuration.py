"""From `key=value` on the command line to a checked plan: every mistake is found here, before anything runs."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from windtunnel import conf
from windtunnel.agents.nearest import nearest
from windtunnel.analysis.models.calibration_file import with_calibration
from windtunnel.analysis.models.learned_settings import learned_by_default, with_learned
from windtunnel.analysis.models.mind_settings import llm_mind
from windtunnel.analysis.models.serving import check_llm
from windtunnel.analysis.outcomes import Outcome, check_counted, find_outcome, threshold_of
from windtunnel.analysis.runs.stopping import Rule, rule_of
from windtunnel.analysis.terminal.shell import check_once, for_hydra
from windtunnel.analysis.wordings import apply_wording
from windtunnel.conf.defaults import search_path, with_defaults
from windtunnel.policies.registry import check_fits
from windtunnel.sim.communities import community as community_builder
from windtunnel.sim.community import Builder
from windtunnel.sim.experiment import Experiment, PolicySpec
from windtunnel.sim.minds import asks_a_model, make_mind, mind_kind, mind_names, pin_file
from windtunnel.sim.run import processors

GROUPS = ("community", "mind", "llm", "outcome", "experiment")
FREE = ("policy_with", "baseline_with")
COEFFICIENTS = "mind.coefficients."
STATUS_QUO = "status_quo"
HYDRA = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir")
"""Hydra's own settings that may be set: where things go. Others name code to import, which no config of ours does."""
HYDRA_CHOICES = ("hydra/launcher", "hydra/sweeper")
EITHER = ("outcome.threshold",)
"""Settings that are one value or several with names of their own."""
Whole = Annotated[int, Field(strict=True)]
Positive = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class Parallel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    jobs: Annotated[int, Field(ge=1, le=1024, strict=True)] | Literal["auto"]
    backend: Literal["loky", "ray"]
    worlds: Positive


class Stop(BaseModel):
    model_config = ConfigDict(extra="forbid")
    precision: Annotated[float, Field(gt=0, lt=1)] | None
    of: str
    evidence: Annotated[float, Field(gt=0, lt=0.5)] | None
    every: Positive


class Asked(BaseModel):
    """Which outcome decides; `threshold_of` checks its threshold."""

    model_config = ConfigDict(extra="forbid")
    name: str
    threshold: Any
    horizon: Annotated[int, Field(ge=0, strict=True)] | None


class Request(BaseModel):
    """What a user may set at the top level; the groups are checked by what they configure."""

    model_config = ConfigDict(extra="forbid")

    community: dict[str, Any]
    mind: dict[str, Any]
    llm: dict[str, Any]
    outcome: Asked
    treatment: str | list[str]
    policy_with: dict[str, dict[str, Any]]
    baseline: str | list[str] | None
    baseline_with: dict[str, dict[str, Any]]
    prompt: Literal["archetype", "member"]
    draws: Positive
    seeds: Positive
    steps: Annotated[int, Field(ge=1, le=9999, strict=True)]
    root: Whole
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    dowhy: bool
    dry: bool
    out: str | None
    stop: Stop
    parallel: Parallel


@dataclass(frozen=True)
class Plan:
    """A checked experiment, the outcome that decides it, and how to run and where to put it."""

    experiment: Experiment
    outcome: Outcome
    threshold: float
    horizon: int | None
    llm: Mapping[str, Any]
    prompt: str
    confidence: float
    dowhy: bool
    dry: bool
    jobs: int
    backend: str
    worlds: int
    stop: Rule | None
    resolved: Mapping[str, Any]
    """Everything above as plain data, names resolved: the manifest's `config`."""


def hydra_overrides(words: Sequence[str], *, launched: bool = False) -> list[str]:
    """The words of a command line as Hydra takes them; `ValueError` for an unknown key or group choice.

    With `launched` (a sweep's) a launcher may be among them, which `windtunnel.analysis.sweeps.cells.check_launcher` is still to check.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    check_once(words)
    known = _known_keys()
    out = []
    for word in (for_hydra(word, sweep=launched) for word in words):
        try:
            override = OverridesParser.create().parse_override(word)
        except HydraException:
            raise ValueError(
                f"{word!r} is not a setting: write key=value, for example policy=slow_mode"
            ) from None
        if override.is_delete():
            raise ValueError(f"{word!r} takes a setting away, but each one is needed: write key=value")
        if override.is_sweep_override() and not _is_listed(override):
            raise ValueError(
                f"{word!r} sweeps over values that are not listed: write them out, as in seeds=1,2,3"
            )
        key = override.key_or_group
        if not launched or not (key in HYDRA_CHOICES or key.startswith("hydra.launcher.")):
            _check_key(override, known)
        body = word.lstrip("+")
        if key.split(".")[0] in FREE or key.startswith(COEFFICIENTS):
            out.append("++" + body)
        elif key == "policy":
            out.append("treatment" + body[len("policy") :])
        else:
            out.append(body)
            if key == "out":
                where = body.partition("=")[2]
                out += [f"hydra.run.dir={where}", f"hydra.sweep.dir={where}"]
    return [*learned_by_default(out), *out]


def _is_listed(override: Any) -> bool:
    """Whether a sweep's values and their order stand in the word itself."""
    kind, value = override.value_type.name, override.value()
    return kind in ("SIMPLE_CHOICE_SWEEP", "CHOICE_SWEEP", "RANGE_SWEEP") and not value.shuffle


def _check_key(override: Any, known: set[str]) -> None:
    """`ValueError` for a key that nothing is called, a group's unknown option, or one value where there are several."""
    key = override.key_or_group
    if override.package is not None:
        raise ValueError(
            f"{override.input_line!r}: a setting has one place only; leave out @{override.package}"
        )
    if key in HYDRA or key.split(".")[0] in FREE:
        return
    if key.split(".")[0].split("/")[0] == "hydra":
        settable = f"{', '.join(HYDRA)} and, in a sweep (-m), hydra/launcher"
        raise ValueError(f"{key} cannot be set: of Hydra's own settings only {settable} can")
    if key == "treatment" or key not in known:
        hint = nearest(key, sorted(known - {"treatment"}), "see `windtunnel list settings`")
        raise ValueError(f"no setting is called {key!r}: {hint}")
    if isinstance(override.value(), dict):
        return
    inner = sorted(name for name in known if name.startswith(f"{key}."))
    if key in GROUPS:
        for choice in _choices(override):
            if choice not in _options(key):
                raise ValueError(f"{key}={choice} is not known: {nearest(choice, _options(key))}")
    elif inner and key not in EITHER:
        raise ValueError(f"{key} is not one value: set one within it, for example {inner[0]}=…")
    elif key == "out" and (not isinstance(override.value(), str) or not override.value().strip()):
        raise ValueError(f"{override.input_line!r} names no folder: write out=FOLDER")


def compose(words: Sequence[str]) -> dict[str, Any]:
    """The configuration that these words make, as plain data; `ValueError` says what is wrong with them."""
    return compose_overrides(hydra_overrides(words))


def compose_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    """The configuration of words that `hydra_overrides` has already checked."""
    from hydra import compose as hydra_compose
    from hydra import initialize_config_module
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        words = [word for word in overrides if not word.startswith(("hydra.", "hydra/"))]
        words = with_defaults([*learned_by_default(words), *words])
        within = GlobalHydra.instance().is_initialized()  # a cell that Hydra itself has started
        with nullcontext() if within else initialize_config_module("windtunnel.conf", version_base="1.3"):
            config = hydra_compose("config", overrides=[*search_path(), *words])
        return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]
    except (HydraException, OmegaConfBaseException) as error:
        raise ValueError(str(error).splitlines()[0]) from None


def plan(config: Mapping[str, Any]) -> Plan:
    """Check a composed configuration and resolve its names; `ValueError` says what was found and what works."""
    try:
        asked = Request.model_validate(
            {key: value for key, value in config.items() if key not in ("hydra", "experiment")}
        )
    except ValidationError as error:
        raise ValueError(_first(error)) from None
    profile = asked.community.get("profile")
    community = apply_wording(asked.community) | {
        "profile": None if profile is None else load_profile(profile)
    }
    community = with_learned(community, asked.mind, profile)
    builder = community_builder(str(community.get("name")))(community)
    baseline_names = _baseline(asked.baseline, builder)
    policy = _specs(_names(asked.treatment, "policy"), asked.policy_with, "policy", community, builder)
    baseline = _specs(baseline_names, asked.baseline_with, "baseline", community, builder)
    experiment = Experiment(
        community=community,
        baseline=baseline,
        policy=policy,
        mind=_mind(asked),
        draws=asked.draws,
        seeds=asked.seeds,
        steps=asked.steps,
        root=asked.root,
    )
    both = experiment.schedule("policy")  # checks every parameter
    for made in both:
        made.check_times(float(community.get("step_hours", 1)))
    for made in both[len(baseline) :]:
        if made.start >= asked.steps:
            raise ValueError(
                f"policy_with.{made.name}.start is {made.start}, but the run has only {asked.steps} steps"
            )
    experiment.builder().scene(experiment.raised())  # checks the community's own settings, words and profile
    if not asks_a_model(asked.mind):
        make_mind(experiment).close()  # checks its coefficients, or its file
    else:
        experiment = with_calibration(experiment)
        check_llm(experiment, asked.llm, reach=not asked.dry)
    outcome = find_outcome(asked.outcome.name, str(community["name"]))
    check_counted(outcome, builder.declared.measures)
    threshold = threshold_of(asked.outcome.model_dump(), int(community["size"]))
    complete = [[made.name, made.model_dump(exclude={"label"})] for made in both]
    everything = (
        0 if asked.parallel.backend == "ray" else processors()
    )  # a cluster's size is known once connected
    jobs = everything if asked.parallel.jobs == "auto" else asked.parallel.jobs
    resolved = asked.model_dump(exclude={"treatment", "out", "parallel", "dry"}) | {
        "policy": complete[len(baseline) :],
        "baseline": complete[: len(baseline)],
        "status_quo": STATUS_QUO in baseline_names,
        "community": community,
        "threshold": threshold,
    }
    if "drift_sample" in experiment.mind:
        resolved["mind"]["drift_sample"] = experiment.mind["drift_sample"]
    if "sha256" in experiment.mind:
        resolved["mind"]["sha256"] = experiment.mind["sha256"]
    if calibration := experiment.mind.get("calibration"):
        resolved["mind"]["calibration"] = {key: calibration[key] for key in ("file", "sha256")}
    return Plan(
        experiment,
        outcome,
        threshold,
        asked.outcome.horizon,
        asked.llm,
        asked.prompt,
        asked.confidence,
        asked.dowhy,
        asked.dry,
        jobs,
        asked.parallel.backend,
        asked.parallel.worlds,
        rule_of(asked.stop.model_dump()),
        resolved,
    )


def load_profile(name: str | Mapping[str, Any]) -> dict[str, Any]:
    """A profile's content by its name in conf/profile, or by the path of a yaml file."""
    if isinstance(name, Mapping):
        return dict(name)
    shipped = profile_names()
    if not isinstance(name, str):
        raise ValueError(
            f"community.profile is {name!r}: choose {', '.join(shipped)}, or give the path of a profile.yaml"
        )
    if name in shipped:
        text = conf.options("profile")[name].read_text(encoding="utf-8")
    else:
        path = Path(name)
        if path.is_dir():
            from windtunnel.analysis.importers.lacking import refuse_lacking

            refuse_lacking(path, ("author", "time"), "a profile")
            path = path / "profile.yaml"
        if not path.is_file():
            raise ValueError(
                f"no profile {name!r}: choose {', '.join(shipped)}, or give the path of a profile.yaml"
            )
        text = path.read_text(encoding="utf-8")
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"profile {name} is not yaml: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise ValueError(
            f"profile {name} is not a profile: it should map names such as posts_per_member_day to numbers"
        )
    return content


def profile_names() -> list[str]:
    return _options("profile")


def _baseline(given: str | list[str] | None, builder: Builder) -> list[str]:
    if given == "auto":
        return [STATUS_QUO] if builder.status_quo() else ["none"]
    return _names(given or "none", "baseline")


def _names(given: str | list[str], key: str) -> list[str]:
    names = [given] if isinstance(given, str) else list(given)
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise ValueError(f"{key} names {sorted(doubled)[0]} twice")
    return names or ["none"]


def _specs(
    names: Sequence[str],
    given: Mapping[str, Mapping[str, Any]],
    key: str,
    community: Mapping[str, Any],
    builder: Builder,
) -> list[PolicySpec]:
    """Policies of one side with labels that no other has; `status_quo` stands for what is in force in the real place."""
    for name in (STATUS_QUO, "none"):
        if name in given:
            raise ValueError(
                f"{key}_with.{name} is set, but {name} has no parameters: name the policy itself"
            )
    unused = set(given) - set(names)
    if unused:
        name = sorted(unused)[0]
        raise ValueError(f"{key}_with.{name} is set, but {key} is {', '.join(names)}")
    specs = []
    for name in names:
        if name == STATUS_QUO:
            if key == "policy":
                raise ValueError(
                    "policy=status_quo: the status quo is a baseline; name the policy to add to it"
                )
            found = builder.status_quo()
            if not found:
                where = (community["profile"] or {}).get("name")
                what = f"the profile {where}" if where else f"community {community['name']}"
                raise ValueError(f"baseline=status_quo, but {what} records {builder.declared.nouns.nothing}")
            specs += [
                PolicySpec(inner, dict(values), f"{STATUS_QUO}.{inner}") for inner, values in found.items()
            ]
        elif name != "none":
            label = name if key == "policy" else f"baseline.{name}"
            specs.append(PolicySpec(name, dict(given.get(name, {})), label))
    for spec in specs:
        check_fits(spec.name, community)
    return specs


def _mind(asked: Request) -> dict[str, Any]:
    if asked.mind.get("name") not in mind_names():
        raise ValueError(f"mind.name is {asked.mind.get('name')!r}: choose {' or '.join(mind_names())}")
    kind = mind_kind(asked.mind["name"])
    if kind.by_file:
        return pin_file(asked.mind)
    return llm_mind(asked.mind, asked.llm, asked.prompt) if kind.asks_a_model else dict(asked.mind)


def known_settings() -> list[dict[str, Any]]:
    """Every setting by its dotted key, with its default in config.yaml or in the first option that has it."""
    top = conf.content("", "config")
    chosen = {
        group: name for entry in top["defaults"] if isinstance(entry, dict) for group, name in entry.items()
    }
    found = {"policy": top["treatment"]} | {group: chosen.get(group) for group in GROUPS}
    found |= dict(
        dotted({key: value for key, value in top.items() if key not in ("defaults", "hydra", "treatment")})
    )
    for group in GROUPS[:-1]:
        for option in sorted(_options(group), key=lambda name: name != chosen[group]):
            content = conf.content(group, option)
            found |= {key: value for key, value in dotted({group: content}) if key not in found}
    for option in _options("community"):
        found |= {
            key: value for key, value in _coefficients(conf.content("community", option)) if key not in found
        }
    return [{"setting": key, "default": value} for key, value in found.items()]


def _coefficients(community: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The numbers of a community's rules as the settings that change them."""
    parts = {f"{name}.": words for name, words in (community.get("phases") or {}).items()} or {"": community}
    for phase, words in parts.items():
        yield from dotted(words.get("rules") or {}, COEFFICIENTS + phase)


def _known_keys() -> set[str]:
    return {row["setting"] for row in known_settings()}


def dotted(tree: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from dotted(value, f"{prefix}{key}.")
        yield prefix + str(key), None if isinstance(value, Mapping) else value


def _options(group: str) -> list[str]:
    return sorted(conf.options(group))


def _choices(override: Any) -> list[str]:
    if override.is_sweep_override():
        return [str(value) for value in override.sweep_iterator()]
    return [str(override.value())]


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if str(part) not in _UNION_TAGS)
    where = where.replace("treatment", "policy")
    extra = "" if len(error.errors()) == 1 else f" (and {len(error.errors()) - 1} more)"
    if first["type"] == "extra_forbidden":
        return f"no setting is called {where!r}{extra}"
    if first["type"] == "missing":
        return f"{where} is missing: give it a value{extra}"
    return f"{where} is {first['input']!r}: {first['msg']}{extra}"


_UNION_TAGS = {"str", "int", "list[str]", "constrained-int", "literal['auto']"}
"""What pydantic adds to the place of an error in a setting that may be of several types."""
