"""A user's own list: a CSV file with a path and a label in each line, and what else is known."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from resgat.data.corpora.base import Census
from resgat.data.corpora.csv_row import Item
from resgat.data.corpora.csv_videos import Video, malformed, read_videos
from resgat.data.layout.census import absent_ids
from resgat.data.layout.hash_split import split_by_hash
from resgat.data.layout.media import (
    COMPRESSION,
    check_dataset,
    is_image,
    refuse_twice,
)
from resgat.data.layout.paths import relative_path
from resgat.data.naming import safe_name
from resgat.data.videos import VideoRecord, examples, identity_groups, video_id
from resgat.errors import DatasetNotFoundError
from resgat.types import FAKE

logger = logging.getLogger(__name__)

LIST_NAME = "videos.csv"


class CsvList:
    """Reads a table with a header and the columns ``path`` and ``label`` (0, real, 1 or fake).

    A line is a video file or an image. Optional columns, in any order:

    * ``video``: lines of the same are frames of one video, in order of the numbers in their paths;
      they agree in all but the path. A line without is a video, an image by itself one of one
      frame.
    * ``identity``: who is seen; videos of one identity are one identity group. Without, each video
      is its own. A fake and its original share a group in any case.
    * ``split``: train, val or test; a line without is in none. If no line has any, 70 % of the
      groups train, 15 % are val and 15 % test, by a hash of their names.
    * ``method``: what made a fake. That of a real video is not read.
    * ``original``: the ``video`` or ``path`` of the aligned real video that a fake was made from.
    * ``mask``: the video of a fake's manipulated pixels.

    A path is relative to ``raw_dir``, or absolute below it. A file that is listed and missing stays
    in the list, so that preprocessing reports it.

    Args:
        csv_path: The table, in UTF-8, with commas, semicolons or tabs; None for ``videos.csv`` in
            ``raw_dir``.
        dataset: How each video_id begins.

    Raises:
        ConfigError: ``dataset`` is no plain name.
    """

    name: ClassVar[str] = "csv"

    def __init__(self, csv_path: Path | None = None, dataset: str = "csv") -> None:
        check_dataset(dataset)
        self.csv_path = csv_path
        self.dataset = dataset

    def prepare(self, crops_dir: Path) -> None:
        """Do nothing: the crops of a real corpus come from its videos."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List the videos in the order of their first lines.

        Raises:
            DatasetNotFoundError: ``raw_dir`` is no folder, or holds none of the files.
            MetadataError: The table is missing or malformed. The message names the line.
        """
        if not raw_dir.is_dir():
            msg = f"{raw_dir}: no such folder; set raw_dir to the folder that paths are relative to"
            raise DatasetNotFoundError(msg)
        path = raw_dir / LIST_NAME if self.csv_path is None else Path(self.csv_path)
        videos = read_videos(path, raw_dir)
        if not videos:
            msg = f"{path} lists no video, expected a line for each; add lines below its header"
            raise DatasetNotFoundError(msg)
        records = self._records(path, videos, raw_dir)
        if not any(record.is_present for record in records):
            msg = f"{path}: none of {len(records)} videos is below {raw_dir}, expected such as "
            msg += f"{records[0].path}; "
            raise DatasetNotFoundError(msg + "set raw_dir to the folder that paths are relative to")
        refuse_twice(records)
        return records

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Name what is listed and not on disk; nobody published how much there should be."""
        return Census(absent=tuple(sorted(absent_ids(records))))

    def _records(self, path: Path, videos: Sequence[Video], raw_dir: Path) -> list[VideoRecord]:
        originals = _originals(path, videos, raw_dir)
        links = [(video.person, originals.get(video.item.key, video).person) for video in videos]
        groups = identity_groups(links)
        has_splits = any(video.item.split for video in videos)
        records = []
        for video in videos:
            group = f"{self.dataset}/{groups[video.person]}"
            split = video.item.split if has_splits else split_by_hash(group)
            original = originals.get(video.item.key)
            records.append(self._record(video, original, group, split, raw_dir))
        _warn_absent_masks(videos, records)
        return records

    def _record(
        self, video: Video, original: Video | None, group: str, split: str | None, raw_dir: Path
    ) -> VideoRecord:
        item = video.item
        path = raw_dir / item.path
        mask = None if item.mask is None else raw_dir / item.mask
        return VideoRecord(
            path=path.parent if len(video.items) > 1 else path,
            label=item.label,
            dataset=self.dataset,
            method=video.method,
            compression=COMPRESSION,
            name=safe_name(item.key),
            target_id=item.identity,
            source_id=None,
            identity_group=group,
            original_video_id=None if original is None else self._video_id(original),
            split=split,
            mask_path=mask if mask is not None and mask.is_file() else None,
            frames=tuple(raw_dir / one.path for one in video.items if is_image(one.path)),
        )

    def _video_id(self, video: Video) -> str:
        return video_id(self.dataset, video.method, COMPRESSION, safe_name(video.item.key))


def _originals(path: Path, videos: Sequence[Video], raw_dir: Path) -> dict[str, Video]:
    """Map the key of each fake that names its original to that video."""
    named = {item.path.as_posix(): video for video in videos for item in video.items}
    named |= {video.item.key: video for video in videos}
    return {
        video.item.key: _original(path, video.item, named, raw_dir)
        for video in videos
        if video.item.original is not None
    }


def _original(path: Path, item: Item, named: Mapping[str, Video], raw_dir: Path) -> Video:
    text = item.original or ""
    found = named.get(text) or named.get((relative_path(text, raw_dir) or Path(text)).as_posix())
    if found is None or found.item.label == FAKE:
        got = "is in no line" if found is None else f"is a fake, in line {found.item.line}"
        problem = f"original: expected the video or path of a real video, but {text[:80]!r} {got}"
        raise malformed(path, item.line, problem)
    return found


def _warn_absent_masks(videos: Sequence[Video], records: Sequence[VideoRecord]) -> None:
    absent = [
        str(video.item.mask)
        for video, record in zip(videos, records, strict=True)
        if video.item.mask is not None and record.mask_path is None
    ]
    if absent:
        logger.warning("%d masks are not on disk: %s", len(absent), examples(absent))
