"""The `llm` part of a config: every yaml of ours is valid, and mistakes are told without repeating keys."""

import os
import pickle
from pathlib import Path

import pytest
import yaml

from windtunnel.agents.llm.client import OpenAIModel
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.opening import open_model, serving
from windtunnel.agents.llm.settings import LLMSettings, read_settings
from windtunnel.agents.llm.store import Stored

CONF = Path(__file__).parents[3] / "conf" / "llm"


@pytest.mark.parametrize("path", sorted(CONF.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_model_config_is_valid_and_can_be_sent_to_workers(path):
    settings = read_settings(yaml.safe_load(path.read_text()))
    assert settings.kind == path.stem
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert LLMSettings.model_validate(settings.model_dump()) == settings


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"modle": "x"}, "llm.modle.*did you mean llm.model"),
        ({"concurrency": 0}, "llm.concurrency.*greater than"),
        ({"endpoint": "talk"}, "llm.endpoint.*'chat' or 'completions'"),
        ({"kind": "magic"}, "llm.kind.*'embedded', 'openai', 'vllm' or 'fake'"),
        ({"base_url": "nowhere"}, "llm.base_url must look like"),
    ],
)
def test_a_mistake_is_told_with_its_key(change, told):
    with pytest.raises(ValueError, match=told):
        read_settings({"kind": "openai"} | change)


@pytest.mark.parametrize(
    "change",
    [
        {"key_env": "sk-secret"},
        {"api_key": "sk-secret"},
        {"base_url": "http://a:sk-secret@b/v1"},
        {"timeout": "sk-secret"},
    ],
)
def test_a_key_in_the_wrong_place_is_never_repeated(change):
    with pytest.raises(ValueError) as told:
        read_settings({"kind": "openai"} | change)
    assert "secret" not in str(told.value)


def test_the_fake_model_needs_nothing_and_keeps_nothing():
    with serving(read_settings({"kind": "fake", "store": "none"})) as settings:
        assert isinstance(open_model(settings), FakeModel)


def test_answers_are_kept_where_the_settings_say_or_in_the_cache_folder(server, tmp_path, monkeypatch):
    monkeypatch.setenv("WINDTUNNEL_CACHE", str(tmp_path / "cache"))
    named = open_model(read_settings({"kind": "fake", "store": str(tmp_path / "here.sqlite")}))
    assert isinstance(named, Stored) and named.store.path == tmp_path / "here.sqlite"
    usual = open_model(read_settings({"kind": "openai", "model": "m", "base_url": server}))
    assert isinstance(usual, Stored) and isinstance(usual.inner, OpenAIModel)
    assert usual.store.path == tmp_path / "cache" / "answers.sqlite"
    assert "WINDTUNNEL_CACHE" in os.environ


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"kind": "openai", "model": "m"}, "set llm.base_url"),
        ({"kind": "openai", "base_url": "http://127.0.0.1:1/v1"}, "llm.model is empty"),
        ({"kind": "embedded"}, "has no server address"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_asked(config, told):
    with pytest.raises(ValueError, match=told):
        open_model(read_settings(config))


@pytest.mark.parametrize("kind", ["openai", "vllm", "embedded"])
def test_what_a_probe_advises_can_be_set_for_every_kind_of_server(kind):
    from windtunnel.analysis.configuration import compose

    said = [
        f"llm={kind}",
        "mind=llm",
        "llm.choice=sampled",
        "llm.answer_tokens=1000",
        "llm.samples=4",
        "llm.store=a",
    ]
    made = read_settings(compose(said)["llm"])
    assert (made.choice, made.answer_tokens, made.samples, made.store) == ("sampled", 1000, 4, "a")
