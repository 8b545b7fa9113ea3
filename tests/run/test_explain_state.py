from pathlib import Path
from typing import Any

import pytest

from resgat.errors import ConfigError
from resgat.run.explain_state import claim_run

CONFIG: dict[str, Any] = {
    "seed": 0,
    "name": None,
    "data": {"crops_dir": "crops", "corpus": {"_target_": "x"}},
    "explain": {
        "methods": ["contrib"],
        "draws": 10,
        "margin": 0.02,
        "randomise": False,
        "num_images": 8,
        "catalogue": {"contrib": {"_target_": "y"}},
    },
}


def changed(*path: str, value: object) -> dict[str, Any]:
    copy = {**CONFIG, "data": {**CONFIG["data"]}, "explain": {**CONFIG["explain"]}}
    section = copy
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    return copy


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "best.ckpt"
    path.write_bytes(b"weights")
    return path


def begun(parts: Path, checkpoints: dict[int, Path]) -> None:
    """Claim a folder, and explain something."""
    claim_run(parts, CONFIG, checkpoints, "crops")
    (parts / "seed0").mkdir()
    (parts / "seed0" / "contrib.parquet").write_bytes(b"scores")


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        changed("explain", "methods", value=["contrib", "ig"]),
        changed("explain", "draws", value=99),
        changed("explain", "randomise", value=True),
        changed("data", "num_workers", value=8),
    ],
)
def test_what_decides_no_score_may_change(
    config: dict[str, Any], checkpoint: Path, tmp_path: Path
) -> None:
    begun(tmp_path / "parts", {0: checkpoint})
    claim_run(tmp_path / "parts", config, {0: checkpoint}, "crops")


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (changed("seed", value=1), "seed is 0 there and 1 here"),
        (changed("explain", "num_images", value=9), "explain.num_images is 8 there and 9 here"),
        (
            changed("explain", "catalogue", value={}),
            "explain.catalogue.contrib._target_ is 'y' the",
        ),
        (
            changed("data", "crops_dir", value="other"),
            "data.crops_dir is 'crops' there and 'other'",
        ),
    ],
)
def test_what_decides_a_score_may_not(
    config: dict[str, Any], named: str, checkpoint: Path, tmp_path: Path
) -> None:
    begun(tmp_path / "parts", {0: checkpoint})
    with pytest.raises(ConfigError, match=named):
        claim_run(tmp_path / "parts", config, {0: checkpoint}, "crops")


def test_another_checkpoint_under_the_same_name_is_noticed(
    checkpoint: Path, tmp_path: Path
) -> None:
    begun(tmp_path / "parts", {0: checkpoint})
    checkpoint.write_bytes(b"other weights")
    with pytest.raises(ConfigError, match=r"of seed 0 is .*Choose another hydra.run.dir"):
        claim_run(tmp_path / "parts", CONFIG, {0: checkpoint}, "crops")


def test_seeds_may_be_added_and_those_there_must_stay(tmp_path: Path) -> None:
    first, second = tmp_path / "0.ckpt", tmp_path / "1.ckpt"
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    parts = tmp_path / "parts"
    begun(parts, {0: first})
    claim_run(parts, CONFIG, {1: second}, "crops")
    claim_run(parts, CONFIG, {1: second, 0: first}, "crops")
    with pytest.raises(ConfigError, match="checkpoint of seed 1 is"):
        claim_run(parts, CONFIG, {0: first, 1: first}, "crops")
    with pytest.raises(ConfigError, match="checkpoint of seed 0 is"):
        claim_run(parts, CONFIG, {0: second}, "crops")


def test_other_crops_in_the_same_folder_are_noticed(checkpoint: Path, tmp_path: Path) -> None:
    begun(tmp_path / "parts", {0: checkpoint})
    with pytest.raises(ConfigError, match="data is 'crops' there and 'more crops' here"):
        claim_run(tmp_path / "parts", CONFIG, {0: checkpoint}, "more crops")


def test_a_damaged_note_and_parts_without_one_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    begun(tmp_path / "parts", {0: checkpoint})
    note = tmp_path / "parts" / "explained.json"
    note.write_text(note.read_text("utf-8")[:40])
    with pytest.raises(ConfigError, match=r"holds explanations, but explained.json is no JSON"):
        claim_run(tmp_path / "parts", CONFIG, {0: checkpoint}, "crops")
    note.unlink()
    with pytest.raises(ConfigError, match=r"but no explained.json to say how they are made"):
        claim_run(tmp_path / "parts", CONFIG, {0: checkpoint}, "crops")


def test_a_folder_in_which_nothing_was_explained_is_free(checkpoint: Path, tmp_path: Path) -> None:
    """A run that is refused after its claim must not refuse the corrected one."""
    parts = tmp_path / "parts"
    claim_run(parts, CONFIG, {0: checkpoint}, "crops")
    claim_run(parts, changed("seed", value=1), {0: checkpoint}, "crops")
    (parts / "seed0").mkdir()
    (parts / "seed0" / "contrib.parquet").write_bytes(b"scores")
    with pytest.raises(ConfigError, match="seed is 1 there and 0 here"):
        claim_run(parts, CONFIG, {0: checkpoint}, "crops")


def test_scores_that_were_never_written_bind_nobody(checkpoint: Path, tmp_path: Path) -> None:
    """A run that is killed while it writes its first explanations leaves these without scores."""
    parts = tmp_path / "parts"
    claim_run(parts, CONFIG, {0: checkpoint}, "crops")
    (parts / "seed0").mkdir()
    (parts / "seed0" / "contrib.npz").write_bytes(b"maps")
    claim_run(parts, changed("seed", value=1), {0: checkpoint}, "crops")


def with_ig(**settings: Any) -> dict[str, Any]:
    return changed(
        "explain",
        "catalogue",
        value={**CONFIG["explain"]["catalogue"], "ig": {"_target_": "z", **settings}},
    )


def test_a_method_is_set_as_one_likes_until_there_are_explanations_by_it(
    checkpoint: Path, tmp_path: Path
) -> None:
    parts = tmp_path / "parts"
    claim_run(parts, with_ig(steps=32), {0: checkpoint}, "crops")
    (parts / "seed0").mkdir()
    (parts / "seed0" / "contrib.parquet").write_bytes(b"scores")
    claim_run(parts, with_ig(num=1), {0: checkpoint}, "crops")
    claim_run(parts, with_ig(steps=4), {0: checkpoint}, "crops")
    (parts / "seed0" / "ig.parquet").write_bytes(b"scores")
    claim_run(parts, with_ig(steps=4), {0: checkpoint}, "crops")
    with pytest.raises(ConfigError, match=r"catalogue\.ig\.steps is 4 there and 8 here"):
        claim_run(parts, with_ig(steps=8), {0: checkpoint}, "crops")
