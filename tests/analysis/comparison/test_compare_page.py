"""The page: one file that fetches nothing, hostile names escaped, drawn without an error in a real browser."""

import base64
import hashlib
import html
import itertools
import json
import os
import re
import shutil
import subprocess

import polars as pl
import pytest

from windtunnel.analysis.comparison import charts
from windtunnel.analysis.comparison.build import compare_inputs
from windtunnel.analysis.comparison.chart_parts import drawn
from windtunnel.analysis.comparison.page import comparison_page
from windtunnel.analysis.comparison.sentences import answer_sentences
from windtunnel.analysis.summary import INSIDE

HOSTILE = "</script><script>alert(1)</script> \"'\u202e<img src=x onerror=alert(2)>"
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
    answer = re.search(r'<section class="answer">.*?</section>', body, flags=re.S)[0]
    rest = body[body.index("What else it says") :].split("</section>")[0]
    first = answer_sentences(found.record)
    assert answer.count("<p>") + answer.count('<p class="claim">') - answer.count("<p><small>") == len(first)
    assert rest.count("<li") == len(found.sentences) - len(first)
    assert answer.count(INSIDE) == 1 and rest.count(INSIDE) == 1
    assert all(INSIDE in table for table in re.findall(r"<table.*?</table>", body, flags=re.S))
    charts = re.findall(r"<script type=\"application/json\"[^>]*>(.*?)</script>", page, flags=re.S)
    assert len(charts) == 3
    for chart in charts:
        assert INSIDE in json.loads(chart)["title"]["subtitle"]["signal"]


def test_the_answer_stands_before_the_picture_and_the_memo_right_after(page, found):
    order = (
        html.escape(found.sentences[0]),
        'id="chart-trade-off"',
        "For a memo",
        "What else it says",
        "The table",
    )
    places = [page.index(one) for one in order]
    assert places == sorted(places)


def test_words_of_statistics_stand_behind_a_fold(page):
    open_ = re.sub(r"<details>.*?</details>", "", outside_scripts(page), flags=re.S)
    for word in ("max-t", "Holm", "coupling", "PNS", "Bonferroni"):
        assert word not in open_, word


def test_tables_can_be_sorted_by_each_cost_without_script(page, found):
    labels = re.findall(r'<label><input type="radio" name="order"[^>]*>(.*?)</label>', page)
    assert labels[:2] == ["net change, best first", "sufficiency, most first"]
    assert {"moderator actions, least first", "worst group, best first", "as numbered"} <= set(labels)
    parts = page.split('name="order"')
    orders = {"net change, best first": "cab", "moderator actions, least first": "bac", "as numbered": "abc"}
    for label, order in orders.items():
        part = parts[1 + labels.index(label)].split("</table>")[0]
        assert re.findall(r'<th scope="row"[^>]*>(.*?)</th>', part) == list(order)


def test_a_cost_that_is_a_good_lost_is_cheapest_where_there_is_most_of_it(planted, truth):
    inputs = planted(truth, 1)
    name = pl.col("outcome").replace("civil_posts_lost", "civil_posts")
    tested = [one._replace(measures=one.measures.with_columns(outcome=name)) for one in inputs.tested]
    found = compare_inputs(inputs._replace(tested=tested))
    by_most = sorted(found.record["policies"], key=lambda row: -row["costs"]["civil_posts"]["est"])
    part = comparison_page(found).split("civil posts, most first</label>")[1].split("</table>")[0]
    assert re.findall(r'<th scope="row"[^>]*>(.*?)</th>', part) == [row["policy"] for row in by_most]
    chosen = next(one["expr"] for one in charts.trade_off(found.record)["params"] if one["name"] == "chosen")
    assert json.loads(chosen.removesuffix("[cost]"))["civil posts"][1] == "cheaper to the right"


def test_no_share_of_fewer_than_twenty_cases_is_in_per_cent(planted, truth):
    page = outside_scripts(comparison_page(compare_inputs(planted(truth, 1, draws=5, seeds=3))))
    table = page[page.index("The table") : page.index("Every outcome")]
    assert "of 1" in table and not re.search(r"\(\d+% to", table)


def drawn_with(spec, **chosen):
    """The chart as SVG, with menus set to other values."""
    import vl_convert

    params = [
        one | ({"value": chosen[one["name"]]} if one["name"] in chosen else {}) for one in spec["params"]
    ]
    return vl_convert.vegalite_to_svg(spec | {"params": params, "width": 600})


def test_menus_filter_by_outcome_and_group_and_sort(found):
    groups, outcomes = charts.groups(found.record), charts.outcomes(found.record)
    everyone, planted = drawn_with(groups, group=charts.ALL), drawn_with(groups, group="planted")
    assert ">newcomer<" in everyone and ">planted<" in everyone
    assert ">newcomer<" not in planted and ">planted<" in planted
    best, numbered = (
        drawn_with(outcomes, outcome="moderator actions (cost)", sort=sort) for sort in charts.SORTS
    )
    assert [re.findall(r">([abc])</text>", svg) for svg in (best, numbered)] == [
        ["b", "a", "c"],
        ["a", "b", "c"],
    ]


def test_a_copied_chart_names_what_was_chosen_and_its_unit(found):
    import vl_convert

    def copied(spec, **chosen):
        vega = drawn(spec)
        vega["marks"] = [mark for mark in vega["marks"] if mark["name"] != "numbers"]  # placed by a browser
        for signal in vega["signals"]:
            signal |= {"value": chosen[signal["name"]]} if signal["name"] in chosen else {}
        return vl_convert.vega_to_svg(vega)

    for cost, unit in (("moderator actions", "acts"), ("civil posts lost", "posts")):
        svg = copied(charts.trade_off(found.record), cost=cost)
        assert f">change in {cost} ({unit}), a future<" in svg and ">cheaper to the left<" in svg
        svg = re.sub(r"<[^>]*>", " ", copied(charts.outcomes(found.record), outcome=f"{cost} (cost)"))
        assert f"Change in {cost} (cost), counted in {unit}" in re.sub(r"\s+", " ", svg)


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
    console, shown = browse(page, tmp_path, "--window-size=1280,2000", "--dump-dom")
    assert console == []
    for name in ("trade-off", "outcomes", "groups"):
        part = shown[shown.index(f'id="chart-{name}"') :]
        assert part.index("<svg") < part.index("</svg>")
    assert shown.count('class="vega-bindings"') == 3


def test_a_browser_refuses_what_the_page_does_not_allow(page, tmp_path):
    """The check has teeth: a script slipped into the page is reported on the console, and does not run."""
    slipped = page.replace("</main>", "<script>document.title = 'run'</script></main>")
    console, shown = browse(slipped, tmp_path, "--dump-dom")
    assert any("Content Security Policy" in line for line in console)
    assert "<title>run</title>" not in shown


def measured(page, tmp_path, width, script):
    """What a script, run when the charts are drawn, finds in the page at a width."""
    run = f"""
      setTimeout(() => {{
        const found = (() => {{ {script} }})();
        document.body.innerHTML = "";
        document.body.append(JSON.stringify(found));
      }}, 1500);
    """
    open_ = re.sub(r"<meta http-equiv=[^>]*>", f"<style>main {{ width: {width}px }}</style>", page)
    _, shown = browse(
        open_.replace("</body>\n</html>", f"<script>{run}</script></body></html>"), tmp_path, "--dump-dom"
    )
    return json.loads(re.search(r"<body>(.*?)</body>", shown, re.S)[1])


def boxes_of(page, tmp_path, width, chart):
    """A chart, its texts, and the lines of its title as a browser lays them out: (text, left, top, right, bottom)."""
    return measured(
        page,
        tmp_path,
        width,
        f"""
        const drawn = document.querySelector("#chart-{chart} svg");
        const box = (one) => {{
          const at = one.getBoundingClientRect();
          return [one === drawn ? "" : one.textContent, at.left, at.top, at.right, at.bottom];
        }};
        const texts = [...drawn.querySelectorAll("text")].filter((one) =>
          one.textContent.trim() && one.getAttribute("opacity") !== "0" && !one.closest(".role-title"));
        const lines = [...drawn.querySelectorAll(".role-title tspan")];
        return [box(drawn), texts.map(box), lines.map(box)];
        """,
    )


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


@pytest.fixture(scope="module")
def evaded(planted):
    """Nine policies at a few heights, two of them alike, and one policy at three rates of evasion."""
    names = [f"slow mode (hours {hours})" for hours in range(9)]
    rates = (0.0, 0.4, 0.8)
    truths = {name: (-0.2 * (at % 4), 0.0) for at, name in enumerate(names)}
    truths |= {f"thread lock (evasion {rate})": (0.5 * rate - 0.3, 0.0) for rate in rates}
    inputs = planted(truths, 1)
    tested = [
        *inputs.tested[:9],
        *(
            one._replace(specs=(("thread_lock", {"evasion": rate}),))
            for one, rate in zip(inputs.tested[9:], rates, strict=True)
        ),
    ]
    tested[1] = tested[1]._replace(pairs=tested[0].pairs)
    return compare_inputs(inputs._replace(tested=tested))


@pytest.mark.parametrize("width", [1280, 390])
def test_no_text_of_the_trade_off_covers_another_however_crowded(crowded, tmp_path, width):
    whole, texts, title = boxes_of(comparison_page(crowded), tmp_path, width, "trade-off")
    assert all(one[3] <= whole[3] for one in title), "nor is the title"
    broken = not any(one[0].startswith("Up: ") and one[0].endswith("doing nothing.") for one in title)
    assert broken == (width == 390), "a line of the title is as long as the chart is wide"
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
    whole, texts, _ = boxes_of(comparison_page(crowded), tmp_path, 390, chart)
    assert len(texts) > 12 and crossing(texts) == []
    assert all(one[1] >= whole[1] - 1 and one[3] <= whole[3] + 1 for one in texts), "nothing is cut off"


@pytest.mark.parametrize("width", [1280, 390])
def test_no_text_of_the_chart_of_evasion_covers_another(evaded, tmp_path, width):
    whole, texts, _ = boxes_of(comparison_page(evaded), tmp_path, width, "evasion")
    assert crossing(texts) == []
    assert all(one[1] >= whole[1] - 1 and one[3] <= whole[3] + 1 for one in texts), "nothing is cut off"
    labels = [part for words, *_ in texts for part in words.split(", ")]
    assert "doing nothing" in labels and {str(number) for number in range(1, 10)} <= set(labels)


def test_upright_lines_at_one_place_are_drawn_apart_and_beside_the_line_at_zero(planted, truth):
    inputs = planted(truth, 1)
    for cost, at_zero in ((0.0, [0]), (1.0, [])):
        measures = inputs.tested[0].measures.with_columns(policy=pl.col("baseline") + cost)
        tested = [one._replace(measures=measures) for one in inputs.tested]
        rows = charts.trade_off_rows(compare_inputs(inputs._replace(tested=tested)).record)
        for name in {row["cost"] for row in rows}:
            places = sorted([*at_zero, *(row["aside"] for row in rows if row["cost"] == name)])
            assert len(places) == 3 + len(at_zero)
            assert all(right - left == charts.APART for left, right in itertools.pairwise(places))


def test_policies_that_come_to_the_same_share_one_label(crowded):
    rows = [row for row in charts.trade_off_rows(crowded.record) if row["cost"] == "moderator actions"]
    labels = [row["label"] for row in rows if row["label"]]
    assert sorted(int(number) for label in labels for number in label.split(", ")) == list(range(1, 13))
    for copies in ({"1", "2", "3"}, {"7", "8", "9"}):
        assert any(copies <= set(label.split(", ")) for label in labels)


def test_the_key_counts_as_the_picture_does(page, found):
    key = re.search(r'<ol class="key">(.*?)</ol>', page, re.S)[1]
    names = re.findall(r"<li[^>]*>(.*?) <small>", key)
    assert names == [row["policy"] for row in found.record["policies"]]
    rows = charts.trade_off_rows(found.record)
    assert all(names[row["number"] - 1] == row["policy"] for row in rows)


def test_the_key_names_all_that_dominate_a_policy_and_doing_nothing(crowded):
    key = re.search(r'<ol class="key">.*?</p>', comparison_page(crowded), re.S)[0]
    number = {row["policy"]: str(place) for place, row in enumerate(crowded.record["policies"], 1)}
    items = dict(re.findall(r'<li value="(\d+)">.*?<small>(.*?)</small>', key))
    assert any(len(row["dominated_by"]) > 4 for row in crowded.record["policies"])
    for row in crowded.record["policies"]:
        by = re.search(r"dominated by (.*)", items[number[row["policy"]]])
        listed = by[1].split(", ") if by else []
        assert listed == [number.get(name, name) for name in row["dominated_by"]]
    assert "Hollow dot: doing nothing, " in key


def rows_of(page, start):
    """The rows of the first table after some words: a dictionary each, by the head."""
    found = page[page.index(start) :]
    found = found[found.index("<table") : found.index("</table>")]
    head = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', found)
    rows = re.findall(r'<tr role="row">(<th scope="row".*?)</tr>', found, re.S)
    return [dict(zip(head, re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row), strict=True)) for row in rows]


def test_two_policies_have_their_difference_with_its_interval_from_either_side(page, found):
    (row,) = (row for row in found.record["pairs_of_policies"] if (row["a"], row["b"]) == ("a", "b"))
    said = {}
    for name, other in (("a", "b"), ("b", "a")):
        tables = page[page.index("Policies against each other") :].split('name="two"')[1:]
        part = next(part for part in tables if f">{name}</label>" in part)
        cells = next(cells for cells in rows_of(part, "<table") if cells["against"] == other)
        words = cells["difference in futures (all hold at once)"].replace("\u2212", "-")
        said[name] = [float(number) for number in re.findall(r"[-+]?\d+(?:\.\d+)?", words)]
    net, n, low, high = said["a"]
    assert (net, n) == (row["happened_a"] - row["happened_b"], row["n_pairs"])
    assert [low, high] == pytest.approx([row["simultaneous"][end] * n for end in ("low", "high")], abs=1)
    assert said["b"] == [-net, n, -high, -low]


def test_backfire_has_its_interval_and_the_bounds_are_those_of_the_rates(planted, truth, tested):
    one = tested("one", {"n10": 10, "n11": 10, "n00": 20})
    inputs = planted(truth, 1)._replace(tested=[one])
    page = comparison_page(compare_inputs(inputs))
    (memo,) = rows_of(page, "The table")
    assert re.fullmatch(r"0 of 20 \(0% to \d+%\)", memo["backfired: caused, of those calm without it"])
    (bounds,) = rows_of(page[page.index("for statisticians") :].split("</table>", 1)[1], "<table")
    # p0 = 1/2, p1 = 1/4: PNS from p0 - p1 to p0; PS of p0; PN of 1 - p1
    assert bounds == {
        "policy": "one",
        "PS": "0.500 to 1.000",
        "PN": "0.333 to 0.667",
        "PNS": "0.250 to 0.500",
        "backfire": "0.000 to 0.250",
    }
    assert "without sampling error" in page


def test_on_paper_all_is_open_the_memo_legible_and_every_two_are_there(page, tmp_path):
    shown = measured(
        page.replace("@media print", "@media screen"),
        tmp_path,
        1280,
        """
        dispatchEvent(new Event("beforeprint"));
        const tables = [...document.querySelectorAll("table")].filter((one) => one.offsetHeight > 0);
        const two = document.querySelectorAll('input[name="two"]');
        const labels = [...two].map((one) => one.parentElement).filter((one) => one.offsetHeight > 0);
        return {
          folded: document.querySelectorAll("details:not([open])").length,
          memo: parseFloat(getComputedStyle(document.querySelector(".memo table")).fontSize),
          memos: tables.filter((one) => one.closest(".memo .choice")).length,
          two: tables.filter((one) => one.closest(".choice")?.querySelector('[name="two"]')).length,
          labels: labels.length,
        };
        """,
    )
    assert shown["memo"] >= 12
    assert {name: shown[name] for name in ("folded", "memos", "two", "labels")} == {
        "folded": 0,
        "memos": 1,
        "two": 3,
        "labels": 3,
    }


def test_the_page_prints(page, tmp_path):
    browse(page, tmp_path, f"--print-to-pdf={tmp_path / 'page.pdf'}")
    assert (tmp_path / "page.pdf").read_bytes()[:5] == b"%PDF-"
