"""Run a recorded run again, and say which of its numbers come out again."""

from omegaconf import DictConfig

from resgat.cli import Positional, launch


def task(cfg: DictConfig) -> None:
    """Reproduce once."""
    from resgat.run.reproduce import reproduce  # imports torch, so only when a run starts

    reproduce(cfg)


if __name__ == "__main__":
    launch("reproduce", task, positional=Positional("run_dir"))
