"""Maps from the attention of one forward pass. None has a sign: they say where, never for whom.

Legend: B images, N nodes, E edges, K heads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.attention import attention_corrected, attention_received, mean_attention
from resgat.explain.attribution import Attribution
from resgat.explain.faces import Faces
from resgat.explain.probe import Probe
from resgat.types import Evidence


@dataclass(frozen=True)
class AttentionReceived:
    """``attn_received``: the published map, node degree and all."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the attention each node receives (B, N).

        Raises:
            ConfigError: The model has no graph layer.
        """
        return Attribution(attention_received(probe.evidence(faces.pixels)), "node", "density")


@dataclass(frozen=True)
class AttentionCorrected:
    """``attn_corrected``: the published map relative to what uniform attention would give."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the attention each node receives beyond its degree (B, N).

        Raises:
            ConfigError: The model has no graph layer.
        """
        return Attribution(attention_corrected(probe.evidence(faces.pixels)), "node", "density")


@dataclass(frozen=True)
class AttentionReadout:
    """``attn_readout``: the weight of each node in the readout."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the readout's weights (B, N).

        Raises:
            ConfigError: The model has no readout weights.
        """
        return Attribution(_readout(probe.evidence(faces.pixels)), "node", "density")


@dataclass(frozen=True)
class AttentionRollout:
    """``attn_rollout``: attention of the graph layer, followed back from the readout.

    ``rollout[s] = sum_t readout[t] * mean_k attention[s -> t, k]``. The self-loops are in the
    attention; no identity is added, for the layer has no residual connection.

    Source:
        After Abnar and Zuidema 2020 (arXiv 2005.00928).
    """

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the rolled-out weights (B, N); they sum to one.

        Raises:
            ConfigError: The model has no graph layer.
        """
        evidence = probe.evidence(faces.pixels)
        return Attribution(flow_back(evidence, _readout(evidence)), "node", "density")


@dataclass(frozen=True)
class GradientAttention:
    """``grad_attn``: attention weighed by its gradient, where that speaks for "fake".

    ``A = mean_k (dlogit/dattention * attention)^+``, received by each source as attention is:
    ``map[s] = sum_t A[s -> t]``. Only the head is gone back through.

    Source:
        Chefer, Gur and Wolf 2021 (arXiv 2103.15679).
    """

    tier: ClassVar[int] = 1

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the weighed attention that each node receives (B, N).

        Raises:
            ConfigError: The model has no graph layer.
        """
        maps = probe.features(faces.pixels)
        evidence = probe.decide({name: found.requires_grad_() for name, found in maps.items()})
        _, (source, _) = mean_attention(evidence)  # refuses a model without a graph
        attention = cast(Tensor, evidence.attention)
        # What is returned is a view: the layer itself, and the gates behind it, used its base.
        used = attention if attention._base is None else attention._base
        gradient = probe.gradient(evidence.logit, used, head=True).view_as(attention)
        weighed = (gradient * attention).clamp_min(0).mean(2)
        empty = weighed.new_zeros(evidence.nodes.shape[:2])
        return Attribution(empty.index_add(1, source, weighed), "node", "density")


def flow_back(evidence: Evidence, weight: Tensor) -> Tensor:
    """Follow weights of output nodes (B, N) back to the input nodes, by mean attention: (B, N)."""
    attention, (source, target) = mean_attention(evidence)
    flow = attention * weight[:, target]
    return torch.zeros_like(weight).index_add(1, source, flow)


def _readout(evidence: Evidence) -> Tensor:
    if evidence.readout is None:
        msg = (
            "attention: this model has no readout over nodes; choose a graph model such as "
            "model=resgatv2, or leave the method out"
        )
        raise ConfigError(msg)
    return evidence.readout
