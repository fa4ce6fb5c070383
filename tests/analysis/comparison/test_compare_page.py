"""The page: one file that fetches nothing, hostile names escaped, drawn without an error in a real browser."""

import base64
import hashlib
import html
import json
import re

import polars as pl
import pytest

from tests.in_browser import browse, measured
from windtunnel.analysis.comparison import charts
from windtunnel.analysis.comparison.build import compare_inputs
from windtunnel.analysis.comparison.page import comparison_page
from windtunnel.analysis.comparison.sentences import answer_sentences
from windtunnel.analysis.summary import INSIDE

HOSTILE = "</script><script>alert(1)</script> \"'\u202e<img src=x onerror=alert(2)>"


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
