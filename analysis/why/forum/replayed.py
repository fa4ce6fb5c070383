"""A rule asked about in a recorded thread: what it touched there is known, only what comes otherwise is a matter of shares."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from windtunnel.analysis.rules.following import follow
from windtunnel.analysis.rules.loading import load
from windtunnel.analysis.rules.replaying import Replayed, replay
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.policies.forum.replayed_rule import ReplayedRule
from windtunnel.policies.registry import make_policy

NAME, RULE = ReplayedRule.name, "rule"


def asks_for_rule(name: str, parameters: Mapping[str, Any]) -> bool:
    """Is the policy one whose shares come from a rule's file?"""
    return name == NAME and RULE in parameters


def shares_of(case: ForumCase, parameters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[int, bool]]:
    """The parameters that the rule in `parameters` has on the case's record, and for each of its thread's posts (by its id in the worlds)
    whether the rule touched it; those that could not be judged are left to the shares.

    `ValueError` where the case is no record, the rule cannot be replayed there, or other parameters stand beside it.
    """
    if not case.real:
        raise ValueError(
            "rule=FILE replays a rule on a record, and this is a run: give the shares that `windtunnel replay` prints"
        )
    if other := sorted(set(parameters) - {RULE}):
        raise ValueError(f"rule=FILE gives all shares: leave out {other[0]}")
    path, out = Path(str(parameters[RULE])), case.out  # type: ignore[attr-defined]
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path}: give a list of words (.txt) or AutoModerator's YAML (.yaml)"
        )
    shares, found = _replayed(path, path.stat().st_mtime_ns, out, (out / "posts.parquet").stat().st_mtime_ns)
    place = {post: row for row, post in enumerate(found.numbers.tolist())}
    known = {
        case.post_id(int(number)): bool(found.taken[place[number]])
        for number in case.numbers.tolist()  # type: ignore[attr-defined]
        if number in place and found.judged[place[number]]
    }
    return shares, known


@lru_cache(maxsize=8)
def _replayed(path: Path, _written: int, out: Path, _imported: int) -> tuple[dict[str, Any], Replayed]:
    loaded = load(str(path))
    found = replay(loaded, out)
    return follow(loaded, found).parameters, found


def maker(shares: Mapping[str, Any], known: Mapping[int, bool]) -> Callable[[int], ReplayedRule]:
    """A function: the policy from a step on."""

    def make(step: int) -> ReplayedRule:
        made = make_policy(NAME, {**shares, "start": step}, label=NAME)
        assert isinstance(made, ReplayedRule)
        return made.knowing(known)

    return make
