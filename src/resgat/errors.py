"""Errors a user can cause. Each subclasses a builtin; its message names thing and remedy.

The command line prints these as one or two lines and exits with status 1; anything else is our bug
and keeps its traceback.
"""


class ResgatError(Exception):
    """Base of every error that a user's input can cause."""


class ConfigError(ResgatError, ValueError):
    """A configuration key or value is unknown or out of range."""


class ShapeError(ResgatError, ValueError):
    """A tensor has another shape than the one documented."""


class DatasetNotFoundError(ResgatError, FileNotFoundError):
    """A folder of crops or videos, or a file in it, is missing or empty."""


class IndexSchemaError(ResgatError, ValueError):
    """The crop index lacks a column, or a column holds what it may not hold."""


class StorageError(ResgatError, OSError):
    """A disk or a bucket cannot be written to."""


class CropReadError(ResgatError, ValueError):
    """A stored crop or mask cannot be used as an image."""


class MetadataError(ResgatError, ValueError):
    """A corpus's own metadata file is malformed."""


class VideoReadError(ResgatError, ValueError):
    """A video cannot be decoded, or ends before it should."""


class SplitError(ResgatError, ValueError):
    """A split is empty, has one class only, or is used twice."""


class SplitLeakageError(SplitError):
    """An identity group lies in more than one split."""


class CheckpointError(ResgatError, ValueError):
    """A checkpoint is truncated, unsafe, or belongs to another model."""


class RunFolderError(ResgatError, ValueError):
    """A folder holds no finished run, or none that can be repeated here."""


class ReproductionError(ResgatError, ArithmeticError):
    """A run that was repeated came to other numbers."""


class WeightsUnavailableError(ResgatError, OSError):
    """Pretrained weights can be neither found nor downloaded."""


class ExportError(ResgatError, ArithmeticError):
    """An exported file does not say what the detector says."""


class DeviceError(ResgatError, RuntimeError):
    """The hardware that the configuration asks for is not there."""


class JobFailedError(ResgatError, RuntimeError):
    """A job of a sweep that was run as a command of its own did not end well."""


class TrainingDivergedError(ResgatError, ArithmeticError):
    """The loss is no longer a finite number."""


class TrialPrunedError(ResgatError, RuntimeError):
    """A job of a sweep is not worth going on with; no mistake of anybody's."""
