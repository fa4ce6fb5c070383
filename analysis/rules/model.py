"""What a rule is: checks that must all hold, of comments or of submissions, and what it would do."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from windtunnel.analysis.rules.facts import Facts

COMMENT, SUBMISSION = "comment", "submission"
KINDS = (COMMENT, SUBMISSION)
"""A reply, and a post that opens a thread."""
TAKES_AWAY = ("remove", "spam", "filter")
"""Actions after which nobody sees the post, for `filter` until a moderator approves it."""


@dataclass(frozen=True)
class Check:
    """One condition: its `name` as it stands in the rule, and what it says of each recorded post.

    `judge` gives a bool column (n,), null where the record does not tell. `pattern` and `fields` are those of a search in
    texts, `plain`: its words are plain words, so that the one that was found can be told.
    """

    name: str
    judge: Callable[[Facts], pl.Series]
    pattern: str = ""
    fields: tuple[str, ...] = ()
    plain: bool = False


@dataclass(frozen=True)
class Variant:
    """The checks of a rule for one kind of post."""

    kind: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Rule:
    """A rule by its `name`: it touches a post where all checks of the variant for its kind hold.

    `exempt`: posts of moderators are spared. `left_out` are the keys that ask for something which a record cannot show (a
    message, a flair). Of rules that take away, a post is touched by the first alone, the one of highest `priority` first.
    """

    name: str
    variants: tuple[Variant, ...]
    action: str = ""
    priority: int = 0
    exempt: bool = False
    left_out: tuple[str, ...] = ()

    @property
    def takes_away(self) -> bool:
        """Whether its action takes the post out of sight."""
        return self.action in TAKES_AWAY

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks of all variants, each name once."""
        return tuple({check.name: check for part in self.variants for check in part.checks}.values())


def all_of(parts: list[pl.Series], size: int) -> pl.Series:
    """Kleene's and: false where one is false, else null where one is null."""
    found = pl.repeat(True, size, dtype=pl.Boolean, eager=True)
    for part in parts:
        found = pl.select(found.alias("a") & part.alias("b")).to_series()
    return found


def any_of(parts: list[pl.Series], size: int) -> pl.Series:
    """Kleene's or: true where one is true, else null where one is null."""
    found = pl.repeat(False, size, dtype=pl.Boolean, eager=True)
    for part in parts:
        found = pl.select(found.alias("a") | part.alias("b")).to_series()
    return found


def judged(rule: Rule, facts: Facts) -> tuple[pl.Series, dict[str, pl.Series]]:
    """What a rule says of each post (n,), null where it cannot say, and what each of its checks says by itself."""
    size = len(facts)
    said: list[pl.Series] = []
    alone: dict[str, list[pl.Series]] = {}
    spared = facts.column("moderator") if rule.exempt else None
    for part in rule.variants:
        here = pl.Series(facts.opener if part.kind == SUBMISSION else ~facts.opener)
        results = [_told(rule, check, facts) for check in part.checks]
        for check, result in zip(part.checks, results, strict=True):
            alone.setdefault(check.name, []).append(all_of([here, result], size))
        own = [here] if spared is None else [here, ~spared]
        said.append(all_of([*own, *results], size))
    return any_of(said, size), {name: any_of(each, size) for name, each in alone.items()}


def _told(rule: Rule, check: Check, facts: Facts) -> pl.Series:
    try:
        return check.judge(facts)
    except ValueError as error:
        raise ValueError(f"{rule.name}, {check.name}: {error}") from None
