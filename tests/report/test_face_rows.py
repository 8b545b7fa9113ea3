import base64
import re
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from resgat.explain.item import GalleryItem
from resgat.report.face_rows import face_rows

MakeItem = Callable[..., GalleryItem]


def pictures(page: str) -> list[np.ndarray]:
    coded = re.findall(r"data:image/jpeg;base64,([^\"]+)", page)
    raw = (np.frombuffer(base64.b64decode(one), np.uint8) for one in coded)
    found = [cv2.imdecode(one, cv2.IMREAD_COLOR) for one in raw]
    assert all(one is not None for one in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("threshold", "called"), [(0.2, ", called fake"), (0.3, ", called real"), (None, "")]
)
def test_a_face_is_told_with_its_truth_its_call_and_its_strongest_region(
    make_item: MakeItem, threshold: float | None, called: str
) -> None:
    page = face_rows([make_item(crop_id="<crop>")], threshold)
    assert f"<b>Fake (FaceSwap){called}, P(fake) 0.250</b>" in page
    assert "&lt;crop&gt;<br>most evidence for fake: nose" in page


def test_a_face_without_evidence_for_fake_names_no_region(make_item: MakeItem) -> None:
    page = face_rows([make_item(region_density=np.zeros(8))], 0.5)
    assert "most evidence" not in page


def test_maps_have_one_scale_over_all_faces_and_it_is_said(make_item: MakeItem) -> None:
    heat = np.zeros((16, 16), np.float32)
    heat[:8] = 4.0
    strong = make_item(contribution=heat, mask=None)
    weak = make_item(contribution=heat / 4, mask=None)
    together = face_rows([strong, weak], 0.5)
    assert ", contribution 4.000, contrast 1.000." in together
    _, _, first, _, _, _, second, _ = pictures(together)
    redness = [float(one[2, 8, 2]) - float(one[2, 8, 0]) for one in (first, second)]
    assert redness[0] > 2 * redness[1] > 0


def test_only_what_there_is_is_shown(make_item: MakeItem) -> None:
    bare = make_item(attention=None, contribution=None, contrast=None, mask=None)
    page = face_rows([bare], 0.5)
    assert len(pictures(page)) == 1
    assert "<svg" not in page
    assert "full colour" not in page
    page = face_rows([bare, make_item()], 0.5)
    assert len(pictures(page)) == 1 + 4
    assert page.count("<svg") == 4


def test_large_faces_are_made_smaller_and_their_outline_with_them(make_item: MakeItem) -> None:
    heat = np.zeros((384, 384), np.float32)
    maps = dict.fromkeys(("attention", "contribution", "contrast"), heat)
    mask = np.pad(np.ones((192, 192), bool), 96)
    page = face_rows([make_item(image=np.zeros((384, 384, 3), np.uint8), mask=mask, **maps)], 0.5)
    assert {one.shape for one in pictures(page)} == {(192, 192, 3)}
    assert 'viewBox="0 0 192 192"' in page
    assert "M48.5 48.5" in page
