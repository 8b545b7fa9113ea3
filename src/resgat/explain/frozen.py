"""A network held still: evaluation mode, no parameter asks for a gradient; and let go as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def frozen(net: nn.Module) -> Iterator[None]:
    """Switch to evaluation mode without parameter gradients, and back to each one's own state.

    Gradients with respect to an input can still be taken, and stay out of every ``.grad``.
    """
    modes = {module: module.training for module in net.modules()}
    asking = [param for param in net.parameters() if param.requires_grad]
    net.eval()
    for param in asking:
        param.requires_grad_(False)
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        for param in asking:
            param.requires_grad_(True)
