"""Histories in order: one row per video and day, without rows that carry nothing."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from shortimize_analytics.schema.checks import series_order
from shortimize_analytics.schema.rows import last_of_each, run_starts, starts_day_by_day


class CleanHistory(NamedTuple):
    """Rows by (ad_id, date), the positions at which a video's begin, and counts of what was dropped."""

    rows: pd.DataFrame
    starts: np.ndarray
    quality: dict[str, int]


def clean_history(history: pd.DataFrame) -> CleanHistory:
    """Drop rows that carry nothing, sort, and keep the newest measurement of each day; and count what was dropped."""
    usable = history["views"].notna().to_numpy()
    rows = history if usable.all() else history.loc[usable]
    starts = starts_day_by_day(rows, whole=True)
    if starts is None:
        usable = usable & (history["date"].notna() & history["ad_id"].notna()).to_numpy()
        rows = calendar_days(history.loc[usable])
        out = _one_a_day(rows)
        starts = run_starts(out["ad_id"])
    else:
        out = rows.reset_index(drop=True).copy(deep=False)
    quality = {
        "history_rows": len(history),
        "without_views": int((~usable).sum()),
        "duplicate_days": len(rows) - len(out),
    }
    return CleanHistory(out, starts, quality)


def calendar_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Cut the hour from days that carry one, the latest hour of each day last."""
    days = rows["date"].dt.normalize()
    if (days == rows["date"]).all():
        return rows
    order = np.argsort(rows["date"].to_numpy(), kind="stable")
    return rows.assign(date=days).iloc[order]


def _one_a_day(rows: pd.DataFrame) -> pd.DataFrame:
    if "fetched_at" in rows:
        rows = rows.iloc[np.argsort(_instants(rows), kind="stable")]
    order, codes = series_order(rows)
    rows = rows.iloc[order].reset_index(drop=True)
    newest = last_of_each(codes, rows["date"].to_numpy())
    return rows if newest.all() else rows.loc[newest].reset_index(drop=True)


def _instants(rows: pd.DataFrame) -> np.ndarray:
    return rows["fetched_at"].dt.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
