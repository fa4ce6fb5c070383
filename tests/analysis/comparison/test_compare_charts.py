"""The charts of the page: menus, tips and copies that name what is shown, and no text that covers another."""

import itertools
import re

import polars as pl
import pytest

from tests.in_browser import measured
from windtunnel.analysis.comparison import charts
from windtunnel.analysis.comparison.build import compare_inputs
from windtunnel.analysis.comparison.chart_parts import drawn
from windtunnel.analysis.comparison.page import comparison_page


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
