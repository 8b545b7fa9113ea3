import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from resgat.errors import ConfigError
from resgat.robustness.corruptions import GaussianBlur, Jpeg
from resgat.robustness.h264 import H264
from resgat.run import robustness_state
from resgat.run.robustness_state import claim_passes

CONFIG: dict[str, Any] = {
    "seed": 0,
    "trainer": {"precision": "32-true", "devices": 1},
    "data": {"crops_dir": "crops", "batch_size": 8, "num_workers": 2},
    "robustness": {
        "num_videos": None,
        "only": None,
        "corruptions": {
            "jpeg": {"quality": [90, 70]},
            "blur": {"sigma_px": [1, 2]},
            "h264": {"crf": [23, 28]},
        },
    },
}


def built(name: str) -> Any:
    if name == "h264":
        pytest.importorskip("av", reason="needs the extra robustness")
        return H264([30] * 5)
    return {"jpeg": Jpeg([50] * 5), "blur": GaussianBlur([1] * 5)}[name]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "best.ckpt"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def claim(checkpoint: Path, tmp_path: Path) -> Any:
    def run(
        names: tuple[str, ...] = ("jpeg",),
        path: Path = checkpoint,
        crops: str = "a",
        **changes: Any,
    ) -> None:
        chosen = {name: built(name) for name in names}
        claim_passes(tmp_path / "robustness", CONFIG | changes, chosen, path, crops)

    return run


def test_the_same_settings_go_on_and_so_does_another_speed(claim: Any) -> None:
    claim()
    claim()
    claim(data=CONFIG["data"] | {"batch_size": 64, "num_workers": 0})
    claim(trainer={"precision": "32-true", "devices": 4})


def test_corruptions_may_be_added_or_left_out(claim: Any) -> None:
    claim()
    claim(names=("blur",))
    claim(names=("jpeg", "blur"))


def test_one_that_is_not_chosen_may_have_any_parameters(claim: Any) -> None:
    claim()
    corruptions = CONFIG["robustness"]["corruptions"] | {"blur": {"sigma_px": [3, 4]}}
    changed = CONFIG["robustness"] | {"corruptions": corruptions}
    claim(robustness=changed)
    claim(names=("blur",), robustness=changed)
    with pytest.raises(ConfigError, match=r"corruptions.blur.sigma_px is \[3, 4\] there"):
        claim(names=("blur",))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1}, "seed is 0 there and 1 here"),
        ({"crops": "b"}, "crops is 'a' there and 'b' here"),
        ({"trainer": {"precision": "bf16-mixed"}}, "trainer.precision is '32-true' there"),
        (
            {"trainer": CONFIG["trainer"] | {"limit_test_batches": 1}},
            "trainer.limit_test_batches is None there and 1 here",
        ),
        (
            {"trainer": CONFIG["trainer"] | {"fast_dev_run": True}},
            "trainer.fast_dev_run is None there and True here",
        ),
        ({"data": {"crops_dir": "others"}}, "data.crops_dir is 'crops' there"),
        (
            {"robustness": CONFIG["robustness"] | {"num_videos": 9}},
            r"robustness.num_videos is None there and 9 here \(1 differ\). Choose another hydra",
        ),
    ],
)
def test_other_settings_are_refused(claim: Any, changes: dict[str, Any], message: str) -> None:
    claim()
    with pytest.raises(ConfigError, match=message):
        claim(**changes)
    claim()  # what was there is still there


def test_another_checkpoint_is_refused(claim: Any, tmp_path: Path) -> None:
    claim()
    other = tmp_path / "other.ckpt"
    other.write_bytes(b"others")
    with pytest.raises(ConfigError, match="checkpoint is '"):
        claim(path=other)


def test_a_corruption_that_is_there_may_not_gain_an_argument(claim: Any) -> None:
    claim()
    jpeg = {"jpeg": {"quality": [90, 70], "subsampling": "4:4:4"}}
    changed = CONFIG["robustness"] | {"corruptions": CONFIG["robustness"]["corruptions"] | jpeg}
    with pytest.raises(ConfigError, match=r"jpeg.subsampling is None there and '4:4:4'"):
        claim(robustness=changed)


def test_predictions_without_a_note_are_not_ones_own(claim: Any, tmp_path: Path) -> None:
    claim()
    (tmp_path / "robustness" / "jpeg_1.parquet").touch()
    claim()
    (tmp_path / "robustness" / "made_with.json").unlink()
    with pytest.raises(ConfigError, match=r"holds predictions, but no made_with.json"):
        claim()


@pytest.mark.parametrize("library", [np, cv2])
def test_libraries_that_decide_pixels_are_noted(
    claim: Any, library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim()
    version = library.__version__
    monkeypatch.setattr(library, "__version__", "99.0")
    with pytest.raises(ConfigError, match=rf" version is '{version}' there and '99.0' here"):
        claim()


def test_the_encoder_is_noted_where_it_is_used(
    claim: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    claim()
    claim(names=("jpeg", "h264"))
    noted = json.loads((tmp_path / "robustness" / "made_with.json").read_text("utf-8"))
    assert [key for key in noted if "av" in key] == ["robustness.corruptions.h264.av version"]
    monkeypatch.setattr(robustness_state, "av_version", lambda: "99.0")
    claim()
    with pytest.raises(ConfigError, match=r"h264.av version is '[\d.]+' there and '99.0' here"):
        claim(names=("h264",))
