"""One statement of a goal or a limit: which outcome, in which direction, how far, against what.

The short form is `gain>=-5%` or `fines<=10/day`; the long one "at most 5 % less gain" or "at most 10 fines a day". A sign or a per cent means the change against the runs without the policy; a number without either means
what there is with it.
"""

import re
from typing import Any, NamedTuple

import numpy as np

from windtunnel.analysis.outcomes import Outcome, find_outcome

CHANGE, SHARE, LEVEL = "change", "share", "level"
HOW = "write NAME<=NUMBER, as NAME>=-5% or NAME<=10/day, or say 'at most 5 % fewer NAME'"
LESS, MORE = ("less", "fewer", "lower"), ("more", "higher")
_NUMBER = r"(?P<sign>[+\-\u2212]?)\s*(?P<number>\d+(?:\.\d+)?|\.\d+)\s*(?P<percent>%?)"
_PER = r"(?:\s*(?:/|\ba |\ban |\bper )\s*(?P<per>[a-z]+))?"
_SHORT = re.compile(rf"(?P<name>[\w -]+?)\s*(?P<sense><=|>=|=<|=>|<|>|\u2264|\u2265)\s*{_NUMBER}{_PER}")
_LONG = re.compile(
    rf"at (?P<end>most|least)\s+{_NUMBER}\s*(?P<turn>{'|'.join((*LESS, *MORE))})?\s+(?P<name>[\w-]+(?: [\w-]+)*?){_PER}",
    re.IGNORECASE,
)
_WISH = re.compile(
    rf"(?:(?P<turn>{'|'.join((*LESS, *MORE))})\s+)?(?P<name>[\w-]+(?: [\w-]+)*)", re.IGNORECASE
)
_UNITS = {
    "day": 24.0,
    "hour": 1.0,
    "step": None,
}
"""Hours of each time that a number may be told by; a step has those of the community."""


class Statement(NamedTuple):
    """`sense` is 1 where `bound` is the least that is allowed, -1 where it is the most; `strict` leaves the bound itself out.

    `kind` says against what: `CHANGE` is with less without, `SHARE` that over without, `LEVEL` what there is with the policy.
    `per` is the time that the number is counted by ("day"), empty for a whole run.
    """

    outcome: str
    unit: str
    kind: str
    sense: int
    bound: float
    per: str = ""
    strict: bool = False

    def words(self) -> str:
        """The statement as a person says it.

        >>> Statement("gain", "points", SHARE, 1, -0.05).words()
        'at most 5 % fewer gain'
        >>> Statement("fines", "points", LEVEL, -1, 10, "day").words()
        'at most 10 fines a day'
        """
        name, per = self.outcome.replace("_", " "), f" a {self.per}" if self.per else ""
        if self.strict and not self.bound and self.kind == CHANGE:
            return f"{'more' if self.sense > 0 else 'less'} {name}"
        end = "at least" if self.sense > 0 else "at most"
        if self.strict:
            end = "more than" if self.sense > 0 else "less than"
        if self.kind == LEVEL:
            return f"{end} {self.bound:g} {name}{per}"
        size = f"{abs(self.bound) * 100:g} %" if self.kind == SHARE else f"{abs(self.bound):g}"
        if not self.bound:
            return f"no {'less' if self.sense > 0 else 'more'} {name}"
        fewer = self.bound < 0
        flipped = {
            "at least": "at most",
            "at most": "at least",
            "more than": "less than",
            "less than": "more than",
        }
        return f"{flipped[end] if fewer else end} {size} {'fewer' if fewer else 'more'} {name}{per}"

    def slack(self, without: Any, under: Any, hours: float, step_hours: float) -> np.ndarray:
        """(n,) what each pair has beyond the bound, turned so that its mean must be 0 or more.

        `without` and `under` are the outcome in both arms; `hours` is how long a run lasts.
        """
        without, under = np.asarray(without, float), np.asarray(under, float)
        scale = self._scale(hours, step_hours)
        beyond = {
            CHANGE: lambda: (under - without) * scale - self.bound,
            SHARE: lambda: under - (1 + self.bound) * without,
            LEVEL: lambda: under * scale - self.bound,
        }[self.kind]()
        return self.sense * beyond

    def shown(self, slack: float | None, without: float, hours: float, step_hours: float) -> float | None:
        """A mean (or an end of its interval) of `slack` as the number that the statement speaks of; a share as a fraction.

        `without` is the mean without the policy, by which a share is told; None where that is 0.
        """
        if slack is None:
            return None
        beyond = self.sense * slack
        if self.kind == SHARE:
            return beyond / without + self.bound if without else None
        return beyond + self.bound

    def _scale(self, hours: float, step_hours: float) -> float:
        if not self.per:
            return 1.0
        each = _UNITS[self.per] or step_hours
        return each / hours


def exclude(one: Statement, other: Statement) -> bool:
    """Can no number keep both, whatever it is? A change and a share are only held against each other where they part at 0.

    >>> less, more = (Statement("x", "x", SHARE, sense, sense * 0.05) for sense in (-1, 1))
    >>> exclude(less, more), exclude(less, less)
    (True, False)
    """
    if one.outcome != other.outcome or {one.sense, other.sense} != {-1, 1}:
        return False
    least, most = sorted((one, other), key=lambda each: -each.sense)
    low, high = least.bound, most.bound
    unlike = (least.kind, least.per) != (most.kind, most.per)
    if unlike and (LEVEL in (least.kind, most.kind) or low < 0 < high or low * high > 0):
        return False
    return low > high or (low == high and (least.strict or most.strict))


def read_statement(
    words: str, community: str | None = None, fixed: frozenset[str] = frozenset()
) -> Statement:
    """A limit as it is typed; `ValueError` says in a sentence what is wrong with it.

    `fixed` are the outcomes that no policy can move in this model.
    """
    said = " ".join(words.strip().strip("\"'").split())
    found = _SHORT.fullmatch(said) or _LONG.fullmatch(said)
    if found is None:
        raise ValueError(f"--limit {words!r} is no limit: {HOW}")
    return _made(f"--limit {words!r}", found.groupdict(), community, fixed)


def read_goal(words: str, community: str | None = None, fixed: frozenset[str] = frozenset()) -> Statement:
    """A goal as it is typed: "less NAME", or a limit that says how much; `ValueError` where it asks for what is declared bad."""
    said = " ".join(words.strip().strip("\"'").split())
    found = _SHORT.fullmatch(said) or _LONG.fullmatch(said)
    if found is not None:
        made = _made(f"--goal {words!r}", found.groupdict(), community, fixed)
    elif (found := _WISH.fullmatch(said)) is not None:
        outcome = _outcome(f"--goal {words!r}", found["name"], community, fixed)
        good = outcome.polarity == "good"
        sense = {True: 1, False: -1}[found["turn"].casefold() in MORE if found["turn"] else good]
        made = Statement(outcome.name, outcome.unit, CHANGE, sense, 0.0, strict=True)
    else:
        raise ValueError(f"--goal {words!r} is no goal: say 'less NAME', or how much, as NAME<=-20%")
    polarity = find_outcome(made.outcome).polarity
    if (made.sense > 0) != (polarity == "good"):
        other = "less" if polarity == "harm" else "more"
        raise ValueError(
            f"--goal {words!r} asks for {'more' if made.sense > 0 else 'less'} of {made.outcome}, which is declared a {polarity}: "
            f"ask for '{other} {made.outcome}'"
        )
    return made


def _made(
    option: str, found: dict[str, str | None], community: str | None, fixed: frozenset[str]
) -> Statement:
    found = {part: said and (said if part == "name" else said.casefold()) for part, said in found.items()}
    outcome = _outcome(option, str(found["name"]), community, fixed)
    per = found["per"] or ""
    if per not in ("", *_UNITS):
        raise ValueError(f"{option} counts by the {per}: a number may be told a day, an hour or a step")
    sign = -1.0 if found["sign"] in ("-", "\u2212") else 1.0
    number, percent = sign * float(str(found["number"])), bool(found["percent"])
    signed, turn = bool(found["sign"]), found.get("turn")
    if turn and signed:
        raise ValueError(f"{option} has a sign and the word {turn!r}: give one of them")
    if percent and not (signed or turn):
        raise ValueError(
            f"{option}: a per cent is a change: write {found['number']} % with a sign, or say more or fewer"
        )
    sense = _sense(found, turn)
    if turn in LESS:
        number = -number
    kind = SHARE if percent else CHANGE if signed or turn else LEVEL
    if percent and per:
        raise ValueError(f"{option} is a share of what there is without the policy: leave out the {per}")
    if per and outcome.unit.startswith(("share", "Gini", "1 less")):
        raise ValueError(
            f"{option}: {outcome.name} is counted in {outcome.unit}, which does not add up over a {per}"
        )
    bound = number / 100 if percent else number
    if kind == SHARE and bound < -1:
        raise ValueError(f"{option} allows more than all to be lost: give 100 % or less")
    return Statement(outcome.name, outcome.unit, kind, sense, bound, per, found.get("sense") in ("<", ">"))


def _sense(found: dict[str, str | None], turn: str | None) -> int:
    """1 where the number, as a change or a level, is the least that is allowed."""
    if found.get("sense"):
        return -1 if str(found["sense"])[0] in "<\u2264" or found["sense"] == "=<" else 1
    least = found["end"] == "least"
    return (-1 if least else 1) if turn in LESS else (1 if least else -1)


def _outcome(option: str, name: str, community: str | None, fixed: frozenset[str]) -> Outcome:
    typed = name.strip().replace(" ", "_").replace("-", "_")
    try:
        found = find_outcome(typed, community)
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None
    if found.name in fixed:
        raise ValueError(
            f"{option}: {found.name} cannot move in this model, so no policy can meet or break it"
        )
    return found
