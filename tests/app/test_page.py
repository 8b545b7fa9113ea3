"""The page as a person meets it: in a browser, with a mouse, by keyboard, on a phone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import gradio as gr
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from resgat.app.page import in_words
from resgat.report.html.markup import Markup
from tests.app.conftest import Pixels, Served, write_clip, write_image

WAIT_MS = 60_000


class Visit:
    """An open page, and all that it asked for or complained of."""

    def __init__(self, page: Page, served: Served) -> None:
        self.page = page
        self.foreign: list[str] = []
        self.noise: list[str] = []
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self.noise.append(str(error)))
        page.on("dialog", lambda dialog: self.noise.append(dialog.message))
        self._served = served
        page.set_default_timeout(WAIT_MS)
        page.goto(served.url)
        self.limits.wait_for(timeout=WAIT_MS)  # the last part of the page
        self.drop.wait_for(state="attached", timeout=WAIT_MS)

    @property
    def limits(self) -> Locator:
        return self.page.get_by_role("heading", name="What this cannot know")

    @property
    def drop(self) -> Locator:
        return self.page.locator("#drop input[type=file]")

    def send(self, path: Path) -> str:
        """Drop a file and return what is said of it."""
        self.drop.set_input_files(path)
        said = self.page.locator("#said .said")
        said.wait_for(timeout=WAIT_MS)
        return said.inner_text()

    def refusal(self, path: Path) -> str:
        """Drop a file that is not taken, and return the words."""
        self.drop.set_input_files(path)
        toast = self.page.locator(".toast-body").first
        toast.wait_for(timeout=WAIT_MS)
        return toast.inner_text()

    def compared(self) -> None:
        """Wait until the methods have been compared."""
        self.page.locator("#compared .panel-1 .tiles").wait_for(timeout=WAIT_MS)

    def is_narrow_enough(self) -> bool:
        script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        return bool(self.page.evaluate(script))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._served.url, "data:", "blob:")):
            self.foreign.append(request.url)


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What keeps Gradio's scripts from one page to the next."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(params=[1280])
def visit(
    context: BrowserContext, served: Served, request: pytest.FixtureRequest
) -> Iterator[Visit]:
    page = context.new_page()
    page.set_viewport_size({"width": request.param, "height": 900})
    visit = Visit(page, served)
    yield visit
    page.close()
    assert visit.foreign == []
    assert visit.noise == []


@pytest.mark.parametrize("visit", [390, 1280], indirect=True)
def test_an_image_is_judged_and_explained_and_fits(
    visit: Visit, served: Served, image: Path, tmp_path: Path
) -> None:
    before = served.files()
    words = visit.send(image)
    assert "calibrated P(fake)" in words
    assert "interval of doubt" in words
    assert words.splitlines()[0] == "two.png"
    assert visit.page.locator("#said .frame img").evaluate("i => i.naturalWidth") == 420
    visit.compared()
    panels = visit.page.locator("#compared .panel")
    assert [panels.nth(at).is_visible() for at in range(2)] == [True, False]
    visit.page.locator("#chosen-2").check()
    assert [panels.nth(at).is_visible() for at in range(2)] == [False, True]
    assert panels.nth(1).locator(".tiles img").count() == 4
    assert visit.is_narrow_enough()
    with visit.page.expect_download() as download:
        visit.page.get_by_text("Download the result as JSON").click()
    download.value.save_as(tmp_path / "a.json")
    (told,) = json.loads((tmp_path / "a.json").read_text())["files"]
    assert (told["path"], told["status"], len(told["tracks"])) == ("two.png", "scored", 2)
    assert served.files() == before


@pytest.mark.parametrize("visit", [390], indirect=True)
def test_a_clip_is_judged_over_time_and_fits_a_phone(
    visit: Visit, served: Served, clip: Path
) -> None:
    before = served.files()
    assert "clip.avi" in visit.send(clip)
    assert visit.page.locator("#said .time img").evaluate("i => i.naturalWidth") > 1000
    expect(visit.page.locator("#said .people")).to_contain_text("0.0 to 1.4 s, in 6 frames")
    visit.compared()
    assert visit.is_narrow_enough()
    assert served.files() == before


def test_one_file_after_another_can_be_dropped_whether_it_was_taken_or_not(
    visit: Visit, image: Path, clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.png").touch()
    visit.refusal(tmp_path / "empty.png")
    for path in (image, clip):
        visit.drop.wait_for(state="attached", timeout=WAIT_MS)
        visit.drop.set_input_files(path)
        expect(visit.page.locator("#said .file")).to_have_text(path.name, timeout=WAIT_MS)
        visit.compared()
    visit.page.get_by_label("Click to upload").wait_for(timeout=WAIT_MS)
    assert "Error" not in visit.page.locator("#drop").inner_text()


def test_what_cannot_be_known_is_there_before_and_after(visit: Visit, image: Path) -> None:
    expect(visit.limits).to_be_visible()
    visit.send(image)
    expect(visit.limits).to_be_visible()
    expect(visit.page.get_by_text("seen drawn faces only")).to_be_visible()


def test_the_keyboard_is_enough(visit: Visit, image: Path) -> None:
    visit.page.on("filechooser", lambda _: None)  # so that the browser is ready to be watched
    visit.page.wait_for_load_state("networkidle")
    visit.page.keyboard.press("Tab")
    expect(visit.page.get_by_label("Click to upload")).to_be_focused()
    with visit.page.expect_file_chooser() as chooser:
        visit.page.keyboard.press("Enter")
    chooser.value.set_files(image)
    visit.page.locator("#said .said").wait_for(timeout=WAIT_MS)
    visit.compared()
    for _ in range(8):  # as far as the table of people
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.id") == "chosen-1":
            break
    visit.page.keyboard.press("ArrowDown")
    expect(visit.page.locator("#chosen-2")).to_be_checked()
    expect(visit.page.locator("#compared .panel-2")).to_be_visible()


def grey(width: int, height: int) -> Pixels:
    return np.full((height, width, 3), 120, np.uint8)


def test_no_face_is_said_and_no_number(visit: Visit, tmp_path: Path) -> None:
    words = visit.send(write_image(tmp_path / "a.png", grey(200, 150)))
    assert "No face found" in words
    assert "0.5" not in words


def hundred_megapixels(folder: Path) -> Path:
    path = folder / "large.png"
    cv2.imwrite(str(path), np.full((10_000, 10_000), 90, np.uint8))
    return path


def an_hour(folder: Path) -> Path:
    return write_clip(folder / "hour.avi", [grey(32, 24)] * 36, per_s=0.01)


def a_text(folder: Path) -> Path:
    path = folder / "text.png"
    path.write_text("no image")
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (hundred_megapixels, "10000 x 10000 px are 100 megapixels, and at most 50 are looked at"),
        (an_hour, "The clip lasts 60 min, and at most 1 min are looked at"),
        (a_text, "This is no PNG, JPEG, WebP or BMP image, whatever its name says."),
    ],
)
def test_what_is_not_looked_at_is_refused_in_words(
    visit: Visit, served: Served, tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    before = served.files()
    said = visit.send(make(tmp_path))
    assert "Not judged" in said
    assert words in said
    assert served.files() == before


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("empty.png", 0, "the file is empty (0 bytes)"),
        ("large.png", 2_500_000, "the file is larger than 2 MB, and no larger one is taken"),
        ("program.exe", 10, "this is neither an image nor a video by its ending; send one of .png"),
    ],
)
def test_what_is_not_taken_is_refused_in_words(
    visit: Visit, served: Served, tmp_path: Path, name: str, size: int, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(bytes(size))
    before = served.files()
    assert words in visit.refusal(path)
    assert served.files() == before


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>.png",
        "'><script>alert(1)<\N{DIVISION SLASH}script>.png",
        "a.png.<img src=x onerror=alert(1)>",
    ],
)
def test_a_name_is_not_run(visit: Visit, image: Path, tmp_path: Path, name: str) -> None:
    evil = tmp_path / name
    evil.write_bytes(image.read_bytes())
    if name.endswith(".png"):
        assert name in visit.send(evil)
        visit.compared()
    else:
        visit.refusal(evil)
    assert visit.page.evaluate("[...document.images].every(i => !i.src.endsWith('/x'))")


def test_a_bug_of_ours_is_said_in_words_and_its_trace_stays_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def answer(token: str) -> Iterator[tuple[Markup, Markup]]:
        yield Markup("a"), Markup("")
        raise ZeroDivisionError(token)

    parts = in_words(answer)("secret")
    assert next(parts) == ("a", "")
    with pytest.raises(gr.Error, match="Something went wrong here") as told:
        next(parts)
    assert "secret" not in str(told.value)
    assert "ZeroDivisionError: secret" in caplog.text


def test_a_name_leads_nowhere(visit: Visit, image: Path) -> None:
    evil = Path("../../etc/passwd.png").as_posix()
    visit.drop.set_input_files(
        {"name": evil, "mimeType": "image/png", "buffer": image.read_bytes()}
    )
    visit.page.locator("#said .said").wait_for(timeout=WAIT_MS)
    assert visit.page.locator("#said .file").inner_text() == "passwd.png"
