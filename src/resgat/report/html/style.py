"""The page's style sheet: one column on a phone, a dark scheme, and paper."""

from __future__ import annotations

_LIGHT = """
  --paper: #ffffff; --raised: #f5f6f8; --ink: #1b1f24; --quiet: #59626d; --rule: #dfe3e8;
  --blue: #0067a3; --band: #0072b2; --good: #17703a; --bad: #b3261e; --mark: #c75a00;
  --other: #8a3ea0;
  --line-1: #0072b2; --line-2: #c75a00; --line-3: #00805f; --line-4: #b0518a; --line-5: #7a6a00;
  --line-6: #3b4a9c;
"""
_DARK = """
  --paper: #14171c; --raised: #1d2128; --ink: #e7eaee; --quiet: #a3adb9; --rule: #343b45;
  --blue: #6cbcf0; --band: #0072b2; --good: #6fce8f; --bad: #ff9a8f; --mark: #f5a25a;
  --other: #d69be6;
  --line-1: #6cbcf0; --line-2: #f5a25a; --line-3: #4fd0a8; --line-4: #e59bc6; --line-5: #e0cf58;
  --line-6: #a7b1f2;
"""

_RULES = """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
header, main, footer { max-width: 1160px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 28px; }
footer { padding-top: 24px; padding-bottom: 40px; color: var(--quiet); font-size: 14px; }
h1 { font-size: clamp(25px, 4vw, 34px); line-height: 1.2; margin: 0 0 12px; }
h2 { font-size: 22px; line-height: 1.3; margin: 0 0 8px; }
h3 { font-size: 17px; margin: 22px 0 6px; }
h1, h2, h3, p, li, dd, figcaption { overflow-wrap: anywhere; }
p { margin: 6px 0 12px; max-width: 76ch; }
a { color: var(--blue); }
section { padding: 26px 0 8px; border-top: 1px solid var(--rule); margin-top: 22px;
  scroll-margin-top: 8px; }
.quiet, .note, figcaption, caption { color: var(--quiet); }
.note, figcaption, caption { font-size: 14px; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 6px 8px; padding: 0;
  margin: 16px 0 0; }
nav a { display: block; padding: 4px 11px; border: 1px solid var(--rule); border-radius: 15px;
  text-decoration: none; font-size: 14px; }
nav a:hover { background: var(--raised); }
ul.claims { list-style: none; padding: 0; margin: 14px 0 0; display: grid; gap: 6px; }
ul.claims li { display: grid; grid-template-columns: 8.6em 1fr; gap: 10px; align-items: baseline; }
.holds, .fails, .open { font-weight: 650; font-size: 14px; white-space: nowrap; }
.holds { color: var(--good); } .fails { color: var(--bad); } .open { color: var(--quiet); }
.scroll { overflow-x: auto; margin: 10px 0 16px; max-width: 100%; background:
  linear-gradient(to left, var(--paper) 40%, transparent) right / 40px 100% no-repeat local,
  linear-gradient(to left, color-mix(in srgb, var(--ink) 20%, transparent), transparent)
    right / 16px 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0 0 6px; }
th, td { padding: 5px 14px 5px 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); }
thead th { vertical-align: bottom; border-bottom: 2px solid var(--quiet); }
th small, td small { display: block; font-weight: 400; font-size: 12px; color: var(--quiet);
  line-height: 1.35; }
th { font-weight: 600; } th.light { font-weight: 400; }
th.num, td.num { text-align: right; white-space: nowrap; padding-left: 8px; }
td.num b { font-size: 15px; }
tr.group th { padding-top: 16px; font-weight: 400; color: var(--quiet); font-size: 13px; }
tr.group span { position: sticky; left: 0; }
.long td { white-space: nowrap; } .long thead th { white-space: normal; }
.verdict th[scope=row], .long th[scope=row] { position: sticky; left: 0; background: var(--paper);
  white-space: nowrap; padding-right: 12px; }
.grey, .grey b, .grey th { color: var(--quiet); font-weight: 400; }
td small.words { font-style: italic; }
details { border: 1px solid var(--rule); border-radius: 8px; padding: 0 14px; margin: 10px 0; }
details[open] { padding-bottom: 8px; }
summary { cursor: pointer; padding: 9px 0; font-size: 15px; }
summary::marker { color: var(--quiet); }
.grid { display: grid; gap: 22px 36px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); }
.grid.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); }
.grid > * { min-width: 0; }
figure { margin: 0; }
figure h3, h4 { margin: 6px 0 4px; }
h4 { font-size: 17px; }
h3 small, h4 small { font-weight: 400; }
figure > svg { max-width: 460px; }
svg { display: block; max-width: 100%; overflow: visible; }
svg text { fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .name { fill: var(--ink); }
.axis { stroke: var(--quiet); stroke-width: 1; } .rule { stroke: var(--rule); stroke-width: 1; }
.chance { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 4 3; }
.own { stroke: var(--blue); fill: var(--blue); }
.dull { stroke: var(--quiet); fill: var(--paper); }
.permuted { stroke: var(--other); stroke-width: 2; }
.bar { stroke-width: 2.5; }
.forest { display: grid;
  grid-template-columns: minmax(96px, max-content) minmax(90px, 1fr) max-content;
  align-items: center; font-size: 13px; font-variant-numeric: tabular-nums; line-height: 1.2; }
.forest > * { padding: 1px 0; }
.forest .label { padding-right: 10px; overflow-wrap: anywhere; }
.forest .value { padding-left: 12px; text-align: right; white-space: nowrap; }
.forest .value small { font-size: 12px; color: var(--quiet); }
.forest .part { grid-column: 1 / -1; color: var(--quiet); font-size: 12px; padding-top: 8px; }
.key { display: flex; flex-wrap: wrap; gap: 3px 16px; font-size: 13px; padding: 0; margin: 6px 0 0;
  list-style: none; }
.key li { display: flex; gap: 6px; align-items: center; }
.key svg { flex: none; }
.curve { fill: none; stroke-width: 2; }
.confusion { font-size: 12px; width: 100%; table-layout: fixed; max-width: 420px; }
.confusion th, .confusion td { padding: 0; border: 1px solid var(--paper); text-align: center;
  height: 30px; vertical-align: middle; }
.confusion th[scope=row] { text-align: right; font-weight: 400; padding-right: 6px;
  line-height: 1.05; }
.confusion thead th { font-weight: 400; height: 72px; border-bottom: 1px solid var(--paper);
  vertical-align: bottom; }
.confusion thead th span { writing-mode: vertical-rl; transform: rotate(180deg);
  white-space: nowrap; }
.confusion col.names { width: 74px; }
.confusion td.true { outline: 2px solid var(--ink); outline-offset: -2px; }
.confusion td {
  background: color-mix(in srgb, var(--band) calc(var(--share) * 100%), var(--raised)); }
.confusion td.hot { color: #ffffff; }
.confusion td.corner { background: none; vertical-align: bottom; text-align: right;
  padding: 0 6px 2px 0; color: var(--quiet); }
.tiles { display: grid; gap: 10px;
  grid-template-columns: repeat(auto-fill, minmax(min(30%, 128px), 1fr)); }
.tiles figcaption { font-size: 13px; line-height: 1.25; padding-top: 3px; }
.tile { position: relative; }
.tile img { display: block; width: 100%; height: auto; border-radius: 3px; }
.tile svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.row { margin: 0 0 22px; break-inside: avoid; }
.row > p { margin: 0 0 6px; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; font-size: 15px; }
dl.facts dt { color: var(--quiet); } dl.facts dd { margin: 0; font-variant-numeric: tabular-nums; }
pre { background: var(--raised); padding: 12px 14px; border-radius: 6px; overflow-x: auto;
  font: 13px/1.45 ui-monospace, "Liberation Mono", Menlo, monospace; }
@media (min-width: 561px) { th wbr { display: none; } }
@media (max-width: 560px) {
  body { font-size: 15px; }
  .verdict th[scope=row], .long th[scope=row] { white-space: normal;
    min-width: 92px; max-width: 118px; font-size: 13px; overflow-wrap: anywhere; }
  td small.words { white-space: normal; max-width: 84px; margin-left: auto; }
  ul.claims li, dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: 8px; }
  .forest { grid-template-columns: minmax(70px, 112px) minmax(80px, 1fr) max-content;
    font-size: 12px; }
  .forest .value small { display: block; font-size: 11px; }
  .faces .tiles { grid-template-columns: 1fr 1fr; }
}
@media print {
  body { font-size: 11pt; }
  nav { display: none; }
  .scroll, pre { overflow: visible; }
  pre { white-space: pre-wrap; }
  figure, .forest, tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""

STYLE = (
    f":root {{ color-scheme: light dark; {_LIGHT} }}\n"
    f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}\n{_RULES}"
)


def style_within(selector: str) -> str:
    """Return the sheet for a part of a page that is not ours; its rules reach nothing outside.

    Example:
        >>> style_within(".mine").splitlines()[0]
        '.mine {'
    """
    return (
        f"{selector} {{\n{_LIGHT}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ {selector} {{ {_DARK} }} }}\n"
        f"{selector} {{ {_RULES} }}"
    )
