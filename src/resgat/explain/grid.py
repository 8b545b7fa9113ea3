"""On which grid the node view of an explanation lies."""

from __future__ import annotations

#: Cells of the view where the model has no nodes to tell apart.
WITHOUT_NODES = (14, 14)


def view_grid(own: tuple[int, int]) -> tuple[int, int]:
    """Return the grid of the node view: the model's own, if that has more than one node.

    A single node says nothing of places. Maps of pixels and of regions are then shown on a grid
    that suits them; a map of the one node is the same everywhere on it, and degenerate.

    Args:
        own: Rows and columns of the model's nodes.

    Example:
        >>> view_grid((7, 7)), view_grid((1, 1))
        ((7, 7), (14, 14))
    """
    return own if own[0] * own[1] > 1 else WITHOUT_NODES
