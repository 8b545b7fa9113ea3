"""Faces on a page: each with its evidence as small pictures, and what the detector called it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.explain.blend import overlay, shared_scale
from resgat.explain.item import GalleryItem
from resgat.report.explanations.content import GalleryRow
from resgat.report.explanations.tiles import face_tiles
from resgat.report.html.markup import Markup, element, join
from resgat.report.html.wording import REGION_WORDS, number
from resgat.types import FAKE

#: Heat map -> whether its sign is a class.
_MAPS = {"attention": False, "contribution": True, "contrast": True}
#: A page holds many faces and is sent by mail: no picture is larger.
_MAX_SIDE_PX = 192


def face_rows(items: Sequence[GalleryItem], threshold_prob: float | None) -> Markup:
    """Lay out faces, each beside its maps, in the order that they come in.

    As on the figure of the gallery, each map has one colour scale over all faces.

    Args:
        items: The faces.
        threshold_prob: P(fake) from which a face is called fake; None calls none anything.
    """
    scales = {
        name: shared_scale([getattr(item, name) for item in items], signed=signed)
        for name, signed in _MAPS.items()
        if any(getattr(item, name) is not None for item in items)
    }
    rows = (_row(item, scales, threshold_prob) for item in items)
    return join((element("div", *rows, class_="grid wide faces"), _legend(scales)))


def _row(item: GalleryItem, scales: Mapping[str, float], threshold_prob: float | None) -> Markup:
    title = f"{_truth(item)}{_call(item, threshold_prob)}, P(fake) {number(item.prob)}"
    row = GalleryRow(
        face=_small(item.image),
        overlays={
            name: _small(overlay(item.image, heat, signed=_MAPS[name], scale=scale))
            for name, scale in scales.items()
            if (heat := getattr(item, name)) is not None
        },
        caption=title,
        outline=None if item.mask is None else _small(item.mask.astype(np.uint8)) > 0,
    )
    note = element("small", item.crop_id, element("br"), _strongest(item), class_="quiet")
    words = element("p", element("b", title), element("br"), note)
    return element("div", words, face_tiles(row), class_="row")


def _truth(item: GalleryItem) -> str:
    return f"Fake ({item.method})" if item.label == FAKE else "Real"


def _call(item: GalleryItem, threshold_prob: float | None) -> str:
    if threshold_prob is None:
        return ""
    return f", called {'fake' if item.prob >= threshold_prob else 'real'}"


def _strongest(item: GalleryItem) -> str:
    """Name the region with the densest evidence for "fake"; where there is none, nothing."""
    density = np.nan_to_num(item.region_density, nan=0.0, posinf=0.0, neginf=0.0)
    if not density.max() > 0:
        return ""
    return f"most evidence for fake: {REGION_WORDS[int(density.argmax())]}"


def _legend(scales: Mapping[str, float]) -> Markup:
    if not scales:
        return Markup("")
    full = ", ".join(f"{name} {number(scale)}" for name, scale in scales.items())
    text = (
        "Red speaks for fake, blue for real; the colour of attention is no class. Yellow: outline "
        f"of what was truly altered. One scale per map over all faces; full colour at {full}."
    )
    return element("p", text, class_="note")


def _small(image: NDArray[Any]) -> NDArray[np.uint8]:
    factor = _MAX_SIDE_PX / max(image.shape[:2])
    if factor >= 1:
        return image
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)
