"""`windtunnel incidents`: what went wrong in a finished run or an imported community."""

import argparse
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Incident, Kind, Rule
from windtunnel.analysis.incidents.find import find, parse_rules, rules_of, summary
from windtunnel.analysis.incidents.forum import command as forum
from windtunnel.analysis.incidents.moments import step_words
from windtunnel.analysis.incidents.read import looked_in, read_tables
from windtunnel.analysis.incidents.registry import kinds_in
from windtunnel.analysis.terminal.ending import OK
from windtunnel.analysis.terminal.printing import print_json, print_table
from windtunnel.sim.community import Nouns


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The rules and their numbers are in conf/incident. Then: windtunnel why OUT ID --with POLICY"
    )
    parser.add_argument("out", help="output folder of `windtunnel run` or of `windtunnel import`")
    parser.add_argument("--kind", help="only incidents of this kind")
    parser.add_argument("--draw", type=int, help="only this draw of the community")
    parser.add_argument("--seed", type=int, help="only this seed")
    parser.add_argument("--arm", choices=("baseline", "policy", "aa"), help="only this arm")
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="KIND.NAME=NUMBER",
        help="another number than conf/incident has, as escalation.threshold=2",
    )
    parser.add_argument("--most", type=int, default=20, help="list this many at most (all with --json)")
    forum.add_options(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON list and nothing else")


def call(asked: argparse.Namespace) -> int:
    if asked.most < 1:
        raise ValueError(f"--most is {asked.most}: give a number above 0")
    folder = Folder(Path(asked.out))
    if forum.serves(folder):
        return forum.call(asked)
    declared, kinds = kinds_in(folder, "incidents")
    forum.refuse_options(asked, "incidents")
    rules = _wanted(asked, kinds)
    found = _searched(asked, folder, kinds, rules)
    if asked.json:
        print_json([_content(one) for one in found])
        return OK
    if not found:
        each = "; ".join(
            f"{kind} counts {summary(kind)}, from {rule['threshold']:g}" for kind, rule in rules.items()
        )
        print(f"No incident by the rules of conf/incident: {each}. --rule KIND.NAME=NUMBER changes a number.")
        return OK
    shown = found[: asked.most]
    print_table([_row(one, declared.nouns) for one in shown])
    if len(found) > asked.most:
        rest = Counter(one.kind for one in found[asked.most :])
        each = ", ".join(f"{kind} {count}" for kind, count in rest.items())
        print(f"{rest.total()} more ({each}): --most {len(found)} lists them all")
    print("\nSeverity is what the rule counts, at its most:")
    for kind in dict.fromkeys(one.kind for one in shown):
        print(
            f"  {kind}: {summary(kind)} ({kinds[kind].unit or 'severity'}; listed from {rules[kind]['threshold']:g})"
        )
    print(f"\nNext: {_next(shown[0], folder, asked)}")
    print(
        "\nA finding is a rule's reading of simulated runs, and no basis for a sanction without a person's review."
    )
    return OK


def listed(asked: argparse.Namespace) -> list[Incident]:
    """The incidents that the command's words ask for, the worst first; `ValueError` says what is wrong with them."""
    folder = Folder(Path(asked.out))
    if forum.serves(folder):
        return forum.search(asked).incidents
    _, kinds = kinds_in(folder, "incidents")
    return _searched(asked, folder, kinds, _wanted(asked, kinds))


class Question(NamedTuple):
    """An incident of a run, in the words of its table, and the command that asks about it."""

    row: dict[str, Any]
    command: str


def questions_of(folder: Folder, out: str) -> list[Question]:
    """What may be asked of a run of a community that is no forum, the worst incident first; `out` is how a command names it.

    `ValueError` where its community has no kinds of incident.
    """
    declared, kinds = kinds_in(folder, "incidents")
    asked = argparse.Namespace(out=out, draw=None, seed=None, arm=None, kind=None, rule=[])
    found = _searched(asked, folder, kinds, _wanted(asked, kinds))
    return [Question(_row(one, declared.nouns), _next(one, folder, asked)) for one in found]


def _searched(
    asked: argparse.Namespace, folder: Folder, kinds: Mapping[str, Kind], rules: Mapping[str, Rule]
) -> list[Incident]:
    run = {name: getattr(asked, name) for name in ("draw", "seed", "arm")}
    return find(looked_in(read_tables(folder), run, asked.out), kinds, rules)


def _wanted(asked: argparse.Namespace, kinds: Mapping[str, Kind]) -> dict[str, Rule]:
    rules = rules_of(kinds, parse_rules(asked.rule))
    if asked.kind is None:
        return rules
    if asked.kind not in rules:
        raise ValueError(f"no incident is of kind {asked.kind!r}: choose from {', '.join(rules)}")
    return {asked.kind: rules[asked.kind]}


def _row(one: Incident, nouns: Nouns) -> dict[str, Any]:
    count = len(one.members)
    many = f"{count} {nouns.members if count != 1 else nouns.member}" if count else "-"
    return {
        "id": one.id,
        "draw/seed": f"{one.draw}/{one.seed} {one.arm}",
        "onset": step_words(one.onset, nouns.step),
        "severity": f"{one.severity:.4g}",
        "who": many if one.member is None else f"{nouns.member} {one.member}",
    }


def _content(one: Incident) -> dict[str, Any]:
    return one._asdict() | {"members": list(one.members), "shown": list(one.shown)}


def _next(one: Incident, folder: Folder, asked: argparse.Namespace) -> str:
    """The command that asks about an incident: had the policy of the experiment been on, or off."""
    config: Mapping[str, Any] = folder.read_json(folder.manifest)["config"]
    on, treatment = _names(config.get("baseline")), _names(config.get("policy"))
    if one.arm == "policy":
        act = next((f"--without {name}" for name in (*treatment, *on)), "")
    else:
        act = next((f"--with {name} --at onset" for name in treatment if name not in on), "")
    given = "".join(f" --rule {shlex.quote(rule)}" for rule in asked.rule)
    return f"windtunnel why {shlex.quote(asked.out)} {one.id} {act or '--with POLICY'}{given}"


def _names(policies: Any) -> Sequence[str]:
    """The names of policies as a configuration has them: one, or several, each alone or with its parameters."""
    some = [policies] if isinstance(policies, str) else policies or []
    names = [str(one if isinstance(one, str) else next(iter(one))) for one in some]
    return [name for name in names if name != "none"]
