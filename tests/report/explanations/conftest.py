"""A report as a real run would give it, with made-up but plausible numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from resgat.data.planted.drawn import DrawnPeople
from resgat.explain.regions import region_masks
from resgat.explain.stats.scores import Better
from resgat.explain.stats.summary import CONTROLS, PairRow, SummaryRow
from resgat.report.explanations.content import (
    Check,
    Claim,
    Column,
    Curve,
    ExplanationReport,
    Price,
)
from resgat.report.explanations.picture import Picture, page_row
from resgat.report.html.wording import REGION_WORDS

#: Method -> its quality from 0 (chance) to 1, and its forward passes.
OWN = {
    "contrib": (0.96, 1),
    "contrast": (0.94, 1),
    "grad_attn": (0.61, 1.1),
    "attn_readout": (0.55, 1),
    "attn_received": (0.01, 1),
    "attn_received_debiased": (0.07, 1),
    "attn_rollout": (0.2, 1),
    "gradcam": (0.66, 2),
    "gradcam++": (0.58, 2),
    "layercam": (0.6, 2),
    "ig": (0.42, 150),
    "gradshap": (0.4, 150),
    "shap_region": (0.97, 256),
    "kernel_shap": (0.8, 500),
    "lime": (0.7, 1000),
    "rise": (0.63, 1000),
    "occlusion": (0.82, 64),
    "gnnexplainer": (0.31, 201),
}
SPOTS = ("random", "random_smooth", "center", "uniform", "srm_energy", "degree_null", "oracle_node")
METRICS: dict[str, tuple[str, float | None, Better]] = {
    "region_hit": ("Hit@1", 0.125, "higher"),
    "shuffled_auroc": ("Shuffled AUROC", 0.5, "higher"),
    "relevance_rank": ("Rank accuracy", 0.07, "higher"),
    "deletion": ("Deletion", None, "lower"),
    "repair": ("Repair", None, "lower"),
    "jpeg_rho": ("JPEG-70 rho", None, "higher"),
    "gini": ("Gini", None, "none"),
}
TRACKS = {
    "A": "one altered region",
    "B": "two altered regions",
    "C": "one altered region and a decoy",
    "D": "nothing is altered",
    "E": "a watermark as shortcut",
    "F": "an operator never seen in training",
}
SIDE_PX = 112


def quality(method: str) -> float:
    known = {"oracle_node": 0.99, "center": 0.09, "srm_energy": 0.25, "degree_null": 0.02}
    return OWN[method][0] if method in OWN else known.get(method, 0.0)


def summary_row(track: str, metric: str, method: str, rng: np.random.Generator) -> SummaryRow:
    _, chance, better = METRICS[metric]
    base = 0.55 if chance is None else chance
    reach = -0.35 if better == "lower" else 1 - base
    weight = quality(method) * (1 - 0.06 * "ABCDEF".index(track)) + rng.normal(0, 0.01)
    half = 0.012 + 0.01 * rng.random()
    mean = min(base + reach * weight, 0.99 - half)
    gap = mean - base - 0.05 * reach * (method != "random")
    beats = method not in CONTROLS and better != "none" and gap * np.sign(reach) > half
    return SummaryRow(
        "resgatv2", track, metric, method, mean, mean - half, mean + half, 412, 96,
        int(method in ("uniform", "lime")) * 3, int(metric == "repair") * 7,
        base + 0.03 * reach * quality(method), mean - base, mean - base - half, mean - base + half,
        gap, gap - half, gap + half, better, bool(beats),
    )  # fmt: skip


def pair_row(metric: str, a: str, b: str) -> PairRow:
    sign = -1 if METRICS[metric][2] == "lower" else 1
    diff = sign * 0.4 * (quality(a) - quality(b))
    p_value = float(np.exp(-60 * abs(diff)))
    small = abs(diff) < 0.01
    return PairRow(
        "resgatv2", "A", metric, a, b, diff, diff - 0.015, diff + 0.015, p_value,
        min(1.0, 17 * p_value), 0.5 + diff, small, 0.02,
    )  # fmt: skip


def curve(method: str, *, falls: bool) -> Curve:
    x = np.linspace(0, 1, 21)
    speed = 1 + 14 * quality(method)
    mean = 0.06 + 0.9 * np.exp(-speed * x)
    mean = mean if falls else 1.02 - mean
    return Curve(x, mean, mean - 0.03, mean + 0.03)


def confusion(method: str, rng: np.random.Generator) -> Any:
    share = quality(method)
    counts = rng.poisson(50 * (1 - share) / 8, (8, 8)).astype(float)
    return counts + np.diag(rng.poisson(50 * share + 1, 8))


@dataclass(frozen=True)
class Looks:
    """Draws faces with one region altered, and maps that find it more or less."""

    rng: np.random.Generator

    def picture(self, number: int, methods: tuple[str, ...]) -> Picture:
        subject = DrawnPeople(SIDE_PX).subject("test", number, self.rng)
        points = torch.from_numpy(subject.landmarks)
        regions = region_masks(points, SIDE_PX).numpy()
        true = number % 8
        masses = [self.regions(method, true) for method in methods]
        maps = [np.einsum("r,rhw->hw", mass, regions) for mass in masses]
        return Picture(
            subject.image.astype(np.uint8),
            0.97 if number % 4 else 0.21,
            1,
            f"crop {number}: {REGION_WORDS[true]} altered",
            dict(zip(methods, maps, strict=True)),
            dict(zip(methods, masses, strict=True)),
            regions[true],
        )

    def regions(self, method: str, true: int) -> Any:
        if method == "uniform":
            return np.zeros(8)
        noise = self.rng.normal(0, 1 - 0.9 * quality(method), 8)
        return noise + 3 * quality(method) * np.eye(8)[true]


@pytest.fixture(scope="session")
def pictures() -> Any:
    looks = Looks(np.random.default_rng(4))
    methods = ("contrib", "shap_region", "gradcam", "lime", "attn_received", "uniform")
    return [looks.picture(number, methods) for number in (3, 2, 4, 1)]


@pytest.fixture(scope="session")
def make_report(pictures: list[Picture]) -> Callable[..., ExplanationReport]:
    def make(**changes: Any) -> ExplanationReport:
        rng = np.random.default_rng(0)
        methods = (*OWN, *SPOTS)
        shown = list(METRICS)[:6]
        best = ("shap_region", "contrib")
        contents: dict[str, Any] = {
            "title": "Explanations of resgatv2 on planted evidence",
            "claims": (
                Claim("contrib names the altered region: Hit@1 0.965 [0.952, 0.978]", True),
                Claim("contrib is ahead of Grad-CAM by more than 10 points", True),
                Claim("attn_received, the published map, beats its controls", False),
            ),
            "facts": (
                ("checkpoint", "outputs/train/2026-11-25_10-31-07/checkpoints/best.ckpt"),
                ("checkpoint hash", "sha256 9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc02"),
                ("data", "planted, 112 px, test"),
                ("code version", "0.1.0 (4f2c81e)"),
                ("seeds", "0, 1, 2"),
                ("images", "412 of 480 verified (86 %)"),
            ),
            "summary": tuple(
                summary_row(track, metric, method, rng)
                for track in TRACKS
                for metric in METRICS
                for method in methods
            ),
            "columns": tuple(
                Column(name, METRICS[name][0], "Is the altered region ranked first?" * (k == 0))
                for k, name in enumerate(shown)
            ),
            "chance": {
                (track, name): METRICS[name][1]
                for track in TRACKS
                for name in shown
                if METRICS[name][1] is not None
            },
            "tracks": TRACKS,
            "coverage": {("resgatv2", track): (412, 480) for track in TRACKS},
            "pairs": tuple(
                pair_row(metric, a, b)
                for metric in shown
                for a in best
                for b in OWN
                if b not in best or (a, b) == best
            ),
            "prices": {
                name: Price(3.1 * passes * (1 + 0.1 * rng.random()), passes)
                for name, (_, passes) in OWN.items()
            },
            "plain_ms": 3.0,
            "curves": {
                "P(fake) while the evidence is deleted": {
                    name: curve(name, falls=True) for name in methods
                },
                "P(fake) while the evidence is repaired": {
                    name: curve(name, falls=True) for name in (*list(OWN)[:5], "random_smooth")
                },
                "P(fake) while the evidence is transplanted": {
                    name: curve(name, falls=False) for name in ("contrib", "gradcam", "center")
                },
            },
            "confusion": {name: confusion(name, rng) for name in (*list(OWN)[:8], "center")},
            "gallery": tuple(map(page_row, pictures)),
            "sanity": (
                Check(
                    "Maps change when the weights are drawn anew (rank correlation)", "0.04", True
                ),
                Check("A detector of shuffled labels localises nothing (Hit@1)", "0.131", True),
                Check("Node locality: gradient inside a node's own cell", "0.34", False),
            ),
            "pitfalls": (
                "3 maps of lime said nothing; they count as chance.",
                "The nodes see the whole face (receptive field 547 px of 112).",
            ),
            "config": "ckpt_path: best.ckpt\nexplain:\n  methods: [contrib, gradcam]\n  seed: 0\n",
        }
        return ExplanationReport(**{**contents, **changes})

    return make
