"""Settings that every test runs under, and the real videos where there are any."""

import io
import logging
import os
import runpy
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
os.environ["WANDB_MODE"] = "offline"
# Tiny tensors gain nothing from threads, and lose much where others use the cores; torch reads this
# when it is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("resgat", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("resgat")

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repo() -> Path:
    """The checkout that the tests belong to."""
    return REPO


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real FF++ and DFDC videos."""
    folder = Path(os.environ.get("RESGAT_REAL_DATA", REPO.parent / "shared" / "data" / "real"))
    if not folder.is_dir():
        pytest.skip(f"no real videos at {folder}; set RESGAT_REAL_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def yunet_path() -> Path:
    """YuNet's model file, which resgat does not bring along."""
    shared = REPO.parent / "shared" / "models" / "yunet_s_640_640.onnx"
    path = Path(os.environ.get("RESGAT_YUNET", shared))
    if not path.is_file():
        pytest.skip(f"no YuNet model at {path}; set RESGAT_YUNET to its path")
    return path


@pytest.fixture(scope="session")
def drawn_crops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest corpus of drawn faces: one pair of people in each split, two frames a video."""
    from resgat.data.corpora.synthetic import SyntheticFaces

    folder = tmp_path_factory.mktemp("drawn") / "crops"
    SyntheticFaces(
        size_px=48, train_pairs=1, val_pairs=1, test_pairs=1, frames_per_video=2, num_workers=1
    ).prepare(folder)
    return folder


@pytest.fixture
def datamodule(drawn_crops: Path) -> Any:
    """The drawn faces, ready to be served at 32 pixels."""
    from resgat.data.corpora.synthetic import SyntheticFaces
    from resgat.data.datamodule import CropDataModule

    corpus = SyntheticFaces(
        size_px=48, train_pairs=1, val_pairs=1, test_pairs=1, frames_per_video=2
    )
    datamodule = CropDataModule(corpus, drawn_crops, size_px=32, batch_size=4)
    datamodule.setup()
    return datamodule


class Outcome(NamedTuple):
    """What a command left on the terminal and told the shell."""

    status: int
    out: str
    err: str


Command = Callable[..., Outcome]

#: The smallest network and the smallest corpus; a second or two for a whole run.
TINY = """
data.corpus.size_px=32 data.corpus.train_pairs=4 data.corpus.val_pairs=2 data.corpus.test_pairs=2
data.corpus.frames_per_video=2 data.corpus.num_workers=1 data.batch_size=8 data.num_workers=0
model/backbone=resnet18 model.backbone.last=layer2 model/head=additive_layer2
trainer.max_epochs=2 callbacks.gallery=null
"""


@pytest.fixture(scope="session")
def tiny() -> list[str]:
    """Overrides for a run of seconds."""
    return shlex.split(TINY)


@pytest.fixture(scope="session")
def tiny_data(tiny: list[str]) -> list[str]:
    """Those of the overrides that are about data."""
    return [override for override in tiny if override.startswith("data.")]


@pytest.fixture(scope="session")
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where commands find and draw their crops; once for all tests of a process."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def command(data_home: Path) -> Command:
    """Run ``python src/NAME.py OVERRIDES`` in this process, without the seconds of its imports."""

    def run(name: str, *overrides: str) -> Outcome:
        argv, environ, handlers = sys.argv, dict(os.environ), logging.root.handlers[:]
        level, status = logging.root.level, 0
        sys.argv = [str(REPO / "src" / f"{name}.py"), *overrides]
        os.environ["RESGAT_DATA"] = str(data_home)
        out, err = io.StringIO(), io.StringIO()
        try:
            with redirect_stdout(out), redirect_stderr(err):
                runpy.run_path(sys.argv[0], run_name="__main__")
        except SystemExit as stop:
            status = int(stop.code or 0)
        finally:
            sys.argv = argv
            os.environ.clear()
            os.environ.update(environ)
            for handler in set(logging.root.handlers) - set(handlers):
                handler.close()
            logging.root.handlers[:] = handlers
            logging.root.setLevel(level)
        return Outcome(status, out.getvalue(), err.getvalue())

    return run


class Finished(NamedTuple):
    """A run that has ended: its folder, and what it said."""

    folder: Path
    out: str
    err: str


@pytest.fixture(scope="session")
def finished(
    command: Command, tiny: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Finished:
    """Two epochs of resgatv2 on drawn faces, with a gallery of two faces."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    overrides = [*tiny[:-1], "callbacks.gallery.num_faces=2"]
    done = command("train", *overrides, f"hydra.run.dir={folder}")
    assert done.status == 0, done.err
    return Finished(folder, done.out, done.err)


@pytest.fixture(scope="session")
def best(finished: Finished) -> Path:
    """The checkpoint of the finished run."""
    return finished.folder / "checkpoints" / "best.ckpt"


#: A browser that draws nothing on a screen and asks for nothing on its own.
BROWSER_FLAGS = """
--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's chromium, without a window."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs Debian's chromium")
    with sync_playwright() as play:
        found = play.chromium.launch(
            executable_path=path, headless=True, args=BROWSER_FLAGS.split()
        )
        yield found
        found.close()


@pytest.fixture
def make_trainer(tmp_path: Path) -> Callable[..., Any]:
    """Build a trainer on the CPU that says nothing and writes into ``tmp_path``."""
    from pytorch_lightning import Trainer

    def make(**settings: Any) -> Any:
        quiet = {
            "accelerator": "cpu",
            "devices": 1,
            "default_root_dir": tmp_path,
            "logger": False,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
            "use_distributed_sampler": False,
            "max_epochs": 2,
        }
        return Trainer(**{**quiet, **settings})

    return make


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., None]:
    """Wait until something is so, as long as a process that brings it about is alive."""

    def wait(is_so: Callable[[], bool], process: subprocess.Popen[Any], limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        while not is_so():
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
                assert is_so(), f"ended with status {process.returncode}"
            assert time.monotonic() < deadline, f"not within {limit_s} s"

    return wait
