"""Serve a local page that judges an image or a clip, and shows what the verdict rests on."""

from omegaconf import DictConfig

from resgat.cli import launch


def task(cfg: DictConfig) -> None:
    """Serve until it is stopped."""
    from resgat.run.app import app  # imports torch and gradio, so only when a run starts

    app(cfg)


if __name__ == "__main__":
    launch("app", task)
