"""Rules in AutoModerator's YAML: the part of it that a record can answer, and a few numbers of ours.

What each key means is what Reddit's published code does with it (r2/lib/automoderator.py of reddit-archive/reddit). A key that is
not taken is refused by its name, never passed over.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from windtunnel.agents.nearest import nearest
from windtunnel.analysis.rules import known
from windtunnel.analysis.rules.fields import body_length, names, number, yes_or_no
from windtunnel.analysis.rules.model import COMMENT, KINDS, SUBMISSION, Check, Rule, Variant
from windtunnel.analysis.rules.searches import MODIFIERS, has_body, search
from windtunnel.analysis.rules.shown import shown

ACTIONS = ("remove", "spam", "filter", "report")
TYPES = {"any": KINDS, "comment": (COMMENT,), "submission": (SUBMISSION,)}
_KEY = re.compile(r"(~?)([^\s(#]+)(#[^\s(]*)?\s*(?:\((.+)\))?")
GROUPS = ("author", "parent_submission", "thread")
_BASE = ("type", "priority", "moderators_exempt", "action", "ignore_blockquotes", "is_top_level")
_LENGTHS = ("body_longer_than", "body_shorter_than")


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake; the last would win in silence."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise ValueError("a list or a group stands where a key is expected: write KEY: VALUE")
        key = str(loader.construct_object(key_node, deep=True)).lower()
        if key in found:
            raise ValueError(
                f"{shown(key)} stands twice in one rule: write {key.partition(' ')[0]}#2 for the second"
            )
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_rules(text: str) -> list[Rule]:
    """The rules of a text, documents parted by ---, of the highest priority first; `ValueError` says what is wrong where."""
    try:
        documents = list(yaml.load_all(text, _Loader))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ValueError(
            f"it is no YAML{where}: {getattr(error, 'problem', None) or 'nested too deeply'}"
        ) from None
    rules, wrong = [], []
    for place, content in enumerate((one for one in documents if one is not None), 1):
        if not isinstance(content, dict):
            wrong.append(f"document {place} is no rule: write keys with values, as body: [word, other word]")
            continue
        try:
            rules.append(_rule(f"rule {place}", content))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        more = (
            f"\n({len(wrong)} of {len(rules) + len(wrong)} rules cannot be replayed)"
            if len(wrong) > 1
            else ""
        )
        raise ValueError("\n".join(wrong) + more)
    if not rules:
        raise ValueError("it holds no rule")
    return sorted(rules, key=lambda rule: -rule.priority)


def _rule(name: str, content: Mapping[str, Any]) -> Rule:
    try:
        return _made(name, dict(content))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _made(name: str, content: dict[str, Any]) -> Rule:
    reason = content.get("action_reason", content.get("report_reason"))
    left = tuple(key for key in content if key in known.NOT_SHOWN)
    for key in left:
        del content[key]
    action = content.pop("action", "")
    if action == "approve":
        raise ValueError(
            "action approve is refused: it undoes what was removed or reported before, and the record does not say what that was"
        )
    if action not in ("", *ACTIONS):
        raise ValueError(f"action {shown(action)} is unknown: choose from {', '.join(ACTIONS)}")
    kind = content.pop("type", "any")
    if kind in ("text submission", "link submission"):
        raise ValueError(
            f"type {kind} is refused: the record does not say which posts were links: write submission"
        )
    if kind not in TYPES:
        raise ValueError(f"type {shown(kind)} is unknown: choose from {', '.join(TYPES)}")
    priority = _whole(content.pop("priority", 0), "priority")
    exempt = content.pop("moderators_exempt", action != "")
    if not isinstance(exempt, bool):
        raise ValueError(f"moderators_exempt is {shown(exempt)}: write true or false")
    variants = tuple(part for each in TYPES[kind] if (part := _variant(each, content, kind == "any")))
    if not any(part.checks for part in variants):
        raise ValueError("it checks nothing: write a check such as body: [word]")
    said = f"{name} ({' '.join(reason.split())[:60]})" if isinstance(reason, str) and reason.strip() else name
    return Rule(said, variants, action, priority, exempt, left)


def _variant(kind: str, content: Mapping[str, Any], of_any: bool) -> Variant | None:
    """The checks for one kind of post; None where a rule for `any` has a check that this kind cannot have."""
    checks: list[Check] = []
    quotes = content.get("ignore_blockquotes", False)
    if not isinstance(quotes, bool):
        raise ValueError(f"ignore_blockquotes is {shown(quotes)}: write true or false")
    for key, value in content.items():
        if key in ("author", "~author"):
            checks += _of_author("~name" if key[0] == "~" else "name", value)
        elif key == "thread":
            checks += _of_thread(value)
        elif key == "parent_submission":
            if kind == SUBMISSION:
                _refuse_misfit(of_any, key, kind)
                return None
            checks += _of_opener(value)
        elif key == "is_top_level":
            if kind == SUBMISSION:
                _refuse_misfit(of_any, key, kind)
                return None
            checks.append(yes_or_no(key, "top_level", value))
        elif key in _LENGTHS:
            if _whole(value, key) < 0:
                raise ValueError(f"{key} is {value}: a length is 0 or more")
            checks.append(body_length(key, value, quotes))
        elif key in known.OF_POST:
            checks.append(number(key, key, known.OF_POST[key](value)))
        elif key != "ignore_blockquotes":
            found = _search(key, value, kind, quotes=quotes)
            if found is None:
                _refuse_misfit(of_any, key, kind)
                return None
            checks.append(found)
    searched = [check for check in checks if check.pattern]
    if kind == SUBMISSION and searched and all(check.fields == ("body",) for check in searched):
        checks.insert(0, has_body())
    return Variant(kind, tuple(checks)) if checks else None


def _refuse_misfit(of_any: bool, key: str, kind: str) -> None:
    """`ValueError` where a rule names the kind; one for `any` has no variant for this kind then."""
    if not of_any:
        raise ValueError(f"{key} cannot be asked of a {kind}")


def _search(
    key: str, value: Any, kind: str, *, of_opener: bool = False, quotes: bool = False, place: str = ""
) -> Check | None:
    """A search in title or body; None where this kind of post has none of its fields."""
    match = _KEY.fullmatch(key)
    if match is None:
        raise ValueError(
            f"{shown(key)} is no check: write field+field (modifier, modifier), without blanks around +"
        )
    fields = match[2].split("+")
    for field in fields:
        if field not in known.SEARCHED:
            raise ValueError(_unknown(field, place))
    modifiers = [each.strip() for each in match[4].split(",")] if match[4] else []
    for each in modifiers:
        if each not in MODIFIERS:
            raise ValueError(
                f"{key}: the modifier {shown(each)} is unknown: {nearest(each, list(MODIFIERS))}"
            )
    values = words_of(key, value)
    there = [field for field in fields if kind == SUBMISSION or field != "title"]
    if not there:
        return None
    name = f"{place}{key}"
    return search(
        name, there, values, modifiers, negated=bool(match[1]), of_opener=of_opener, without_quotes=quotes
    )


def _unknown(field: str, place: str = "") -> str:
    why = known.refused(field)
    if why:
        return f"{place}{field} is refused: {why}"
    valid = {
        "": (*_BASE, *GROUPS, *known.SEARCHED, *_LENGTHS, *known.OF_POST),
        "author: ": ("name", *known.YES_OR_NO, *known.OF_AUTHOR),
        "thread: ": tuple(known.OF_THREAD),
    }.get(place, known.SEARCHED)
    return f"{place}{field} is no field that is known here: {nearest(field, list(valid))}"


def words_of(key: str, value: Any) -> list[str]:
    """The words to look for; `ValueError` where there are none, or something else than words and numbers."""
    values = value if isinstance(value, list) else [value]
    if not values or any(one in ("", None) for one in values):
        raise ValueError(f"{key} has an empty word: it would be found everywhere")
    if wrong := [one for one in values if isinstance(one, bool) or not isinstance(one, str | int | float)]:
        raise ValueError(f"{key} has {shown(wrong[0])}, which is no word: put it in quotes")
    return [str(one) for one in values]


def _of_author(shorthand: str, value: Any) -> list[Check]:
    if not isinstance(value, dict):
        return [names(shorthand, words_of(f"author: {shorthand}", value))]
    checks: list[Check] = []
    numbers: list[Check] = []
    any_one = value.get("satisfy_any_threshold", False)
    for key, given in value.items():
        match = _KEY.fullmatch(key)
        bare = match[2] if match else key
        if bare == "name" and match:
            if match[4] and match[4].strip() != "full-exact":
                raise ValueError(
                    f"author: {key} is refused: only hashes of names are kept, so that a name can only be compared whole"
                )
            checks.append(names(key, words_of(f"author: {key}", given)))
        elif key in known.YES_OR_NO:
            checks.append(yes_or_no(f"author: {key}", known.YES_OR_NO[key], given))
        elif key in known.OF_AUTHOR:
            numbers.append(number(f"author: {key}", key, known.OF_AUTHOR[key](given)))
        elif key != "satisfy_any_threshold" and key not in known.NOT_SHOWN:
            raise ValueError(_unknown(key, "author: "))
    if any_one and len(numbers) > 1:
        from windtunnel.analysis.rules.fields import either

        numbers = [either(numbers)]
    return checks + numbers


def _of_thread(value: Any) -> list[Check]:
    if not isinstance(value, dict):
        raise ValueError('thread is a group: write its checks under it, as thread: {replies_before: "> 50"}')
    checks = []
    for key, given in value.items():
        if key not in known.OF_THREAD:
            raise ValueError(_unknown(key, "thread: "))
        checks.append(number(f"thread: {key}", "age" if key == "age" else key, known.OF_THREAD[key](given)))
    return checks


def _of_opener(value: Any) -> list[Check]:
    if not isinstance(value, dict):
        raise ValueError(
            "parent_submission is a group: write its checks under it, as parent_submission: {title: [word]}"
        )
    place = "parent_submission: "
    checks: Sequence[Check | None] = [
        _search(key, given, SUBMISSION, of_opener=True, place=place) for key, given in value.items()
    ]
    return [check for check in checks if check]


def _whole(value: Any, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{key} is {shown(value)}: give a whole number")
    return value
