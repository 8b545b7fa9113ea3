import json
import logging
import re
from collections import Counter
from pathlib import Path

import pytest

from resgat.data.corpora.base import Census
from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.corpora.ffpp_splits import read_lists
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError, DatasetNotFoundError


def by_id(records: list[VideoRecord]) -> dict[str, VideoRecord]:
    return {record.video_id: record for record in records}


def add(raw: Path, sequence: str, *names: str, compression: str = "c23") -> None:
    folder = raw / sequence / compression / "videos"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def write_lists(folder: Path, **members: list[list[str]]) -> None:
    for split in ("train", "val", "test"):
        (folder / f"{split}.json").write_text(json.dumps(members.get(split, [])))


def test_a_fake_names_target_source_original_and_pair(ffpp_raw: Path) -> None:
    fake = by_id(FaceForensics().videos(ffpp_raw))["ffpp/Deepfakes/c23/071_054"]
    assert fake == VideoRecord(
        path=ffpp_raw / "manipulated_sequences/Deepfakes/c23/videos/071_054.mp4",
        label=1,
        dataset="ffpp",
        method="Deepfakes",
        compression="c23",
        name="071_054",
        target_id="071",
        source_id="054",
        identity_group="ffpp/054_071",
        original_video_id="ffpp/original/c23/071",
        split="train",
    )


def test_originals_and_fakes_of_a_pair_share_group_and_split(ffpp_raw: Path) -> None:
    records = FaceForensics().videos(ffpp_raw)
    pair = [record for record in records if record.target_id in ("071", "054")]
    assert [record.label for record in pair] == [0, 0, 1, 1]
    assert {(record.identity_group, record.split) for record in pair} == {("ffpp/054_071", "train")}
    assert pair[0].original_video_id is None
    assert pair[0].source_id is None


def test_an_absent_original_is_named_and_logged_once(
    ffpp_raw: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        records = by_id(FaceForensics(methods=("Deepfakes", "FaceSwap")).videos(ffpp_raw))
    assert records["ffpp/FaceSwap/c23/004_982"].original_video_id == "ffpp/original/c23/004"
    assert records["ffpp/FaceSwap/c23/004_982"].split == "val"
    assert caplog.messages == [
        "1 fakes without their original on disk: "
        "ffpp/FaceSwap/c23/004_982 (original ffpp/original/c23/004)"
    ]


def test_the_order_does_not_depend_on_the_disk(ffpp_raw: Path) -> None:
    names = [record.video_id.removeprefix("ffpp/") for record in FaceForensics().videos(ffpp_raw)]
    assert names == [
        "original/c23/054",
        "original/c23/071",
        "Deepfakes/c23/054_071",
        "Deepfakes/c23/071_054",
        "FaceSwap/c23/004_982",
    ]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """All originals and all Face2Face fakes, as empty files."""
    pairs = [pair for members in read_lists().values() for pair in members]
    names = [f"{first}_{second}.mp4" for a, b in pairs for first, second in ((a, b), (b, a))]
    add(tmp_path, "original_sequences/youtube", *(f"{number:03d}.mp4" for number in range(1000)))
    add(tmp_path, "manipulated_sequences/Face2Face", *names)
    return tmp_path


def test_a_whole_copy_has_the_official_numbers_and_lacks_nothing(whole: Path) -> None:
    corpus = FaceForensics(methods=["Face2Face"])
    records = corpus.videos(whole)
    census = corpus.census(records)
    numbers = {"train": 720, "val": 140, "test": 140}
    assert census == Census({"original": numbers, "Face2Face": numbers}, ())
    for method, expected in census.official.items():
        assert expected == Counter(r.split for r in records if r.method == method)


def test_a_group_of_a_whole_copy_is_an_official_pair_in_one_split(whole: Path) -> None:
    splits_per_group: dict[str, set[str | None]] = {}
    for record in FaceForensics(methods=["Face2Face"]).videos(whole):
        splits_per_group.setdefault(record.identity_group, set()).add(record.split)
    assert len(splits_per_group) == 500
    assert all(len(found) == 1 for found in splits_per_group.values())


def test_the_census_names_what_a_partial_copy_lacks(whole: Path) -> None:
    folder = whole / "manipulated_sequences/Face2Face/c23/videos"
    (folder / "071_054.mp4").unlink()
    (whole / "original_sequences/youtube/c23/videos/999.mp4").unlink()
    (folder / "1000_1001.mp4").touch()  # belongs to no list
    corpus = FaceForensics(methods=["Face2Face", "FaceShifter"])
    census = corpus.census(corpus.videos(whole))
    assert census.absent[0] == "ffpp/Face2Face/c23/071_054"
    assert census.absent[-1] == "ffpp/original/c23/999"
    assert census.absent == tuple(sorted(census.absent))
    assert [name.split("/")[1] for name in census.absent[1:-1]] == ["FaceShifter"] * 1000


def test_the_census_counts_the_lists_in_use(ffpp_raw: Path, tmp_path: Path) -> None:
    write_lists(tmp_path, train=[["071", "054"]], test=[["998", "999"], ["004", "982"]])
    corpus = FaceForensics(methods=["FaceSwap"], splits_dir=tmp_path)
    census = corpus.census(corpus.videos(ffpp_raw))
    numbers = {"train": 2, "val": 0, "test": 4}
    assert census.official == {"original": numbers, "FaceSwap": numbers}
    assert census.absent == (
        "ffpp/FaceSwap/c23/054_071",
        "ffpp/FaceSwap/c23/071_054",
        "ffpp/FaceSwap/c23/982_004",
        "ffpp/FaceSwap/c23/998_999",
        "ffpp/FaceSwap/c23/999_998",
        "ffpp/original/c23/004",
        "ffpp/original/c23/982",
        "ffpp/original/c23/998",
        "ffpp/original/c23/999",
    )


def test_a_fake_has_the_mask_of_its_name(ffpp_raw: Path) -> None:
    masks = ffpp_raw / "manipulated_sequences/Deepfakes/masks/videos"
    masks.mkdir(parents=True)
    (masks / "071_054.mp4").touch()
    (masks / "071.mp4").touch()
    found = {record.name: record.mask_path for record in FaceForensics().videos(ffpp_raw)}
    names = ["054", "071", "054_071", "004_982"]
    assert found == {"071_054": masks / "071_054.mp4"} | dict.fromkeys(names)


def test_stills_are_records_of_their_folder(tmp_path: Path) -> None:
    still = tmp_path / "original_sequences/youtube/c23/images/071/0000.png"
    still.parent.mkdir(parents=True)
    still.touch()
    fake = tmp_path / "manipulated_sequences/Deepfakes/c23/frames/071_054/000.png"
    fake.parent.mkdir(parents=True)
    fake.touch()
    records = FaceForensics().videos(tmp_path)
    assert [(r.path, r.frames, r.is_present) for r in records] == [
        (still.parent, (still,), True),
        (fake.parent, (fake,), True),
    ]
    assert [record.video_id for record in records] == [
        "ffpp/original/c23/071",
        "ffpp/Deepfakes/c23/071_054",
    ]


def test_the_same_level_under_its_other_name_keeps_the_asked_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add(tmp_path, "original_sequences/youtube", "071.mp4", compression="c0")
    corpus = FaceForensics(compression="raw", methods=[])
    with caplog.at_level(logging.INFO):
        (record,) = corpus.videos(tmp_path)
    assert record.path == tmp_path / "original_sequences/youtube/c0/videos/071.mp4"
    assert record.video_id == "ffpp/original/raw/071"
    assert caplog.messages == [
        "asked for raw; read the same level from original_sequences/youtube/c0"
    ]
    assert "ffpp/original/raw/071" not in corpus.census([record]).absent


def test_ids_of_one_youtube_video_share_a_group_across_official_splits(
    ffpp_raw: Path, tmp_path: Path
) -> None:
    path = tmp_path / "conversion_dict.json"
    path.write_text('{"054": "33-BEVrpH60 0", "982": "33-BEVrpH60 1", "071": "5IO7gc9JjII 0"}')
    records = FaceForensics(conversion_path=path).videos(ffpp_raw)
    assert {record.identity_group for record in records} == {"ffpp/004_982"}
    assert {record.split for record in records} == {"train", "val"}


def test_ids_outside_the_lists_have_no_split_and_the_group_of_their_component(
    tmp_path: Path,
) -> None:
    add(tmp_path, "original_sequences/youtube", "2001.mp4", "2004.mp4")
    add(tmp_path, "manipulated_sequences/Deepfakes", "2001_2002.mp4", "2003_2002.mp4")
    records = FaceForensics().videos(tmp_path)
    assert {record.split for record in records} == {None}
    groups = {record.name: record.identity_group for record in records}
    assert groups == {
        "2001": "ffpp/2001",
        "2004": "ffpp/2004",
        "2001_2002": "ffpp/2001",
        "2003_2002": "ffpp/2001",
    }


def test_a_fake_across_two_official_pairs_has_no_split(tmp_path: Path) -> None:
    add(tmp_path, "manipulated_sequences/Deepfakes", "071_004.mp4")
    (record,) = FaceForensics().videos(tmp_path)
    assert record.split is None
    assert record.identity_group == "ffpp/054_071"


def test_other_lists_can_be_given(ffpp_raw: Path, tmp_path: Path) -> None:
    write_lists(tmp_path, test=[["054", "071"]])
    records = FaceForensics(splits_dir=tmp_path).videos(ffpp_raw)
    assert [record.split for record in records] == ["test"] * 4 + [None]


def test_strange_names_and_missing_folders_are_logged(
    ffpp_raw: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add(ffpp_raw, "manipulated_sequences/Deepfakes", "._071_054.mp4", "copy of 071.mp4")
    with caplog.at_level(logging.WARNING):
        records = FaceForensics().videos(ffpp_raw)
    assert len(records) == 5
    assert any(
        "2 names are not of this corpus, left out: ._071_054.mp4" in m for m in caplog.messages
    )
    (missing,) = [m for m in caplog.messages if "for want of" in m]
    assert missing.endswith(
        "manipulated_sequences/Face2Face/c23/videos, "
        "manipulated_sequences/NeuralTextures/c23/videos"
    )


def test_only_the_chosen_methods_are_read(ffpp_raw: Path) -> None:
    add(ffpp_raw, "manipulated_sequences/FaceShifter", "071_054.mp4")
    methods = {record.method for record in FaceForensics().videos(ffpp_raw)}
    assert methods == {"original", "Deepfakes", "FaceSwap"}
    chosen = FaceForensics(methods=["FaceShifter"]).videos(ffpp_raw)
    assert {record.method for record in chosen} == {"original", "FaceShifter"}


def test_a_real_corpus_makes_no_crops(tmp_path: Path) -> None:
    FaceForensics().prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_names_what_was_looked_for(tmp_path: Path) -> None:
    expected = re.escape(
        "looked in original_sequences/youtube/c23/videos, "
        "manipulated_sequences/Deepfakes/c23/videos"
    )
    with pytest.raises(DatasetNotFoundError, match=expected + r".*set raw_dir to the folder"):
        FaceForensics().videos(tmp_path / "absent")


def test_another_compression_on_disk_is_offered(tmp_path: Path) -> None:
    add(tmp_path, "original_sequences/youtube", "071.mp4", compression="c40")
    with pytest.raises(DatasetNotFoundError, match="set compression to what is there: c40"):
        FaceForensics().videos(tmp_path)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(ConfigError, match="compression: expected one of raw, c0, c23, c40; got"):
        FaceForensics(compression="c24")
    with pytest.raises(ConfigError, match=r"methods: .*Did you mean 'Deepfakes'"):
        FaceForensics(methods=["DeepFake"])


@pytest.mark.real
def test_the_real_folders_have_both_classes_in_each_split(real_data: Path) -> None:
    records = FaceForensics().videos(real_data / "ffpp")
    assert Counter((record.split, record.label) for record in records) == {
        ("train", 0): 1,
        ("train", 1): 2,
        ("val", 0): 1,
        ("val", 1): 1,
        ("test", 0): 1,
        ("test", 1): 1,
    }
