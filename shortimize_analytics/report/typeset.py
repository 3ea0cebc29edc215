"""From data and pictures to a PDF: one Typst run in a folder of its own, one atomic write.

Nothing from outside becomes markup. The template is a file of this package; everything else reaches it through
``json("data.json")``, where a ``#`` is a character. The run sees only its own temporary folder.
"""

import datetime as dt
import json
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from shortimize_analytics.errors import ReportError
from shortimize_analytics.files import replacing
from shortimize_analytics.fonts import font_paths


def typeset(
    content: dict[str, Any],
    pictures: dict[str, bytes],
    *,
    template: str,
    path: Path,
    made_at: dt.datetime,
    logo: Path | None = None,
) -> Path:
    """Write a tagged PDF (PDF/UA-1).

    Parameters
    ----------
    content
        What the template reads: plain JSON.
    pictures
        File name to SVG.
    template
        File name of the template in this package.
    path
        Where the PDF goes. An existing file is replaced in one step, and stays if anything fails.
    made_at
        The date the PDF carries; the same content and date give the same bytes.
    logo
        A picture that ``content["logo"]`` names, or None.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    ReportError
        When Typst refuses the document or the file cannot be written.
    """
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
            pdf = typst.compile(
                source,
                root=root,
                font_paths=_stage_fonts(root / "fonts"),
                timestamp=int(made_at.timestamp()),
                pdf_standards=["ua-1"],
            )
        except typst.TypstError as error:
            hints = "; ".join(error.hints)
            raise ReportError(
                f"Typst refused the report: {error.message}{f' ({hints})' if hints else ''}. This is a fault of the "
                "report, not of your data: please report it with the title of the video it names, if it names one"
            ) from error
    return _write(pdf, path)


def _stage_fonts(folder: Path) -> Any:
    """Copy the fonts into one folder: Typst takes folders, and some packages hold files it must not see."""
    import typst

    folder.mkdir()
    for path in font_paths():
        shutil.copyfile(path, folder / path.name)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def _write(pdf: bytes, path: Path) -> Path:
    try:
        with replacing(path) as scrap:
            scrap.write_bytes(pdf)
    except OSError as error:
        raise ReportError(
            f"cannot write {path}: {error.strerror}. May you write there, and is the file open in another program?"
        ) from error
    return path
