from collections.abc import Callable
from pathlib import Path

import pytest

from resgat.data.entry import CropNote, Entry
from resgat.data.inputs import Inputs
from resgat.data.outcome import Failure, Tally, failures_csv
from resgat.data.videos import VideoRecord

LANDMARKS = ((1.0, 2.0),) * 5


def note(idx: int) -> CropNote:
    return CropNote(idx, (0.0, 0.0, 9.0, 9.0), None, LANDMARKS if idx else None, has_mask=idx == 2)


@pytest.fixture
def tally(make_record: Callable[..., VideoRecord], tmp_path: Path) -> Tally:
    """A real video with 3 crops of 4, one without a face, and a fake that is missing."""
    there = tmp_path / "there.mp4"
    there.touch()
    good, faceless = make_record("a", path=there), make_record("b", path=there)
    gone = make_record("c", "a", path=tmp_path / "sub" / "gone.mp4", split=None)
    tally = Tally()
    crops = tuple(map(note, range(3)))
    whole = Entry(good.video_id, Inputs(), "done", None, True, 4, 5, 1, 3, crops)
    tally.add(good, whole, tmp_path)
    tally.add(
        faceless, Entry(faceless.video_id, Inputs(), "failed", "no face", True, 4, 12), tmp_path
    )
    tally.add(gone, Entry(gone.video_id, Inputs(), "failed", "file missing, download it"), tmp_path)
    return tally


def test_counts_add_up_per_method_and_split(tally: Tally) -> None:
    assert tally.counts == {
        "original": {
            "train": {
                "videos_asked": 2,
                "videos_found": 2,
                "videos_decoded": 2,
                "videos_with_face": 1,
                "frames_asked": 8,
                "frames_decoded": 17,
                "frames_lost": 1,
                "frames_guided": 3,
                "crops": 3,
                "landmarks": 2,
                "masks": 1,
            }
        },
        "swap": {
            "none": {
                "videos_asked": 1,
                "videos_found": 0,
                "videos_decoded": 0,
                "videos_with_face": 0,
                "frames_asked": 0,
                "frames_decoded": 0,
                "frames_lost": 0,
                "frames_guided": 0,
                "crops": 0,
                "landmarks": 0,
                "masks": 0,
            }
        },
    }


def test_totals_go_over_methods_and_splits(tally: Tally) -> None:
    assert tally.total("videos_asked") == 3
    assert tally.num_crops == 3
    assert Tally().num_crops == 0


def test_failures_name_the_path_below_the_raw_folder(tally: Tally) -> None:
    assert tally.failures == [
        Failure("toy/original/c0/b", "there.mp4", "no face"),
        Failure("toy/swap/c0/c", "sub/gone.mp4", "file missing, download it"),
    ]


def test_the_table_of_failures_is_csv(tally: Tally) -> None:
    assert failures_csv(tally.failures) == (
        "video_id,path,reason\n"
        "toy/original/c0/b,there.mp4,no face\n"
        'toy/swap/c0/c,sub/gone.mp4,"file missing, download it"\n'
    )
    assert failures_csv([]) == "video_id,path,reason\n"
