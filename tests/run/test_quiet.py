"""Known harmless words of libraries are hidden, all others are not."""

import logging
import warnings

import pytest

from resgat.run.quiet import hush_libraries


@pytest.fixture(autouse=True)
def hushed() -> None:
    hush_libraries()


@pytest.mark.parametrize(
    ("message", "category"),
    [
        ("`isinstance(treespec, LeafSpec)` is deprecated", FutureWarning),
        ("The 'train_dataloader' does not have many workers which may be", UserWarning),
        ("The number of training batches (3) is smaller than the logging", UserWarning),
        ("Checkpoint directory /runs/a exists and is not empty.", UserWarning),
        ("The `srun` command is available on your system but is not used.", UserWarning),
        ("It is recommended to use `self.log('a', ..., sync_dist=True)` when", UserWarning),
    ],
)
def test_a_known_warning_is_hidden(message: str, category: type[Warning]) -> None:
    warnings.warn(message, category, stacklevel=1)


def test_any_other_warning_is_not_hidden() -> None:
    with pytest.warns(UserWarning, match="a new one"):
        warnings.warn("a new one", UserWarning, stacklevel=1)


def test_start_up_banners_are_hidden_and_problems_are_not() -> None:
    for library in ("pytorch_lightning", "lightning_fabric"):
        assert logging.getLogger(library).getEffectiveLevel() == logging.WARNING
    launchers = logging.getLogger("lightning_fabric.strategies.launchers.subprocess_script")
    assert launchers.getEffectiveLevel() == logging.INFO  # names a process that was killed
