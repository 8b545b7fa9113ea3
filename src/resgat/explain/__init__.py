"""Explanations of one forward pass, and their measurement: pure functions on ``Evidence``.

``attention`` and ``contribution`` turn evidence into one value per node; ``footprint`` and
``regions`` carry node values to pixels and facial parts; ``localise`` compares them with a true
mask, ``controls`` are the maps that they have to beat. No function hooks into a model.

``resgat.explain.render`` draws them. It is not imported here, so that metrics need no matplotlib.
"""

from resgat.explain.attention import attention_corrected, attention_received, degree_null
from resgat.explain.blend import overlay, shared_scale
from resgat.explain.contribution import completeness_residual, contrast
from resgat.explain.controls import (
    center_map,
    control_maps,
    oracle_maps,
    permuted,
    random_maps,
    smooth_random_maps,
    uniform_map,
)
from resgat.explain.footprint import node_to_pixel, pixel_to_node
from resgat.explain.item import GalleryItem
from resgat.explain.localise import (
    LocalisationSummary,
    beats_controls,
    chance_hit,
    hit,
    is_degenerate,
    localisation_summary,
    node_auroc,
    node_truth,
)
from resgat.explain.regions import RegionShares, region_masks, region_shares

__all__ = [
    "GalleryItem",
    "LocalisationSummary",
    "RegionShares",
    "attention_corrected",
    "attention_received",
    "beats_controls",
    "center_map",
    "chance_hit",
    "completeness_residual",
    "contrast",
    "control_maps",
    "degree_null",
    "hit",
    "is_degenerate",
    "localisation_summary",
    "node_auroc",
    "node_to_pixel",
    "node_truth",
    "oracle_maps",
    "overlay",
    "permuted",
    "pixel_to_node",
    "random_maps",
    "region_masks",
    "region_shares",
    "shared_scale",
    "smooth_random_maps",
    "uniform_map",
]
