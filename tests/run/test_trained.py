"""A checkpoint becomes the network that was trained, or is refused in one line."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from resgat.data.corpora.synthetic import SyntheticFaces
from resgat.data.datamodule import CropDataModule
from resgat.errors import CheckpointError, ConfigError
from resgat.export.release import seal
from resgat.models.resnet import ResNetClassifier
from resgat.models.trunk import ResNetTrunk
from resgat.run.trained import check_served_alike, load_trained

Write = Callable[..., Path]

MODEL: dict[str, Any] = {
    "_target_": "resgat.models.resnet.ResNetClassifier",
    "backbone": {
        "_target_": "resgat.models.trunk.ResNetTrunk",
        "arch": "resnet18",
        "weights": "/not/there.pth",
        "last": "layer1",
    },
}


def facts_of(**changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "schema": 1,
        "config": {"model": MODEL, "data": {"size_px": 32, "normalise": "imagenet"}, "seed": 3},
        "crop_spec": "spec0",
        "thresholds": {"video": 0.4, "frame": None},
        "reference": torch.arange(4.0),
    }
    return {**facts, **changes}


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return ResNetClassifier(ResNetTrunk("resnet18", last="layer1"))


@pytest.fixture
def write(net: nn.Module, tmp_path: Path) -> Write:
    """Write the network as a training does; keywords replace its facts, None leaves one out."""

    def make(**changes: Any) -> Path:
        path = tmp_path / "best.ckpt"
        facts = {key: fact for key, fact in facts_of(**changes).items() if fact is not None}
        state = {f"net.{key}": value for key, value in net.state_dict().items()}
        state["loss.scale"] = torch.ones(1)  # what else was trained is no part of the network
        torch.save({"state_dict": state, "epoch": 2, "resgat": facts}, path)
        return path

    return make


def test_weights_and_facts_come_back_as_they_were_written(net: nn.Module, write: Write) -> None:
    path = write()
    found = load_trained(path)
    assert found.path == path
    assert type(found.net) is type(net)
    state = found.net.state_dict()
    assert list(state) == list(net.state_dict())
    assert all(torch.equal(state[key], value) for key, value in net.state_dict().items())
    assert torch.equal(found.facts.pop("reference"), torch.arange(4.0))
    assert found.facts == {key: fact for key, fact in facts_of().items() if key != "reference"}


def test_the_network_says_what_it_said_before(net: nn.Module, write: Write) -> None:
    images = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        again = load_trained(write()).net.eval()(images)
        torch.testing.assert_close(again, net.eval()(images), rtol=0, atol=0)


def test_crops_are_called_fake_from_vals_threshold_on(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(thresholds={"frame": 0.3, "video": 0.4})
    assert load_trained(path).frame_threshold() == 0.3
    assert caplog.records == []


def test_without_a_threshold_odds_are_even_and_that_is_said(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(thresholds={"frame": None, "video": None})
    assert load_trained(path).frame_threshold() == 0.5
    assert caplog.messages == [
        f"{path} has no threshold that val chose; P(fake) from 0.5 on is called fake"
    ]


def test_a_detector_that_was_not_judged_is_refused(write: Write) -> None:
    path = write(thresholds=None)
    message = (
        f"{path} has no thresholds: its run was stopped before the best epoch was judged on val. "
        "Resume the run, or use its checkpoints/best.ckpt"
    )
    with pytest.raises(CheckpointError, match=f"^{re.escape(message)}$"):
        load_trained(path)


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"^checkpoint not found: .*gone\.ckpt\. Give a run's"
    ):
        load_trained(tmp_path / "gone.ckpt")


def test_what_another_program_wrote_is_refused(net: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "bare.pth"
    torch.save(net.state_dict(), path)
    with pytest.raises(CheckpointError, match=r"bare\.pth was not written by src/train\.py"):
        load_trained(path)


@pytest.mark.parametrize("target", ["os.system", "torch.nn.Linear", "resgat.cli.launch"])
def test_a_checkpoint_may_not_name_what_is_no_model(target: str, write: Write) -> None:
    """Someone else wrote it, so it is refused before anything of it is built."""
    config = {**facts_of()["config"], "model": {**MODEL, "backbone": {"_target_": target}}}
    message = (
        f"backbone._target_: {target} may not be built; allowed are classes and functions of "
        "resgat.graph, resgat.models"
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        load_trained(write(config=config, thresholds=None))


def test_a_model_that_is_built_otherwise_today_is_refused_by_its_key(write: Write) -> None:
    config = {**facts_of()["config"], "model": {**MODEL, "heads": 4}}
    with pytest.raises(ConfigError, match=r"^heads: unknown key; ResNetClassifier takes backbone"):
        load_trained(write(config=config))


def test_weights_that_do_not_fit_the_configured_model_are_refused(write: Write) -> None:
    deeper = {**MODEL, "backbone": {**MODEL["backbone"], "last": "layer2"}}
    path = write(config={**facts_of()["config"], "model": deeper})
    message = f"{path} holds the weights of another model than ResNetClassifier as configured"
    with pytest.raises(CheckpointError, match=f"^{re.escape(message)}$"):
        load_trained(path)


def test_crops_that_are_served_as_in_the_training_pass(datamodule: CropDataModule) -> None:
    check_served_alike(facts_of(), datamodule)


@pytest.mark.parametrize(
    ("key", "trained", "message"),
    [
        (
            "size_px",
            64,
            "data.size_px=32, but the model was trained with 64; add data.size_px=64",
        ),
        (
            "normalise",
            "none",
            "data.normalise=imagenet, but the model was trained with none; add data.normalise=none",
        ),
    ],
)
def test_crops_that_are_served_otherwise_are_refused(
    key: str, trained: object, message: str
) -> None:
    """Before they are there: drawing or opening them would be in vain."""
    datamodule = CropDataModule(SyntheticFaces(size_px=32), Path("nowhere"), size_px=32)
    facts = facts_of()
    facts["config"]["data"] = {"size_px": 32, "normalise": "imagenet", key: trained}
    with pytest.raises(CheckpointError, match=f"^{re.escape(message)}$"):
        check_served_alike(facts, datamodule)


def test_a_checkpoint_in_a_release_is_read_after_its_sums(write: Write) -> None:
    path = write()
    seal(path.parent)
    assert load_trained(path).path == path
    write(thresholds={"video": 0.1, "frame": None})
    with pytest.raises(CheckpointError, match=r"best\.ckpt is not the file that was released"):
        load_trained(path)
