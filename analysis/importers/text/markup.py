"""Turns the HTML of a post into its words: no tags, no scripts, nothing that was quoted from another post."""

import re
from html import unescape

MAX_CHARACTERS = 10**6
"""More HTML than this is cut: no forum lets a post be so long, and a parser's time grows with nonsense."""

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_UNSPOKEN = frozenset(["script", "style", "template", "head", "svg", "iframe", "object"])
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"]
)
_RAW = {tag: re.compile(rf"</{tag}\b", re.IGNORECASE) for tag in ("script", "style")}
"""What ends an element in which nothing else is a tag."""
_TAG = re.compile(r"""<(/?)([a-zA-Z][\w:-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*+)>""")
"""No < inside a tag, not even in a value: so a text is read once however it is broken, where html.parser takes
minutes over 100 KB of tags without an end."""
_ATTRIBUTE = re.compile(
    r"""(?<![^\s/"'])(class|href|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")
"""A character by a number that none has; int() refuses thousands of digits."""
_MENTION = re.compile(r"https?://([\w.:-]+)/(?:@|users/|u/)([\w.-]+)/?")
_SPACE = re.compile(r"(?<!\s)\s++")


class _Words:
    """Gathers text; what is inside an unspoken element, or a quotation marked as another's post, is left out."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._silent: list[str] = []

    def read(self, html: str) -> str:
        """The words of `html`, which is read from left to right; what is no tag is text."""
        place = 0
        while place < len(html):
            mark = html.find("<", place)
            if mark < 0:
                break
            self._text(html[place:mark])
            if html.startswith(("<!", "<?"), mark):  # a comment, a declaration
                end = "-->" if html.startswith("<!--", mark) else ">"
                place = html.find(end, mark) + len(end)
                if place < len(end):
                    return "".join(self.parts)
            elif tag := _TAG.match(html, mark):
                place = tag.end()
                name = tag[2].lower()
                if tag[1]:
                    self._close(name)
                elif not tag[3].endswith("/") or name in _VOID:
                    self._open(name, tag[3])
                    if name in _RAW:
                        ending = _RAW[name].search(html, place)
                        if not ending:
                            return "".join(self.parts)
                        place = ending.start()
            else:
                self._text("<")
                place = mark + 1
        self._text(html[place:])
        return "".join(self.parts)

    def _text(self, text: str) -> None:
        if not self._silent and text:
            self.parts.append(unescape(_NUMBER.sub("\ufffd", text)) if "&" in text else text)

    def _open(self, tag: str, attributes: str) -> None:
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.append(tag)
            return
        if tag in _UNSPOKEN:
            self._silent.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag == "p" else "\n")
        elif tag in ("aside", "img", "a"):
            self._marked(tag, _attributes(attributes))

    def _marked(self, tag: str, had: dict[str, str]) -> None:
        classes = had.get("class", "").split()
        if tag == "aside" and "quote" in classes:
            self._silent.append(tag)
        elif tag == "img":
            self.parts.append(had.get("alt", ""))
        elif tag == "a" and "mention" in classes and "hashtag" not in classes:
            whom = _MENTION.fullmatch(had.get("href", ""))
            if whom:  # the link knows the server, the words often do not
                self.parts.append(f"@{whom[2]}@{whom[1]}")
                self._silent.append("a")

    def _close(self, tag: str) -> None:
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.pop()
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag == "p" else "\n")


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        value = next((each for each in match.groups()[1:] if each is not None), "")
        found.setdefault(match[1].lower(), unescape(_NUMBER.sub("\ufffd", value)))
    return found


def words_of(html: str) -> str:
    """The words of a piece of HTML, paragraphs parted by an empty line.

    >>> words_of('<p>Hi <a class="mention" href="https://a.example/@ann">@<span>ann</span></a>,<br>no &amp; yes</p>')
    'Hi @ann@a.example,\\nno & yes'
    """
    if "<" not in html and "&" not in html:
        return html.strip()
    words = _Words().read(html[:MAX_CHARACTERS])
    return _SPACE.sub(_gap, words).strip()


def words_with_quotes(html: str) -> str:
    """As `words_of`, with `> ` before each line that a blockquote quotes, as plain texts quote.

    >>> words_with_quotes("<blockquote>no<br>way</blockquote><p>yes</p>")
    '> no\\n> way\\n\\nyes'
    """
    parts, place = list[str](), 0
    lower = html[:MAX_CHARACTERS].lower()
    while (start := lower.find("<blockquote", place)) >= 0:
        end = lower.find("</blockquote", start)
        if end < 0:
            break
        after = lower.find(">", end) + 1 or len(lower)
        quoted = words_of(html[start:after]).splitlines()
        parts += [words_of(html[place:start]), "\n".join(f"> {line}" for line in quoted if line.strip())]
        place = after
    parts.append(words_of(html[place:]))
    return "\n\n".join(part for part in parts if part)


def _gap(found: re.Match[str]) -> str:
    """Blanks as they are; around the end of a line or a paragraph nothing but that end."""
    return "\n" * min(found[0].count("\n"), 2) or found[0]
