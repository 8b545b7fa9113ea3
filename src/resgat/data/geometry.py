"""Boxes, points and squares in pixels: where things are, before any pixel is touched.

Coordinates are continuous with (0, 0) at the top left corner of the image, so they scale with it.
"""

from __future__ import annotations

Box = tuple[float, float, float, float]
Points = tuple[tuple[float, float], ...]
Square = tuple[int, int, int, int]


def area_px(box: Box) -> float:
    """Return the area of a box.

    Example:
        >>> area_px((1, 1, 3, 4))
        6
    """
    return (box[2] - box[0]) * (box[3] - box[1])


def longer_side_px(box: Box) -> float:
    """Return the larger of a box's width and height."""
    return max(box[2] - box[0], box[3] - box[1])


def iou(first: Box, second: Box) -> float:
    """Return the intersection over the union of two boxes.

    Example:
        >>> iou((0, 0, 2, 2), (1, 0, 3, 2))
        0.3333333333333333
    """
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (area_px(first) + area_px(second) - shared)


def square_box(box: Box, margin: float, frame_shape: tuple[int, ...]) -> Square:
    """Enlarge a box to a square around its centre and shift it into the frame.

    A square that fits into the frame is moved inside, so that no pixel is invented; one that is
    larger than a side of the frame is centred on that side and overhangs it.

    Args:
        box: Face box in frame pixels.
        margin: Side of the square over the longer side of the box.
        frame_shape: Height, width and whatever follows.

    Returns:
        Left, top, right, bottom in whole pixels; right and bottom are exclusive.

    Source:
        Rossler et al. 2019, FaceForensics++ (factor 1.3); its code shrinks the square at the right
        and bottom edge, here it keeps its side.

    Example:
        >>> square_box((10, 10, 30, 20), 1.5, (100, 100, 3))
        (5, 0, 35, 30)
    """
    x0, y0, x1, y1 = box
    side = max(1, round(longer_side_px(box) * margin))
    height, width = frame_shape[:2]
    left = _shifted((x0 + x1) / 2 - side / 2, side, width)
    top = _shifted((y0 + y1) / 2 - side / 2, side, height)
    return (left, top, left + side, top + side)


def _shifted(start: float, side: int, length: int) -> int:
    """Move an interval into ``[0, length]``, or centre it there where it does not fit."""
    if side >= length:
        return (length - side) // 2
    return min(max(round(start), 0), length - side)
