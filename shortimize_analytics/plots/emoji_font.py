"""Emoji as line drawings, for matplotlib, which draws no colour fonts.

A colour font of the COLR kind (version 0) keeps each emoji as a stack of plain outlines, one colour each, beside a base
glyph that is blank here. OpenMoji draws its lines in black on top of coloured areas. So a font of its black outlines
alone is a good one-colour emoji font: each base glyph is made a composite of its black layers. Everything else (names,
widths, the joining of sequences) stays, which keeps a picture's layout the same as with the colour font.

References
----------
"COLR - Color Table", "CPAL - Palette Table", "glyf - Glyph Data", in the OpenType specification 1.9.1.
"""

import hashlib
import struct
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from shortimize_analytics.store.files import replacing

VERSION = 2
"""Of what this module makes of a font; another one makes it anew."""
_COMPOSITE = -1
_WORD_OFFSETS, _XY_VALUES, _MORE = 0x0001, 0x0002, 0x0020
_COLOUR_OF_TEXT = 0xFFFF


@lru_cache(maxsize=4)
def line_drawings(path: Path) -> Path:
    """Write a font's black layers as a font of its own into matplotlib's cache folder, once.

    Parameters
    ----------
    path
        A TrueType font with colour layers of version 0; another font comes back as it is.

    Returns
    -------
    Path
        A file in that folder (a temporary one where the user's cannot be written), or `path`.
    """
    from matplotlib import get_cachedir

    digest = hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()
    lines = Path(get_cachedir()) / f"shortimize-lines-{VERSION}-{digest}.ttf"
    if lines.exists():
        return lines
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=0, lazy=True, recalcBBoxes=False, recalcTimestamp=False) as font:
        if not {"COLR", "CPAL", "glyf"} <= set(font.reader.keys()) or font.reader["COLR"][:2] != b"\0\0":
            return path
        _draw_lines(font)
        with replacing(lines) as scrap:
            font.save(scrap)
    return lines


def _draw_lines(font: Any) -> None:
    """Make each glyph that has black layers a composite of them, and drop the colours.

    Outlines stay bytes, and layers are read from COLR's array: as objects of fontTools they take six times as long.
    """
    from fontTools.ttLib.tables.DefaultTable import DefaultTable

    black = [number for number, hue in enumerate(font["CPAL"].palettes[0]) if not (hue.red or hue.green or hue.blue)]
    layers = _layers(font.reader["COLR"], colours=[*black, _COLOUR_OF_TEXT])
    whole = font.reader["glyf"]
    outlines = [whole[start:end] for start, end in pairwise(font["loca"])]
    drawn = {glyph: [part for part in parts if outlines[part]] for glyph, parts in layers.items()}
    for glyph, parts in drawn.items():
        if parts:
            outlines[glyph] = _composite(parts, outlines)
    font["glyf"] = DefaultTable("glyf")
    font["glyf"].data = b"".join(outlines)
    font["loca"].set(accumulate(map(len, outlines), initial=0))
    del font["COLR"], font["CPAL"]


def _layers(colr: bytes, *, colours: list[int]) -> dict[int, list[int]]:
    """Map each base glyph to the glyphs of its layers in some colours of the palette."""
    n_base, base_at, layer_at, n_layers = struct.unpack_from(">HIIH", colr, 2)
    base = np.frombuffer(colr, ">u2", 3 * n_base, base_at).reshape(-1, 3)
    layer = np.frombuffer(colr, ">u2", 2 * n_layers, layer_at).reshape(-1, 2)
    parts, wanted = layer[:, 0].tolist(), np.isin(layer[:, 1], colours).tolist()
    return {
        glyph: [parts[place] for place in range(first, first + count) if wanted[place]]
        for glyph, first, count in base.tolist()
    }


def _composite(parts: list[int], outlines: list[bytes]) -> bytes:
    """Write a composite glyph of some others, each where it is; its box holds theirs."""
    boxes = [struct.unpack_from(">4h", outlines[part], 2) for part in parts]
    low_x, low_y, high_x, high_y = zip(*boxes, strict=True)
    head = struct.pack(">5h", _COMPOSITE, min(low_x), min(low_y), max(high_x), max(high_y))
    flags = [_WORD_OFFSETS | _XY_VALUES | _MORE] * (len(parts) - 1) + [_WORD_OFFSETS | _XY_VALUES]
    return head + b"".join(struct.pack(">2H2h", flag, part, 0, 0) for flag, part in zip(flags, parts, strict=True))
