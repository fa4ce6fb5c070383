"""The base of the policies of a feed."""

from collections.abc import Mapping
from typing import Any, ClassVar

from windtunnel.policies.base import Policy


class FeedPolicy(Policy):
    """A policy of any feed that weighs readers' interest against an advocate's; what it asks for holds for the step.

    That is an attention feed, a forum whose `reader_weight` is set, and the recommender of collective action.
    """

    fits: ClassVar[tuple[str, ...]] = ("attention_feed", "forum", "collective_action")
    needs: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "forum": {"reader_weight": 0.5},
        "collective_action": {"platform": "recommender"},
    }
    where_learned: ClassVar[bool] = False
    acts_in_log: ClassVar[bool] = False
