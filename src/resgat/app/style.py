"""The page's style sheet: that of the reports, and what only this page has."""

from __future__ import annotations

from resgat.report.html.style import style_within

#: Marks the parts of Gradio's page that are ours.
OURS = "resgat"

#: As many people as :func:`~resgat.inference.verdict.most_fake` shows.
_PEOPLE = 6

_CHOSEN = "\n".join(
    f"  body:has(#chosen-{place}:checked) .{OURS} .panel-{place} {{ display: block; }}"
    for place in range(1, _PEOPLE + 1)
)

_OWN = """
.ID { --paper: var(--body-background-fill); color: var(--ink); line-height: 1.5; text-align: left;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  min-width: 0; max-width: 100%; overflow: hidden;
  & h1, & h2, & h3, & th, & b { font-weight: 650; }
  & section { margin-top: 10px; padding: 18px 0 6px; }
  & section.lead { border: 0; margin: 0; padding: 4px 0 0; }
  & ul { padding-left: 20px; margin: 6px 0; list-style: disc; }
  & li { margin: 4px 0; max-width: 76ch; }
  & .said { border: 1px solid var(--rule); border-left: 6px solid var(--quiet); border-radius: 8px;
    padding: 14px 18px; background: var(--raised); }
  & .said h2 { font-size: 30px; margin: 0 0 10px; }
  & .said.fake { border-left-color: var(--bad); } & .said.fake h2 { color: var(--bad); }
  & .said.real { border-left-color: var(--blue); } & .said.real h2 { color: var(--blue); }
  & .said.doubt { border-left-color: var(--mark); } & .said.doubt h2 { color: var(--mark); }
  & .file { color: var(--quiet); font-size: 14px; margin: 0 0 2px; overflow-wrap: anywhere; }
  & .scale { max-width: 520px; margin: 4px 0 14px; }
  & .scale .line { position: relative; height: 14px; border-radius: 7px; background: var(--rule); }
  & .scale .line > * { position: absolute; top: 0; bottom: 0; }
  & .scale .band { background: var(--quiet); opacity: .55; border-radius: 7px; }
  & .scale .half { left: 50%; width: 1px; background: var(--ink); opacity: .5; }
  & .scale .mark { width: 4px; margin-left: -2px; top: -4px; bottom: -4px; border-radius: 2px;
    background: var(--ink); }
  & .scale.fake .band { background: var(--bad); } & .scale.real .band { background: var(--blue); }
  & .scale.doubt .band { background: var(--mark); }
  & .scale .ends { display: flex; justify-content: space-between; font-size: 13px;
    color: var(--quiet); padding-top: 3px; }
  & .frame img { max-width: 100%; max-height: 70vh; height: auto; border-radius: 6px; }
  & .time .scroll { background: #ffffff; border-radius: 6px; }
  & .time img { min-width: 720px; width: 100%; max-width: 1000px; height: auto; display: block; }
  & .people label { display: block; padding: 6px 0; white-space: nowrap; cursor: pointer; }
  & .people input { appearance: auto; accent-color: var(--blue); width: 18px; height: 18px;
    vertical-align: -4px; margin: 0 4px 0 2px; }
  & .tiles { grid-template-columns: repeat(auto-fill, minmax(min(30%, 118px), 1fr)); }
  & .people th, & .people td { vertical-align: middle; white-space: nowrap; }
  & .bars { display: grid; grid-template-columns: max-content minmax(60px, 340px) max-content;
    gap: 5px 12px; align-items: center; font-size: 14px; font-variant-numeric: tabular-nums; }
  & .bars .track { height: 12px; background: var(--raised); border-radius: 3px; }
  & .bars .fill { display: block; height: 100%; background: var(--bad); border-radius: 3px; }
  & .bars .value { text-align: right; }
  & .limits { border-top: 1px solid var(--rule); margin-top: 26px; }
  & a:focus-visible, & input:focus-visible, & .scroll:focus-visible {
    outline: 3px solid var(--blue); outline-offset: 2px; }
}
@supports selector(:has(*)) {
  .ID .panel { display: none; }
CHOSEN
}
"""

STYLE = style_within(f".{OURS}") + _OWN.replace("CHOSEN", _CHOSEN).replace(".ID", f".{OURS}")
