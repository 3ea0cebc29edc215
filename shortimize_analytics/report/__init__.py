"""The weekly report: one PDF that says what happened, how sure that is, and where the numbers stop.

The report reads the results of the analyses and decides nothing itself beyond what deserves a sentence (`findings`).
It is a tagged PDF (PDF/UA-1) with a title, a language, an alt text on every picture and real links; the same data give
the same bytes.

Pitfalls: a week that the history does not cover whole is reported as such and not compared. Captions are outside text;
what no font can draw is replaced and counted on the data page.
"""

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING

from shortimize_analytics.errors import InvalidParameterError

if TYPE_CHECKING:
    import pandas as pd

    from shortimize_analytics.weekly import WeeklySummary

__all__ = ["weekly_report"]

GROWTH_AGES = (30, 14, 7)
"""Last age of the growth chart (days): the first of these that any video has reached."""
WEEKS = 9
"""Weeks in the bar chart: this one and the eight it is compared with."""


def weekly_report(
    videos: "pd.DataFrame",
    history: "pd.DataFrame",
    *,
    path: str | Path,
    week_end: dt.date | str | None = None,
    title: str | None = None,
    paper: str = "a4",
    lang: str = "en",
) -> Path:
    """Write the weekly report as a PDF.

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
    title
        A name above the headline: a client, a campaign.
    paper
        "a4" or "us-letter".
    lang
        Language the document declares: "en" or a regional form such as "en-GB". The report is written in English.

    Returns
    -------
    Path
        Where the PDF is.

    Raises
    ------
    InvalidParameterError
        When an option is not one of those, or no week can be told from the data.
    ReportError
        When the file cannot be written.

    References
    ----------
    ISO 14289-1:2014 (PDF/UA-1). The methods and their sources are on the report's last page.

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
    from .data import report_content
    from .pictures import PAPERS
    from .typeset import typeset

    if paper not in PAPERS:
        raise InvalidParameterError(f"paper={paper!r}: use one of {', '.join(PAPERS)}")
    if not re.fullmatch(r"en(-[A-Z]{2})?", lang):
        raise InvalidParameterError(f"lang={lang!r}: the report is written in English; use en, or en-GB, say")
    summary, curves = _analyse(videos, history, week_end=week_end)
    as_of = _measured_at(summary)
    content, pictures = report_content(summary, videos, curves=curves, as_of=as_of, title=title, paper=paper, lang=lang)
    return typeset(content, pictures, template="weekly.typ", path=Path(path), made_at=as_of)


def _analyse(
    videos: "pd.DataFrame", history: "pd.DataFrame", *, week_end: dt.date | str | None
) -> tuple["WeeklySummary", "pd.DataFrame"]:
    """Run the analyses on a history that is prepared once, the growth curves as of the week's end."""
    import pandas as pd

    from shortimize_analytics.growth import growth_curves
    from shortimize_analytics.prepare import prepare_history, prepare_videos
    from shortimize_analytics.weekly import weekly_summary

    rows = prepare_history(history, prepare_videos(videos))
    summary = weekly_summary(videos, rows, week_end=week_end, weeks=WEEKS)
    past = rows[(rows["date"] <= pd.Timestamp(summary.week_end)).to_numpy()].reset_index(drop=True)
    oldest = past["age_days"].max()
    age = next((age for age in GROWTH_AGES if pd.notna(oldest) and age <= oldest), GROWTH_AGES[0])
    return summary, growth_curves(past, videos, by="platform", max_age=age, value="share")


def _measured_at(summary: "WeeklySummary") -> dt.datetime:
    """Return when the newest count was measured, or the week's end where nothing was: never the clock's time."""
    newest = summary.quality.get("freshness", {}).get("newest_count")
    if newest is None:
        return dt.datetime.combine(summary.week_end, dt.time(), tzinfo=dt.UTC)
    return dt.datetime.fromisoformat(newest).astimezone(dt.UTC)
