from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from resgat.data import rows as rows_module
from resgat.data.cropping import CropSpec
from resgat.data.entry import CropNote, Entry
from resgat.data.inputs import Inputs
from resgat.data.rows import crop_rows, write_rows
from resgat.data.schema import INDEX_SCHEMA
from resgat.data.videos import VideoRecord
from resgat.errors import IndexSchemaError

MakeRecord = Callable[..., VideoRecord]

SPEC = CropSpec(16, 1.5, {"name": "fixed"})
JPEG = replace(SPEC, image_format="jpeg")
POINTS = ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (7.0, 8.0), (9.0, 10.0))


def entry_of(record: VideoRecord, num_crops: int = 3) -> Entry:
    crops = tuple(
        CropNote(10 * idx, (12.0, 4.0, 48.0, 40.0), 0.5, POINTS, has_mask=idx % 2 == 1)
        for idx in range(num_crops)
    )
    status = "done" if crops else "failed"
    return Entry(record.video_id, Inputs(7), status, is_decoded=True, crops=crops)  # type: ignore[arg-type]


def test_a_row_holds_what_is_known_of_a_crop(make_record: MakeRecord) -> None:
    record = make_record("a_x", "a")
    _, row, _ = crop_rows(record, entry_of(record), SPEC)
    assert row == {
        "crop_id": "toy/swap/c0/a_x/10/0",
        "path": "toy/swap/c0/a_x/000010_0.png",
        "label": 1,
        "dataset": "toy",
        "method": "swap",
        "compression": "c0",
        "video_id": "toy/swap/c0/a_x",
        "frame_idx": 10,
        "face_idx": 0,
        "target_id": "a",
        "source_id": "other",
        "identity_group": "toy/a",
        "original_video_id": "toy/original/c0/a",
        "split": "train",
        "bbox_xyxy": (12, 4, 48, 40),
        "det_prob": 0.5,
        "landmarks": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        "mask_path": "toy/swap/c0/a_x/000010_0_mask.png",
        "crop_spec": SPEC.hash,
    }
    assert set(row) == set(INDEX_SCHEMA.names)


def test_paths_have_the_suffix_of_the_format_and_masks_stay_png(make_record: MakeRecord) -> None:
    record = make_record("a_x", "a")
    _, row, _ = crop_rows(record, entry_of(record), JPEG)
    assert row["path"].endswith("/000010_0.jpg")
    assert row["mask_path"].endswith("/000010_0_mask.png")


def test_what_is_not_known_is_null(make_record: MakeRecord, tmp_path: Path) -> None:
    record = make_record("a", target_id=None, split=None)
    note = CropNote(0, (0.0, 0.0, 9.0, 9.0), None, None, has_mask=False)
    entry = Entry(record.video_id, Inputs(7), "done", crops=(note,))
    table = pq.read_table(write_rows([(record, entry)], SPEC, tmp_path))
    assert table.schema.remove_metadata() == INDEX_SCHEMA
    null = {name for name in table.column_names if table[name].null_count}
    assert null == {
        *("target_id", "source_id", "original_video_id", "split"),
        *("det_prob", "landmarks", "mask_path"),
    }


def test_rows_follow_the_videos_and_failures_add_none(
    make_record: MakeRecord, tmp_path: Path
) -> None:
    records = [make_record(name) for name in ("b", "c", "a")]
    entries = [entry_of(record, count) for record, count in zip(records, (2, 0, 1), strict=True)]
    table = pq.read_table(write_rows(zip(records, entries, strict=True), SPEC, tmp_path))
    assert [name[-1] for name in table["video_id"].to_pylist()] == ["b", "b", "a"]


def test_rows_stream_through_in_groups(
    make_record: MakeRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more videos are asked for than one group of rows needs."""
    records = [make_record(f"{idx:02d}") for idx in range(7)]
    written: list[int] = []
    taken: list[int] = []

    def videos() -> Iterator[tuple[VideoRecord, Entry]]:
        for idx, record in enumerate(records):
            taken.append(idx)
            yield record, entry_of(record)

    def checked(table: object) -> None:
        written.append(len(taken))

    monkeypatch.setattr(rows_module, "_ROWS_PER_GROUP", 6)
    monkeypatch.setattr(rows_module, "check_table", checked)
    path = write_rows(videos(), SPEC, tmp_path)
    assert written == [2, 4, 6, 7]
    metadata = pq.read_metadata(path)
    assert [metadata.row_group(idx).num_rows for idx in range(4)] == [6, 6, 6, 3]
    assert metadata.num_rows == 21


def test_groups_do_not_show_in_what_is_read(
    make_record: MakeRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = [(make_record(f"{idx}"), entry_of(make_record(f"{idx}"))) for idx in range(5)]
    whole = pq.read_table(write_rows(videos, SPEC, tmp_path / "whole"))
    monkeypatch.setattr(rows_module, "_ROWS_PER_GROUP", 4)
    assert pq.read_table(write_rows(videos, SPEC, tmp_path / "groups")) == whole


def test_a_row_that_breaks_the_contract_leaves_the_old_index(
    make_record: MakeRecord, tmp_path: Path
) -> None:
    good = make_record("a")
    path = write_rows([(good, entry_of(good))], SPEC, tmp_path)
    before = path.read_bytes()
    bad = make_record("b", split="nowhere")
    with pytest.raises(IndexSchemaError, match="split"):
        write_rows([(bad, entry_of(bad))], SPEC, tmp_path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
