"""What was seen is told from what was not, by name, whatever its split is called."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.index import CropIndex
from resgat.data.seen import Overlap, overlaps, seen_in

Rows = list[dict[str, Any]]
MakeIndex = Callable[[Rows], CropIndex]

ROLES = {"train": "train", "val": "val"}


def renamed(rows: Rows, **changes: str) -> Rows:
    return [{**row, **changes} for row in rows]


def test_a_name_takes_eight_bytes_and_counts_once(make_index: MakeIndex, rows: Rows) -> None:
    seen = seen_in(make_index(rows), ROLES)
    assert list(seen) == ["train", "val"]
    for role, split in ROLES.items():
        own = [row for row in rows if row["split"] == split]
        found = seen[role]
        assert found["videos"].shape == (len({row["video_id"] for row in own}),)
        assert found["identity_groups"].shape == (len({row["identity_group"] for row in own}),)
        for digests in found.values():
            assert digests.dtype == torch.int64
            assert torch.equal(digests, digests.sort().values)


def test_other_videos_and_people_are_new(make_index: MakeIndex, rows: Rows) -> None:
    index = make_index(rows)
    assert overlaps(seen_in(index, ROLES), index.select("test")) == []


def test_a_split_under_another_name_is_recognised(make_index: MakeIndex, rows: Rows) -> None:
    seen = seen_in(make_index(rows), ROLES)
    val = [row for row in rows if row["split"] == "val"]
    again = make_index(renamed(val, split="test")).select("test")
    videos = sorted({row["video_id"] for row in val})
    people = sorted({row["identity_group"] for row in val})
    assert overlaps(seen, again) == [
        Overlap("val", "videos", len(videos), len(videos), videos[0]),
        Overlap("val", "identity_groups", len(people), len(people), people[0]),
    ]


def test_a_person_in_other_videos_is_recognised(make_index: MakeIndex, rows: Rows) -> None:
    index = make_index(rows)
    new = [row for row in rows if row["split"] == "test"]
    new = [*new[4:], *renamed(new[:4], identity_group="person0")]
    (one,) = overlaps(seen_in(index, ROLES), make_index(new))
    assert (one.role, one.kind, one.num_seen, one.example) == (
        "train",
        "identity_groups",
        1,
        "person0",
    )


@given(st.sets(st.text(max_size=6), min_size=1, max_size=20), st.data())
def test_as_many_are_recognised_as_there_are(names: set[str], data: st.DataObject) -> None:
    def index(videos: set[str]) -> CropIndex:
        ids = pa.array(sorted(videos), pa.string())
        split = pa.array(["train"] * len(videos), pa.string())
        columns = {"video_id": ids, "identity_group": ids, "split": split}
        return CropIndex.whole(pa.table(columns), Path())

    known = data.draw(st.sets(st.sampled_from(sorted(names)), min_size=1))
    found = overlaps(seen_in(index(known), {"train": "train"}), index(names))
    assert [(one.num_seen, one.num, one.example) for one in found] == [
        (len(known), len(names), min(known))
    ] * 2
