"""Preprocessing that dies at each of its steps on the disk in turn, and is started again."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from resgat.data.claim import claim
from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.cropping import CropSpec
from resgat.data.cutter import Cutter
from resgat.data.detector import Face
from resgat.data.families import Shard, families
from resgat.data.journal import Journal
from resgat.data.plan import Plan
from resgat.data.preprocess import preprocess
from resgat.errors import ConfigError, StorageError
from tests.data.detectors import FixedDetector
from tests.data.drawn_corpus import contents, draw_ffpp

#: All that commit, journal, claim, index and manifest do to the disk, but for the writing itself.
STEPS = ("mkdir", "rename", "replace", "fsync", "unlink", "rmdir")
SIDE_PX = 32


class Disk:
    """Lets so many steps pass, and none after: what runs when a process is dead does nothing.

    Args:
        alive: Steps until death; None is for ever.
        is_torn: Whether half of what is being written reaches the disk in the last step.
    """

    def __init__(self, alive: int | None, *, is_torn: bool = False) -> None:
        self.alive = alive
        self.is_torn = is_torn
        self.num_steps = 0

    def step(self) -> bool:
        """Count a step; tell whether it is the last one, and torn."""
        self.num_steps += 1
        if self.alive is None or self.num_steps < self.alive:
            return False
        if self.is_torn and self.num_steps == self.alive:
            return True
        raise self.end()

    def end(self) -> BaseException:
        """Return what the last step ends in."""
        return SystemExit(9)

    def watched(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """Count what a call does before it does it."""

        def call(*args: Any, **options: Any) -> Any:
            if self.step():
                raise self.end()
            return act(*args, **options)

        return call

    def fsync(self, descriptor: int) -> None:
        """Tear off the second half of a file that has not reached the disk."""
        if self.step():
            os.truncate(descriptor, os.fstat(descriptor).st_size // 2)
            raise self.end()

    def write_bytes(self, path: Path, data: bytes) -> int:
        """Write half of the bytes only."""
        torn = self.step()
        with path.open("wb") as file:
            written = file.write(data[: len(data) // 2] if torn else data)
        if torn:
            raise self.end()
        return written


class FullDisk(Disk):
    """Has no room for one step, and room again for those after it."""

    def step(self) -> bool:
        """Count a step; tell whether it is the one that fails."""
        self.num_steps += 1
        return self.num_steps == self.alive

    def end(self) -> BaseException:
        """Return what the system says."""
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def mounted(disk: Disk) -> Iterator[None]:
    """Send all steps through a disk."""
    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, disk.watched(getattr(os, name)))
        patch.setattr(os, "fsync", disk.fsync)
        patch.setattr(Path, "write_bytes", lambda path, data: disk.write_bytes(path, data))
        yield


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two originals, a fake of each, and of these one that is no video."""
    raw = draw_ffpp(tmp_path_factory.mktemp("raw"), num_pairs=1, num_frames=4, size_px=SIDE_PX)
    (raw / "manipulated_sequences/Deepfakes/c23/videos/054_071.mp4").write_text("no video")
    return raw


DETECTOR = FixedDetector((Face((6, 6, 26, 26)),), shape=(SIDE_PX, SIDE_PX))
SPEC = CropSpec(size_px=16, margin=1.3, detector=DETECTOR.spec, frames_per_video=2)


def cut(raw: Path, crops: Path, shard: Shard = Shard()) -> None:  # noqa: B008
    preprocess(
        FaceForensics(), raw, crops, spec=SPEC, detector=DETECTOR, shard=shard, num_workers=0
    )


def cut_in_shards(raw: Path, crops: Path) -> None:
    for index in (1, 0, None):
        cut(raw, crops, Shard(index, 2))


@pytest.mark.parametrize("run", [cut, pytest.param(cut_in_shards, marks=pytest.mark.slow)])
@pytest.mark.parametrize("is_torn", [False, True])
def test_a_run_that_dies_at_any_step_is_continued_to_the_same_files(
    raw: Path, tmp_path: Path, run: Callable[[Path, Path], None], is_torn: bool
) -> None:
    undisturbed = Disk(None)
    with mounted(undisturbed):
        run(raw, tmp_path / "whole")
    expected = contents(tmp_path / "whole")
    assert undisturbed.num_steps > 40
    for last in range(1, undisturbed.num_steps + 1):
        crops = tmp_path / str(last)
        with mounted(Disk(last, is_torn=is_torn)), pytest.raises(SystemExit):
            run(raw, crops)
        run(raw, crops)
        assert contents(crops) == expected, f"after step {last}"


def test_a_run_that_dies_at_every_step_once_ends_with_the_same_files(
    raw: Path, tmp_path: Path
) -> None:
    cut(raw, tmp_path / "whole")
    crops = tmp_path / "crops"
    for last in range(1, 1000):
        disk = Disk(last, is_torn=bool(last % 2))
        try:
            with mounted(disk):
                cut(raw, crops)
        except SystemExit:
            continue
        break
    assert disk.num_steps < last
    assert contents(crops) == contents(tmp_path / "whole")


def test_a_worker_that_goes_on_after_a_full_disk_harms_nothing(raw: Path, tmp_path: Path) -> None:
    cut(raw, tmp_path / "whole")
    expected = contents(tmp_path / "whole")
    records = FaceForensics().videos(raw)
    refused = 0
    for last in range(1, 100):
        crops = tmp_path / str(last)
        claim(crops, "ffpp", SPEC)
        tasks = Plan(families(records), crops).pending(Journal(crops, SPEC.hash))
        cutter = Cutter(crops, SPEC, DETECTOR)
        with mounted(disk := FullDisk(last)):
            for task in tasks:
                try:
                    cutter.run(task)
                except StorageError:
                    refused += 1
        cut(raw, crops)
        assert contents(crops) == expected, f"after step {last}"
        if disk.num_steps < last:
            break
    assert 30 < refused < last < 99


def test_a_disk_that_is_full_at_any_step_ends_in_a_line(raw: Path, tmp_path: Path) -> None:
    disk = FullDisk(None)
    with mounted(disk):
        cut(raw, tmp_path / "whole")
    for last in range(1, disk.num_steps + 1):
        with mounted(FullDisk(last)), suppress(StorageError, ConfigError):
            cut(raw, tmp_path / str(last))
