"""FaceForensics++: 1000 real videos, each forged by several methods, with official pair splits."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from resgat.checks import check_choice
from resgat.data.schema import SPLITS
from resgat.data.videos import (
    VideoRecord,
    examples,
    identity_groups,
    video_id,
    warn_absent_originals,
)
from resgat.errors import DatasetNotFoundError, MetadataError
from resgat.types import FAKE, REAL

logger = logging.getLogger(__name__)

COMPRESSIONS = ("raw", "c0", "c23", "c40")
PAPER_METHODS = ("Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures")
METHODS = (*PAPER_METHODS, "FaceShifter")
SPLITS_RESOURCE = "ffpp_splits.json"

_ORIGINAL_NAME = re.compile(r"([0-9]+)\.mp4")
_FAKE_NAME = re.compile(r"([0-9]+)_([0-9]+)\.mp4")


class _Pair(NamedTuple):
    """An official pair: two people whose originals and mutual fakes stay together."""

    ids: frozenset[str]
    split: str
    group: str


class FaceForensics:
    """Reads the folders that the official download script makes.

    ``original_sequences/youtube/<compression>/videos/<target>.mp4`` and
    ``manipulated_sequences/<method>/<compression>/videos/<target>_<source>.mp4``. A partial
    download is fine: what is absent is logged once.

    The official pair is the identity group. A video whose ids are in no official pair gets no
    split, and the group of the ids it is paired with on disk. Some of the 1000 ids stem from one
    YouTube video (977 in all), which the official lists do not know.

    Args:
        compression: raw, c0 (its older name), c23 or c40.
        methods: Manipulations to read; by default the paper's four, as FaceShifter came later.
        splits_dir: Folder with train.json, val.json and test.json; None for the official lists,
            which ship with this package.

    Source:
        Rossler et al. 2019; layout and lists of ondyari/FaceForensics, commit b952e41.
    """

    name: ClassVar[str] = "ffpp"

    def __init__(
        self,
        compression: str = "c23",
        methods: Sequence[str] = PAPER_METHODS,
        splits_dir: Path | None = None,
    ) -> None:
        check_choice("compression", compression, COMPRESSIONS)
        for method in methods:
            check_choice("methods", method, METHODS)
        self.compression = compression
        self.methods = tuple(methods)
        self.splits_dir = splits_dir

    def prepare(self, crops_dir: Path) -> None:
        """Do nothing: the crops of a real corpus come from its videos."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List the originals, then the fakes method by method, each sorted by name.

        Raises:
            DatasetNotFoundError: ``raw_dir`` is no folder or holds no such video.
            MetadataError: A list in ``splits_dir`` is missing or malformed.
        """
        pairs = _pair_of(self._split_lists())
        originals, fakes = self._originals(raw_dir), self._fakes(raw_dir)
        if not originals and not fakes:
            raise self._not_found(raw_dir)
        missing = [folder for folder in self._folders() if not (raw_dir / folder).is_dir()]
        if missing:
            logger.warning("%s: videos left out for want of %s", raw_dir, ", ".join(missing))
        unlisted = identity_groups(ids for _, _, ids in fakes if not pairs.keys() & set(ids))
        records = [self._original(path, target, pairs, unlisted) for path, target in originals]
        records += [self._fake(path, method, ids, pairs, unlisted) for path, method, ids in fakes]
        warn_absent_originals(records)
        return records

    def _split_lists(self) -> dict[str, Any]:
        if self.splits_dir is None:
            text = resources.files(__package__).joinpath(SPLITS_RESOURCE).read_text("utf-8")
            return dict(json.loads(text))
        return {split: _read_list(Path(self.splits_dir) / f"{split}.json") for split in SPLITS}

    def _originals(self, raw_dir: Path) -> list[tuple[Path, str]]:
        folder = raw_dir / self._folders()[0]
        return [(path, ids[0]) for path, ids in _matching(folder, _ORIGINAL_NAME)]

    def _fakes(self, raw_dir: Path) -> list[tuple[Path, str, tuple[str, str]]]:
        found = []
        for method, folder in zip(self.methods, self._folders()[1:], strict=True):
            matches = _matching(raw_dir / folder, _FAKE_NAME)
            found += [(path, method, (ids[0], ids[1])) for path, ids in matches]
        return found

    def _folders(self) -> list[str]:
        """The originals' folder, then one per method."""
        methods = [f"manipulated_sequences/{method}" for method in self.methods]
        sequences = ["original_sequences/youtube", *methods]
        return [f"{sequence}/{self.compression}/videos" for sequence in sequences]

    def _original(
        self, path: Path, target: str, pairs: Mapping[str, _Pair], unlisted: Mapping[str, str]
    ) -> VideoRecord:
        pair = pairs.get(target)
        return VideoRecord(
            path=path,
            label=REAL,
            dataset=self.name,
            method="original",
            compression=self.compression,
            name=path.stem,
            target_id=target,
            source_id=None,
            identity_group=_group(target, pair, unlisted),
            original_video_id=None,
            split=pair.split if pair else None,
        )

    def _fake(
        self,
        path: Path,
        method: str,
        ids: tuple[str, str],
        pairs: Mapping[str, _Pair],
        unlisted: Mapping[str, str],
    ) -> VideoRecord:
        target, source = ids
        pair = pairs.get(target)
        # A fake across two official pairs would carry a person from one split into another.
        is_official = pair is not None and pair.ids == set(ids)
        return VideoRecord(
            path=path,
            label=FAKE,
            dataset=self.name,
            method=method,
            compression=self.compression,
            name=path.stem,
            target_id=target,
            source_id=source,
            identity_group=_group(target, pair, unlisted),
            original_video_id=video_id(self.name, "original", self.compression, target),
            split=pair.split if pair and is_official else None,
        )

    def _not_found(self, raw_dir: Path) -> DatasetNotFoundError:
        others = [
            level
            for level in COMPRESSIONS
            if any(raw_dir.glob(f"*_sequences/*/{level}/videos")) and level != self.compression
        ]
        remedy = "set raw_dir to the folder that holds original_sequences/"
        if others:
            remedy = f"set compression to what is there: {', '.join(others)}"
        msg = f"no FaceForensics++ video under {raw_dir}: looked in {', '.join(self._folders())}; "
        return DatasetNotFoundError(msg + remedy)


def _group(target: str, pair: _Pair | None, unlisted: Mapping[str, str]) -> str:
    return f"ffpp/{pair.group if pair else unlisted.get(target, target)}"


def _matching(folder: Path, name: re.Pattern[str]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield the videos of one folder with the ids in their names; log other names."""
    strange = []
    for path in sorted(folder.glob("*.mp4")):
        match = name.fullmatch(path.name)
        if match:
            yield path, match.groups()
        else:
            strange.append(path.name)
    if strange:
        names = examples(strange)
        logger.warning("%s: %d names are no FF++ ids, left out: %s", folder, len(strange), names)


def _pair_of(lists: Mapping[str, Iterable[Sequence[str]]]) -> dict[str, _Pair]:
    """Map each id to its official pair."""
    pairs: dict[str, _Pair] = {}
    for split, members in lists.items():
        for first, second in members:
            pair = _Pair(frozenset((first, second)), split, "_".join(sorted((first, second))))
            for member in (first, second):
                if pairs.setdefault(member, pair) != pair:
                    msg = f"FaceForensics++ {split} list: expected each id in one pair, "
                    msg += f"got {member!r} in two; leave splits_dir out to use the official lists"
                    raise MetadataError(msg)
    return pairs


def _read_list(path: Path) -> list[list[str]]:
    """Read one split list: ``[["071", "054"], ...]``."""
    remedy = "leave splits_dir out to use the official lists"
    try:
        pairs = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        msg = f"{path}: no such split list; {remedy}"
        raise MetadataError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"{path}: expected JSON, got {error}; {remedy}"
        raise MetadataError(msg) from error
    if not isinstance(pairs, list) or not all(_is_pair(pair) for pair in pairs):
        msg = f'{path}: expected a list of id pairs such as [["071", "054"]]; {remedy}'
        raise MetadataError(msg)
    return pairs


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) for x in value)
