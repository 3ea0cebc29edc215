"""What comes next, in words and tables: forecasts of the period's uploads, and old videos that rose or stalled.

Pitfall: medians must not be summed, so a total is one of expected views; its own interval is not known, and none is
given. The intervals are those of single videos.
"""

import datetime as dt
from math import log
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import FORECAST_COVERAGE, HORIZON
from shortimize_analytics.analysis.forecast.views import is_overdue
from shortimize_analytics.plots.messages import gettext, later, ngettext
from shortimize_analytics.plots.theme import NO_VALUE, counted, full_number, multiple, percent, short_number

from .tables import Table, columns, range_drawing, rows_shown, short_column, video_cell
from .words import Naming, Sentence, Words, day, piece

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

FORECAST_ROWS = 6
LIST_ROWS = 5
MOST_MARKS = 4
AXIS_ROOM, AXIS_LETTER = 100.0, 4.8
"""Points of an axis beside its ranges, and of a letter on it."""


def without_notes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without its notes: pandas copies them deeply whenever a column is looked at."""
    plain = frame.copy(deep=False)
    plain.attrs = {}
    return plain


def of_uploads(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Return the forecasts of videos uploaded in the period, highest first, but for those that time has overtaken."""
    forecasts = without_notes(forecasts)
    known = forecasts["pred"].notna() & forecasts["views"].notna() & ~is_overdue(forecasts)
    return forecasts[known & forecasts["is_new"].fillna(value=False).astype(bool)].reset_index(drop=True)


def known_on(summary: "PeriodSummary", as_of: dt.datetime | None) -> str:
    """Name the period's last day where the data go on for longer than the day after, or return an empty string."""
    if as_of is None or as_of.date() <= summary.last_day + dt.timedelta(days=1):
        return ""
    return day(summary.last_day)


def due_days(forecasts: pd.DataFrame) -> pd.Series:
    """Return the day each forecast is for."""
    return forecasts["uploaded_at"] + pd.to_timedelta(forecasts["horizon"].astype("float"), unit="D")


def came_by_then(forecasts: pd.DataFrame, history: pd.DataFrame) -> pd.Series:
    """Return what the period's uploads had on the day they were forecast for, as far as it has passed and was measured.

    Parameters
    ----------
    forecasts
        Of a period's summary.
    history
        Prepared history, that of later days included.

    Returns
    -------
    Series
        Views by ad_id.
    """
    shown = of_uploads(forecasts)
    due = shown[["ad_id"]].assign(date=due_days(shown))
    measured = history.loc[history["views_raw"].notna(), ["ad_id", "date", "views_raw"]]
    return due.merge(measured, on=["ad_id", "date"]).set_index("ad_id")["views_raw"].astype("float")


def forecast_sentence(
    forecasts: pd.DataFrame, names: Naming, *, known: str = "", came: pd.Series | None = None
) -> Sentence:
    """Say what the period's uploads are expected to reach; of those whose day has passed, what was expected and came.

    `known` names the period's last day where the data go on beyond it, `came` is what `came_by_then` returned.
    """
    shown = of_uploads(forecasts)
    past = shown["ad_id"].isin([] if came is None else came.index)
    due, ahead = shown[past], shown[~past]
    said = " ".join(
        filter(None, (_of_passed(due, came=came, known=known), _of_ahead(ahead, forecasts, names=names, known=known)))
    )
    return [piece(said)] if said else []


def _of_passed(due: pd.DataFrame, *, came: pd.Series | None, known: str) -> str:
    """Set what was to be expected beside what came."""
    if due.empty or came is None:
        return ""
    actual = due["ad_id"].map(came)
    inside = int(((due["lo80"] <= actual) & (actual <= due["hi80"])).sum())
    many = len(due) > 1
    values = {
        "day": known, "expected": short_number(due["pred_mean"].sum()), "age": int(due["horizon"].iloc[0]),
        "came": short_number(actual.sum()), "inside": full_number(inside), "n": full_number(len(due)),
        "level": percent(FORECAST_COVERAGE),
    }  # fmt: skip
    if many:
        return gettext(
            "From what was known on {day}, {expected} views were to be expected by day {age} of the {uploads} whose "
            "day has passed; {came} came. {inside} of {n} landed in their {level} range.",
            uploads=counted(len(due), "upload"), **values,
        )  # fmt: skip
    return gettext(
        "From what was known on {day}, {expected} views were to be expected by day {age} of the one upload whose day "
        "has passed; {came} came. {inside} of {n} landed in its {level} range.", **values,
    )  # fmt: skip


def _of_ahead(ahead: pd.DataFrame, forecasts: pd.DataFrame, *, names: Naming, known: str) -> str:
    if ahead.empty:
        return ""
    n = len(ahead)
    values = {
        "now": names.now, "day": known, "age": int(ahead["horizon"].iloc[0]), "held": _held(forecasts),
        "views": short_number(int(ahead["views"].sum())), "expected": short_number(ahead["pred_mean"].sum()),
    }  # fmt: skip
    if known:
        return ngettext(
            "As known on {day}, the one upload of {now} that can be forecast had {views} views; expected by day {age}: "
            "{expected}{held}.",
            "As known on {day}, the {n} uploads of {now} that can be forecast had {views} views; expected by day "
            "{age}: {expected}, a sum without an interval{held}.",
            n, **values,
        )  # fmt: skip
    return ngettext(
        "The one upload of {now} that can be forecast has {views} views; expected by day {age}: {expected}{held}.",
        "The {n} uploads of {now} that can be forecast have {views} views; expected by day {age}: {expected}, a sum "
        "without an interval{held}.",
        n, **values,
    )  # fmt: skip


def _held(forecasts: pd.DataFrame) -> str:
    """Say how the intervals did at past dates."""
    tried = backtest_figures(forecasts)
    if tried is None:
        return gettext("; too few past videos say how far off such forecasts are")
    held, n, off = tried
    return gettext(
        "; {level} intervals held {part} of {n} past videos, the typical miss was {miss}",
        level=percent(FORECAST_COVERAGE), part=percent(held), n=full_number(n), miss=percent(off),
    )  # fmt: skip


def backtest_figures(forecasts: pd.DataFrame) -> tuple[float, int, float] | None:
    """Return coverage, number of past forecasts and their typical error (a share) over the ages that are shown."""
    shown = of_uploads(forecasts)
    rows = pd.DataFrame(forecasts.attrs.get("backtest", []))
    if rows.empty or shown.empty:
        return None
    rows = rows[(rows["platform"] == "all") & rows["model_age"].isin(shown["model_age"].dropna().astype(int))]
    rows = rows[rows["n"] > 0]
    if rows.empty:
        return None
    n = int(rows["n"].sum())
    return float((rows["coverage"] * rows["n"]).sum() / n), n, float((rows["mdape"] * rows["n"]).sum() / n)


def forecast_table(
    forecasts: pd.DataFrame, words: Words, *, uploads: pd.DataFrame, end: dt.date, came: pd.Series | None = None
) -> Table:
    """Return the highest forecasts of the period's uploads, given with its last day, and count those without.

    Where some of the days have passed, what came (see `came_by_then`) stands beside what was expected.
    """
    shown = of_uploads(forecasts)
    horizon = int(shown["horizon"].iloc[0]) if len(shown) else HORIZON
    listed = shown.head(FORECAST_ROWS)
    axis = _views_axis(listed)
    rows = [
        [
            video_cell(row, words, detail=_old(row.age_days)),
            [piece(views)],
            [piece(pred, strong=True)],
            [
                piece(f"{short_number(row.lo80)}–{short_number(row.hi80)}")
                | range_drawing((row.lo80, row.pred, row.hi80), axis)
            ],
            *([] if came is None or came.empty else [[piece(short_number(came.get(row.ad_id)), strong=True)]]),
        ]
        for row, views, pred in zip(
            listed.itertuples(), short_column(listed["views"]), short_column(listed["pred"]), strict=True
        )
    ]
    plain = without_notes(forecasts)
    passed = uploads["ad_id"].isin(plain.loc[is_overdue(plain), "ad_id"])
    young = uploads["uploaded_at"] + pd.Timedelta(days=horizon) > pd.Timestamp(end)
    without = int((young & ~passed & ~uploads["ad_id"].isin(shown["ad_id"])).sum())
    stale = int(passed.sum())
    notes = [rows_shown(later("{shown} of {n} forecasts."), len(shown), shown=FORECAST_ROWS)]
    if without:
        uploads_ = counted(without, "upload")
        notes.append(
            gettext("Without a forecast, being too new, without counts or never measured: {uploads}.", uploads=uploads_)
        )
    if stale:
        notes.append(
            gettext(
                "Left out, last counted before their day {age}, which has passed: {uploads}.",
                age=horizon, uploads=counted(stale, "upload"),
            )
        )  # fmt: skip
    named = columns(
        (gettext("Video"), "left", "rest"), (gettext("Views"), "right", 44),
        (gettext("Day {age}", age=horizon), "right", 44),
        (gettext("{level} interval", level=percent(FORECAST_COVERAGE)), "right", 204),
        *([] if came is None or came.empty else [(gettext("Came"), "right", 44)]),
    )  # fmt: skip
    named[3]["axis"] = axis
    return {"columns": named, "rows": rows, "note": " ".join(filter(None, notes))}


def _views_axis(listed: pd.DataFrame) -> dict[str, Any]:
    """Return a log axis of views that holds the forecasts' ranges, marked at round numbers."""
    ends = listed[["lo80", "hi80"]].to_numpy(dtype=float)
    ends = ends[ends > 0]
    low, high = (float(ends.min()) * 0.8, float(ends.max()) * 1.25) if len(ends) else (1.0, 10.0)
    rounds = [factor * 10**power for power in range(16) for factor in (1, 2, 5)]
    marks = [{"v": float(v), "text": short_number(v)} for v in rounds if low * 1.12 <= v <= high / 1.12]
    if len(marks) > MOST_MARKS:
        marks = [mark for mark in marks if str(mark["v"])[0] == "1"]
    return {"low": low, "high": high, "marks": _apart(marks, low, high), "reference": 0.0, "plain": False}


def _apart(marks: list[dict[str, Any]], low: float, high: float) -> list[dict[str, Any]]:
    """Leave out marks whose words would touch those before: some languages shorten numbers less than others."""
    kept: list[dict[str, Any]] = []
    end = 0.0
    for mark in marks:
        middle = AXIS_ROOM * log(mark["v"] / low) / log(high / low)
        half = AXIS_LETTER * len(mark["text"]) / 2
        if not kept or middle - half > end:
            kept.append(mark)
            end = middle + half
    return kept


def revived_table(revived: pd.DataFrame, words: Words) -> Table:
    """Return the old videos that gained speed again."""
    shown = revived.head(LIST_ROWS)
    rows = [
        [
            video_cell(row, words, detail=_old(row.age_days)),
            [piece(gain, strong=True)],
            [piece(multiple(row.revival_ratio))],
        ]
        for row, gain in zip(shown.itertuples(), short_column(shown["gain"], signed=True), strict=True)
    ]
    return {
        "columns": columns(
            (gettext("Video"), "left", "rest"), (gettext("Gained"), "right", 40), (gettext("Of usual"), "right", 40)
        ),
        "rows": rows,
        "note": rows_shown(later("{shown} of {n} revived videos."), len(revived), shown=LIST_ROWS),
    }


def stalled_table(stalled: pd.DataFrame, words: Words) -> Table:
    """Return the videos that nearly stopped."""
    shown = stalled.head(LIST_ROWS)
    rows = [
        [video_cell(row, words, detail=_old(row.age_days)), [piece(gain, strong=True)], [piece(usual)]]
        for row, gain, usual in zip(
            shown.itertuples(), short_column(shown["gain"]), short_column(shown["expected"]), strict=True
        )
    ]
    return {
        "columns": columns(
            (gettext("Video"), "left", "rest"), (gettext("In 7 days"), "right", 42), (gettext("Usual"), "right", 38)
        ),
        "rows": rows,
        "note": rows_shown(later("{shown} of {n} stalled videos."), len(stalled), shown=LIST_ROWS),
    }


def _old(age: Any) -> str:
    return NO_VALUE if pd.isna(age) else ngettext("{n} day old", "{n} days old", int(age))
