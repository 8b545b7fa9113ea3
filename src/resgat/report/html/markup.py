"""HTML whose text is escaped by construction: only :class:`Markup` is taken as it is."""

from __future__ import annotations

import html
from collections.abc import Iterable

#: Elements without an end tag in HTML.
_VOID = {"img", "input", "meta", "col", "br"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *children: object, **attributes: object) -> Markup:
    """Return an element.

    Args:
        name: Of the tag.
        children: Markup as it is; anything else as escaped text.
        attributes: ``class_`` is written as ``class``, ``stroke_width`` as ``stroke-width``. One
            that is None is left out; one that is True has no value.

    Example:
        >>> element("p", "a < b", element("b", 1), class_="note")
        '<p class="note">a &lt; b<b>1</b></p>'
    """
    opened = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{opened}>")
    return Markup(f"<{name}{opened}>{join(children)}</{name}>")


def breakable(name: str) -> Markup:
    """Return a name that a narrow column may break after a slash or an underscore.

    Example:
        >>> breakable("attn_received")
        'attn_<wbr>received'
    """
    return Markup(html.escape(name).replace("/", "/<wbr>").replace("_", "_<wbr>"))


def join(children: Iterable[object]) -> Markup:
    """Return children one after the other; what is no markup is escaped."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else html.escape(str(child)) for child in children
        )
    )


def _attribute(key: str, value: object) -> str:
    if value is None:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
