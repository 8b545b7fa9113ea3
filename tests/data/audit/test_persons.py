"""The official pairs of FaceForensics++ are clean; a rule that looks at targets alone is not."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resgat.data.audit.crops import Video
from resgat.data.audit.persons import check_persons, people
from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.videos import VideoRecord

MakeVideo = Callable[..., Video]


@pytest.fixture(scope="module")
def ffpp(tmp_path_factory: pytest.TempPathFactory) -> list[VideoRecord]:
    """All 1000 originals and Deepfakes of the official lists, as empty files."""
    raw = tmp_path_factory.mktemp("ffpp")
    corpus = FaceForensics(methods=["Deepfakes"])
    for name in ["original_sequences/youtube", "manipulated_sequences/Deepfakes"]:
        (raw / name / "c23" / "videos").mkdir(parents=True)
    (raw / "original_sequences/youtube/c23/videos/000.mp4").touch()
    for video in corpus.census(corpus.videos(raw)).absent:
        _, method, compression, name = video.split("/")
        place = "manipulated_sequences/Deepfakes"
        place = "original_sequences/youtube" if method == "original" else place
        (raw / place / compression / "videos" / f"{name}.mp4").touch()
    return corpus.videos(raw)


def audited(records: list[VideoRecord], **changes: Any) -> list[Video]:
    fields = [name for name in Video._fields if name not in ("num_crops", *changes)]
    return [
        Video(num_crops=1, **{name: getattr(record, name) for name in fields}, **changes)
        for record in records
    ]


def test_the_official_split_is_clean(ffpp: list[VideoRecord]) -> None:
    check = check_persons(audited(ffpp))
    assert (check.verdict, check.summary) == ("ok", "1000 persons, each in one split")
    assert (check.details["circles"], check.details["largest_circle"]) == (500, 2)
    assert check.details["fakes_with_a_person_of_train"] == {
        "test": {"fakes": 140, "exposed": 0},
        "val": {"fakes": 140, "exposed": 0},
    }


def test_a_rule_that_ignores_the_source_leaks_most_of_its_test_fakes(
    ffpp: list[VideoRecord], repo: Path
) -> None:
    study = runpy.run_path(str(repo / "experiments" / "source_leakage" / "analysis.py"))
    records = study["target_only_split"](ffpp, 0)
    # Were each target a group of its own, the groups would have nothing to say.
    check = check_persons(audited(records, identity_group="same"))
    assert check.verdict == "LEAK"
    fakes = [record for record in records if record.label == 1 and record.split == "test"]
    split_of = {record.target_id: record.split for record in records}
    exposed = sum(split_of[record.source_id] == "train" for record in fakes)
    found = check.details["fakes_with_a_person_of_train"]["test"]
    assert found == {"fakes": len(fakes), "exposed": exposed}
    assert 0.6 < exposed / len(fakes) < 0.85
    crossing = {
        person
        for fake in records
        if fake.source_id
        for person in [fake.source_id]
        if split_of[person] != fake.split
    }
    persons = {cell["person"] for cell in check.details["crossing"]["first"]}
    assert persons == {f"ffpp/{person}" for person in crossing}


def test_parts_and_videos_of_a_crossing_person_are_named(make_video: MakeVideo) -> None:
    videos = [
        make_video("ann", "train"),
        make_video("bob_ann", "test", label=1, target_id="bob", source_id="ann"),
        make_video("bob", "test"),
        make_video("cid", "val"),
    ]
    check = check_persons(videos)
    assert check.verdict == "LEAK"
    assert check.summary == (
        "1 of 3 persons lie in several splits: toy/ann (test, train); "
        "1 of 1 test fakes show a person of train"
    )
    assert check.details["crossing"]["first"] == [
        {
            "person": "toy/ann",
            "splits": {
                "test": {"source": {"videos": 1, "example": "toy/original/c0/bob_ann"}},
                "train": {"target": {"videos": 1, "example": "toy/original/c0/ann"}},
            },
        }
    ]
    assert (check.details["circles"], check.details["largest_circle"]) == (2, 2)
    assert check.details["crossing_circles"] == 1


def test_one_name_in_two_corpora_is_two_persons(make_video: MakeVideo) -> None:
    videos = [make_video("1", "train"), make_video("1", "test", dataset="other")]
    assert check_persons(videos).verdict == "ok"
    assert people(videos[1]) == {"other/1"}


def test_videos_in_no_split_carry_nobody_across(make_video: MakeVideo) -> None:
    videos = [
        make_video("a", "train"),
        make_video("b", "test"),
        make_video("a_b", None, label=1, target_id="a", source_id="b"),
    ]
    assert check_persons(videos).verdict == "ok"


def test_without_ids_nothing_can_be_said(make_video: MakeVideo) -> None:
    check = check_persons([make_video("a", "train", target_id=None)])
    assert (check.verdict, check.summary) == (
        "not checked",
        "the index names no target_id or source_id",
    )
