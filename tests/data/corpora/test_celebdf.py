import logging
from collections import Counter
from pathlib import Path

import pytest

from resgat.data.corpora.celebdf import CelebDf
from resgat.data.layout.hash_split import hold_out
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError, DatasetNotFoundError, MetadataError

LIST = "1 YouTube-real/00170.mp4\n1 Celeb-real/id1_0000.mp4\n0 Celeb-synthesis/id1_id0_0000.mp4\n"


def add(raw: Path, folder: str, *stems: str) -> Path:
    (raw / folder).mkdir(parents=True, exist_ok=True)
    for stem in stems:
        (raw / folder / f"{stem}.mp4").touch()
    return raw


def draw(raw: Path, youtube: str = "YouTube-real", level: str = "") -> Path:
    add(raw, f"Celeb-real{level}", "id0_0000", "id1_0000", "id1_0001")
    add(raw, f"{youtube}{level}", "00000", "00170")
    add(raw, f"Celeb-synthesis{level}", "id1_id0_0000", "id1_id0_0001")
    (raw / "List_of_testing_videos.txt").write_text(LIST)
    return raw


def by_name(records: list[VideoRecord]) -> dict[str, VideoRecord]:
    return {record.name: record for record in records}


def test_a_fake_names_both_people_its_original_and_group(tmp_path: Path) -> None:
    draw(tmp_path)
    assert by_name(CelebDf().videos(tmp_path))["id1_id0_0000"] == VideoRecord(
        path=tmp_path / "Celeb-synthesis/id1_id0_0000.mp4",
        label=1,
        dataset="celebdf",
        method="Celeb-synthesis",
        compression="h264",
        name="id1_id0_0000",
        target_id="id1",
        source_id="id0",
        identity_group="celebdf/id1",
        original_video_id="celebdf/original/h264/id1_0000",
        split="test",
    )


def test_labels_are_right_though_the_list_has_them_inverted(tmp_path: Path) -> None:
    records = by_name(CelebDf().videos(draw(tmp_path)))
    assert {name: (record.label, record.split) for name, record in records.items()} == {
        "id0_0000": (0, "val"),
        "id1_0000": (0, "test"),
        "id1_0001": (0, "train"),
        "00000": (0, hold_out("celebdf/youtube_00000")),
        "00170": (0, "test"),
        "id1_id0_0000": (1, "test"),
        "id1_id0_0001": (1, None),
    }


def test_real_videos_name_their_person(tmp_path: Path) -> None:
    records = by_name(CelebDf().videos(draw(tmp_path)))
    celebrity, stranger = records["id1_0001"], records["00000"]
    assert celebrity.video_id == "celebdf/original/h264/id1_0001"
    assert (celebrity.target_id, celebrity.identity_group) == ("id1", "celebdf/id1")
    assert stranger.video_id == "celebdf/original/h264/00000"
    assert (stranger.target_id, stranger.identity_group) == ("00000", "celebdf/youtube_00000")
    assert {r.source_id or r.original_video_id for r in (celebrity, stranger)} == {None}


@pytest.mark.parametrize(("youtube", "level"), [("Youtube-real", ""), ("YouTube-real", "/videos")])
def test_other_spellings_and_a_videos_level_are_found(
    youtube: str, level: str, tmp_path: Path
) -> None:
    records = CelebDf().videos(draw(tmp_path, youtube, level))
    assert len(records) == 7
    assert all(record.is_present for record in records)


def test_no_person_of_val_is_seen_in_train(tmp_path: Path) -> None:
    people = [f"id{number}" for number in range(30)]
    add(tmp_path, "Celeb-real", *(f"{one}_0000" for one in people))
    pairs = [(a, b) for a in people for b in people if a != b]
    add(tmp_path, "Celeb-synthesis", *(f"{a}_{b}_0000" for a, b in pairs))
    (tmp_path / "List_of_testing_videos.txt").write_text("1 Celeb-real/id99_0000.mp4")
    records = CelebDf().videos(tmp_path)
    seen: dict[str | None, set[str | None]] = {}
    for record in records:
        seen.setdefault(record.split, set()).update({record.target_id, record.source_id})
    assert seen["val"] == {"id0", "id16", "id22", "id29", None}
    assert seen["val"] & seen["train"] == {None}
    counts = Counter((record.split, record.label) for record in records)
    assert counts == {
        ("val", 0): 4,
        ("val", 1): 4 * 3,
        ("train", 0): 26,
        ("train", 1): 26 * 25,
        (None, 1): 2 * 4 * 26,
        ("test", 0): 1,
    }


def test_the_official_test_shares_people_with_train_and_says_so(tmp_path: Path) -> None:
    records = CelebDf().videos(draw(tmp_path))
    splits = {record.split for record in records if record.identity_group == "celebdf/id1"}
    assert {"train", "test"} <= splits


def test_a_listed_video_that_is_missing_stays_and_is_absent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    draw(tmp_path)
    (tmp_path / "YouTube-real/00170.mp4").unlink()
    (tmp_path / "Celeb-real/id1_0001.mp4").unlink()
    with caplog.at_level(logging.WARNING):
        records = CelebDf().videos(tmp_path)
    missing = [record for record in records if not record.is_present]
    assert [(record.name, record.split) for record in missing] == [("00170", "test")]
    assert caplog.messages == [
        "1 fakes without their original on disk: celebdf/Celeb-synthesis/h264/id1_id0_0001 "
        "(original celebdf/original/h264/id1_0001)"
    ]
    census = CelebDf().census(records)
    assert census.official == {"original": {"all": 890}, "Celeb-synthesis": {"all": 5639}}
    assert census.absent == ("celebdf/original/h264/00170", "celebdf/original/h264/id1_0001")


def test_a_folder_may_be_absent(tmp_path: Path) -> None:
    add(tmp_path, "Celeb-real", "id1_0000")
    (tmp_path / "List_of_testing_videos.txt").write_text(LIST)
    records = CelebDf().videos(tmp_path)
    assert [record.is_present for record in records] == [True, False, False]
    assert records[1].path == tmp_path / "YouTube-real/00170.mp4"


def test_the_first_version_is_a_dataset_of_its_own(tmp_path: Path) -> None:
    corpus = CelebDf(version=1)
    records = corpus.videos(draw(tmp_path))
    assert {record.dataset for record in records} == {"celebdf_v1"}
    assert {record.identity_group.split("/")[0] for record in records} == {"celebdf_v1"}
    official = corpus.census(records).official
    assert official == {"original": {"all": 408}, "Celeb-synthesis": {"all": 795}}
    ids = {record.video_id for record in records}
    assert ids.isdisjoint(record.video_id for record in CelebDf().videos(tmp_path))
    with pytest.raises(ConfigError, match="version: expected one of 1, 2; got 3"):
        CelebDf(version=3)


def test_strange_names_and_fakes_without_split_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add(draw(tmp_path), "Celeb-real", "copy of id0_0000")
    with caplog.at_level(logging.INFO):
        records = CelebDf().videos(tmp_path)
    assert len(records) == 7
    assert caplog.messages[0].endswith("1 names are not of this corpus, left out: copy of id0_0000")
    assert caplog.messages[1] == "1 Celeb-DF fakes join people of train and val and are in no split"


def test_a_real_corpus_makes_no_crops(tmp_path: Path) -> None:
    CelebDf().prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_names_what_was_looked_for(tmp_path: Path) -> None:
    for raw in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DatasetNotFoundError, match=r"no Celeb-DF under .*: looked for Celeb-r"):
            CelebDf().videos(raw)


def test_a_missing_list_a_strange_entry_and_a_video_twice_are_refused(tmp_path: Path) -> None:
    draw(tmp_path)
    add(tmp_path, "Celeb-real/videos", "id0_0000")
    with pytest.raises(MetadataError, match=r"id0_0000\.mp4 lies there and in videos/; move one"):
        CelebDf().videos(tmp_path)
    (tmp_path / "Celeb-real/videos/id0_0000.mp4").unlink()
    path = tmp_path / "List_of_testing_videos.txt"
    path.write_text(LIST + "1 Celeb-real/00171.mp4")
    with pytest.raises(MetadataError, match=r"line 4: Celeb-real has no video named '00171'; do"):
        CelebDf().videos(tmp_path)
    path.unlink()
    with pytest.raises(MetadataError, match="no such file, expected the list of test videos"):
        CelebDf().videos(tmp_path)
