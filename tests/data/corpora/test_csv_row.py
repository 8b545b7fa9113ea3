import re
from pathlib import Path, PurePosixPath

import pytest

from resgat.data.corpora.csv_row import Item, parse_row
from resgat.data.layout.tables import Row

ROOT = Path("/data/mine")


def parse(**cells: str) -> Item:
    return parse_row(Row(7, {"path": "a.mp4", "label": "1"} | cells), ROOT)


def test_a_full_line() -> None:
    item = parse(
        path="/data/mine/x/a.PNG",
        label="Fake",
        video="v",
        identity="Ann",
        split="TEST",
        method="swap",
        original="o",
        mask="m.avi",
        note="ignored",
    )
    assert item == Item(
        line=7,
        path=PurePosixPath("x/a.PNG"),
        label=1,
        video="v",
        identity="Ann",
        split="test",
        method="swap",
        original="o",
        mask=PurePosixPath("m.avi"),
    )
    assert item.key == "v"
    assert item.shared == {
        "label": 1,
        "identity": "Ann",
        "split": "test",
        "method": "swap",
        "original": "o",
        "mask": PurePosixPath("m.avi"),
    }


def test_absent_and_empty_cells_are_none() -> None:
    assert parse() == parse(video="", identity="", split="", method="", original="", mask="")
    assert parse().identity is None
    assert parse().key == "a.mp4"


@pytest.mark.parametrize(
    ("text", "label"), [("0", 0), ("real", 0), ("REAL", 0), ("1", 1), ("fake", 1), ("FaKe", 1)]
)
def test_labels(text: str, label: int) -> None:
    assert parse(label=text).label == label


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"label": ""}, "label: expected 0, real, 1 or fake, got ''"),
        ({"label": "2"}, "label: expected 0, real, 1 or fake, got '2'"),
        ({"label": "1.0"}, "label: expected 0, real, 1 or fake, got '1.0'"),
        ({"path": ""}, "path: expected a path below /data/mine, without '..', got ''"),
        ({"path": "../a.mp4"}, "path: expected a path below /data/mine, without '..', got '../a"),
        ({"path": "/etc/a.mp4"}, "path: expected a path below /data/mine"),
        ({"path": "/data/mine/../a.mp4"}, "path: expected a path below /data/mine"),
        ({"path": "C:\\a.mp4"}, "path: expected a path below /data/mine"),
        ({"path": "a\x00.mp4"}, "path: expected a path below /data/mine"),
        ({"path": "a.txt"}, "path: expected a video or an image by its ending, got 'a.txt'"),
        ({"path": "a"}, "path: expected a video or an image by its ending, got 'a'"),
        ({"split": "dev"}, "split: expected train, val, test or nothing, got 'dev'"),
        ({"mask": "../m.mp4"}, "mask: expected a path below /data/mine"),
        ({"mask": "m.png"}, "mask: expected a video by its ending, got 'm.png'"),
        ({"label": "0", "mask": "m.mp4"}, "original and mask: expected none for a real video"),
        ({"label": "0", "original": "b"}, "original and mask: expected none for a real video"),
        ({"method": "Original"}, "method: expected what made the fake, got 'original'"),
        ({"path": "x" * 5000 + ".mp4"}, "path: expected a path below /data/mine"),
    ],
)
def test_wrong_cells_are_refused(cells: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        parse(**cells)
    assert len(str(error.value)) < 200
