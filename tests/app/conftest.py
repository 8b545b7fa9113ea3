"""Pictures and clips of drawn faces that the Haar cascade sees, and a server that judges them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from resgat.data.synthetic.video import draw_pair
from tests.conftest import REPO

Pixels = NDArray[np.uint8]

#: What the server of the tests takes.
MAX_MB, MAX_CLIP_S, MAX_MEGAPIXELS, ROOM = 2, 60, 50, 6


@dataclass(frozen=True)
class Served:
    """A server.

    Attributes:
        url: What to type into a browser.
        pid: Of its process.
        folder: Where it and its libraries put temporary files.
    """

    url: str
    pid: int
    folder: Path

    def files(self) -> list[str]:
        """Return the files that are there now."""
        return sorted(
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file()
        )


@pytest.fixture(scope="session")
def people() -> list[list[Pixels]]:
    """Two drawn people, a genuine and a forged one, eight frames each."""
    genuine, _, forged, *_ = draw_pair((1,), size_px=160, frames_per_video=8, difficulty=0.1)
    return [[frame.image for frame in video.frames] for video in (genuine, forged)]


@pytest.fixture(scope="session")
def scene(people: list[list[Pixels]]) -> Callable[[int], Pixels]:
    """Return a frame of both people beside each other."""

    def at(idx: int) -> Pixels:
        frame = np.full((240, 420, 3), 205, np.uint8)
        for place, images in enumerate(people):
            left = 30 + 200 * place
            frame[40:200, left : left + 160] = images[idx % len(images)]
        return frame

    return at


def write_image(path: Path, image: Pixels) -> Path:
    """Write an RGB image under a name of any kind."""
    _, coded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    path.write_bytes(coded.tobytes())
    return path


def write_clip(path: Path, frames: Sequence[Pixels], per_s: float = 10.0) -> Path:
    """Write RGB frames as a clip."""
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), per_s, (width, height))
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory, scene: Callable[[int], Pixels]) -> Path:
    """A photograph of two people, as it were."""
    return write_image(tmp_path_factory.mktemp("image") / "two.png", scene(0))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory, scene: Callable[[int], Pixels]) -> Path:
    """A clip of two people, of a second and a half."""
    frames = [scene(idx) for idx in range(15)]
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.avi", frames)


@pytest.fixture(scope="session")
def served(best: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with small limits; when it has ended, nothing of it is left."""
    folder = tmp_path_factory.mktemp("served")
    temporary = folder / "tmp"
    temporary.mkdir()
    settings = [
        f"ckpt_path={best}", "detector=haar", "frames=6", f"hydra.run.dir={folder / 'run'}",
        f"max_upload_mb={MAX_MB}", f"max_clip_s={MAX_CLIP_S}", f"max_waiting={ROOM}",
        f"max_megapixels={MAX_MEGAPIXELS}", "timeout_s=60", "methods=[contrib,gradcam,occlusion]",
    ]  # fmt: skip
    environment = os.environ | {"TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"}
    log = folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, str(REPO / "src" / "app.py"), *settings],
            env=environment, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield Served(_url(process, log), process.pid, temporary)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert process.returncode == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    assert list(temporary.glob("resgat-app-*")) == []


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    while process.poll() is None:
        found = re.search(r"serving at (http://127\.0\.0\.1:\d+/)", log.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    pytest.fail(log.read_text())
