"""What an explanation method returns, and the protocol that every method follows."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, runtime_checkable

from torch import Tensor

from resgat.explain.faces import Faces
from resgat.explain.probe import Probe

Native = Literal["node", "pixel", "region"]
Kind = Literal["additive", "density"]


class Attribution(NamedTuple):
    """One value per node, pixel or region; + pushes towards "fake".

    Attributes:
        values: Where the method really lives; see ``native``.
        native: ``node`` (B, N), ``pixel`` (B, H, W) or ``region`` (B, 8).
        kind: ``additive``: the values sum to something, so a larger cell holds more; ``density``:
            only their order and proportions mean anything.
        residual: How far ``sum(values) + base`` misses the logit, relative to the logit's distance
            from the base, (B,); None for a method that promises no sum.
    """

    values: Tensor
    native: Native
    kind: Kind
    residual: Tensor | None = None


@runtime_checkable
class Explainer(Protocol):
    """A method: faces in, attribution of the logit of "fake" out.

    ``tier`` is its cost in forward passes per image: 0 up to 1.1, 1 up to 5, 2 up to 100, 3 above.
    Methods of tier 3 are run on fewer images.
    """

    @property
    def tier(self) -> int:
        """0 to 3."""
        ...

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Explain a batch.

        Raises:
            ConfigError: The model, the faces or the installation lack what the method needs; the
                message names it.
        """
        ...
