import logging
from pathlib import Path

import pytest

from resgat.data.corpora.csv_videos import Video, read_videos
from resgat.errors import MetadataError


def read(folder: Path, text: str) -> list[Video]:
    path = folder / "videos.csv"
    path.write_text(text)
    return read_videos(path, folder)


def test_frames_are_put_together_by_number_and_videos_stay_in_order(tmp_path: Path) -> None:
    videos = read(
        tmp_path,
        "path,label,video\nv/10.png,1,v\nw.mp4,0,\nv/9.png,1,v\nx.png,0,\ny.mp4,1,named\n",
    )
    assert [[item.path.as_posix() for item in video.items] for video in videos] == [
        ["v/9.png", "v/10.png"],
        ["w.mp4"],
        ["x.png"],
        ["y.mp4"],
    ]
    assert [video.item.key for video in videos] == ["v", "w.mp4", "x.png", "named"]


def test_person_and_method_have_defaults(tmp_path: Path) -> None:
    named, plain, real = read(
        tmp_path,
        "path,label,identity,method\na.mp4,1,Ann,a/b\nb.mp4,1,,\nc.mp4,0,,pristine\n",
    )
    assert (named.person, named.method.split("-")[0]) == ("Ann", "a_b")
    assert (plain.person, plain.method) == ("b.mp4", "fake")
    assert real.method == "original"


def test_columns_that_are_not_read_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        read(tmp_path, "path,label,identiti\na.mp4,1,x\n")
    (message,) = caplog.messages
    assert "columns ['identiti'] are not read; those read are path, label, video," in message


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("a.png,1,v\nb.png,0,v", "line 3: label: expected 1, as in line 2 of video 'v', got 0; or"),
        ("a.mp4,1,v\nb.png,1,v", "line 3: path: expected images, as in line 2 of video 'v'"),
        ("a.png,1,v\nb.mp4,1,v", "line 3: path: expected images, as in line 2 of video 'v'"),
        ("a.mp4,1,\n./a.mp4,1,", "line 3: path: a.mp4 is listed in line 2 too"),
        ("a.png,1,v\na.png,1,w", "line 3: path: a.png is listed in line 2 too"),
        ("a.png,1,\nb.png,1,a.png", "line 3: 'a.png' is a path and a video's name, in line 2 too"),
        ("b.png,1,a.png\na.png,1,", "line 3: 'a.png' is a path and a video's name, in line 2 too"),
        ("a.mp4,maybe,", "line 2: label: expected 0, real, 1 or fake, got 'maybe'"),
    ],
)
def test_lines_that_contradict_each_other_are_refused(
    lines: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(MetadataError, match=rf"videos\.csv: {message}.*; correct the line"):
        read(tmp_path, f"path,label,video\n{lines}\n")


@pytest.mark.parametrize("column", ["identity", "split", "method", "original", "mask"])
def test_frames_of_one_video_agree_in_all_that_is_shared(column: str, tmp_path: Path) -> None:
    values = {"split": ("train", "val"), "mask": ("m.mp4", "n.mp4")}.get(column, ("x", "y"))
    lines = [f"{idx}.png,1,v,{value}" for idx, value in enumerate(values)]
    with pytest.raises(MetadataError, match=f"line 3: {column}: expected .*; or name another"):
        read(tmp_path, "\n".join([f"path,label,video,{column}", *lines]))
