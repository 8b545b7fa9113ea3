from resgat.report.html.markup import element
from resgat.report.html.shell import Section, render


def test_a_page_links_its_sections_and_escapes_its_title() -> None:
    sections = [
        Section("first", "One", "lead", element("p", "body")),
        Section("second", "Two", "", element("p", "more")),
    ]
    page = render("a < b", element("p", "opening"), sections, "the end")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "<title>a &lt; b</title>" in page
    assert '<a href="#second">Two</a>' in page
    assert '<section id="first"><h2>One</h2><p class="note">lead</p><p>body</p></section>' in page
    assert '<section id="second"><h2>Two</h2><p>more</p></section>' in page
    assert "<footer>the end</footer>" in page


def test_a_page_asks_for_nothing_from_anywhere() -> None:
    page = render("t", element("p"), [], "")
    for request in ("<script", "<link", "http://", "https://", "@import", "url("):
        assert request not in page
