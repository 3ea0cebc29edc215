"""The four key figures of page 1: each with its change, and what it is measured against."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import HIT
from shortimize_analytics.plots.theme import MINUS, NO_VALUE, full_number, percent, short_number

from .breakouts import is_breakout, may_become_one
from .findings import covers_both_periods, days_compared, days_in, median_before, total_of, whole_periods
from .tables import change_text, tone
from .words import Naming, decimal

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

Figure = dict[str, Any]
Step = tuple[Any, str]
"""A change and its unit: a ratio is relative (0.25 is +25 %), everything else a difference."""


def key_figures(summary: "PeriodSummary", scored: pd.DataFrame, *, names: Naming) -> list[Figure]:
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
        Name, value, change with its tone, and what it is measured against: views, uploads, engagement, breakouts.
        Beside the texts ``number``, ``change_number`` and ``change_unit``: unrounded, None for what is not known.
    """
    now, before = total_of(summary.totals), total_of(summary.previous)
    return [
        _views(summary, now, names=names),
        _uploads(summary, now, before=before, names=names),
        _engagement(now, before if covers_both_periods(summary) else None, names=names),
        _breakouts(summary, scored, names=names),
    ]


def _figure(
    name: str,
    value: str,
    *,
    number: Any = None,
    change: str = "",
    step: Step | None = None,
    tone: str = "muted",
    note: str = "",
) -> Figure:
    texts = {"name": name, "value": value, "change": change, "tone": tone, "note": note}
    moved = _plain(step[0]) if step and change else None
    unit = step[1] if step and moved is not None else None
    return {**texts, "number": _plain(number), "change_number": moved, "change_unit": unit}


def _plain(number: Any) -> float | None:
    if number is None or pd.isna(number):
        return None
    return float(number) if isinstance(number, float) else int(number)


def _signed(number: float) -> str:
    return full_number(number, signed=True) if number else "±0"


def _views(summary: "PeriodSummary", now: pd.Series | None, *, names: Naming) -> Figure:
    if now is None or pd.isna(now["views_gained"]):
        return _figure("Views gained", NO_VALUE, note=f"no history for the {names.unit}")
    median = median_before(summary)
    known = len(whole_periods(summary.series.iloc[:-1]))
    note = f"too few {names.unit}s to compare"
    if median is not None:
        note = f"{known}-{names.unit} median {short_number(median)}"
    ratio = now["vs_prev"]
    said = "" if pd.isna(ratio) else change_text(ratio)
    note = f"per day; {note}" if said and not _equally_long(summary) else note
    gained = now["views_gained"]
    return _figure(
        "Views gained", short_number(gained), number=gained, change=said, step=(ratio, "ratio"), tone=tone(ratio),
        note=note,
    )  # fmt: skip


def _uploads(summary: "PeriodSummary", now: pd.Series | None, *, before: pd.Series | None, names: Naming) -> Figure:
    if now is None:
        return _figure("Uploads", NO_VALUE, note="no videos")
    earlier = whole_periods(summary.series.iloc[:-1])["n_uploads"]  # of others no one knows which uploads are missing
    earlier = earlier[(earlier > 0).cummax()]  # nothing is known of the time before the first upload
    note = f"too few {names.unit}s to compare" if len(earlier) else f"no {names.unit}s before"
    if len(earlier) >= 2:
        middle = float(earlier.median())
        note = f"{len(earlier)}-{names.unit} median {decimal(middle, 0 if middle == round(middle) else 1)}"
    uploads = now["n_uploads"]
    if before is None or not covers_both_periods(summary) or pd.isna(before["n_uploads"]) or not earlier.sum():
        return _figure("Uploads", full_number(uploads), number=uploads, note=note)
    if not _equally_long(summary):
        rates = uploads / days_in(summary), before["n_uploads"] / days_compared(summary)
        ratio = rates[0] / rates[1] - 1 if rates[1] else None
        said, step = "" if ratio is None else change_text(ratio), (ratio, "ratio")
        note = f"per day; {note}" if said else note
    else:
        step = (uploads - before["n_uploads"], "uploads")
        said = _signed(step[0])
    return _figure("Uploads", full_number(uploads), number=uploads, change=said, step=step, note=note)


def _engagement(now: pd.Series | None, before: pd.Series | None, *, names: Naming) -> Figure:
    if now is None or pd.isna(now["er_view"]):
        return _figure("Engagement per view", NO_VALUE, note=f"not known {names.now}")
    said, direction, more = "", "muted", None
    if before is not None and pd.notna(before["er_view"]):
        more = now["er_view"] - before["er_view"]
        points = round(100 * more, 1)
        said = f"{'+' if points > 0 else MINUS if points < 0 else '±'}{decimal(abs(points), 1)} pt"
        direction = tone(points)
    value = percent(now["er_view"], digits=1)
    return _figure(
        "Engagement per view", value, number=now["er_view"], change=said, step=(more, "share"), tone=direction,
        note="likes, comments, shares",
    )  # fmt: skip


def _breakouts(summary: "PeriodSummary", scored: pd.DataFrame, *, names: Naming) -> Figure:
    """Count the breakouts among the period's uploads, against those of the period compared with."""
    name = "Breakout videos"
    known = scored[scored["mult"].notna()]
    own = known[_within(known, last=summary.last_day, days=days_in(summary))]
    if own.empty:
        return _figure(name, NO_VALUE, note=f"no score {names.now}")
    weak = int(may_become_one(own).sum())
    note = f"uploads clearly ≥ {HIT}x" + (f"; {full_number(weak)} not sure yet" if weak else "")
    found, said, more = int(is_breakout(own).sum()), "", 0
    if summary.compared_with is not None and covers_both_periods(summary) and _equally_long(summary):
        before = known[_within(known, last=summary.compared_with[1], days=days_in(summary))]
        more = found - int(is_breakout(before).sum())
        said = _signed(more) if len(before) else ""
    return _figure(name, full_number(found), number=found, change=said, step=(more, "uploads"), note=note)


def _equally_long(summary: "PeriodSummary") -> bool:
    return days_compared(summary) == days_in(summary)


def _within(videos: pd.DataFrame, *, last: Any, days: int) -> pd.Series:
    uploaded, end = pd.to_datetime(videos["uploaded_at"]), pd.Timestamp(last)
    return (uploaded <= end) & (uploaded > end - pd.Timedelta(days=days))
