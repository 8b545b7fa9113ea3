"""src/export.py, and a release in the place of a checkpoint."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import yaml

import resgat
from resgat.inference.faces import FaceSettings

Command = Callable[..., Any]


@pytest.fixture(scope="session")
def release(command: Command, best: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished run's release."""
    folder = tmp_path_factory.mktemp("released")
    to = [f"release_dir={folder / 'r'}", f"hydra.run.dir={folder / 'run'}"]
    licence = ["licence='other: see README'"]
    done = command("export", f"ckpt_path={best}", "name=tiny-demo", *to, *licence)
    assert done.status == 0, done.err
    return folder / "r"


def test_a_release_holds_all_that_its_card_names(release: Path) -> None:
    card = (release / "README.md").read_text()
    listed = [line.split("`")[1] for line in card.splitlines() if line.startswith("| `")]
    assert {"model.onnx", "backbone.onnx", "model.safetensors", "facts.safetensors"} < set(listed)
    for name in listed:
        assert (release / name).exists(), name
    header = yaml.safe_load(card.split("---\n")[1])
    assert (header["library_name"], header["license"]) == ("resgat", "other: see README")
    assert "drawn faces only; of photographs it says nothing at all" in card
    assert "| video | " in card
    assert (release / "logs" / "metrics.json").is_file()
    off = json.loads((release / "onnx.json").read_text())["model.onnx"]
    assert list(off) == ["logit", "contribution", "attention"]
    assert max(off.values()) < 1e-4


def test_a_release_says_what_its_checkpoint_says(
    command: Command, release: Path, best: Path, data_home: Path, tmp_path: Path
) -> None:
    crop = next(data_home.rglob("*_0.png"))
    settings = FaceSettings("crop")
    said = [resgat.predict(resgat.load(one, faces=settings), crop) for one in (best, release)]
    assert said[0].verdict == said[1].verdict
    assert said[0].tracks == said[1].tracks
    more = [str(crop), "faces=crop", "overlays=false", f"hydra.run.dir={tmp_path / 'out'}"]
    done = command("predict", f"ckpt_path={release}", *more)
    assert done.status == 0, done.err
    written = json.loads((tmp_path / "out" / "predictions.json").read_text())
    sums = (release / "SHA256SUMS").read_text()
    assert written["model"]["sha256"] in sums


def test_a_release_is_evaluated_like_its_checkpoint(
    command: Command, tiny_data: list[str], release: Path, tmp_path: Path
) -> None:
    done = command("eval", *tiny_data, f"ckpt_path={release}", f"hydra.run.dir={tmp_path / 'out'}")
    assert done.status == 0, done.err
    mine = json.loads((tmp_path / "out" / "metrics.json").read_text())["test"]["frame"]
    theirs = json.loads((release / "logs" / "metrics.json").read_text())["test"]["frame"]
    assert mine["auc"] == theirs["auc"]
    assert mine["log_loss"] == pytest.approx(theirs["log_loss"], abs=1e-6)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["name=a/b"], "name: expected letters, digits"),
        (["name=ok", "release_dir=taken"], "taken holds something already"),
        ([], "name: expected letters, digits, '.', '_' and '-' such as resgatv2-ffpp, got nothing"),
        (["name=ok", "ckpt_path=release"], "or upload it with push_to=owner/name"),
        (["name=ok", "ckpt_path=release", "push_to=a/b"], "name: "),
        (["ckpt_path=release", "push_to=a/b"], "release_dir: "),
        (["name=ok", "ckpt_path=moved"], "there is no metrics.json beside its folder"),
        (["name=ok", "ckpt_path=cut_short"], "metrics.json is broken: Expecting property name"),
        (["name=ok", "ckpt_path=untested"], "holds no numbers of the test split by level; let"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    command: Command, best: Path, release: Path, tmp_path: Path, more: list[str], message: str
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").write_text("x")
    places: dict[str, object] = {"taken": tmp_path / "taken", "release": release}
    metrics = {"moved": None, "cut_short": '{"test": {', "untested": '{"test": {"frame": {}}}'}
    for name, text in metrics.items():
        places[name] = checkpoint = tmp_path / name / "checkpoints" / "best.ckpt"
        checkpoint.parent.mkdir(parents=True)
        checkpoint.symlink_to(best)
        if text is not None:
            (tmp_path / name / "metrics.json").write_text(text)
    given: dict[str, object] = {"ckpt_path": best, "release_dir": tmp_path / "r"}
    given |= {key: places.get(value, value) for key, value in (one.split("=") for one in more)}
    words = [f"{key}={value}" for key, value in given.items()]
    done = command("export", *words, "onnx=false", f"hydra.run.dir={tmp_path / 'run'}")
    assert done.status == 1
    assert message in done.err
    assert not (tmp_path / "r").exists()


def test_what_could_not_be_uploaded_is_by_the_command_that_the_error_names(
    command: Command, release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []

    def refuse(*_: Any, **__: Any) -> None:
        msg = "no route to host"
        raise OSError(msg)

    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", refuse)
    run = f"hydra.run.dir={tmp_path}"
    done = command("export", f"ckpt_path={release}", "push_to=me/mine", run)
    assert done.status == 1
    assert "(no route to host); check `hf auth whoami`, then: python src/export.py" in done.err
    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", lambda *_, **__: None)
    monkeypatch.setattr(huggingface_hub.HfApi, "upload_folder", lambda _, **to: sent.append(to))
    again = done.err.split("python src/export.py ")[1].split()
    done = command("export", *again, run)
    assert done.status == 0, done.err
    assert sent == [{"repo_id": "me/mine", "folder_path": str(release)}]


def test_a_release_that_was_changed_is_not_uploaded(
    command: Command, release: Path, tmp_path: Path
) -> None:
    changed = Path(shutil.copytree(release, tmp_path / "changed"))
    (changed / "README.md").write_text("mine")
    to = ["push_to=me/mine", f"hydra.run.dir={tmp_path / 'run'}"]
    done = command("export", f"ckpt_path={changed}", *to)
    assert done.status == 1
    assert "README.md is not the file that was released" in done.err
