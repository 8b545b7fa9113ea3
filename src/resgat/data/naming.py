"""What becomes of a user's file name: in a path, in a document, before a reader's eyes."""

from __future__ import annotations

import hashlib
import re
import unicodedata

#: In bytes of UTF-8: most disks allow 255, and preprocessing adds its own endings.
MAX_NAME_BYTES = 120

_DIGEST = 8
_PLAIN = re.compile(r"[\w()+@=,-](?:[\w .()+@=,-]*[\w()+@=,-])?")
_SUFFIXED = re.compile(rf".*-[0-9a-f]{{{_DIGEST}}}")
_STRANGE = re.compile(r"[^\w .()+@=,-]+")
#: Names of devices, which Windows takes for no file whatever follows their first dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def safe_name(relative: str) -> str:
    """Turn the relative path of a user's file into one name for a folder.

    A plain name stays: letters and digits of any script and ``_ .()+@=,-``, no dot or space at an
    end. Any other becomes what is plain of it, then ``-`` and 8 hex digits of the SHA-256 of the
    original. A name that ends like this already is not plain, so no two names become one.

    Args:
        relative: Any text.

    Returns:
        A text of 1 to 120 bytes of UTF-8, without a slash or control character.

    Example:
        >>> safe_name("Zoë (take 2)"), safe_name("a/b.mp4")
        ('Zoë (take 2)', 'a_b.mp4-b0a066fc')
    """
    if _is_plain(relative):
        return relative
    digest = hashlib.sha256(relative.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    text = _STRANGE.sub("_", unicodedata.normalize("NFC", relative))
    room = MAX_NAME_BYTES - _DIGEST - 1
    kept = text.encode()[:room].decode(errors="ignore").strip(" .")
    lead = "_" if not kept or _DEVICE.fullmatch(kept) else ""
    return f"{lead}{kept}-{digest}"


def as_text(name: str) -> str:
    r"""Return a name as text that any file can hold; bytes that are no UTF-8 are spelt out.

    Example:
        >>> as_text("a\udcff.png")
        'a\\udcff.png'
    """
    return name.encode("utf-8", "backslashreplace").decode()


def on_one_line(name: str) -> str:
    r"""Return a name as it can be shown: control characters and the like are spelt out.

    Example:
        >>> on_one_line("a b.png"), on_one_line("a\n.png")
        ('a b.png', 'a\\n.png')
    """
    spelt = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    return "".join(spelt)


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or _SUFFIXED.fullmatch(text) or _DEVICE.fullmatch(text):
        return False
    return len(text.encode()) <= MAX_NAME_BYTES and unicodedata.is_normalized("NFC", text)
