"""From data and pictures to a PDF or to pictures of its pages: one Typst run in a folder of its own.

Nothing from outside becomes markup. The template is a file of this package; everything else reaches it through
``json("data.json")``, where a ``#`` is a character. The run sees only its own temporary folder.
"""

import datetime as dt
import json
import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from shortimize_analytics.errors import ReportError
from shortimize_analytics.plots.fonts import font_families, font_paths
from shortimize_analytics.plots.messages import gettext

TEMPLATE = "report.typ"

DocumentFont = str | dict[str, str]
"""A family, or a family with the only characters it is to set: a pattern of Typst's ``covers``."""


def document_fonts() -> list[DocumentFont]:
    """Name the families that set a document, in the order in which they are asked for a character.

    Arabic is set in DejaVu Sans. Typst writes no text beside the glyphs of a right-to-left word, and in Noto Sans
    Arabic a dotted letter is two glyphs: what is searched for, or read aloud, comes out torn. One glyph a letter does
    not.
    """
    families: list[DocumentFont] = [*font_families()]
    arabic: DocumentFont = {"name": "DejaVu Sans", "covers": r"[\p{Arabic}\u{060C}\u{061B}\u{061F}]"}
    place = next((at for at, name in enumerate(families) if name in ("Noto Sans Arabic", "DejaVu Sans")), 0)
    return [*families[:place], arabic, *families[place:], "Last Resort High-Efficiency"]


def template_words(template: str = TEMPLATE) -> dict[str, str]:
    """Return what a template says of its own, English beside the report's language: its ``say("…")`` looks it up."""
    source = files(__package__).joinpath(template).read_text(encoding="utf-8")
    return {text: gettext(text) for text in re.findall(r'\bsay\(\s*"([^"]*)"', source)}


def typeset(
    content: dict[str, Any],
    pictures: dict[str, bytes],
    *,
    made_at: dt.datetime,
    logo: Path | None = None,
    template: str = TEMPLATE,
) -> bytes:
    """Make a tagged PDF (PDF/UA-1).

    Parameters
    ----------
    content
        What the template reads: plain JSON.
    pictures
        File name to SVG.
    made_at
        The date the PDF carries; the same content and date give the same bytes.
    logo
        A picture that ``content["logo"]`` names, or None.
    template
        Which of this package's templates sets it.

    Returns
    -------
    bytes
        The PDF.

    Raises
    ------
    ReportError
        When Typst refuses the document.
    """
    how = {"timestamp": int(made_at.timestamp()), "pdf_standards": ["ua-1"]}
    pdf: bytes = _run(content, pictures, logo=logo, template=template, **how)
    return pdf


def _run(content: dict[str, Any], pictures: dict[str, bytes], *, logo: Path | None, template: str, **how: Any) -> Any:
    import typst

    with tempfile.TemporaryDirectory(prefix="shortimize-report-") as folder:
        root = Path(folder)
        source = root / template
        source.write_bytes(files(__package__).joinpath(template).read_bytes())
        (root / "data.json").write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")
        for name, svg in pictures.items():
            (root / name).write_bytes(svg)
        if logo is not None:
            shutil.copyfile(logo, root / content["logo"])
        try:
            return typst.compile(source, root=root, font_paths=_stage_fonts(root / "fonts"), **how)
        except typst.TypstError as error:
            hints = "; ".join(error.hints)
            whose = "" if logo is None else " or of the logo"
            raise ReportError(
                f"Typst refused the report: {error.message}{f' ({hints})' if hints else ''}. This is a fault of the "
                f"report{whose}, not of your data: please report it, with the title of the video it names if it does"
            ) from error


def _stage_fonts(folder: Path) -> Any:
    """Copy the fonts into one folder: Typst takes folders, and some packages hold files it must not see."""
    import typst

    folder.mkdir()
    for path in font_paths():
        shutil.copyfile(path, folder / path.name)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
