"""Preprocess a drawn FaceForensics++ in a process of its own, for others to kill or to weigh."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.cropping import CropSpec
from resgat.data.detector import HaarDetector
from resgat.data.families import Shard
from resgat.data.preprocess import preprocess


def main(raw_dir: str, crops_dir: str, shard_index: str, shard_count: str) -> None:
    """Cut with two workers, then print the peak memory of this process and of a worker, in kB."""
    detector = HaarDetector()
    preprocess(
        FaceForensics(),
        Path(raw_dir),
        Path(crops_dir),
        spec=CropSpec(size_px=48, margin=1.3, detector=detector.spec, frames_per_video=8),
        detector=detector,
        shard=Shard(int(shard_index) if shard_index else None, int(shard_count)),
        num_workers=2,
        timeout_s=60,
    )
    peaks = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print("peak_kb", *peaks)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
