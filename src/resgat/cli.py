"""What every command does around its task: compose the config, run, and report a user's mistake.

Nothing here imports torch, so that ``--help``, ``--cfg job`` and shell completion answer at once.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from resgat.config import register, sweep_name
from resgat.errors import ConfigError, ResgatError
from resgat.messages import user_message
from resgat.secrets import check_arguments
from resgat.usage import usage

#: The config groups of the checkout that this package lies in.
CONF_DIR = Path(__file__).resolve().parents[2] / "conf"

#: Hydra's switches that a value follows.
_TAKES_A_VALUE = {
    *("--cfg", "-c", "--package", "-p", "--info", "-i", "--experimental-rerun"),
    *("--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd"),
}

#: A command's work. What it returns is what a sweeper minimises or maximises.
Task = Callable[[DictConfig], float | None]

_USER_ERRORS = (ResgatError, HydraException, OmegaConfBaseException)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Positional:
    """The config key that a command's bare words are the value of.

    ``reproduce.py RUN`` is ``reproduce.py run_dir=RUN``, and with ``many`` ``compare.py A B`` is
    ``compare.py runs=[A,B]``.

    Attributes:
        key: Its name.
        many: Whether it holds a list.
    """

    key: str
    many: bool = False

    @property
    def usage(self) -> str:
        """How ``--help`` shows the words."""
        return f"{self.key.upper()}{' ...' if self.many else ''}"

    def named(self, arguments: Sequence[str]) -> list[str]:
        """Put the key before the bare words among the arguments.

        Raises:
            ConfigError: There are several, and the key takes one.

        Example:
            >>> Positional("runs", many=True).named(["a", "b c", "seed=1"])
            ["runs=['a','b c']", 'seed=1']
        """
        befores = ["", *arguments]
        bare = [_is_bare(*pair) for pair in zip(arguments, befores, strict=False)]
        words = [word for word, is_bare in zip(arguments, bare, strict=True) if is_bare]
        rest = [word for word, is_bare in zip(arguments, bare, strict=True) if not is_bare]
        if len(words) > 1 and not self.many:
            msg = f"{self.key}: expected one, got {len(words)}: {', '.join(words)}"
            raise ConfigError(msg)
        listed = ",".join(map(quoted, words))
        value = f"[{listed}]" if self.many else listed
        return [f"{self.key}={value}", *rest] if words else rest


def quoted(word: str) -> str:
    """Return a word as Hydra's language takes it literally.

    Example:
        >>> quoted("lr=1,seed=2")
        "'lr=1,seed=2'"
    """
    # Hydra reads a backslash as such, but for those before a quote.
    return "'" + re.sub(r"(\\*)('|$)", lambda m: 2 * m[1] + (m[2] and r"\'"), word) + "'"


def _is_bare(argument: str, before: str) -> bool:
    """Tell a word from an override, a switch and the value of a switch: ``--cfg job``."""
    if before in _TAKES_A_VALUE:
        return False
    if argument.startswith(("-", "~")):
        return argument == "-"  # standard input
    # A sweep may name its folders seed=1.
    return "=" not in argument or Path(argument).exists()


def as_sweep(arguments: Sequence[str], groups: Collection[str]) -> list[str]:
    """Turn several options of a group into a sweep over them.

    Raises:
        ConfigError: The options are no plain list of names.

    Example:
        >>> as_sweep(["data=[ffpp,dfdc]", "seed=1"], ["data"])
        ['--multirun', 'data=ffpp,dfdc', 'seed=1']
    """
    said = [_options(argument, groups) for argument in arguments]
    if said == list(arguments):
        return said
    return said if {"-m", "--multirun"} & set(said) else ["--multirun", *said]


def _options(argument: str, groups: Collection[str]) -> str:
    key, is_override, value = argument.partition("=")
    if is_override and key in groups and value.startswith("[") and value.endswith("]"):
        options = value[1:-1].replace(" ", "")
        if not re.fullmatch(r"[\w/]+(,[\w/]+)*", options):
            msg = f"{key}: expected names such as {key}=[a,b], got {value}"
            raise ConfigError(msg)
        return f"{key}={options}"
    return argument


class _RefusedError(BaseException):
    """A user's mistake on its way past Hydra, which would announce an Exception itself."""


def launch(
    config_name: str,
    task: Task,
    *,
    switches: Mapping[str, str] = MappingProxyType({}),
    positional: Positional | None = None,
    swept: Collection[str] = (),
    conf_dir: Path = CONF_DIR,
) -> None:
    """Run ``task`` as a Hydra command.

    A user's mistake ends in ``error: ...`` on stderr and exit status 1, Ctrl-C in status 130. Any
    other exception is our bug and keeps its traceback; ``hydra.verbose=true`` shows that of a
    mistake, too.

    Args:
        config_name: The root config, such as ``train``.
        task: Defined in the script, which names the run folders after its file.
        switches: A switch such as ``--contact-sheet`` -> the override that it stands for.
        positional: What the command takes without a key; None takes nothing.
        swept: Groups of which several options may be said: ``data=[a,b]`` is ``-m data=a,b``.
        conf_dir: Where the config groups lie.
    """
    sys.argv[1:] = [switches.get(argument, argument) for argument in sys.argv[1:]]
    if {"--help", "-h"} & set(sys.argv[1:]):
        purpose = str(getattr(sys.modules["__main__"], "__doc__", "") or "").strip()
        words = positional.usage if positional else ""
        sys.stdout.write(usage(config_name, purpose, conf_dir, words))
        return
    register()
    # Otherwise Hydra prints errors itself and exits before they reach us.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    command = hydra.main(version_base="1.3", config_path=str(conf_dir), config_name=config_name)
    try:
        check_arguments(sys.argv[1:])
        sys.argv[1:] = as_sweep(sys.argv[1:], swept)
        if positional:
            sys.argv[1:] = positional.named(sys.argv[1:])
        command(_past_hydra(task))()
    except _RefusedError as refused:
        _stop(str(refused))
    except KeyboardInterrupt:
        _stop("interrupted", status=130)
    except SystemExit as stop:
        # Lightning answers Ctrl-C with exit status 1.
        if isinstance(stop.__context__, KeyboardInterrupt):
            _stop("interrupted", status=130)
        raise
    except _USER_ERRORS as error:
        message = user_message(error, _groups(conf_dir))
        if message is None:
            raise
        _stop(message)
    except ValueError as error:
        if not _comes_from_hydra(error):
            raise
        _stop(str(error))
    except OSError as error:
        if _has_begun(error):
            raise
        _stop(f"the run folder cannot be made: {error}. Choose another hydra.run.dir")


def _past_hydra(task: Task) -> Task:
    """Raise a user's mistake in a form that survives Hydra and a launcher's worker process."""

    @functools.wraps(task)
    def guarded(cfg: DictConfig) -> float | None:
        try:
            return task(cfg)
        except Exception as error:
            message = user_message(error) if isinstance(error, _USER_ERRORS) else None
            _note_stop(error, message)
            if message is None:
                raise
            log.debug("The mistake in full", exc_info=error)
            if HydraConfig.get().mode == RunMode.RUN:
                raise _RefusedError(message) from error
            # In a sweep Hydra says which job it was, and a sweeper may tolerate some failures.
            raise ConfigError(message) from error

    return guarded


def _note_stop(error: Exception, message: str | None) -> None:
    """Leave in the folder of a sweep's job why it has no results, for whoever reads the sweep."""
    if sweep_name() is not None:
        from resgat.run.stopped import Stop, write_stop

        write_stop(Path(HydraConfig.get().runtime.output_dir), Stop.of(error, message))


def _groups(conf_dir: Path) -> list[str]:
    folders = {path.parent for path in conf_dir.rglob("*.yaml")} - {conf_dir}
    return sorted(folder.relative_to(conf_dir).as_posix() for folder in folders)


def _comes_from_hydra(error: BaseException) -> bool:
    """Tell a command line that Hydra refuses (``-m`` with ``--cfg``) from a bug of ours."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__name__")).startswith("hydra.")


def _has_begun(error: BaseException) -> bool:
    """Tell what a task raised from what Hydra raised before it ran one."""
    names = (frame.f_code.co_qualname for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(name.startswith(f"{_past_hydra.__name__}.") for name in names)


def _stop(message: str, *, status: int = 1) -> None:
    sys.stderr.write(f"error: {message}\n")
    sys.exit(status)
