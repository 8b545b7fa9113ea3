"""Explainable deepfake detection with graph attention networks.

``load`` and ``predict`` are imported when they are first asked for, torch with them.
"""

TYPE_CHECKING = False  # as typing has it, which would be one more import
if TYPE_CHECKING:
    from resgat.run.predicting import load as load
    from resgat.run.predicting import predict as predict

__version__ = "0.1.0"

__all__ = ["load", "predict"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("resgat.run.predicting"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
