"""One video's history, and what young videos will have at the horizon.

Pitfalls: a dotted line was not measured: the platform's count of those days was interpolated, or is missing. A fan is
the 80 % interval of a forecast at the horizon; between now and then only its ends mean something.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from shortimize_analytics.errors import InvalidParameterError

from .canvas import axes, check_cap, check_columns, key, note, nothing_to_show
from .messages import gettext
from .row_names import fit_label, with_words_after
from .scales import age_axis, count_axis, log_axis, name_lines
from .theme import (
    ACCENT,
    ACCENT_SOFT,
    UNRELIABLE,
    WARNING,
    full_number,
    platform_colour,
    platform_name,
    share,
    short_number,
    style,
)

PREPARED = "sa.prepare(videos, history).history"
KEY_CELLS = 14
"""Width of a platform's name in a key: half-width characters, so that six stand side by side."""
_MAX_MARKED = 45
"""With more days than this a marker on each would hide the line."""


def plot_video(
    history: pd.DataFrame,
    *,
    forecast: pd.DataFrame | None = None,
    curves: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the views of one video by age: what was measured, what was filled in, what was corrected.

    Parameters
    ----------
    history
        The video's days of what `prepare` made of the history.
    forecast
        What `forecast_views` returned; the video's row in it is drawn as a fan, no row or no forecast as nothing.
    curves
        What ``growth_curves(..., value="views")`` returned for one group, its account say: drawn behind as a band, and
        the axis is logarithmic then.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        A line, solid where the day's gain was measured and dotted where it was not, triangles where the platform
        corrected the count downwards; the forecast's 80 % interval at its horizon; the median and the middle 80 % of
        the group.

    Raises
    ------
    InvalidParameterError
        When the rows are not prepared, or of several videos, or the curves of several groups.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.plots import plot_video
    >>> columns = ["ad_id", "date", "views_raw", "age_days", "obs", "correction"]
    >>> plot_video(pd.DataFrame(columns=columns)).texts[0].get_text()
    'No history of this video.'
    """
    check_columns(
        history,
        ["ad_id", "date", "views_raw", "age_days", "obs", "correction"],
        source=PREPARED,
    )
    _check_single(history["ad_id"], "the history has {} videos: pass the rows of one ad_id")
    with style():
        ax = axes(ax)
        rows = history[history["views_raw"].notna()].sort_values("date", kind="stable")
        if rows.empty:
            return nothing_to_show(ax, gettext("No history of this video."))
        band = None if curves is None else _band(curves)
        ages, words = _ages(rows)
        views = rows["views_raw"].to_numpy(dtype=float)
        if band is not None:
            views = np.maximum(views, 1.0)  # zero has no place on a log axis
        fan = _fan(forecast, rows["ad_id"].iloc[0], start=(ages[-1], views[-1]))
        corners = [views, *([] if band is None else [band[["lo", "median_value", "hi"]].to_numpy().ravel()])]
        corners += [] if fan is None else [fan[1][1:]]
        every = np.concatenate(corners)
        every = every[np.isfinite(every)]
        oldest = max(ages[-1], fan[0][1] if fan else 0.0, 0.0 if band is None else float(band["age_days"].max()))
        if band is None:
            count_axis(ax, 0.0, high=float(every.max()))
        else:
            log_axis(ax, float(every[every > 0].min()), high=float(every.max()))
            _draw_band(ax, band)
        age_axis(ax, float(ages[0]), oldest=float(oldest))
        ax.set_xlabel(words, loc="left")
        key(ax, {gettext("this video"): ACCENT} | ({} if band is None else {_band_name(curves): ACCENT_SOFT}))
        said = _draw_history(ax, rows, ages=ages, views=views)
        if fan is not None:
            _draw_fan(ax, *fan, colour=ACCENT)
            name_lines(ax, [(fan[0][1], fan[1][2], _at_day(fan[1][2], fan[0][1]), ACCENT)])
            ends = {"low": short_number(fan[1][1]), "high": short_number(fan[1][3])}
            said.append(gettext("80 % interval {low} to {high}", **ends))
        if said:
            note(ax, "; ".join(said), line=2)
        return ax


def plot_forecast(
    forecast: pd.DataFrame, *, history: pd.DataFrame | None = None, top: int = 6, ax: Axes | None = None
) -> Axes:
    """Draw the forecasts of young videos as fans from today's count to the horizon.

    Parameters
    ----------
    forecast
        What `forecast_views` returned, highest first. Rows without a forecast are counted, not drawn.
    history
        What `prepare` made of the history, to draw the way so far; or None.
    top
        Largest number of videos.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        Per video its views so far (y, log axis) by age, a fan to the 80 % interval at the horizon and a dashed line to
        the median forecast, in the colour of its platform; the platforms are named above where there are several.

    Raises
    ------
    InvalidParameterError
        When `top` is not 1 to 12, or the frame holds no forecasts.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_forecast
    >>> plot_forecast(schema.empty(schema.FORECASTS)).texts[0].get_text()
    'No video to forecast.'
    """
    check_cap("top", top, limit=12)
    columns = ["ad_id", "title", "username", "platform", "age_days", "views", "horizon", "pred", "lo80", "hi80"]
    check_columns(forecast, columns, source="forecast_views")
    known = forecast[forecast["pred"].notna() & forecast["views"].notna() & forecast["age_days"].notna()]
    shown = known.head(top)
    with style():
        ax = axes(ax, height=3.8)
        if shown.empty:
            reason = (
                gettext("No video to forecast.")
                if forecast.empty
                else gettext("Too little history to forecast any of these videos.")
            )
            return nothing_to_show(ax, reason)
        values = shown[["views", "lo80", "pred", "hi80"]].to_numpy(dtype=float, na_value=np.nan)
        values = values[np.isfinite(values) & (values > 0)]
        oldest = float(shown["horizon"].max())
        # some room for the steep first days, but not all of it: they would press the fans together
        log_axis(ax, values.min() / (1 if history is None else 3), high=values.max())
        age_axis(ax, 0.0, oldest=oldest)
        paths = {} if history is None else dict(list(history[history["ad_id"].isin(shown["ad_id"])].groupby("ad_id")))
        ends = []
        for row in shown.itertuples():
            colour = platform_colour(fit_label(row.platform, fallback=""))
            name = fit_label(
                row.title, fallback=f"@{fit_label(row.username, fallback=gettext('unknown'), width=21)}", width=22
            )
            ages, ys = _fan_of(row, start=(float(row.age_days), max(float(row.views), 1.0)))
            if row.ad_id in paths:
                _draw_path(ax, paths[row.ad_id], colour=colour, end=(ages[0], ys[0]))
            _draw_fan(ax, ages, ys, colour=colour)
            ends.append((float(ages[1]), float(ys[2]), f"{short_number(ys[2])} {name}", colour))
        name_lines(ax, ends)
        platforms = list(dict.fromkeys(fit_label(name, fallback="") for name in shown["platform"]))
        if len(platforms) > 1:
            names = {
                name: fit_label(platform_name(name), fallback=gettext("unknown"), width=KEY_CELLS)
                for name in platforms[:6]
            }
            key(ax, {shown_as: platform_colour(name) for name, shown_as in names.items()})
        _forecast_note(ax, forecast, known=known, shown=shown)
    return ax


def _check_single(names: pd.Series, message: str) -> None:
    if names.nunique() > 1:
        raise InvalidParameterError(message.format(names.nunique()))


def _ages(rows: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Age of each row; days since the first count where the upload day is unknown."""
    if rows["age_days"].notna().all():
        return rows["age_days"].to_numpy(dtype=float), gettext("days since upload")
    days = (rows["date"] - rows["date"].iloc[0]).dt.days
    return days.to_numpy(dtype=float), gettext("days since the first count (upload day unknown)")


def _band(curves: pd.DataFrame) -> pd.DataFrame | None:
    check_columns(curves, ["group", "age_days", "median_value", "lo", "hi"], source='growth_curves(..., value="views")')
    _check_single(curves["group"], "the curves have {} groups: pass the rows of one")
    rows = curves[(curves["median_value"] > 0).fillna(value=False)].sort_values("age_days", kind="stable")
    number = {
        name: rows[name].to_numpy(dtype=float, na_value=np.nan) for name in ("age_days", "median_value", "lo", "hi")
    }
    return pd.DataFrame(number) if len(rows) else None


def _band_name(curves: pd.DataFrame | None) -> str:
    group = "" if curves is None else fit_label(curves["group"].iloc[0], fallback="", width=24)
    named = group if group not in {"", "all"} else gettext("other videos")
    return with_words_after(named, gettext(": median, middle 80 %"))


def _draw_band(ax: Axes, band: pd.DataFrame) -> None:
    # A lower quantile of no views lies below any log axis: the band reaches to the axis there.
    low = np.maximum(band["lo"], ax.get_ylim()[0])
    ax.fill_between(band["age_days"], low, band["hi"], color=ACCENT_SOFT, alpha=0.3, linewidth=0, zorder=1)
    ax.plot(band["age_days"], band["median_value"], color=ACCENT_SOFT, zorder=2)


def _draw_history(ax: Axes, rows: pd.DataFrame, *, ages: np.ndarray, views: np.ndarray) -> list[str]:
    """Draw the line and its marks; return what is to be said about them."""
    obs = rows["obs"].astype("object").to_numpy()
    filled = obs != "observed"
    # A step is solid when the day at its end was measured, with the day before it.
    breaks = np.flatnonzero(filled)
    ax.plot(ages, views, color=UNRELIABLE, linestyle=":", linewidth=1.2, zorder=2)
    x, y = np.insert(ages, breaks, np.nan), np.insert(np.where(obs == "interpolated", np.nan, views), breaks, np.nan)
    ax.plot(x, y, color=ACCENT, zorder=3)
    measured = obs != "interpolated"
    if len(rows) == 1:
        ax.plot(ages, views, linestyle="none", marker="o", color=ACCENT if measured[0] else UNRELIABLE, clip_on=False)
    elif len(rows) <= _MAX_MARKED:
        ax.plot(ages[measured], views[measured], linestyle="none", marker="o", markersize=3, color=ACCENT, zorder=3)
    fixed = rows["correction"].fillna(value=False).to_numpy(dtype=bool)
    if fixed.any():
        ax.plot(ages[fixed], views[fixed], linestyle="none", marker="v", markersize=7, color=WARNING, zorder=4)
    said = [gettext("dotted: not measured that day")] if filled[1:].any() else []
    return said + ([gettext("triangle: count corrected downwards")] if fixed.any() else [])


def _fan(
    forecast: pd.DataFrame | None, ad_id: str, *, start: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Find this video's forecast: ages (now, horizon) and views (now, low, middle, high)."""
    if forecast is None:
        return None
    check_columns(forecast, ["ad_id", "horizon", "pred", "lo80", "hi80"], source="forecast_views")
    found = forecast[(forecast["ad_id"] == ad_id) & forecast["pred"].notna()]
    return next((_fan_of(row, start=start) for row in found.itertuples()), None)


def _fan_of(row: Any, *, start: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    numbers = [np.nan if pd.isna(value) else float(value) for value in (row.lo80, row.pred, row.hi80)]
    return np.array([start[0], float(row.horizon)]), np.array([start[1], *numbers])


def _draw_fan(ax: Axes, ages: np.ndarray, views: np.ndarray, *, colour: str) -> None:
    now, low, middle, high = views
    ax.fill_between(ages, [now, low], [now, high], color=colour, alpha=0.14, linewidth=0, zorder=1)
    ax.plot(ages, [now, middle], color=colour, linewidth=1.2, linestyle=(0, (4, 3)), zorder=2)
    ax.plot([ages[1], ages[1]], [low, high], color=colour, alpha=0.7, linewidth=2.4, zorder=3, clip_on=False)
    ax.plot(ages[1:], [middle], marker="o", markersize=5, color=colour, zorder=4, clip_on=False)


def _draw_path(ax: Axes, rows: pd.DataFrame, *, colour: str, end: tuple[float, float]) -> None:
    check_columns(rows, ["age_days", "views_raw"], source=PREPARED)
    rows = rows[rows["age_days"].notna() & (rows["views_raw"] > 0)].sort_values("age_days", kind="stable")
    ages, views = rows["age_days"].to_numpy(dtype=float), rows["views_raw"].to_numpy(dtype=float)
    ax.plot(np.append(ages, end[0]), np.append(views, end[1]), color=colour, zorder=2)


def _forecast_note(ax: Axes, forecast: pd.DataFrame, *, known: pd.DataFrame, shown: pd.DataFrame) -> None:
    said = gettext("fan: 80 % interval")
    if "cov_backtest" in shown and shown["cov_backtest"].notna().any():
        low, high = share(shown["cov_backtest"].min()), share(shown["cov_backtest"].max())
        part = low if low == high else gettext("{low} to {high}", low=low, high=high)
        said = gettext("fan: 80 % interval, covered {part} in the backtest", part=part)
    note(ax, said, line=2)
    left_out = []
    if len(known) > len(shown):
        more = full_number(len(known))
        left_out.append(gettext("{shown} of {n} videos with a forecast", shown=len(shown), n=more))
    if len(forecast) > len(known):
        left_out.append(gettext("{n} without one", n=full_number(len(forecast) - len(known))))
    if left_out:
        note(ax, "; ".join(left_out), line=3)


def _at_day(views: float, day: float) -> str:
    return gettext("{views} at day {day}", views=short_number(views), day=f"{day:.0f}")
