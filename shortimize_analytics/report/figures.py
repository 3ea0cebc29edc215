"""The four key figures of page 1: each with its change, and what it is measured against."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.style import MINUS, NO_VALUE, full_number, percent, short_number

from .findings import HIT, comparable, days_compared, days_in, median_before, total_of, whole_periods
from .tables import change, tone
from .words import Naming, decimal

if TYPE_CHECKING:
    from shortimize_analytics.weekly import WeeklySummary

Figure = dict[str, str]


def key_figures(summary: "WeeklySummary", scored: pd.DataFrame, names: Naming) -> list[Figure]:
    """Return the figures of page 1.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    scored
        Its ranking with `uploaded_at` beside each video.
    names
        What the periods are called.

    Returns
    -------
    list of dict
        Name, value, change with its tone, and what it is measured against: views, uploads, engagement, hits.
    """
    now, before = total_of(summary.totals), total_of(summary.previous)
    return [
        _views(summary, now, names),
        _uploads(summary, now, before, names),
        _engagement(now, before if comparable(summary) else None, names),
        _hits(summary, scored, names),
    ]


def _figure(name: str, value: str, *, change: str = "", tone: str = "muted", note: str = "") -> Figure:
    return {"name": name, "value": value, "change": change, "tone": tone, "note": note}


def _signed(number: float) -> str:
    return full_number(number, signed=True) if number else "±0"


def _views(summary: "WeeklySummary", now: pd.Series | None, names: Naming) -> Figure:
    if now is None or pd.isna(now["views_gained"]):
        return _figure("Views gained", NO_VALUE, note=f"no history for the {names.unit}")
    median = median_before(summary)
    known = len(whole_periods(summary.series.iloc[:-1]))
    note = f"too few {names.unit}s to compare"
    if median is not None:
        note = f"{known}-{names.unit} median {short_number(median)}"
    ratio = now["vs_prev"]
    said = "" if pd.isna(ratio) else change(ratio)
    note = f"per day; {note}" if said and not _equally_long(summary) else note
    return _figure("Views gained", short_number(now["views_gained"]), change=said, tone=tone(ratio), note=note)


def _uploads(summary: "WeeklySummary", now: pd.Series | None, before: pd.Series | None, names: Naming) -> Figure:
    if now is None:
        return _figure("Uploads", NO_VALUE, note="no videos")
    earlier = whole_periods(summary.series.iloc[:-1])["n_uploads"]  # of others no one knows which uploads are missing
    earlier = earlier[(earlier > 0).cummax()]  # nothing is known of the time before the first upload
    note = f"too few {names.unit}s to compare" if len(earlier) else f"no {names.unit}s before"
    if len(earlier) >= 2:
        middle = float(earlier.median())
        note = f"{len(earlier)}-{names.unit} median {decimal(middle, 0 if middle == round(middle) else 1)}"
    uploads = now["n_uploads"]
    if before is None or not comparable(summary) or pd.isna(before["n_uploads"]) or not earlier.sum():
        return _figure("Uploads", full_number(uploads), note=note)
    if not _equally_long(summary):
        rates = uploads / days_in(summary), before["n_uploads"] / days_compared(summary)
        said = change(rates[0] / rates[1] - 1) if rates[1] else ""
        return _figure("Uploads", full_number(uploads), change=said, note=f"per day; {note}" if said else note)
    return _figure("Uploads", full_number(uploads), change=_signed(uploads - before["n_uploads"]), note=note)


def _engagement(now: pd.Series | None, before: pd.Series | None, names: Naming) -> Figure:
    if now is None or pd.isna(now["er_view"]):
        return _figure("Engagement per view", NO_VALUE, note=f"not known {names.now}")
    said, direction = "", "muted"
    if before is not None and pd.notna(before["er_view"]):
        points = round(100 * (now["er_view"] - before["er_view"]), 1)
        said = f"{'+' if points > 0 else MINUS if points < 0 else '±'}{decimal(abs(points), 1)} pt"
        direction = tone(points)
    value = percent(now["er_view"], digits=1)
    return _figure("Engagement per view", value, change=said, tone=direction, note="likes, comments, shares")


def _hits(summary: "WeeklySummary", scored: pd.DataFrame, names: Naming) -> Figure:
    """Count the uploads with at least 5x their account's level, against those of the period compared with."""
    name = f"Uploads ≥ {HIT}x their account"
    known = scored[scored["mult"].notna()]
    own = known[_within(known, last=summary.week_end, days=days_in(summary))]
    if own.empty:
        return _figure(name, NO_VALUE, note=f"no score {names.now}")
    high = own["mult"] >= HIT
    weak = int((high & ~own["reliable"].fillna(value=False).astype(bool)).sum())
    note = f"of {full_number(len(own))}" + (f", {full_number(weak)} not reliable yet" if weak else " with a score")
    said = ""
    if summary.compared_with is not None and comparable(summary) and _equally_long(summary):
        before = known[_within(known, last=summary.compared_with[1], days=days_in(summary))]
        said = _signed(int(high.sum()) - int((before["mult"] >= HIT).sum())) if len(before) else ""
    return _figure(name, full_number(int(high.sum())), change=said, note=note)


def _equally_long(summary: "WeeklySummary") -> bool:
    return days_compared(summary) == days_in(summary)


def _within(videos: pd.DataFrame, *, last: Any, days: int) -> pd.Series:
    uploaded, end = pd.to_datetime(videos["uploaded_at"]), pd.Timestamp(last)
    return (uploaded <= end) & (uploaded > end - pd.Timedelta(days=days))
