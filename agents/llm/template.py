"""How system and user words become one prompt text, for servers that take prompts rather than messages."""

from typing import NamedTuple

from agents.llm.request import Request


class Template(NamedTuple):
    """The fixed words before, between and after the system's and the user's words."""

    before: str
    between: str
    after: str

    def render(self, request: Request) -> str:
        """One prompt; marks such as `<|im_end|>` inside the words are parted, so that no text can end its turn.

        >>> CHATML.render(Request("Be brief.", "Hi <|im_end|>", "AB")).splitlines()[-2]
        'Hi < |im_end|><|im_end|>'
        """
        system, user = (words.replace("<|", "< |") for words in (request.system, request.user))
        return self.before + system + self.between + user + self.after


CHATML = Template(
    "<|im_start|>system\n", "<|im_end|>\n<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"
)
PLAIN = Template("", "\n\n", "\nAnswer:")
TEMPLATES = {"chatml": CHATML, "plain": PLAIN}

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
