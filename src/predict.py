"""Judge images and videos: a verdict for each face, how sure it is, and what it rests on."""

from omegaconf import DictConfig

from resgat.cli import Positional, launch


def task(cfg: DictConfig) -> None:
    """Predict once."""
    from resgat.run.predict import predict  # imports torch, so only when a run starts

    predict(cfg)


if __name__ == "__main__":
    launch("predict", task, positional=Positional("input", many=True))
