from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from resgat.data import contact_sheet
from resgat.data.contact_sheet import write_contact_sheets
from resgat.data.cropping import CropSpec
from resgat.data.encoding import crop_name, encode_crop, encode_mask, mask_name
from resgat.data.entry import CropNote, Entry
from resgat.data.inputs import Inputs
from resgat.data.rows import write_rows
from resgat.data.videos import VideoRecord

SPEC = CropSpec(32, 1.3, {"name": "fixed"})
STRIP_PX, WIDTH_PX = 22 + 112 + 4, 8 * 116 + 4
RED, GREEN = (192, 57, 43), (39, 110, 72)
GREY = (120, 120, 120)


@pytest.fixture
def make_crops(
    make_record: Callable[..., VideoRecord], tmp_path: Path
) -> Callable[..., list[VideoRecord]]:
    """Fill a folder with grey crops; every second video is a fake with masks of a square."""
    mask = np.zeros((32, 32), np.uint8)
    mask[8:24, 8:24] = 255

    def make(num_videos: int, num_crops: int) -> list[VideoRecord]:
        records = [
            make_record(f"{idx:03d}", f"{idx - 1:03d}" if idx % 2 else None)
            for idx in range(num_videos)
        ]
        videos = []
        for record in records:
            folder = tmp_path / record.video_id
            folder.mkdir(parents=True)
            notes = []
            for idx in range(num_crops):
                crop = np.full((32, 32, 3), GREY, np.uint8)
                (folder / crop_name(idx)).write_bytes(encode_crop(crop, SPEC))
                if record.label:
                    (folder / mask_name(idx)).write_bytes(encode_mask(mask))
                notes.append(CropNote(idx, (0.0, 0.0, 9.0, 9.0), None, None, bool(record.label)))
            videos.append((record, Entry(record.video_id, Inputs(1), "done", crops=tuple(notes))))
        write_rows(videos, SPEC, tmp_path)
        return records

    return make


def sheets(crops_dir: Path) -> list[np.ndarray]:
    folder = write_contact_sheets(crops_dir)
    assert folder == crops_dir / "contact_sheets"
    found = [cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) for path in sorted(folder.iterdir())]
    return [np.asarray(sheet) for sheet in found if sheet is not None]


def tile(sheet: np.ndarray, video: int, crop: int) -> np.ndarray:
    top, left = video * STRIP_PX + 22, 4 + crop * 116
    return sheet[top : top + 112, left : left + 112]


def share(image: np.ndarray, colour: tuple[int, int, int]) -> float:
    return float((image == colour).all(-1).mean())


def test_each_video_is_a_strip_of_its_crops(
    make_crops: Callable[..., list[VideoRecord]], tmp_path: Path
) -> None:
    make_crops(3, 2)
    (sheet,) = sheets(tmp_path)
    assert sheet.shape == (3 * STRIP_PX, WIDTH_PX, 3)
    for video in range(3):
        for crop in range(2):
            # The rest is the number of the frame, and the outline of a mask.
            assert share(tile(sheet, video, crop), GREY) > 0.9
        assert share(tile(sheet, video, 2), GREY) == 0


def test_a_title_says_real_or_fake_in_colour(
    make_crops: Callable[..., list[VideoRecord]], tmp_path: Path
) -> None:
    make_crops(2, 1)
    (sheet,) = sheets(tmp_path)
    real, fake = (sheet[video * STRIP_PX : video * STRIP_PX + 22] for video in range(2))
    assert share(real, GREEN) > 0
    assert share(fake, RED) > 0
    assert share(real, RED) == share(fake, GREEN) == 0


def test_masks_are_outlined_in_their_place(
    make_crops: Callable[..., list[VideoRecord]], tmp_path: Path
) -> None:
    """The mask's square runs from 28 to 84 px of the tile."""
    make_crops(2, 1)
    (sheet,) = sheets(tmp_path)
    real, fake = tile(sheet, 0, 0), tile(sheet, 1, 0)
    yellow = (fake[..., 0] > 200) & (fake[..., 1] > 160) & (fake[..., 2] < 80)
    rows, columns = np.nonzero(yellow)
    assert (rows.min(), columns.min()) == (28, 28)
    assert (rows.max(), columns.max()) == (83, 83)
    assert yellow.sum() > 3 * 56
    assert share(fake[32:80, 32:80], GREY) == 1
    assert (real[..., 0] == real[..., 2]).all()


def test_a_missing_crop_is_shown_in_red_and_nothing_is_printed(
    make_crops: Callable[..., list[VideoRecord]],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    records = make_crops(1, 3)
    (tmp_path / records[0].video_id / crop_name(1)).unlink()
    (sheet,) = sheets(tmp_path)
    assert [share(tile(sheet, 0, crop), RED) for crop in range(3)] == [0, 1, 0]
    assert capfd.readouterr().err == ""


def test_a_missing_mask_is_no_outline(
    make_crops: Callable[..., list[VideoRecord]], tmp_path: Path
) -> None:
    records = make_crops(2, 1)
    (tmp_path / records[1].video_id / mask_name(0)).unlink()
    (sheet,) = sheets(tmp_path)
    np.testing.assert_array_equal(tile(sheet, 1, 0), tile(sheet, 0, 0))


def test_many_videos_fill_several_sheets(
    make_crops: Callable[..., list[VideoRecord]], tmp_path: Path
) -> None:
    make_crops(14, 1)
    first, second = sheets(tmp_path)
    assert (len(first), len(second)) == (12 * STRIP_PX, 2 * STRIP_PX)


def test_of_many_crops_and_videos_evenly_spread_ones_are_shown(
    make_crops: Callable[..., list[VideoRecord]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = make_crops(5, 10)
    monkeypatch.setattr(contact_sheet, "_MAX_VIDEOS", 3)
    videos = contact_sheet._chosen_videos(tmp_path)
    assert [rows[0]["video_id"] for rows in videos] == [records[i].video_id for i in (0, 2, 4)]
    frames = {tuple(row["frame_idx"] for row in rows) for rows in videos}
    assert frames == {(0, 1, 3, 4, 5, 6, 8, 9)}


def test_a_second_time_gives_the_same_sheets(
    make_crops: Callable[..., list[VideoRecord]], tmp_path: Path
) -> None:
    make_crops(2, 2)
    first = [path.read_bytes() for path in write_contact_sheets(tmp_path).iterdir()]
    assert [path.read_bytes() for path in write_contact_sheets(tmp_path).iterdir()] == first
