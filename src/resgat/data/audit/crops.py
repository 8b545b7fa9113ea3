"""A crops folder as the audit reads it: the one file that knows how crops are stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resgat.data.folder import Folder
from resgat.data.images import decode_crop
from resgat.data.index import CropIndex
from resgat.data.opening import open_columns, open_store
from resgat.data.validation import check_paths
from resgat.errors import CropReadError

_FORMATS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp"}


class Video(NamedTuple):
    """What the rows of one video have in common, and how many there are.

    A video whose rows disagree, as on the split, is several of these.
    """

    video_id: str
    dataset: str
    method: str
    compression: str
    label: int
    target_id: str | None
    source_id: str | None
    identity_group: str
    original_video_id: str | None
    split: str | None
    num_crops: int


_OF_VIDEO = list(Video._fields[:-1])


class Picture(NamedTuple):
    """A crop and how it is stored.

    Shape:
        pixels: (H, W, 3) RGB
    """

    pixels: NDArray[np.uint8]
    image_format: str


@dataclass(frozen=True)
class Crops:
    """The rows of an index with their images; rows are asked for by position."""

    index: CropIndex

    @classmethod
    def open(cls, crops_dir: Folder, images_dir: Folder, remedy: str) -> Crops:
        """Read and check the index; whether its files are there is for the audit to report.

        Args:
            crops_dir: The folder that holds the index.
            images_dir: What the index's paths are relative to.
            remedy: What the user is told to do where there is no index.

        Raises:
            DatasetNotFoundError: There is no index, or it has no rows.
            IndexSchemaError: The index is no Parquet file or breaks the contract.
        """
        columns = open_columns(crops_dir, remedy)
        rows = np.arange(len(columns), dtype=np.int64)
        store = open_store(images_dir)
        return cls(CropIndex(columns, store, crops_dir, rows, rows, columns.video_codes))

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def videos(self) -> list[Video]:
        """The videos in alphabetical order."""
        rows = self.index.take(_OF_VIDEO).group_by(_OF_VIDEO, use_threads=False)
        counted = rows.aggregate([([], "count_all")]).to_pylist()
        videos = [Video(num_crops=row.pop("count_all"), **row) for row in counted]
        return sorted(videos, key=lambda video: (video.video_id, video.split or ""))

    def value(self, position: int, column: str) -> str | None:
        """Return one cell of a column of texts."""
        value: str | None = self.index.value(column, position)
        return value

    def crop(self, position: int) -> Picture:
        """Read a crop.

        Raises:
            CropReadError: It cannot be read.
        """
        path = self.index.path(position)
        data = self.index.store.read(path)
        pixels = decode_crop(data, self.index.store.name(path))
        known = (name for head, name in _FORMATS.items() if data.startswith(head))
        return Picture(pixels, next(known, "other"))

    def mask(self, position: int) -> NDArray[np.bool_] | None:
        """Read the mask (H, W) of a crop, or return None where it has none.

        Raises:
            CropReadError: It cannot be read.
        """
        return self.index.read_mask(position)

    def reason(self, error: CropReadError, path: str) -> str:
        """Return what is wrong with a file, without its full name and the remedy."""
        found = str(error).partition("; expected ")[0]
        return found.removeprefix(f"{self.index.store.name(path)} ")

    def absent_files(self, column: str) -> list[str]:
        """Return the paths of a column that are no file, sorted.

        Raises:
            IndexSchemaError: A path leads out of the folder.
        """
        wanted = self.index.column(column).drop_null()
        check_paths(wanted, column)
        gone: list[str] = wanted.filter(~self.index.store.exist(wanted)).to_pylist()
        return sorted(gone)

    def read_beside(self, name: str) -> bytes | None:
        """Read a file that lies beside the index, such as the manifest; None if there is none."""
        path = self.index.crops_dir / name
        return path.read_bytes() if path.is_file() else None
