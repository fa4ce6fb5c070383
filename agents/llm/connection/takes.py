"""What a server takes of what we would send it, as it says itself when it refuses something."""

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

LIMITS = ("max_tokens", "max_completion_tokens")
LOGPROBS = ("logprobs", "top_logprobs")
FIELDS = {
    "logprobs": r"top_n_tokens|(?:top_)?log_?prob(?:s|abilities)?\b|log[ -]prob",
    "max_completion_tokens": r"max_completion_tokens",
    "max_tokens": r"(?<!_)max_(?:output_|new_)?tokens",
    "temperature": r"temperature",
    "top_p": r"top_p\b|top-p\b",
    "seed": r"(?<![\w:])seed\b(?!:)",
    "response_format": r"response_?format|json_schema|structured output|guided",
    "n": r"[`'\"]n[`'\"]|\bn\s*(?:must|should|can|>|=|is)|parameter:? n\b|\.n\b",
    "system": r"[`'\"]system[`'\"]|system (?:role|message|prompt|instruction)|role:? [`'\"]?system",
}
"""How a refusal names what it does not take."""
_MOST = re.compile(
    r"(?:<=?|less than or equal to|at most|max(?:imum)?(?: allowed)?(?: value)?(?: of| is|:)?|exceed|between 0 and"
    r"|range \[?0,|up to|must be in \[0,)\s*(\d+)",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"(?P<above>(?:>|greater than|more than|above)\s*)?(?(above)|(?:>=|greater than or equal to|at least|"
    r"min(?:imum)?(?: value)?(?: of| is|:)?)\s*)(?P<number>\d+)",
    re.IGNORECASE,
)
RAN_OUT = re.compile(
    r"limit was reached|could not finish|try again with higher|reached before", re.IGNORECASE
)


class Takes(BaseModel):
    """What a server takes: everything, until it has refused something.

    `without` are fields left out, `limit` is what it calls the most tokens of an answer (at least `least` of them, at most `most`),
    `top` the most candidates for a token that it lists (None: no limit known). Without `system` its words stand before the user's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    without: tuple[str, ...] = ()
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    least: int = 1
    most: int | None = None
    top: int | None = None

    def fitted(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a call with what the server takes of it."""
        out = {key: value for key, value in body.items() if key not in self.without}
        if "logprobs" in self.without:
            out.pop("top_logprobs", None)
        if "max_tokens" in out:
            out[self.limit] = min(max(out.pop("max_tokens"), self.least), self.most or sys.maxsize)
        for name in LOGPROBS:
            if self.top and out.get(name) and out[name] is not True:
                out[name] = min(out[name], self.top)
        if "response_format" in self.without:
            out.pop("extra_body", None)
        if "system" in self.without and "messages" in out:
            out["messages"] = _as_one(out["messages"])
        return out

    def learnt(self, refusal: str, param: str, sent: Mapping[str, Any]) -> "Takes | None":
        """What is left once this refusal of what was `sent` is heeded; None where it names none of it.

        A field in `param` is the one meant, else the first that the refusal names.
        """
        if RAN_OUT.search(refusal):
            return None
        for name in _named(param, refusal):
            if name == "logprobs" and "logprobs" in sent and (found := _MOST.search(refusal)):
                most = int(found.group(1))
                if 1 < most < (sent.get("top_logprobs") or sent["logprobs"]):
                    return self.model_copy(update={"top": most})
            if name in LIMITS:
                if self.limit in sent and (bound := self._bound(refusal, sent[self.limit])):
                    return bound
                if self.limit in sent and (less := self._other_limit(name)):
                    return less
            elif name in sent or (name == "system" and _has_system(sent)):
                return self.less(name)
        return None

    def _bound(self, refusal: str, sent: int) -> "Takes | None":
        """With the fewest or the most tokens of an answer that a refusal names; None where it names none that was crossed."""
        if found := _LEAST.search(refusal):
            least = int(found["number"]) + bool(found["above"])
            if sent < least <= 64:
                return self.model_copy(update={"least": least})
        if (found := _MOST.search(refusal)) and self.least <= int(found.group(1)) < sent:
            return self.model_copy(update={"most": int(found.group(1))})
        return None

    def _other_limit(self, named: str) -> "Takes | None":
        """The other name of the limit, where the one refused is the one sent; no limit after both."""
        if named != self.limit:
            return None
        if named == "max_tokens":
            return self.model_copy(update={"limit": "max_completion_tokens"})
        return self.less("max_tokens")

    def less(self, *names: str) -> "Takes":
        """The same without these fields."""
        return self.model_copy(update={"without": tuple(sorted({*self.without, *names}))})

    def guesses(self) -> "Iterator[Takes]":
        """What to try after a refusal that names nothing, the likeliest first."""
        other = self.model_copy(update={"limit": "max_completion_tokens"})
        yield from (self.less("logprobs"), other, self.less("temperature"), self.less("system"))
        yield other.less("temperature")
        yield other.less("logprobs", "temperature", "n", "top_p", "seed", "response_format")

    def told(self) -> list[str]:
        """What is done otherwise for this server, in words."""
        words = {
            "temperature": "no temperature, so its own",
            "n": "one answer a call",
            "top_p": "no top_p",
            "seed": "no seed",
            "response_format": "no schema",
            "system": "the system's words before the user's",
            "max_tokens": "no limit of tokens",
            "prompts": "one prompt a call",
        }
        out = [words[name] for name in self.without if name in words]
        if self.limit != "max_tokens" and "max_tokens" not in self.without:
            out.append("max_completion_tokens in place of max_tokens")
        if self.least > 1:
            out.append(f"at least {self.least} tokens asked for")
        if self.most:
            out.append(f"answers of {self.most} tokens at the most")
        if self.top:
            out.append(f"the {self.top} likeliest tokens at most")
        return out

    def changes_answers(self, before: "Takes") -> bool:
        """Whether answers are kept under another name than those of a server that takes what it took `before`."""
        return (self.changes(), self.word_changes()) != (before.changes(), before.word_changes())

    def word_changes(self) -> dict[str, Any]:
        """The same for words."""
        out = {key: value for key, value in self.changes().items() if key != "top"}
        if "top_p" in self.without:
            out["top_p"] = "the server's own"
        if "seed" in self.without:
            out["seeded"] = False
        return out

    def changes(self) -> dict[str, Any]:
        """What of this can change an answer, for the identity that it is kept under; empty for a server that takes all."""
        out: dict[str, Any] = {}
        if "temperature" in self.without:
            out["temperature"] = "the server's own"
        if self.top:
            out["top"] = self.top
        if self.least > 1:
            out["max_tokens"] = self.least
        if self.most:
            out["most_tokens"] = self.most
        if "system" in self.without:
            out["system"] = "before the user's words"
        return out


def _named(param: str, refusal: str) -> list[str]:
    """Fields that a refusal names, that in `param` first, then in the order of its words."""
    found = []
    for name, pattern in FIELDS.items():
        if param and re.fullmatch(rf"(?:body\.)?(?:{pattern})", param, re.IGNORECASE) or param == name:
            found.append((-1, name))
        elif place := re.search(pattern, refusal, re.IGNORECASE):
            found.append((place.start(), name))
    return [name for _, name in sorted(found)]


def _has_system(sent: Mapping[str, Any]) -> bool:
    return any(part.get("role") == "system" for part in sent.get("messages", ()))


def _as_one(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """The messages with the system's words at the head of the user's."""
    words = "\n\n".join(part["content"] for part in messages if part["role"] == "system")
    users = [part for part in messages if part["role"] != "system"]
    return [{**users[0], "content": f"{words}\n\n{users[0]['content']}"}, *users[1:]] if words else users
