"""The verdict table, every number behind it, and the comparisons with the best method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resgat.explain.stats.summary import CONTROLS, PairRow, SummaryRow
from resgat.report.explanations.content import Column, ExplanationReport
from resgat.report.explanations.panels import (
    DIRECTIONS,
    Panel,
    columns,
    panels,
    ranked,
    remark,
    span,
)
from resgat.report.html.blocks import folded, scrolling
from resgat.report.html.markup import Markup, breakable, element, join
from resgat.report.html.wording import (
    chance_of,
    counted,
    interval,
    number,
    percent,
)

_LONG_HEAD = (
    "metric",
    "method",
    "mean",
    "95 % interval",
    "images",
    "groups",
    "said nothing",
    "undefined",
    "own maps of other images",
    "less random_smooth",
    "less center",
    "verdict",
)

#: Above this a corrected p-value decides nothing.
_ALPHA = 0.05

_PAIR_HEAD = (
    "compared with",
    "difference",
    "95 % interval",
    "p (Holm)",
    "chance to be better",
    "verdict",
)


def verdict_tables(report: ExplanationReport) -> Markup:
    """Lay out each model's main track in full, its other tracks and all numbers folded."""
    parts: list[Markup] = []
    for panel in panels(report):
        table = join((verdict_table(report, panel), all_numbers(panel)))
        if panel.is_main:
            parts += [element("h3", panel.heading), table]
        else:
            parts.append(folded(panel.heading, table))
    return join(parts)


def verdict_table(report: ExplanationReport, panel: Panel) -> Markup:
    """Lay out methods against primary metrics, the controls below."""
    shown = [column for column in columns(report) if panel.of(column.metric)]
    head = [element("th", "method", scope="col")]
    head += [_column_head(report, panel, column) for column in shown]
    bodies = [
        element(
            "tbody", *(_verdict_row(panel, name, shown) for name in panel.methods if not _is(name))
        )
    ]
    if any(map(_is, panel.methods)):
        told = "; oracle_node is told the truth" if "oracle_node" in panel.methods else ""
        title = element("span", f"Controls{told}")
        group = element("th", title, colspan=len(head), scope="rowgroup")
        rows = [_verdict_row(panel, name, shown) for name in panel.methods if _is(name)]
        bodies.append(element("tbody", element("tr", group, class_="group"), *rows))
    table = element(
        "table",
        element("thead", element("tr", *head)),
        *bodies,
        class_="verdict",
    )
    note = element("p", coverage(report, panel), class_="note")
    return join((note, scrolling(table, f"Verdicts, {panel.heading}")))


def all_numbers(panel: Panel) -> Markup:
    """Lay out one row for each metric and method, folded."""
    rows = sorted(panel.rows.values(), key=lambda r: (r.metric, panel.methods.index(r.method)))
    head = [
        element("th", name, scope="col", class_=None if place < 2 else "num")
        for place, name in enumerate(_LONG_HEAD[:-1])
    ]
    table = element(
        "table",
        element("thead", element("tr", *head, element("th", _LONG_HEAD[-1], scope="col"))),
        element("tbody", *map(_long_row, rows)),
        class_="long",
    )
    title = f"All numbers, other metrics included: {counted(len(rows), 'row')}"
    return folded(title, scrolling(table, f"All numbers, {panel.heading}"))


def pair_tables(report: ExplanationReport) -> Markup:
    """Compare the best method with every other one under each primary metric."""
    main = next(panel for panel in panels(report) if panel.is_main)
    parts: list[Markup] = []
    scored = [column for column in columns(report) if main.of(column.metric)]
    for column in scored:  # a decoy, for one, is not on every track
        best = _best(main, column.metric)
        found = [
            _from(best, pair)
            for pair in report.pairs
            if (pair.model, pair.track, pair.metric) == (main.model, main.track, column.metric)
            and best in (pair.a, pair.b)
        ]
        if found:
            table = _pair_table(main, column.metric, found)
            title = f"{column.label}: {best} against each other method"
            parts.append(folded(title, table, is_open=not parts))
    return join(parts) if parts else element("p", "No pair holds the best method.", class_="note")


def coverage(report: ExplanationReport, panel: Panel) -> str:
    """Write how many images a panel speaks of, and which share of the data that is."""
    rows = panel.rows.values()
    text = f"{span(rows, 'n_images')} images in {span(rows, 'n_groups')} groups of people."
    found = report.coverage.get((panel.model, panel.track))
    if found is None:
        return text
    verified, asked = found
    share = percent(verified / asked) if asked else "none"
    return f"{text} Verified set: {verified:,} of {asked:,} images ({share})."


def _is(method: str) -> bool:
    return method in CONTROLS


def _column_head(report: ExplanationReport, panel: Panel, column: Column) -> Markup:
    lines = [DIRECTIONS[panel.of(column.metric)[0].better]]
    chance = report.chance.get((panel.track, column.metric))
    if chance is not None:
        lines.append(f"chance {number(chance)}")
    smalls = [element("small", line) for line in lines]
    return element(
        "th", column.label, *smalls, scope="col", class_="num", title=column.note or None
    )


def _verdict_row(panel: Panel, method: str, shown: Sequence[Column]) -> Markup:
    rows = [panel.rows.get((column.metric, method)) for column in shown]
    judged = [r for r in rows if r is not None and r.better != "none" and r.unrelated is None]
    # By the metric that ranks: of many, controls are soon beaten under one by luck.
    is_grey = not _is(method) and bool(judged) and not judged[0].beats_controls
    silent = max((row.n_degenerate for row in rows if row is not None), default=0)
    note = element("small", f"{counted(silent, 'map')} said nothing") if silent else ""
    head = element("th", breakable(method), note, scope="row", class_="grey" if is_grey else None)
    return element("tr", head, *map(_verdict_cell, rows))


def _verdict_cell(row: SummaryRow | None) -> Markup:
    if row is None:
        return element("td", element("small", "not scored"), class_="num")
    words = remark(row)
    lines = [element("b", number(row.mean))]
    if row.low is not None:
        lines.append(element("small", interval(row.low, row.high)))
    if words:
        lines.append(element("small", words, class_="words"))
    return element("td", *lines, class_="num grey" if words else "num")


def _long_row(row: SummaryRow) -> Markup:
    random = _gap(row.diff_random, row.diff_random_low, row.diff_random_high)
    center = _gap(row.diff_center, row.diff_center_low, row.diff_center_high)
    numbers = (
        number(row.mean),
        interval(row.low, row.high),
        f"{row.n_images:,}",
        f"{row.n_groups:,}",
        f"{row.n_degenerate:,}",
        f"{row.n_undefined:,}",
        number(row.permuted),
        random,
        center,
    )
    verdict = "beats its controls" if row.beats_controls else remark(row) or "no claim"
    return element(
        "tr",
        element("td", row.metric),
        element("th", breakable(row.method), scope="row"),
        *(element("td", text, class_="num") for text in numbers),
        element("td", verdict),
        class_="grey" if remark(row) else None,
    )


def _gap(mean: float | None, low: float | None, high: float | None) -> str:
    return number(mean) if mean is None else f"{number(mean)} {interval(low, high)}"


def _best(panel: Panel, metric: str) -> str:
    """Return the best method under a metric that is no control; the first one if all are."""
    return ranked(panel.of(metric), metric)[0]


def _from(best: str, pair: PairRow) -> tuple[str, PairRow]:
    """Return the other method, and the pair as ``best - other``."""
    if pair.a == best:
        return pair.b, pair
    turned = PairRow(
        pair.model,
        pair.track,
        pair.metric,
        best,
        pair.a,
        _negative(pair.diff),
        _negative(pair.high),
        _negative(pair.low),
        pair.p_value,
        pair.p_holm,
        None if pair.superiority is None else 1 - pair.superiority,
        pair.is_equivalent,
        pair.margin,
    )
    return pair.a, turned


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def _pair_table(panel: Panel, metric: str, found: Iterable[tuple[str, PairRow]]) -> Markup:
    lower = any(row.better == "lower" for row in panel.of(metric))
    order = {name: place for place, name in enumerate(panel.methods)}
    rows = sorted(found, key=lambda pair: order.get(pair[0], len(order)))
    head = [
        element("th", name, scope="col", class_="num" if 0 < place < 5 else None)
        for place, name in enumerate(_PAIR_HEAD)
    ]
    body = [_pair_row(other, pair, lower=lower) for other, pair in rows]
    table = element(
        "table", element("thead", element("tr", *head)), element("tbody", *body), class_="long"
    )
    return scrolling(table, f"Pairs under {metric}")


def _pair_row(other: str, pair: PairRow, *, lower: bool) -> Markup:
    numbers = (
        number(pair.diff),
        interval(pair.low, pair.high),
        chance_of(pair.p_holm),
        number(pair.superiority),
    )
    return element(
        "tr",
        element("th", breakable(other), scope="row"),
        *(element("td", text, class_="num") for text in numbers),
        element("td", _pair_verdict(pair, lower=lower)),
    )


def _pair_verdict(pair: PairRow, *, lower: bool) -> str:
    """Say what the interval and the equivalence test allow to be said."""
    if pair.low is None or pair.high is None:
        return "no interval, so no claim"
    if pair.low > 0 or pair.high < 0:
        if pair.p_holm is not None and pair.p_holm >= _ALPHA:
            return "undecided after Holm's correction"
        is_better = (pair.high < 0) == lower
        small = f", by less than {number(pair.margin)}" if pair.is_equivalent else ""
        return f"{pair.a} is {'better' if is_better else 'worse'}{small}"
    return f"equal within {number(pair.margin)}" if pair.is_equivalent else "undecided"
