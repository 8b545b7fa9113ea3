"""Judge a checkpoint on the test crops under every corruption; a killed run goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytorch_lightning as pl
from matplotlib.figure import Figure

from resgat.callbacks.media import log_figures, log_numbers
from resgat.data.datamodule import CropDataModule
from resgat.errors import ConfigError
from resgat.files import write_parquet, write_text
from resgat.lit.detector import DetectorModule
from resgat.progress import track
from resgat.records import to_csv
from resgat.report.console_robustness import areas_table
from resgat.report.plots import save_figure
from resgat.report.robustness import plot_robustness
from resgat.report.terminal import print_table
from resgat.robustness.crops import CorruptedCrops, corrupted_loader, evenly
from resgat.robustness.curves import AreaRow, LevelRow, judge
from resgat.robustness.graded import NUM_LEVELS, Corruption
from resgat.run.build import build_trainer
from resgat.run.instantiate import build_named
from resgat.run.results import predictions
from resgat.run.robustness_section import chosen_sections

#: Where each pass leaves its predictions.
PASSES = "robustness"


@dataclass(frozen=True)
class Robustness:
    """What corruptions cost a detector.

    Attributes:
        levels: Each level of each corruption, at video and frame level.
        areas: Each corruption over all its levels.
    """

    levels: list[LevelRow]
    areas: list[AreaRow]


def chosen_corruptions(section: Mapping[str, Any] | None) -> dict[str, Corruption]:
    """Build the corruptions that a configuration asks for, by name; none by default.

    Raises:
        ConfigError: The section holds what it may not hold, there is no such corruption, or a
            parameter is out of range.
    """
    corruptions = build_named(chosen_sections(section)) if section else {}
    for name, one in corruptions.items():
        if not isinstance(one, Corruption):
            msg = (
                f"robustness.corruptions.{name}: expected a corruption, got {type(one).__name__}; "
                "docs/robustness.md lists them"
            )
            raise ConfigError(msg)
    return corruptions


def predict_corrupted(
    corruptions: Mapping[str, Corruption],
    config: Mapping[str, Any],
    module: DetectorModule,
    datamodule: CropDataModule,
    run_dir: Path,
) -> None:
    """Predict every level of every corruption whose predictions are not there yet.

    Args:
        corruptions: By name.
        config: Of the run.
        module: The detector.
        datamodule: Whose test split is corrupted.
        run_dir: Where the predictions are kept.

    Raises:
        CropReadError: A crop cannot be read.
    """
    # The run's callbacks and loggers are those of the crops as they are.
    quiet = {**config, "callbacks": None, "logger": None}
    trainer = build_trainer(quiet, show_progress=False)
    test = datamodule.index.select(datamodule.test_split)
    index = evenly(test, config["robustness"]["num_videos"])
    # Known before the first pass, so that all processes make the same ones.
    missing = list(_missing(corruptions, run_dir))
    for number, (name, level, path) in enumerate(missing, start=1):
        crops = CorruptedCrops(
            index,
            datamodule.eval_transform,
            name=name,
            corruption=corruptions[name],
            level=level,
            seed=config["seed"],
            rank=trainer.global_rank,
            world_size=trainer.world_size,
        )
        said = f"{name} {level} ({number} of {len(missing)})"
        trainer.test(module, _batches(crops, datamodule, trainer, said), verbose=False)
        table = predictions(module, datamodule, datamodule.test_split)
        if trainer.is_global_zero:
            write_parquet(path, table)


def judge_corrupted(
    corruptions: Mapping[str, Corruption],
    config: Mapping[str, Any],
    module: DetectorModule,
    clean: pa.Table,
    run_dir: Path,
) -> Robustness:
    """Measure a detector at every level of every corruption, after :func:`predict_corrupted`.

    Args:
        corruptions: By name.
        config: Of the run.
        module: The detector, for the thresholds that it carries.
        clean: Frame table of the whole test split as it is; level 0 is of the same crops as the
            other levels.
        run_dir: Where the predictions are kept.

    Raises:
        ConfigError: Two levels are not of the same crops, so that no drop is one.
    """
    thresholds, draws = module.facts["thresholds"], config["num_resamples"]
    levels: list[LevelRow] = []
    areas: list[AreaRow] = []
    same = _level_zero(clean, _paths(run_dir, next(iter(corruptions)))[0])
    for name, corruption in track(corruptions.items(), "measuring robustness", len(corruptions)):
        corrupted = [_read_pass(path, same) for path in _paths(run_dir, name)]
        rows = judge(name, corruption, [same, *corrupted], thresholds, draws=draws)
        levels += rows[0]
        areas += rows[1]
    return Robustness(levels, areas)


def save_robustness(robustness: Robustness, trainer: pl.Trainer, run_dir: Path) -> Figure:
    """Write the tables and the figure, tell the loggers, print what the corruptions cost.

    Returns:
        The figure.
    """
    write_text(run_dir / "robustness.csv", to_csv(LevelRow, robustness.levels))
    write_text(run_dir / "robustness_areas.csv", to_csv(AreaRow, robustness.areas))
    figure = plot_robustness(robustness.levels, robustness.areas)
    save_figure(figure, run_dir / "plots" / "robustness.png")
    log_figures(trainer, {"robustness": figure})
    areas = {
        f"robustness/{row.pooling}_{row.corruption}": row.area
        for row in robustness.areas
        if row.area is not None
    }
    log_numbers(trainer, areas)
    print_table(areas_table(robustness.areas))
    return figure


def _batches(
    crops: CorruptedCrops, datamodule: CropDataModule, trainer: pl.Trainer, said: str
) -> Iterable[Any]:
    loader = corrupted_loader(
        crops,
        batch_size=datamodule.batch_size,
        num_workers=datamodule.num_workers,
        pin_memory=datamodule.pin_memory,
    )
    if not trainer.is_global_zero:
        return loader
    return track(loader, said, crops.num_batches(datamodule.batch_size, datamodule.num_workers))


def _level_zero(clean: pa.Table, path: Path) -> pa.Table:
    """Return the predictions of the crops as they are, for those that a pass is of."""
    corrupted = pq.read_table(path, columns=["crop_id"])["crop_id"]
    return clean.filter(pc.is_in(clean["crop_id"], corrupted))


def _read_pass(path: Path, level_zero: pa.Table) -> pa.Table:
    table = pq.read_table(path)
    found, wanted = (set(one["crop_id"].to_pylist()) for one in (table, level_zero))
    if found != wanted:
        msg = (
            f"{path} is not of the crops of level 0: {len(found - wanted)} more and "
            f"{len(wanted - found)} fewer, so a drop would be none. Choose another hydra.run.dir, "
            f"or delete {path.parent}"
        )
        raise ConfigError(msg)
    return table


def _missing(
    corruptions: Mapping[str, Corruption], run_dir: Path
) -> Iterator[tuple[str, int, Path]]:
    for name in corruptions:
        for level, path in enumerate(_paths(run_dir, name), start=1):
            if not path.is_file():
                yield name, level, path


def _paths(run_dir: Path, name: str) -> list[Path]:
    levels = range(1, NUM_LEVELS + 1)
    return [run_dir / PASSES / f"{name}_{level}.parquet" for level in levels]
