from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.index import CropIndex
from resgat.data.planted.table import read_planted
from resgat.data.schema import INDEX_SCHEMA
from resgat.errors import ConfigError
from resgat.measuring.subjects import (
    ALL,
    Subjects,
    paired_subjects,
    planted_subjects,
    spread_over,
)
from resgat.types import REGIONS


def test_every_planted_pair_of_the_split_has_its_subject(
    subjects: Subjects, planted_crops: Path
) -> None:
    rows = [r for r in read_planted(planted_crops).to_pylist() if "/test" in r["crop_id"]]
    pairs = Counter(
        {track: count // 2 for track, count in Counter(r["track"] for r in rows).items()}
    )
    pairs["E"] //= 2  # of four crops, the marked real one
    pairs["D"] *= 2  # both are real
    assert Counter(subjects.track) == pairs


def test_subjects_are_fakes_but_where_nothing_or_a_mark_is_the_evidence(
    subjects: Subjects,
) -> None:
    labels = subjects.index.labels[subjects.position]
    real = {track for track, label in zip(subjects.track, labels, strict=True) if not label}
    fake = {track for track, label in zip(subjects.track, labels, strict=True) if label}
    assert (real, fake) == ({"D", "E"}, {"A", "B", "C", "F"})


def test_what_was_altered_is_known_by_number(subjects: Subjects, planted_crops: Path) -> None:
    planted = {row["crop_id"]: row for row in read_planted(planted_crops).to_pylist()}
    for place in range(len(subjects)):
        row = planted[subjects.index.value("crop_id", int(subjects.position[place]))]
        region = row["region"] if row["track"] != "E" else None
        assert subjects.region[place] == (REGIONS.index(region) if region else -1)
        second = row["region_2"]
        assert subjects.second[place] == (REGIONS.index(second) if second else -1)
        assert subjects.decoy_mask[place] == row["decoy_mask_path"]
        lies_in = row["decoy_region"]
        assert subjects.decoy[place] == (REGIONS.index(lies_in) if lies_in else -1)
    assert (subjects.decoy >= 0).any()


def test_a_mark_is_known_to_be_what_differs(subjects: Subjects) -> None:
    tracks = np.asarray(subjects.track)
    assert set(tracks[subjects.is_masked]) == {"A", "B", "C", "E", "F"}
    alone = replace(subjects, twin=np.full(len(subjects), -1))
    assert set(tracks[alone.is_masked]) == {"A", "B", "C", "F"}


def test_a_twin_differs_in_what_was_altered_and_a_counterpart_in_the_mark(
    subjects: Subjects,
) -> None:
    for track in "ACE":
        place = subjects.track.index(track)
        own = subjects.index.read_image(int(subjects.position[place])).astype(int)
        other = subjects.index.read_image(int(subjects.twin[place])).astype(int)
        assert (own != other).any()
        mask = subjects.index.read_mask(int(subjects.position[place]))
        if mask is not None:
            assert (own == other)[~mask].all()


def test_some_of_them_are_the_same_subjects(subjects: Subjects) -> None:
    places = np.array([5, 0, 3])
    some = subjects.at(places)
    assert some.track == tuple(subjects.track[place] for place in places)
    np.testing.assert_array_equal(some.position, subjects.position[places])
    assert some.decoy_mask == tuple(subjects.decoy_mask[place] for place in places)


def test_tracks_can_be_chosen_and_one_that_is_not_there_is_refused(subjects: Subjects) -> None:
    some = subjects.on(["F", "A"])
    assert set(some.track) == {"A", "F"}
    assert len(some) == sum(track in "AF" for track in subjects.track)
    with pytest.raises(ConfigError, match=r"explain\.tracks: expected one of A, B.* got 'G'"):
        subjects.on(["A", "G"])
    with pytest.raises(ConfigError, match=r"explain\.tracks: expected a list .* A, B.*; got \[\]"):
        subjects.on([])
    with pytest.raises(ConfigError, match=r"explain\.tracks: expected a list .*\[A\]; got 'A'"):
        subjects.on("A")


def test_few_are_spread_over_tracks_and_regions(subjects: Subjects) -> None:
    few = subjects.at(subjects.spread(40))
    assert len(few) == 40
    kinds = Counter(zip(few.track, few.region.tolist(), strict=True))
    assert set(few.track) == set("ABCDEF")
    assert max(count for (_, region), count in kinds.items() if region >= 0) <= 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"))), st.integers(0, 20))
def test_any_few_are_even_over_the_main_kind(kinds: list[tuple[str, str]], wanted: int) -> None:
    chosen = spread_over(kinds, wanted)
    assert len(chosen) == min(wanted, len(kinds))
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    taken, there = Counter(kinds[place][0] for place in chosen), Counter(kind for kind, _ in kinds)
    most = max(taken.values(), default=0)
    assert all(taken[kind] >= min(there[kind], most - 1) for kind in there)


def test_the_first_of_each_kind_are_of_different_finer_kinds() -> None:
    kinds = [(main, fine) for main in "abc" for fine in "xyz"]
    assert {kinds[place][1] for place in spread_over(kinds, 3)} == {"x", "y", "z"}


def row(
    video: str, label: int, original: str | None = None, **changes: object
) -> dict[str, object]:
    """One row of an index."""
    values = {
        "crop_id": f"{video}/{changes.get('frame_idx', 0)}/0",
        "path": f"{video}/{changes.get('frame_idx', 0)}.png",
        "label": label,
        "dataset": "toy",
        "method": "swap" if label else "original",
        "compression": "c0",
        "video_id": video,
        "frame_idx": 0,
        "face_idx": 0,
        "target_id": "t",
        "source_id": None,
        "identity_group": "g",
        "original_video_id": original,
        "split": "test",
        "bbox_xyxy": [0, 0, 8, 8],
        "det_prob": None,
        "landmarks": None,
        "mask_path": None,
        "crop_spec": "s",
    }
    return values | changes


@pytest.fixture
def pairs(tmp_path: Path) -> CropIndex:
    rows = [
        row("real", 0),
        row("real", 0, frame_idx=5),
        row("fake", 1, "real"),
        row("fake", 1, "real", frame_idx=5, bbox_xyxy=[1, 0, 9, 8]),
        row("fake", 1, "real", frame_idx=9),
        row("lone", 1),
    ]
    return CropIndex.whole(pa.Table.from_pylist(rows, INDEX_SCHEMA), tmp_path)


def test_a_fake_is_paired_with_the_same_square_of_the_same_frame(pairs: CropIndex) -> None:
    found = paired_subjects(pairs)
    assert found.position.tolist() == [2, 3, 4, 5]
    assert found.twin.tolist() == [0, -1, -1, -1]
    assert found.track == (ALL,) * 4
    assert found.region.tolist() == found.second.tolist() == [-1] * 4


def test_planted_crops_of_other_splits_are_no_subjects(
    planted_crops: Path, test_index: CropIndex
) -> None:
    train = CropIndex.read(planted_crops).select("train")
    found = planted_subjects(train, read_planted(planted_crops))
    assert len(found) == 8
    assert set(found.track) == {"A", "C"}
    assert (found.twin >= 0).all()


def test_few_are_of_different_people(tmp_path: Path) -> None:
    """Twelve frames of one video tell less than one frame of twelve."""
    rows = [
        row(f"{method}{person}", 1, method=method, identity_group=f"p{person}", frame_idx=frame)
        for method in ("swap", "blend")
        for person in range(6)
        for frame in range(4)
    ]
    index = CropIndex.whole(pa.Table.from_pylist(rows, INDEX_SCHEMA), tmp_path)
    few = index.take(["method", "identity_group"], paired_subjects(index).spread(8)).to_pylist()
    assert Counter(one["method"] for one in few) == {"swap": 4, "blend": 4}
    assert len({one["identity_group"] for one in few}) >= 5
    assert max(Counter(tuple(one.values()) for one in few).values()) == 1
