"""What a model says in one choice of a reply: its own words, after its thoughts and without a server's marks."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MORE_TOKENS = "thoughts that do not end: they need more tokens"

_NAMES = r"(?:\w+:)?(?:think|thinking|thoughts?|reason|reasoning|reflection|analysis|scratchpad)"
_OPENED = re.compile(
    rf"<{_NAMES}(?:\s[^<>]*)?>"
    r"|\[(?:THINK|THINKING|REASONING)\]|◁think▷|<unused94>"
    r"|<\|(?:START_THINKING|begin_of_thought|think|thinking|thought|inner_prefix)\|>"
    r"|<\|channel\|?>\s*(?:analysis|commentary|thought|thinking)\b"
    r"|^\s*Here(?: is|'s) my thought process:|^\s*analysis(?-i:(?=[A-Z]))",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    rf"</{_NAMES}\s*>"
    r"|\[/(?:THINK|THINKING|REASONING)\]|◁/think▷|<unused95>"
    r"|<\|(?:END_THINKING|end_of_thought|/think|/thinking|/thought|inner_suffix)\|>"
    r"|<\|channel\|>\s*final\s*(?:<\|constrain\|>\s*\w+\s*)?<\|message\|>|<channel\|>"
    r"|(?<!\w )assistant\s?final(?-i:(?=[^a-z]|$))|^Here(?: is|'s) my response:",
    re.IGNORECASE | re.MULTILINE,
)
_BEGUN = re.compile(
    r"\s*(?:<s>|<bos>|<\|begin_of_text\|>|<\|assistant\|>|<\|im_start\|>\s*assistant"
    r"|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>|<\|start\|>\s*assistant|<\|message\|>)"
)
_ENDED = re.compile(
    r"<\|(?:im_end|im_start|eot_id|eom_id|end|return|call|endoftext|end_of_text|end_of_turn|user|start_header_id"
    r"|END_RESPONSE|END_OF_TURN_TOKEN)\|>|</s>|<eos>|<end_of_turn>|<start_of_turn>|<｜end▁of▁sentence｜>|\[/?INST\]"
)
_WRAPPED = re.compile(
    r"</?(?:answer|response|final|final_answer|output)>"
    r"|<\|(?:START_RESPONSE|begin_of_solution|end_of_solution|begin_of_box|end_of_box)\|>"
)


class Unreadable(ValueError):
    """An answer arrived but holds no usable log-probability of any letter, or no words."""


class UnfitWords(Unreadable):
    """A whole answer arrived, but what the model wrote is no text: asked the same again, it may write the same."""


def text_of(choice: Mapping[str, Any]) -> object:
    """What one choice says, of a chat or of a completion; None where it says nothing.

    Texts that come in parts are put together; parts that are thoughts are left out.
    """
    message = choice.get("message", choice.get("delta"))
    said = message.get("content") if isinstance(message, Mapping) else choice.get("text")
    if isinstance(said, Mapping):
        said = [said]
    return _together(said) if isinstance(said, list) else said


def said(choice: Mapping[str, Any]) -> str:
    """The model's own words: thoughts are dropped wherever they end, with or without a tag that opens them.

    `UnfitWords` if there is nothing else: thoughts that do not end, a refusal, or nothing at all. A whole answer that a
    server filed under its thoughts is none of these only where it is JSON, or a letter alone.

    >>> said({"text": "Hm. A member would.</think> C<|im_end|>"})
    'C'
    """
    need_whole(choice)
    text = text_of(choice)
    if text is not None and not isinstance(text, str):
        raise Unreadable(f"no words but {type(text).__name__}")
    words = without_thoughts(text or "")
    if words and choice.get("finish_reason") == "content_filter":
        raise UnfitWords("an answer that the server's filter cut off")
    if words:
        return words
    message = choice.get("message")
    message = message if isinstance(message, Mapping) else {}
    thoughts = message.get("reasoning_content") or message.get("reasoning") or message.get("thinking")
    if isinstance(thoughts, str) and thoughts.strip():
        if choice.get("finish_reason") == "stop" and (
            whole := _whole(without_thoughts(thoughts, strict=False))
        ):
            return whole
        raise UnfitWords(MORE_TOKENS)
    if isinstance(message.get("refusal"), str):
        raise UnfitWords(f"a refusal: {' '.join(message['refusal'].split())[:120]}")
    if choice.get("finish_reason") == "content_filter":
        raise UnfitWords("an answer that the server's filter took away")
    if message.get("tool_calls") or message.get("function_call"):
        raise UnfitWords("the call of a tool in place of words")
    if text is None:
        raise Unreadable("no words")
    raise UnfitWords("an empty text")


def need_whole(choice: Mapping[str, Any]) -> None:
    """`Unreadable` where a server says that this answer broke off by a fault of its own."""
    fault = choice.get("error")
    if fault or choice.get("finish_reason") == "error":
        told = fault.get("message") if isinstance(fault, Mapping) else fault
        raise Unreadable(
            "an answer that broke off" + (f": {' '.join(str(told).split())[:120]}" if told else "")
        )


def thinks(text: str) -> bool:
    """Whether a thought begins or ends in `text`."""
    return bool(_OPENED.search(text) or _CLOSED.search(text))


def without_thoughts(text: str, *, strict: bool = True) -> str:
    """`text` after the last thought that ends in it, without the marks of a chat template.

    `UnfitWords` if a thought begins and does not end; with `strict` off, the words before it are then what is left.
    """
    if _is_json(text):
        return text.strip()
    for end in _CLOSED.finditer(text):
        rest = text[end.end() :]
    if _CLOSED.search(text):
        text = rest
    if begun := _OPENED.search(text):
        if strict:
            raise UnfitWords(MORE_TOKENS)
        text = text[: begun.start()]
    while found := _BEGUN.match(text):
        text = text[found.end() :]
    if ended := _ENDED.search(text):
        text = text[: ended.start()]
    return _WRAPPED.sub(" ", text).strip()


def _whole(thoughts: str) -> str:
    """What can be nothing but the answer: JSON, or one letter."""
    return thoughts if _is_json(thoughts) or re.fullmatch(r"[\W_]*[A-Za-z][\W_]*", thoughts) else ""


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(text, strict=False), dict)
    except (ValueError, RecursionError):
        return False


def _together(parts: Sequence[Any]) -> object:
    """The text of a content that is a list of parts; None where no part is a text."""
    texts = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping) and part.get("type", "text") in ("text", "output_text"):
            words = part.get("text")
            words = words.get("value") if isinstance(words, Mapping) else words
            texts.append(str(words or ""))
    return "".join(texts) if texts or not parts else None
