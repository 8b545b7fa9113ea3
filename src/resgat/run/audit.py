"""Can numbers on these crops be trusted? From a configuration to verdicts and an exit status."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from resgat.checks import check_range
from resgat.config import parse
from resgat.data.audit.crops import Crops
from resgat.data.audit.files import NAME as FILES
from resgat.data.audit.picture import PICTURE_NAME, draw_pairs
from resgat.data.audit.suite import AuditReport, AuditSettings, audit
from resgat.data.audit.verdict import Verdict
from resgat.data.folder import as_folder
from resgat.data.validation import preprocess_remedy
from resgat.errors import CropReadError, ResgatError, SplitError, SplitLeakageError
from resgat.files import write_atomic, write_json
from resgat.report.audit import audit_table
from resgat.report.terminal import print_table
from resgat.run.instantiate import build
from resgat.targets import check_targets

REPORT_NAME = "audit.json"

logger = logging.getLogger(__name__)


def run_audit(cfg: DictConfig) -> None:
    """Audit the crops of one corpus; the report is written before anything is refused.

    Raises:
        SplitLeakageError: Something that tells the answer crosses the splits, or the classes.
        CropReadError: A crop or mask is gone or broken.
        SplitError: A split holds one class only.
        ResgatError: There is nothing to audit; nothing has been written then.
    """
    config = parse(cfg)
    data = config["data"]
    # The rest of the section is the loader's; checking it would import torch.
    check_targets({"corpus": data["corpus"]})
    settings = _settings(config)
    corpus, crops = _open(data)
    report = audit(crops, settings, config["num_threads"])
    run_dir = Path(HydraConfig.get().runtime.output_dir)
    write_json(run_dir / REPORT_NAME, report.to_dict(corpus.name, str(data["crops_dir"])))
    _draw(crops, report, run_dir / PICTURE_NAME)
    print_table(audit_table(report.checks))
    logger.info("report in %s", run_dir / REPORT_NAME)
    if report.verdict in (Verdict.LEAK, Verdict.BROKEN):
        raise _refusal(report, run_dir)


def _settings(config: dict[str, Any]) -> AuditSettings:
    if config["num_threads"] is not None:
        check_range("num_threads", config["num_threads"], low=1)
    return AuditSettings(**config["hash"], **config["files"])


def _open(data: dict[str, Any]) -> tuple[Any, Crops]:
    """Build the corpus, let it make the crops that it can make, and open them."""
    corpus = build(data["corpus"])
    crops_dir = as_folder(data["crops_dir"])
    if isinstance(crops_dir, Path):  # nothing is made behind a URL
        corpus.prepare(crops_dir)
    images_dir = as_folder(data.get("images_dir") or crops_dir)
    remedy = preprocess_remedy(crops_dir, corpus=corpus.name, raw_dir=data["raw_dir"])
    return corpus, Crops.open(crops_dir, images_dir, remedy)


def _draw(crops: Crops, report: AuditReport, path: Path) -> None:
    path.unlink(missing_ok=True)  # of an earlier run in the same folder
    if report.pairs:
        picture = draw_pairs(crops, report.pairs)
        write_atomic(path, lambda beside: beside.write_bytes(picture))


def _refusal(report: AuditReport, run_dir: Path) -> ResgatError:
    leaks, broken = report.named(Verdict.LEAK), report.named(Verdict.BROKEN)
    found = " and ".join(
        f"{word} ({', '.join(name.replace('_', ' ') for name in names)})"
        for word, names in (("leakage", leaks), ("broken data", broken))
        if names
    )
    msg = f"the audit found {found}: numbers on these crops cannot be trusted. See "
    msg += f"{run_dir / REPORT_NAME}; correct the index or the split rule, and audit again"
    if leaks:
        return SplitLeakageError(msg)
    return CropReadError(msg) if FILES in broken else SplitError(msg)
