"""What preprocessing is measured against: as one would write it in an hour, and the decoder alone.

Run as a script, so that its start-up counts as the command's does.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from resgat.data.detector import FaceDetector, HaarDetector, YuNetDetector
from resgat.data.spread import spread
from resgat.data.video_io import count_frames, read_frames

FRAMES_PER_VIDEO = 32
NUM_WORKERS = 2


def seek_loop(videos: Sequence[Path], detector: FaceDetector, out_dir: Path) -> None:
    """Seek to each frame, detect in it, cut the largest face and write it."""
    for video in videos:
        capture = cv2.VideoCapture(str(video))
        for idx in spread(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), FRAMES_PER_VIDEO):
            capture.set(cv2.CAP_PROP_POS_FRAMES, int(idx))
            _, frame = capture.read()
            rgb = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
            faces = detector.detect(rgb)
            if faces:
                left, top, right, bottom = (max(0, round(side)) for side in faces[0].box_xyxy)
                crop = cv2.resize(frame[top:bottom, left:right], (224, 224))
                method = video.parents[2].name
                cv2.imwrite(str(out_dir / f"{method}_{video.stem}_{idx}.png"), crop)


def decode_only(videos: Sequence[Path]) -> None:
    """Decode the same frames with the same number of workers and do nothing with them."""
    with ProcessPoolExecutor(NUM_WORKERS, mp_context=get_context("spawn")) as pool:
        list(pool.map(_decode, videos))


def _decode(video: Path) -> None:
    cv2.setNumThreads(1)
    for _ in read_frames(video, spread(count_frames(video), FRAMES_PER_VIDEO).tolist()):
        pass


def main(work: str, raw_dir: str, yunet: str = "") -> None:
    """Run one control over all videos below a folder; ``yunet`` is a model file, if given."""
    videos = sorted(Path(raw_dir).rglob("*.mp4"))
    if work == "decode_only":
        decode_only(videos)
        return
    detector = YuNetDetector(yunet) if yunet else HaarDetector()
    with tempfile.TemporaryDirectory() as out_dir:
        seek_loop(videos, detector, Path(out_dir))


if __name__ == "__main__":
    main(*sys.argv[1:])
