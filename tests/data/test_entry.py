import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.commit import fingerprint
from resgat.data.cropping import SquarePlacement
from resgat.data.detector import Face
from resgat.data.entry import CropNote, Entry, done, failed, void
from resgat.data.extract import Cut, Extraction
from resgat.data.inputs import Choice, Inputs
from resgat.data.searching import Guide
from resgat.data.videos import VideoRecord

floats = st.floats(allow_nan=False, allow_infinity=False)
pairs = st.tuples(floats, floats)
landmarks = st.none() | st.lists(pairs, min_size=5, max_size=5).map(tuple)
boxes = st.tuples(floats, floats, floats, floats)
frame_idxs = st.integers(0, 10**7)
faces = st.builds(Face, boxes, st.none() | floats, landmarks)
notes = st.builds(CropNote, frame_idxs, boxes, st.none() | floats, landmarks, st.booleans())
guides = st.builds(
    Guide,
    st.tuples(st.integers(1, 9000), st.integers(1, 9000)),
    st.dictionaries(frame_idxs, st.lists(faces, max_size=3).map(tuple), max_size=4),
)
sizes = st.integers(0, 2**40)
entries = st.builds(
    Entry,
    video_id=st.text(),
    inputs=st.builds(
        Inputs, sizes, sizes, st.none() | st.builds(Choice, st.text(), sizes), st.text()
    ),
    status=st.sampled_from(["done", "failed"]),
    reason=st.none() | st.text(),
    is_decoded=st.booleans(),
    frames_asked=frame_idxs,
    frames_decoded=frame_idxs,
    frames_lost=frame_idxs,
    frames_guided=st.integers(0, 9),
    crops=st.lists(notes, max_size=4).map(tuple),
    guide=st.none() | guides,
)

PLACEMENT = SquarePlacement((10, 0, 50, 40), 80)
POINTS = ((20.0, 10.0), (40.0, 10.0), (30.0, 20.0), (22.0, 30.0), (38.0, 30.0))
GUIDE = Guide((48, 64), {3: (Face((12, 2, 48, 38)),)})


def cut(frame_idx: int, face: Face, mask: np.ndarray | None = None) -> Cut:
    return Cut(frame_idx, face, PLACEMENT, np.zeros((80, 80, 3), np.uint8), mask, 0.0)


def test_crops_and_masks_are_files() -> None:
    crops = tuple(CropNote(i, (0, 0, 1, 1), None, None, has_mask=i > 2) for i in range(4))
    names = [*(f"{i:06d}_0.png" for i in range(4)), "000003_0_mask.png"]
    assert Entry("a", Inputs(), "done", crops=crops).files == fingerprint(names)
    assert Entry("a", Inputs(), "failed", "no").files == fingerprint([])


@given(entries)
def test_an_entry_comes_back_from_json_exactly(entry: Entry) -> None:
    again = Entry.from_dict(json.loads(json.dumps(entry.to_dict())))
    assert again == entry
    assert (again.found, again.files) == (entry.found, entry.files)


def test_what_was_found_has_a_fingerprint() -> None:
    entries = [
        Entry("a", Inputs(), "done", guide=guide)
        for guide in (None, GUIDE, Guide((48, 64), {}), Guide((48, 65), GUIDE.faces))
    ]
    assert entries[0].found == ""
    assert len({entry.found for entry in entries}) == 4
    assert Entry("b", Inputs(7), "failed", guide=GUIDE).found == entries[1].found


def test_what_was_extracted_is_noted(make_record: Callable[..., VideoRecord]) -> None:
    record = make_record("a")
    mask = np.zeros((80, 80), np.uint8)
    cuts = [cut(3, Face((12, 2, 48, 38), 0.9, POINTS)), cut(9, Face((12, 2, 48, 38)), mask)]
    entry = done(record, Inputs(7, 5), Extraction(cuts, 4, 6, 2, 3, GUIDE), keep_guide=True)
    assert entry == Entry(
        video_id="toy/original/c0/a",
        inputs=Inputs(source=7, mask=5),
        status="done",
        is_decoded=True,
        frames_asked=4,
        frames_decoded=6,
        frames_lost=2,
        frames_guided=3,
        crops=(
            CropNote(
                3, (10, 0, 50, 40), 0.9, ((20, 20), (60, 20), (40, 40), (24, 60), (56, 60)), False
            ),
            CropNote(9, (10, 0, 50, 40), None, None, True),
        ),
        guide=GUIDE,
    )


def test_only_originals_keep_what_guides(make_record: Callable[..., VideoRecord]) -> None:
    extraction = Extraction([cut(3, Face((12, 2, 48, 38)))], 1, 1, 0, 0, GUIDE)
    assert done(make_record("b", "a"), Inputs(), extraction, keep_guide=False).guide is None


def test_without_a_face_a_video_was_read_and_has_failed(
    make_record: Callable[..., VideoRecord],
) -> None:
    """What little was found may still guide: the fakes' faces may be the clearer ones."""
    entry = done(make_record("a"), Inputs(), Extraction([], 4, 9, 0, 0, GUIDE), keep_guide=True)
    assert (entry.status, entry.is_decoded) == ("failed", True)
    assert entry.reason == "no face found in 9 frames"
    assert entry.guide == GUIDE


def test_frames_that_cannot_be_decoded_are_told_of(
    make_record: Callable[..., VideoRecord],
) -> None:
    entry = done(make_record("a"), Inputs(), Extraction([], 4, 9, 3, 0, GUIDE), keep_guide=True)
    assert entry.reason == "no face found in 9 frames, and 3 cannot be decoded"


def test_a_video_that_cannot_be_read_is_noted_with_its_reason(
    make_record: Callable[..., VideoRecord],
) -> None:
    entry = failed(make_record("a"), Inputs(3), "cut short", 2)
    assert entry == Entry("toy/original/c0/a", Inputs(3), "failed", "cut short", generation=2)


def test_a_void_line_says_nothing_of_crops(make_record: Callable[..., VideoRecord]) -> None:
    entry = void(make_record("a"), Inputs(3), 2)
    assert entry == Entry("toy/original/c0/a", Inputs(3), "void", "cut anew", generation=2)


@pytest.mark.parametrize("name", ["crops", "guide", "inputs"])
def test_a_line_without_a_field_is_refused(name: str) -> None:
    values: dict[str, Any] = Entry("a", Inputs(1), "failed", "no").to_dict()
    del values[name]
    with pytest.raises(KeyError, match=name):
        Entry.from_dict(values)
