"""Whether and how a period may be compared with others: whole ones of about its length that the history covers."""

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

ALIKE = 1.15
"""Sums of periods that differ more in length (x) are not told as more or less."""


def total_of(totals: pd.DataFrame) -> pd.Series | None:
    """Return the row of the whole scope, or None when there is none."""
    rows = totals[totals["scope"].astype("object") == "all"]
    return None if rows.empty else rows.iloc[0]


def whole_periods(series: pd.DataFrame) -> pd.DataFrame:
    """Return the periods that the history covers whole."""
    return series[series["views_gained"].notna() & ~series["partial"].fillna(value=True).astype(bool)]


def days_in(summary: "PeriodSummary") -> int:
    """Count the period's days."""
    return (summary.last_day - summary.first_day).days + 1


def covers_both_periods(summary: "PeriodSummary") -> bool:
    """Say whether the history covers both the period and the one it is compared with."""
    return len(summary.waterfall) > 1 and bool(summary.waterfall["views"].notna().all())


def days_compared(summary: "PeriodSummary") -> int:
    """Count the days of the period that this one is compared with."""
    if summary.compared_with is None:
        return days_in(summary)
    first, last = summary.compared_with
    return (last - first).days + 1


def about_equally_long(summary: "PeriodSummary") -> bool:
    """Say whether sums of the two periods may be compared: a month with a month, but not a week with a month."""
    short, long = sorted((days_in(summary), days_compared(summary)))
    return long <= ALIKE * short


def median_before(summary: "PeriodSummary") -> float | None:
    """Return the median of the periods before (views, for as many days as this one), or None where they hold none."""
    total = total_of(summary.totals)
    if total is None or pd.isna(total["views_gained"]) or pd.isna(total["vs_median8"]) or total["vs_median8"] <= -1:
        return None
    return float(total["views_gained"] / (1 + total["vs_median8"]))
