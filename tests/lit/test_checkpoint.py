"""Checkpoints are read without running code, completed in place, and refused in one line."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from resgat.errors import CheckpointError
from resgat.lit.checkpoint import (
    add_facts,
    check_same_index,
    check_same_settings,
    load_net,
    read_checkpoint,
)

MODEL = {"_target_": "resgat.models.resgat.ResGAT", "head": {"dim": 16, "version": "v2"}}


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(3, 1)


@pytest.fixture
def checkpoint(net: nn.Module) -> dict[str, Any]:
    return {
        "state_dict": {f"net.{key}": value for key, value in net.state_dict().items()},
        "epoch": 2,
        "resgat": {"schema": 1, "config": {"model": MODEL}, "reference": torch.ones(4)},
    }


@pytest.fixture
def path(checkpoint: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "best.ckpt"
    torch.save(checkpoint, path)
    return path


def test_a_checkpoint_comes_back_as_it_was_written(path: Path, checkpoint: dict[str, Any]) -> None:
    found = read_checkpoint(path)
    assert found["epoch"] == 2
    assert found["resgat"]["config"] == checkpoint["resgat"]["config"]
    assert torch.equal(found["resgat"]["reference"], torch.ones(4))


def test_the_network_gets_its_weights(path: Path, net: nn.Module) -> None:
    other = nn.Linear(3, 1)
    load_net(other, read_checkpoint(path), path)
    assert torch.equal(other.weight, net.get_parameter("weight"))


def test_the_weights_of_another_network_are_refused(path: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"best\.ckpt holds the weights of another model than"
    ):
        load_net(nn.Linear(4, 1), read_checkpoint(path), path)


def test_facts_are_replaced_and_all_else_is_kept(path: Path, checkpoint: dict[str, Any]) -> None:
    add_facts(path, {**checkpoint["resgat"], "thresholds": {"video": 0.4}})
    found = read_checkpoint(path)
    assert found["resgat"]["thresholds"] == {"video": 0.4}
    assert found["epoch"] == 2
    assert [file.name for file in path.parent.iterdir()] == ["best.ckpt"]


def test_facts_that_cannot_be_written_leave_the_checkpoint_whole(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises((AttributeError, TypeError), match="pickle"):
        add_facts(path, {"schema": 1, "code": lambda: None})
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["best.ckpt"]


def test_a_missing_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"checkpoint not found: .*last\.ckpt\. Give a run's "
    ):
        read_checkpoint(tmp_path / "last.ckpt")


@pytest.mark.parametrize("content", [b"", b"some text", b"PK\x03\x04"])
def test_a_damaged_checkpoint_is_refused(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"best\.ckpt is truncated or no weights file"):
        read_checkpoint(path)


def test_a_truncated_checkpoint_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CheckpointError, match=r"best\.ckpt is truncated or no weights file"):
        read_checkpoint(path)


def test_a_checkpoint_with_code_is_refused(path: Path) -> None:
    torch.save({"resgat": {"schema": 1}, "net": nn.Linear(1, 1)}, path)
    with pytest.raises(CheckpointError, match="is not loaded, because a pickle can run code"):
        read_checkpoint(path)


@pytest.mark.parametrize("value", [{"state_dict": {}}, [1, 2], {"weight": torch.zeros(1)}])
def test_what_another_program_wrote_is_refused(value: object, path: Path) -> None:
    torch.save(value, path)
    expected = r"was not written by src/train\.py: .* Bare weights go to model\.backbone\.weights="
    with pytest.raises(CheckpointError, match=expected):
        read_checkpoint(path)


@pytest.mark.parametrize("missing", ["config", "state_dict"])
def test_a_checkpoint_without_its_parts_is_refused(missing: str, tmp_path: Path) -> None:
    facts = {"schema": 1, "config": {}}
    whole = {"resgat": facts, "state_dict": {}}
    del (facts if missing == "config" else whole)[missing]
    path = tmp_path / "best.ckpt"
    torch.save(whole, path)
    with pytest.raises(CheckpointError, match=r"best\.ckpt is damaged: it lacks its configuration"):
        read_checkpoint(path)


@pytest.mark.parametrize("facts", [{"schema": 2}, {}, None])
def test_a_later_layout_is_refused(facts: dict[str, Any], path: Path) -> None:
    torch.save({"resgat": facts}, path)
    with pytest.raises(CheckpointError, match=r"checkpoint layout (2|None), expected 1\. Use the "):
        read_checkpoint(path)


def test_a_run_goes_on_with_the_model_it_had(path: Path) -> None:
    check_same_settings(read_checkpoint(path), {"model": MODEL, "seed": 3}, path)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            {"dim": 8, "version": "v2"},
            r"settings: model\.head\.dim is 16 there and 8 here \(1 differ\)",
        ),
        ({"dim": 16}, r"model\.head\.version is 'v2' there and None here"),
        ({"dim": 8, "version": "v1"}, r"\(2 differ\)\. Resume with the run's own settings"),
    ],
)
def test_another_model_is_refused_by_the_first_key_that_differs(
    head: dict[str, Any], message: str, path: Path
) -> None:
    with pytest.raises(CheckpointError, match=message):
        check_same_settings(read_checkpoint(path), {"model": {**MODEL, "head": head}}, path)


def test_where_the_data_lies_may_change_and_what_it_is_may_not(path: Path) -> None:
    checkpoint = read_checkpoint(path)
    checkpoint["resgat"]["config"] = {"data": {"crops_dir": "a", "num_workers": 0, "size_px": 64}}
    moved = {"crops_dir": "b", "num_workers": 4, "size_px": 64}
    check_same_settings(checkpoint, {"data": moved}, path)
    with pytest.raises(CheckpointError, match=r"data\.size_px is 64 there and 96 here"):
        check_same_settings(checkpoint, {"data": {**moved, "size_px": 96}}, path)


def test_a_run_goes_on_with_the_crops_it_had(path: Path) -> None:
    checkpoint = read_checkpoint(path)
    check_same_index(checkpoint, "b" * 64, path)  # of an older version, which did not note them
    checkpoint["resgat"]["index_sha256"] = "a" * 64
    check_same_index(checkpoint, "a" * 64, path)
    with pytest.raises(CheckpointError) as caught:
        check_same_index(checkpoint, "b" * 64, path)
    assert str(caught.value) == (
        f"{path} is of a run on other crops: the SHA-256 of their index was {'a' * 64}, and is "
        f"{'b' * 64} now. Bring that index back, say with data.crops_dir=... where those crops "
        "lie, or start a new run"
    )
