import base64
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from resgat.report.explanations.content import ExplanationReport, GalleryRow
from resgat.report.explanations.tiles import gallery_tiles, picture_url

FACE = np.full((8, 6, 3), (200, 30, 90), np.uint8)


def read(url: str) -> Any:
    kind, _, coded = url.partition(",")
    assert kind == "data:image/jpeg;base64"
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(coded), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def test_a_picture_comes_back() -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    image[8:24, 8:24] = (240, 59, 33)
    error = np.abs(read(picture_url(image)).astype(int) - image)
    assert error.mean() < 2


def rows(make_report: Callable[..., ExplanationReport], *found: GalleryRow) -> str:
    return gallery_tiles(make_report(gallery=found))


def test_each_picture_says_what_it_is(make_report: Callable[..., ExplanationReport]) -> None:
    page = rows(make_report, GalleryRow(FACE, {"i<g": FACE}, 'crop "1"'))
    assert page.count("<img") == 2
    assert 'alt="crop &quot;1&quot;: face" width="6" height="8"' in page
    assert 'alt="crop &quot;1&quot;: evidence by i&lt;g"' in page
    assert "<figcaption>i&lt;g</figcaption>" in page
    assert "<svg" not in page


def test_the_outline_is_drawn_on_every_picture(
    make_report: Callable[..., ExplanationReport],
) -> None:
    page = rows(make_report, GalleryRow(FACE, {"ig": FACE}, "", np.ones((8, 6), bool)))
    assert page.count('<svg viewBox="0 0 6 8"') == 2
    nothing = GalleryRow(FACE, {"ig": FACE}, "", np.zeros((8, 6), bool))
    assert "<svg" not in rows(make_report, nothing)
