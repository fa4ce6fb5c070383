"""And what would have followed: a replayed rule as the policy that is toggled in a run, or asked about with `why`.

The model's posts have a tone and no words. So a rule is taken over by how often it touched each tone, of newcomers and of
regulars, on the record. One of our own policies is toggled as it is.
"""

import shlex
from typing import Any, NamedTuple

from windtunnel.analysis.rules.loading import Loaded
from windtunnel.analysis.rules.reach import NEWCOMERS, REGULARS, TONES
from windtunnel.analysis.rules.replaying import Replayed

FEW = 30
"""Posts of a tone and group below which a share says little, and is told."""


class Followed(NamedTuple):
    """The policy and parameters that stand for a rule, and what must be said of it."""

    policy: str
    parameters: dict[str, Any]
    notes: tuple[str, ...]
    path: str = ""
    """The rule's file, if it has one."""

    def run_words(self, folder: str) -> list[str]:
        """The settings of `windtunnel run`."""
        given = [f"policy_with.{self.policy}.{key}={value}" for key, value in self.parameters.items()]
        return [f"community.profile={folder}", f"policy={self.policy}", *given]

    def run_command(self, folder: str) -> str:
        return "windtunnel run " + " ".join(map(shlex.quote, self.run_words(folder)))

    def why_command(self, folder: str, incident: str = "INCIDENT") -> str:
        """Of a rule in a file what it touched in the thread is known, so that its name is enough."""
        each = {"rule": self.path} if self.path else self.parameters
        given = " ".join(f"--param {shlex.quote(f'{key}={value}')}" for key, value in each.items())
        return f"windtunnel why {shlex.quote(folder)} {incident} --with {self.policy} {given}"


def follow(loaded: Loaded, found: Replayed) -> Followed:
    """The policy that a replayed rule becomes; `ValueError` where it takes nothing away, so that nothing could follow."""
    if loaded.policy is not None:
        given = loaded.policy.model_dump(exclude={"label", "start", "stop"})
        return Followed(loaded.policy.name, given, ())
    away = {rule.rule for rule in found.rules if rule.action != "report"}
    if not away:
        raise ValueError(
            f"{found.rule} only reports, and a report changes nothing in the model: nothing would have followed"
        )
    notes = [
        "In the model a post has a tone and no words: the rule takes away as large a share of each tone as on the record."
    ]
    if all(rule.action == "" for rule in found.rules):
        notes.append("The rule names no action: it is taken to remove.")
    if len(away) < len(found.rules):
        notes.append("Rules that only report are left out: a report changes nothing in the model.")
    given, few = _shares(found)
    if few:
        notes.append(f"Few posts could be judged ({', '.join(few)}): such shares say little.")
    return Followed("replayed_rule", given, tuple(notes), loaded.path)


def _shares(found: Replayed) -> tuple[dict[str, float], list[str]]:
    """The share of each tone that the rule takes away, of regulars and of newcomers, and which of them rest on few posts.

    Where a group wrote nothing of a tone its share is that of both groups together; 0 where nobody wrote any.
    """
    shares = {(one.group, one.tone): one for one in found.reach}
    given: dict[str, float] = {}
    few = []
    for tone in TONES:
        for group, key in ((REGULARS, tone), (NEWCOMERS, f"newcomers_{tone}")):
            one = shares[group, tone]
            both = [shares[each, tone] for each in (REGULARS, NEWCOMERS)]
            count = sum(each.posts for each in both)
            pooled = sum((each.share or 0) * each.posts for each in both) / count if count else 0.0
            given[key] = round(pooled if one.share is None else one.share, 4)
            if one.posts < FEW:
                few.append(f"{one.posts} {tone} of {group}")
    return given, few
