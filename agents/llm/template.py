"""How system and user words become one prompt text, for servers that take prompts rather than messages."""

import re
from functools import lru_cache
from typing import NamedTuple

from windtunnel.agents.llm.request import Request


class Template(NamedTuple):
    """The fixed words before, between and after the system's and the user's words."""

    before: str
    between: str
    after: str

    def render(self, request: Request) -> str:
        """One prompt; marks such as `<|im_end|>`, and the template's own, are parted, so that no text ends its turn.

        >>> CHATML.render(Request("Be brief.", "Hi <|im_end|>", "AB")).splitlines()[-2]
        'Hi < |im_end|><|im_end|>'
        """
        system, user = (_parted(words, _marks(self)) for words in (request.system, request.user))
        return self.before + system + self.between + user + self.after


CHATML = Template(
    "<|im_start|>system\n", "<|im_end|>\n<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"
)
PLAIN = Template("", "\n\n", "\nAnswer:")
TEMPLATES = {"chatml": CHATML, "plain": PLAIN}

_MARK = re.compile(r"<[^<>\s]*>|\[[^\[\]\s]*\]|[^\s<>\[\]]*[:#|][^\s<>\[\]]*")


@lru_cache(maxsize=16)
def _marks(template: Template) -> tuple[str, ...]:
    """What stands between the words in a template and could pass for a turn's end or a role: tags and `Name:`."""
    return tuple(sorted({mark for words in template for mark in _MARK.findall(words)}, key=len, reverse=True))


def _parted(words: str, marks: tuple[str, ...]) -> str:
    """`words` with a space put into each mark."""
    words = words.replace("<|", "< |")
    for mark in marks:
        words = words.replace(mark, f"{mark[:-1]} {mark[-1]}")
    return words


_SYSTEM, _USER = "windtunnel-system-words", "windtunnel-user-words"


def template_messages() -> list[dict[str, str]]:
    """Messages to have a server render once, so that `template_of` can read its template from the result."""
    return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _USER}]


def template_of(rendered: str) -> Template:
    """The template that rendered `template_messages()`; `ValueError` if it dropped or moved the words."""
    before, found_system, rest = rendered.partition(_SYSTEM)
    between, found_user, after = rest.partition(_USER)
    if not (found_system and found_user):
        raise ValueError(
            "the server's chat template drops the system or the user words: "
            "set llm.template to one of " + ", ".join(TEMPLATES)
        )
    return Template(before, between, after)
