"""The documentation is built with warnings as errors, and asks nobody else for anything."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
#: What a browser would fetch at once.
_FETCHED = re.compile(r"<(?:script|img|iframe|source)[^>]*?\ssrc=[\"']?([^\"'\s>]+)")
_STYLES = re.compile(r"<link[^>]*rel=[\"']?(?:stylesheet|preload|preconnect|icon)[^>]*>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_of_the_navigation_is_there(site: Path) -> None:
    pages = list(_pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))
    assert len(pages) > 30
    for page in pages:
        assert (site / page.replace("README.md", "index.md").replace(".md", ".html")).is_file()


def test_every_decision_and_experiment_is_in_the_navigation() -> None:
    pages = set(_pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))
    assert {f"adr/{path.name}" for path in (ROOT / "docs" / "adr").glob("*.md")} < pages
    found = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("experiments/*/README.md")}
    assert found < pages


def test_a_page_asks_no_other_host(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text("utf-8")
        fetched = [*_FETCHED.findall(text), *_STYLES.findall(text)]
        assert fetched
        assert not [one for one in fetched if "//" in one], path


@pytest.mark.parametrize("width_px", [390, 1280])
def test_pages_open_whole_and_fit_a_phone(site: Path, browser: Browser, width_px: int) -> None:
    page = browser.new_page(viewport={"width": width_px, "height": 900})
    noise: list[str] = []
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda asked: noise.append(asked.url))
    for name in ("index", "configuration", "architecture", "api/models"):
        page.goto((site / f"{name}.html").as_uri(), wait_until="load")
        assert page.evaluate("document.documentElement.scrollWidth") <= width_px
        shown = page.evaluate("[...document.images].map(image => image.naturalWidth)")
        assert all(shown), name
    assert [one for one in noise if not one.startswith(("file:", "data:", "blob:"))] == []


def test_notebooks_can_be_taken_from_the_site(site: Path) -> None:
    text = (site / "index.html").read_text("utf-8")
    for path in ROOT.glob("notebooks/*.ipynb"):
        assert f'href="notebooks/{path.name}"' in text
        assert (site / "notebooks" / path.name).read_bytes() == path.read_bytes()


def test_references_and_shapes_are_shown_as_what_they_are(site: Path) -> None:
    text = (site / "api" / "models.html").read_text("utf-8")
    assert 'id="resgat.models.resgat.ResGAT"' in text
    assert ":class:" not in text
    assert "&gt;&gt;&gt;" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)


def _pages(nav: object) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    assert not isinstance(parts, str)
    return [page for part in parts for page in _pages(part)]  # type: ignore[attr-defined]
