"""Memory that a process frees and keeps, because its next step needs as much again."""

from __future__ import annotations

import ctypes
import platform

# Of glibc's malloc.h.
_TRIM_THRESHOLD = -1
_MMAP_MAX = -4
_NEVER = -1


def keep_freed_memory() -> bool:
    """Have glibc keep large blocks that are freed, instead of returning them to the system.

    Every training step asks for the blocks that the last one freed. Returned in between, each of
    their pages is mapped and zeroed anew, in every step. Kept, they cost some peak memory, for the
    heap gets holes; ``docs/speed.md`` says how much.

    Returns:
        Whether there is a glibc to be told; without one nothing changes.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_MMAP_MAX, 0)) and bool(mallopt(_TRIM_THRESHOLD, _NEVER))
