"""Cut face crops out of a corpus's raw videos and index them."""

from omegaconf import DictConfig

from resgat.cli import launch


def task(cfg: DictConfig) -> None:
    """Preprocess once."""
    from resgat.run.preprocess import preprocess  # imports OpenCV, so only when a run starts

    preprocess(cfg)


if __name__ == "__main__":
    launch("preprocess", task, switches={"--contact-sheet": "contact_sheet=true"})
