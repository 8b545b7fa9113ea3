import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.report.html.markup import Markup, breakable, element, join


def test_text_is_escaped_and_markup_is_not() -> None:
    inner = element("b", 'a < b & "c"')
    assert inner == "<b>a &lt; b &amp; &quot;c&quot;</b>"
    assert element("p", inner, 3) == f"<p>{inner}3</p>"


def test_attributes() -> None:
    found = element("a", href='#"x"', class_="k", stroke_width=2, title=None, open=True)
    assert found == '<a href="#&quot;x&quot;" class="k" stroke-width="2" open></a>'


@pytest.mark.parametrize("name", ["img", "meta", "col", "br"])
def test_an_element_without_an_end(name: str) -> None:
    assert element(name, alt="x") == f'<{name} alt="x">'


@given(st.text())
def test_no_text_can_open_an_element(text: str) -> None:
    for written in (element("p", text), join([text]), breakable(text), element("p", id=text)):
        inner = written.replace("<p>", "").replace("</p>", "").replace("<wbr>", "")
        assert "<" not in inner.removeprefix("<p")
    assert '"' not in element("p", id=text).removeprefix('<p id="').removesuffix('"></p>')


def test_what_is_joined_is_markup() -> None:
    assert isinstance(join(["a", Markup("<br>")]), Markup)
    assert join(["<", Markup("<br>")]) == "&lt;<br>"
