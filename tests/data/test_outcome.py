from pathlib import Path

import pyarrow as pa
import pytest

from resgat.data.extract import VideoCrops
from resgat.data.outcome import VideoOutcome, count, failures_csv, report
from resgat.data.videos import VideoRecord


@pytest.fixture
def outcomes(tmp_path: Path) -> list[VideoOutcome]:
    """A real video with 3 crops of 4, one without a face, and a fake that is missing."""
    (tmp_path / "there.mp4").touch()
    table = pa.table({"frame_idx": [0, 1, 2]})

    def record(name: str, path: str, method: str, split: str | None) -> VideoRecord:
        path_ = tmp_path / path
        return VideoRecord(path_, 0, "toy", method, "c0", name, None, None, "g", None, split)

    return [
        VideoOutcome(
            record("a", "there.mp4", "original", "train"), VideoCrops(table, 4), failure=None
        ),
        VideoOutcome(
            record("b", "there.mp4", "original", "train"),
            VideoCrops(table.slice(0, 0), 4),
            failure="no face found in 4 frames",
        ),
        VideoOutcome(
            record("c", "sub/gone.mp4", "swap", None), None, failure="file missing, download it"
        ),
    ]


def test_counts_add_up_per_method_and_split(outcomes: list[VideoOutcome]) -> None:
    assert count(outcomes) == {
        "original": {
            "train": {
                "videos_asked": 2,
                "videos_found": 2,
                "videos_decoded": 2,
                "videos_with_face": 1,
                "frames_read": 8,
                "crops": 3,
            }
        },
        "swap": {
            "none": {
                "videos_asked": 1,
                "videos_found": 0,
                "videos_decoded": 0,
                "videos_with_face": 0,
                "frames_read": 0,
                "crops": 0,
            }
        },
    }


def test_failures_name_the_path_below_raw_dir(outcomes: list[VideoOutcome], tmp_path: Path) -> None:
    assert failures_csv(outcomes, tmp_path) == (
        "video_id,path,reason\n"
        "toy/original/c0/b,there.mp4,no face found in 4 frames\n"
        'toy/swap/c0/c,sub/gone.mp4,"file missing, download it"\n'
    )


def test_the_report_tells_faces_per_video(outcomes: list[VideoOutcome], tmp_path: Path) -> None:
    found = report(outcomes, tmp_path, "abc")
    assert found.faces_found == {"toy/original/c0/a": (3, 4), "toy/original/c0/b": (0, 4)}
    assert found.failures == {
        "toy/original/c0/b": "no face found in 4 frames",
        "toy/swap/c0/c": "file missing, download it",
    }
    assert found.num_crops == 3
    assert found.crop_spec == "abc"
