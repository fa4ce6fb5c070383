"""Sixty hostile inputs: none gets through, none is shown as markup, none kills the server."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import polars as pl
import pytest

from windtunnel.analysis.view.site import Site

SCRIPTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "</title></textarea></option><b>x</b>",
    "\u202etxt.exe\u2066",
    "\x1b[31mred\x07",
    "<a href=http://evil.example>x</a>",
]
PATHS = [
    "/files/../../etc/passwd",
    "/files/%2e%2e/%2e%2e/etc/passwd",
    "/files/..%5c..%5cetc%5cpasswd",
    "/files//etc/passwd",
    "/files/.windtunnel/pseudonym.key",
    "/files/mine/posts.parquet",
    "/files/mine/identities.parquet",
    "/static/../site.py",
    "/static/%2e%2e/site.py",
    "/vendor/..%2f..%2fcli.py",
    "/community?out=../..",
    "/community?out=/etc",
    "/run?out=mine/../../x",
    "/thread?out=mine&thread=../1",
    "/thread?out=mine&thread=1%00",
    "/thread?out=mine&thread=" + "9" * 400,
    "/question/../../etc",
    "/jobs/..%2f..%2fetc",
    "/replayed/x",
    "/bring-in/look?path=.windtunnel/pseudonym.key",
    "/bring-in/look?path=%2Fetc%2Fpasswd",
    "/label?out=../../x",
    "/incidents?out=mine&rule=__import__('os').system('x')=1",
    "/sweep?out=..",
    "/?page=-1&words=" + "a" * 5000,
    "/?" + "a=1&" * 3000,
]
FORMS = [
    ("/ask", {"out": "../..", "thread": 1, "act": "lock"}),
    ("/ask", {"out": "mine", "thread": 1, "act": "lock", "at": "--html=/tmp/x"}),
    ("/ask", {"out": "mine", "thread": 1, "act": "warn", "member": "--html=/tmp/x"}),
    ("/ask", {"out": "mine", "thread": 1, "act": "lock", "incident": "--json"}),
    (
        "/ask",
        {
            "out": "mine",
            "thread": 1,
            "act": "with",
            "policy": "slow_mode",
            "param.hours": "!!python/object/apply:os.system [x]",
        },
    ),
    ("/bring-in/begin", {"path": "mine", "format": "reddit", "out": "../x"}),
    ("/bring-in/begin", {"path": "mine", "format": "reddit", "out": ".windtunnel"}),
    ("/bring-in/begin", {"path": "../..", "format": "reddit", "out": "x"}),
    ("/bring-in/begin", {"path": "mine", "format": "--help", "out": "x"}),
    ("/bring-in/begin", {"path": "mine", "format": "table", "out": "x", "role.id": "a,text=b"}),
    ("/bring-in/begin", {"path": "mine", "format": "reddit", "out": "x", "mod_log": "../../etc/passwd"}),
    ("/rule", {"out": "mine", "kind": "words", "text": "x", "name": "../../x"}),
    ("/rule", {"out": "mine", "kind": "words", "text": "/(?<=a)b/"}),
    ("/rule", {"out": "mine", "kind": "automoderator", "text": "&a [*a, *a]"}),
    (
        "/rule",
        {
            "out": "mine",
            "kind": "automoderator",
            "text": "a: &a [x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c]",
        },
    ),
    ("/label", {"out": "mine", "label": "<script>", "place": "-1"}),
    ("/label/tell", {"out": "../.."}),
    ("/back-end", {"kind": "openai", "base_url": "http://user:pass@x/v1", "model": "m"}),
    ("/replayed/follow", {"job": "../../x"}),
    ("/jobs/..%2fx/stop", {}),
]
BODIES = [
    b"",
    b"form_token=" + b"a" * 300_000,
    b"&" * 100_000,
    b"form_token=%ff%fe%00",
    b"\x00\x01\x02" * 100,
]


def test_there_are_sixty():
    assert len(SCRIPTS) + len(PATHS) + len(FORMS) + len(BODIES) >= 60


@pytest.fixture
def fresh(mine, open_browser):
    """A browser on a server that shows members' words; afterwards it still answers, and the key is nowhere."""
    browser = open_browser(Site(mine.folder, ".", port=8710, excerpts=True))
    browser.site.jobs.pump = lambda: None
    yield browser
    assert browser.get("/").status_code == 200
    key = (mine.folder / ".windtunnel" / "pseudonym.key").read_bytes().strip()
    for path in mine.folder.rglob("*"):
        if path.is_file() and path.name != "pseudonym.key":
            assert key not in path.read_bytes(), path


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:50])
def test_no_path_leads_out(fresh, path):
    answer = fresh.get(path)
    assert answer.status_code in (200, 400, 404), answer.text[:300]
    for secret in (
        "root:",
        "PAR1",
        "def call",
        (fresh.site.folder / ".windtunnel" / "pseudonym.key").read_text().strip(),
    ):
        assert secret not in answer.text
    if answer.status_code == 200:
        assert path.startswith(("/?", "/incidents"))


@pytest.mark.parametrize(("path", "fields"), FORMS, ids=lambda value: str(value)[:60])
def test_no_form_begins_what_it_should_not(fresh, path, fields):
    before = {each: each.stat().st_mtime_ns for each in fresh.site.folder.rglob("*")}
    answer = fresh.send_form(path, fields)
    assert answer.status_code in (303, 400, 404, 413), answer.text[:400]
    for job in fresh.site.jobs.all():  # what a field holds stays one value of one option
        assert not any(word.startswith("--html=/") for word in job.words)
        assert [word for word in job.words if word.startswith("-")].count("--html") <= 1
        assert job.words[0] in ("why", "replay")
    new = [each for each in fresh.site.folder.rglob("*") if each not in before]
    assert all("jobs" in each.parts or each.name == "labelling.json" for each in new), new


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body[:20]))
def test_no_body_gets_in(fresh, body):
    headers = {"origin": "http://127.0.0.1:8710", "content-type": "application/x-www-form-urlencoded"}
    assert fresh.post("/back-end", content=body, headers=headers).status_code in (400, 403, 413)


class Elements(HTMLParser):
    """Every element of a page as a browser would read it."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def unsound(html):
    """Elements and attributes that no page of ours has."""
    parser = Elements()
    parser.feed(html)
    bad = [tag for tag, _ in parser.found if tag in ("img", "iframe", "object", "embed", "b", "base")]
    for tag, attributes in parser.found:
        bad += [name for name in attributes if name.startswith("on") or name == "style"]
        if tag == "script" and not (attributes.get("src") or "").startswith(("/static/", "/vendor/")):
            bad.append("script")
        if tag == "svg" and "viewbox" not in attributes:
            bad.append("svg")
        where = attributes.get("href", attributes.get("action", "/"))
        if not where.startswith(("/", "?", "#", "data:,")) or where.startswith("//"):
            bad.append(where)
    return bad


def test_the_check_finds_what_it_looks_for():
    for html in (
        "<img src=x>",
        "<a onclick=x>",
        "<script>x</script>",
        "<a href=javascript:x>",
        "<svg onload=x>",
        "<p style=x>",
    ):
        assert unsound(html), html


@pytest.mark.parametrize("words", SCRIPTS)
def test_words_of_others_are_words(fresh, words):
    """The same sentence as a post, a member, a title, a rule, a folder, a search, and a file that is looked at."""
    folder = fresh.site.folder
    name = re.sub(r"[/\0]", "_", words)
    odd = folder / name
    odd.mkdir()
    posts = pl.read_parquet(folder / "mine" / "posts.parquet")
    posts.with_columns(text=pl.lit(words), author=pl.lit(words)).write_parquet(odd / "posts.parquet")
    column = words.replace('"', "'").replace("\n", " ")
    (folder / "odd.csv").write_text(f'id,"{column}"\n1,"{column}"\n')
    pages = [
        "/",
        f"/?words={quote(words)}",
        f"/community?out={quote(name)}",
        f"/community?out=mine&author={quote(words)}&rule={quote(words)}",
        f"/thread?out={quote(name)}&thread=1&at={quote(words)}&incident={quote(words)}",
        f"/label?out={quote(name)}",
        "/bring-in/look?path=odd.csv",
        f"/rule?out={quote(words)}&draft={quote(words)}",
        f"/question/{quote(words, safe='')}",
        f"/nowhere/{quote(words, safe='')}",
    ]
    for path in pages:
        for address in (path, path + ("&" if "?" in path else "?") + "export=1"):
            html = fresh.get(address).text
            assert unsound(html) == [], address
            assert not re.search("\x1b|\u202e|\u2066|>49<", html), address


def test_a_page_of_five_thousand_posts_and_a_thousand_runs_is_a_page(fresh):
    folder = fresh.site.folder
    posts = pl.read_parquet(folder / "mine" / "posts.parquet").head(1)
    long = pl.concat([posts] * 5000).with_columns(
        post=pl.int_range(1, 5001), minute=pl.int_range(5000), parent=pl.lit(None, pl.Int64)
    )
    (folder / "long").mkdir()
    long.write_parquet(folder / "long" / "posts.parquet")
    for number in range(1000):
        (folder / f"run{number}").mkdir()
        (folder / f"run{number}" / "manifest.json").write_text("{}")
    page = fresh.get("/thread", params={"out": "long", "thread": 1, "page": 20}).text
    assert "5,000 posts" in page and "Earlier rows" in page
    assert "1,002 entries" in fresh.get("/").text


def test_two_windows_label_without_losing_a_label(fresh):
    from windtunnel.analysis.tones.labelling import Labelling

    work = Labelling(fresh.site.folder / "mine", 30)
    for place in (1, 0):  # the second window is behind the first
        fields = {"out": "mine", "label": "civil", "place": place, "post": work.kept["posts"][place]}
        assert fresh.send_form("/label", fields).status_code == 303
    assert Labelling(fresh.site.folder / "mine", 30).kept["labels"][:2] == ["civil", "civil"]
