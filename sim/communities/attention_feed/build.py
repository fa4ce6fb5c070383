"""An attention feed from its configuration."""

from collections.abc import Mapping
from typing import Any

from windtunnel.agents.situation import Scene
from windtunnel.sim.communities.attention_feed.feed import AttentionFeed, FeedSettings
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder


class Builder(PlainBuilder):
    """Makes attention feeds."""

    name, features, notices = "attention_feed", ("fits", "marked", "choosing"), ("marked", "choosing")
    Settings = FeedSettings
    declared = Declared(
        groups=("persona",),
        summaries={
            "enjoyed": "utility of what was opened",
            "persuaded": "the advocate's utility of what was opened",
            "pull": "sum of the feeds' pull",
        },
        measures={
            "pull": "mean share of the most that readers could have",
            "push": "mean share of the most that the advocate could have",
            "opened": "share of readers",
            "own_ranking": "share of readers",
        },
        harms=(Harm("enjoyed", "utility of what a reader opened", "good"),),
        nouns=Nouns(nothing="no rule", member="reader", members="readers", place="an attention feed"),
    )

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        if self.settings.objects % self.settings.block:
            raise ValueError(
                f"community.settings.objects is {self.settings.objects}, no multiple of block, which is {self.settings.block}"
            )

    def make(
        self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int
    ) -> AttentionFeed:
        members = self.members(scenes[0], traits_key, self.settings.size)
        return AttentionFeed(scenes, members, self.declared, self.settings)
