"""What a newcomer's community or policy gets wrong is said in one sentence, with what would work."""

import numpy as np
import pytest

from windtunnel import conf
from windtunnel.sim.communities import community
from windtunnel.sim.plain import PlainView


def test_a_feature_that_is_none_is_told_its_nearest():
    view = PlainView(np.arange(2), np.zeros((2, 2)), np.ones((2, 2), bool), ("stock", "reminded"), ("a", "b"))
    view.feature("reminded")[:] = 1
    assert view.features[:, 1].tolist() == [1, 1]
    with pytest.raises(ValueError, match="no feature is called 'remineded': did you mean 'reminded'"):
        view.feature("remineded")


def test_a_trait_that_is_no_number_is_named_with_its_persona():
    config = dict(conf.content("community", "rules_of_thumb"))
    caring = {**config["personas"]["caring"], "care": "very"}
    with pytest.raises(
        ValueError, match=r"community\.personas\.caring\.care is 'very': Input should be a valid number"
    ):
        community("rules_of_thumb")({**config, "personas": {**config["personas"], "caring": caring}})
