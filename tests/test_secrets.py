"""Secrets are refused without being repeated; what only looks like one is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resgat.errors import ConfigError
from resgat.secrets import check_arguments, check_no_secrets


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (
            {"logger": {"wandb": {"settings": {"api_key": "hunter2"}}}},
            "logger.wandb.settings.api_key",
        ),
        ({"storage": {"AWS_SECRET_ACCESS_KEY": "hunter2"}}, "storage.AWS_SECRET_ACCESS_KEY"),
        ({"hub": {"token": "hunter2"}}, "hub.token"),
        ({"data": {"crops_dir": "s3://me:hunter2@bucket/crops"}}, "data.crops_dir"),
        ({"urls": ["https://hunter2@host/x"]}, "urls"),
    ],
)
def test_a_secret_is_refused_and_not_repeated(settings: Any, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_no_secrets(settings)
    assert str(caught.value).startswith(f"{key}: a secret given as a setting would be written")
    assert "WANDB_API_KEY" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_what_only_looks_like_one_is_let_through() -> None:
    check_no_secrets(
        {
            "hub": {"token": None},
            "model": {"num_tokens": 3, "token_dim": 4, "keys": ["a"]},
            "data": {"crops_dir": "s3://bucket/crops", "raw_dir": "/home/me@host/videos"},
        }
    )


def test_arguments_are_looked_at_before_anything_is_written(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    check_arguments(["-m", "seed=1,2", "data.crops_dir=s3://bucket/crops", "outputs/run"])
    run = tmp_path / "run"
    secret = "+logger.wandb.settings.api_key=hunter2"
    done = command("train", "logger=wandb", secret, f"hydra.run.dir={run}")
    assert done.status == 1
    assert done.err.startswith("error: logger.wandb.settings.api_key: a secret given as a setting")
    assert not run.exists()
