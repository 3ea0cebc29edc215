"""The four key figures of page 1: each with its change, and what it is measured against."""

from math import ceil, floor
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import HIT
from shortimize_analytics.plots.messages import gettext
from shortimize_analytics.plots.theme import MINUS, NO_VALUE, full_number, percent, short_number

from .breakouts import is_breakout, may_become_one
from .periods_compared import covers_both_periods, days_compared, days_in, median_before, total_of, whole_periods
from .tables import change_text, tone
from .words import Naming, decimal

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

KEYS = ("views", "uploads", "engagement", "breakouts")
"""What tells the figures apart in any language, in their order."""
FEWEST = 2
"""Periods that have a median."""
BETWEEN = 1000
"""Medians of smaller counts are written as the two whole numbers they lie between."""
Figure = dict[str, Any]
Step = tuple[Any, str]
"""A change and its unit: a ratio is relative (0.25 is +25 %), everything else a difference."""


def key_figures(
    summary: "PeriodSummary",
    scored: pd.DataFrame,
    *,
    names: Naming,
    ranked: pd.DataFrame | None = None,
    targets: pd.DataFrame | None = None,
) -> list[Figure]:
    """Return the figures of page 1.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    scored
        Its ranking with `uploaded_at` beside each video.
    names
        What the periods are called.
    ranked
        The scores of all its videos, older ones too, with `uploaded_at`: how many breakouts the periods before had;
        None where that is not known.
    targets
        Result of `read_targets`; those of the organisation for exactly this period count.

    Returns
    -------
    list of dict
        Key, name, value, change with its tone, and what it is measured against: views, uploads, engagement, breakouts.
        Beside the texts ``number``, ``change_number`` and ``change_unit``: unrounded, None for what is not known. And
        ``periods``, the figure of each period of the series, oldest first (None where not known), with their
        ``usual`` (median of those before) and ``target``, as numbers and as texts; ``met`` says whether it was.
    """
    now, before = total_of(summary.totals), total_of(summary.previous)
    found = [
        _views(summary, now, names=names),
        _uploads(summary, now, before=before, names=names),
        _engagement(now, before if covers_both_periods(summary) else None, names=names),
        _breakouts(summary, scored, names=names),
    ]
    series = summary.series
    whole = ~series["partial"].fillna(value=True).astype(bool).to_numpy()
    begun = whole | True if ranked is None else (series["end"] >= ranked["uploaded_at"].min()).to_numpy()
    rows = [
        series["views_gained"].where(whole),
        series["n_uploads"].where(begun),  # nothing is usual before the first upload
        series["er_view"].where(whole),
        _breakouts_of(series, ranked).where(begun),
    ]
    usual = [median_before(summary), *(_usual_of(values, whole) for values in rows[1:])]
    wanted = [_target(summary, targets, metric) for metric in ("views_gained", "uploads", "", "")]
    return [
        {"key": key} | figure | _against(figure, values, middle=middle, target=target, is_share=key == "engagement")
        for key, figure, values, middle, target in zip(KEYS, found, rows, usual, wanted, strict=True)
    ]


def _breakouts_of(series: pd.DataFrame, ranked: pd.DataFrame | None) -> pd.Series:
    """Count the breakouts among each period's uploads, as scored on the last day of all."""
    if ranked is None:
        return pd.Series(pd.array([pd.NA] * len(series), dtype="Int64"), index=series.index)
    days = pd.to_datetime(ranked.loc[is_breakout(ranked), "uploaded_at"])
    counts = [int(days.between(row.start, row.end).sum()) for row in series.itertuples()]
    return pd.Series(pd.array(counts, dtype="Int64"), index=series.index)


def _usual_of(values: pd.Series, whole: Any) -> float | None:
    """Return the median of the periods before that are known whole, of two at least."""
    known = values[whole].iloc[:-1].dropna() if len(whole) and whole[-1] else values.iloc[:-1].dropna()
    return float(known.median()) if len(known) >= FEWEST else None


def _target(summary: "PeriodSummary", targets: pd.DataFrame | None, metric: str) -> float | None:
    if targets is None or summary.scope != "all":
        return None
    mine = targets[
        (targets["scope"].astype("object") == "organisation")
        & (targets["metric"].astype("object") == metric)
        & (targets["start"] == pd.Timestamp(summary.first_day))
        & (targets["end"] == pd.Timestamp(summary.last_day))
    ]
    return None if mine.empty else float(mine["target"].iloc[-1])


def _against(
    figure: Figure, values: pd.Series, *, middle: float | None, target: float | None, is_share: bool
) -> Figure:
    """Set a figure against the periods before and its target, in numbers and in words."""
    number = figure["number"]
    return {
        "periods": [_plain(value) for value in values],
        "usual": middle,
        "usual_text": "" if middle is None else _usual_text(middle, is_share=is_share),
        "target": target,
        "target_text": "" if target is None else short_number(target),
        "met": None if target is None or number is None else bool(number >= target),
    }


def _usual_text(middle: float, *, is_share: bool) -> str:
    """Write a median as the figure itself is; one of counts that lies between two is between the two."""
    if is_share:
        return percent(middle, digits=1)
    if middle != round(middle) and middle < BETWEEN:
        return gettext("{low} to {high}", low=full_number(floor(middle)), high=full_number(ceil(middle)))
    return short_number(middle)


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
    return full_number(number, signed=True) if number else gettext("no change")


def _views(summary: "PeriodSummary", now: pd.Series | None, *, names: Naming) -> Figure:
    name = gettext("Views gained")
    if now is None or pd.isna(now["views_gained"]):
        return _figure(name, NO_VALUE, note=gettext("no history for the {unit}", unit=names.unit))
    median = median_before(summary)
    note = gettext("too few {units} to compare", units=names.units)
    if median is not None:
        note = _median_of(len(whole_periods(summary.series.iloc[:-1])), short_number(median), names=names)
    ratio = now["vs_prev"]
    said = "" if pd.isna(ratio) else change_text(ratio)
    note = gettext("per day; {note}", note=note) if said and not _equally_long(summary) else note
    gained = now["views_gained"]
    return _figure(
        name, short_number(gained), number=gained, change=said, step=(ratio, "ratio"), tone=tone(ratio),
        note=note,
    )  # fmt: skip


def _median_of(number: int, median: str, *, names: Naming) -> str:
    values = {"unit": names.unit, "periods": names.many(number), "median": median}
    return gettext("{n}-{unit} median {median}", n=number, **values)


def _uploads(summary: "PeriodSummary", now: pd.Series | None, *, before: pd.Series | None, names: Naming) -> Figure:
    name = gettext("Uploads")
    if now is None:
        return _figure(name, NO_VALUE, note=gettext("no videos"))
    earlier = whole_periods(summary.series.iloc[:-1])["n_uploads"]  # of others no one knows which uploads are missing
    earlier = earlier[(earlier > 0).cummax()]  # nothing is known of the time before the first upload
    note = gettext("no whole {units} before", units=names.units)
    if len(earlier) >= 2:
        middle = float(earlier.median())
        note = _median_of(len(earlier), decimal(middle, 0 if middle == round(middle) else 1), names=names)
    elif len(earlier):
        note = gettext("too few {units} to compare", units=names.units)
    uploads = now["n_uploads"]
    if before is None or not covers_both_periods(summary) or pd.isna(before["n_uploads"]) or not earlier.sum():
        return _figure(name, full_number(uploads), number=uploads, note=note)
    if not _equally_long(summary):
        rates = uploads / days_in(summary), before["n_uploads"] / days_compared(summary)
        ratio = rates[0] / rates[1] - 1 if rates[1] else None
        said, step = "" if ratio is None else change_text(ratio), (ratio, "ratio")
        note = gettext("per day; {note}", note=note) if said else note
    else:
        step = (uploads - before["n_uploads"], "uploads")
        said = _signed(step[0])
    return _figure(name, full_number(uploads), number=uploads, change=said, step=step, note=note)


def _engagement(now: pd.Series | None, before: pd.Series | None, *, names: Naming) -> Figure:
    name = gettext("Engagement rate")
    if now is None or pd.isna(now["er_view"]):
        return _figure(name, NO_VALUE, note=gettext("not known {now}", now=names.now))
    said, direction, more = "", "muted", None
    if before is not None and pd.notna(before["er_view"]):
        more = now["er_view"] - before["er_view"]
        points = round(100 * more, 1)
        moved = f"{'+' if points > 0 else MINUS}{decimal(abs(points), 1)}"
        said = gettext("{change} points", change=moved) if points else gettext("no change")
        direction = tone(points)
    value = percent(now["er_view"], digits=1)
    return _figure(
        name, value, number=now["er_view"], change=said, step=(more, "share"), tone=direction,
        note=gettext("likes, comments, shares"),
    )  # fmt: skip


def _breakouts(summary: "PeriodSummary", scored: pd.DataFrame, *, names: Naming) -> Figure:
    """Count the breakouts among the period's uploads, against those of the period compared with."""
    name = gettext("Breakout videos")
    known = scored[scored["mult"].notna()]
    own = known[_within(known, last=summary.last_day, days=days_in(summary))]
    if own.empty:
        return _figure(name, NO_VALUE, note=gettext("no score {now}", now=names.now))
    weak = int(may_become_one(own).sum())
    note = gettext("uploads clearly ≥ {hit}x", hit=HIT)
    if weak:
        note = gettext("uploads clearly ≥ {hit}x; {n} not sure yet", hit=HIT, n=full_number(weak))
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
