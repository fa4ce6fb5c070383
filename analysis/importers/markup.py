"""Turns the HTML of a post into its words: no tags, no scripts, nothing that was quoted from another post."""

import re
from html.parser import HTMLParser

MAX_CHARACTERS = 10**6
"""More HTML than this is cut: no forum lets a post be so long, and a parser's time grows with nonsense."""

_BLOCKS = frozenset(
    (
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
    )
    + ("hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul")
)
_UNSPOKEN = frozenset(("script", "style", "template", "head", "svg", "iframe", "object"))
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
_MENTION = re.compile(r"https?://([\w.:-]+)/(?:@|users/|u/)([\w.-]+)/?")
_SPACE = re.compile(r"[^\S\n]*\n\s*\n\s*|[^\S\n]*\n[^\S\n]*")


class _Words(HTMLParser):
    """Gathers text; what is inside an unspoken element, or a quotation marked as another's post, is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = dict(attrs)
        classes = (had.get("class") or "").split()
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.append(tag)
            return
        if tag in _UNSPOKEN or tag == "aside" and "quote" in classes:
            self._silent.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag == "p" else "\n")
        elif tag == "img":
            self.parts.append(had.get("alt") or "")
        elif tag == "a" and "mention" in classes and "hashtag" not in classes:
            whom = _MENTION.fullmatch(had.get("href") or "")
            if whom:  # the link knows the server, the words often do not
                self.parts.append(f"@{whom[2]}@{whom[1]}")
                self._silent.append("a")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.pop()
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag == "p" else "\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def words_of(html: str) -> str:
    """The words of a piece of HTML, paragraphs parted by an empty line.

    >>> words_of('<p>Hi <a class="mention" href="https://a.example/@ann">@<span>ann</span></a>,<br>no &amp; yes</p>')
    'Hi @ann@a.example,\\nno & yes'
    """
    if "<" not in html and "&" not in html:
        return html.strip()
    words = _Words()
    words.feed(html[:MAX_CHARACTERS])
    words.close()
    return _SPACE.sub(lambda gap: "\n\n" if gap[0].count("\n") > 1 else "\n", "".join(words.parts)).strip()
