"""The pages of evaluations and comparisons as a reader meets them."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from resgat.metrics.comparison import Gap, Standing
from resgat.metrics.detection import METRIC_NAMES
from resgat.report.comparison import ComparisonReport, RunFacts, comparison_page
from resgat.report.evaluation import EvaluationReport, evaluation_page

WIDTHS_PX = (390, 1280)


def comparison() -> ComparisonReport:
    """Two detectors with long names."""
    names = ("model=resgatv2 data.augment_strength=0.5", "model=timm model.name=legacy_xception")
    return ComparisonReport(
        metric="auc",
        level="video",
        num_rows=140,
        num_groups=70,
        standings=tuple(
            Standing(name, 3, metric, 0.9 - place / 10, 0.8 - place / 10, 0.95 - place / 10)
            for place, name in enumerate(names)
            for metric in METRIC_NAMES
        ),
        gaps=(Gap(*names, "auc", 0.1, 0.05, 0.15, 0.001, 0.001, is_real=True),),
        runs=tuple(RunFacts(name, f"outputs/{name}", 0, "v1", 64 * "f") for name in names),
    )


@pytest.fixture(params=WIDTHS_PX)
def page(browser: Browser, request: pytest.FixtureRequest) -> Page:
    return browser.new_page(viewport={"width": request.param, "height": 900})


def opened(page: Page, html: str, tmp_path: Path) -> list[str]:
    """Open a page and return what it asked for or complained of."""
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    noise: list[str] = []
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("console", lambda message: noise.append(message.text))
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(("data:", path.as_uri())) else noise.append(asked.url)
        ),
    )
    page.goto(path.as_uri(), wait_until="load")
    return noise


def is_narrow_enough(page: Page) -> bool:
    script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(page.evaluate(script))


def test_an_evaluation_opens_whole_and_fits(
    page: Page, evaluation: EvaluationReport, tmp_path: Path
) -> None:
    assert opened(page, evaluation_page(evaluation), tmp_path) == []
    assert is_narrow_enough(page)
    sizes = page.evaluate("[...document.images].map(i => [i.naturalWidth, i.clientWidth, i.alt])")
    assert len(sizes) == 1 + 3 * 4
    assert all(natural > 0 and shown > 90 and alt for natural, shown, alt in sizes)
    assert page.locator("table.verdict").first.is_visible()
    # A name that a column cannot break would lie over the next one.
    spilt = (
        "[...document.querySelectorAll('th[scope=row]')].filter(h => h.scrollWidth > h.clientWidth)"
    )
    assert page.evaluate(f"{spilt}.length") == 0


def test_a_comparison_opens_whole_and_fits(page: Page, tmp_path: Path) -> None:
    assert opened(page, comparison_page(comparison()), tmp_path) == []
    assert is_narrow_enough(page)
    assert page.locator(".forest circle").count() == 2
    assert page.locator("#pairs td", has_text="real").is_visible()
