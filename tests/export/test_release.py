import json
from pathlib import Path
from typing import Any

import pytest
import torch

from resgat.errors import CheckpointError
from resgat.export.release import is_release, read_release, seal, write_release
from resgat.export.sums import write_sums

STATE = {"a.weight": torch.arange(6.0).view(2, 3), "b": torch.tensor(3)}
FACTS: dict[str, Any] = {"config": {"seed": 1}, "thresholds": {"video": 0.25}, "schema": 1}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "checkpoints" / "best.ckpt"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"checkpoint")
    (tmp_path / "run" / "metrics.json").write_text("{}")
    return path


@pytest.fixture
def release(tmp_path: Path, checkpoint: Path) -> Path:
    folder = tmp_path / "release"
    write_release(
        folder,
        STATE,
        {**FACTS, "reference": torch.ones(4), "seen": {"val": {"videos": torch.tensor([5, 7])}}},
        checkpoint,
    )
    seal(folder)
    return folder


def test_what_is_written_is_read_back(release: Path) -> None:
    found = read_release(release)
    assert found.facts.pop("reference").tolist() == [1, 1, 1, 1]
    assert found.facts.pop("seen")["val"]["videos"].tolist() == [5, 7]
    assert found.facts == FACTS
    for name, tensor in STATE.items():
        torch.testing.assert_close(found.state[name], tensor)
    bare = torch.load(release / "model_weights.pth", weights_only=True)
    torch.testing.assert_close(bare["a.weight"], STATE["a.weight"])
    assert (release / "checkpoint.ckpt").read_bytes() == b"checkpoint"
    assert (release / "logs" / "metrics.json").read_text() == "{}"
    assert is_release(release)


def test_no_reference_is_none(tmp_path: Path, checkpoint: Path) -> None:
    write_release(tmp_path / "r", STATE, {**FACTS, "reference": None}, checkpoint)
    seal(tmp_path / "r")
    assert read_release(tmp_path / "r").facts["reference"] is None


def test_others_may_read_it(release: Path) -> None:
    assert (release / "model.safetensors").stat().st_mode & 0o044 == 0o044


def test_weights_that_were_tampered_with_are_not_loaded(release: Path) -> None:
    path = release / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    with pytest.raises(CheckpointError, match="is not the file that was released"):
        read_release(release)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps({"release": 9}), "a release of layout 9, expected 1"),
        ("[]", "is not what export.py writes"),
        ("{", "is not what export.py writes"),
        ("{}", "is not what export.py writes"),
    ],
)
def test_facts_of_another_layout_are_refused(release: Path, text: str, message: str) -> None:
    (release / "facts.json").write_text(text)
    write_sums(release)
    with pytest.raises(CheckpointError, match=message):
        read_release(release)
