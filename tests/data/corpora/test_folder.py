import logging
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.corpora.base import Census
from resgat.data.corpora.folder import Folder
from resgat.data.layout.hash_split import split_by_hash
from resgat.data.naming import safe_name
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError, DatasetNotFoundError, MetadataError


def draw(raw: Path, *names: str) -> Path:
    for name in names:
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).touch()
    return raw


def test_a_video_of_a_method_names_class_method_and_group(tmp_path: Path) -> None:
    draw(tmp_path, "real/a.mp4", "fake/Deepfakes/a.mp4")
    real, fake = Folder().videos(tmp_path)
    assert fake == VideoRecord(
        path=tmp_path / "fake/Deepfakes/a.mp4",
        label=1,
        dataset="folder",
        method="Deepfakes",
        compression="as_given",
        name="a.mp4",
        target_id=None,
        source_id=None,
        identity_group="folder/a",
        original_video_id=None,
        split=split_by_hash("folder/a"),
    )
    assert (real.label, real.video_id) == (0, "folder/original/as_given/a.mp4")
    assert (real.identity_group, real.split) == (fake.identity_group, fake.split)


def test_each_form_of_a_video_is_found(tmp_path: Path) -> None:
    draw(
        tmp_path,
        "REAL/a.MOV",
        "REAL/still.JPG",
        "REAL/clip/2.png",
        "REAL/clip/10.png",
        "REAL/clip/1.png",
        "REAL/more/b.webm",
        "Fake/c.avi",
        "Fake/frames/0.webp",
        "Fake/swap/clip/7.bmp",
        "Fake/swap/deep/d.mkv",
        "Fake/swap/e.m4v",
    )
    records = Folder().videos(tmp_path)
    found = {
        record.path.relative_to(tmp_path).as_posix(): (record.label, record.method, record.name)
        for record in records
    }
    assert found == {
        "REAL/a.MOV": (0, "original", "a.MOV"),
        "REAL/still.JPG": (0, "original", "still.JPG"),
        "REAL/clip": (0, "original", "clip"),
        "REAL/more/b.webm": (0, "original", safe_name("more/b.webm")),
        "Fake/c.avi": (1, "fake", "c.avi"),
        "Fake/frames": (1, "fake", "frames"),
        "Fake/swap/clip": (1, "swap", "clip"),
        "Fake/swap/deep/d.mkv": (1, "swap", safe_name("deep/d.mkv")),
        "Fake/swap/e.m4v": (1, "swap", "e.m4v"),
    }
    frames = {record.name: [frame.name for frame in record.frames] for record in records}
    assert frames["clip"] in (["1.png", "2.png", "10.png"], ["7.bmp"])
    clip = next(record for record in records if record.path == tmp_path / "REAL/clip")
    assert [frame.name for frame in clip.frames] == ["1.png", "2.png", "10.png"]
    assert frames["still.JPG"] == ["still.JPG"]
    assert frames["a.MOV"] == []
    assert all(record.is_present for record in records)


def test_the_users_splits_are_kept(tmp_path: Path) -> None:
    draw(tmp_path, "train/real/a.mp4", "Val/fake/a.mp4", "test/real/a.mp4", "test/FAKE/m/a.mp4")
    records = Folder().videos(tmp_path)
    assert [(record.split, record.label, record.method) for record in records] == [
        ("train", 0, "original"),
        ("test", 0, "original"),
        ("val", 1, "fake"),
        ("test", 1, "m"),
    ]
    assert len({record.video_id for record in records}) == 4
    assert {record.identity_group for record in records} == {"folder/a"}


def test_names_that_begin_anew_in_each_split_are_other_identities(tmp_path: Path) -> None:
    draw(tmp_path, "train/real/1.mp4", "test/real/1.mp4", "test/fake/m/1.mp4")
    train, test, fake = Folder(shared_names=False).videos(tmp_path)
    assert test.identity_group == fake.identity_group
    assert train.identity_group != test.identity_group


def test_a_persons_folder_is_no_method(tmp_path: Path) -> None:
    """Else the fakes of one person could train and the real videos be tested on."""
    draw(tmp_path, "real/id1/clip.mp4", "fake/id1/clip.mp4", "fake/swap/id1/clip.mp4")
    records = Folder().videos(tmp_path)
    assert [record.method for record in records] == ["original", "fake", "swap"]
    assert len({record.identity_group for record in records}) == 1
    assert len({record.video_id for record in records}) == 3


def test_other_files_are_counted_and_hidden_ones_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    draw(tmp_path, "real/a.mp4", "fake/b.mp4", "fake/notes.txt", "real/m/c.mp4", "real/m/c.jpg")
    draw(tmp_path, "real/.DS_Store", "real/._a.mp4", "fake/.thumbs/x.png", "readme.md")
    (tmp_path / "real/gone.mp4").symlink_to(tmp_path / "absent")
    with caplog.at_level(logging.WARNING):
        records = Folder().videos(tmp_path)
    assert len(records) == 4
    assert [record.name for record in records if not record.is_present] == ["gone.mp4"]
    (message,) = caplog.messages
    assert message.endswith(
        ": 2 files are no videos, images or frames, left out: m/c.jpg, fake/notes.txt"
    )


def test_links_are_read_and_a_loop_ends(tmp_path: Path) -> None:
    draw(tmp_path, "store/a.mp4", "real/b.mp4", "fake/c.mp4")
    (tmp_path / "real/a.mp4").symlink_to(tmp_path / "store/a.mp4")
    (tmp_path / "real/loop").symlink_to(tmp_path / "real")
    assert [record.name for record in Folder().videos(tmp_path)] == ["a.mp4", "b.mp4", "c.mp4"]


def test_strange_names_make_safe_ids_and_stay_apart(tmp_path: Path) -> None:
    names = ["a\nb.mp4", "a b?.mp4", "a b*.mp4", "é,1.mp4", "x" * 200 + ".mp4", "a.mp4", "a.avi"]
    draw(tmp_path, *(f"real/{name}" for name in names), "fake/my\\method/a.mp4")
    (tmp_path / "real" / os.fsdecode(b"\xff.mp4")).touch()
    records = Folder().videos(tmp_path)
    assert len({record.video_id for record in records}) == len(names) + 1
    for record in records:
        assert record.video_id.count("/") == 3
        assert all(safe_name(part) == part or "-" in part for part in record.video_id.split("/"))
        assert not set(record.video_id) & set("\n\\?*")


def test_ids_begin_with_the_dataset(tmp_path: Path) -> None:
    draw(tmp_path, "real/a.mp4", "fake/b.mp4")
    corpus = Folder(dataset="mine")
    for record in corpus.videos(tmp_path):
        assert record.video_id.startswith("mine/")
        assert record.identity_group.startswith("mine/")
    with pytest.raises(ConfigError, match="dataset: expected a plain name such as"):
        Folder(dataset="a/b")


@given(st.sets(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=6))
def test_no_group_crosses_the_hashed_splits(
    tmp_path_factory: pytest.TempPathFactory, stems: set[str]
) -> None:
    raw = tmp_path_factory.mktemp("folder")
    draw(raw, *(f"real/{stem}.mp4" for stem in stems), *(f"fake/m/{stem}.avi" for stem in stems))
    splits: dict[str, set[str | None]] = {}
    for record in Folder().videos(raw):
        splits.setdefault(record.identity_group, set()).add(record.split)
    assert len(splits) == len(stems)
    assert all(len(found) == 1 for found in splits.values())


def test_it_has_no_census_and_makes_no_crops(tmp_path: Path) -> None:
    Folder().prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []
    assert Folder().census([]) == Census()


def test_missing_or_empty_folders_are_refused(tmp_path: Path) -> None:
    for raw in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DatasetNotFoundError, match=r"no folder real or fake under .*; sort"):
            Folder().videos(raw)
    (tmp_path / "real").mkdir()
    with pytest.raises(DatasetNotFoundError, match=r"no video or image in .*real; put them there"):
        Folder().videos(tmp_path)


def test_contradictions_are_refused(tmp_path: Path) -> None:
    both = draw(tmp_path / "both", "real/a.mp4", "train/fake/b.mp4", "val/fake/b.mp4")
    with pytest.raises(MetadataError, match="real or fake both at its top and in train, val; move"):
        Folder().videos(both)
    twice = draw(tmp_path / "twice", "real/a.mp4", "Real/b.mp4")
    with pytest.raises(MetadataError, match="expected one folder real, got Real and real; put"):
        Folder().videos(twice)
    original = draw(tmp_path / "original", "fake/Original/a.mp4")
    with pytest.raises(MetadataError, match=r"fake.Original: .*; name the folder after what made"):
        Folder().videos(original)
    fake = draw(tmp_path / "fake", "fake/a.mp4", "fake/fake/a.mp4")
    with pytest.raises(MetadataError, match=r"would both be 'folder/fake/as_given/a\.mp4'; give"):
        Folder().videos(fake)


def test_one_file_under_both_labels_is_refused(tmp_path: Path) -> None:
    """A link from fake/ to the folder above it would make fakes of the real videos."""
    draw(tmp_path, "real/a.mp4", "fake/b.mp4")
    (tmp_path / "fake/loop").symlink_to(tmp_path)
    with pytest.raises(MetadataError, match="are one file, once fake and once real; remove one"):
        Folder().videos(tmp_path)


def test_a_fake_named_after_real_videos_is_of_their_group(tmp_path: Path) -> None:
    """As FaceForensics++ names them; by a hash of each name, targets and sources would cross."""
    draw(tmp_path, *(f"real/{name}.mp4" for name in ("000", "003", "007", "a_1")))
    draw(tmp_path, *(f"fake/Deepfakes/{name}.mp4" for name in ("000_003", "003_000", "a_1_swap")))
    group = {record.name: record.identity_group for record in Folder().videos(tmp_path)}
    pair = {group[f"{name}.mp4"] for name in ("000", "003", "000_003", "003_000")}
    assert len(pair) == 1
    assert group["a_1.mp4"] == group["a_1_swap.mp4"]
    assert len({*pair, group["007.mp4"], group["a_1.mp4"]}) == 3


def test_no_fakes_people_cross_the_splits_of_ff_names(tmp_path: Path) -> None:
    names = [f"{number:03d}" for number in range(60)]
    pairs = [f"{a}_{b}" for a, b in zip(names[::2], names[1::2], strict=True)]
    draw(tmp_path, *(f"real/{name}.mp4" for name in names))
    draw(tmp_path, *(f"fake/Deepfakes/{pair}.mp4" for pair in pairs))
    records = Folder().videos(tmp_path)
    split = {Path(record.name).stem: record.split for record in records}
    assert len({*split.values()}) == 3
    for pair in pairs:
        assert {split[pair]} == {split[name] for name in pair.split("_")}
