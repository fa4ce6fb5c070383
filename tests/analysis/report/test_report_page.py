"""The page: one file without script or network, hostile names escaped, the same numbers as in Markdown."""

import json
import re
from html import unescape
from html.parser import HTMLParser

import polars as pl
import pytest

from windtunnel.analysis.causal.estimates import estimate_file
from windtunnel.analysis.causal.questions import PERCENT_FROM
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.report import write_pairs_report, write_report
from windtunnel.analysis.report.blocks import Document, Picture, Rows, Section, Text
from windtunnel.analysis.report.measures import trajectory
from windtunnel.analysis.report.page import page
from windtunnel.analysis.report.text import markdown
from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.tunnel import run_plan, write_result

HOSTILE = (
    "</title><script>alert(1)</script> \"' [x](javascript:a) https://evil.example \u202e\x1b[31m <img src=x>"
)


def make(path, *words):
    asked = (
        *([] if any(word.startswith("policy=") for word in words) else ["policy=thread_lock"]),
        "community.size=80",
        "draws=6",
        "seeds=4",
        "dowhy=false",
        "parallel.jobs=1",
    )
    folder = Folder(path)
    write_result(run_plan(plan(compose([*asked, *words]))), folder)
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return make(tmp_path_factory.mktemp("lock"), "policy_with.thread_lock.heat=1")


def again(folder, path, **changes):
    """The run's folder once more, with its estimates changed."""
    other = Folder(path)
    for name in ("runs", "events", "members", "pairs"):
        other.write_table(name, folder.read_table(name))
    other.write_json(other.manifest, folder.read_json(folder.manifest))
    other.write_json(other.estimates, folder.read_json(folder.estimates) | changes)
    write_report(other)
    return other


class Words(HTMLParser):
    """The page's text outside style and pictures, a line an element, and every tag with its attributes."""

    def __init__(self, html):
        super().__init__()
        self.text, self.tags, self._quiet = [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._quiet += tag in ("style", "svg")

    def handle_endtag(self, tag):
        self._quiet -= tag in ("style", "svg")

    def handle_data(self, data):
        if not self._quiet:
            self.text.append(data)


def read(folder):
    return folder.report.read_text(encoding="utf-8")


def test_the_page_holds_no_script_and_asks_for_nothing(done):
    html = read(done)
    tags = Words(html).tags
    assert not {"script", "link", "iframe", "object", "img", "base", "form"} & {tag for tag, _ in tags}
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on")]
    policy = next(
        attrs["content"] for tag, attrs in tags if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    for url in re.findall(r"\w+://[^\s\"'<]+", html):
        assert url.startswith("http://www.w3.org/"), "only the names of the SVG standard"
    assert not re.search(r"url\(|@import", html)


def test_the_caveat_and_the_fidelity_stand_above_the_answer(done):
    html = read(done)
    assert (
        html.index(INSIDE)
        < html.index('class="alarm">Descriptive fidelity: not measured')
        < html.index("<h2>")
    )
    assert html.index('class="alarm">Causal fidelity: never assessed') < html.index("<h2>")


def test_each_section_of_claims_has_the_caveat_once_and_every_chart_its_own(done):
    html = read(done)
    claims = [
        re.sub(r"<figure>.*?</figure>|<table.*?</table>|<details>.*?</details>", "", part, flags=re.S)
        for part in re.findall(r"<section>.*?</section>", html, re.S)
        if 'class="claim"' in part or 'class="card"' in part
    ]
    assert len(claims) >= 2 and all(part.count(INSIDE) == 1 for part in claims)
    pieces = re.findall(r"<figure>.*?</figure>", html, re.S)
    assert len(pieces) >= 4
    for piece in pieces:
        shown = " ".join(unescape(re.sub(r"<[^>]+>", " ", piece)).split())
        assert INSIDE in shown, shown[:80]


def test_a_forced_outcome_comes_second_and_is_tagged(done, tmp_path):
    html = read(done)
    assert html.index("First, what the policy does not decide itself") < html.index(
        '<span class="note">by construction'
    )
    assert "By construction: the mechanism of thread lock itself decides escalation" in html
    free = read(again(done, tmp_path, by_construction=False))
    assert "First, what" not in free and '<span class="note">' not in free
    assert free.index("simulated futures") < free.index("What else it changed, and its costs")


def test_five_charts_are_static_pictures_with_words(done):
    pictures = [attrs for tag, attrs in Words(read(done)).tags if tag == "svg"]
    assert len(pictures) == 5
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in pictures)


def test_markdown_and_page_say_the_same_numbers(done):
    html = Words(read(done))
    labels = [attrs["aria-label"] for tag, attrs in html.tags if tag == "svg"]
    text = done.report_text.read_text(encoding="utf-8")

    def numbers(words):
        return set(re.findall(r"\d+(?:\.\d+)?%?", words))

    assert numbers(text) == numbers(" ".join([*html.text, *labels]))
    assert text.startswith("# Does thread lock prevent escalation?")


def test_a_withheld_claim_shows_why_in_place_of_the_answer(done, tmp_path):
    estimates = done.read_json(done.estimates)
    null = dict(est=None, low=None, high=None)
    changed = dict.fromkeys(("pn", "ps", "pns", "rd", "backfire", "pn_backfire", "ps_backfire"), null)
    changed |= dict.fromkeys(("bounds", "curve", "mean_difference", "worst_case", "within_one_draw"))
    changed |= dict(claim="withheld", claim_reason="the arms differ at once")
    html = read(again(done, tmp_path, **changed))
    assert "No claim is made: the arms differ at once." in html
    assert "stopped" not in html and "<svg" not in html and "What else it changed" not in html
    assert str(estimates["table"]["n00"]) in html


def test_lost_pairs_and_failed_runs_are_shown(done, tmp_path):
    runs = done.read_table("runs")
    one = (pl.col("draw") == 0) & (pl.col("seed") == 0) & (pl.col("arm") == "policy")
    failed = runs.with_columns(
        status=pl.when(one).then(pl.lit("failed")).otherwise("status"),
        stage=pl.when(one).then(pl.lit("decide")),
        reason=pl.when(one).then(pl.lit(f"unreadable {HOSTILE}")),
    )
    other = again(done, tmp_path, n_lost=1)
    other.write_table("runs", failed)
    write_report(other)
    html = read(other)
    assert "1 pair was lost" in html and "1 run failed (decide): unreadable" in html
    assert "<script" not in html and "\u202e" not in html and "\x1b" not in html


def test_hostile_names_stay_text_in_page_and_markdown():
    document = Document(
        HOSTILE,
        [Section(HOSTILE, [Text(HOSTILE, "claim"), Rows((HOSTILE,), [(HOSTILE,)], HOSTILE), Picture("<svg ></svg>", HOSTILE)], HOSTILE)],
    )  # fmt: skip
    html, text = page(document), markdown(document)
    assert not {"script", "img"} & {tag for tag, _ in Words(html).tags}
    shown = unescape(html)
    assert shown.count("alert(1)") == 10, "title, h1, h2, note, claim, caption, head, row, label, figcaption"
    assert not re.search(r"(?<!\\)<", text) and not re.search(r"(?<!\\)\[x", text) and "https://" not in text
    assert "\u202e" not in html + text and "\x1b" not in html + text


def test_few_pairs_give_a_page_without_a_percentage(tmp_path):
    folder = make(tmp_path, "policy=slow_mode", "draws=1", "seeds=5")
    assert folder.read_json(folder.estimates)["n_pairs"] < PERCENT_FROM
    shown = unescape(re.sub(r"<style>.*?</style>|<meta[^>]*>", "", read(folder), flags=re.S)).replace(
        "at 95%", ""
    )
    assert "%" not in shown, "neither in sentences nor in charts nor in their labels"


def test_a_table_of_pairs_has_a_report_of_its_own(done, tmp_path):
    source = tmp_path / "pairs.csv"
    done.read_table("pairs").write_csv(source)
    record = estimate_file(source, direction="preventive", outcome="a<b", threshold=2, dowhy=False)
    folder = Folder(tmp_path / "out")
    path = write_pairs_report(folder, record)
    html = path.read_text(encoding="utf-8")
    assert "a&lt;b" in html and INSIDE in html and folder.report_text.is_file()
    assert html.count("<svg") == 3, "pairs, shares, curve"
    assert record["table"] == done.read_json(done.estimates)["table"]


def test_no_number_of_a_table_is_broken_between_lines(done):
    numbers = re.findall(r"<td([^>]*)>[\u2212+]?[\d.]+</td>", read(done))
    assert len(numbers) > 10 and all('class="whole"' in given for given in numbers)


def test_the_course_ends_at_the_outcome_itself(done):
    tables = {name: done.read_table(name) for name in ("runs", "events", "members")}
    manifest = done.read_json(done.manifest)
    found = trajectory(**tables, declared=manifest["outcome"], steps=manifest["config"]["steps"])
    assert found.own
    last = found.points.filter(pl.col("step") == pl.col("step").max())
    means = tables["runs"].filter(pl.col("arm") != "aa").group_by("arm").agg(mean=pl.col("escalation").mean())
    assert dict(last.select("arm", "mean").rows()) == pytest.approx(dict(means.rows()))
    rising = found.points.sort("arm", "step").select((pl.col("mean").diff().over("arm") >= 0).all()).item()
    assert rising, "a count never falls"


def test_an_outcome_of_members_has_hostile_posts_stand_in(done):
    tables = {name: done.read_table(name) for name in ("runs", "events", "members")}
    found = trajectory(**tables, declared={"name": "newcomer_return", "horizon": None}, steps=24)
    assert not found.own and found.label == "hostile posts and replies"


def test_estimates_on_disk_are_left_as_they_were(done):
    before = done.estimates.read_bytes()
    write_report(done)
    assert done.estimates.read_bytes() == before
    assert json.loads(before)["outcome"] == "escalation"
