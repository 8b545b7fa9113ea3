"""Check a corpus's crops for leaking splits, near-duplicates and broken files."""

from omegaconf import DictConfig

from resgat.cli import launch


def task(cfg: DictConfig) -> None:
    """Audit once."""
    from resgat.run.audit import run_audit  # imports OpenCV, so only when a run starts

    run_audit(cfg)


if __name__ == "__main__":
    launch("audit", task)
