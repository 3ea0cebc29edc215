"""What the charts say of what stands in them: a video with its numbers and interval, a bar, a point of a line, a row.

The plots put rows at 0, 1, 2 … from the top, and days at their number since 1970-01-01 with the end of a day one later.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import Span, day_of
from shortimize_analytics.analysis.base.constants import EFFECT_COVERAGE, FORECAST_COVERAGE, SCORE_COVERAGE
from shortimize_analytics.plots.row_names import bracket_name, in_bracket_order, label_rows
from shortimize_analytics.plots.theme import counted, day, full_number, multiple, percent, period, platform_name
from shortimize_analytics.plots.theme import share as share_of
from shortimize_analytics.schema.choices import CurveValue

from .chart import CHART_ROWS, FANS, Brush, Field, Marks

_HALF = 0.45
_LINES = 6
"""Growth curves drawn at once, those with the most videos."""
_POINTS = 1_000
"""Videos of the added shares that answer: the others lie on one another."""


def bars(spans: Sequence[Span], says: Sequence[str], *, field: Field) -> Marks:
    """Let a bar of each stretch of days (start, end] answer; brushing it filters by those days."""
    x = np.array([(start + 1, end + 1) for start, end in spans], dtype=float).reshape(-1, 2)
    days = [(day_of(start + 1), day_of(end)) for start, end in spans]
    lines = [f"{_days(*both)}\n{text}" for both, text in zip(days, says, strict=True)]
    return Marks(x, np.full_like(x, np.nan), lines, brush=Brush(field, days))


def scored(ranked: pd.DataFrame) -> Marks:
    """Let the rows of `plot_outliers` answer."""
    shown = ranked[ranked["mult"].notna() & (ranked["mult"] > 0)].head(CHART_ROWS)
    return _rows(
        [f"{_name(row)}\n{_score(row)}\n{_views(row.views)}" for row in shown.itertuples()], list(shown["ad_id"])
    )


def scattered(ranked: pd.DataFrame) -> Marks:
    """Let the points of `plot_outlier_scatter` answer; brushing it filters by views."""
    shown = ranked[((ranked["mult"] > 0) & (ranked["views"] > 0)).fillna(value=False)]
    says = [f"{_name(row)}\n{_score(row)}\n{_views(row.views)}" for row in shown.itertuples()]
    marks = _points(shown["views"], shown["mult"], says=says)
    return marks._replace(ids=list(shown["ad_id"]), brush=Brush("views"))


def gained(movers: pd.DataFrame, *, span: Span) -> Marks:
    """Let the rows of `plot_movers` answer."""
    shown = movers[movers["gain"].notna() & (movers["gain"] > 0)].head(CHART_ROWS)
    days = _days(day_of(span[0] + 1), day_of(span[1]))
    says = [
        f"{_name(row)}\n{full_number(row.gain, signed=True)} views, {days}\n{_views(row.views)}"
        for row in shown.itertuples()
    ]
    return _rows(says, list(shown["ad_id"]))


def foreseen(forecasts: pd.DataFrame) -> Marks:
    """Let the ends of the fans of `plot_forecast` answer."""
    known = forecasts[forecasts["pred"].notna() & forecasts["views"].notna() & forecasts["age_days"].notna()]
    shown = known.head(FANS)
    says = [
        f"{_name(row)}\n{full_number(row.pred)} views expected on day {row.horizon}\n"
        f"{_interval(FORECAST_COVERAGE, full_number(row.lo80), full_number(row.hi80))}\n"
        f"{_views(row.views)}, day {row.age_days}"
        for row in shown.itertuples()
    ]
    return _points(shown["horizon"], shown["pred"], says=says)._replace(ids=list(shown["ad_id"]))


def grown(curves: pd.DataFrame, *, value: CurveValue, newest: bool) -> Marks:
    """Let each point of growth curves answer: of the groups with the most videos, or of the newest cohorts."""
    known = curves[curves["median_value"].notna()]
    sizes = known.groupby("group", sort=True)["n_videos"].max()
    groups = sizes.index[-CHART_ROWS:] if newest else sizes.sort_values(ascending=False, kind="stable").index[:_LINES]
    shown = known[known["group"].isin(groups)]
    write = percent if value == "share" else full_number
    says = []
    for row in shown.itertuples():
        text = f"{platform_name(str(row.group))}, day {row.age_days}\nmedian {write(row.median_value)}"
        if pd.notna(row.ci_lo) and pd.notna(row.ci_hi):
            text += f", {_interval(EFFECT_COVERAGE, write(row.ci_lo), write(row.ci_hi))}"
        says.append(f"{text}\n{counted(int(row.n_videos), 'video')}")
    return _points(shown["age_days"], shown["median_value"], says=says)


def measured(days: pd.DataFrame) -> Marks:
    """Let each day of one video answer, in `plot_video`."""
    shown = days[days["views_raw"].notna() & days["age_days"].notna()]
    says = [f"{day(row.date)}, day {row.age_days}\n{_views(row.views_raw)}" for row in shown.itertuples()]
    x = shown["age_days"].to_numpy(dtype=float)
    return Marks(np.column_stack([x - 0.5, x + 0.5]), np.full((len(x), 2), np.nan), says)


def labelled(labels: pd.DataFrame) -> Marks:
    """Let the rows of `plot_labels` answer."""
    shown = labels[label_rows(labels)[0]].sort_values("ratio", ascending=False, kind="stable").head(CHART_ROWS)
    return _rows([_ratio(row) for row in shown.itertuples()])


def grouped(groups: pd.DataFrame) -> Marks:
    """Let the columns of lengths or weekdays answer."""
    rows = _rows([_ratio(row) for row in groups.itertuples()])
    return rows._replace(x=rows.y, y=rows.x)


def checked(checks: pd.DataFrame) -> Marks:
    """Let the rows of `plot_data_quality` answer."""
    return _rows(
        [
            f"{str(row.check).replace('_', ' ')}\n{full_number(row.n)}, {share_of(row.share)}\n{row.meaning}"
            for row in checks.itertuples()
        ]
    )


def bracketed(counts: pd.DataFrame) -> Marks:
    """Let the bars of one group's brackets answer; rows of several groups name their parts themselves."""
    if counts["group"].nunique() > 1:
        return _rows([])
    says = [
        f"{bracket_name(row.bracket)} their account’s usual\n{share_of(row.share)} of the videos "
        f"({_interval(EFFECT_COVERAGE, share_of(row.lo), share_of(row.hi))})\n"
        f"{counted(int(row.n_videos), 'video')} of {row.n:,}"
        for row in in_bracket_order(counts).itertuples()
    ]
    rows = _rows(says)
    return rows._replace(x=rows.y, y=rows.x)


def added_up(shares: pd.DataFrame) -> Marks:
    """Let each video of `plot_pareto` answer."""
    shown = shares[shares["cum_share"].notna()].head(_POINTS)
    says = [
        f"{_name(row)}\nnumber {row.position} with {full_number(row.gain, signed=True)} views\n"
        f"{percent(row.cum_share)} of all gains up to here"
        for row in shown.itertuples()
    ]
    return _points(shown["position"], shown["cum_share"], says=says)._replace(ids=list(shown["ad_id"]))


def _rows(says: list[str], ids: Sequence[str] = ()) -> Marks:
    place = np.arange(len(says), dtype=float)
    y = np.column_stack([place - _HALF, place + _HALF])
    return Marks(np.full_like(y, np.nan), y, says, ids)


def _points(x: pd.Series, y: pd.Series, *, says: list[str]) -> Marks:
    across, up = (np.repeat(one.to_numpy(dtype=float)[:, None], 2, axis=1) for one in (x, y))
    return Marks(across, up, says)


def _name(row: Any) -> str:
    title = " ".join(row.title.split()) if isinstance(row.title, str) else ""
    account = row.username if isinstance(row.username, str) else "unnamed"
    place = platform_name(row.platform) if isinstance(row.platform, str) else "unknown platform"
    return f"{title[:120] or 'untitled'}\n@{account} · {place}"


def _score(row: Any) -> str:
    said = f"{multiple(row.mult)} its account’s usual views"
    if pd.notna(row.mult_lo) and pd.notna(row.mult_hi):
        said += f" ({_interval(SCORE_COVERAGE, multiple(row.mult_lo), multiple(row.mult_hi))})"
    sure = pd.notna(row.reliable) and bool(row.reliable)
    return said if sure else f"{said}\nnot reliable: too new, or too few videos to compare with"


def _ratio(row: Any) -> str:
    count = counted(int(row.n_videos), "video")
    if pd.isna(row.ratio):
        return f"{row.label}\ntoo few videos to compare: {count}"
    known = pd.notna(row.ratio_lo) and pd.notna(row.ratio_hi)
    ends = _interval(EFFECT_COVERAGE, multiple(row.ratio_lo), multiple(row.ratio_hi))
    interval = f" ({ends})" if known else ""
    return f"{row.label}\n{multiple(row.ratio)} the views of the same accounts’ other videos{interval}\n{count}"


def _interval(coverage: float, *ends: str) -> str:
    return f"{percent(coverage)} interval {' to '.join(ends)}"


def _views(value: Any) -> str:
    return "views not known" if pd.isna(value) else f"{full_number(value)} views"


def _days(first: Any, last: Any) -> str:
    return day(first) if first == last else period(first, last)
