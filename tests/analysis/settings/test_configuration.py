"""Words on a command line become one plan, or one sentence that says what was found and what would work."""

import re
from pathlib import Path

import pytest
import yaml

from windtunnel.analysis import configuration
from windtunnel.analysis.configuration import compose, hydra_overrides, known_settings, plan
from windtunnel.policies import registry

CONF = Path(configuration.__file__).parents[1] / "conf"


def planned(*words):
    return plan(compose(["dowhy=false", *words]))


def refused(*words):
    with pytest.raises(ValueError) as caught:
        planned(*words)
    sentence = str(caught.value)
    assert "\n" not in sentence and len(sentence) < 400
    return sentence


WRONG = {
    "stepps=3": "did you mean 'steps'",
    "community.sise=40": "did you mean 'community.size'",
    "nonsense=1": "windtunnel list settings",
    "treatment=none": "no setting is called 'treatment'",
    "policy=slow_mod": "did you mean 'slow_mode'",
    "baseline=remove_hostil": "did you mean 'remove_hostile'",
    "policy=[thread_lock,thread_lock]": "thread_lock twice",
    "baseline=[none,none]": "none twice",
    "policy=status_quo": "is a baseline",
    "policy=null": "policy is None",
    "policy=3": "policy is 3",
    "policy={a:1}": "policy is",
    "policy_with.thread_lock.heet=2": "did you mean 'heat'",
    "policy_with.thread_lock.heat=-1": "thread_lock.heat is -1",
    "policy_with.thread_lock.heat=hot": "thread_lock.heat is 'hot'",
    "policy_with.thread_lock.label=x": "no parameter 'label'",
    "policy_with.slow_mode.hours=3": "policy_with.slow_mode is set, but policy is thread_lock",
    "policy_with.none.hours=3": "none has no parameters",
    "baseline_with.status_quo.detection=1": "status_quo has no parameters",
    "baseline_with.remove_hostile.detection=1": "baseline is status_quo",
    "policy_with.thread_lock.start=24": "only 24 steps",
    'policy_with.thread_lock.start="30"': "only 24 steps",
    "draws=0": "draws is 0",
    "draws=true": "draws is True",
    "draws=1.5": "draws is 1.5",
    "seeds=null": "seeds is None",
    "steps=10000": "steps is 10000",
    "root=abc": "root is 'abc'",
    "confidence=nan": "confidence is nan",
    "prompt=arche": "'archetype' or 'member'",
    "parallel.jobs=0": "parallel.jobs is 0",
    "parallel.backend=dask": "'loky' or 'ray'",
    "community=forun": "did you mean 'forum'",
    "community.size=1": "community.size is 1",
    "community.step_hours=0": "community.step_hours is 0",
    "community.settings.feed_items=0": "community.settings.feed_items is 0",
    "community.settings=3": "set one within it",
    "community.features.tone.edges=[1]": "one sentence more than edges",
    "community.profile=nowhere": "no profile 'nowhere': choose reddit-feminism",
    "community.profile=null": "community.profile is None",
    "mind=rule": "did you mean 'rules'",
    "mind.name=foo": "choose rules or llm",
    "mind.coefficients.tone.upvote=3": "write [value, source]",
    "llm=foo": "choose from",
    "outcome=escalatio": "did you mean 'escalation'",
    "outcome.name=escalatio": "did you mean 'escalation'",
    "outcome.threshold=abc": "outcome.threshold is 'abc'",
    "outcome.horizon=-1": "outcome.horizon is -1",
    "~draws": "takes a setting away",
    "policy@x=none": "one place only",
    "policy=glob(*)": "not listed",
    "seeds=shuffle(1,2)": "not listed",
    "draws=${draws}": "interpolation",
    "policy=${oc.env:NO_SUCH_NAME}": "NO_SUCH_NAME",
    "experiment=nope": "experiment=nope is not known",
    "out=": "names no folder",
    "a=b=c": "no setting is called",
    "policy": "write key=value",
}


@pytest.mark.parametrize("word", WRONG)
def test_a_wrong_word_is_refused_with_one_sentence(word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert WRONG[word] in refused(word)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "word",
    [
        "_target_=os.system",
        "+_target_=os.system",
        "++community._target_=os.system",
        "outcome={_target_:os.system}",
        "policy_with.thread_lock._target_=os.system",
        "policy_with={thread_lock:{_target_:os.system}}",
        "hydra.launcher._target_=os.system",
        "hydra.sweeper._target_=os.system",
        "hydra/launcher=joblib",
        "hydra.searchpath=[file:///tmp]",
        "hydra.job_logging={class:os.system}",
    ],
)
def test_a_configuration_names_no_code(word):
    refused(word)


def test_code_named_in_a_profile_is_data_and_refused(tmp_path):
    shipped = yaml.safe_load((CONF / "profile" / "reddit-feminism.yaml").read_text(encoding="utf-8"))
    for name, content in {
        "target": yaml.safe_dump(shipped | {"_target_": "os.system"}),
        "tag": "name: !!python/object/apply:os.system [touch ran]\n",
    }.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(content, encoding="utf-8")
        refused(f"community.profile={path}")
    assert not (tmp_path / "ran").exists() and not Path("ran").exists()


def test_a_profile_of_another_community_is_refused_by_its_name(tmp_path):
    said = refused("community=commons", "community.profile=reddit-feminism")
    assert "reddit-feminism is of the community forum, not of commons: set community.profile=null" in said
    path = tmp_path / "profile.yaml"
    path.write_text("name: a pond\ncommunity: pond\n", encoding="utf-8")
    said = refused(f"community.profile={path}")
    assert (
        "is of the community pond, not of forum: choose reddit-feminism, stackexchange-bicycles-meta" in said
    )
    for name in ("reddit-feminism", "stackexchange-bicycles-meta"):
        shipped = yaml.safe_load((CONF / "profile" / f"{name}.yaml").read_text(encoding="utf-8"))
        assert shipped.pop("community") == "forum"
        path.write_text(yaml.safe_dump(shipped), encoding="utf-8")  # as earlier versions wrote it
        assert planned(f"community.profile={path}").resolved["community"]["profile"] == shipped


def test_no_yaml_of_ours_names_a_target():
    assert not [path for path in CONF.rglob("*.yaml") if "_target_" in path.read_text(encoding="utf-8")]


def test_a_policy_of_another_community_is_refused(monkeypatch):
    monkeypatch.setattr(registry.policy_class("slow_mode"), "fits", ("commons",))
    said = refused("policy=slow_mode")
    assert said.startswith("slow_mode fits commons, not forum, which has ")
    assert said.endswith(" and others: windtunnel list policies --community forum")


def test_the_same_words_make_the_same_plan_in_any_order():
    words = [
        "policy=[slow_mode,rule_reminder]",
        "policy_with.slow_mode.hours=2",
        "community.size=40",
        "root=7",
    ]
    one, other = planned(*words), planned(*reversed(words))
    assert one == other and one.resolved == other.resolved


def test_a_list_is_one_treatment_in_the_written_order():
    made = planned("policy=[slow_mode,rule_reminder]", "baseline=none")
    assert [spec.name for spec in made.experiment.policy] == ["slow_mode", "rule_reminder"]
    made = planned("policy=[rule_reminder,slow_mode]", "baseline=none")
    assert [policy.name for policy in made.experiment.schedule("policy")] == ["rule_reminder", "slow_mode"]
    assert made.experiment.schedule("baseline") == []


def test_parameters_reach_the_policy_and_the_manifest_shows_all_of_them():
    made = planned("policy_with.thread_lock.hours=3", "policy_with.thread_lock.start=2", "baseline=none")
    (policy,) = made.experiment.schedule("policy")
    assert (policy.hours, policy.start) == (3, 2)
    ((name, parameters),) = made.resolved["policy"]
    assert name == "thread_lock" and parameters["hours"] == 3 and parameters["start"] == 2
    assert set(parameters) == {"start", "stop", *registry.parameters("thread_lock")}


def test_the_baseline_is_the_status_quo_where_the_profile_records_moderation():
    made = planned()
    recorded = made.resolved["community"]["profile"]["moderation"]
    assert [spec.name for spec in made.experiment.baseline] == list(recorded) == ["remove_hostile"]
    assert made.experiment.baseline[0].label == "status_quo.remove_hostile"
    assert made.resolved["baseline"][0][1]["detection"] == recorded["remove_hostile"]["detection"]
    assert planned("baseline=status_quo").experiment == made.experiment


def test_the_baseline_is_nothing_where_the_profile_records_none(tmp_path):
    shipped = yaml.safe_load((CONF / "profile" / "reddit-feminism.yaml").read_text(encoding="utf-8"))
    path = tmp_path / "profile.yaml"
    path.write_text(yaml.safe_dump(shipped | {"moderation": {}}), encoding="utf-8")
    for where in (path, tmp_path):
        assert planned(f"community.profile={where}").resolved["baseline"] == []
    assert "records no moderation" in refused(f"community.profile={path}", "baseline=status_quo")


def test_a_policy_already_in_the_baseline_keeps_a_label_of_its_own():
    made = planned("policy=remove_hostile", "baseline=[status_quo,remove_hostile]")
    labels = [policy.label for policy in made.experiment.schedule("policy")]
    assert len(set(labels)) == len(labels) == 3


def test_policy_none_leaves_both_arms_alike():
    made = planned("policy=none", "baseline=none")
    assert made.resolved["policy"] == made.resolved["baseline"] == []
    assert planned("policy=[]", "baseline=none").experiment == made.experiment


def test_a_sweep_needs_m_and_then_makes_a_cell_for_each_combination():
    from windtunnel.analysis.commands.run import cells

    overrides = hydra_overrides(["policy=slow_mode,[slow_mode,rule_reminder]", "seeds=range(1,4)"])
    with pytest.raises(ValueError, match="policy has several values: write -m"):
        cells(overrides, False)
    cells = [configuration.compose_overrides(cell) for cell in cells(overrides, True)]
    assert [(cell["treatment"], cell["seeds"]) for cell in cells] == [
        (policy, seeds) for policy in ("slow_mode", ["slow_mode", "rule_reminder"]) for seeds in (1, 2, 3)
    ]


def test_a_threshold_that_grows_is_resolved_at_the_size():
    words = ("outcome.threshold.least=2", "outcome.threshold.per_member=0.1")
    assert planned("community.size=100", *words).threshold == 10
    assert planned("community.size=10", *words).threshold == planned("outcome.threshold=2").threshold == 2


def test_every_listed_setting_is_accepted_as_its_own_default():
    rows = [row for row in known_settings() if row["default"] is not None and row["setting"] in TOP]
    assert {row["setting"] for row in rows} >= {"policy", "draws", "community", "parallel.jobs"}
    for row in rows:
        hydra_overrides([f"{row['setting']}={row['default']}"])


TOP = {"policy", "baseline", "prompt", "draws", "seeds", "steps", "root", "confidence", "community", "mind"}
TOP |= {"llm", "outcome", "parallel.jobs", "parallel.backend", "parallel.worlds", "dowhy", "dry"}


@pytest.mark.parametrize(
    ("words", "choice"),
    [
        (["mind.start=warm"], "mind=learned+llm and mind=learned, which"),
        (["mind=llm", "mind.weeks_before=0"], "mind=learned+llm and mind=learned, which"),
        (["community=commons", "community.settings.spark_step=2"], "community=forum, which"),
    ],
)
def test_a_setting_that_only_another_choice_has_names_that_choice(words, choice):
    with pytest.raises(ValueError, match=re.escape(choice)):
        compose(words)
