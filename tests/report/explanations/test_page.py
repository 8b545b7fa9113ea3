import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from resgat.report.explanations.content import REASONS, Check, Claim, Column, ExplanationReport
from resgat.report.explanations.page import render_page
from resgat.report.html.wording import interval, number
from tests.report.explanations.reading import text_of

MakeReport = Callable[..., ExplanationReport]
NASTY = '<b onload="x">&"</b>'


@pytest.fixture(scope="module")
def report(make_report: MakeReport) -> Any:
    return make_report()


@pytest.fixture(scope="module")
def page(report: ExplanationReport) -> str:
    return render_page(report)


def test_every_number_of_the_summary_is_on_the_page(report: ExplanationReport, page: str) -> None:
    shown = set(re.split(r"[|\n]", text_of(page)))
    shown |= {f"[{part}" for text in shown for part in text.split(" [")[1:]}
    for row in report.summary:
        wanted = [number(row.mean), number(row.permuted), interval(row.low, row.high)]
        wanted += [interval(row.diff_random_low, row.diff_random_high), row.method]
        wanted += [interval(row.diff_center_low, row.diff_center_high), f"{row.n_undefined}"]
        assert [text for text in wanted if text not in shown] == []


def test_everything_else_is_on_the_page(report: ExplanationReport, page: str) -> None:
    text = text_of(page)
    wanted = [report.title, *(part for fact in report.facts for part in fact), *report.pitfalls]
    wanted += [claim.text for claim in report.claims] + [check.value for check in report.sanity]
    wanted += [column.label for column in report.columns] + list(report.curves)
    wanted += [number(price.ms) for price in report.prices.values()]
    wanted += [row.caption for row in report.gallery] + [report.config.splitlines()[0]]
    assert [part for part in wanted if part not in text] == []


def test_nothing_comes_from_elsewhere(page: str) -> None:
    addresses = re.findall(r'(?:src|href|action|srcset|data|poster)="([^"]*)"', page)
    addresses += re.findall(r"url\(([^)]*)\)|@import\s+([^;]*)", page)
    assert len(addresses) > 20
    assert [a for a in addresses if not str(a).startswith(("#", "data:image/jpeg;base64,"))] == []
    assert re.search(r"https?://|<script|<link|<iframe| on\w+=", page) is None


def test_the_contents_lead_to_every_section(page: str) -> None:
    links = re.findall(r'<a href="#(\w+)"', page)
    assert links == re.findall(r'<section id="(\w+)"', page)
    assert len(links) == 12


def test_names_cannot_break_out(report: ExplanationReport, make_report: MakeReport) -> None:
    rows = [replace(row, method=NASTY, model=NASTY, metric=NASTY) for row in report.summary[:1]]
    rows += [replace(row, track=NASTY) for row in rows]
    face = report.gallery[0]
    nasty = make_report(
        title=NASTY,
        facts=((NASTY, NASTY),),
        summary=tuple(rows),
        claims=(Claim(NASTY, True),),
        columns=(Column(NASTY, NASTY, NASTY),),
        pairs=tuple(replace(pair, b=NASTY, metric=NASTY) for pair in report.pairs[:1]),
        prices={NASTY: report.prices["ig"]},
        curves={NASTY: {NASTY: report.curves["P(fake) while the evidence is deleted"]["ig"]}},
        confusion={NASTY: report.confusion["contrib"]},
        gallery=(replace(face, caption=NASTY, overlays={NASTY: face.face}),),
        sanity=(Check(NASTY, NASTY, True),),
        pitfalls=(NASTY,),
        config=NASTY,
        tracks={NASTY: NASTY},
    )
    page = render_page(nasty)
    assert "<b onload" not in page
    assert 'onload="' not in page
    assert text_of(page).count(NASTY) > 20


def test_a_bare_report_says_why_each_part_is_missing(report: ExplanationReport) -> None:
    bare = ExplanationReport(title="t", facts=(), summary=report.summary[:1])
    page = render_page(bare)
    lines = re.findall(r'<p class="note absent">(.*?)</p>', page)
    assert sorted(lines) == sorted(f"Left out: {reason}." for reason in REASONS.values())


def test_a_given_reason_is_shown(make_report: MakeReport) -> None:
    page = render_page(make_report(confusion={}, missing={"confusion": "no <mask> at all"}))
    assert "Left out: no &lt;mask&gt; at all." in page
    assert REASONS["confusion"] not in page
    assert page.count("note absent") == 1


def test_each_optional_part_can_be_missing_alone(
    report: ExplanationReport, make_report: MakeReport
) -> None:
    empty = ExplanationReport(title="t", facts=(), summary=report.summary[:1])
    main = tuple(row for row in report.summary if row.track == "A")
    for field in fields(report):
        if field.name not in ("title", "facts", "summary"):
            page = render_page(
                make_report(summary=main, **{field.name: getattr(empty, field.name)})
            )
            assert page.count("<section") == 12


def test_the_same_report_is_the_same_page(report: ExplanationReport, page: str) -> None:
    assert render_page(report) == page
