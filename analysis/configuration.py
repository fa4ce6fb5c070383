"""From `key=value` on the command line to a checked plan: every mistake is found here, before anything runs."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from windtunnel.analysis.models.asking import Probe, probe_of
from windtunnel.analysis.models.calibration_file import with_calibration
from windtunnel.analysis.models.learned_settings import learned_by_default, record_folder, with_learned
from windtunnel.analysis.models.mind_settings import llm_mind
from windtunnel.analysis.models.serving import check_llm
from windtunnel.analysis.outcomes import Outcome, check_counted, find_outcome, threshold_of
from windtunnel.analysis.runs.stopping import Rule, rule_of
from windtunnel.analysis.settings.known import GROUPS as GROUPS
from windtunnel.analysis.settings.known import dotted as dotted
from windtunnel.analysis.settings.known import known_settings as known_settings
from windtunnel.analysis.settings.profiles import load_profile as load_profile
from windtunnel.analysis.settings.profiles import profile_names as profile_names
from windtunnel.analysis.settings.request import Request, first_mistake
from windtunnel.analysis.settings.wordings import apply_wording
from windtunnel.analysis.settings.words import hydra_overrides as hydra_overrides
from windtunnel.analysis.settings.words import of_another_choice
from windtunnel.analysis.structure.kept import described
from windtunnel.conf.defaults import search_path, with_defaults
from windtunnel.policies.base import Policy
from windtunnel.policies.registry import check_fits
from windtunnel.sim.communities import community as community_builder
from windtunnel.sim.community import Builder
from windtunnel.sim.experiment import Experiment, PolicySpec
from windtunnel.sim.minds import asks_a_model, make_mind, mind_kind, mind_names, pin_file
from windtunnel.sim.run import processors

STATUS_QUO = "status_quo"


@dataclass(frozen=True)
class Plan:
    """A checked experiment, the outcome that decides it, and how to run and where to put it."""

    experiment: Experiment
    outcome: Outcome
    threshold: float
    """The severity at which the outcome has happened."""
    horizon: int | None
    """Steps after its first event within which the outcome counts; None: to the end."""
    llm: Mapping[str, Any]
    prompt: str
    confidence: float
    """Of every interval: 0.95."""
    dowhy: bool
    """Whether DoWhy recomputes the effect and refutes it."""
    dry: bool
    """Whether only the cost of asking a model is told, and nothing is run."""
    jobs: int
    """Processes that work side by side; 0: as many as a cluster has."""
    backend: str
    worlds: int
    """Worlds that one process steps together."""
    stop: Rule | None
    """When to end before all draws are run; None: never."""
    resolved: Mapping[str, Any]
    """Everything above as plain data, names resolved: the manifest's `config`."""
    described: Mapping[str, str] = field(default_factory=dict)
    """What is known of how far a forum's members are like those of a record; see `structure.kept.described`."""
    probe: Probe | None = field(init=False)
    """What the experiment's language model is asked before anything runs; None where its mind asks none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "probe", probe_of(self.experiment))


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
        raise ValueError(of_another_choice(str(error).splitlines()[0], words)) from None


def plan(config: Mapping[str, Any]) -> Plan:
    """Check a composed configuration and resolve its names; `ValueError` says what was found and what works."""
    asked = _asked(config)
    profile = asked.community.get("profile")
    community = apply_wording(asked.community) | {
        "profile": None if profile is None else load_profile(profile, str(asked.community.get("name")))
    }
    if isinstance(size := community.get("size"), float) and size.is_integer():  # 1e3 is a thousand members
        community["size"] = int(size)
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
    both = _policies(experiment)
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
    resolved = asked.model_dump(exclude={"treatment", "out", "parallel", "dry"}) | {
        "policy": complete[len(baseline) :],
        "baseline": complete[: len(baseline)],
        "status_quo": STATUS_QUO in baseline_names,
        "community": community,
        "threshold": threshold,
    }
    resolved["mind"] |= _resolved_mind(experiment.mind)
    return Plan(
        experiment=experiment,
        outcome=outcome,
        threshold=threshold,
        horizon=asked.outcome.horizon,
        llm=asked.llm,
        prompt=asked.prompt,
        confidence=asked.confidence,
        dowhy=asked.dowhy,
        dry=asked.dry,
        jobs=_jobs(asked),
        backend=asked.parallel.backend,
        worlds=asked.parallel.worlds,
        stop=rule_of(asked.stop.model_dump()),
        resolved=resolved,
        described=described(resolved, record_folder(profile), lift=True)
        if community["name"] == "forum"
        else {},
    )


def _asked(config: Mapping[str, Any]) -> Request:
    """What the settings ask for, each of its kind and within its bounds; `ValueError` for the first that is not."""
    try:
        return Request.model_validate(
            {key: value for key, value in config.items() if key not in ("hydra", "experiment")}
        )
    except ValidationError as error:
        raise ValueError(first_mistake(error)) from None


def _policies(experiment: Experiment) -> list[Policy]:
    """The policies of the baseline, then those that are toggled; `ValueError` for a parameter or a time that cannot be."""
    both, community = experiment.schedule("policy"), experiment.community  # checks every parameter
    for made in both:
        made.check_times(float(community.get("step_hours", 1)))
        made.check_place(str(community["name"]), community.get("settings") or {})
    for made in both[len(experiment.baseline) :]:
        if made.start >= experiment.steps:
            raise ValueError(
                f"policy_with.{made.name}.start is {made.start}, but the run has only {experiment.steps} steps"
            )
    return both


def _resolved_mind(mind: Mapping[str, Any]) -> dict[str, Any]:
    """What was found out about the mind, which its settings did not say: the files that decide, and how many questions are asked again."""
    found = {key: mind[key] for key in ("drift_sample", "sha256") if key in mind}
    if calibration := mind.get("calibration"):
        found["calibration"] = {key: calibration[key] for key in ("file", "sha256")}
    return found


def _jobs(asked: Request) -> int:
    """How many processes work; 0: as many as the cluster has, which is known once it is connected."""
    if asked.parallel.jobs != "auto":
        return asked.parallel.jobs
    return 0 if asked.parallel.backend == "ray" else processors()


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
