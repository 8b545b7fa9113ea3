"""The paper's weights as a release; what they say is compared with the scripts' own network."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

import resgat
from resgat.errors import ConfigError
from resgat.export.release import read_release
from resgat.inference.faces import FaceSettings
from resgat.run.released import import_released
from tests.models.test_paper import Released

Command = Callable[..., Any]

#: A preset of the paper, but for its size.
SMALL = ["model/backbone=resnet18", "model.head.dim=4", "model.head.heads=2"]
VERSIONS = ["v1", "v2"]


@pytest.fixture(scope="session")
def theirs() -> dict[str, Released]:
    """Networks as the scripts build them, that do not say the same of every face."""
    torch.manual_seed(3)
    nets = {version: Released(version, "resnet18", dim=4, heads=2) for version in VERSIONS}
    for net in nets.values():
        for name, values in net.state_dict().items():
            if name.startswith("fc.") or "running_mean" in name:
                values += torch.randn(values.shape)
    return {version: net.eval() for version, net in nets.items()}


@pytest.fixture(scope="session")
def bare(theirs: dict[str, Released], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the scripts save."""
    files = {}
    for version, net in theirs.items():
        files[version] = tmp_path_factory.mktemp(version) / "model_weights.pth"
        torch.save(net.state_dict(), files[version])
    return files


@pytest.fixture(scope="session")
def releases(
    command: Command, bare: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A release from each; ONNX is written of one, for that takes most of the time."""
    made = {}
    for version, weights in bare.items():
        folder = tmp_path_factory.mktemp("imported")
        model = [f"model=resgat{version}_paper", *SMALL, f"model.released={weights}"]
        to = [f"release_dir={folder / 'r'}", f"hydra.run.dir={folder / 'run'}"]
        done = command("export", *model, *to, "name=paper", f"onnx={version == 'v2'}")
        assert done.status == 0, done.err
        made[version] = folder / "r"
    return made


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Pictures of the size that the scripts work on, of noise in different colours."""
    folder, rng = tmp_path_factory.mktemp("faces"), np.random.default_rng(0)
    paths = [folder / f"{name}.png" for name in ("a", "b", "c")]
    for path in paths:
        colour = rng.integers(0, 200, 3)
        picture = np.clip(colour + rng.integers(-40, 41, (224, 224, 3)), 0, 255)
        cv2.imwrite(str(path), picture.astype(np.uint8))
    return paths


def as_the_scripts_read(path: Path) -> torch.Tensor:
    """Return RGB in [0, 1], as torchvision's ToTensor does."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    return torch.from_numpy(picture).permute(2, 0, 1)[None] / 255


@pytest.mark.parametrize("version", VERSIONS)
def test_p_fake_is_one_less_p_real_of_the_scripts(
    version: str, releases: dict[str, Path], theirs: dict[str, Released], faces: list[Path]
) -> None:
    detector = resgat.load(releases[version], faces=FaceSettings("crop"))
    verdicts = [resgat.predict(detector, face).verdict for face in faces]
    with torch.no_grad():
        real = [float(theirs[version](as_the_scripts_read(face)).sigmoid()) for face in faces]
    assert np.std(real) > 1e-3
    for verdict, prob in zip(verdicts, real, strict=True):
        assert verdict is not None
        assert verdict.prob == pytest.approx(1 - prob, abs=1e-5)
        assert verdict.label == ("fake" if prob <= 0.5 else "real")
        assert verdict.threshold_prob == 0.5
        assert (verdict.calibrated_prob, verdict.low, verdict.high) == (None, None, None)


def test_onnx_takes_what_the_scripts_take(
    releases: dict[str, Path], theirs: dict[str, Released], faces: list[Path]
) -> None:
    pixels = torch.cat([as_the_scripts_read(face) for face in faces])
    session = onnxruntime.InferenceSession(releases["v2"] / "model.onnx")
    (logit,) = session.run(["logit"], {"pixels": pixels.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(logit, -theirs["v2"](pixels).numpy(), atol=1e-4)


def test_what_the_file_does_not_tell_is_said(
    releases: dict[str, Path], bare: dict[str, Path]
) -> None:
    folder = releases["v2"]
    facts = read_release(folder).facts
    assert facts["imported"]["file"] == "model_weights.pth"
    assert facts["imported"]["labels"].startswith("1 is real in the file; the classifier's sign")
    assert facts["thresholds"] == facts["temperatures"] == {"video": None, "frame": None}
    assert (facts["crop_spec"], facts["config"]["data"]["corpus"]) == (None, None)
    assert facts["config"]["data"]["normalise"] == "none"
    assert str(bare["v2"].parent) not in (folder / "facts.json").read_text()
    card = (folder / "README.md").read_text()
    assert "In that file label 1 is real: the classifier's sign was flipped" in card
    assert f"SHA-256 `{facts['imported']['sha256']}`" in card
    assert "Nothing: the weights came without numbers, threshold and calibration" in card
    assert "How the training faces were found and cut is not known" in card
    assert "It came without a threshold, so the threshold is 0.5, untested." in card
    listed = [line.split("`")[1] for line in card.splitlines() if line.startswith("| `")]
    assert {"model.onnx", "model.safetensors"} < set(listed)
    assert {"checkpoint.ckpt", "logs/"}.isdisjoint(listed)
    assert all((folder / name).exists() for name in listed)


def test_the_command_predicts_by_it(
    command: Command, releases: dict[str, Path], faces: list[Path], tmp_path: Path
) -> None:
    to = f"hydra.run.dir={tmp_path / 'out'}"
    words = [f"ckpt_path={releases['v1']}", str(faces[0]), "overlays=false", to]
    done = command("predict", *words)
    assert "how to find faces for it is not known. Give face crops and add faces=crop" in done.err
    done = command("predict", *words, "faces=crop")
    assert done.status == 0, done.err
    said = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert said["model"]["crop_spec"] is None
    assert said["model"]["corpus"] is None
    assert said["files"][0]["tracks"][0]["regions"] is not None
    done = command("predict", *words, "detector=haar")
    assert done.status == 0, done.err


def test_it_is_measured_as_its_card_says(
    command: Command, tiny_data: list[str], releases: dict[str, Path], tmp_path: Path
) -> None:
    words = [*tiny_data, "data.size_px=224", f"hydra.run.dir={tmp_path / 'out'}"]
    card = (releases["v1"] / "README.md").read_text()
    said = card.split("python src/eval.py ")[1].splitlines()[0]
    said = said.replace("FOLDER", str(releases["v1"])).replace("data=...", "data=synthetic")
    told = [word for word in said.split() if word != "allow_other_crop_spec=true"]
    done = command("eval", *words, *told)
    assert done.status == 1
    assert "the model was trained on crops of spec None, and" in done.err
    done = command("eval", *words, *said.split())
    assert done.status == 0, done.err
    test = json.loads((tmp_path / "out" / "metrics.json").read_text())["test"]
    assert 0 <= test["frame"]["auc"] <= 1


def test_nothing_is_imported_without_weights() -> None:
    for model in ({"_target_": "resgat.models.resgat.ResGAT"}, {"released": None}):
        with pytest.raises(ConfigError, match=r"model: weights are imported with model=resgatv1_"):
            import_released(model)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give either ckpt_path=RUN/checkpoints/best.ckpt, or a model of the paper"),
        (["model=resgatv2_paper", "ckpt_path=x"], "give either ckpt_path="),
        (["model=resgatv2_paper"], "model: weights are imported with model="),
        (["model=resnet34"], "model: weights are imported with model="),
        (["model=resgatv2_paper", "model.released=gone.pth"], "weights file not found: gone.pth"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    command: Command, tmp_path: Path, words: list[str], message: str
) -> None:
    to = [f"release_dir={tmp_path / 'r'}", f"hydra.run.dir={tmp_path / 'run'}"]
    done = command("export", *words, "name=ok", *to)
    assert done.status == 1
    assert message in done.err
    assert not (tmp_path / "r").exists()


def test_weights_of_the_other_version_make_no_release(
    command: Command, bare: dict[str, Path], tmp_path: Path
) -> None:
    model = ["model=resgatv1_paper", *SMALL, f"model.released={bare['v2']}"]
    to = [f"release_dir={tmp_path / 'r'}", f"hydra.run.dir={tmp_path / 'run'}"]
    done = command("export", *model, *to, "name=ok")
    assert "does not fit this paper preset" in done.err
    assert list(tmp_path.glob("*r*/*.safetensors")) == []
