"""The page's style sheet: light, dark, telephone and print."""

from windtunnel.analysis.report.charts import BAD, BASE, FAINT, GRID, INK, POLICY, SOFT

DARK = {
    INK: "#e6edf3",
    SOFT: "#9da7b1",
    GRID: "#373e47",
    BASE: "#9aa4af",
    POLICY: "#58b0e8",
    BAD: "#f0883e",
    FAINT: "#4b535d",
}
"""Each colour of a chart, and what stands for it in the dark."""

_SWAPS = "\n".join(
    f'  svg [{place}="{light}"] {{ {place}: {dark}; }}'
    for light, dark in DARK.items()
    for place in ("fill", "stroke")
)

STYLE = (
    """
:root {
  --ink: #1f2328; --soft: #59636e; --ground: #ffffff; --pane: #f6f8fa; --line: #d1d9e0;
  --policy: #0a6aa1; --alarm: #b3261e; --alarm-ground: #fdecea; --tag: #7a4b00; --tag-ground: #fff4d6;
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
main { max-width: 1080px; margin: 0 auto; padding: 28px 24px 64px; overflow-wrap: anywhere; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 12px; letter-spacing: -.01em; }
h2 { font-size: 21px; line-height: 1.3; margin: 0 0 10px; }
section { margin: 0 0 36px; }
section:first-of-type { margin-bottom: 28px; }
p { margin: 0 0 10px; max-width: 760px; }
small, .small, caption, figcaption { color: var(--soft); font-size: 13.5px; line-height: 1.45; }
.lead { font-weight: 600; border-left: 4px solid var(--policy); padding: 6px 12px; background: var(--pane); }
.alarm { color: var(--alarm); background: var(--alarm-ground); border-left: 4px solid var(--alarm); padding: 6px 12px; font-weight: 600; }
.tag { color: var(--tag); background: var(--tag-ground); border-left: 4px solid var(--tag); padding: 6px 12px; }
.claim { font-size: 18px; }
.claim small, .card small { display: block; font-size: 12.5px; }
.note {
  font-size: 13px; font-weight: 600; color: var(--tag); background: var(--tag-ground);
  border-radius: 10px; padding: 2px 10px; vertical-align: middle; white-space: nowrap;
}
.cards { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; margin-top: 16px; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px 6px; background: var(--pane); }
.label { color: var(--soft); font-size: 13px; margin: 0 0 2px; }
.question { font-weight: 600; }
.pictures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 22px 28px; align-items: start; }
figure { margin: 0; min-width: 0; }
figcaption { margin-top: 4px; }
svg { width: 100%; height: auto; display: block; }
table { border-collapse: collapse; width: 100%; margin: 8px 0 12px; font-size: 14.5px; font-variant-numeric: tabular-nums; }
caption { caption-side: bottom; text-align: left; padding-top: 6px; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); font-weight: 400; }
.whole { white-space: nowrap; }
thead th { color: var(--soft); font-size: 13px; }
tbody th { font-weight: 600; }
details { border-top: 1px solid var(--line); padding: 8px 0; }
.pictures + details { margin-top: 18px; }
summary { cursor: pointer; color: var(--policy); font-weight: 600; }
summary:focus-visible, a:focus-visible { outline: 3px solid var(--policy); outline-offset: 2px; }
@media (max-width: 640px) {
  main { padding: 18px 16px 48px; }
  h1 { font-size: 25px; }
  .claim { font-size: 17px; }
  .cards, .pictures { grid-template-columns: minmax(0, 1fr); }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr, tbody th, td { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: 8px 0; }
  th, td { border: 0; padding: 1px 0; }
  td:not(:only-of-type)::before { content: attr(data-label) ": "; color: var(--soft); }
  caption { display: block; }
  table, tbody { display: block; }
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ink: #e6edf3; --soft: #9da7b1; --ground: #0f1318; --pane: #171c23; --line: #373e47;
    --policy: #58b0e8; --alarm: #ff9d94; --alarm-ground: #3a1614; --tag: #f2c56b; --tag-ground: #33270d;
  }
"""
    + _SWAPS
    + """
}
@media print {
  :root { --ground: #fff; --pane: #fff; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  figure, .card, tr, .alarm { break-inside: avoid; }
  h2 { break-after: avoid; }
}
"""
)
