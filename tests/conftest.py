"""Settings that every test runs under, and the real videos where there are any."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
os.environ["WANDB_MODE"] = "offline"
if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores; torch reads this when it is first imported.
    os.environ["OMP_NUM_THREADS"] = "1"

settings.register_profile("resgat", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("resgat")

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repo() -> Path:
    """The checkout that the tests belong to."""
    return REPO


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real FF++ and DFDC videos."""
    folder = Path(os.environ.get("RESGAT_REAL_DATA", REPO.parent / "shared" / "data" / "real"))
    if not folder.is_dir():
        pytest.skip(f"no real videos at {folder}; set RESGAT_REAL_DATA to their folder")
    return folder
