"""Publish a trained detector: weights, ONNX, arguments, logs, sums, model card in one folder."""

from omegaconf import DictConfig

from resgat.cli import launch


def task(cfg: DictConfig) -> None:
    """Export once."""
    from resgat.run.export import export  # imports torch, so only when a run starts

    export(cfg)


if __name__ == "__main__":
    launch("export", task)
