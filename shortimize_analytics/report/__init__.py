"""The report: one PDF that says what happened in a period, how sure that is, and where the numbers stop.

The report reads the results of the analyses and decides nothing itself beyond what deserves a sentence (`findings`).
It is a tagged PDF (PDF/UA-1) with a title, a language, an alt text on every picture and real links; the same data give
the same bytes.

Pitfalls: a period that the history does not cover whole is refused unless told otherwise, and never compared. Captions
are outside text; what no font can draw is replaced and counted on the data page.
"""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .compose import Report, compose_report, write_pdf

if TYPE_CHECKING:
    import pandas as pd

    from shortimize_analytics.analysis.filters.video_filter import VideoFilter

__all__ = ["Report", "compose_report", "period_report", "weekly_report", "write_pdf"]


def weekly_report(
    videos: "pd.DataFrame",
    history: "pd.DataFrame",
    *,
    path: str | Path,
    week_end: dt.date | str | None = None,
    title: str | None = None,
    config: str | Path | dict[str, Any] | None = None,
    paper: str | None = None,
    locale: str | None = None,
    language: str | None = None,
    allow_partial: bool = False,
) -> Path:
    """Write the report of a week of all videos as a PDF; `period_report` takes other periods and parts.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    history
        Frame of `load_history`; ten weeks of it give all comparisons.
    path
        The PDF to write. An existing file is replaced in one step and stays as it is if anything fails.
    week_end
        Last day of the week, inclusive; None for the last Sunday that is over.
    title, config, paper, locale, language, allow_partial
        As in `compose_report`.

    Returns
    -------
    Path
        Where the PDF is.

    Raises
    ------
    InvalidParameterError, IncompleteDataError
        As `compose_report` does.
    ReportError
        When the file cannot be written.

    References
    ----------
    ISO 14289-1:2014 (PDF/UA-1). The methods and their sources are on the report's data page.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from shortimize_analytics import schema, weekly_report
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = weekly_report(schema.empty(schema.VIDEOS), schema.empty(schema.HISTORY),
    ...                          path=Path(folder) / "report.pdf", week_end="2026-03-15")
    ...     path.name, path.read_bytes()[:5]
    ('report.pdf', b'%PDF-')
    """
    found = compose_report(
        videos, history, end=week_end, title=title, config=config, paper=paper, locale=locale, language=language,
        allow_partial=allow_partial,
    )  # fmt: skip
    return write_pdf(found, path)


def period_report(
    videos: "pd.DataFrame",
    history: "pd.DataFrame",
    *,
    path: str | Path,
    period: str = "week",
    start: dt.date | str | None = None,
    end: dt.date | str | None = None,
    compare: tuple[dt.date | str, dt.date | str] | None = None,
    platform: str | None = None,
    account: str | None = None,
    label: str | None = None,
    only: "VideoFilter | None" = None,
    title: str | None = None,
    config: str | Path | dict[str, Any] | None = None,
    paper: str | None = None,
    locale: str | None = None,
    language: str | None = None,
    allow_partial: bool = False,
) -> Path:
    """Write the report of any period, of all videos or a part of them, as a PDF.

    Parameters
    ----------
    videos
        Frame of `load_videos`: all videos, also for a part of them, since levels are those of everyone.
    history
        Frame of `load_history`.
    path
        The PDF to write. An existing file is replaced in one step and stays as it is if anything fails.
    period, start, end, compare, platform, account, label, only
        As in `period_summary`.
    title, config, paper, locale, language, allow_partial
        As in `compose_report`.

    Returns
    -------
    Path
        Where the PDF is.

    Raises
    ------
    InvalidParameterError, IncompleteDataError
        As `compose_report` does.
    ReportError
        When the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from shortimize_analytics import period_report, schema
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     period_report(schema.empty(schema.VIDEOS), schema.empty(schema.HISTORY), path=f"{folder}/march.pdf",
    ...                   period="month", end="2026-03-31").name
    'march.pdf'
    """
    found = compose_report(
        videos, history, period=period, start=start, end=end, compare=compare, platform=platform, account=account,
        label=label, only=only, title=title, config=config, paper=paper, locale=locale, language=language,
        allow_partial=allow_partial,
    )  # fmt: skip
    return write_pdf(found, path)
