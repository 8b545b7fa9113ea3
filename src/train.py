"""Train a detector, choose the best epoch on val, test once."""

from omegaconf import DictConfig

from resgat.cli import launch


def task(cfg: DictConfig) -> float | None:
    """Train once; what it returns is what a sweep optimises."""
    from resgat.run.train import train  # imports torch, so only when a run starts

    return train(cfg)


if __name__ == "__main__":
    launch("train", task)
