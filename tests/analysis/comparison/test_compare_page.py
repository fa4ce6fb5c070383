"""The page: one file that fetches nothing, hostile names escaped, drawn without an error in a real browser."""

import base64
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess

import pytest

from analysis.comparison import charts
from analysis.comparison.build import compare_inputs
from analysis.comparison.page import comparison_page
from analysis.summary import INSIDE

HOSTILE = "</script><script>alert(1)</script> \"'\u202e<img src=x onerror=alert(2)>"
SORTS = ("as given", "best first")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def found(planted, truth):
    return compare_inputs(planted(truth, 1), smallest_effect=0.05)


@pytest.fixture(scope="module")
def page(found):
    return comparison_page(found)


def outside_scripts(page):
    return re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)


def test_the_one_script_that_may_run_is_the_bundle_by_its_hash(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.S)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy and policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy


def test_the_page_names_nothing_to_fetch(page):
    assert not re.search(r"<(link|iframe|img|object|embed|base|form)\b", outside_scripts(page))
    assert not re.search(r"\b(src|href|action)\s*=", outside_scripts(page))


def test_a_hostile_name_is_text_everywhere(planted, truth):
    inputs = planted(truth, 1)
    bad = inputs.tested[0]._replace(name=HOSTILE, doubts=(HOSTILE,))
    page = comparison_page(compare_inputs(inputs._replace(tested=[bad, *inputs.tested[1:]])))
    assert "<script>alert" not in page and "<img" not in outside_scripts(page) and "\u202e" not in page
    assert page.count("<script>") == 1
    for data in re.findall(r"<script type=\"application/json\"[^>]*>(.*?)</script>", page, flags=re.S):
        assert "<" not in data
        json.loads(data)


def test_every_sentence_table_and_chart_carries_the_caveat(page, found):
    body = outside_scripts(page)
    key = re.search(r'<ol class="key">.*?</p>', body, flags=re.S)[0]
    assert INSIDE in key
    body = body.replace(key, "")
    claims = re.findall(r"<(?:p class=\"claim\"|li)>(.*?)</(?:p|li)>", body, flags=re.S)
    assert len(claims) == len(found.sentences)
    assert all(INSIDE in claim for claim in claims)
    assert all(INSIDE in table for table in re.findall(r"<table.*?</table>", body, flags=re.S))
    charts = re.findall(r"<script type=\"application/json\"[^>]*>(.*?)</script>", page, flags=re.S)
    assert len(charts) == 3
    for chart in charts:
        assert INSIDE in " ".join(json.loads(chart)["title"]["subtitle"])


def test_the_trade_off_stands_before_every_sentence_and_table(page):
    assert page.index('id="chart-trade-off"') < page.index("What it comes to") < page.index("<table")


def test_tables_can_be_sorted_by_each_cost_without_script(page, found):
    labels = re.findall(r'<label><input type="radio" name="order"[^>]*>(.*?)</label>', page)
    assert labels[:5] == ["as given", "net change", "sufficiency", "necessity", "backfire"]
    assert {"moderator actions", "worst group"} <= set(labels)
    parts = page.split('name="order"')
    by_net = parts[1 + labels.index("net change")].split("</table>")[0]
    assert re.findall(r'<th scope="row"[^>]*>(.*?)</th>', by_net) == ["c", "a", "b"]


def test_no_share_of_fewer_than_twenty_cases_is_in_per_cent(planted, truth):
    page = outside_scripts(comparison_page(compare_inputs(planted(truth, 1, draws=5, seeds=3))))
    table = page[page.index("The table") : page.index("Every outcome")]
    assert "of 1" in table and not re.search(r"\(\d+% to", table)


def drawn_with(spec, **chosen):
    """The chart as SVG, with menus set to other values."""
    import vl_convert

    params = [one | {"value": chosen.get(one["name"], one["value"])} for one in spec["params"]]
    return vl_convert.vegalite_to_svg(spec | {"params": params, "width": 600})


def test_menus_filter_by_outcome_and_group_and_sort(found):
    groups, outcomes = charts.groups(found.record), charts.outcomes(found.record)
    everyone, planted = drawn_with(groups, group=charts.ALL), drawn_with(groups, group="planted")
    assert ">newcomer<" in everyone and ">planted<" in everyone
    assert ">newcomer<" not in planted and ">planted<" in planted
    given, best = (drawn_with(outcomes, outcome="moderator actions (cost)", sort=sort) for sort in SORTS)
    assert [re.findall(r">([abc])</text>", svg) for svg in (given, best)] == [
        ["a", "b", "c"],
        ["b", "a", "c"],
    ]


def test_a_tip_tells_pairs_draws_and_seeds(found):
    for spec in (charts.trade_off(found.record), charts.outcomes(found.record), charts.groups(found.record)):
        (tips,) = {
            tuple(tip["field"] for tip in layer["encoding"]["tooltip"])
            for layer in spec["layer"]
            if "tooltip" in layer["encoding"]
        }
        assert tips[-3:] == ("pairs", "draws", "seeds a draw")


def browse(page, tmp_path, *flags):
    """What headless Chromium says of the page on its console, and the document as drawn."""
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium here")
    file = tmp_path / "compare.html"
    file.write_text(page, encoding="utf-8")
    quiet = [
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    command = [
        program,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        *quiet,
        f"--user-data-dir={tmp_path / 'user'}",
    ]
    command += ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000", *flags, file.as_uri()]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=os.environ | {"HOME": str(tmp_path)}
    )
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line], done.stdout


def test_a_browser_draws_every_chart_without_a_word_on_the_console(page, tmp_path):
    console, drawn = browse(page, tmp_path, "--window-size=1280,2000", "--dump-dom")
    assert console == []
    for name in ("trade-off", "outcomes", "groups"):
        part = drawn[drawn.index(f'id="chart-{name}"') :]
        assert part.index("<svg") < part.index("</svg>")
    assert drawn.count('class="vega-bindings"') == 3


def test_a_browser_refuses_what_the_page_does_not_allow(page, tmp_path):
    """The check has teeth: a script slipped into the page is reported on the console, and does not run."""
    slipped = page.replace("</main>", "<script>document.title = 'run'</script></main>")
    console, drawn = browse(slipped, tmp_path, "--dump-dom")
    assert any("Content Security Policy" in line for line in console)
    assert "<title>run</title>" not in drawn


def boxes_of(page, tmp_path, width, chart):
    """A chart's texts outside its title as a browser lays them out at a width: (text, left, top, right, bottom)."""
    measure = """
      setTimeout(() => {
        const drawn = document.querySelector("#chart-CHART svg");
        const texts = [...drawn.querySelectorAll("text")].filter((one) =>
          one.textContent.trim() && one.getAttribute("opacity") !== "0" && !one.closest(".role-title"));
        const found = [["", drawn], ...texts.map((one) => [one.textContent, one])].map(([words, one]) => {
          const at = one.getBoundingClientRect();
          return [words, at.left, at.top, at.right, at.bottom];
        });
        document.body.innerHTML = "";
        document.body.append(JSON.stringify(found));
      }, 1500);
    """
    open_ = re.sub(r"<meta http-equiv=[^>]*>", f"<style>main {{ width: {width}px }}</style>", page)
    _, shown = browse(
        open_.replace(
            "</body>\n</html>", f"<script>{measure.replace('CHART', chart)}</script></body></html>"
        ),
        tmp_path,
        "--dump-dom",
    )
    whole, *texts = json.loads(re.search(r"<body>(.*?)</body>", shown, re.S)[1])
    return whole, texts


def crossing(texts):
    """Pairs of texts that overlap, or that stand on one line so close that they read as one."""
    return [
        (one[0], other[0])
        for place, one in enumerate(texts)
        for other in texts[:place]
        if min(one[3], other[3]) - max(one[1], other[1]) > -2
        and min(one[4], other[4]) - max(one[2], other[2]) > 0.5
    ]


@pytest.fixture(scope="module")
def crowded(planted):
    """Twelve policies: three copies of one, three of another, the rest close to these; costs from -10 to -1."""
    truths = {
        f"a policy of a long name (hours {hours})": (0.2 * (hours % 3 - 1), 0.0, -9.0 if hours < 6 else -1.5)
        for hours in range(12)
    }
    inputs = planted(truths, 1)
    first, second = inputs.tested[0], inputs.tested[6]
    like = {1: first, 2: first, 7: second, 8: second}
    tested = [
        one._replace(pairs=like[place].pairs, measures=like[place].measures) if place in like else one
        for place, one in enumerate(inputs.tested)
    ]
    return compare_inputs(inputs._replace(tested=tested))


@pytest.mark.parametrize("width", [1280, 390])
def test_no_text_of_the_trade_off_covers_another_however_crowded(crowded, tmp_path, width):
    whole, texts = boxes_of(comparison_page(crowded), tmp_path, width, "trade-off")
    assert crossing(texts) == []
    shown = [
        number
        for words, *_ in texts
        for number in re.findall(r"\d+", words)
        if re.fullmatch(r"[\d, ]+", words)
    ]
    assert {str(number) for number in range(1, 13)} <= set(shown), "each policy has its number in the picture"
    marks = [one for one in texts if re.fullmatch(r"\u2212?[\d.]+", one[0])]
    along = sorted((one[1] + one[3]) / 2 for one in marks if one[2] == max(mark[2] for mark in marks))
    steps = [right - left for left, right in itertools.pairwise(along)]
    assert steps == pytest.approx([steps[0]] * len(steps), abs=1), "each number stands under its own line"
    assert all(one[1] >= whole[1] - 1 and one[3] <= whole[3] + 1 for one in texts), "nothing is cut off"


@pytest.mark.parametrize("chart", ["outcomes", "groups"])
def test_no_text_of_the_other_charts_covers_another_on_a_telephone(crowded, tmp_path, chart):
    whole, texts = boxes_of(comparison_page(crowded), tmp_path, 390, chart)
    assert len(texts) > 12 and crossing(texts) == []
    assert all(one[1] >= whole[1] - 1 and one[3] <= whole[3] + 1 for one in texts), "nothing is cut off"


def test_policies_that_come_to_the_same_share_one_label(crowded):
    rows = [row for row in charts.trade_off_rows(crowded.record) if row["cost"] == "moderator actions"]
    labels = [row["label"] for row in rows if row["label"]]
    assert sorted(int(number) for label in labels for number in label.split(", ")) == list(range(1, 13))
    for copies in ({"1", "2", "3"}, {"7", "8", "9"}):
        assert any(copies <= set(label.split(", ")) for label in labels)


def test_the_key_counts_as_the_picture_does(page, found):
    key = re.search(r'<ol class="key">(.*?)</ol>', page, re.S)[1]
    names = re.findall(r"<li>(.*?) <small>", key)
    assert names == [row["policy"] for row in found.record["policies"]]
    rows = charts.trade_off_rows(found.record)
    assert all(names[row["number"] - 1] == row["policy"] for row in rows)


def test_the_page_prints(page, tmp_path):
    browse(page, tmp_path, f"--print-to-pdf={tmp_path / 'page.pdf'}")
    assert (tmp_path / "page.pdf").read_bytes()[:5] == b"%PDF-"
