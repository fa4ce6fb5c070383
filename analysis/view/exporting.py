"""A page of the server as one file: its style inside, no form, no script, no link to the server."""

import re
from html import escape
from html.parser import HTMLParser

LEFT_OUT = frozenset({"form", "script", "nav", "button", "noscript", "template"})
"""Elements that go with all that is in them."""
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


def alone(html: str, style: str) -> str:
    """The page as a file for others; links to the server become plain words, and what it loads is what reports load: nothing."""
    from windtunnel.analysis.report.page import POLICY

    parser = _Alone(style, POLICY)
    parser.feed(html)
    parser.close()
    return "".join(parser.out)


def file_name(title: str) -> str:
    """
    >>> file_name("A thread: what if?")
    'a-thread-what-if.html'
    """
    return (re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:80] or "page") + ".html"


class _Alone(HTMLParser):
    """Writes what it reads, but for what needs a server; `within` counts the open elements of a part that is left out."""

    def __init__(self, style: str, policy: str) -> None:
        super().__init__(convert_charrefs=False)
        self.style, self.policy, self.out, self.within = style, policy, list[str](), 0
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.within or tag in LEFT_OUT or "data-live" in dict(attrs):
            self.within += tag not in VOID
            return
        if self._needs_a_server(tag, dict(attrs)):
            return
        if tag == "a":
            plain = not (dict(attrs).get("href") or "").startswith("#")
            self.links.append("span" if plain else "a")
            tag, attrs = self.links[-1], [] if plain else attrs
        self.out.append(self._tag(tag, attrs, ">"))
        if tag == "head":
            policy = f'<meta http-equiv="Content-Security-Policy" content="{escape(self.policy)}">'
            self.out.append(f"\n{policy}\n<style>{self.style}</style>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.within and tag not in LEFT_OUT and not self._needs_a_server(tag, dict(attrs)):
            self.out.append(self._tag(tag, attrs, "/>"))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.within:
            self.within -= 1
            return
        self.out.append(f"</{self.links.pop() if tag == 'a' and self.links else tag}>")

    @staticmethod
    def _needs_a_server(tag: str, given: dict[str, str | None]) -> bool:
        return tag in ("link", "input", "base") or given.get("name") == "htmx-config"

    @staticmethod
    def _tag(tag: str, attrs: list[tuple[str, str | None]], end: str) -> str:
        kept = [(name, value) for name, value in attrs if not name.startswith(("hx-", "on", "data-key"))]
        said = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in kept)
        return f"<{tag}{said}{end}"

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")
