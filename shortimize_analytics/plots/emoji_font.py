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
from itertools import pairwise
from pathlib import Path

import numpy as np

from shortimize_analytics.store.files import replacing

VERSION = 1
"""Of what this module makes of a font; another one makes it anew."""
_COMPOSITE = -1
_WORD_OFFSETS, _XY_VALUES, _MORE = 0x0001, 0x0002, 0x0020
_BLACK = (0, 0, 0)
_LONG = b"\0\1"
"""In the table `head`: offsets of glyphs are counted in bytes, not in pairs."""


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

    content = path.read_bytes()
    lines = (
        Path(get_cachedir()) / f"shortimize-lines-{VERSION}-{hashlib.blake2b(content, digest_size=8).hexdigest()}.ttf"
    )
    if lines.exists():
        return lines
    tables = _read(content)
    if "COLR" not in tables or "CPAL" not in tables or tables["COLR"][:2] != b"\0\0":
        return path
    layers = _black_layers(tables.pop("COLR"), tables.pop("CPAL"))
    long_offsets = tables["head"][50:52] == _LONG
    offsets = np.frombuffer(tables["loca"], ">u4" if long_offsets else ">u2").astype(int) * (1 if long_offsets else 2)
    tables["glyf"], tables["loca"] = _composed(tables["glyf"], offsets, layers=layers)
    tables["head"] = tables["head"][:50] + _LONG + tables["head"][52:]
    with replacing(lines) as scrap:
        scrap.write_bytes(_written(tables))
    return lines


def _read(font: bytes) -> dict[str, bytes]:
    """Take a font apart into its tables."""
    (count,) = struct.unpack_from(">4xH", font)
    entries = (struct.unpack_from(">4s4xII", font, 12 + 16 * place) for place in range(count))
    return {tag.decode("ascii"): font[start : start + size] for tag, start, size in entries}


def _written(tables: dict[str, bytes]) -> bytes:
    """Put a TrueType font together from its tables, each at a multiple of four bytes."""
    at = 12 + 16 * len(tables)
    power = len(tables).bit_length() - 1
    search = 16 * 2**power
    directory = [b"\0\1\0\0", struct.pack(">4H", len(tables), search, power, 16 * len(tables) - search)]
    bodies = []
    for tag, data in sorted(tables.items()):
        padded = data + b"\0" * (-len(data) % 4)
        checksum = int(np.frombuffer(padded, ">u4").sum(dtype=np.uint64)) % 2**32
        directory.append(struct.pack(">4sIII", tag.encode("ascii"), checksum, at, len(data)))
        bodies.append(padded)
        at += len(padded)
    return b"".join(directory + bodies)


def _black_layers(colr: bytes, cpal: bytes) -> dict[int, np.ndarray]:
    """Map each base glyph to the glyphs of its black layers."""
    n_base, base_at, layer_at, n_layers = struct.unpack_from(">HIIH", colr, 2)
    base = np.frombuffer(colr, ">u2", 3 * n_base, base_at).reshape(-1, 3).astype(int)
    layer = np.frombuffer(colr, ">u2", 2 * n_layers, layer_at).reshape(-1, 2).astype(int)
    n_colours, first = struct.unpack_from(">2xH4xI", cpal)
    palette = np.frombuffer(cpal, np.uint8, 4 * n_colours, first).reshape(-1, 4)  # blue, green, red, alpha
    black = np.append(np.flatnonzero((palette[:, :3] == _BLACK).all(axis=1)), 0xFFFF)  # 0xFFFF: the text's colour
    is_black = np.isin(layer[:, 1], black)
    return {
        glyph: layer[start : start + count, 0][is_black[start : start + count]]
        for glyph, start, count in base.tolist()
        if is_black[start : start + count].any()
    }


def _composed(glyf: bytes, offsets: np.ndarray, *, layers: dict[int, np.ndarray]) -> tuple[bytes, bytes]:
    """Make each of these glyphs a composite of its layers; return the tables of outlines and of their offsets."""
    header = np.dtype([("contours", ">i2"), ("box", ">i2", 4)])
    part = np.dtype([("flags", ">u2"), ("glyph", ">u2"), ("offset", ">i2", 2)])
    out = [glyf[start:end] for start, end in pairwise(offsets)]
    drawn = {glyph: [layer for layer in found if out[layer]] for glyph, found in layers.items()}
    for glyph, parts in drawn.items():
        boxes = np.array([np.frombuffer(out[layer], header, 1)[0]["box"] for layer in parts], dtype=int)
        top = np.zeros(1, header)
        top["contours"] = _COMPOSITE
        top["box"] = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
        body = np.zeros(len(parts), part)
        body["glyph"] = parts
        body["flags"] = _WORD_OFFSETS | _XY_VALUES | _MORE
        body["flags"][-1] = _WORD_OFFSETS | _XY_VALUES
        out[glyph] = top.tobytes() + body.tobytes()
    out = [data + b"\0" * (-len(data) % 4) for data in out]
    ends = np.cumsum([0, *map(len, out)])
    return b"".join(out), ends.astype(">u4").tobytes()
