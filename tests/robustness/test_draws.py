import numpy as np

from resgat.robustness.draws import Draws


def numbers(rng: np.random.Generator) -> list[int]:
    return [int(number) for number in rng.integers(2**32, size=4)]


def frames(draws: Draws) -> list[list[int]]:
    return [numbers(rng) for rng in draws.of_frames()]


def test_they_follow_from_the_key_and_are_drawn_from_the_start_each_time() -> None:
    draws = Draws("0/noise/a/0", [3, 5])
    assert numbers(draws.of_clip()) == numbers(draws.of_clip())
    assert frames(draws) == frames(Draws("0/noise/a/0", [3, 5]))
    assert numbers(draws.of_clip()) != numbers(Draws("0/noise/b/0", [3, 5]).of_clip())
    assert numbers(draws.of_clip()) not in frames(draws)


def test_a_frame_has_its_own_whatever_the_other_frames_are() -> None:
    three, five, eight = frames(Draws("a", [3, 5, 8]))
    assert frames(Draws("a", [5])) == [five]
    assert frames(Draws("a", [8, 3])) == [eight, three]
    assert three != five != eight
