"""The preprocessing command, next to a plain loop and to the decoder alone.

Measured on real FaceForensics++ videos where ``RESGAT_REAL_DATA`` names a folder of them, else on
drawn ones, in the proportions of FaceForensics++: each original beside four fakes, for which copies
of it stand in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.paired import Sides
from resgat.data.corpora.ffpp import PAPER_METHODS
from resgat.data.detector import HaarDetector
from resgat.data.synthetic.drawing import draw_face
from resgat.data.synthetic.person import draw_person, draw_scene, next_frame

_ROOT = Path(__file__).resolve().parents[1]
_ORIGINALS = "original_sequences/youtube/c23/videos"
#: The real originals, and the names under which copies of them stand beside them.
_REAL_IDS = ("004", "519", "634")
_PAIRS = ("004_982", "519_515", "634_660", "071_054", "087_081", "052_108")
_FRAME_SIZE, _FACE_PX, _NUM_FRAMES = (720, 1280), 320, 300

Control = Literal["seek_loop", "decode_only"]
Detector = Literal["haar", "yunet"]


def preprocess_sides(control: Control, detector: Detector, folder: Path) -> Sides:
    """Compare the whole command, start-up included, with a control that is a script, too.

    Args:
        control: Which function of ``preprocess_controls``.
        detector: ``yunet`` needs ``RESGAT_YUNET``, the path of its model file.
        folder: Where the videos, and then the crops, are put.
    """
    num_originals = {"seek_loop": 1, "decode_only": len(_PAIRS)}[control]
    raw_dir = raw_videos(folder, num_originals)
    model = [os.environ["RESGAT_YUNET"]] if detector == "yunet" else []
    controls = _ROOT / "benchmarks" / "preprocess_controls.py"
    return Sides(
        partial(preprocess, raw_dir, folder, f"detector={detector}"),
        partial(_run, controls, control, raw_dir, *model),
    )


def raw_videos(folder: Path, num_originals: int) -> Path:
    """Return the root of originals and their fakes below a folder, made if it is not there."""
    raw_dir = folder / f"raw_{num_originals}"
    if not raw_dir.exists():
        _lay_out(raw_dir, _PAIRS[:num_originals])
    return raw_dir


def preprocess(raw_dir: Path, folder: Path, *overrides: str) -> None:
    """Run ``src/preprocess.py`` from nothing; its crops and its run lie below the folder."""
    crops_dir = folder / "crops"
    shutil.rmtree(crops_dir, ignore_errors=True)
    where = (f"data.raw_dir={raw_dir}", f"data.crops_dir={crops_dir}")
    run_dir = f"hydra.run.dir={folder / 'run'}"
    script = _ROOT / "src" / "preprocess.py"
    _run(script, "data=ffpp", *where, "num_workers=2", run_dir, *overrides)


def _run(*command: object) -> None:
    subprocess.run([sys.executable, *map(str, command)], check=True, capture_output=True)


def _lay_out(raw_dir: Path, pairs: Sequence[str]) -> None:
    """Place originals and, as their fakes, four copies of each."""
    real = os.environ.get("RESGAT_REAL_DATA")
    originals = raw_dir / _ORIGINALS
    originals.mkdir(parents=True)
    people = _people_that_haar_sees()
    for number, pair in enumerate(pairs):
        video = originals / f"{pair[:3]}.mp4"
        if real:
            name = f"{_REAL_IDS[number % len(_REAL_IDS)]}.mp4"
            shutil.copy(Path(real) / "ffpp" / _ORIGINALS / name, video)
        else:
            _draw(video, next(people))
        for method in PAPER_METHODS:
            fake = raw_dir / "manipulated_sequences" / method / "c23" / "videos" / f"{pair}.mp4"
            fake.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(video, fake)


def _people_that_haar_sees() -> Iterator[int]:
    detector = HaarDetector()
    return (seed for seed in count() if detector.detect(next(_frames(seed))))


def _draw(path: Path, seed: int) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, _FRAME_SIZE[::-1])
    for frame in islice(_frames(seed), _NUM_FRAMES):
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()


def _frames(seed: int) -> Iterator[NDArray[np.uint8]]:
    """Film a drawn person before a grey wall, with noise: flat pixels would cost no decoding."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 6, (*_FRAME_SIZE, 3))
    person, scene = draw_person(rng), draw_scene(rng)
    top, left = ((side - _FACE_PX) // 2 for side in _FRAME_SIZE)
    while True:
        face = draw_face(person, next_frame(scene, rng), _FACE_PX)
        frame = np.full((*_FRAME_SIZE, 3), 90.0)
        frame[top : top + _FACE_PX, left : left + _FACE_PX] = face
        shift = tuple(rng.integers(_FRAME_SIZE))
        yield np.clip(frame + np.roll(noise, shift, axis=(0, 1)), 0, 255).astype(np.uint8)
