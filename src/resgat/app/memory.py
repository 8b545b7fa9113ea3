"""Memory that was freed, and that the process still holds."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Hand freed memory back to the system; glibc keeps it for each thread that ever needed it.

    Elsewhere than on Linux nothing is done.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in every C library
    if trim is not None:
        trim(0)
