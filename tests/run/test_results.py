"""What is written at the end of a run."""

from pathlib import Path

from resgat.run.results import level_thresholds, merge_history


def write_part(run: Path, version: int, *rows: str) -> None:
    path = run / "csv" / f"version_{version}" / "metrics.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(["epoch,step,val/loss", *rows]) + "\n")


def test_an_epoch_that_was_trained_twice_counts_once(tmp_path: Path) -> None:
    write_part(tmp_path, 0, "0,9,0.5", "1,19,0.4", "2,24,")
    write_part(tmp_path, 1, "2,29,0.3", ",30,0.9")
    merged = merge_history(tmp_path)
    assert merged is not None
    assert merged.read_text() == "epoch,step,val/loss\n0,9,0.5\n1,19,0.4\n2,29,0.3\n"


def test_the_tenth_resumption_comes_after_the_second(tmp_path: Path) -> None:
    write_part(tmp_path, 10, "2,29,0.3")
    write_part(tmp_path, 2, "0,9,0.5", "1,19,0.4", "2,29,0.6")
    merged = merge_history(tmp_path)
    assert merged is not None
    assert merged.read_text().splitlines()[-1] == "2,29,0.3"


def test_a_new_run_in_an_old_folder_has_its_own_history(tmp_path: Path) -> None:
    write_part(tmp_path, 0, "0,9,0.5", "1,19,0.4")
    write_part(tmp_path, 1, "0,9,0.7")
    merged = merge_history(tmp_path)
    assert merged is not None
    assert merged.read_text().splitlines()[1:] == ["0,9,0.7"]


def test_without_a_csv_logger_there_is_no_history(tmp_path: Path) -> None:
    assert merge_history(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_each_level_has_its_threshold() -> None:
    summary = {"video": {"threshold_prob": 0.4, "auc": 1.0}, "frame": {"threshold_prob": None}}
    assert level_thresholds(summary) == {"video": 0.4, "frame": None}
