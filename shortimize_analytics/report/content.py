"""Everything the template reads, gathered from a period's frames: plain JSON, and the pictures beside it.

Outside text is made typesettable here, once, before anything is drawn or written. Numbers are formatted here too: the
template only sets type.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import (
    EFFECT_COVERAGE,
    FORECAST_COVERAGE,
    HIT,
    MIN_PEERS,
    RECENT_DAYS,
    SCORE_COVERAGE,
)
from shortimize_analytics.analysis.filters.scope import Scope
from shortimize_analytics.analysis.prepared import Prepared, history_of
from shortimize_analytics.plots.fonts import missing_fonts
from shortimize_analytics.plots.messages import gettext, ngettext
from shortimize_analytics.plots.theme import (
    INK,
    MUTED,
    RULE,
    WARNING,
    counted,
    full_number,
    percent,
    platform_name,
)
from shortimize_analytics.schema.masked import plan_masks
from shortimize_analytics.schema.names import told_apart

from . import tables
from .brand import SOFT, Brand
from .chart_layout import draw_pictures
from .chart_notes import readings
from .data_page import checks_table, page_one_notes, quality_rows, uploads_in
from .findings import headline, openings
from .kept_reports import KeptReport
from .key_figures import key_figures
from .page_one import lines, page_one
from .paper import PAPERS, SIDE_MARGIN
from .periods_compared import days_compared, days_in, total_of
from .thumbnails import read_thumbnails
from .typeset import document_fonts, template_words
from .video_table import video_tables, videos_shown
from .what_comes_next import (
    came_by_then,
    forecast_table,
    known_on,
    revived_table,
    stalled_table,
    without_notes,
)
from .words import Naming, Words, capital, day, naming, period, piece

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

    from .uncounted import Uncounted


GREY = "#7f899c"
"""Of what is not reliable, 3.5:1."""
MOST_LINES = 5
"""Lines of a mail."""


def report_content(
    summary: "PeriodSummary",
    data: Prepared,
    *,
    brand: Brand,
    as_of: dt.datetime | None,
    problems: tuple[str, ...],
    blank: "Uncounted",
    compared: bool,
    scope: Scope,
    ranked: pd.DataFrame | None = None,
    targets: pd.DataFrame | None = None,
    kept: Sequence[KeptReport] | None = None,
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Gather the content of a report.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    data
        The videos of its scope, for titles, links and counts, and their history among that of others.
    brand
        Looks and names.
    as_of
        When the newest count was measured, or None where nothing was.
    problems
        What makes the data incomplete.
    blank
        The videos without counts.
    compared
        Whether the user chose the period to compare with.
    scope
        Which videos the report is of.
    ranked, targets
        As for `key_figures`.
    kept
        As for `page_one`.

    Returns
    -------
    content, pictures
        JSON for the template, and its SVG files by name.
    """
    words = Words()
    videos, history = data.videos, history_of(data)
    summary = _bare(summary)
    names = _naming(summary, compared=compared)
    scored = _with_upload_days(summary.outliers, videos)
    summary = replace(summary, labels=summary.labels.assign(label=_label_names(summary.labels, words)))
    known = known_on(summary, as_of)
    came = came_by_then(summary.forecasts, history) if known else None
    told = replace(summary, outliers=_ranking(scored, summary))
    page = page_one(told, words, names=names, history=history, kept=kept)
    charts, pictures = draw_pictures(summary, brand=brand, names=names, series=page["cascade"] is None)
    tables_of_videos, tiles = _videos(
        told, scored if ranked is None else ranked, data, brand=brand, words=words, names=names
    )
    uploads = videos[uploads_in(videos, summary)]
    content = {
        **_front(summary, words, names=names, brand=brand),
        "words": template_words(),
        "scope": _scope(summary, videos, words=words, names=names, scope=scope),
        "footer": _footer(summary, videos, words=words, brand=brand, as_of=as_of),
        "page": page,
        "figures": key_figures(summary, scored, names=names, ranked=ranked, targets=targets),
        "problems": [words.clean(note, fallback="", width=400) for note in problems],
        "notes": page_one_notes(summary, videos, history=history, blank=blank),
        "findings": lines(page, most=MOST_LINES),
        "lead": openings(told, words, names=names, known=known, came=came),
        "charts": charts,
        **_sections(summary, words=words),
        **tables_of_videos,
        "no_gain": _no_gain(summary, names),
        "readings": readings(horizon=_horizon(summary)),
        "forecasts": forecast_table(summary.forecasts, words, uploads=uploads, end=summary.last_day, came=came),
        "creators": tables.creators_table(summary.totals, words),
    }
    content |= _about_data(data, summary, words=words, as_of=as_of, blank=blank)
    return content, {**pictures, **tiles}


def _videos(
    summary: "PeriodSummary", ranked: pd.DataFrame, data: Prepared, *, brand: Brand, words: Words, names: Naming
) -> tuple[dict[str, Any], Mapping[str, bytes]]:
    """Return the tables of videos, and the pictures in them."""
    shown = videos_shown(summary, rows=PAPERS[brand.paper].bars)
    thumbnails = read_thumbnails(brand.thumbnails, data.videos, ids=shown["ad_id"])
    found = video_tables(
        summary, ranked, history_of(data), shown=shown, words=words, names=names, thumbnails=thumbnails
    )
    return found, {} if thumbnails is None else thumbnails.pictures


def _about_data(
    data: Prepared, summary: "PeriodSummary", *, words: Words, as_of: dt.datetime | None, blank: "Uncounted"
) -> dict[str, Any]:
    """Tell where the numbers stop; last, since fonts are known to lack what was met by then."""
    rows = quality_rows(summary, data.videos, words=words, as_of=as_of, missing=missing_fonts(), blank=blank)
    return {"checks": checks_table(data), "quality": rows}


def _naming(summary: "PeriodSummary", *, compared: bool) -> Naming:
    """Name the periods, with the days of one that is compared and has another length."""
    names = naming(summary.period, compared=summary.compared_with if compared else None)
    if compared and days_compared(summary) != days_in(summary):
        days = counted(days_compared(summary), "day")
        names = replace(names, before=gettext("{before} ({days})", before=names.before, days=days))
    return names


def _bare(summary: "PeriodSummary") -> "PeriodSummary":
    """Take the notes off the frames, but for the forecasts', which hold the backtest."""
    frames = {
        part.name: without_notes(getattr(summary, part.name))
        for part in fields(summary)
        if isinstance(getattr(summary, part.name), pd.DataFrame) and part.name != "forecasts"
    }
    return replace(summary, **frames)


def _no_gain(summary: "PeriodSummary", names: Naming) -> str:
    """Say why no video is listed: nothing gained, or nothing known."""
    total = total_of(summary.totals)
    if summary.quality.get("n_videos") and (total is None or pd.isna(total["views_gained"])):
        return gettext("What videos gained in the {unit} is not known.", unit=names.unit)
    return gettext("No video gained views in the {unit}.", unit=names.unit)


def _front(summary: "PeriodSummary", words: Words, *, names: Naming, brand: Brand) -> dict[str, Any]:
    """Say whose report it is, of what, and how its pages look."""
    owner = words.clean(brand.name, fallback="", width=40)
    title = words.clean(brand.title, fallback=names.kind, width=80)
    said = headline(summary, names)
    whose = " · ".join(filter(None, (owner, title)))
    return {
        "paper": brand.paper,
        "edition": brand.edition,
        "rest": gettext(
            "What is left out stands at the foot of page 1. Every check of the data, the methods and their sources "
            "stand in the analyst’s edition of this report, all figures and uploads in its workbook."
        ),
        "margin": SIDE_MARGIN,
        "locale": brand.locale,
        "lang": brand.language.partition("-")[0],
        "region": brand.language.partition("-")[2] or None,
        "fonts": document_fonts(),
        "colours": {
            "ink": INK,
            "muted": MUTED,
            "accent": brand.accent,
            "warning": WARNING,
            "rule": RULE,
            "soft": SOFT,
            "grey": GREY,
        },
        "hit": HIT,
        "logo": None if brand.logo is None else f"logo{brand.logo.suffix.lower()}",
        "document_title": gettext(
            "{whose}: {headline}, {days}", whose=whose, headline=said, days=period(summary.first_day, summary.last_day)
        ),
        "name": piece(whose),
        "unit": names.unit,
        "levels": [percent(level) for level in (FORECAST_COVERAGE, SCORE_COVERAGE, EFFECT_COVERAGE)],
        "headline": said,
    }


def _sections(summary: "PeriodSummary", *, words: Words) -> dict[str, Any]:
    """Gather the tables of each question."""
    per_day = days_compared(summary) != days_in(summary)
    return {
        "platforms": tables.scopes_table(summary.totals, "platform", words=words, per_day=per_day),
        "accounts": tables.scopes_table(summary.totals, "account", words=words, per_day=per_day),
        "labels": tables.labels_table(summary.labels, words),
        "revived": revived_table(summary.revived, words),
        "stalled": stalled_table(summary.stalled, words),
    }


def _horizon(summary: "PeriodSummary") -> int | None:
    known = without_notes(summary.forecasts)["horizon"].dropna()
    return int(known.iloc[0]) if len(known) else None


def _with_upload_days(outliers: pd.DataFrame, videos: pd.DataFrame) -> pd.DataFrame:
    return outliers.merge(videos.drop_duplicates("ad_id")[["ad_id", "uploaded_at"]], on="ad_id", how="left")


def _ranking(scored: pd.DataFrame, summary: "PeriodSummary") -> pd.DataFrame:
    """Keep recent videos whose account has others to beat."""
    first = pd.Timestamp(summary.last_day) - pd.Timedelta(days=max(RECENT_DAYS, days_in(summary)))
    recent = scored[pd.to_datetime(scored["uploaded_at"]) > first]
    return recent[recent["n_peers"].fillna(0) >= MIN_PEERS].reset_index(drop=True)


def _label_names(labels: pd.DataFrame, words: Words) -> list[str]:
    """Make label names typesettable, and tell labels of one name apart by the start of their id.

    A name that carries an id is short enough to keep it where tables and sentences have least room.
    """
    ids = [words.clean(key, fallback="?", width=40) for key in labels["label_id"]]
    wide, narrow = (
        {
            key: words.clean(label, fallback=gettext("unnamed label"), width=width)
            for key, label in zip(ids, labels["label"], strict=True)
        }
        for width in (48, 17)
    )
    shown, short = told_apart(wide), told_apart(narrow)
    return [wide[key] if shown[key] == wide[key] else short[key] for key in ids]


def _scope(summary: "PeriodSummary", videos: pd.DataFrame, *, words: Words, names: Naming, scope: Scope) -> str:
    """Say the period, what it is compared with, and which videos it is about."""
    days = period(summary.first_day, summary.last_day)
    if videos.empty:
        return gettext("{days}. No videos.", days=days)
    total = total_of(summary.totals)
    parts = capital(", ".join(_parts(summary, videos, words=words, scope=scope)))
    if total is None or pd.isna(total["vs_prev"]):
        return gettext("{days}. {parts}.", days=days, parts=parts)
    return gettext("{days}, against {before}. {parts}.", days=days, before=names.against, parts=parts)


def _parts(summary: "PeriodSummary", videos: pd.DataFrame, *, words: Words, scope: Scope) -> list[str]:
    """Name the platforms, accounts and uploads that a report is of, and how they were chosen."""
    total = total_of(summary.totals)
    uploads = 0 if total is None or pd.isna(total["n_uploads"]) else int(total["n_uploads"])
    accounts = int((summary.totals["scope"].astype("object") == "account").sum())
    platforms = [platform_name(str(name)) for name in sorted(videos["platform"].dropna().unique())]
    said = gettext("no platform")
    if platforms:
        said = platforms[0] if len(platforms) == 1 else counted(len(platforms), "platform")
    parts = [said, counted(accounts, "account"), counted(uploads, "upload")]
    if "account" in scope.names:
        account = parts[1] if accounts > 1 else words.account(scope.names["account"])
        parts[1] = gettext("only {part}", part=account)
    if "platform" in scope.names:
        parts[0] = gettext("only {part}", part=said)
    if "label" in scope.names:
        label = words.clean(scope.names["label"], fallback=gettext("unnamed"), width=40)
        parts.insert(0, gettext("only label {label}", label=label))
    if "only" in scope.names:
        some = words.clean(scope.names["only"], fallback=gettext("some"), width=120)
        parts.insert(0, gettext("only {part}", part=some))
    return parts


def _footer(
    summary: "PeriodSummary", videos: pd.DataFrame, *, words: Words, brand: Brand, as_of: dt.datetime | None
) -> str:
    owner = words.clean(brand.name, fallback="", width=28)
    source = words.clean(videos.attrs.get("source"), fallback="", width=28)
    parts = [owner, source if source != owner else ""]
    if as_of is not None:
        parts.append(gettext("data as of {day} {time} UTC", day=day(as_of), time=f"{as_of:%H:%M}"))
    if len(videos):
        blank = summary.quality.get("n_masked")
        values = {"masked": gettext("not known how many") if blank is None else full_number(blank)}
        if plan_masks(videos):
            text = ngettext("{masked} of {n} videos masked", "{masked} of {n} videos masked", len(videos), **values)
        else:
            text = ngettext(
                "{masked} of {n} videos without counts", "{masked} of {n} videos without counts", len(videos), **values
            )
        parts.append(text)
    return " · ".join(filter(None, parts)) or gettext("no data")
