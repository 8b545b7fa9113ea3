import ctypes
import os
import sys

import numpy as np
import pytest

from resgat.app.memory import give_back
from tests.app.client import rss_mb


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is done")
def test_what_was_freed_is_given_back() -> None:
    held = [np.ones(2_000) for _ in range(20_000)]  # too small for glibc to give back by itself
    last = np.ones(2_000)
    before = rss_mb(os.getpid())
    del held
    give_back()
    assert rss_mb(os.getpid()) < before - 200
    assert last.sum() == 2_000


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    give_back()
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", None)
    give_back()
