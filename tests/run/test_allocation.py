"""Freed memory stays with the process, which a process without it shows to matter."""

import platform
import subprocess
import sys

import pytest

from resgat.run.allocation import keep_freed_memory

_BLOCK_MIB = 2304  # more than an int has bytes
_PROBE = """
import sys
from pathlib import Path

import torch

from resgat.run.allocation import keep_freed_memory


def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


if sys.argv[2] == "keep":
    assert keep_freed_memory()
before = resident_mib()
block = torch.ones(int(sys.argv[1]) * 2**18)
del block
print(resident_mib() - before)
"""


@pytest.mark.parametrize(("asked", "is_kept"), [("keep", True), ("leave", False)])
def test_a_large_block_stays_after_it_was_freed(asked: str, is_kept: bool) -> None:
    command = [sys.executable, "-c", _PROBE, str(_BLOCK_MIB), asked]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (float(done.stdout) > 0.9 * _BLOCK_MIB) == is_kept


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory()
