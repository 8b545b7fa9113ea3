"""Memory of preprocessing does not grow with the corpus."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.drawn_corpus import draw_ffpp, repeat_ffpp

REPO = Path(__file__).resolve().parents[2]
NUM_DRAWN = 5
#: Twenty times as many videos; an index of so few rows and noise take a little.
GROWTH_MB = 16


def peaks_mb(raw: Path, crops: Path) -> list[float]:
    """Preprocess in a process of its own; return its peak memory and that of its largest worker."""
    driver = [sys.executable, "-m", "tests.data.drive_preprocess", str(raw), str(crops), "", "1"]
    run = subprocess.run(driver, cwd=REPO, capture_output=True, text=True, check=True)
    label, *numbers = run.stdout.split()
    assert label == "peak_kb"
    return [int(number) / 1024 for number in numbers]


@pytest.mark.slow
def test_four_hundred_videos_take_the_memory_of_twenty(tmp_path: Path) -> None:
    few = draw_ffpp(tmp_path / "few", NUM_DRAWN, num_frames=12)
    many = repeat_ffpp(tmp_path / "many", few, num_pairs=100, num_drawn=NUM_DRAWN)
    assert len(list(many.rglob("c23/videos/*.mp4"))) == 400
    small, large = (peaks_mb(raw, raw.with_suffix(".crops")) for raw in (few, many))
    assert all(after < before + GROWTH_MB for before, after in zip(small, large, strict=True)), (
        small,
        large,
    )
