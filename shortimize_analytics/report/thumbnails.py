"""Pictures of videos, from files that the user has: read, checked and made small; never fetched.

A picture that cannot be used costs its own tile, which stays grey, and is counted. What is written is drawn anew, so
nothing else of a file (where it was taken, a thumbnail of its own) reaches a report.
"""

import io
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from shortimize_analytics.plots.messages import gettext, later
from shortimize_analytics.plots.theme import counted, full_number

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SIZE = (102, 144)
"""Pixels of a tile of 17 by 24 points, six to a point: sharp on a phone that zooms in."""
QUALITY = 80
"""Of the JPEG: 2 to 5 kB each."""
MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
MAX_ASPECT = 3.0
"""Longer than this times its other side, a picture's middle shows nothing of it."""
ADDRESS = ("http://", "https://", "//", "data:")

FAULTS = {
    "missing": later("{n} missing"),
    "address": later("{n} only an address, and none is fetched"),
    "kind": later("{n} no {formats} or {last} that can be read"),
    "large": later("{n} over {size} MB or {pixels} megapixels"),
    "shape": later("{n} too long or too wide (over {aspect} to 1)"),
}
"""What can be wrong with a number of pictures."""


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """The pictures of some videos.

    Attributes
    ----------
    files
        The name of each video's picture, by ``ad_id``; videos without one are not in it.
    pictures
        JPEG files by name.
    note
        One sentence that counts the videos without a picture and says why; empty where all have one.
    """

    files: Mapping[str, str]
    pictures: Mapping[str, bytes]
    note: str


def read_thumbnails(source: Path | str | None, videos: pd.DataFrame, *, ids: Iterable[Any]) -> Thumbnails | None:
    """Read the pictures of the videos that are shown.

    Parameters
    ----------
    source
        A folder (`Path`) of files named after the videos' ``ad_id``, ending in one of `SUFFIXES`; or the name (`str`)
        of a column of `videos` that holds the path or the bytes of each picture. None for no pictures at all.
    videos
        With ``ad_id``, and the column.
    ids
        Whose pictures are read, each once.

    Returns
    -------
    Thumbnails or None
        None without a source.
    """
    if source is None:
        return None
    wanted = list(dict.fromkeys(map(str, ids)))
    found = _in_folder(source) if isinstance(source, Path) else _in_column(videos, source, wanted)
    files: dict[str, str] = {}
    pictures: dict[str, bytes] = {}
    faults: Counter[str] = Counter()
    for at, ad_id in enumerate(wanted):
        small = _small(found.get(ad_id))
        if isinstance(small, str):
            faults[small] += 1
            continue
        files[ad_id] = f"thumbnail-{at}.jpg"
        pictures[files[ad_id]] = small
    return Thumbnails(files, pictures, _note(faults, of=len(wanted)))


def _note(faults: Counter[str], *, of: int) -> str:
    if not faults:
        return ""
    values = {
        "formats": ", ".join(FORMATS[:-1]), "last": FORMATS[-1], "size": MAX_BYTES // 1_000_000,
        "pixels": MAX_PIXELS // 1_000_000, "aspect": f"{MAX_ASPECT:g}",
    }  # fmt: skip
    why = ", ".join(
        gettext(said, n=full_number(faults[name]), **values) for name, said in FAULTS.items() if faults[name]
    )
    return gettext(
        "No picture for {n} of {videos}: {why}.", n=full_number(faults.total()), videos=counted(of, "video"), why=why
    )


def _in_folder(folder: Path) -> dict[str, Any]:
    """Name the files of a folder by what they are called before their ending: an id is never made into a path."""
    found: dict[str, Any] = {}
    # of two files of one name the one that can be a picture, and of two of these the first in order of names
    for path in sorted(folder.iterdir(), key=lambda path: (path.suffix.lower() not in SUFFIXES, path.name)):
        found.setdefault(path.stem, path)
    return found


def _in_column(videos: pd.DataFrame, name: str, ids: list[str]) -> dict[str, Any]:
    rows = videos.loc[videos["ad_id"].astype("object").isin(ids), ["ad_id", name]].drop_duplicates("ad_id")
    return dict(zip(rows["ad_id"].astype(str), rows[name].astype("object"), strict=True))


def _small(given: Any) -> bytes | str:
    """Return a picture as a small JPEG, or the name of its fault."""
    from PIL import Image

    content = _bytes_of(given)
    if isinstance(content, str):
        return content
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _tile(content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "large"
    except Exception:  # noqa: BLE001 - decoders raise whatever a broken file leads them to
        return "kind"


def _bytes_of(given: Any) -> bytes | str:
    if isinstance(given, bytes | bytearray):
        return "large" if len(given) > MAX_BYTES else bytes(given)
    if not isinstance(given, str | Path) or not str(given).strip():
        return "missing"
    if str(given).lstrip().lower().startswith(ADDRESS):
        return "address"
    path = Path(given)
    try:
        if not path.is_file():  # a pipe or a device may have no end
            return "missing"
        return "large" if path.stat().st_size > MAX_BYTES else path.read_bytes()
    except (OSError, ValueError):
        return "missing"


def _tile(content: bytes) -> bytes | str:
    """Cut the middle out of a picture, in the shape of a tile."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        wide, high = image.size
        if wide * high > MAX_PIXELS:
            return "large"
        if max(wide, high) > MAX_ASPECT * min(wide, high):
            return "shape"
        image.draft("RGB", (4 * SIZE[0], 4 * SIZE[1]))  # a large JPEG is decoded small
        turned = ImageOps.exif_transpose(image)
        plain = Image.new("RGB", turned.size, "white")
        shown = turned.convert("RGBA" if "A" in turned.getbands() or "transparency" in turned.info else "RGB")
        plain.paste(shown, mask=shown if shown.mode == "RGBA" else None)
        file = io.BytesIO()
        ImageOps.fit(plain, SIZE, Image.Resampling.LANCZOS).save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()
