"""What a corpus must answer: all that are on offer do, and one that answers no more is enough."""

import importlib
import inspect
import re
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from resgat.data.corpora.base import Census, Corpus
from resgat.data.datamodule import CropDataModule
from resgat.data.videos import VideoRecord
from resgat.errors import DatasetNotFoundError

CONFIGS = Path(__file__).resolve().parents[3] / "conf" / "data"
TARGETS = re.findall(
    r"_target_: (resgat\.data\.corpora\.[\w.]+)",
    "\n".join(path.read_text() for path in sorted(CONFIGS.glob("*.yaml"))),
)


@dataclass
class Bare:
    """A corpus that answers what it must, and notes what it is asked."""

    name: str = "bare"
    asked: list[Path] = field(default_factory=list)

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        return []

    def census(self, records: Sequence[VideoRecord]) -> Census:
        return Census({"original": {"all": len(records)}})

    def prepare(self, crops_dir: Path) -> None:
        self.asked.append(crops_dir)


def test_a_corpus_without_a_published_count_has_nothing_to_compare_with() -> None:
    nothing = Census()
    assert dict(nothing.official) == {}
    assert nothing.absent == ()
    assert nothing == Census({}, ())
    assert nothing.official is not Census().official


def test_a_census_is_what_it_holds() -> None:
    counts = {"original": {"train": 720, "val": 140, "test": 140}, "Deepfakes": {"all": 1000}}
    census = Census(official=counts, absent=("ffpp/original/c23/000",))
    assert census == Census(counts, ("ffpp/original/c23/000",))
    assert census != Census(counts)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'absent'"):
        census.absent = ()  # type: ignore[misc]


def test_every_corpus_on_offer_is_looked_at() -> None:
    assert len(TARGETS) == len(list(CONFIGS.glob("*.yaml"))) - 1  # all but base.yaml


@pytest.mark.parametrize("target", TARGETS)
def test_every_corpus_on_offer_answers_what_a_corpus_must(target: str) -> None:
    module, _, name = target.rpartition(".")
    corpus: Any = getattr(importlib.import_module(module), name)
    assert hasattr(corpus, "name")
    for method in ("videos", "census", "prepare"):
        wanted = inspect.signature(getattr(Corpus, method))
        found = inspect.signature(getattr(corpus, method))
        assert list(found.parameters) == list(wanted.parameters)
        # A corpus that makes its own crops has no videos to list.
        assert found.return_annotation in (wanted.return_annotation, "NoReturn")


def test_crops_are_served_for_a_corpus_that_answers_no_more(drawn_crops: Path) -> None:
    corpus = Bare()
    datamodule = CropDataModule(corpus, drawn_crops, size_px=32, batch_size=4)
    datamodule.prepare_data()
    datamodule.setup()
    assert corpus.asked == [drawn_crops]
    assert len(datamodule.index) == 36


def test_the_name_of_a_corpus_is_what_a_user_is_told_to_prepare(tmp_path: Path) -> None:
    datamodule = CropDataModule(Bare(name="mine"), tmp_path / "crops", raw_dir="raw")
    expected = f"python src/preprocess.py data=mine data.raw_dir=raw data.crops_dir={tmp_path}"
    with pytest.raises(DatasetNotFoundError, match=re.escape(expected)):
        datamodule.setup()
