"""A policy is found by its name, and no other is loaded for it; one that is told by no module is found among all."""

import pytest

from windtunnel.policies import registry


@pytest.fixture(autouse=True)
def afresh():
    registry.policy_class.cache_clear()
    yield
    registry.policy_class.cache_clear()


def test_a_policy_whose_module_bears_its_name_is_found_without_loading_the_others(monkeypatch):
    monkeypatch.setattr(registry, "_own", lambda: pytest.fail("all policies were loaded"))
    assert registry.policy_class("slow_mode").name == "slow_mode"


@pytest.mark.parametrize("name", ["moral_graph", "outreach"])
def test_a_policy_that_stands_elsewhere_is_found_too(name):
    """`policies/moral_graph.py` holds no policy; `outreach` stands beside others in a module of another name."""
    assert registry.policy_class(name).name == name


def test_what_is_no_policy_is_named_with_the_nearest():
    with pytest.raises(ValueError, match="no policy is called 'slow_mod': did you mean 'slow_mode'"):
        registry.policy_class("slow_mod")
