"""Rank runs that judged the same crops: intervals, and which differences are real."""

from omegaconf import DictConfig

from resgat.cli import Positional, launch


def task(cfg: DictConfig) -> None:
    """Compare once."""
    from resgat.run.compare import compare  # imports torch, so only when a run starts

    compare(cfg)


if __name__ == "__main__":
    launch("compare", task, positional=Positional("runs", many=True))
