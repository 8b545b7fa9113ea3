"""A run folder is held by one run, and stays that of one command."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from resgat.errors import ConfigError
from resgat.holding import held
from resgat.run.alone import LOCK_NAME, alone_in

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def as_eval(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be src/eval.py."""
    monkeypatch.setattr("sys.argv", ["src/eval.py"])


@pytest.fixture
def further(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Become another process of the same run."""
    return lambda: monkeypatch.setattr("pytorch_lightning.utilities.rank_zero_only.rank", 1)


def test_the_second_run_is_refused_and_the_first_goes_on(
    tmp_path: Path, further: Callable[[], None]
) -> None:
    said = (
        f"^another run is at work in {tmp_path}; wait for its end, or choose another hydra.run.dir$"
    )
    with alone_in(tmp_path):
        with pytest.raises(ConfigError, match=said), alone_in(tmp_path):
            pass
        further()
        with alone_in(tmp_path):
            assert (tmp_path / LOCK_NAME).exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "environment", [{"task": "train"}, {"command": ["/home/x/src/train.py", "seed=1"]}]
)
def test_another_commands_folder_is_refused(
    tmp_path: Path, environment: object, further: Callable[[], None]
) -> None:
    (tmp_path / "environment.json").write_text(json.dumps(environment))
    said = (
        rf"^hydra\.run\.dir={tmp_path} is the folder of a run of src/train\.py, which a run of "
        r"src/eval\.py would overwrite; choose another hydra\.run\.dir, or delete that folder$"
    )
    with pytest.raises(ConfigError, match=said), alone_in(tmp_path):
        pass
    assert not (tmp_path / LOCK_NAME).exists()
    further()
    with alone_in(tmp_path):  # the first process has refused for all
        pass


@pytest.mark.parametrize("text", ['{"task": "eval"}', "{}", "{", "[]", "[1]"])
def test_the_same_command_comes_again_and_so_does_who_finds_no_run(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "environment.json").write_text(text)
    with alone_in(tmp_path):
        pass


def test_who_is_at_work_already_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A thread lets go once the warning of the one that waits is out."""
    holding, warned = Event(), Event()

    def work() -> None:
        with alone_in(tmp_path):
            holding.set()
            assert warned.wait(60)

    class Tell:
        def __call__(self, record: Any) -> bool:
            warned.set()
            return True

    other = Thread(target=work)
    other.start()
    assert holding.wait(60)
    caplog.handler.addFilter(Tell())
    with alone_in(tmp_path, waits=True):
        assert f"another run is at work in {tmp_path}; waiting for its end" in caplog.text
    other.join(60)


def test_an_evaluation_leaves_a_training_as_it_was(
    command: Command, tiny_data: list[str], finished: Any, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    before = {path: path.read_bytes() for path in run.glob("*.*") if path.is_file()}
    ckpt = f"ckpt_path={run / 'checkpoints' / 'best.ckpt'}"
    done = command("eval", *tiny_data, ckpt, f"hydra.run.dir={run}")
    assert done.status == 1
    assert f"{run} is the folder of a run of src/train.py" in done.err
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("name", ["train", "eval"])
def test_a_busy_folder_is_left_alone(
    command: Command, tiny: list[str], tiny_data: list[str], best: Path, tmp_path: Path, name: str
) -> None:
    options = {"train": tiny, "eval": [*tiny_data, f"ckpt_path={best}"]}[name]
    with held(tmp_path / LOCK_NAME, "not busy"):
        done = command(name, *options, f"hydra.run.dir={tmp_path}")
    assert done.status == 1
    assert done.err.startswith(f"error: another run is at work in {tmp_path}; wait for its end")
    assert {path.name for path in tmp_path.iterdir()} == {".hydra", f"{name}.log"}
