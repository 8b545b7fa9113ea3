"""The frame of a chart: axes, grid and labels, drawn as SVG in the page's own colours."""

from __future__ import annotations

from dataclasses import dataclass

from resgat.report.html.markup import Markup, element
from resgat.report.html.scales import Scale, tick_text

#: Sizes in units that are pixels on a phone.
WIDTH, HEIGHT = 360, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 40


@dataclass(frozen=True)
class Frame:
    """Places values in a chart.

    Attributes:
        across, up: The scales of the two axes.
        x_label, y_label: What they show.
    """

    across: Scale
    up: Scale
    x_label: str
    y_label: str

    def x(self, value: float) -> float:
        """Return the horizontal place of a value."""
        return round(_LEFT + self.across(value) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        """Return the vertical place of a value; down is larger."""
        return round(HEIGHT - _BOTTOM - self.up(value) * (HEIGHT - _TOP - _BOTTOM), 1)

    def draw(self, *marks: Markup, alt: str) -> Markup:
        """Return the chart with its marks, and a text for who cannot see it."""
        return element(
            "svg",
            *self._grid(),
            *marks,
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            width="100%",
            role="img",
            aria_label=alt,
        )

    def _grid(self) -> list[Markup]:
        right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
        parts = []
        for tick in self.up.ticks:
            y = self.y(tick)
            parts.append(element("line", x1=_LEFT, x2=right, y1=y, y2=y, class_="rule"))
            label = {"x": _LEFT - 6, "y": y + 4, "text_anchor": "end"}
            parts.append(element("text", tick_text(tick), **label))
        for tick in self.across.ticks:
            label = {"x": self.x(tick), "y": bottom + 16, "text_anchor": "middle"}
            parts.append(element("text", tick_text(tick), **label))
        parts.append(element("line", x1=_LEFT, x2=right, y1=bottom, y2=bottom, class_="axis"))
        middle = (_LEFT + right) / 2
        parts.append(element("text", self.x_label, x=middle, y=HEIGHT - 6, text_anchor="middle"))
        return parts
