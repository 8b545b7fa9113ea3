"""How Lightning writes checkpoints here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO

from resgat.files import write_atomic


class AtomicCheckpointIO(TorchCheckpointIO):
    """Give a checkpoint its name when it is whole, on every file system.

    Lightning writes beside the system's temporary files and moves the result, which is a copy where
    those lie on another disk: a run killed in the middle of it cannot be resumed.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write a checkpoint, whole or not at all."""
        write_atomic(Path(path), lambda beside: torch.save(checkpoint, beside))
