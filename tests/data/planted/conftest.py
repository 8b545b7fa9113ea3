from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resgat.data.corpora import planted
from resgat.data.corpora.planted import PlantedFaces
from resgat.data.planted.drawn import DrawnPeople
from resgat.data.planted.subject import Subject
from tests.data.corpora.test_synthetic import in_this_process

SIDE_PX, NUM_TEST = 64, 224


@pytest.fixture(scope="session")
def no_processes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planted, "results_of", in_this_process)
        yield


@pytest.fixture(scope="session")
def planted_crops(tmp_path_factory: pytest.TempPathFactory, no_processes: None) -> Path:
    """A folder with enough pairs in its test split for statistics."""
    folder = tmp_path_factory.mktemp("planted") / "crops"
    PlantedFaces(size_px=SIDE_PX, train_twins=8, val_twins=4, test_twins=NUM_TEST).prepare(folder)
    return folder


@pytest.fixture(scope="session")
def subject() -> Subject:
    """A drawn face in the size that is the default."""
    return DrawnPeople(112).subject("test", 0, np.random.default_rng(3))
