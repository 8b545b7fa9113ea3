"""One video -> its face crops in memory. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from resgat.data.alignment import align
from resgat.data.cropping import CropSpec, Pixels, Placement, SquarePlacement
from resgat.data.detector import Face, FaceDetector
from resgat.data.geometry import square_box
from resgat.data.masks import Mask, fit_mask, read_masks, share_inside
from resgat.data.sampling import choose_frames, choose_paired_frames, other_frames
from resgat.data.searching import FaceSearch, Guide
from resgat.data.sources import FrameSource, open_source
from resgat.data.spread import spread
from resgat.data.tracking import choose_track, ranked_tracks
from resgat.data.video_io import Frame, VideoEndsEarlyError, count_frames
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError
from resgat.types import FAKE

#: Containers state a few frames too many now and then. A video that lacks more than this is broken.
MIN_DECODABLE = 0.95

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Cut:
    """One face of one frame, cut out.

    Attributes:
        mask: 255 = manipulated, else 0; None where no mask is known.
        mask_share: Which share of the frame's manipulated pixels lies in the face's box.
    """

    frame_idx: int
    face: Face
    placement: Placement
    crop: Pixels
    mask: Mask | None
    mask_share: float


@dataclass(frozen=True, eq=False)
class Extraction:
    """What one video gave.

    Attributes:
        cuts: One per frame in which the video's face was found, ascending.
        frames_asked: Crops wanted.
        frames_decoded: Frames that were searched for faces.
        frames_lost: Frames that were to be searched and cannot be decoded.
        frames_guided: Frames whose boxes were taken over from the original.
        guide: What was found, for the fakes of this video to take over.
    """

    cuts: list[Cut]
    frames_asked: int
    frames_decoded: int
    frames_lost: int
    frames_guided: int
    guide: Guide


class _Seen(NamedTuple):
    """All faces of one frame."""

    cuts: list[Cut]
    faces: tuple[Face, ...]
    shape: tuple[int, int]
    is_touched: bool | None  # whether its mask shows anything; None where no mask is known


class _Found(NamedTuple):
    """What a search of a video saw, and of how many frames crops are wanted."""

    seen: dict[int, _Seen]
    num_asked: int
    num_tried: int

    def kept(self, cuts: Sequence[Cut]) -> list[Cut]:
        """Return as many cuts as are wanted, spread evenly."""
        return [cuts[position] for position in spread(len(cuts), max(self.num_asked, 1))]


def extract(
    record: VideoRecord,
    spec: CropSpec,
    detector: FaceDetector,
    *,
    guide: Guide | None = None,
    choice_mask: Path | None = None,
) -> Extraction:
    """Cut the video's face out of evenly spread frames.

    Where a wanted frame shows no face or cannot be decoded, other frames are tried,
    ``spec.resample`` times. Where several people are seen, the face with the manipulated pixels is
    taken, else the most stable one. A frame of a fake in which nothing was manipulated is no fake,
    and counts as one without a face.

    Args:
        record: The video.
        spec: How to cut.
        detector: The one that ``spec`` names.
        guide: What was found in the aligned original.
        choice_mask: For an original: the mask video of one of its fakes, which tells whose face was
            manipulated there. It does not become a mask of the original.

    Raises:
        VideoReadError: The video is missing or cannot be decoded to (almost) its end.
    """
    video = _Video(record, spec, open_source(record), _readable(choice_mask) or record.mask_path)
    return _to_the_end(video, lambda num: video.extract(FaceSearch(detector, guide), num))


def extract_all(record: VideoRecord, spec: CropSpec, detector: FaceDetector) -> list[list[Cut]]:
    """Cut every face out of the frames that :func:`extract` looks at.

    Returns:
        A list of cuts for each face that was followed, ascending by frame; the first is what
        :func:`extract` returns.

    Raises:
        VideoReadError: The video is missing or cannot be decoded to (almost) its end.
    """
    video = _Video(record, spec, open_source(record), None)
    return _to_the_end(video, lambda num: video.extract_all(FaceSearch(detector, None), num))


def _to_the_end(video: _Video, extract: Callable[[int], Result]) -> Result:
    """Extract from as many frames as the container states, or as there are if a few are missing."""
    stated = video.source.count()
    try:
        return extract(stated)
    except VideoEndsEarlyError as error:
        if error.num_decoded < MIN_DECODABLE * stated:
            raise
        return extract(error.num_decoded)


def _readable(choice_mask: Path | None) -> Path | None:
    """Do without a choice mask that cannot be opened: the fake that it belongs to will say so."""
    try:
        return choice_mask if choice_mask and count_frames(choice_mask) else None
    except VideoReadError:
        return None


@dataclass(frozen=True)
class _Video:
    """A video and how to cut it."""

    record: VideoRecord
    spec: CropSpec
    source: FrameSource
    mask_path: Path | None

    def extract(self, search: FaceSearch, num_frames: int) -> Extraction:
        """Cut the video's face out."""
        found = self._search(search, num_frames)
        shape = next((frame.shape for frame in found.seen.values()), (0, 0))
        guide = Guide(shape, {idx: frame.faces for idx, frame in found.seen.items()})
        return Extraction(
            found.kept(self._choose(found.seen)),
            found.num_asked,
            len(found.seen),
            found.num_tried - len(found.seen),
            search.num_guided,
            guide,
        )

    def extract_all(self, search: FaceSearch, num_frames: int) -> list[list[Cut]]:
        """Cut all faces out."""
        found = self._search(search, num_frames)
        frames = [frame.cuts for frame in found.seen.values()]
        tracks = ranked_tracks(frames, lambda cut: cut.face)
        return [found.kept([cut for cut in track if cut]) for track in tracks]

    def _search(self, search: FaceSearch, num_frames: int) -> _Found:
        """Search the wanted frames, then others in the place of those without the face."""
        asked = len(choose_frames(num_frames, self.spec.frames_per_video, self.spec.stride))
        tried = self._first_frames(search, num_frames).tolist()
        seen = self._look(search, tried)
        cuts = self._choose(seen)
        for _ in range(self.spec.resample):
            if len(cuts) >= asked:
                break
            more = other_frames(num_frames, self.spec.stride, tried, asked - len(cuts)).tolist()
            if not more:
                break
            tried += more
            # The faces known from the video's end are lost at its start, and so searched for anew.
            seen = dict(sorted((seen | self._look(search, more)).items()))
            cuts = self._choose(seen)
        return _Found(seen, asked, len(tried))

    def _first_frames(self, search: FaceSearch, num_frames: int) -> NDArray[np.int64]:
        """Return the frames to look at first; of an aligned fake, those of its original."""
        wanted, stride = self.spec.frames_per_video, self.spec.stride
        if wanted is None:
            return choose_frames(num_frames, None, stride)
        return choose_paired_frames(num_frames, wanted, stride, search.known_frames)

    def _look(self, search: FaceSearch, indices: Sequence[int]) -> dict[int, _Seen]:
        seen = {}
        masks = zip(indices, self._masks(indices), strict=True)
        for idx, frame in self.source.read(indices):
            mask = next(mask for at, mask in masks if at == idx)
            faces = search.faces(idx, frame)
            cuts = list(self._cut(idx, frame, faces, mask))
            is_touched = None if mask is None else bool(mask.any())
            seen[idx] = _Seen(cuts, tuple(faces), frame.shape[:2], is_touched)
        return seen

    def _masks(self, indices: Sequence[int]) -> Iterable[Mask | None]:
        if self.mask_path is None:
            return [None] * len(indices)
        return read_masks(self.mask_path, indices)

    def _cut(
        self, idx: int, frame: Frame, faces: Sequence[Face], mask: Mask | None
    ) -> Iterator[Cut]:
        whole = None if mask is None else fit_mask(mask, frame.shape)
        for face in faces:
            placement = place(face, self.spec, frame.shape)
            crop = placement.cut(frame)
            share = 0.0 if whole is None else share_inside(whole, face.box_xyxy)
            part = None
            if whole is not None and self.record.label == FAKE:
                part = np.where(placement.cut(whole) > 127, 255, 0).astype(np.uint8)
            yield Cut(idx, face, placement, crop, part, share)

    def _choose(self, seen: dict[int, _Seen]) -> list[Cut]:
        """Keep the faces of the video's track, in frames that are what the label says."""
        # Masks that show nothing throughout say nothing: the file is not what it should be.
        is_masked = self.record.label == FAKE and any(frame.is_touched for frame in seen.values())
        frames = [
            [] if is_masked and frame.is_touched is False else frame.cuts for frame in seen.values()
        ]
        track = choose_track(frames, lambda cut: cut.face, lambda cut: cut.mask_share)
        cuts = [cut for cut in track if cut is not None]
        return cuts if is_masked else [replace(cut, mask=None) for cut in cuts]


def place(face: Face, spec: CropSpec, frame_shape: tuple[int, ...]) -> Placement:
    """Return where the crop of a face lies in its frame."""
    if spec.alignment == "similarity" and face.landmarks is not None:
        return align(face.landmarks, spec.margin, spec.size_px)
    return SquarePlacement(square_box(face.box_xyxy, spec.margin, frame_shape), spec.size_px)
