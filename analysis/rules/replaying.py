"""Replays a rule on a community's record: which posts it would have touched, when, whose, by which of its checks.

Nothing is done to the record, and nothing on a platform: it is counted in shadow.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.rules.agreement import Agreement, agreements
from windtunnel.analysis.rules.facts import Facts
from windtunnel.analysis.rules.loading import POLICY, Loaded
from windtunnel.analysis.rules.model import Check, Rule, judged
from windtunnel.analysis.rules.policies import chances
from windtunnel.analysis.rules.reach import Group, Period, Reach, by_group, by_hour, by_period, reach
from windtunnel.analysis.rules.searches import there
from windtunnel.analysis.tones.by_hand import all_by_hand

TOUCHES = {
    "post": pl.Int64,
    "thread": pl.Int64,
    "minute": pl.Int64,
    "author": pl.String,
    "newcomer": pl.Boolean,
    "rule": pl.String,
    "word": pl.String,
    "chance": pl.Float64,
}
"""Columns of the touched posts: a row a post, with the first rule that touches it and the first of its plain words that
stands there; `chance` is 1 but for a policy that detects."""


@dataclass(frozen=True)
class Clause:
    """A check of a rule and how many posts it holds of by itself."""

    rule: str
    check: str
    posts: int


@dataclass(frozen=True)
class OfRule:
    """A rule of the file: what it does, how many posts fit it, and how many it is the first to touch."""

    rule: str
    action: str
    posts: float
    first: float
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Word:
    """A word of the rule and in how many touched posts it is the first that was found."""

    word: str
    posts: int


@dataclass(frozen=True)
class Replayed:
    """A rule on a record. `touched` posts of `posts`; of `unjudged` the record does not tell what the rule asks.

    Counts are expected numbers (`expected`) where a policy detects by chance. `start` is the record's minute 0 in
    minutes since 1970, None where unknown. `touches` is the table of touched posts; `numbers`, `chance`, `taken` (bool: by a rule
    that does not only report) and `judged` (n,) speak of all.
    """

    rule: str
    source: str
    folder: str
    posts: int
    touched: float
    unjudged: int
    members: int
    threads: int
    expected: bool
    start: int | None
    rules: tuple[OfRule, ...]
    clauses: tuple[Clause, ...]
    words: tuple[Word, ...]
    groups: tuple[Group, ...]
    periods: tuple[Period, ...]
    hours: tuple[float, ...]
    agreements: tuple[Agreement, ...]
    reach: tuple[Reach, ...]
    notes: tuple[str, ...]
    touches: pl.DataFrame
    numbers: np.ndarray
    taken: np.ndarray
    chance: np.ndarray
    judged: np.ndarray

    def content(self) -> dict[str, Any]:
        """For JSON: everything but the columns over all posts; of a text nothing but the rule's own words."""
        from dataclasses import asdict

        left = {"touches", "numbers", "taken", "chance", "judged"}
        told = {name: value for name, value in vars(self).items() if name not in left}
        for name in ("rules", "clauses", "words", "groups", "periods", "reach"):
            told[name] = [asdict(one) for one in told[name]]
        told["agreements"] = [
            asdict(one) | {part: getattr(one, part)._asdict() for part in ("precision", "recall")}
            for one in self.agreements
        ]
        return told | {
            "hours": list(self.hours),
            "notes": list(self.notes),
            "touches": self.touches.to_dicts(),
        }


def replay(loaded: Loaded, out: Path | str) -> Replayed:
    """What the rule would have touched of the community imported into `out`; `ValueError` where it cannot be asked there."""
    facts = Facts(out)
    if loaded.policy is not None:
        return _of_policy(loaded, facts)
    verdicts, clauses = [], []
    for rule in loaded.rules:
        said, alone = judged(rule, facts)
        verdicts.append(said)
        clauses += [Clause(rule.name, name, int(each.sum())) for name, each in alone.items()]
    first = _first(loaded.rules, verdicts)
    touched = first >= 0
    unknown = ~touched & np.logical_or.reduce([said.is_null().to_numpy() for said in verdicts])
    word = _words(loaded.rules, first, facts)
    of_rules = tuple(
        OfRule(
            rule.name,
            rule.action,
            float(said.fill_null(False).sum()),
            float((first == place).sum()),
            rule.left_out,
        )
        for place, (rule, said) in enumerate(zip(loaded.rules, verdicts, strict=True))
    )
    taken = np.array([False, *(rule.action != "report" for rule in loaded.rules)])[first + 1]
    names = [None, *(rule.name for rule in loaded.rules)]
    labels = pl.Series([names[place + 1] for place in first.tolist()], dtype=pl.String)
    return _result(
        loaded,
        facts,
        touched.astype(float),
        taken,
        ~unknown,
        of_rules,
        tuple(clauses),
        labels,
        word,
        _notes(loaded, facts),
    )


def _of_policy(loaded: Loaded, facts: Facts) -> Replayed:
    policy = loaded.policy
    assert policy is not None
    chance, known = chances(policy, facts)
    rule = OfRule(policy.name, "", float(chance.sum()), float(chance.sum()), ())
    label = pl.repeat(policy.name, len(facts), dtype=pl.String, eager=True)
    word = pl.repeat(None, len(facts), dtype=pl.String, eager=True)
    return _result(loaded, facts, chance, chance > 0, known, (rule,), (), label, word, _notes(loaded, facts))


def _first(rules: tuple[Rule, ...], verdicts: list[pl.Series]) -> np.ndarray:
    """The place of the rule that touches each post first, -1 where none does: rules that take away come before the others."""
    first = np.full(len(verdicts[0]), -1)
    for wanted in (True, False):
        for place, (rule, said) in enumerate(zip(rules, verdicts, strict=True)):
            if rule.takes_away is wanted:
                first[(first < 0) & said.fill_null(False).to_numpy()] = place
    return first


def _words(rules: tuple[Rule, ...], first: np.ndarray, facts: Facts) -> pl.Series:
    """The word that was found in each touched post, in small letters; null where a rule looks for no plain words."""
    words: list[str | None] = [None] * len(first)
    for place, rule in enumerate(rules):
        for check in (check for variant in rule.variants for check in variant.checks if check.plain):
            rows = [row for row in np.flatnonzero(first == place).tolist() if words[row] is None]
            for row, word in zip(rows, _found(check, facts, rows), strict=True):
                words[row] = word
    return pl.Series(words, dtype=pl.String)


def _found(check: Check, facts: Facts, rows: list[int]) -> list[str | None]:
    parts = [
        facts.column(field).gather(rows).str.extract(check.pattern, 1).str.to_lowercase()
        for field in there(check.fields, facts)
    ]
    return pl.select(pl.coalesce(parts)).to_series().to_list()


def _notes(loaded: Loaded, facts: Facts) -> tuple[str, ...]:
    said = []
    checks = [check.name for rule in loaded.rules for check in rule.checks]
    if "hour" in checks and facts.start is None:
        said.append("The record's clock is not known: hours of the day are counted from its beginning.")
    if any("author: name" in one or "author: ~name" in one for one in checks):
        said.append("Names are compared whole, since only hashes of them are kept.")
    if any(check.pattern for rule in loaded.rules for check in rule.checks):
        said.append(
            "Names of people in texts are pseudonyms, and addresses are taken out: a word that stands only there is not found."
        )
    if (
        any({"title", "body"} <= set(check.fields) for rule in loaded.rules for check in rule.checks)
        and not facts.titled
    ):
        said.append("The record has no titles: bodies alone are searched.")
    if left := sorted(
        {key for rule in loaded.rules for key in rule.left_out} - {"action_reason", "report_reason"}
    ):
        said.append(f"A record cannot show {', '.join(left)}: left out.")
    if loaded.source == POLICY:
        whose = "set by hand" if all_by_hand(facts.posts) else "read by a scorer or by hand"
        said.append(f"Tones are as the record has them, {whose}; a caught post counts with its chance.")
    return tuple(said)


def _result(
    loaded: Loaded,
    facts: Facts,
    chance: np.ndarray,
    taken: np.ndarray,
    known: np.ndarray,
    rules: tuple[OfRule, ...],
    clauses: tuple[Clause, ...],
    label: pl.Series,
    word: pl.Series,
    notes: tuple[str, ...],
) -> Replayed:
    hit = chance > 0
    table = facts.posts.select("post", "thread", "minute", "author").with_columns(
        newcomer=facts.column("newcomer"), rule=label, word=word, chance=pl.Series(chance)
    )
    touches = table.filter(pl.Series(hit)).select(pl.col(name).cast(kind) for name, kind in TOUCHES.items())
    counted = (
        touches.drop_nulls("word").group_by("word").len().sort(["len", "word"], descending=[True, False])
    )
    return Replayed(
        rule=loaded.name,
        source=loaded.source,
        folder=str(facts.folder.path),
        posts=len(facts),
        touched=float(chance.sum()),
        unjudged=int((~known).sum()),
        members=touches["author"].drop_nulls().n_unique(),
        threads=touches["thread"].n_unique(),
        expected=not bool(np.isin(chance, (0.0, 1.0)).all()),
        start=facts.start,
        rules=rules,
        clauses=clauses,
        words=tuple(Word(*row) for row in counted.iter_rows()),
        groups=by_group(facts, chance),
        periods=by_period(facts, chance),
        hours=by_hour(facts, chance),
        agreements=tuple(agreements(facts, chance, known)),
        reach=reach(facts, chance * taken, known),
        notes=notes,
        touches=touches,
        numbers=facts.posts["post"].to_numpy(),
        taken=taken,
        chance=chance,
        judged=known,
    )
