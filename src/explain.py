"""Draw explanations by every method, and measure them against known truth, with controls."""

from omegaconf import DictConfig

from resgat.cli import launch


def task(cfg: DictConfig) -> None:
    """Explain once."""
    from resgat.run.explain import explain  # imports torch, so only when a run starts

    explain(cfg)


if __name__ == "__main__":
    launch("explain", task)
