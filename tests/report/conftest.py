from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

from resgat.data.index import CropIndex
from resgat.explain.item import GalleryItem
from resgat.metrics.predictions import Predictions
from resgat.report.evaluation import EvaluationReport
from resgat.report.metrics_json import OperatingPoint, add_coverage, summarise
from resgat.report.table import prediction_table

FRAMES_PER_VIDEO = 3
EVIDENCE = {
    "contribution": {
        "hit": 0.8,
        "hit_ci": (0.7, 0.9),
        "auroc": 0.75,
        "auroc_ci": None,
        "permuted_hit": 0.2,
        "beats_controls": True,
    },
    "random": {"hit": 0.1, "hit_ci": None, "auroc": 0.5, "auroc_ci": None},
    "completeness_residual": 0.0,
    "grid": [7, 7],
}


def build_index(
    num_groups: int = 8, methods: Sequence[str] = ("original", "Deepfakes", "FaceSwap")
) -> Any:
    """One video per identity group and method, three crops each."""
    rows = []
    for group in range(num_groups):
        for method in methods:
            video_id = f"ffpp/{method}/c23/{group:03d}"
            rows += [
                {
                    "crop_id": f"{video_id}/{frame}/0",
                    "path": "unused.png",
                    "label": int(method != "original"),
                    "dataset": "ffpp",
                    "method": method,
                    "compression": "c23",
                    "video_id": video_id,
                    "frame_idx": 10 * frame,
                    "identity_group": f"id{group:03d}",
                    "split": "test",
                }
                for frame in range(FRAMES_PER_VIDEO)
            ]
    table = pa.Table.from_pylist(rows)
    return table.set_column(2, "label", table["label"].cast(pa.int8()))


def predict(index: pa.Table, seed: int = 0) -> Any:
    """Logits that find Deepfakes easily and FaceSwap hardly."""
    rng = np.random.default_rng(seed)
    method = np.array(index["method"].to_pylist())
    shift = np.select([method == "Deepfakes", method == "FaceSwap"], [2.5, 0.5], -0.5)
    return Predictions(
        row=np.arange(index.num_rows),
        video_idx=np.arange(index.num_rows) // FRAMES_PER_VIDEO,
        label=index["label"].to_numpy().astype(np.int8),
        logit=(shift + rng.normal(size=index.num_rows)).astype(np.float32),
    )


def face_item(**changed: Any) -> GalleryItem:
    """A fake face of 16 pixels, with every map and a mask."""
    heat = np.linspace(-1, 1, 256, dtype=np.float32).reshape(16, 16)
    fields: dict[str, Any] = {
        "image": np.full((16, 16, 3), 128, np.uint8),
        "label": 1,
        "prob": 0.25,
        "method": "FaceSwap",
        "crop_id": "ffpp/FaceSwap/c23/000/0/0",
        "attention": heat,
        "contribution": 0.5 * heat,
        "contrast": heat,
        "mask": np.pad(np.ones((8, 8), bool), 4),
        "region_density": np.array([0, 0, 0.5, 0, 0, 0, 0.1, np.nan]),
    }
    return GalleryItem(**{**fields, **changed})


@pytest.fixture
def make_item() -> Any:
    """Make a face with its evidence."""
    return face_item


@pytest.fixture
def index_table() -> Any:
    return build_index()


@pytest.fixture
def predictions(index_table: pa.Table) -> Any:
    return predict(index_table)


@pytest.fixture
def frame_table(index_table: pa.Table, predictions: Predictions) -> Any:
    return prediction_table(predictions, CropIndex.whole(index_table, Path()), "test")


@pytest.fixture
def evaluation(frame_table: pa.Table) -> Any:
    """What an evaluation's page lays out."""
    points = {level: OperatingPoint(0.5, 1.5) for level in ("video", "frame")}
    test = summarise(frame_table, points, draws=20) | {"evidence": EVIDENCE}
    counts = {"videos_asked": 30, "videos_found": 28, "videos_decoded": 26, "videos_with_face": 24}
    return EvaluationReport(
        title="ResGAT <v2>",
        test=add_coverage(test, counts),
        figures={"roc": Figure(figsize=(2, 2))},
        videos=[["ffpp/<x>/c23/000", "FaceSwap", "c23", 1, 0.25, 1200]],
        errors=[face_item()],
        faces=[face_item(label=0, method="original"), face_item(mask=None)],
        facts=(("code", "abc"),),
        config="seed: 0\n",
    )
