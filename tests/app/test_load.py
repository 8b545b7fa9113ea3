"""Twenty people at once: all are answered or refused in words, and the memory comes back.

``python -m tests.app.test_load URL PID FILE ...`` prints the numbers of docs/app.md.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.app.client import Answered, ask, judged, rss_mb
from tests.app.conftest import ROOM, Served

NUM = 20


def at_once(url: str, paths: Sequence[Path]) -> list[Answered]:
    """Send files at the same time, one for each person."""
    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(lambda path: ask(url, path), paths))


def check(answers: Sequence[Answered]) -> Counter[int]:
    """Check that each got a verdict or a refusal in words, and count them."""
    for one in answers:
        if one.status == 200:
            assert "calibrated P(fake)" in one.said
            assert "Methods of explanation side by side" in one.compared
        else:
            assert one.status == 503
            assert one.said.endswith("files are waiting already; try again in a minute")
    return Counter(one.status for one in answers)


def settled_mb(pid: int) -> float:
    """Wait until the server has given back what it freed, which it does every twenty seconds."""
    until = time.monotonic() + 25
    while time.monotonic() < until:
        time.sleep(1)
    return rss_mb(pid)


def test_the_same_picture_twice_at_once_is_judged_twice(served: Served, image: Path) -> None:
    assert check(at_once(served.url, [image, image])) == {200: 2}
    assert [path for path in served.files() if "upload" in path] == []


def test_a_token_is_all_that_is_looked_at(served: Served) -> None:
    said, compared = judged(served.url, "../../../etc/passwd")
    assert "The file is not here any more" in said
    assert compared == ""


@pytest.mark.slow
def test_twenty_at_once_are_answered_or_refused_and_the_memory_comes_back(
    served: Served, image: Path, clip: Path
) -> None:
    before = served.files()
    people = [image, clip] * (NUM // 2)
    rounds = []
    for _ in range(3):
        told = check(at_once(served.url, people))
        assert told[200] >= ROOM
        assert told.total() == NUM
        rounds.append(settled_mb(served.pid))
    assert rounds[2] - rounds[1] < 0.03 * rounds[1]
    assert [path for path in served.files() if path not in before] == []


def main(url: str, pid: int, paths: list[Path]) -> None:
    """Print what rounds of twenty leave of the memory."""
    say = sys.stdout.write
    say(f"at the start: {rss_mb(pid):.0f} MiB\n")
    check([ask(url, path) for path in paths])
    say(f"after one of each: {settled_mb(pid):.0f} MiB\n")
    for number in range(1, 6):
        start = time.perf_counter()
        told = check(at_once(url, [paths[at % len(paths)] for at in range(NUM)]))
        seconds = time.perf_counter() - start
        say(
            f"round {number}: {told[200]} answered, {told[503]} refused, {seconds:.1f} s, "
            f"{rss_mb(pid):.0f} MiB, then {settled_mb(pid):.0f} MiB\n"
        )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
