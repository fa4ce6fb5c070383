"""The incident page: static, escaped, without other people's words unless asked for, and quiet in a browser."""

import re
import shutil
import subprocess

import polars as pl
import pytest

from tests.waiting import PATIENCE_S
from windtunnel.analysis.cli import main
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.why.forum.page import thread_rows

HOSTILE = (
    "<script>document.title='run'; fetch('http://127.0.0.1:9/x')</script> fucking idiot",
    "<img src=x onerror=\"document.title='run'\"> you moron, piss off",
    "</td></table><iframe src='javascript:1'></iframe> fuck you, you moron",
    "\u202eevil\u2066 <svg onload=alert(1)> you stupid bastard, piss off",
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
    assert "idiot" in told and re.search(
        r"<td[^>]*>hostile reply<details><summary>its words \(hostile\)", told
    )
    lines = re.findall(r'<p class="claim">(.*?)</p>', told.split("<h2>")[0])
    assert len(lines) == 3 and "? Likely not: it averts it in 0 of the" in lines[0]


def test_the_page_is_static_and_says_what_it_is_no_basis_for(imported, tmp_path):
    told = write(imported, tmp_path / "page.html", "--excerpts")
    assert not re.search(r"<(script|iframe|img|object|embed|link|form)\b", told, re.IGNORECASE)
    assert "default-src 'none'" in told and "\u202e" not in told and 'onerror="' not in told
    assert "no basis for a sanction without review" in told and "not evidence" in told


WAS, WOULD = "what happened", "what would have happened"


def posts_in(told, *columns):
    """What stands for a post in these columns of the thread's table, cell by cell."""
    cells = re.findall(r'data-label="([^"]*)">([^<]*)<', told)
    return [cell for name, cell in cells if name in columns and re.search(r"\b(post|reply)\b", cell)]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "out"
    words = [
        "policy=slow_mode",
        "baseline=none",
        "community.size=80",
        "draws=2",
        "seeds=3",
        "steps=18",
        "dowhy=false",
    ]
    assert main(["run", *words, f"out={folder}"]) == 0
    return folder


def asked(folder, path, *words):
    assert main(["why", str(folder), "escalation", *words, "--replicates", "4", "--html", str(path)]) == 0
    return path.read_text(encoding="utf-8")


def test_every_post_that_a_simulation_made_says_so(imported, simulated, tmp_path):
    """Of a record, what would have been from the act on; of a run, what happened as well."""
    real = asked(imported, tmp_path / "real.html", "--with", "rule_reminder", "--at", "comment:2")
    run = asked(simulated, tmp_path / "run.html", "--with", "rule_reminder", "--at", "onset")
    locked = asked(simulated, tmp_path / "lock.html", "--lock", "--at", "onset")
    freed = asked(simulated, tmp_path / "freed.html", "--without", "slow_mode")
    assert not any(cell.startswith("SIMULATED") for cell in posts_in(real, WAS)), "a record is none"
    for page, columns in (
        (real, (WOULD,)),
        (run, (WAS, WOULD)),
        (locked, (WAS, WOULD)),
        (freed, (WAS, WOULD)),
    ):
        posts = posts_in(page, *columns)
        assert len(posts) >= 3 and all(cell.startswith("SIMULATED ") for cell in posts)
    assert re.search(r">(new|changed)</td>", freed), "posts that no other replay has are among them"


def test_a_row_that_loses_its_mark_is_seen():
    """The marks are not there by luck: each kind of row, from a thread made by hand, has them where they belong."""
    thread = pl.DataFrame(
        {
            "step": [1, 5, 5, 6, 7, 8],
            "post": [1, 2, 3, 4, 5, 6],
            "member": ["a", "b", "c", "d", "e", "f"],
            "was": ["civil post", "civil reply", "hostile reply", "heated reply", "heated reply", None],
            "would": ["civil post", "civil reply", None, "heated reply", "civil reply", "civil reply"],
            "mark": ["same", "same", "prevented", "removed", "changed", "new"],
        }
    )
    record = {"at": 3, "hours": 1.0, "moderators": []}
    real = [row[3:5] for row in thread_rows(record, thread, real=True)]
    assert real == [
        ("civil post", "the same"),
        ("civil reply", "SIMULATED civil reply, the same"),
        ("hostile reply", "nothing"),
        ("heated reply", "nothing"),
        ("heated reply", "SIMULATED civil reply"),
        ("nothing", "SIMULATED civil reply"),
    ]
    of_run = [row[3:5] for row in thread_rows(record, thread, real=False)]
    assert of_run[0] == ("SIMULATED civil post", "SIMULATED civil post, the same")
    assert all(cell == "nothing" or cell.startswith("SIMULATED ") for row in of_run for cell in row)


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
        capture_output=True, text=True, timeout=2 * PATIENCE_S,
    )  # fmt: skip
    assert "<title>run</title>" not in seen.stdout and "<title>Escalation" in seen.stdout
    assert "CONSOLE" not in seen.stderr
