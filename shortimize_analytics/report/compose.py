"""A report before it is written: the figures of a period, what the template reads, and the pictures.

`compose_report` runs the analysis and refuses data that would mislead; `write_report` writes what it returned, as a PDF
and in other forms.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from shortimize_analytics.analysis.base.constants import PERIODS_SHOWN
from shortimize_analytics.analysis.filters.scope import select_scope
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.money.terms import Terms
from shortimize_analytics.analysis.periods.reference import Reference, given_frames, make_reference
from shortimize_analytics.analysis.periods.summary import PeriodSummary, period_summary
from shortimize_analytics.analysis.prepared import Prepared, history_of
from shortimize_analytics.errors import IncompleteDataError
from shortimize_analytics.plots.locales import written_for
from shortimize_analytics.plots.messages import gettext, later, ngettext
from shortimize_analytics.plots.theme import counted, full_number, percent
from shortimize_analytics.schema.choices import PaperSize, PeriodKind, ReportEdition
from shortimize_analytics.schema.days import Day
from shortimize_analytics.schema.masked import count_masked, plan_masks
from shortimize_analytics.schema.names import Names

from .brand import Brand, read_brand
from .content import report_content
from .kept_reports import KeptReport
from .money_page import money_sections
from .uncounted import Uncounted, uncounted
from .words import day

INCOMPLETE_LIMIT = 0.01
"""Above this share of histories that are missing, counts that a plan masks, or views that other missing counts hold,
totals and rankings mislead; less is told on page 1."""
IDS_SHOWN = 3
"""Ids in a sentence; the data page has more."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report before it is written.

    Attributes
    ----------
    summary
        What `period_summary` returned.
    videos
        The videos of the report's scope, as `prepare_videos` returns them.
    brand
        Its looks.
    content, pictures
        What the template reads, as plain JSON, and its SVG files by name.
    made_at
        When the newest count was measured, which is the date the PDF carries; the period's end where none was.
    problems
        Why the data are incomplete, in sentences; empty unless `allow_partial` let them pass.
    """

    summary: PeriodSummary
    videos: pd.DataFrame
    brand: Brand
    content: dict[str, Any]
    pictures: dict[str, bytes]
    made_at: dt.datetime
    problems: tuple[str, ...]


class ReportOptions(TypedDict, total=False):
    """The options of `compose_report`, by name."""

    period: PeriodKind
    start: Day | None
    end: Day | None
    compare: tuple[Day, Day] | None
    platform: Names | None
    account: Names | None
    label: Names | None
    only: VideoFilter | None
    title: str | None
    config: str | Path | dict[str, Any] | None
    paper: PaperSize | None
    locale: str | None
    language: str | None
    edition: ReportEdition | None
    thumbnails: str | Path | None
    allow_partial: bool
    costs: pd.DataFrame | None
    targets: pd.DataFrame | None
    terms: Terms | None
    kept: Sequence[KeptReport] | None


def compose_report(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    period: PeriodKind = "week",
    start: Day | None = None,
    end: Day | None = None,
    compare: tuple[Day, Day] | None = None,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
    title: str | None = None,
    config: str | Path | dict[str, Any] | None = None,
    paper: PaperSize | None = None,
    locale: str | None = None,
    language: str | None = None,
    edition: ReportEdition | None = None,
    thumbnails: str | Path | None = None,
    allow_partial: bool = False,
    everyone: Reference | None = None,
    costs: pd.DataFrame | None = None,
    targets: pd.DataFrame | None = None,
    terms: Terms | None = None,
    kept: Sequence[KeptReport] | None = None,
) -> Report:
    """Analyse a period and say what it means, without writing anything yet.

    Parameters
    ----------
    videos
        Frame of `load_videos`: all videos, also for a part of them, since levels are those of everyone.
    history
        Frame of `load_history`; nine periods of it give all comparisons.
    period, start, end, compare, platform, account, label, only
        As in `period_summary`.
    title
        A name above the headline: a client, a campaign.
    config
        Looks, as a TOML file or a dict: ``title``, ``paper``, ``locale``, ``language``, ``edition``, ``thumbnails``,
        and a table ``brand`` with ``name``, ``logo`` and ``accent``. The parameters here go before it.
    paper
        "a4" (default) or "us-letter".
    locale
        Of numbers, dates and words, as ``de_DE``; None for English. Words that have no catalogue stay English.
    language
        Of the words alone, as the document declares it: "en", "de" or a regional form such as "en-GB". Default: the
        locale's.
    edition
        "analyst" (default), or "client": without methods and the detail of the data page, whose one line stays.
    thumbnails
        Pictures of videos, which are read from disk and never fetched: a folder of files named after the ``ad_id``
        (.jpg, .png, .webp or .gif), or the name of a column of `videos` that holds their paths or their bytes.
    allow_partial
        Report data that are partial, masked or old, too, and say so on page 1.
    everyone
        As in `period_summary`.
    costs, targets, terms
        Results of `read_costs`, `read_targets` and `read_terms`: a report of all videos says what the period cost and
        where the periods of targets land, and sets page 1's figures against the targets of its own days.
    kept
        Reports kept by `keep_report`, as `read_kept` reads them: page 1 says what became of their forecasts.

    Returns
    -------
    Report
        For `write_report`.

    Raises
    ------
    InvalidParameterError
        When an option is not one of those, or no period can be told from the data.
    IncompleteDataError
        When the history does not cover the period or is missing for more than 1 % of all videos, videos without counts
        could change more than 1 % of the views or are all of the part, or the list of videos is older than the
        period's end; not with `allow_partial`.

    Examples
    --------
    >>> from shortimize_analytics import compose_report, schema
    >>> found = compose_report(schema.empty(schema.VIDEOS), schema.empty(schema.HISTORY), end="2026-03-15")
    >>> found.content["headline"], found.problems
    ('No videos', ())
    """
    days = {"period": period, "start": start, "end": end, "compare": compare}
    part = {"platform": platform, "account": account, "label": label, "only": only}
    columns = list((videos.videos if isinstance(videos, Prepared) else videos).columns)
    brand = read_brand(
        config, columns=columns, title=title, paper=paper, locale=locale, language=language, edition=edition,
        thumbnails=thumbnails,
    )  # fmt: skip
    with written_for(brand.locale, language=brand.language):
        return _composed(
            videos, history, days=days, part=part, brand=brand, allow_partial=allow_partial, everyone=everyone,
            money={"costs": costs, "targets": targets, "terms": terms}, kept=kept,
        )  # fmt: skip


def _composed(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None,
    *,
    days: dict[str, Any],
    part: dict[str, Any],
    brand: Brand,
    allow_partial: bool,
    everyone: Reference | None,
    money: dict[str, Any],
    kept: Sequence[KeptReport] | None,
) -> Report:
    """Analyse and describe; `days` and `part` are the options of `period_summary` that say when and which videos."""
    if everyone is None:
        select_scope(given_frames(videos, history)[0], **part)  # refuse a wrong name before anything is worked out
        everyone = make_reference(videos, history, **days, periods=PERIODS_SHOWN)
    data = everyone.data
    summary = period_summary(data, **days, **part, periods=PERIODS_SHOWN, everyone=everyone)
    scope = select_scope(data.videos, **part)
    if scope.names:  # a copy of a post of another account counts here
        data = data.part(scope.rows)
    inside, rows = data.videos, history_of(data)
    blank = uncounted(inside, rows, first=summary.first_day, last=summary.last_day)
    loaded = rows.attrs.get("quality", {})
    problems: tuple[str, ...] = ()
    if len(inside):
        problems = tuple(_problems(summary, inside, everyone=everyone.data.videos, loaded=loaded, blank=blank))
    if problems and not allow_partial:
        raise IncompleteDataError(
            " ".join(problems).rstrip("."),
            hint="Load what is missing, or pass allow_partial=True (--allow-partial) for a report that says so",
        )
    newest = summary.quality.get("freshness", {}).get("newest_count")
    as_of = None if newest is None else pd.Timestamp(newest).tz_convert("UTC").to_pydatetime()
    content, pictures = report_content(
        summary, data, brand=brand, as_of=as_of, problems=problems, blank=blank,
        compared=days["compare"] is not None, scope=scope, ranked=_dated(everyone.ranked, inside),
        targets=money["targets"], kept=kept,
    )  # fmt: skip
    content["money"] = money_sections(summary, everyone, **money) if summary.scope == "all" else []
    return Report(
        summary=summary,
        videos=inside,
        brand=brand,
        content=content,
        pictures=pictures,
        made_at=as_of or dt.datetime.combine(summary.last_day, dt.time(), tzinfo=dt.UTC),
        problems=problems,
    )


def _dated(ranked: pd.DataFrame, videos: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of some videos with their days of upload."""
    days = videos.drop_duplicates("ad_id")[["ad_id", "uploaded_at"]]
    return ranked[["ad_id", "mult", "mult_lo", "mult_hi", "reliable"]].merge(days, on="ad_id")


def _problems(
    summary: PeriodSummary,
    videos: pd.DataFrame,
    *,
    everyone: pd.DataFrame,
    loaded: dict[str, Any],
    blank: Uncounted,
) -> Iterator[str]:
    """Say what makes the data of the videos reported incomplete, a sentence each.

    A plan masks all or nothing, so the share that counts is everyone's: one masked video is many of a small part. So it
    is with histories that could not be loaded, or that an offline load did not find.
    """
    fresh = summary.quality.get("freshness", {})
    if summary.partial:
        days = {"first": day(summary.first_day), "last": day(summary.last_day)}
        if fresh.get("history_from") is None:
            yield gettext("There is no daily history for {first} to {last}.", **days)
        else:
            known = (day(dt.date.fromisoformat(fresh[name])) for name in ("history_from", "history_to"))
            yield gettext(
                "The daily history covers {known_first} to {known_last}, not the whole of {first} to {last}.",
                known_first=next(known), known_last=next(known), **days,
            )  # fmt: skip
    for name, what in (
        (
            "never_loaded",
            later("The history of {number} of {videos} videos was never loaded ({part}; the limit is {limit})."),
        ),
        (
            "failed",
            later(
                "The history of {number} of {videos} videos could not be loaded: ask again later ({part}; the limit is "
                "{limit})."
            ),
        ),
    ):
        number = loaded.get(name, 0)
        if number > INCOMPLETE_LIMIT * len(everyone):
            yield gettext(what, number=full_number(number), **_part_of(number, everyone))
    yield from _without_counts(summary, videos, everyone=everyone, blank=blank)
    yield from _old(summary, videos)


def _without_counts(
    summary: PeriodSummary, videos: pd.DataFrame, *, everyone: pd.DataFrame, blank: Uncounted
) -> Iterator[str]:
    masked, of_all = summary.quality.get("n_masked") or 0, count_masked(everyone) or 0
    if plan_masks(videos) and masked and of_all > INCOMPLETE_LIMIT * len(everyone):
        yield gettext(
            "The counts of {number} of {videos} videos are masked by the key’s plan ({part}; the limit is {limit}).",
            number=full_number(of_all), **_part_of(of_all, everyone),
        )  # fmt: skip
    elif masked == len(videos):
        yield ngettext(
            "The counts of {n} video did not come from the API.",
            "The counts of all {n} videos did not come from the API.", masked,
        )  # fmt: skip
    elif blank.share > INCOMPLETE_LIMIT:
        number = len(blank.matter)
        shown = ", ".join(blank.matter[:IDS_SHOWN]) + (", …" if number > IDS_SHOWN else "")
        yield ngettext(
            "The counts of {n} of {videos} did not come from the API, though it was counted before or is new: about "
            "{part} of the views (the limit is {limit}). Load again after the next measurement, or stop tracking "
            "what is gone for good (shortimize untrack ID): {ids}.",
            "The counts of {n} of {videos} did not come from the API, though they were counted before or are new: "
            "about {part} of the views (the limit is {limit}). Load again after the next measurement, or stop tracking "
            "what is gone for good (shortimize untrack ID): {ids}.",
            number, videos=counted(len(videos), "video"), part=percent(blank.share), limit=percent(INCOMPLETE_LIMIT),
            ids=shown,
        )  # fmt: skip


def _part_of(number: int, everyone: pd.DataFrame) -> dict[str, str]:
    """Write how many videos there are, which part a number of them is, and the part from which it matters."""
    part, limit = percent(number / len(everyone)), percent(INCOMPLETE_LIMIT)
    return {"videos": full_number(len(everyone)), "part": part, "limit": limit}


def _old(summary: PeriodSummary, videos: pd.DataFrame) -> Iterator[str]:
    """Compare when the list was asked for with the period's last day; what is old in the history shows in its days."""
    import pandas as pd

    fetched = videos["fetched_at"].min() if "fetched_at" in videos else pd.NaT
    if not pd.isna(fetched) and fetched.date() < summary.last_day:
        yield gettext(
            "The list of videos is of {day}, before the period ended on {end}: what was uploaded since is missing. "
            "Load it again.", day=day(fetched), end=day(summary.last_day),
        )  # fmt: skip
