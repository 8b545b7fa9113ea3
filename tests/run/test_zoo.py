"""Models by name; the Hub is a folder here, everything up to the network call is real."""

import re
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import yaml
from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError

from resgat.errors import CheckpointError, WeightsUnavailableError
from resgat.run import zoo
from resgat.run.zoo import download, find_checkpoint, find_model, read_zoo, upload


def test_a_path_is_itself(tmp_path: Path) -> None:
    assert find_model(tmp_path) == tmp_path


def test_the_zoo_has_the_four_rows_of_the_source_and_the_demo(repo: Path) -> None:
    rows = read_zoo()
    assert list(rows) == [
        "resgatv1-dfdc", "resgatv1-ffpp", "resgatv2-dfdc", "resgatv2-ffpp", "resgatv2-demo",
    ]  # fmt: skip
    for name, row in rows.items():
        assert set(row) == {"title", "status", "release", "command"}
        assert f"name={name}" in row["command"]
        assert "src/export.py ckpt_path=outputs/" in row["command"]


def test_what_a_rows_command_makes_is_found_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoo, "ZOO_PATH", tmp_path / "zoo" / "models.yaml")
    for name, row in read_zoo().items():
        with pytest.raises(WeightsUnavailableError, match=f"{name} is not here yet; this makes it"):
            find_model(name)
        release_dir = row["command"].split("release_dir=")[1]
        (tmp_path / release_dir).mkdir(parents=True)
        assert find_model(name) == tmp_path / release_dir


def test_a_row_may_lead_to_a_folder_or_to_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "zoo" / "models.yaml"
    path.parent.mkdir()
    rows = {
        "here": {"release": "made", "command": "make it"},
        "gone": {"release": "lost", "command": "make it"},
        "there": {"release": "hf://me/mine", "command": "make it"},
    }
    path.write_text(yaml.safe_dump(rows))
    (tmp_path / "made").mkdir()
    monkeypatch.setattr(zoo, "ZOO_PATH", path)
    monkeypatch.setattr(zoo, "read_zoo", lambda: rows)
    monkeypatch.setattr(zoo, "download", lambda repo_id: Path("/hub") / repo_id)
    assert find_model("here") == tmp_path / "made"
    assert find_model("there") == Path("/hub/me/mine")
    with pytest.raises(WeightsUnavailableError, match="gone is not here yet; this makes it: make"):
        find_model("gone")


def test_owner_and_name_are_downloaded_without_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def snapshot(repo_id: str, allow_patterns: list[str]) -> str:
        asked.append((repo_id, allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    assert find_model("me/mine") == tmp_path
    ((repo_id, patterns),) = asked
    assert repo_id == "me/mine"
    assert "SHA256SUMS" in patterns
    assert not any("ckpt" in pattern or "pth" in pattern for pattern in patterns)


@pytest.mark.parametrize("name", ["me/resgatv2-1.5", "me.too/v2.0"])
def test_a_dot_in_a_name_is_no_suffix_of_a_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "download", lambda repo_id: Path("/hub") / repo_id)
    assert find_model(name) == Path("/hub") / name


def test_below_a_folder_that_is_here_a_path_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoo, "download", lambda repo_id: Path("/hub") / repo_id)
    monkeypatch.chdir(tmp_path)
    assert find_model("outputs/mine") == Path("/hub/outputs/mine")
    (tmp_path / "outputs").mkdir()
    with pytest.raises(CheckpointError, match="outputs/mine: no such file or folder"):
        find_model("outputs/mine")


def test_a_hub_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        msg = "no route to host"
        raise OSError(msg)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(WeightsUnavailableError, match=r"me/mine cannot be downloaded .*no route"):
        find_model("me/mine")
    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", refuse)
    with pytest.raises(WeightsUnavailableError, match=r"is whole, but cannot be uploaded to me/m"):
        upload(Path("folder"), "me/mine")


@pytest.mark.parametrize("message", ["[Errno 111] Connection refused", "", " \n"])
def test_errors_of_the_transport_are_named(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no OSError and none of the Hub's own; their base is one of its own error's."""
    (transport,) = set(HfHubHTTPError.__bases__) - {OSError}

    class TransportError(transport):  # type: ignore[valid-type,misc]
        """Such as that nobody listens."""

    def refuse(*_: Any, **__: Any) -> None:
        raise TransportError(message)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", refuse)
    reason = re.escape(message.strip() or "TransportError")
    with pytest.raises(WeightsUnavailableError, match=rf"\({reason}\)\. Offline: give"):
        download("me/mine")
    with pytest.raises(WeightsUnavailableError, match=rf"uploaded to me/mine \({reason}\); check"):
        upload(Path("folder"), "me/mine")


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(WeightsUnavailableError, match="folder is whole, but cannot be uploaded"):
        upload(Path("folder"), "me/mine")


def test_an_upload_makes_a_private_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []

    def note(_: Any, *args: Any, **settings: Any) -> str:
        said.append((args, settings))
        return "https://hub/me/mine"

    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", note)
    monkeypatch.setattr(huggingface_hub.HfApi, "upload_folder", note)
    assert upload(Path("folder"), "me/mine") == "https://hub/me/mine"
    assert said[0][1]["private"] is True
    assert said[1][1] == {"repo_id": "me/mine", "folder_path": "folder"}


@pytest.mark.parametrize(
    "name", ["resgatv2-fpp", "runs/a/best.ckpt", "outputs/best.ckpt", "../best", "a" * 300]
)
def test_what_is_nowhere_is_named(name: str) -> None:
    with pytest.raises(CheckpointError, match=f"{name}: no such file or folder, no model of the"):
        find_model(name)


def test_the_path_of_a_file_stays_as_it_was_said(tmp_path: Path) -> None:
    for said in (str(tmp_path), f"{tmp_path}/./", "runs/./gone.ckpt", "gone.safetensors"):
        assert find_checkpoint(said) == said


def test_another_word_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "read_zoo", lambda: {"mine": {"release": str(tmp_path)}})
    monkeypatch.setattr(zoo, "download", lambda repo_id: Path("/hub") / repo_id)
    assert find_checkpoint("mine") == str(tmp_path)
    assert find_checkpoint("me/mine") == "/hub/me/mine"
    for gone in ("min", "a" * 300 + ".ckpt"):
        with pytest.raises(CheckpointError, match=f"{gone}: no such file or folder"):
            find_checkpoint(gone)
