"""RGB colours, 0-255."""

from __future__ import annotations

import colorsys

import numpy as np

Colour = tuple[float, float, float]


def hsv_colour(hue: float, saturation: float, value: float) -> Colour:
    """Return the RGB colour of a hue, saturation and value in [0, 1].

    Example:
        >>> hsv_colour(0.0, 1.0, 1.0)
        (255.0, 0.0, 0.0)
    """
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return 255 * red, 255 * green, 255 * blue


def jitter_colour(
    colour: Colour, rng: np.random.Generator, *, shift: Colour, sigma: float
) -> Colour:
    """Return ``colour`` moved by ``shift`` and a Gaussian step of ``sigma``, clipped."""
    moved = np.clip(np.add(colour, shift) + rng.normal(0, sigma, 3), 0, 255)
    return float(moved[0]), float(moved[1]), float(moved[2])


def scale_colour(colour: Colour, factor: float) -> Colour:
    """Return ``colour`` made darker or lighter, clipped.

    Example:
        >>> scale_colour((100, 200, 50), 2)
        (200.0, 255.0, 100.0)
    """
    scaled = np.clip(np.multiply(colour, factor), 0, 255)
    return float(scaled[0]), float(scaled[1]), float(scaled[2])
