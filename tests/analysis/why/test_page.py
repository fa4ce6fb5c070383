"""The incident page: static, escaped, without other people's words unless asked for, and quiet in a browser."""

import re
import shutil
import subprocess

import polars as pl
import pytest

from analysis.cli import main
from analysis.importers import import_corpus

HOSTILE = (
    "<script>document.title='run'; fetch('http://127.0.0.1:9/x')</script> fucking idiot",
    "<img src=x onerror=\"document.title='run'\"> you moron, piss off",
    "</td></table><iframe src='javascript:1'></iframe> fuck you",
    "\u202eevil\u2066 <svg onload=alert(1)> stupid bastard",
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    place = tmp_path_factory.mktemp("hostile")
    rows = [
        {
            "id": f"p{at}",
            "parent": None if at == 0 else "p0",
            "author": ["Ann", "Bob", "<b>Cid</b>", "=Dan"][at % 4],
            "time": 1_600_000_000 + 60 * at,
            "text": "Hello there" if at == 0 else HOSTILE[at % 4],
        }
        for at in range(9)
    ]
    pl.DataFrame(rows).write_csv(place / "posts.csv")
    mapping = {role: role for role in ("id", "parent", "author", "time", "text")}
    import_corpus("table", place / "posts.csv", place / "mine", mapping=mapping, key_file=place / "key")
    return place / "mine"


def write(imported, path, *words):
    told = ["why", str(imported), "escalation", "--lock", "--at", "comment:4", "--replicates", "4"]
    assert main([*told, "--html", str(path), *words]) == 0
    return path.read_text(encoding="utf-8")


def test_no_words_of_a_record_stand_in_the_page_unless_asked_for(imported, tmp_path):
    assert "idiot" not in write(imported, tmp_path / "page.html")
    told = write(imported, tmp_path / "page.html", "--excerpts")
    assert "idiot" in told and re.search(r"<details><summary>[^<]*hostile", told)


def test_the_page_is_static_and_every_simulated_post_says_so(imported, tmp_path):
    told = write(imported, tmp_path / "page.html", "--excerpts")
    assert not re.search(r"<(script|iframe|img|object|embed|link|form)\b", told, re.IGNORECASE)
    assert "default-src 'none'" in told and "\u202e" not in told and 'onerror="' not in told
    assert "no basis for a sanction without review" in told and "not evidence" in told
    assert not re.search(
        r"<td[^>]*>(civil|heated|hostile) (reply|post)</td><td[^>]*>(?:SIMULATED )?\1 \2</td>", told
    )
    for row in re.findall(r"<tr[^>]*>.*?</tr>", told):
        if re.search(r">(new|changed)</td></tr>", row):
            assert "SIMULATED" in row


def test_the_page_can_be_read_by_ear_and_by_keyboard(imported, tmp_path):
    """One main landmark, headings without a gap, pictures told in words, tables that stay tables on a telephone."""
    told = write(imported, tmp_path / "page.html", "--excerpts", "--moments", "2", "--rank", "2")
    assert told.count("<main>") == 1 and 'lang="en"' in told and 'name="viewport"' in told
    levels = [int(level) for level in re.findall(r"<h(\d)", told)]
    assert levels[0] == 1 and levels.count(1) == 1 and set(levels[1:]) == {2}
    pictures = re.findall(r"<svg [^>]*>", told)
    assert len(pictures) == 3 and all(
        re.search(r'role="img" aria-label="[^"]{20,}"', one) for one in pictures
    )
    tables = told.count("<table")
    assert tables >= 4 and told.count('<table role="table">') == tables == told.count(
        '<thead role="rowgroup">'
    )
    rows = re.findall(r"<tr[^>]*>.*?</tr>", told)
    assert all(row.startswith('<tr role="row"><th scope=') for row in rows)
    assert told.count("<details>") == told.count("<summary>") >= 2 and "summary:focus-visible" in told
    assert not re.search(r"tabindex|outline: *(0|none)", told)


def test_where_the_answer_is_weak_the_page_says_so_first(imported, tmp_path):
    told = write(imported, tmp_path / "page.html")
    first = re.search(r"<p[^>]*>(.*?)</p>", told)
    assert first and first[0].startswith('<p class="alarm">The answer is weak')


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser to look with")
def test_hostile_posts_run_nothing_in_a_browser(imported, tmp_path):
    write(imported, tmp_path / "page.html", "--excerpts")
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    seen = subprocess.run(
        [
            "chromium", *flags.split(), "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{tmp_path / 'page.html'}",
        ],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "<title>run</title>" not in seen.stdout and "<title>Escalation" in seen.stdout
    assert "CONSOLE" not in seen.stderr
