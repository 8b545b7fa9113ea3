"""Judge one checkpoint on any corpus: honest numbers, each with its interval."""

from omegaconf import DictConfig

from resgat.cli import launch


def task(cfg: DictConfig) -> None:
    """Evaluate once."""
    from resgat.run.evaluate import evaluate  # imports torch, so only when a run starts

    evaluate(cfg)


if __name__ == "__main__":
    launch("eval", task, swept=["data"])
