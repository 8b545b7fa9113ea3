"""Near-duplicates side by side, for the user to judge."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

from resgat.data.audit.crops import Crops
from resgat.data.audit.near_duplicates import Pair

PICTURE_NAME = "near_duplicates.png"

#: Pairs shown, the most similar ones; no video pair twice.
MAX_SHOWN = 18

_COLUMNS = 3
_TILE_PX, _BETWEEN_PX, _MARGIN_PX, _LINE_PX = 176, 6, 22, 17
_HEAD_PX = 46
_CARD_WIDTH = 2 * _TILE_PX + _BETWEEN_PX
_CARD_HEIGHT = 2 * _LINE_PX + 6 + _TILE_PX
Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

_PAPER, _INK, _GREY, _ALARM = "#fafafa", "#222222", "#6e6e6e", "#b03a2e"


def draw_pairs(crops: Crops, pairs: Sequence[Pair]) -> bytes:
    """Draw pairs, the most similar first, with crop ids and distances.

    Args:
        crops: The crops folder.
        pairs: At least one.

    Returns:
        A PNG.
    """
    shown = one_per_videos(crops, pairs)[:MAX_SHOWN]
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    width = columns * (_CARD_WIDTH + _MARGIN_PX) + _MARGIN_PX
    height = _HEAD_PX + rows * (_CARD_HEIGHT + _MARGIN_PX) + _MARGIN_PX // 2
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    title = "Crops that show the same and lie in two splits"
    draw.text((_MARGIN_PX, 14), title, _INK, ImageFont.load_default(17))
    for number, pair in enumerate(shown):
        row, column = divmod(number, columns)
        left = _MARGIN_PX + column * (_CARD_WIDTH + _MARGIN_PX)
        _draw_card(sheet, draw, crops, pair, (left, _HEAD_PX + row * (_CARD_HEIGHT + _MARGIN_PX)))
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def one_per_videos(crops: Crops, pairs: Sequence[Pair]) -> list[Pair]:
    """Keep the first pair of each two videos, so that no two of them fill the sheet."""
    kept: dict[tuple[str | None, str | None], Pair] = {}
    for pair in pairs:
        videos = (crops.value(pair.first, "video_id"), crops.value(pair.second, "video_id"))
        kept.setdefault(videos, pair)
    return list(kept.values())


def _draw_card(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, crops: Crops, pair: Pair, at: tuple[int, int]
) -> None:
    left, top = at
    splits = [crops.value(one, "split") for one in (pair.first, pair.second)]
    font, small = ImageFont.load_default(13), ImageFont.load_default(12)
    bits = f"{pair.distance} of 64 bits, {1 - pair.unlike:.3f} alike"
    draw.text((left + _CARD_WIDTH - draw.textlength(bits, small), top + 1), bits, _GREY, small)
    draw.text((left, top), f"{splits[0]} / {splits[1]}", _ALARM, font)
    for side, position in enumerate((pair.first, pair.second)):
        x = left + side * (_TILE_PX + _BETWEEN_PX)
        name = _shortened(draw, str(crops.value(position, "crop_id")), small)
        draw.text((x, top + _LINE_PX), name, _INK, small)
        tile = Image.fromarray(crops.crop(position).pixels)
        size = (_TILE_PX, _TILE_PX)
        sheet.paste(tile.resize(size, Image.Resampling.LANCZOS), (x, top + 2 * _LINE_PX + 4))


def _shortened(draw: ImageDraw.ImageDraw, text: str, font: Font) -> str:
    """Cut a name from its start, for its end tells crops apart, until it fits above a tile."""
    kept = text
    while kept and draw.textlength(f"...{kept}", font) > _TILE_PX:
        kept = kept[1:]
    return text if kept == text else f"...{kept}"
