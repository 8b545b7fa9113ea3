"""The gallery of the page: each face under each method, the true outline drawn over it."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.report.explanations.content import ExplanationReport, GalleryRow
from resgat.report.explanations.outline import RIM, YELLOW, outline_path
from resgat.report.html.markup import Markup, breakable, element, join

#: JPEG without coarser colour: the colour is the evidence.
_JPEG = (
    cv2.IMWRITE_JPEG_QUALITY,
    90,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)


def gallery_tiles(report: ExplanationReport) -> Markup:
    """Lay out the gallery's rows."""
    return join(
        element("div", element("p", row.caption), face_tiles(row), class_="row")
        for row in report.gallery
    )


def face_tiles(row: GalleryRow) -> Markup:
    """Lay a face beside each method's map of it."""
    pictures = {"face": row.face, **row.overlays}
    outline = _outline(row)
    tiles = [_tile(name, picture, row.caption, outline) for name, picture in pictures.items()]
    return element("div", *tiles, class_="tiles")


def picture_url(image: NDArray[np.uint8]) -> str:
    """Return an RGB image as a ``data:`` address."""
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), _JPEG)
    return f"data:image/jpeg;base64,{base64.b64encode(coded.tobytes()).decode()}"


def _tile(name: str, picture: NDArray[np.uint8], caption: str, outline: Markup | str) -> Markup:
    height, width = picture.shape[:2]
    alt = f"{caption}: {name if name == 'face' else f'evidence by {name}'}"
    image = element("img", src=picture_url(picture), alt=alt, width=width, height=height)
    return element(
        "figure",
        element("div", image, outline, class_="tile"),
        element("figcaption", breakable(name)),
    )


def _outline(row: GalleryRow) -> Markup | str:
    path = "" if row.outline is None else outline_path(row.outline)
    if not path:
        return ""
    height, width = row.face.shape[:2]
    lines = [
        element(
            "path",
            d=path,
            fill="none",
            stroke=colour,
            stroke_width=size,
            vector_effect="non-scaling-stroke",
        )
        for colour, size in ((RIM, 3.2), (YELLOW, 1.6))
    ]
    return element("svg", *lines, viewBox=f"0 0 {width} {height}", aria_hidden="true")
