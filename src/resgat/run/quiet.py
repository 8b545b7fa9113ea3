"""Silence what libraries say on every run and no user can act on."""

from __future__ import annotations

import logging
import warnings


def hush_libraries() -> None:
    """Hide banners, the ONNX exporter's diary and harmless warnings, each with its reason."""
    chatty = ("pytorch_lightning", "lightning_fabric", "onnxscript", "onnx_ir", "alembic")
    for library in chatty:
        logging.getLogger(library).setLevel(logging.WARNING)
    # What ends a run whose process was killed says so here, in its last line, before it ends it.
    logging.getLogger("lightning_fabric.strategies.launchers").setLevel(logging.INFO)
    # Lightning 2.6 on torch 2.12 asks a tree in a way that torch renamed.
    warnings.filterwarnings("ignore", message=r".*LeafSpec", category=FutureWarning)
    # Drawn faces are read faster than a second process starts; the user chooses data.num_workers.
    warnings.filterwarnings("ignore", message=r".*does not have many workers")
    # Short epochs are logged as a whole by EpochLog.
    warnings.filterwarnings("ignore", message=r"The number of training batches")
    # A resumed run writes into its own folder on purpose.
    warnings.filterwarnings("ignore", message=r"Checkpoint directory .* exists and is not empty")
    # The numbers of val are computed over the rows of all processes, in each of them.
    warnings.filterwarnings("ignore", message=r"It is recommended to use .*sync_dist=True")
    # A login node has SLURM's commands, too; whether to use them is said by hydra/launcher.
    warnings.filterwarnings("ignore", message=r"The `srun` command is available")
