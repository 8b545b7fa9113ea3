"""Reads back what the page says."""

import html
import re


def text_of(markup: str) -> str:
    """The text that a reader sees, one element after the other."""
    without_style = re.sub(r"<style>.*?</style>", "", markup, flags=re.DOTALL)
    joined = without_style.replace("<wbr>", "")
    return html.unescape(re.sub(r"(<[^>]*>)+", "|", joined))


def rows_of(table: str) -> list[list[str]]:
    """The cells of each row, without what is not text."""
    rows = re.findall(r"<tr.*?</tr>", table, flags=re.DOTALL)
    cells = (re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL) for row in rows)
    return [[text_of(cell).strip("|") for cell in row] for row in cells]
