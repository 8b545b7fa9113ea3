from pathlib import Path
from typing import Any

import pytest

from resgat.errors import ConfigError
from resgat.run.robustness_state import claim_passes

CONFIG: dict[str, Any] = {
    "seed": 0,
    "trainer": {"precision": "32-true", "devices": 1},
    "data": {"crops_dir": "crops", "batch_size": 8, "num_workers": 2},
    "robustness": {
        "num_videos": None,
        "only": None,
        "corruptions": {"jpeg": {"quality": [90, 70]}, "blur": {"sigma_px": [1, 2]}},
    },
}


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
        claim_passes(tmp_path / "robustness", CONFIG | changes, names, path, crops)

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
