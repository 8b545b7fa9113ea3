"""Videos damaged in every way that their bytes allow, and the whole ones they are made from."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.data.detectors import GREY_STEP
from tests.data.drawn_corpus import write_frames

NUM_FRAMES = 20
#: Of codec and ending: MPEG-4, Motion JPEG, VP8, VP9 and lossless, in three kinds of container.
CODECS = (("mp4v", "mp4"), ("MJPG", "avi"), ("VP80", "mkv"), ("vp09", "mp4"), ("FFV1", "mkv"))
#: Boxes of an MP4 file that lie around its table of durations.
_AROUND_STTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
#: Field of an MP4 file: box, bytes from its name to the field, form.
_MP4_FIELDS = (
    *((b"tkhd", 80, ">2I"), (b"mvhd", 16, ">2I"), (b"mdhd", 16, ">2I"), (b"stsz", 8, ">2I")),
    *((b"stsz", 12, ">2I"), (b"stts", 8, ">2I"), (b"stts", 12, ">I"), (b"stsc", 12, ">2I")),
    *((b"stco", 12, ">2I"), (b"stsd", 44, ">2H"), (b"mdat", -4, ">I"), (b"moov", -4, ">I")),
)
#: Field of an AVI file: chunk, bytes from its name to the field, form.
_AVI_FIELDS = (
    *((b"avih", 8, "<2I"), (b"avih", 24, "<2I"), (b"avih", 40, "<2I"), (b"strh", 28, "<2I")),
    *((b"strh", 40, "<I"), (b"strf", 12, "<2I"), (b"00dc", 4, "<I"), (b"\xff\xc0", 5, ">2H")),
)
_VP8_FIELDS = ((b"\x9d\x01\x2a", 3, "<2H"), (b"\xb0\x81", 2, "<B"), (b"\xba\x81", 2, "<B"))

Damage = Callable[[bytes, random.Random], bytes]


def whole_video(folder: Path, codec: str, ending: str) -> bytes:
    """Write a video of grey frames that tell their numbers."""
    frames = [np.full((48, 64, 3), GREY_STEP * idx, np.uint8) for idx in range(NUM_FRAMES)]
    return write_frames(folder / f"{codec}.{ending}", frames, codec).read_bytes()


def damaged_videos(folder: Path, num_each: int) -> Iterator[tuple[str, bytes]]:
    """Yield file names and contents: each kind of damage so often for each codec, and each field.

    Args:
        folder: Where the whole videos may be written.
        num_each: How often each random damage is done.
    """
    rng = random.Random(7)
    for codec, ending in CODECS:
        whole = whole_video(folder, codec, ending)
        for name, damage in DAMAGES.items():
            for number in range(num_each):
                yield f"{codec}_{name}_{number}.{ending}", damage(whole, rng)
        for number, data in enumerate(_fields(whole, codec)):
            yield f"{codec}_field_{number}.{ending}", data


def truncated(data: bytes, rng: random.Random) -> bytes:
    """Keep the beginning."""
    return data[: rng.randrange(len(data))]


def beheaded(data: bytes, rng: random.Random) -> bytes:
    """Keep the end."""
    return data[rng.randrange(1, len(data)) :]


def flipped(data: bytes, rng: random.Random) -> bytes:
    """Turn some bits over, anywhere."""
    return _flipped(data, rng, range(len(data)), rng.choice((1, 8, 64)))


def flipped_header(data: bytes, rng: random.Random) -> bytes:
    """Turn some bits over in what describes the frames: the first and the last 700 bytes."""
    ends = [*range(min(700, len(data))), *range(max(0, len(data) - 700), len(data))]
    return _flipped(data, rng, ends, rng.choice((1, 4)))


def blanked(data: bytes, rng: random.Random) -> bytes:
    """Lose a block, as a bad sector does."""
    start = rng.randrange(len(data))
    return data[:start] + bytes(min(512, len(data) - start)) + data[start + 512 :]


def noisy(data: bytes, rng: random.Random) -> bytes:
    """Overwrite a block with noise."""
    start = rng.randrange(len(data))
    return data[:start] + rng.randbytes(min(512, len(data) - start)) + data[start + 512 :]


def shuffled(data: bytes, rng: random.Random) -> bytes:
    """Put the second part first."""
    middle = rng.randrange(len(data))
    return data[middle:] + data[:middle]


def cut_out(data: bytes, rng: random.Random) -> bytes:
    """Leave a part out."""
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randrange(1, 512) :]


DAMAGES: dict[str, Damage] = {
    act.__name__: act
    for act in (truncated, beheaded, flipped, flipped_header, blanked, noisy, shuffled, cut_out)
}


def with_durations(mp4: bytes, runs: Sequence[tuple[int, int]]) -> bytes:
    """Give the frames of an MP4 file other durations: a variable frame rate.

    Args:
        mp4: With one run of durations and its index at the end, as FFmpeg writes it.
        runs: Frames, and how long each of them is shown, in ticks.
    """
    data = bytearray(mp4)
    start = data.index(b"stts") - 4
    table = struct.pack(">I4s2I", 16 + 8 * len(runs), b"stts", 0, len(runs))
    table += b"".join(struct.pack(">2I", *run) for run in runs)
    for name in _AROUND_STTS:
        place = data.index(name) - 4
        (size,) = struct.unpack_from(">I", data, place)
        struct.pack_into(">I", data, place, size + len(table) - 24)
    # An edit list would end the video where it ended before.
    return bytes(data[:start] + table + data[start + 24 :]).replace(b"edts", b"free")


def with_stated_count(video: bytes, count: int) -> bytes:
    """Let the header of an AVI or MP4 file state another number of frames."""
    data = bytearray(video)
    if b"strh" in video:
        struct.pack_into("<I", data, data.index(b"strh") + 40, count)
    else:
        struct.pack_into(">I", data, data.index(b"stts") + 12, count)
    return bytes(data)


def _fields(data: bytes, codec: str) -> Iterator[bytes]:
    """Yield the file with each of its fields at 0, 1, and the largest values there are."""
    known = {"mp4v": _MP4_FIELDS, "vp09": _MP4_FIELDS, "MJPG": _AVI_FIELDS, "VP80": _VP8_FIELDS}
    for name, offset, form in known.get(codec, ()):
        bits = 8 * struct.calcsize(form[0] + form[-1])
        for value in (0, 1, 2 ** (bits - 1) - 1, 2**bits - 1):
            damaged = bytearray(data)
            many = (value,) * (int(form[1]) if form[1].isdigit() else 1)
            struct.pack_into(form, damaged, data.index(name) + offset, *many)
            yield bytes(damaged)


def _flipped(data: bytes, rng: random.Random, places: Sequence[int], count: int) -> bytes:
    damaged = bytearray(data)
    for _ in range(count):
        damaged[rng.choice(places)] ^= 1 << rng.randrange(8)
    return bytes(damaged)
