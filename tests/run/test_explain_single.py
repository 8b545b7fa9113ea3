"""mode=single: one crop, one picture, one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from resgat.files import file_sha256
from resgat.run import zoo

Command = Callable[..., Any]


def run(command: Command, data: list[str], best: Path, folder: Path, *more: str) -> Any:
    return command("explain", *data, f"ckpt_path={best}", f"hydra.run.dir={folder}", *more)


def test_one_crop_gives_one_picture_and_one_sentence(
    command: Command, tiny_data: list[str], best: Path, data_home: Path, tmp_path: Path
) -> None:
    image = next(data_home.rglob("*_0.png"))
    done = run(command, tiny_data, best, tmp_path / "one", "mode=single", f"image={image}")
    assert done.status == 0, done.err
    told = json.loads((tmp_path / "one" / "explanation.json").read_text())
    assert told["sentence"].split(", ")[0] in ("fake", "real")
    assert f"p = {told['prob']:.2f}" in told["sentence"]
    assert len(told["region_mass"]) == 8
    assert (tmp_path / "one" / "explanation.png").read_bytes().startswith(b"\x89PNG")
    config = yaml.safe_load((tmp_path / "one" / "config.yaml").read_text())
    assert (config["mode"], config["image"]) == ("single", str(image))
    environment = json.loads((tmp_path / "one" / "environment.json").read_text())
    assert environment["checkpoint_sha256"] == [file_sha256(best)]
    assert environment["index_sha256"] is None


def test_a_name_of_the_zoo_is_explained_and_recorded_as_what_it_names(
    command: Command,
    tiny_data: list[str],
    best: Path,
    data_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zoo, "read_zoo", lambda: {"mine": {"release": str(best)}})
    image = next(data_home.rglob("*_0.png"))
    done = run(command, tiny_data, Path("mine"), tmp_path, "mode=single", f"image={image}")
    assert done.status == 0, done.err
    assert yaml.safe_load((tmp_path / "config.yaml").read_text())["ckpt_path"] == str(best)


def test_one_picture_is_of_one_checkpoint(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    several = [f"ckpt_path=[{best},{best}]", "mode=single", "image=a.png"]
    done = command("explain", *tiny_data, *several, f"hydra.run.dir={tmp_path}")
    assert done.status == 1
    assert "mode=single explains by one checkpoint, got 2 in ckpt_path" in done.err


def test_an_image_that_is_none_is_named(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_text("no image")
    folder = tmp_path / "one"
    done = run(command, tiny_data, best, folder, "mode=single", f"image={tmp_path / 'a.png'}")
    assert done.status == 1
    assert "a.png: expected an image, got 8 bytes" in done.err


@pytest.mark.parametrize(("width", "height"), [(1, 1), (500, 3)])
def test_an_image_that_is_too_small_for_a_face_is_refused(
    width: int, height: int, command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    image = tmp_path / "a.png"
    cv2.imwrite(str(image), np.zeros((height, width, 3), np.uint8))
    done = run(command, tiny_data, best, tmp_path / "one", "mode=single", f"image={image}")
    assert done.status == 1
    message = f"{image} is {width}x{height} px; expected a face crop of at least 16 px a side"
    assert message in done.err
    assert not (tmp_path / "one" / "config.yaml").exists()


def test_a_method_whose_entry_was_emptied_is_refused(
    command: Command, tiny_data: list[str], best: Path, data_home: Path, tmp_path: Path
) -> None:
    image = next(data_home.rglob("*_0.png"))
    single = ["mode=single", f"image={image}", "explain.catalogue.contrib=null"]
    done = run(command, tiny_data, best, tmp_path / "one", *single)
    assert done.status == 1
    assert "explain.catalogue.contrib: expected a _target_ and its values, got None" in done.err


def test_a_map_that_says_nothing_is_told_as_such(
    command: Command, tiny_data: list[str], best: Path, data_home: Path, tmp_path: Path
) -> None:
    """Nothing is said of regions, the one with "most" evidence among them."""
    image = next(data_home.rglob("*_0.png"))
    single = ["mode=single", f"image={image}", "method=uniform"]
    done = run(command, tiny_data, best, tmp_path / "one", *single)
    assert done.status == 0, done.err
    told = json.loads((tmp_path / "one" / "explanation.json").read_text())
    nothing = "the map says nothing: it is constant, or not finite"
    assert told["sentence"].split("; ")[1:] == [nothing]
    assert told["is_degenerate"] is True
    assert told["prob_without_top_region"] is None
    assert set(told["region_mass"].values()) == {0.0}


def test_a_detector_that_answers_with_no_number_is_refused_before_anything_is_written(
    command: Command, tiny_data: list[str], diverged: Path, data_home: Path, tmp_path: Path
) -> None:
    image = next(data_home.rglob("*_0.png"))
    folder = tmp_path / "one"
    done = run(command, tiny_data, diverged, folder, "mode=single", f"image={image}")
    assert done.status == 1
    message = f"the detector's logit of {image} is nan; the checkpoint {diverged} is broken"
    assert message in done.err
    assert {path.name for path in folder.iterdir()} <= {".hydra", "explain.log"}
