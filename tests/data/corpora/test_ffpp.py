import json
import logging
import re
from collections import Counter
from pathlib import Path

import pytest

from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError, DatasetNotFoundError, MetadataError


def by_id(records: list[VideoRecord]) -> dict[str, VideoRecord]:
    return {record.video_id: record for record in records}


def add(raw: Path, sequence: str, *names: str, compression: str = "c23") -> None:
    folder = raw / sequence / compression / "videos"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


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


def test_the_official_lists_have_720_140_140_videos_per_method(tmp_path: Path) -> None:
    splits = FaceForensics()._split_lists()
    pairs = [pair for members in splits.values() for pair in members]
    add(tmp_path, "manipulated_sequences/Face2Face", *(f"{a}_{b}.mp4" for a, b in pairs))
    add(tmp_path, "manipulated_sequences/Face2Face", *(f"{b}_{a}.mp4" for a, b in pairs))
    records = FaceForensics(methods=["Face2Face"]).videos(tmp_path)
    assert Counter(record.split for record in records) == {"train": 720, "val": 140, "test": 140}
    splits_per_group: dict[str, set[str | None]] = {}
    for record in records:
        splits_per_group.setdefault(record.identity_group, set()).add(record.split)
    assert len(splits_per_group) == 500
    assert all(len(found) == 1 for found in splits_per_group.values())


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
    for split, pairs in {"train": [], "val": [], "test": [["054", "071"]]}.items():
        (tmp_path / f"{split}.json").write_text(json.dumps(pairs))
    records = FaceForensics(splits_dir=tmp_path).videos(ffpp_raw)
    assert [record.split for record in records] == ["test"] * 4 + [None]


def test_strange_names_and_missing_folders_are_logged(
    ffpp_raw: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add(ffpp_raw, "manipulated_sequences/Deepfakes", "._071_054.mp4", "copy of 071.mp4")
    with caplog.at_level(logging.WARNING):
        records = FaceForensics().videos(ffpp_raw)
    assert len(records) == 5
    assert any("2 names are no FF++ ids, left out: ._071_054.mp4" in m for m in caplog.messages)
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"train\.json: no such split list; leave splits_dir out"),
        ("[[", r"train\.json: expected JSON, got .*; leave splits_dir out"),
        ("[" * 100_000, r"train\.json: expected JSON, got"),
        ('{"train": []}', r"train\.json: expected a list of id pairs"),
        ("[[71, 54]]", r"train\.json: expected a list of id pairs"),
        ('[["071", "054", "003"]]', r"train\.json: expected a list of id pairs"),
        ('[["071", "054"], ["054", "003"]]', "expected each id in one pair, got '054' in two"),
    ],
)
def test_malformed_lists_are_refused(
    text: str | None, message: str, ffpp_raw: Path, tmp_path: Path
) -> None:
    for split in ("val", "test"):
        (tmp_path / f"{split}.json").write_text("[]")
    if text is not None:
        (tmp_path / "train.json").write_text(text)
    with pytest.raises(MetadataError, match=message):
        FaceForensics(splits_dir=tmp_path).videos(ffpp_raw)


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
