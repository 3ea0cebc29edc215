"""Put a report on disk: the PDF, and the forms beside it.

The files of one run take their places together or not at all, so that no reader meets a PDF of this week beside a
workbook of the last.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from shortimize_analytics.errors import ReportError
from shortimize_analytics.schema.choices import Sidecar, check_choice
from shortimize_analytics.store.export import check_target
from shortimize_analytics.store.files import replacing_all
from shortimize_analytics.store.workbook import check_rows

from .compose import Report
from .html_page import write_html
from .typeset import typeset
from .workbook_and_json import report_tables, write_json, write_xlsx

_WRITERS: dict[Sidecar, Callable[[Report, Path], None]] = {"xlsx": write_xlsx, "html": write_html, "json": write_json}


def write_report(report: Report, path: str | Path, *, also: Sequence[Sidecar] = ()) -> list[Path]:
    """Write a report as a tagged PDF (PDF/UA-1), and beside it what else is wanted: all of them, or none.

    Parameters
    ----------
    report
        What `compose_report` returned.
    path
        The PDF to write; the others get its name with their own ending.
    also
        Any of "xlsx" (every frame behind the report), "html" (one file without script or outside address) and "json".

    Returns
    -------
    list of Path
        What was written, the PDF first. Existing files are replaced together, and stay if anything fails.

    Raises
    ------
    InvalidParameterError
        For another kind or ending, a folder, or more rows than a sheet holds.
    ReportError
        When Typst refuses the report, or the files cannot be written.

    References
    ----------
    ISO 14289-1:2014 (PDF/UA-1). The methods and their sources are on the report's data page.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from shortimize_analytics import compose_report, schema, write_report
    >>> found = compose_report(schema.empty(schema.VIDEOS), schema.empty(schema.HISTORY), end="2026-03-15")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [file.name for file in write_report(found, Path(folder) / "week.pdf", also=["xlsx", "html", "json"])]
    ['week.pdf', 'week.xlsx', 'week.html', 'week.json']
    """
    for kind in also:
        check_choice(kind, Sidecar, "also")
    kinds = list(dict.fromkeys(also))
    if "xlsx" in kinds:
        for sheet in report_tables(report):
            check_rows(sheet.frame, name=sheet.name)
    path = check_target(path, (".pdf",))
    paths = [path, *(path.with_suffix(f".{kind}") for kind in kinds)]
    try:
        with replacing_all(paths) as scraps:
            pdf = typeset(report.content, report.pictures, made_at=report.made_at, logo=report.brand.logo)
            scraps[0].write_bytes(pdf)
            for kind, scrap in zip(kinds, scraps[1:], strict=True):
                _WRITERS[kind](report, scrap)
    except OSError as error:
        raise ReportError(
            f"cannot write {error.filename2 or path}: {error.strerror or error}. May you write there, and is a file "
            "open in another program?"
        ) from error
    return paths
