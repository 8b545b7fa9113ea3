import signal

import pytest

from resgat.run.interrupted import interrupted_by_sigterm


def told_twice() -> None:
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.raise_signal(signal.SIGTERM)


def test_sigterm_is_an_interrupt_once_and_afterwards_what_it_was() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt) as told, interrupted_by_sigterm():
        told_twice()
    assert told.value.__context__ is None  # the second was passed over
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_that_ends_leaves_the_signal_as_it_was() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interrupted_by_sigterm():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
