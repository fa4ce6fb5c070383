"""compare.html: one file with the answer first, then the trade-off, a table for a memo, and charts to sort and filter.

The charts are drawn by Vega, which stands in the file whole; the only script that may run is that bundle, by its
hash, and it may fetch nothing.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from windtunnel.analysis.comparison import charts
from windtunnel.analysis.comparison.chart_parts import drawn
from windtunnel.analysis.comparison.deciding import NOTHING
from windtunnel.analysis.comparison.goal_words import goal_table
from windtunnel.analysis.comparison.markup import choice, table, text
from windtunnel.analysis.comparison.memo import memo_rows
from windtunnel.analysis.comparison.method import method_plain, method_words
from windtunnel.analysis.comparison.page_tables import (
    bounds_table,
    group_tables,
    memo_tables,
    outcome_tables,
    symbols_table,
    two_tables,
)
from windtunnel.analysis.comparison.result import Comparison
from windtunnel.analysis.comparison.sentences import answer_sentences
from windtunnel.analysis.comparison.title import title
from windtunnel.analysis.first_sentence import BEHIND, first_sentence
from windtunnel.analysis.numbers_in_words import number, words
from windtunnel.analysis.report.style import STYLE
from windtunnel.analysis.summary import INSIDE, UNMEASURED, place_words, specs

Record = Mapping[str, Any]
DRAW = """
for (const one of document.querySelectorAll("script[data-chart]")) {
  const settings = {mode: "vega", renderer: "svg", actions: false, ast: true};
  vegaEmbed("#" + one.dataset.chart, JSON.parse(one.textContent), settings);
}
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
"""
DOMINATED = (
    "Numbers in the picture are those of this list. Dominated: another policy, or doing nothing, is by the estimates at least as good "
    "in the outcome and in every cost, and better in one."
)
COUPLING = f"Bounds at the rates as counted, without sampling error, however twins share chance. {INSIDE}"
EXTRA = """
.choice { display: flex; flex-wrap: wrap; gap: 4px 14px; border: 0; padding: 0; margin: 10px 0; min-width: 0; }
.choice legend { color: var(--soft); font-size: 13.5px; padding: 0; }
.choice label { font-size: 14px; white-space: nowrap; }
.choice input { margin: 0 5px 0 0; vertical-align: -1px; }
.choice .shown { display: none; order: 1; flex: 0 0 100%; min-width: 0; overflow-x: auto; }
.choice label:has(:checked) + .shown { display: block; }
@supports not selector(:has(*)) { .choice .shown { display: block; } }
.chart { width: 100%; max-width: 760px; margin: 0 0 26px; }
ol.key { padding-left: 26px; margin: 0 0 10px; font-size: 14.5px; }
ol.key li { margin-bottom: 4px; }
.chart svg { width: auto; max-width: 100%; }
.chart .numbers text { paint-order: stroke; stroke: var(--ground); stroke-width: 3px; }
.vega-embed { width: 100%; display: flex !important; flex-direction: column; }
.vega-bindings { order: -1; display: flex; flex-wrap: wrap; gap: 6px 18px; margin-bottom: 10px; font-size: 14px; }
.vega-bind-name { color: var(--soft); margin-right: 4px; }
.vega-bindings select { font: inherit; color: var(--ink); background: var(--pane); border: 1px solid var(--line); border-radius: 6px; padding: 3px 6px; max-width: 100%; }
#vg-tooltip-element.vg-tooltip { color: var(--ink); background: var(--pane); border-color: var(--line); }
#vg-tooltip-element table { width: auto; margin: 0; font-size: 13px; }
#vg-tooltip-element tr { display: table-row; }
#vg-tooltip-element td { display: table-cell; border: 0; padding: 1px 4px; }
#vg-tooltip-element td.key { color: var(--soft); }
#vg-tooltip-element td::before { content: none; }
ul.said { padding-left: 20px; max-width: 860px; }
ul.said li { margin-bottom: 6px; }
ul.said li.claim { list-style: none; margin-left: -20px; }
.memo table { font-size: 13.5px; }
main { overflow-wrap: break-word; }
@media (min-width: 641px) { main { max-width: 1240px; } }
@media (min-width: 1000px) { .trade-off { display: grid; grid-template-columns: minmax(0, 760px) minmax(0, 1fr); gap: 0 28px; align-items: center; } }
@media print {
  .choice { display: block; }
  .choice label { display: block; font-weight: 600; break-after: avoid; }
  .choice input, .vega-bindings { display: none; }
  .choice .shown { display: block; overflow: visible; break-inside: avoid; }
  :is(.memo, details) .choice label:not(:has(:checked)), :is(.memo, details) .choice label:not(:has(:checked)) + .shown { display: none; }
  .chart { break-inside: avoid; }
  .chart svg { max-height: 200mm; height: auto; }
  .trade-off .chart svg { max-height: 112mm; }
  legend, summary { break-after: avoid; }
  table { break-inside: avoid; }
  table, thead th { font-size: 9pt; }
  ol.key { columns: 2; }
  .memo { page: wide; }
  .memo table { font-size: 9pt; margin: 4px 0; }
  @page { margin: 14mm; }
  @page wide { size: A4 landscape; margin: 12mm; }
  th, td { padding: 3px 6px 3px 0; }
}
"""


def comparison_page(found: Comparison) -> str:
    """The whole page."""
    record = found.record
    script = _bundle()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:"
    body = "\n".join(part for part in _parts(record) if part)
    head = text(title(record))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{head}</title>
<style>{STYLE}{EXTRA}</style>
</head>
<body>
<main>
<h1>{head}</h1>
{body}
</main>
<script>{script}</script>
</body>
</html>
"""


def _parts(record: Record) -> list[str]:
    """The page from top to bottom."""
    return [
        _answer(record),
        _shared(record),
        _trade_off(record),
        f"<section><h2>For a memo</h2>{table(memo_rows(record))}</section>",
        _more(record),
        f'<section class="memo"><h2>The table</h2>{choice("order", "Sort by", memo_tables(record))}'
        f"{_quantities(record)}</section>",
        _chart_and_numbers(
            "Every outcome",
            _chart("outcomes", charts.outcomes(record)),
            choice("outcome", "Outcome", outcome_tables(record)),
        ),
        _chart_and_numbers(
            "Who gains, who loses",
            _chart("groups", charts.groups(record)),
            choice("group", "Group", group_tables(record)),
        ),
        "<section><h2>Policies against each other</h2>"
        + choice("two", "Policy", two_tables(record))
        + "</section>"
        if record["pairs_of_policies"]
        else "",
        _evasion(record),
        _trust(record),
    ]


def _answer(record: Record) -> str:
    """What to do, before anything else; what speaks against quoting it; the goal's statements one by one."""
    first, *rest = answer_sentences(record)[1 if record["goal"] else 0 :]  # the title has the goal
    lines = "".join(f"<p>{text(line)}</p>" for line in rest)
    doubts = [f"{row['policy']}: {doubt}" for row in record["policies"] for doubt in row["doubts"]]
    told = [*record["left_out"], *doubts]
    alarms = _fidelity(record.get("fidelity", [])) + "".join(
        f'<p class="alarm">{text(doubt)}</p>' for doubt in told
    )
    stated = goal_table(record)
    return (
        f'<section class="answer"><p class="claim">{text(first)}</p>{lines}<p class="lead">{text(INSIDE)}</p>{alarms}'
        f"{table(stated) if stated else ''}{_rule(record)}</section>"
    )


def _fidelity(lines: list[str]) -> str:
    """How far the model was compared with reality: the first sentences of the first two lines, all else folded."""
    if not lines:
        return ""
    parts = [first_sentence(line) for line in lines[:2]]
    more = [rest for _, rest in parts if rest] + lines[2:]
    behind = "".join(f"<p>{text(line)}</p>" for line in more)
    fold = f"<details><summary>{text(BEHIND)}</summary>{behind}</details>" if more else ""
    kinds = ["alarm" if UNMEASURED in lines[0] else "small", "alarm"]  # as in a report
    shown = (f'<p class="{kind}">{text(first)}</p>' for kind, (first, _) in zip(kinds, parts, strict=False))
    return "".join(shown) + fold


def _shared(record: Record) -> str:
    shared, outcome = record["shared"], record["outcome"]
    baseline = words(specs(shared["baseline"] or [])) or record["nouns"]["nothing"]
    reached = (
        "" if outcome["threshold"] is None else f", which happened where it reached {outcome['threshold']:g}"
    )
    count = len(record["policies"])
    like = f" like {shared['profile']}" if shared["profile"] else ""
    policies = "1 policy" if count == 1 else f"{count} policies, each"
    against = f"on top of {baseline} and against that alone" if shared["baseline"] else f"against {baseline}"
    place = place_words(shared["community"], record["nouns"]["place"])
    said = (
        f"{policies} {against}, in {place} of {shared['size']} {record['nouns']['members']}{like}, "
        f"mind {shared['mind']}, {number(shared['steps'], record['nouns']['step'])}. Pairs of twins with and without the policy: "
        f"{shared['draws']} simulated communities x {number(shared['seeds'], 'seed')} of chance, the same for all."
    )
    whats = "".join(
        f"<li>{text(row['policy'])}: {text(row['what'])}</li>"
        for row in record["policies"]
        if row.get("what")
    )
    known = f'<ul class="said">{whats}</ul>' if whats else ""
    defined = f"Outcome: {words(outcome['name'])}{reached} ({outcome['unit']})."
    return f"<section><h2>What was compared</h2><p>{text(said)}</p><p>{text(defined)}</p>{known}</section>"


def _trade_off(record: Record) -> str:
    """The chart, and beside it whose number is whose."""
    spec = charts.trade_off(record)
    if spec is None:
        return ""
    number = {row["policy"]: place for place, row in enumerate(record["policies"], 1)}

    def dominated(names: Sequence[str]) -> str:
        return f"dominated by {', '.join(str(number.get(name, name)) for name in names)}" if names else ""

    key = []
    for place, row in enumerate(record["policies"], 1):
        said = "no claim is made, so it is not drawn"
        if row["claim"] == "made":
            standing = charts.standing_of(row)
            parts = (standing if standing != "dominated" else "", dominated(row["dominated_by"]))
            said = "; ".join(part for part in parts if part)
        key.append((place, row["policy"], said))
    nothing = f"Hollow dot: {NOTHING}, {dominated(record['nothing_dominated_by']) or 'not dominated'}."
    return (
        f'<section class="trade-off">{_chart("trade-off", spec)}<div>{_key(key)}'
        f"<p><small>{text(nothing)} {text(DOMINATED)}</small></p></div></section>"
    )


def _key(items: Sequence[tuple[int, str, str]]) -> str:
    """Whose number is whose, and what is said of each."""
    lines = (
        f'<li value="{number}">{text(name)}{f" <small>{text(said)}</small>" if said else ""}</li>'
        for number, name, said in items
    )
    return f'<ol class="key">{"".join(lines)}</ol>'


def _more(record: Record) -> str:
    """The sentences that the answer does not have."""
    answer = answer_sentences(record)
    rest = [line for line in record["sentences"] if line not in answer]
    if not rest:
        return ""
    items = "".join(f"<li>{text(line)}</li>" for line in rest)
    return f'<section><h2>What else it says</h2><ul class="said">{items}</ul><p><small>{text(INSIDE)}</small></p></section>'


def _rule(record: Record) -> str:
    if record["smallest_effect"] is None:
        return "<p><small>No verdict: the smallest effect worth acting on was not stated (--smallest-effect).</small></p>"
    return f"<p><small>{text(record['rule'])}</small></p>"


def _quantities(record: Record) -> str:
    """How the table's intervals were made, and the quantities with their symbols and bounds; nothing without claims."""
    bounds = bounds_table(record)
    if not bounds:
        return ""
    return (
        f"<p><small>{text(method_plain(record))}</small></p>"
        f"<details><summary>How sure, for statisticians</summary><p><small>{text(method_words(record))}</small></p>"
        f"{table(symbols_table(record))}{table(bounds, COUPLING)}</details>"
    )


def _chart_and_numbers(title: str, drawing: str, numbers: str) -> str:
    """A section, left out where there is nothing to draw."""
    if not drawing:
        return ""
    return f"<section><h2>{title}</h2>{drawing}<details><summary>In numbers</summary>{numbers}</details></section>"


def _evasion(record: Record) -> str:
    spec = charts.evasion(record)
    if spec is None:
        return ""
    level = charts.level_policies(record)
    said = f"Level lines are of policies that were run at one rate. {INSIDE}"
    key = (
        f"{_key([(number, row['policy'], '') for number, row in level])}<p><small>{text(said)}</small></p>"
        if level
        else ""
    )
    return f"<section><h2>Evasion</h2>{_chart('evasion', spec)}{key}</section>"


def _trust(record: Record) -> str:
    couplings = ", ".join(record["shared"]["couplings"])
    claims = [
        method_plain(record),
        f"Necessity and sufficiency hold for twins that share chance in one way ({couplings}). Shared in any other way, each lies within its bounds, under How sure, for statisticians.",
    ]
    lines = [
        *(claims if bounds_table(record) else ()),
        "How members decide, and who they are: more seeds do not shrink that doubt, since every run here holds one mind and one profile.",
        "No score is made of these columns, and no weight has a default: what a future is worth is yours to state (--payoff).",
    ]
    return (
        "<section><h2>How far to trust it</h2>"
        + "".join(f"<p>{text(line)}</p>" for line in lines)
        + "</section>"
    )


def _chart(name: str, spec: Mapping[str, Any] | None) -> str:
    if spec is None:
        return ""
    data = json.dumps(drawn(spec), ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")
    return (
        f'<div class="chart"><div id="chart-{name}"></div></div>'
        f'<script type="application/json" data-chart="chart-{name}">{data}</script>'
    )


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, without anything to fetch, and the lines that draw."""
    import vl_convert

    return str(vl_convert.javascript_bundle(DRAW)).replace("</script", "<\\/script")
