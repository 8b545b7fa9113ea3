import hashlib
import subprocess
from pathlib import Path

import pytest

from resgat.errors import CheckpointError
from resgat.export.sums import check_sums, write_sums


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "a.bin").write_bytes(b"one")
    (tmp_path / "logs" / "b.txt").write_bytes(b"two")
    write_sums(tmp_path)
    return tmp_path


def test_they_are_what_sha256sum_reads(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert lines[0] == f"{hashlib.sha256(b'one').hexdigest()}  a.bin"
    assert lines[1].endswith("  logs/b.txt")
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    check_sums(folder, needed=("a.bin",))


def test_a_changed_file_is_refused_and_one_that_was_left_out_is_not(folder: Path) -> None:
    (folder / "logs" / "b.txt").unlink()
    check_sums(folder)
    (folder / "a.bin").write_bytes(b"ONE")
    with pytest.raises(CheckpointError, match=r"a\.bin is not the file that was released"):
        check_sums(folder)


def test_a_needed_file_must_be_there_and_have_a_sum(folder: Path) -> None:
    (folder / "new.bin").write_bytes(b"x")
    for name in ("new.bin", "gone.bin"):
        with pytest.raises(CheckpointError, match=f"no whole release: {name} is missing"):
            check_sums(folder, needed=(name,))


def test_a_folder_without_sums_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="it has no SHA256SUMS"):
        check_sums(tmp_path)


def test_sums_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "SHA256SUMS").write_bytes(b"\xff\xfe\x00")
    message = r"SHA256SUMS is no text, so it holds no sums\. Download the release again"
    with pytest.raises(CheckpointError, match=message):
        check_sums(folder)


@pytest.mark.parametrize(
    "line", ["abc  a.bin", f"{'0' * 64}  ../up", f"{'0' * 64}  /etc/passwd", "x"]
)
def test_a_line_that_is_no_sum_or_leads_elsewhere_is_refused(line: str, folder: Path) -> None:
    (folder / "SHA256SUMS").write_text(line + "\n")
    with pytest.raises(CheckpointError, match="expected lines of a SHA-256 and a relative path"):
        check_sums(folder)
