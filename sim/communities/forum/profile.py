"""The numbers that make a forum resemble a real one, each with a mark that says where it came from."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Mark = Literal["data", "proxy", "chosen"]
"""`data`: counted in the corpus; `proxy`: inferred by a declared rule; `chosen`: no corpus shows it."""


class Rate(BaseModel):
    """A number, its mark, and one sentence on how it was had."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float
    mark: Mark
    note: str = ""


UNFITTED = Rate(value=0.0, mark="chosen", note="not fitted")
"""Of a number that profiles of earlier versions lack: it has no effect."""


def _non_negative(rate: Rate) -> Rate:
    if rate.value < 0:
        raise ValueError(f"is {rate.value}, which must not be negative")
    return rate


def _share(rate: Rate) -> Rate:
    if not 0 <= rate.value <= 1:
        raise ValueError(f"is {rate.value}; a share lies between 0 and 1")
    return rate


NonNegative = Annotated[Rate, AfterValidator(_non_negative)]
Share = Annotated[Rate, AfterValidator(_share)]


class Source(BaseModel):
    """Which corpus a profile was fitted from; counts only, never content."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    corpus: str
    posts: int
    authors: int
    threads: int
    span_days: float
    tone: str
    """Name and version of the scorer of texts, or the rule that stood in for it."""
    fitted_by: str
    """Name and version of the program that fitted it."""


class Profile(BaseModel):
    """Base rates of a forum. Hours unless a name says otherwise.

    A *member* is somebody present in a window of `window_hours`; the size of a community counts members,
    not accounts that were ever registered.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    community: Literal["forum"] = "forum"
    """Of which community it is; profiles of earlier versions do not say."""
    source: Source
    window_hours: float = 24

    posts_per_member_day: NonNegative
    """Posts and replies of a present member in a day, mean over members (silent visitors included)."""
    rate_shape: NonNegative
    """Shape of the gamma law of that rate over members; below 1 a few members write most."""
    rhythm: Annotated[list[float], Field(min_length=24, max_length=24)]
    """Relative activity by hour of the record's day; mean 1."""
    rhythm_mark: Mark

    new_thread_share: Share
    """Share of posts and replies that open a thread."""
    root_share: Share
    """Share of replies that answer a thread's opening post."""
    attention_growth: Rate
    """Exponent of (1 + replies) in a thread's pull on the next reply, for the first few replies."""
    attention_decay: NonNegative
    """Exponent of (1 + age in hours) in a thread's loss of pull."""
    attention_recency: Rate = UNFITTED
    """Exponent of (1 + hours since the last reply) in a thread's loss of pull."""
    answer_back: Share = UNFITTED
    """Share of the replies to a member's posts that the member answers within 7 days."""
    answer_delay: NonNegative = UNFITTED
    """Hours t in the hazard of that answer, which falls as 1 / (t + hours since the reply)."""

    newcomer_share: Share
    """Share of present members who are newcomers: first seen in the last `window_hours`."""
    arrivals_per_member_day: NonNegative
    """New members a day for each present member."""
    newcomer_return: Share
    """Share of newcomers seen again within 7 days of their first day."""
    leave_per_day: Share
    """Share of members who leave for good in a day."""

    heated_share: Share
    """Share of replies that are heated."""
    hostile_share: Share
    """Share of replies that are hostile."""
    newcomer_hostility: NonNegative
    """Hostile share of newcomers' replies over regulars'."""

    active_post_share: Share
    """Share of active steps in which a member posts or replies; the others lurk, vote or report."""
    upvote_share: Share
    downvote_share: Share
    report_share: Share

    moderation: dict[str, dict[str, Any]] = {}
    """The moderation in force when the data arose: policy name to its parameters; empty if none shows."""
    moderation_mark: Mark = "data"
    moderation_note: str = ""

    setting: str = ""
    """What a language model is told of the place after `community.setting`: name, topic, rules, as an import found them."""
    structure: dict[str, float] = {}
    """What the corpus looked like (thread_mean, thread_singletons, depth_mean, gini_posts …), for checks."""

    @model_validator(mode="after")
    def _shares_add_up(self) -> "Profile":
        for names in (
            ("active_post_share", "upvote_share", "downvote_share", "report_share"),
            ("heated_share", "hostile_share"),
        ):
            total = sum(getattr(self, name).value for name in names)
            if total > 1:
                raise ValueError(f"{' + '.join(names)} is {total:.3f}, which must not exceed 1")
        return self


def read_profile(path: Path) -> Profile:
    """The profile in a yaml file; `ValueError` names the field and what was found in it."""
    try:
        return Profile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not yaml: {str(error).splitlines()[0]}") from None


def write_profile(profile: Profile, path: Path) -> None:
    """Write `profile` as yaml, fields in the order of the class, so that two fits can be compared by eye."""
    text = yaml.safe_dump(profile.model_dump(), sort_keys=False, allow_unicode=True, width=100)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
