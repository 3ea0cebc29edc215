"""How a report looks and is named: read from a TOML file or a dict, and checked before anything is loaded for it.

The touch is light: a name, a logo and one accent colour. The colour sets text, so it must be legible on white
(contrast of 4.5 to 1); a paler tint of it is made here.

References
----------
W3C, "Web Content Accessibility Guidelines 2.2", success criterion 1.4.3 and the definition of contrast ratio.
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.plots.locales import language_of, languages, written_for
from shortimize_analytics.plots.theme import ACCENT, ACCENT_SOFT
from shortimize_analytics.schema.choices import PaperSize, ReportEdition, check_choice

SOFT = "#7086b0"
"""Of what came before, against white 3.7:1; the plots' own is too pale for print."""
MIN_CONTRAST = 4.5
MAX_LOGO = 1_000_000
"""Bytes: a report is to stay small."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LANGUAGE = re.compile(r"([a-z]{2,3})(-[A-Z]{2})?")
_BRAND_KEYS = ("name", "logo", "accent")
_LOGO_STARTS = {".png": (b"\x89PNG\r\n",), ".svg": (b"<",)}


@dataclass(frozen=True, slots=True)
class Brand:
    """What a report's looks depend on.

    Attributes
    ----------
    title
        A name above the headline: a client, a campaign. None for the kind of report.
    paper
        "a4" or "us-letter".
    locale
        Of numbers and dates, as ``de_DE``; None for the house's English.
    language
        Of the words, as the document declares it: "en", "de", or a regional form such as "en-GB".
    edition
        "analyst", or "client" without methods and the detail of the data page.
    name
        Whose report it is.
    logo
        An SVG or PNG file, or None.
    accent
        Colour of what is new or clearly higher, as ``#1f63e0``.
    thumbnails
        A folder (`Path`) or the name of a column (`str`) of pictures, see `read_thumbnails`; None for no pictures.
    """

    title: str | None = None
    paper: str = "a4"
    locale: str | None = None
    language: str = "en"
    edition: str = "analyst"
    name: str | None = None
    logo: Path | None = None
    accent: str = ACCENT
    thumbnails: Path | str | None = None

    @property
    def colours(self) -> dict[str, str]:
        """What takes the place of the house's accents in a picture."""
        return {ACCENT: self.accent, ACCENT_SOFT: SOFT}


def read_brand(
    config: str | Path | dict[str, Any] | None = None, *, columns: Collection[str] = (), **given: Any
) -> Brand:
    """Read the looks of a report, and refuse what cannot be used.

    Parameters
    ----------
    config
        A TOML file, or its content as a dict: ``title``, ``paper``, ``locale``, ``language``, ``edition``,
        ``thumbnails`` (a folder, from the TOML's own), and a table ``brand`` with ``name``, ``logo`` (a path, from the
        TOML's folder) and ``accent``.
    columns
        Of the videos: ``thumbnails`` may name one of them in place of a folder.
    **given
        The same names; what is not None goes before the configuration.

    Returns
    -------
    Brand
        Checked.

    Raises
    ------
    InvalidParameterError
        For an unknown key, a value that is not one of those, an accent too pale to read, or thumbnails that are neither
        a folder nor a column.

    Examples
    --------
    >>> from shortimize_analytics.report.brand import read_brand
    >>> brand = read_brand({"title": "Spring", "brand": {"accent": "#0b6fa4"}}, paper="us-letter")
    >>> brand.title, brand.paper, brand.edition, brand.accent
    ('Spring', 'us-letter', 'analyst', '#0b6fa4')
    """
    values, folder = _read(config)
    brand = values.pop("brand", {})
    if not isinstance(brand, dict):
        raise InvalidParameterError("config: brand is a table: [brand], then name, logo and accent below it")
    _known(brand, _BRAND_KEYS, within="[brand]")
    _known(values, [field.name for field in fields(Brand) if field.name not in _BRAND_KEYS], within="config")
    chosen = {**values, **brand, **{name: value for name, value in given.items() if value is not None}}
    for name, value in chosen.items():
        if not isinstance(value, str | Path):
            raise InvalidParameterError(f"{name}={value!r}: give a text")
    if "logo" in chosen:
        chosen["logo"] = folder / chosen["logo"]
    if "thumbnails" in chosen and chosen["thumbnails"] not in columns:
        base = folder if given.get("thumbnails") is None else Path()
        chosen["thumbnails"] = _folder(base / chosen["thumbnails"], columns=columns)
    # numbers and words agree unless told otherwise: of the two the one that is not given follows the other
    if "language" not in chosen:
        chosen["language"] = language_of(chosen.get("locale"))
    elif "locale" not in chosen and not str(chosen["language"]).startswith("en"):
        chosen["locale"] = str(chosen["language"]).replace("-", "_")
    return _checked(Brand(**chosen))


def _read(config: str | Path | dict[str, Any] | None) -> tuple[dict[str, Any], Path]:
    if config is None or isinstance(config, dict):
        return dict(config or {}), Path()
    path = Path(config)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), path.parent
    except OSError as error:
        raise InvalidParameterError(f"config={str(path)!r} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidParameterError(f"config={str(path)!r} is no TOML: {error}") from error


def _folder(path: Path, *, columns: Collection[str]) -> Path:
    """Refuse what cannot be listed."""
    path = path.expanduser()
    try:
        next(path.iterdir(), None)
    except OSError as error:
        other = " and no column of the videos" if columns else ""
        raise InvalidParameterError(
            f"thumbnails={str(path)!r} is no folder that can be read{other}: {error.strerror}"
        ) from error
    return path


def _known(values: dict[str, Any], names: list[str] | tuple[str, ...], *, within: str) -> None:
    for name in values:
        if name not in names:
            raise InvalidParameterError(f"{within}: {name!r} is no setting; use {', '.join(names)}")


def _checked(brand: Brand) -> Brand:
    check_choice(brand.paper, PaperSize, "paper")
    check_choice(brand.edition, ReportEdition, "edition")
    found = _LANGUAGE.fullmatch(brand.language)
    if found is None or found[1] not in languages():
        raise InvalidParameterError(
            f"language={brand.language!r}: the report is written in {' or '.join(languages())}; use one, with a "
            "region where it matters (en-GB), or leave it out"
        )
    with written_for(brand.locale, language=brand.language):
        pass  # entering refuses an unknown locale
    if not _COLOUR.fullmatch(brand.accent):
        raise InvalidParameterError(f"accent={brand.accent!r}: write the colour as {ACCENT}")
    ratio = contrast(brand.accent)
    if ratio < MIN_CONTRAST:
        raise InvalidParameterError(
            f"accent={brand.accent!r} has a contrast of {ratio:.1f}:1 on white; text needs {MIN_CONTRAST}:1, so choose "
            "a darker one"
        )
    if brand.logo is not None:
        _check_logo(brand.logo)
    return brand


def _check_logo(path: Path) -> None:
    starts = _LOGO_STARTS.get(path.suffix.lower())
    if starts is None:
        raise InvalidParameterError(f"logo={str(path)!r}: use an .svg or a .png")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidParameterError(f"logo={str(path)!r} cannot be read: {error.strerror}") from error
    if len(content) > MAX_LOGO:
        raise InvalidParameterError(f"logo={str(path)!r} has {len(content):,} bytes; use at most {MAX_LOGO:,}")
    if not content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(starts):
        raise InvalidParameterError(f"logo={str(path)!r} is no {path.suffix[1:].upper()} inside")


def contrast(colour: str) -> float:
    """Return the contrast ratio of a colour (``#rrggbb``) on white, 1 to 21.

    Examples
    --------
    >>> from shortimize_analytics.report.brand import contrast
    >>> round(contrast("#000000")), round(contrast("#777777"), 2)
    (21, 4.48)
    """
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in (value / 255 for value in _rgb(colour))]  # fmt: skip
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
