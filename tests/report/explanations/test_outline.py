import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resgat.report.explanations.outline import outline_path, outlines


def test_path_by_hand() -> None:
    mask = np.zeros((8, 6), bool)
    mask[2:5, 1:4] = True
    assert outline_path(mask) == "M1.5 2.5L1.5 4.5L3.5 4.5L3.5 2.5Z"


def test_each_part_has_a_line_and_nothing_has_none() -> None:
    mask = np.zeros((8, 6), bool)
    assert outline_path(mask) == ""
    mask[0, 0] = mask[5, 5] = True
    assert outline_path(mask).count("M") == 2


def test_a_hole_has_a_line() -> None:
    mask = np.ones((9, 9), bool)
    mask[3:6, 3:6] = False
    assert len(outlines(mask)) == 2


@given(arrays(bool, (7, 9), elements=st.booleans()))
def test_lines_run_along_altered_pixels(mask: np.ndarray) -> None:
    drawn = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(drawn, [line[:, None] for line in outlines(mask)], -1, 1)
    assert not (drawn.astype(bool) & ~mask).any()
    assert bool(outlines(mask)) == mask.any()
