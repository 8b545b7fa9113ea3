"""Keep secrets out of a run: its settings are written down, logged, and shared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from resgat.errors import ConfigError
from resgat.settings import flat

_NAME = re.compile(r"(^|[._])(api_?key|access_key|password|secret|secret_key|token)$")
_URL_WITH_USER = re.compile(r"\w://[^/\s@]+@")


def check_no_secrets(settings: Mapping[str, object]) -> None:
    """Refuse settings that hold a secret; the message does not repeat it.

    Args:
        settings: Plain containers.

    Raises:
        ConfigError: A setting is called one, or holds a URL with a user or a password in it.
    """
    for key, value in flat(settings).items():
        if value is None:
            continue
        if _NAME.search(key.lower()) or _URL_WITH_USER.search(str(value)):
            msg = (
                f"{key}: a secret given as a setting would be written into the run folder and its "
                "report; set the environment variable that its service reads, such as "
                "WANDB_API_KEY or AWS_SECRET_ACCESS_KEY"
            )
            raise ConfigError(msg)


def check_arguments(arguments: Sequence[str]) -> None:
    """Refuse command-line arguments that hold a secret, before Hydra writes them down.

    Raises:
        ConfigError: As :func:`check_no_secrets` does.
    """
    for argument in arguments:
        key, _, value = argument.lstrip("+").partition("=")
        check_no_secrets({key: value})
