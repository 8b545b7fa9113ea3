"""What the head's exact sum says: each node's share of the logit, and what is unusual in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from resgat.errors import ConfigError
from resgat.explain.attribution import Attribution
from resgat.explain.contribution import completeness_residual, contrast, contribution
from resgat.explain.faces import Faces
from resgat.explain.probe import Probe


@dataclass(frozen=True)
class Contribution:
    """``contrib``: the node contributions of an additive head, at the price of one forward pass."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the contributions (B, N); they sum to the logit less its constant.

        Raises:
            ConfigError: The model's head is not additive.
        """
        evidence = probe.evidence(faces.pixels)
        residual = completeness_residual(evidence)
        return Attribution(contribution(evidence), "node", "additive", residual)


@dataclass(frozen=True)
class Contrast:
    """``contrast``: the contribution less that of the average real training face."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return what is unusual in the contributions (B, N).

        Raises:
            ConfigError: The model's head is not additive, or its checkpoint has no reference.
        """
        reference = probe.known.reference
        if reference is None:
            msg = (
                "contrast: this checkpoint holds no reference evidence; finish its training run, "
                "which stores it, or leave the method out"
            )
            raise ConfigError(msg)
        shares = contribution(probe.evidence(faces.pixels))
        return Attribution(contrast(shares, reference.to(shares.device)), "node", "additive")
