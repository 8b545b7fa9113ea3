"""Pack the crops of a corpus into tar shards, on this machine or in a bucket."""

from omegaconf import DictConfig

from resgat.cli import launch


def task(cfg: DictConfig) -> None:
    """Pack once."""
    from resgat.run.pack import pack  # imports OpenCV, so only when a run starts

    pack(cfg)


if __name__ == "__main__":
    launch("pack", task)
