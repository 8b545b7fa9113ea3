"""What the parts hand to each other. Label 1 = fake, 0 = real, everywhere.

Legend: B images, N nodes of one image's graph, E edges, K attention heads, D features of a node.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, overload

if TYPE_CHECKING:  # so that what cuts crops starts without torch
    from torch import Tensor

REAL, FAKE = 0, 1

#: The eight facial parts, in the order of every region vector. Left and right are the image's.
REGIONS = (
    "l_eye",
    "r_eye",
    "nose",
    "mouth",
    "l_cheek",
    "r_cheek",
    "forehead",
    "chin",
)

#: Where the landmarks lie in a typical frontal crop whose side is 1.3 times the face box, as x, y
#: fractions of that side: left eye, right eye, nose tip, left and right mouth corner. Symmetric;
#: within 0.03 of the medians of YuNet's landmarks on nine videos of FaceForensics++ and DFDC.
FACE_TEMPLATE = (
    (0.365, 0.410),
    (0.635, 0.410),
    (0.500, 0.565),
    (0.390, 0.675),
    (0.610, 0.675),
)

#: The margin that :data:`FACE_TEMPLATE` holds for.
TEMPLATE_MARGIN = 1.3


class FaceBatch(NamedTuple):
    """A batch of face crops.

    Shape:
        image: (B, 3, H, W) float32, ImageNet-normalised; channels last in memory
        label: (B,) float32, 1 = fake
        row: (B,) int64, the crop's row in the DataModule's index
        video_idx: (B,) int64, equal for the crops of one video
        mask: (B, H, W) bool, the altered pixels, none where they are unknown; None where no masks
            were asked for
    """

    image: Tensor
    label: Tensor
    row: Tensor
    video_idx: Tensor
    mask: Tensor | None = None


class Evidence(NamedTuple):
    """What one forward pass yields besides the logit; ``logit = constant + contribution.sum(1)``.

    ``edge_index`` is that of one image and runs from source to target; the same for every image of
    the batch. It holds the self-loops that the graph layer added, last. A model without a graph
    layer has no attention; a model whose head is not additive has no contribution.

    Shape:
        logit: (B,)
        constant: (B,), the share of the logit that belongs to no node
        nodes: (B, N, D), N = grid[0] * grid[1], row-major
        grid: rows and columns of the node grid
        contribution: (B, N) signed, + pushes towards "fake"; or None
        readout: (B, N), each node's weight in the readout; or None
        edge_index: (2, E) int64; or None
        attention: (B, E, K), sums to one over the edges into a node; or None
        keep: (B, N) in [0, 1], the chance that a node passes an information bottleneck; or None
    """

    logit: Tensor
    constant: Tensor
    nodes: Tensor
    grid: tuple[int, int]
    contribution: Tensor | None = None
    readout: Tensor | None = None
    edge_index: Tensor | None = None
    attention: Tensor | None = None
    keep: Tensor | None = None


class GraphBuilder(Protocol):
    """Turns the shape of a feature map into the edges of its cells' graph."""

    def __call__(self, batch: int, height: int, width: int, device: object) -> Tensor:
        """Return ``edge_index`` (2, batch * E) int64, image after image, without self-loops."""
        ...


class Detector(Protocol):
    """A network from images to one logit per image, and to the evidence for it."""

    @overload
    def __call__(self, image: Tensor, *, return_evidence: Literal[False] = False) -> Tensor: ...
    @overload
    def __call__(self, image: Tensor, *, return_evidence: Literal[True]) -> Evidence: ...
    def __call__(self, image: Tensor, *, return_evidence: bool = False) -> Tensor | Evidence:
        """Return logits (B,), or the evidence that holds them."""
        ...

    def features(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return all that the head sees of the images, by level: the costly part of a pass."""
        ...

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        """Return what the head makes of :meth:`features`: the cheap part of a pass."""
        ...
