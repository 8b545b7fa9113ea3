import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.corpora.base import Census
from resgat.data.corpora.csv_list import CsvList
from resgat.data.layout.hash_split import split_by_hash
from resgat.data.naming import safe_name
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError, DatasetNotFoundError, MetadataError, ResgatError


def draw(raw: Path, table: str, *names: str) -> Path:
    (raw / "videos.csv").write_text(table, encoding="utf-8")
    for name in names:
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).touch()
    return raw


FULL = """path,label,video,identity,split,method,original,mask
real/o.mp4,real,,Ann,train,,,
fake/f.mp4,FAKE,f,Bob,train,swap,real/o.mp4,masks/f.mp4
frames/2.png,0,clip,Cid,,,,
frames/10.png,0,clip,Cid,,,,
still.jpg,1,,,test,,,
"""
FILES = ("real/o.mp4", "fake/f.mp4", "masks/f.mp4", "frames/2.png", "frames/10.png", "still.jpg")


def test_a_fake_names_all_that_its_line_tells(tmp_path: Path) -> None:
    draw(tmp_path, FULL, *FILES)
    original, fake, clip, still = CsvList().videos(tmp_path)
    assert fake == VideoRecord(
        path=tmp_path / "fake/f.mp4",
        label=1,
        dataset="csv",
        method="swap",
        compression="as_given",
        name="f",
        target_id="Bob",
        source_id=None,
        identity_group="csv/Ann",
        original_video_id=original.video_id,
        split="train",
        mask_path=tmp_path / "masks/f.mp4",
    )
    assert original.video_id == f"csv/original/as_given/{safe_name('real/o.mp4')}"
    assert original.identity_group == fake.identity_group
    assert (clip.path, clip.split, clip.target_id) == (tmp_path / "frames", None, "Cid")
    assert clip.frames == (tmp_path / "frames/2.png", tmp_path / "frames/10.png")
    assert still.frames == (still.path,) == (tmp_path / "still.jpg",)
    assert (still.identity_group, still.split) == ("csv/still.jpg", "test")
    assert CsvList().census([original, fake, clip, still]) == Census()


def test_two_columns_suffice_and_splits_are_hashed(tmp_path: Path) -> None:
    names = [f"{number}.mp4" for number in range(40)]
    draw(tmp_path, "path;label\n" + "\n".join(f"{name};1" for name in names), *names)
    records = CsvList().videos(tmp_path)
    assert {record.split for record in records} == {"train", "val", "test"}
    assert all(record.split == split_by_hash(f"csv/{record.name}") for record in records)


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["", "0.mp4", "1.mp4"])), max_size=8)
)
def test_no_identity_crosses_hashed_splits(
    tmp_path_factory: pytest.TempPathFactory, fakes: list[tuple[str, str]]
) -> None:
    lines = ["path,label,identity,original", "0.mp4,0,P,", "1.mp4,0,,"]
    lines += [f"{n}.mp4,1,{who},{of}" for n, (who, of) in enumerate(fakes, start=2)]
    raw = tmp_path_factory.getbasetemp() / "identities"
    raw.mkdir(exist_ok=True)
    records = CsvList().videos(draw(raw, "\n".join(lines), "0.mp4"))
    split_of = {record.identity_group: record.split for record in records}
    by_id = {record.video_id: record for record in records}
    for record in records:
        assert record.split == split_of[record.identity_group]
        if record.original_video_id is not None:
            assert by_id[record.original_video_id].identity_group == record.identity_group
    for who in "AB":
        assert len({r.identity_group for r in records if r.target_id == who}) <= 1


def test_the_table_may_lie_elsewhere_and_paths_may_be_absolute(tmp_path: Path) -> None:
    raw, table = tmp_path / "raw", tmp_path / "list.tsv"
    raw.mkdir()
    (raw / "a é.mp4").touch()
    table.write_text(f"Label\tPath\nfake\t{raw}/a é.mp4\n", encoding="utf-8-sig")
    (record,) = CsvList(csv_path=table, dataset="mine").videos(raw)
    assert record.path == raw / "a é.mp4"
    assert record.video_id == "mine/fake/as_given/a é.mp4"
    with pytest.raises(ConfigError, match="dataset: expected a plain name such as"):
        CsvList(dataset="")


def test_missing_files_stay_and_are_absent_and_absent_masks_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    draw(tmp_path, "path,label,mask\na.mp4,1,m.mp4\nb.mp4,0,\n", "a.mp4")
    with caplog.at_level(logging.WARNING):
        records = CsvList().videos(tmp_path)
    assert [record.is_present for record in records] == [True, False]
    assert records[0].mask_path is None
    assert caplog.messages == ["1 masks are not on disk: m.mp4"]
    assert CsvList().census(records).absent == ("csv/original/as_given/b.mp4",)


def test_an_original_may_be_named_by_video_path_or_frame(tmp_path: Path) -> None:
    table = "path,label,video,original\n1.png,0,clip,\n2.png,0,clip,\n"
    table += f"a.mp4,1,,clip\nb.mp4,1,,2.png\nc.mp4,1,,./1.png\nd.mp4,1,,{tmp_path}/1.png\n"
    clip, *fakes = CsvList().videos(draw(tmp_path, table, "1.png"))
    assert {fake.original_video_id for fake in fakes} == {clip.video_id}
    assert {fake.identity_group for fake in fakes} == {clip.identity_group}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("a.mp4,1,b.mp4", "line 2: original: expected .* but 'b.mp4' is in no line"),
        ("a.mp4,1,../b.mp4", "line 2: original: expected .* but '../b.mp4' is in no line"),
        ("a.mp4,1,b.mp4\nb.mp4,1,", "line 2: original: .* but 'b.mp4' is a fake, in line 3"),
        ("a.mp4,1,a.mp4", "line 2: original: .* but 'a.mp4' is a fake, in line 2"),
    ],
)
def test_an_original_that_is_no_real_video_is_refused(
    lines: str, message: str, tmp_path: Path
) -> None:
    draw(tmp_path, f"path,label,original\n{lines}\n", "a.mp4")
    with pytest.raises(MetadataError, match=rf"videos\.csv: {message}.*; correct the line"):
        CsvList().videos(tmp_path)


def test_missing_folder_table_and_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match="absent: no such folder; set raw_dir to"):
        CsvList().videos(tmp_path / "absent")
    with pytest.raises(MetadataError, match=r"videos\.csv: no such file, expected a table with pa"):
        CsvList().videos(tmp_path)
    draw(tmp_path, "path,label\na.mp4,1\nb.mp4,0\n")
    with pytest.raises(DatasetNotFoundError, match=r"none of 2 videos is below .*a\.mp4; set raw"):
        CsvList().videos(tmp_path)
    draw(tmp_path, "path,label\n")
    with pytest.raises(DatasetNotFoundError, match=r"lists no video, expected a line for each"):
        CsvList().videos(tmp_path)


def test_it_makes_no_crops(tmp_path: Path) -> None:
    CsvList().prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []


def read(raw: Path) -> tuple[list[VideoRecord] | None, str]:
    try:
        return CsvList().videos(raw), ""
    except ResgatError as error:
        return None, str(error)


COLUMNS = ("path", "label", "video", "identity", "split", "method", "original", "mask")
CELL = st.sampled_from(
    ["", "0", "1", "fake", "a.mp4", "b.png", "c/d.png", "../a.mp4", "train", "x", "é", "original"]
) | st.text(max_size=4)


@given(st.permutations(COLUMNS), st.lists(st.lists(CELL, min_size=8, max_size=8), max_size=4))
def test_any_table_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, columns: list[str], rows: list[list[str]]
) -> None:
    raw = tmp_path_factory.getbasetemp() / "any"
    raw.mkdir(exist_ok=True)
    table = "\n".join([",".join(columns), *(",".join(row) for row in rows)])
    (raw / "videos.csv").write_bytes(table.encode("utf-8", "surrogatepass"))
    for name in ("a.mp4", "b.png"):
        (raw / name).touch()
    records, problem = read(raw)
    assert len(problem.splitlines()) == (records is None)
    for record in records or []:
        assert record.path.resolve().is_relative_to(raw.resolve())
    assert len({record.video_id for record in records or []}) == len(records or [])
