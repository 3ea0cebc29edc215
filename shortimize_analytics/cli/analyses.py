"""Commands that analyse: each loads videos and history, calls one function of the package, and delivers its frame."""

import argparse
import inspect
from collections.abc import Callable
from typing import Any

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.errors import InvalidParameterError

from .commands import check_output, connect, deliver, load_both, load_if_there, scope_of


def quality(options: argparse.Namespace) -> None:
    """Check the data, and compare them with the vendor's own sum; what is printed are the checks that met something."""
    check_output(options)
    with connect(options) as client:
        found, days = load_both(client, options)
        organisation = load_if_there(lambda: sa.load_organisation_history(client), "the vendor's own sums")
        listed = load_if_there(lambda: sa.load_accounts(client), "how accounts are tracked")
    checks = sa.data_quality(found, days, organisation=organisation, listed=listed)
    met = checks[(checks["n"] > 0).fillna(value=False) | (checks["check"] == "vendor_total")]
    deliver(checks if options.output is not None else met, options, "quality")
    if options.output is None:
        for row in met.itertuples():
            print(f"{row.check}: {row.meaning}")


def outliers(options: argparse.Namespace) -> None:
    """Rank videos against their own account, or describe the accounts."""
    check_output(options)
    with connect(options) as client:
        found, days = load_both(client, options)
        whole = options.per_account
        listed = load_if_there(lambda: sa.load_accounts(client), "followers") if whole else None
    ranked = sa.rank_outliers(found, days, **options_of(sa.rank_outliers, options))
    if whole:
        deliver(sa.account_metrics(_part(found, options), ranked=ranked, listed=listed), options, "accounts")
    else:
        deliver(ranked, options, "outliers")


def growth(options: argparse.Namespace) -> None:
    """Describe growth: curves by group, figures or fitted laws by video, or times to milestones."""
    calls: dict[str, Callable[..., pd.DataFrame]] = {
        "curves": sa.growth_curves,
        "metrics": sa.growth_metrics,
        "fits": sa.fit_growth,
        "milestones": sa.time_to_views,
    }
    call = calls[options.show]
    kind = "growth" if options.show == "curves" else options.show
    _analyse(
        lambda videos, history: call(_part(videos, options), history, **options_of(call, options)), options, kind=kind
    )


def labels(options: argparse.Namespace) -> None:
    """Compare labels, or any other groups, within accounts."""
    if options.overlap:
        _analyse(lambda videos, _: sa.label_overlap(_part(videos, options)), options, kind="overlap")
        return
    by = {"duration": sa.duration_effect, "weekday": sa.weekday_effect}
    call = sa.compare_labels if options.by is None else by.get(options.by, sa.compare_groups)

    def run(videos: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
        scores = sa.rank_outliers(videos, history)
        # a label that is compared needs the videos without it
        part = _part(videos, options, but="label" if options.by is None else "")
        return call(part, history=history, outliers=scores, **options_of(call, options))

    _analyse(run, options, kind="labels" if options.by is None else "groups")


def weekly(options: argparse.Namespace) -> None:
    """Account for a week or another period: one table of the summary, or views and uploads over time."""
    over_time: dict[str, Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]] = {
        "views": lambda videos, history: sa.views_over_time(videos, history, **options_of(sa.views_over_time, options)),
        "uploads": lambda videos, _: sa.uploads_over_time(videos, **options_of(sa.uploads_over_time, options)),
    }

    def run(videos: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
        summary = sa.period_summary(videos, history, **options_of(sa.period_summary, options))
        frame: pd.DataFrame = getattr(summary, options.table)
        return frame

    _analyse(over_time.get(options.table, run), options, kind=options.table)


def forecast(options: argparse.Namespace) -> None:
    """Forecast views, or backtest the forecasts."""
    if options.backtest and (given := scope_of(options)):
        raise InvalidParameterError(f"--backtest is of everyone, by platform: leave out --{next(iter(given))}")
    call = sa.backtest_forecast if options.backtest else sa.forecast_views
    kind = "backtest" if options.backtest else "forecast"
    _analyse(lambda videos, history: call(videos, history, **options_of(call, options)), options, kind=kind)


def _analyse(
    run: Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame], options: argparse.Namespace, *, kind: str
) -> None:
    check_output(options)
    with connect(options) as client:
        found, days = load_both(client, options)
    deliver(run(found, days), options, kind)


def _part(videos: pd.DataFrame, options: argparse.Namespace, *, but: str = "") -> pd.DataFrame:
    """Choose the videos to show, for functions that judge each by itself or within its account."""
    return sa.select_videos(videos, **{name: value for name, value in scope_of(options).items() if name != but})


def options_of(call: Callable[..., Any], options: argparse.Namespace) -> dict[str, Any]:
    """Pick the options that a function takes and that were given; the others keep the function's own defaults."""
    names = inspect.signature(call).parameters
    return {name: value for name, value in vars(options).items() if name in names and value is not None}
