"""The page as a reader meets it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from resgat.report.explanations.content import ExplanationReport
from resgat.report.explanations.page import render_page

WIDTHS_PX = (390, 1280)


@pytest.fixture(scope="module")
def address(make_report: Callable[..., ExplanationReport], tmp_path_factory: Any) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_page(make_report()), encoding="utf-8")
    return path.as_uri()


class Opened(NamedTuple):
    page: Page
    asked: list[str]
    complaints: list[str]


@pytest.fixture(
    scope="module", params=[(w, s) for w in WIDTHS_PX for s in ("light", "dark")], ids=str
)
def opened(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Opened]:
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    found = Opened(context.new_page(), [], [])
    found.page.on("request", lambda request: found.asked.append(request.url))
    found.page.on("requestfailed", lambda request: found.complaints.append(request.url))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("console", lambda message: found.complaints.append(message.text))
    found.page.goto(address, wait_until="load")
    yield found
    context.close()


def test_it_opens_whole_and_quietly(opened: Opened, address: str) -> None:
    assert opened.page.locator("table.verdict").first.is_visible()
    assert not opened.page.locator("details table.verdict").first.is_visible()
    assert opened.complaints == []
    assert address in opened.asked
    assert [url for url in opened.asked if not url.startswith(("data:", address))] == []


def test_every_picture_is_there(opened: Opened) -> None:
    script = "[...document.images].map(i => [i.naturalWidth, i.clientWidth, i.alt])"
    sizes = opened.page.evaluate(script)
    assert len(sizes) == 28
    assert all(natural > 0 and shown > 90 and alt for natural, shown, alt in sizes)


def test_nothing_is_wider_than_the_window(opened: Opened) -> None:
    script = """isOpen => {
        document.querySelectorAll('details').forEach(d => d.open = isOpen);
        return [document.documentElement.scrollWidth, innerWidth];
    }"""
    for is_open in (True, False):
        width, window = opened.page.evaluate(script, is_open)
        assert width <= window


def test_text_stands_out_from_its_ground(opened: Opened) -> None:
    """At least 4.5 to 1 (WCAG AA) for all text in a colour of its own on the page's ground."""
    ratios = opened.page.evaluate(
        """() => {
        const light = c => {
            const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = light(getComputedStyle(document.body).backgroundColor);
        const chosen = 'p, a, th, td.num, td small, .holds, .fails, .open, figcaption, dt, '
            + '.label, text';
        return [...document.querySelectorAll(chosen)].filter(e => !e.closest('.confusion'))
            .map(e => getComputedStyle(e))
            .map(s => light(s.fill === 'rgb(0, 0, 0)' ? s.color : s.fill))
            .map(ink => (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05));
        }"""
    )
    assert len(ratios) > 500
    assert min(ratios) >= 4.5


def test_paper_shows_what_is_folded(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.emulate_media(media="print")
    heights = page.evaluate(
        "[...document.querySelectorAll('details:not([open])')].map(d => d.offsetHeight)"
    )
    context.close()
    assert len(heights) > 10
    assert min(heights) > 90
