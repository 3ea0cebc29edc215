"""What a summary is about: which days, and what was known on the last of them."""

from datetime import date

import numpy as np
import pandas as pd

from ._periods import PERIODS, Span, day_of, last_full, number, period_with, read_day
from .errors import InvalidParameterError
from .prepare import column, prepare_videos

_KNOWN = (
    "ad_id",
    "date",
    "age_days",
    "views_raw",
    "views_curve",
    "gain",
    "obs",
    "correction",
    "fetched_at",
)
"""What analyses read of a prepared history."""


def read_span(
    videos: pd.DataFrame, history: pd.DataFrame, *, period: str, start: date | str | None, end: date | str | None
) -> tuple[Span, str]:
    """Read the period that was asked for; its kind is custom where a first day was."""
    if period not in PERIODS or (period == "custom") > (start is not None):
        raise InvalidParameterError(f"period={period!r}: choose week, month or quarter, or pass start and end.")
    if start is not None:
        if end is None:
            raise InvalidParameterError(f"start={start!r} needs end, the last day of the period.")
        return between((start, end), "start and end"), "custom"
    if end is not None:
        return period_with(read_day(end, "end"), period), period
    blank = history["views"].isna().to_numpy()
    counted = (history.loc[~blank, "date"] if blank.any() else history["date"]).max()
    newest = column(videos, "latest_updated_at", "datetime64[us, UTC]").max() if pd.isna(counted) else counted
    asked = videos.attrs.get("as_of")
    if asked is None and pd.isna(newest):
        raise InvalidParameterError("Neither history nor videos name a day; pass end (or week_end), as 2026-03-15.")
    if asked is None:
        return last_full(newest, period), period
    today = read_day(asked, "as_of")
    return last_full(today if pd.isna(counted) else min(today, day_of(number(newest.date()) + 1)), period), period


def between(days: tuple[date | str, date | str], name: str) -> Span:
    """Read a first and a last day, both inclusive."""
    first, last = (number(read_day(day, name)) for day in days)
    if first > last:
        raise InvalidParameterError(f"{name}={days}: the first day is after the last; pass (first, last).")
    return first - 1, last


def at_end(videos: pd.DataFrame, rows: pd.DataFrame, last: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Show videos and history as they stood on the week's last day: a past week must not know the future."""
    edge = pd.Timestamp(last)
    past = rows.loc[(rows["date"] <= edge).to_numpy(), [name for name in _KNOWN if name in rows]]
    then = videos.loc[~(videos["uploaded_at"] > edge).to_numpy()].copy()
    # only a video's first row lacks a gain, so the row before it is another video's last
    final = np.append(past["gain"].isna().to_numpy()[1:], True)[: len(past)]
    known = past.loc[final, ["ad_id", "date", "views_raw"]].set_index("ad_id").reindex(then["ad_id"])
    measured = column(then, "latest_updated_at", "datetime64[us, UTC]")
    later = ((measured >= pd.Timestamp(edge + pd.Timedelta(days=1), tz="UTC")) | measured.isna()).to_numpy()
    replace = later & known["date"].notna().to_numpy()
    seen = known["date"].dt.tz_localize("UTC").astype("datetime64[us, UTC]").to_numpy()
    then["latest_views"] = then["latest_views"].where(~replace, known["views_raw"].to_numpy())
    then["latest_updated_at"] = measured.where(~replace, pd.Series(seen, index=then.index))
    return prepare_videos(then.reset_index(drop=True)), past.reset_index(drop=True)
