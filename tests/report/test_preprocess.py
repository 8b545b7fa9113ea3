import io

from rich.console import Console

from resgat.data.outcome import Tally
from resgat.report.preprocess import outcome_table
from resgat.report.terminal import print_table

NAMES = ("videos_with_face", "videos_asked", "crops", "frames_asked", "masks")


def cell(*numbers: int) -> dict[str, int]:
    return dict(zip(NAMES, numbers, strict=True))


def printed(tally: Tally) -> list[list[str]]:
    file = io.StringIO()
    print_table(outcome_table(tally), Console(file=file, width=100))
    lines = file.getvalue().replace(" / ", "/").replace("|", " ").splitlines()
    return [line.split() for line in lines if line.strip("-+ ")]


def test_each_method_and_split_has_a_row_and_all_have_a_total() -> None:
    counts = {
        "original": {"train": cell(8, 9, 60, 72, 0), "test": cell(2, 2, 16, 16, 0)},
        "Deepfakes": {"none": cell(1, 3, 5, 24, 4)},
    }
    assert printed(Tally(counts)) == [
        ["method", "split", "videos", "crops", "masks"],
        ["original", "train", "8/9", "60/72", "0"],
        ["original", "test", "2/2", "16/16", "0"],
        ["Deepfakes", "none", "1/3", "5/24", "4"],
        ["all", "11/14", "81/112", "4"],
    ]


def test_a_shard_without_a_video_has_a_total_of_nothing() -> None:
    assert printed(Tally())[1:] == [["all", "0/0", "0/0", "0"]]
