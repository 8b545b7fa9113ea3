"""What a training finds in its folder."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from resgat.errors import CheckpointError, RunFolderError
from resgat.run.resume import DECISIVE, check_resume, finished


@pytest.fixture
def config(finished: Any) -> dict[str, Any]:
    """The settings of the finished run, if it had been told to go on."""
    loaded: dict[str, Any] = yaml.safe_load((finished.folder / "config.yaml").read_text())
    return {**loaded, "ckpt_path": "last"}


@pytest.fixture
def run_dir(request: pytest.FixtureRequest) -> Path:
    """Its folder."""
    folder: Path = request.getfixturevalue("finished").folder
    return folder


def test_results_of_the_same_settings_are_the_end(config: dict[str, Any], run_dir: Path) -> None:
    assert finished(config, run_dir)
    elsewhere = {**config, "data": {**config["data"], "num_workers": 7}}
    assert finished(elsewhere, run_dir)


def test_a_run_that_is_not_told_to_go_on_begins(
    config: dict[str, Any], run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    afresh = {**config, "ckpt_path": None}
    assert not finished(afresh, run_dir)
    assert check_resume(afresh, run_dir) is None
    monkeypatch.setenv("RESGAT_SWEEP_NAME", "a/b")
    assert finished(afresh, run_dir)
    assert check_resume(afresh, run_dir) == run_dir / "checkpoints" / "last.ckpt"


@pytest.mark.parametrize("section", DECISIVE)
def test_results_of_other_settings_are_left_alone(
    config: dict[str, Any], run_dir: Path, section: str
) -> None:
    other = {**config, section: {"x": 1}}
    with pytest.raises(RunFolderError, match=f"{run_dir} holds the results of other settings: "):
        finished(other, run_dir)
    with pytest.raises(CheckpointError, match="is of a run with other settings"):
        check_resume(other, run_dir)


def test_an_empty_folder_is_begun_in(config: dict[str, Any], tmp_path: Path) -> None:
    assert not finished(config, tmp_path)
    assert check_resume(config, tmp_path) is None
