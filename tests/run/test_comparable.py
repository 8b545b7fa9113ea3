"""What would make numbers incomparable is said before anything runs."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resgat.errors import CheckpointError, DatasetNotFoundError, DeviceError, RunFolderError
from resgat.files import file_sha256
from resgat.run.comparable import check_comparable
from resgat.run.recorded import Recorded, read_recorded


@pytest.fixture
def recorded(finished: Any) -> Recorded:
    return read_recorded(finished.folder)


def changed(recorded: Recorded, **environment: Any) -> Recorded:
    """Return the run with another environment; None forgets a part."""
    kept = {**recorded.environment, **environment}
    return replace(recorded, environment={k: v for k, v in kept.items() if v is not None})


def on(crops_dir: Path, recorded: Recorded) -> dict[str, Any]:
    data = {**recorded.config["data"], "crops_dir": str(crops_dir)}
    return {**recorded.config, "data": data}


def test_a_run_of_just_now_can_be_repeated(recorded: Recorded) -> None:
    notes = check_comparable(recorded, recorded.config)
    assert [note for note in notes if not note.startswith("code is ")] == []


def test_what_is_other_than_then_is_named(recorded: Recorded) -> None:
    packages = {**recorded.environment["packages"], "torch": "1.0"}
    other = changed(recorded, code="abc", threads=64, packages=packages)
    here = recorded.environment
    assert check_comparable(other, recorded.config) == [
        f"code was abc, and is {here['code']}",
        f"packages.torch was 1.0, and is {here['packages']['torch']}",
        f"threads was 64, and is {here['threads']}",
    ]


def test_gpus_count_only_where_one_may_have_been_used(recorded: Recorded) -> None:
    other = changed(recorded, gpus=["H9000"])
    config = {**recorded.config, "trainer": {"accelerator": "auto"}}
    said = "gpus was ['H9000'], and is "
    assert any(note.startswith(said) for note in check_comparable(other, config))
    notes = check_comparable(other, recorded.config)
    assert not any(note.startswith(said) for note in notes)


def test_files_that_differ_from_the_commit_are_named(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resgat.run.provenance.code_version", lambda: "abc-dirty")
    other = changed(recorded, code="abc-dirty")
    said = "code is abc-dirty: files differ from the commit, then and now"
    assert check_comparable(other, recorded.config) == [said]


def test_what_an_older_run_did_not_record_is_named(recorded: Recorded, best: Path) -> None:
    old = changed(recorded, threads=None, index_sha256=None, checkpoint_sha256=None)
    notes = check_comparable(old, {**recorded.config, "ckpt_path": str(best)})
    assert notes[:2] == [
        "the checkpoint may be another: its SHA-256 was not recorded",
        "the crops may be others: the SHA-256 of their index was not recorded",
    ]
    assert f"threads was not recorded, and is {recorded.environment['threads']}" in notes


def test_crops_that_are_gone(recorded: Recorded, tmp_path: Path) -> None:
    config = on(tmp_path / "gone", recorded)
    config["data"]["corpus"] = {"_target_": "resgat.data.corpora.dfd.Dfd"}
    with pytest.raises(DatasetNotFoundError) as refused:
        check_comparable(recorded, config)
    known = recorded.environment["index_sha256"]
    assert f"{tmp_path / 'gone'} holds no index.parquet (its SHA-256 was {known})" in str(
        refused.value
    )
    assert "crops_dir=..." in str(refused.value)


def test_other_crops_are_refused_with_both_hashes(recorded: Recorded, tmp_path: Path) -> None:
    crops = Path(shutil.copytree(recorded.config["data"]["crops_dir"], tmp_path / "crops"))
    (crops / "index.parquet").write_bytes(b"other")
    found, known = file_sha256(crops / "index.parquet"), recorded.environment["index_sha256"]
    said = rf"{crops} holds other crops .* {found} here, {known} there\. .* crops_dir=\.\.\."
    with pytest.raises(RunFolderError, match=said):
        check_comparable(recorded, on(crops, recorded))


def test_drawn_crops_that_are_gone_are_drawn_again(recorded: Recorded, tmp_path: Path) -> None:
    check_comparable(recorded, on(tmp_path / "crops", recorded))
    assert (tmp_path / "crops" / "index.parquet").is_file()


def test_a_checkpoint_that_is_gone_or_another(
    recorded: Recorded, best: Path, tmp_path: Path
) -> None:
    judged = changed(recorded, checkpoint_sha256=[file_sha256(best)])
    check_comparable(judged, {**recorded.config, "ckpt_path": [str(best)]})
    other = tmp_path / "other.ckpt"
    config = {**recorded.config, "ckpt_path": str(other)}
    with pytest.raises(CheckpointError, match=rf"checkpoint {other} is gone; say where it lies wi"):
        check_comparable(judged, config)
    other.write_bytes(b"other")
    said = rf"{other} is another checkpoint .* {file_sha256(other)} here, {file_sha256(best)} there"
    with pytest.raises(CheckpointError, match=said):
        check_comparable(judged, config)


def test_one_more_checkpoint_than_was_recorded_is_another(recorded: Recorded, best: Path) -> None:
    judged = changed(recorded, checkpoint_sha256=[file_sha256(best)])
    with pytest.raises(CheckpointError, match="None there"):
        check_comparable(judged, {**recorded.config, "ckpt_path": [str(best), str(best)]})


@pytest.mark.parametrize(
    ("change", "asked"),
    [({"trainer": {"accelerator": "gpu"}}, "gpu"), ({"device": "cuda:1"}, "cuda:1")],
)
def test_a_run_that_needs_a_gpu(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], asked: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(DeviceError, match=f"^the run asks for {asked}, and this machine has no "):
        check_comparable(recorded, {**recorded.config, **change})


def test_numbers_of_another_layout(recorded: Recorded) -> None:
    later = replace(recorded, results={**recorded.results, "schema": 99})
    with pytest.raises(RunFolderError, match="has numbers of layout 99, and this version of"):
        check_comparable(later, recorded.config)
