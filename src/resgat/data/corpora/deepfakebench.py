"""Crops that DeepfakeBench made, read where they lie: only the index is written."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from resgat.checks import check_choice, check_range
from resgat.data.corpora.base import Census
from resgat.data.corpora.deepfakebench_list import COMPRESSIONS, Listed, read_list
from resgat.data.corpora.deepfakebench_names import Groups, kind_of, people_of
from resgat.data.corpora.deepfakebench_tree import Frame, Tree, read_landmarks
from resgat.data.corpora.made_once import make_once
from resgat.data.index import write_index
from resgat.data.schema import INDEX_NAME, INDEX_SCHEMA
from resgat.data.videos import REAL_METHOD, VideoRecord, examples, video_id
from resgat.errors import ConfigError, DatasetNotFoundError
from resgat.progress import track
from resgat.types import FAKE

logger = logging.getLogger(__name__)

#: How DeepfakeBench cuts by default; its JSON does not say.
_SPEC = {
    "size_px": 256,
    "margin": 1.3,
    "alignment": "similarity",
    "detector": {"name": "deepfakebench"},
}
_NO_COMPRESSION = "h264"
_INDEX = 1  # raised when the same tree gives another index
_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class DeepfakeBench:
    """The preprocessed data of DeepfakeBench: one of its JSONs, and its ``rgb_dir``.

    Images, masks and landmarks stay where they are and are only read; ``data.images_dir`` is the
    same ``rgb_dir``. Splits are the JSON's. FaceForensics++'s identity groups are its official
    pairs; elsewhere the group is the person whose video it is, or the video where its name does not
    tell.

    Args:
        rgb_dir: The folder that holds ``FaceForensics++``, ``Celeb-DF-v2`` and the like.
        json_path: The list of one data set, such as ``FaceForensics++.json``.
        compression: The level that is read of data sets with several: raw, c0, c23 or c40.
        num_workers: Videos looked up at the same time; a network disk wants many.

    Raises:
        ConfigError: ``compression`` or ``num_workers`` is out of range.

    Source:
        Layout of SCLBD/DeepfakeBench, `preprocessing/rearrange.py` and its published JSONs.
    """

    rgb_dir: Path | str | None = None
    json_path: Path | str | None = None
    compression: str = "c23"
    num_workers: int = 16

    name: ClassVar[str] = "deepfakebench"

    def __post_init__(self) -> None:
        check_choice("compression", self.compression, COMPRESSIONS)
        check_range("num_workers", self.num_workers, low=1, high=256)

    def videos(self, raw_dir: Path) -> NoReturn:
        """Refuse: there is nothing to preprocess.

        Raises:
            DatasetNotFoundError: Always.
        """
        msg = f"data=deepfakebench has no raw videos (asked for in {raw_dir}): its crops are cut "
        msg += "already. Run python src/train.py data=deepfakebench directly"
        raise DatasetNotFoundError(msg)

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Give none: the JSON is all that is known."""
        return Census()

    def prepare(self, crops_dir: Path) -> None:
        """Write the index, unless it is there already.

        Raises:
            ConfigError: ``rgb_dir`` or ``json_path`` is not given, or ``crops_dir`` holds something
                else.
            DatasetNotFoundError: ``rgb_dir`` holds none of the listed frames.
            MetadataError: The JSON is missing or malformed.
        """
        rgb_dir = _given("data.raw_dir", self.rgb_dir, "DeepfakeBench's rgb_dir")
        path = _given("data.corpus.json_path", self.json_path, "one of DeepfakeBench's JSONs")
        videos = read_list(path, self.compression)
        listed = {
            "json": path.name,
            "json_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "compression": self.compression,
            "crop_spec": _SPEC,
            "index": _INDEX,
        }
        make_once(crops_dir, self.name, listed, lambda made: self._index(made, videos, rgb_dir))
        # Each time, for an index made of a part of the tree is not made again by itself.
        _log_incomplete(videos, crops_dir)

    def _index(self, folder: Path, videos: Sequence[Listed], rgb_dir: Path) -> None:
        tables: list[pa.Table] = []
        rows: list[dict[str, Any]] = []
        for found in track(self._rows(videos, Tree(rgb_dir)), "reading folders", len(videos)):
            rows += found
            if len(rows) >= _ROWS_AT_ONCE:
                tables.append(pa.Table.from_pylist(rows, INDEX_SCHEMA))
                rows = []
        tables.append(pa.Table.from_pylist(rows, INDEX_SCHEMA))
        table = pa.concat_tables(tables)
        if not len(table):
            msg = f"{rgb_dir} holds none of the frames of {self.json_path}, such as "
            msg += f"{videos[0].frames[0]!r}; set data.raw_dir to DeepfakeBench's rgb_dir"
            raise DatasetNotFoundError(msg)
        write_index(table, folder)

    def _rows(self, videos: Sequence[Listed], tree: Tree) -> Iterator[list[dict[str, Any]]]:
        fakes = [
            (p.target, p.source) for v in videos for p in [people_of(kind_of(v.label), v.name)]
        ]
        groups = Groups((target, source) for target, source in fakes if source is not None)
        with ThreadPoolExecutor(self.num_workers) as pool:
            yield from pool.map(lambda video: _rows_of(video, tree, groups), videos)


def _rows_of(video: Listed, tree: Tree, groups: Groups) -> list[dict[str, Any]]:
    """Return the rows of one video's frames on disk."""
    kind = kind_of(video.label)
    people = people_of(kind, video.name)
    level, own_id = video.compression or _NO_COMPRESSION, _own_id(video)
    shared = {
        "label": kind.label,
        "dataset": kind.dataset,
        "method": kind.method,
        "compression": level,
        "video_id": own_id,
        "face_idx": 0,
        "target_id": people.target,
        "source_id": people.source,
        "identity_group": groups.of(kind.dataset, people.target),
        "original_video_id": people.original
        and video_id(kind.dataset, REAL_METHOD, level, people.original),
        "split": video.split,
        # Where the crop lay in its frame is not known any more.
        "bbox_xyxy": [0, 0, _SPEC["size_px"], _SPEC["size_px"]],
        "det_prob": None,
        "crop_spec": _spec_hash(),
    }
    frames = tree.frames(video.frames, video.compression)
    return [shared | _facts(own_id, frame, tree, is_fake=kind.label == FAKE) for frame in frames]


def _facts(own_id: str, frame: Frame, tree: Tree, *, is_fake: bool) -> dict[str, Any]:
    points = frame.landmarks_path
    return {
        "crop_id": f"{own_id}/{frame.idx}/0",
        "path": frame.path,
        "frame_idx": frame.idx,
        "landmarks": None if points is None else read_landmarks(tree.root / points),
        "mask_path": frame.mask_path if is_fake else None,
    }


def _own_id(video: Listed) -> str:
    kind = kind_of(video.label)
    level = video.compression or _NO_COMPRESSION
    return video_id(kind.dataset, kind.method, level, video.name)


def _spec_hash() -> str:
    """Return 12 hex digits for how DeepfakeBench cuts; no crops of our own have them."""
    return hashlib.sha256(json.dumps(_SPEC, sort_keys=True).encode()).hexdigest()[:12]


def _given(key: str, value: Path | str | None, what: str) -> Path:
    if value is None:
        msg = f"{key}: expected {what}; add {key}=..."
        raise ConfigError(msg)
    return Path(value)


def _log_incomplete(videos: Sequence[Listed], crops_dir: Path) -> None:
    """Log what the JSON lists and the index lacks, and what has no landmarks."""
    table = pq.read_table(crops_dir / INDEX_NAME, columns=["video_id", "landmarks"])
    listed = sum(len(set(video.frames)) for video in videos)
    if len(table) < listed:
        msg = "%d of %d listed frames were not on disk; with more of them, delete %s to index anew"
        logger.warning(msg, listed - len(table), listed, crops_dir)
    without = table["landmarks"].null_count
    if without:
        msg = "%d of %d crops have no landmarks that can be read; the face template serves"
        logger.warning(msg, without, len(table))
    there = set(table["video_id"].to_pylist())
    absent = [v.name for v in videos if _own_id(v) not in there]
    if absent:
        logger.warning(
            "%d of %d videos were not on disk: %s", len(absent), len(videos), examples(absent)
        )
