from collections.abc import Callable

from resgat.explain.stats.summary import CONTROLS
from resgat.report.explanations import notes
from resgat.report.explanations.content import Check, Claim, ExplanationReport
from tests.report.explanations.reading import rows_of, text_of

MakeReport = Callable[..., ExplanationReport]


def test_claims_say_in_words_whether_they_hold(make_report: MakeReport) -> None:
    claims = (Claim("a > b", True), Claim("c", False), Claim("d", None))
    page = notes.claims(make_report(claims=claims))
    assert text_of(page) == (
        "|\N{CHECK MARK} holds|a > b|\N{BALLOT X} does not hold|c|? not established|d|"
    )


def test_checks(make_report: MakeReport) -> None:
    page = notes.sanity(make_report(sanity=(Check("x", "0.1", True), Check("y", "9", False))))
    assert rows_of(page)[1:] == [
        ["x", "0.1", "\N{CHECK MARK} passed"],
        ["y", "9", "\N{BALLOT X} failed"],
    ]


def test_facts_and_config(make_report: MakeReport) -> None:
    report = make_report(facts=(("seed", "<0>"),), config="a: <b>\nc: 1")
    assert notes.facts(report) == '<dl class="facts"><dt>seed</dt><dd>&lt;0&gt;</dd></dl>'
    assert "<pre>a: &lt;b&gt;\nc: 1</pre>" in notes.config(report)


def test_pitfalls(make_report: MakeReport) -> None:
    assert notes.pitfalls(make_report(pitfalls=("a", "b"))) == "<ul><li>a</li><li>b</li></ul>"


def test_the_rule_by_which_a_face_is_judged_is_told() -> None:
    text = text_of(notes.how_to_read())
    assert "counts if P(fake) is at least 0.8, and at most 0.2 for its unaltered twin" in text
    assert "An unaltered face (track D) counts if P(fake) is at most 0.2" in text


def test_every_control_is_explained() -> None:
    text = text_of(notes.how_to_read())
    assert [name for name in CONTROLS if name not in text] == []
