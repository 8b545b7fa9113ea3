"""Run a recorded run again and compare its numbers with the recorded ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, cast

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pytorch_lightning.utilities import rank_zero_only

from resgat.checks import check_range
from resgat.config import parse
from resgat.errors import ConfigError, ReproductionError, RunFolderError
from resgat.files import write_json
from resgat.messages import user_message
from resgat.report.agreement import agree, count, verdict, worst
from resgat.report.console_agreement import counts_table, worst_table
from resgat.report.terminal import print_table
from resgat.run.comparable import check_comparable
from resgat.run.evaluate import evaluate
from resgat.run.explain import explain
from resgat.run.quiet import hush_libraries
from resgat.run.recorded import CONFIG_NAME, Recorded, read_recorded, read_results
from resgat.run.train import train
from resgat.schemas.runs import EvalConfig, ExplainConfig, TrainConfig
from resgat.targets import check_targets

REPORT_NAME = "reproduction.json"
SCHEMA = 1

logger = logging.getLogger(__name__)

#: The sections that name the run folder, to write into it.
_WRITERS = ("trainer", "callbacks", "logger")


class _Command(NamedTuple):
    """What a task's configuration may hold, and what runs it."""

    schema: type
    run: Callable[[DictConfig], object]


_COMMANDS = {
    "train": _Command(TrainConfig, train),
    "eval": _Command(EvalConfig, evaluate),
    "explain": _Command(ExplainConfig, explain),
}


def reproduce(cfg: DictConfig) -> None:
    """Repeat one run in this run's folder; the report is written before anything is refused.

    Raises:
        ReproductionError: Not all numbers agree.
        ResgatError: The run cannot be repeated here; nothing has been run then.
    """
    hush_libraries()
    config = parse(cfg)
    check_range("atol", config["atol"], low=0)
    run_dir = Path(HydraConfig.get().runtime.output_dir)
    recorded = read_recorded(Path(config["run_dir"]))
    if run_dir.resolve() == recorded.run_dir.resolve():
        msg = f"hydra.run.dir={run_dir} is the folder of the recorded run; choose another"
        raise ConfigError(msg)
    again = settings_again(recorded, run_dir, config["crops_dir"], config["ckpt_path"])
    notes = [*_new_settings(recorded, again), *check_comparable(recorded, parse(again))]
    for note in notes:
        logger.warning("numbers may differ: %s", note)
    (run_dir / REPORT_NAME).unlink(missing_ok=True)
    _COMMANDS[recorded.task].run(again)
    _report(recorded, run_dir, config["atol"], notes)


def settings_again(
    recorded: Recorded, run_dir: Path, crops_dir: str | None, ckpt_path: object
) -> DictConfig:
    """Return a run's configuration, to be run again elsewhere.

    A training that was resumed is repeated from its start, which ends in the same numbers.

    Args:
        recorded: The run.
        run_dir: What takes the place of its folder wherever something writes.
        crops_dir: Where its crops lie now; None is where they lay.
        ckpt_path: Where the checkpoints lie now that it judged; None is where they lay.

    Raises:
        RunFolderError: This version of resgat does not take the configuration any more.
        ConfigError: A training is given a checkpoint.
    """
    config = dict(recorded.config)
    for section in _WRITERS:
        if section in config:
            config[section] = _moved(config[section], _old_folder(recorded), str(run_dir))
    if recorded.task == "train":
        if ckpt_path is not None:
            msg = f"ckpt_path={ckpt_path}: a training is repeated from its start; leave it out"
            raise ConfigError(msg)
        config["ckpt_path"] = None
    elif ckpt_path is not None:
        config["ckpt_path"] = ckpt_path
    try:
        again = OmegaConf.merge(OmegaConf.structured(_COMMANDS[recorded.task].schema), config)
        if crops_dir is not None:
            OmegaConf.update(again, "data.crops_dir", crops_dir, force_add=True)
        check_targets(parse(cast(DictConfig, again)))
    except (OmegaConfBaseException, ConfigError) as error:
        msg = (
            f"{recorded.run_dir / CONFIG_NAME} does not fit this version of resgat: "
            f"{user_message(error)}. Repeat it with the code that made it: "
            f"{recorded.environment.get('code')}"
        )
        raise RunFolderError(msg) from error
    return cast(DictConfig, again)


def _old_folder(recorded: Recorded) -> str:
    """Return where the run was when it ran; older ones tell by their trainer."""
    root = (recorded.config.get("trainer") or {}).get("default_root_dir")
    return str(recorded.environment.get("run_dir") or root or recorded.run_dir.resolve())


def _moved(node: Any, old: str, new: str) -> Any:
    """Put another folder in the place of one, and of what lies in it."""
    if isinstance(node, Mapping):
        return {key: _moved(value, old, new) for key, value in node.items()}
    if isinstance(node, list):
        return [_moved(value, old, new) for value in node]
    if isinstance(node, str) and Path(node).is_relative_to(old):
        return str(new / Path(node).relative_to(old))
    return node


def _new_settings(recorded: Recorded, again: DictConfig) -> list[str]:
    new = sorted(set(map(str, again)) - recorded.config.keys())
    return [f"{key} was not recorded, and is {again[key]}" for key in new]


@rank_zero_only
def _report(recorded: Recorded, run_dir: Path, atol: float, notes: Sequence[str]) -> None:
    """Compare, write and print, in one process only."""
    rows = agree(recorded.results, read_results(run_dir, recorded.task), atol=atol)
    said, agrees = verdict(rows, atol=atol), bool(rows) and all(row.agrees for row in rows)
    unlike = worst(rows)
    report = {
        "schema": SCHEMA,
        "run_dir": str(recorded.run_dir),
        "task": recorded.task,
        "atol": atol,
        "agrees": agrees,
        "verdict": said,
        "warnings": list(notes),
        "counts": count(rows),
        "largest_difference": max((row.difference or 0.0 for row in rows), default=None),
        "numbers": [asdict(row) for row in rows],
    }
    write_json(run_dir / REPORT_NAME, report)
    print_table(counts_table(rows))
    if unlike:
        print_table(worst_table(rows))
    if not agrees:
        msg = f"{said}. See {run_dir / REPORT_NAME}"
        raise ReproductionError(msg)
    logger.info("%s; report in %s", said, run_dir / REPORT_NAME)
