import os
import re
from pathlib import Path

import pytest

from resgat.data.corpora.celebdf_list import Entry, read_test_list
from resgat.errors import MetadataError

GOOD = "1 YouTube-real/00170.mp4\n0 Celeb-synthesis/id1_id0_0007.mp4\n1 Celeb-real/id1_0007.mp4\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "List_of_testing_videos.txt"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "\ufeff" + GOOD.replace("\n", "\r\n"),
        GOOD.rstrip() + " \n\n\n",
        GOOD.replace("YouTube", "Youtube").replace("real/", "real/videos/"),
    ],
)
def test_lines_name_the_test_videos(text: str, path: Path) -> None:
    path.write_bytes(text.encode())
    assert read_test_list(path) == {
        Entry("YouTube-real", "00170"): 1,
        Entry("Celeb-synthesis", "id1_id0_0007"): 2,
        Entry("Celeb-real", "id1_0007"): 3,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected test videos, got an empty list"),
        (
            "0 YouTube-real/00170.mp4",
            "line 1: label: expected 1 (real), as it lies in YouTube-real, got '0'",
        ),
        (
            GOOD + "1 Celeb-synthesis/id1_id0_0001.mp4",
            "line 4: label: expected 0 (fake), as it lies in Celeb-synthesis, got '1'",
        ),
        ("real Celeb-real/id1_0007.mp4", "line 1: label: expected 1 (real), as it lies in Celeb-"),
        (GOOD + "1 Celeb-real/id1_0007.mp4", "line 4: expected each video once, got"),
        ("1 Celeb-unreal/id1_0007.mp4", "line 1: expected a folder of Celeb-real, YouTube-real, "),
        ("YouTube-real/00170.mp4", "line 1: expected such as '1 YouTube-real/00170.mp4', got"),
        ("1 Celeb-real/../../x.mp4", "line 1: expected such as"),
        ("1 /Celeb-real/x.mp4", "line 1: expected such as"),
        ("1 Celeb-real/x.avi", "line 1: expected such as"),
        ("1 Celeb-real/x\x00.mp4", "line 1: expected such as"),
        ("1,Celeb-real/x.mp4", "line 1: expected such as"),
    ],
)
def test_malformed_lines_are_refused(text: str, message: str, path: Path) -> None:
    path.write_text(text)
    expected = rf"videos\.txt: {re.escape(message)}.*; download List_of_testing_videos\.txt again"
    with pytest.raises(MetadataError, match=expected) as error:
        read_test_list(path)
    assert "\n" not in str(error.value)


def test_a_missing_list_and_other_bytes_are_refused(path: Path) -> None:
    with pytest.raises(MetadataError, match="no such file, expected the list of test videos; d"):
        read_test_list(path)
    path.write_bytes(b"\xff")
    with pytest.raises(MetadataError, match=r"cannot be read as text \(.*; download"):
        read_test_list(path)


def test_a_pipe_is_refused_and_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(MetadataError, match=r"cannot be read as text \(a pipe or a device\)"):
        read_test_list(path)
