"""The folders that FaceForensics' download script makes, one per sequence and compression."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from resgat.data.videos import examples
from resgat.errors import DatasetNotFoundError

logger = logging.getLogger(__name__)

COMPRESSIONS = ("raw", "c0", "c23", "c40")

#: Older copies call the uncompressed level c0.
_SAME_LEVEL = {"raw": "c0", "c0": "raw"}
#: Where a level keeps its videos, or else their stills: the official script's, then its peers'.
_VIDEOS, _STILLS = "videos", ("images", "frames")
_STILL_NAME = re.compile(r"([0-9]{1,9})\.png")


class Clip(NamedTuple):
    """A video on disk, as a file or as a folder of stills.

    Attributes:
        ids: The groups of the pattern that its name matched.
        frames: The stills in order of time; none for a file.
    """

    path: Path
    name: str
    ids: tuple[str, ...]
    frames: tuple[Path, ...]


class Sequences:
    """The sequences of a corpus below one folder: ``<sequence>/<compression>/videos/<name>.mp4``.

    Where a level has no ``videos`` folder, its stills are read: ``images/<name>/0000.png`` as the
    official extraction script writes them, or ``frames/<name>/000.png``. Of raw and c0, which are
    one level under two names, the other is read where the asked one is absent.

    Args:
        raw_dir: The folder that holds ``original_sequences``.
        compression: raw, c0, c23 or c40.
        sequences: Folders below ``raw_dir``, such as ``manipulated_sequences/Deepfakes``.
    """

    def __init__(self, raw_dir: Path, compression: str, sequences: Sequence[str]) -> None:
        self.raw_dir = Path(raw_dir)
        self.compression = compression
        self.sequences = tuple(sequences)
        self._folders = {sequence: self._folder(sequence) for sequence in self.sequences}

    def clips(self, sequence: str, name: re.Pattern[str]) -> list[Clip]:
        """List a sequence's videos whose names match, sorted by name; log the others."""
        folder = self._folders[sequence]
        if folder is None:
            return []
        found, strange = [], []
        for stem, path in _candidates(folder):
            match = name.fullmatch(stem)
            if match:
                found.append(Clip(path, stem, match.groups(), tuple(_stills(path))))
            else:
                strange.append(path.name)
        _warn(folder, strange, "names are not of this corpus, left out")
        empty = [clip.name for clip in found if folder.name != _VIDEOS and not clip.frames]
        _warn(folder, empty, "folders hold no numbered PNG, left out")
        return [clip for clip in found if folder.name == _VIDEOS or clip.frames]

    def mask(self, sequence: str, name: str) -> Path | None:
        """Return the mask video of a fake, which has no compression level, or None.

        Masks lie beside the fakes, or below a folder ``masks`` of their own in some copies.
        """
        below = Path(sequence) / "masks" / _VIDEOS / f"{name}.mp4"
        places = (self.raw_dir / below, self.raw_dir / "masks" / below)
        return next((place for place in places if place.is_file()), None)

    def warn_incomplete(self) -> None:
        """Log which sequences are absent, and which were read under the level's other name."""
        missing = [self._asked(name) for name, folder in self._folders.items() if folder is None]
        if missing:
            names = ", ".join(missing)
            logger.warning("%s: videos left out for want of %s", self.raw_dir, names)
        found = [folder.parent for folder in self._folders.values() if folder is not None]
        renamed = [folder for folder in found if folder.name != self.compression]
        if renamed:
            names = ", ".join(folder.relative_to(self.raw_dir).as_posix() for folder in renamed)
            logger.info("asked for %s; read the same level from %s", self.compression, names)

    def not_found(self, corpus: str) -> DatasetNotFoundError:
        """Say where videos were looked for, and at which other compression there are any."""
        levels = [level for level in COMPRESSIONS if level not in self._names()]
        others = [level for level in levels if any(self._at(s, level) for s in self.sequences)]
        remedy = "set raw_dir to the folder that holds original_sequences/"
        if others:
            remedy = f"set compression to what is there: {', '.join(others)}"
        looked = ", ".join(map(self._asked, self.sequences))
        msg = f"no {corpus} video under {self.raw_dir}: looked in {looked} "
        msg += f"(or {' or '.join(_STILLS)} beside {_VIDEOS}); {remedy}"
        return DatasetNotFoundError(msg)

    def _asked(self, sequence: str) -> str:
        return f"{sequence}/{self.compression}/{_VIDEOS}"

    def _names(self) -> list[str]:
        """The names of the asked level, the asked one first."""
        return [self.compression, *filter(None, [_SAME_LEVEL.get(self.compression)])]

    def _folder(self, sequence: str) -> Path | None:
        return next(filter(None, (self._at(sequence, name) for name in self._names())), None)

    def _at(self, sequence: str, level: str) -> Path | None:
        folders = (self.raw_dir / sequence / level / kind for kind in (_VIDEOS, *_STILLS))
        return next((folder for folder in folders if folder.is_dir()), None)


def _candidates(folder: Path) -> list[tuple[str, Path]]:
    """List the video files, or the folders of stills, each after its name."""
    if folder.name == _VIDEOS:
        return sorted((path.stem, path) for path in folder.glob("*.mp4"))
    return sorted((path.name, path) for path in folder.iterdir() if path.is_dir())


def _stills(folder: Path) -> Iterator[Path]:
    """Yield the numbered images of a folder by number: 2.png before 10.png."""
    if folder.is_dir():
        numbered = [(_STILL_NAME.fullmatch(path.name), path) for path in folder.iterdir()]
        order = sorted((int(match[1]), path) for match, path in numbered if match)
        yield from (path for _, path in order)


def _warn(folder: Path, names: list[str], what: str) -> None:
    if names:
        logger.warning("%s: %d %s: %s", folder, len(names), what, examples(names))
