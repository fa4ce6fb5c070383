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
    for row in re.findall(r"<tr>.*?</tr>", told):
        if re.search(r">(new|changed)</td></tr>", row):
            assert "SIMULATED" in row


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
