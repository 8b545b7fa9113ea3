"""Explainable deepfake detection with graph attention networks.

``load`` and ``predict`` are imported when they are first asked for, torch with them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resgat.run.predicting import load as load
    from resgat.run.predicting import predict as predict

__version__ = "0.1.0"

__all__ = ["load", "predict"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("resgat.run.predicting"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
