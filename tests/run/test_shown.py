"""The hardest videos first, the worst mistakes, and the gallery's faces: all on the page, too."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from resgat.callbacks.gallery import Gallery
from resgat.run.shown import VIDEO_COLUMNS, choose_shown


def test_videos_are_ordered_by_how_far_they_are_from_the_truth() -> None:
    rows = [("a", 1, 0.9), ("b", 0, 0.9), ("c", 1, 0.2), ("d", 0, 0.05)]
    more = {"method": "m", "compression": "c0", "num_frames": 3}
    videos = pa.Table.from_pylist(
        [{"video_id": name, "label": label, "prob": prob} | more for name, label, prob in rows]
    )
    gallery = Gallery()
    faces: list[Any] = ["a face"]
    gallery.items = faces
    trainer: Any = SimpleNamespace(callbacks=[object(), gallery])
    module: Any = SimpleNamespace(facts={"thresholds": {"frame": None}})
    datamodule: Any = None  # without a threshold there is no mistake to draw
    shown = choose_shown(trainer, module, datamodule, videos, videos)
    assert [row[0] for row in shown.videos] == ["b", "c", "a", "d"]
    assert shown.videos[0] == ["b", "m", "c0", 0, 0.9, 3]
    assert len(VIDEO_COLUMNS) == 6
    assert (shown.errors, shown.faces) == ([], faces)


def test_the_page_of_a_run_shows_them(finished: Any) -> None:
    folder: Path = finished.folder
    page = (folder / "report.html").read_text("utf-8")
    mistakes, rest = page.split('id="errors"')[1].split('id="videos"')
    table, faces = rest.split('id="faces"')
    assert (folder / "plots" / "errors.png").is_file()
    num_mistakes = mistakes.count(", called ")
    assert num_mistakes > 0
    assert mistakes.count("data:image/jpeg") % 4 == 0
    assert table.count('<th scope="row">synthetic/') == 12
    assert faces.count("data:image/jpeg") == 2 * 4
    assert (folder / "report.html").stat().st_size < 1_000_000
