"""A user's own folders: real/ and fake/, with videos, images, or folders of frames."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import ClassVar, NamedTuple

from resgat.data.corpora.base import Census
from resgat.data.layout.folders import Listing, child_folder, walk
from resgat.data.layout.hash_split import split_by_hash
from resgat.data.layout.media import (
    COMPRESSION,
    FAKE_METHOD,
    check_dataset,
    is_image,
    is_video,
    natural_key,
    refuse_twice,
)
from resgat.data.naming import safe_name
from resgat.data.schema import SPLITS
from resgat.data.videos import REAL_METHOD, VideoRecord, examples, identity_groups
from resgat.errors import DatasetNotFoundError, MetadataError
from resgat.types import FAKE, REAL

logger = logging.getLogger(__name__)

_LABELS = {"real": REAL, "fake": FAKE}


class _Root(NamedTuple):
    """A folder of one class, of one split if the user made splits."""

    folder: Path
    label: int
    split: str | None


class _Found(NamedTuple):
    """A video file, an image, or a folder of frames."""

    root: _Root
    path: Path
    frames: tuple[Path, ...] = ()

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders between its class's and itself."""
        return self.path.relative_to(self.root.folder).parts[:-1]


class Folder:
    """Reads ``real`` and ``fake`` below ``raw_dir``, or below its ``train``, ``val`` and ``test``.

    In either, whatever the case of its name: video files; image files, each a video of one frame;
    folders of images, each one video, its frames sorted by the numbers in their names; and folders
    of these. Of a fake, the first folder names the method, ``fake/Deepfakes/a.mp4``; unless there
    is one of that name in ``real``, too, which then is a person's. Images beside videos, other
    files and hidden ones are left out.

    Videos of one path but for method and ending, as ``real/a.mp4`` and ``fake/Deepfakes/a.mp4``,
    are one identity group, and so are a fake and the real videos that it is named after, as
    ``000_003.mp4`` after ``000.mp4`` and ``003.mp4``. Names tell no more about who is seen: where
    several videos show one person, list them with an identity (``data=csv``). Where the user made
    no splits, 70 % of the groups train, 15 % are val and 15 % test, by a hash of their names.

    Args:
        dataset: How each video_id begins.
        shared_names: One name in two of the user's splits is one identity group, and so a leak;
            False for names that begin anew in each split, such as numbers.

    Raises:
        ConfigError: ``dataset`` is no plain name.
    """

    name: ClassVar[str] = "folder"

    def __init__(self, dataset: str = "folder", *, shared_names: bool = True) -> None:
        check_dataset(dataset)
        self.dataset = dataset
        self.shared_names = shared_names

    def prepare(self, crops_dir: Path) -> None:
        """Do nothing: the crops of a real corpus come from its videos."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List the real videos, then the fakes, split by split, folder by folder.

        Raises:
            DatasetNotFoundError: There is no such folder, or nothing in it.
            MetadataError: Folders contradict each other, or two files would share a video_id.
        """
        roots = _roots(raw_dir)
        strays: list[str] = []
        found = [one for root in roots for one in _find(root, strays)]
        if strays:
            msg = "%s: %d files are no videos, images or frames, left out: %s"
            logger.warning(msg, raw_dir, len(strays), examples(strays))
        if not found:
            places = ", ".join(str(root.folder) for root in roots)
            msg = f"no video or image in {places}; put them there"
            raise DatasetNotFoundError(msg)
        _refuse_both(found)
        persons = {one.folders[0] for one in found if one.root.label == REAL and one.folders}
        keys = [self._key(one, persons) for one in found]
        joined = _join(zip(keys, found, strict=True))
        records = [
            self._record(one, persons, joined[key]) for key, one in zip(keys, found, strict=True)
        ]
        refuse_twice(records)
        return records

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Give none: nobody published what a user collected."""
        return Census()

    def _key(self, found: _Found, persons: set[str]) -> tuple[str, str]:
        """Return what names a video's people: its folders, and its name without an ending."""
        above = [] if self.shared_names or found.root.split is None else [found.root.split]
        is_folder = found.frames and found.path != found.frames[0]
        stem = found.path.name if is_folder else found.path.stem
        return "/".join([*above, *_split_method(found, persons)[1]]), stem

    def _record(self, found: _Found, persons: set[str], key: str) -> VideoRecord:
        root, last = found.root, found.path.name
        is_fake = root.label == FAKE
        method, folders = _split_method(found, persons)
        above = [] if root.split is None else [root.split]
        group = f"{self.dataset}/{safe_name(key)}"
        return VideoRecord(
            path=found.path,
            label=root.label,
            dataset=self.dataset,
            method=_checked_method(method, root.folder) if is_fake else REAL_METHOD,
            compression=COMPRESSION,
            name=safe_name("/".join([*above, *folders, last])),
            target_id=None,
            source_id=None,
            identity_group=group,
            original_video_id=None,
            split=split_by_hash(group) if root.split is None else root.split,
            frames=found.frames,
        )


def _split_method(found: _Found, persons: set[str]) -> tuple[str, list[str]]:
    """Return a fake's method, and the folders that name no method."""
    folders = list(found.folders)
    has_method = found.root.label == FAKE and folders and folders[0] not in persons
    return (safe_name(folders.pop(0)) if has_method else FAKE_METHOD), folders


def _join(videos: Iterable[tuple[tuple[str, str], _Found]]) -> dict[tuple[str, str], str]:
    """Name the group of each key; fakes join those that they are named after.

    ``000_003`` belongs to the real videos ``000`` and ``003`` of its folder, ``a_1_swap`` to
    ``a_1``: a real video's name, between underscores, says who is seen.
    """
    listed = list(videos)
    real = {key for key, found in listed if found.root.label == REAL}
    pairs = []
    for (folder, stem), found in listed:
        pairs.append((_named(folder, stem), _named(folder, stem)))
        if found.root.label == FAKE:
            parts = sorted(part for part in _parts(stem) if (folder, part) in real)
            pairs += [(_named(folder, stem), _named(folder, part)) for part in parts]
    joined = identity_groups(pairs)
    return {key: joined[_named(*key)] for key, _ in listed}


def _named(folder: str, stem: str) -> str:
    return f"{folder}/{stem}" if folder else stem


def _parts(stem: str) -> set[str]:
    words = stem.split("_")
    places = combinations(range(len(words) + 1), 2)
    return {"_".join(words[start:stop]) for start, stop in places}


def _refuse_both(found: Sequence[_Found]) -> None:
    """Refuse one file under both labels, as through a link from fake/ to the folder above it."""
    first: dict[str, _Found] = {}
    for one in found:
        known = first.setdefault(os.path.realpath(one.path), one)
        if known.root.label != one.root.label:
            msg = f"{one.path} and {known.path} are one file, once fake and once real; "
            raise MetadataError(msg + "remove one of them, or the link that leads there")


def _roots(raw_dir: Path) -> list[_Root]:
    """Find the folders of both classes, at the top or in the user's splits, but not in both."""
    places = {None: raw_dir} | {split: child_folder(raw_dir, split) for split in SPLITS}
    roots = [
        _Root(folder, label, split)
        for name, label in _LABELS.items()
        for split, place in places.items()
        if place is not None and (folder := child_folder(place, name)) is not None
    ]
    if not roots:
        msg = f"no folder real or fake under {raw_dir}, nor under its {', '.join(SPLITS)}; "
        raise DatasetNotFoundError(msg + "sort the videos into folders real/ and fake/")
    splits = {root.split for root in roots}
    if None in splits and len(splits) > 1:
        named = ", ".join(sorted(split for split in splits if split))
        msg = f"{raw_dir} holds real or fake both at its top and in {named}; "
        raise MetadataError(msg + "move all of them into splits, or none")
    return roots


def _find(root: _Root, strays: list[str]) -> Iterator[_Found]:
    """Yield what a class folder holds; note the names of what is left out."""
    for listing in walk(root.folder):
        videos = [path for path in listing.files if is_video(path)]
        images = [path for path in listing.files if is_image(path)]
        used = {*videos, *images}
        if listing.folder == root.folder:
            yield from (_Found(root, path, (path,)) for path in images)
        elif videos:
            used.difference_update(images)
        elif images:
            frames = sorted(images, key=lambda path: natural_key(path.name))
            yield _Found(root, listing.folder, tuple(frames))
        # A dead link is listed, too, so that it fails by its name.
        dead = [listing.folder / name for name in listing.unreadable]
        dead = [path for path in dead if is_video(path)]
        yield from (_Found(root, path) for path in [*videos, *dead])
        strays += _left_out(listing, {*used, *dead})


def _left_out(listing: Listing, used: set[Path]) -> list[str]:
    names = [*(path.name for path in listing.files), *listing.unreadable]
    left = [name for name in names if listing.folder / name not in used]
    return [f"{listing.folder.name}/{name}" for name in left]


def _checked_method(method: str, folder: Path) -> str:
    if method.lower() == REAL_METHOD:
        msg = f"{folder / method}: a method's folder, but {REAL_METHOD!r} is what real videos are; "
        raise MetadataError(msg + "name the folder after what made the fakes")
    return method
