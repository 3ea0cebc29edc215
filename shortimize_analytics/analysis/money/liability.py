"""What will be owed at the end of a period: pay of drawn counts, never pay of the mean, which caps and thresholds bend.

Definitions
-----------
draw
    Views at the horizon of every young post as in `forecast.totals`; at an age before it as far as the median share
    curve has come by then; beyond it, and of older posts, the mean daily gain of the last 14 days goes on.
liability
    Pay to date at the end, of posts that are there today: uploads to come are not part of it.

Pitfall: this is an estimate and is never paid. What is owed for what was counted is `creator_payouts`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_number
from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.forecast.age_matrix import build_age_matrix
from shortimize_analytics.analysis.forecast.totals import Errors, draw_views
from shortimize_analytics.analysis.forecast.views import forecast_views
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import LIABILITY
from shortimize_analytics.schema.days import Day, read_day

from .amounts import EXACT, ZERO, to_digits
from .counts import Count, Series, read_series
from .landing import BACK_DAYS, HORIZON, share_curve
from .months import value_months
from .posts import Found, Post, find_posts
from .settle import needed_counts, periods_to
from .sheets import frame_of
from .stretches import Stretch, stretch_with
from .terms import Terms

DRAWS = 200


@dataclass(frozen=True, slots=True)
class Rise:
    """How one post may rise after today.

    Attributes
    ----------
    now, age
        Newest count, and age on that day.
    at_horizon
        Drawn views at the horizon; None for a post that is older, or without a forecast.
    daily
        Mean daily gain of the last days.
    """

    now: int
    age: int
    at_horizon: np.ndarray | None
    daily: float

    def at(self, age: int, shares: np.ndarray) -> np.ndarray | int:
        """Return drawn counts at an age, never below the newest."""
        horizon = len(shares) - 1
        if self.at_horizon is None:
            return max(self.now, round(self.now + self.daily * (age - self.age)))
        here, there = shares[min(self.age, horizon)], shares[min(age, horizon)]
        part = (there - here) / (1 - here) if here < 1 else 0.0
        views = self.now + (self.at_horizon - self.now) * part + self.daily * max(0, age - horizon)
        return np.maximum(np.rint(views), self.now).astype(np.int64)


def forecast_payouts(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    terms: Terms,
    end: Day,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Estimate what creators will be owed at the end of a period for the posts that are there today.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or the result of `prepare`.
    history
        Frame of `load_history`; None beside prepared data.
    terms
        Result of `read_terms`.
    end
        Any day of the period.
    draws
        Number of draws (20 to 5,000).
    seed
        Of the draws.

    Returns
    -------
    DataFrame
        One row per creator: `schema.LIABILITY`. The total of all creators is not the sum of the ends of intervals.

    Raises
    ------
    MoneyFileError
        When the terms name accounts, labels or videos that are none.
    InvalidParameterError
        When `end` is no day, or `draws` out of range.

    Examples
    --------
    >>> from pathlib import Path
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.simulator import demo_organisation
    >>> demo = demo_organisation()
    >>> _ = Path("terms.toml").write_text('''format = 1
    ... currency = "USD"
    ... [[terms]]
    ... name = "standard"
    ... from = 2026-09-01
    ... rate_per_1000 = 0.60
    ... cap_per_video = 200
    ... [[creators]]
    ... id = "c-1"
    ... accounts = ["tiktok/hook.lab"]
    ... terms = "standard"
    ... ''')
    >>> found = sa.forecast_payouts(demo.videos, demo.history, terms=sa.read_terms("terms.toml"), end="2026-11-30")
    >>> row = found.iloc[0]
    >>> bool(float(row["due"]) <= row["lo80"] <= row["expected"] <= row["hi80"])
    True
    """
    _check_draws(draws)
    stretch = stretch_with(day_number(read_day(end, "end")), terms.period)
    data = as_prepared(videos, history)
    ready = _each_once(data.videos)
    found = find_posts(ready, terms, known={})
    found.check()
    series = read_series(history_of(data), ready, posts=found.rows, end=stretch.last)
    newest = int(series.day.max(initial=0))
    ends = periods_to(stretch, found.posts.values(), terms=terms, chain=None)
    wanted = needed_counts(found.posts, terms, chain=None, ends=ends)
    counted = series.counts(wanted)
    today = value_months(found.posts, counted, terms=terms, decisions=terms.decisions, ends=ends, lines_from=0)
    begun = next(one.first for one in ends if one.last > newest or one == ends[-1])
    rises, shares, without = _rises(data, ready, found, series, newest=newest, draws=draws, seed=seed)
    drawn = _drawn_counts(wanted, counted, found.posts, rises, shares=shares, newest=newest, draws=draws)
    sums = pay_of_draws(found.posts, drawn, terms=terms, ends=ends, since=begun)
    rising = {name for name, day in wanted if day > newest and name in rises}
    rows = []
    for creator in sorted(terms.terms_of):
        amounts = {day: amount for (who, day), amount in today.totals.items() if who == creator}
        due = sum(amounts.values(), ZERO)
        settled = float(sum((amount for day, amount in amounts.items() if day < begun), ZERO))
        own = settled + sums.get(creator, np.zeros(draws))
        low, high = map(float, np.quantile(own, [0.1, 0.9]))
        open_posts = [name for name in rising if found.posts[name].creator == creator]
        rows.append(
            {
                "creator": creator,
                "currency": terms.currency,
                "end": stretch.last,
                "as_of": newest,
                "n_clips": len(open_posts),
                "n_without_forecast": sum(name in without for name in open_posts),
                "due": to_digits(EXACT.add(due, ZERO), digits=terms.digits),
                "expected": float(own.mean()),
                "lo80": low,
                "hi80": high,
                "notes": "no_uploads_to_come",
            }
        )
    return frame_of(rows, LIABILITY)


def _each_once(videos: pd.DataFrame) -> pd.DataFrame:
    once = (videos["excluded"] != "duplicate_row").fillna(value=True).to_numpy()
    return videos[once].reset_index(drop=True)


def _check_draws(draws: int) -> None:
    if not 20 <= draws <= 5000:
        raise InvalidParameterError(f"draws={draws} is out of range; choose 20 to 5,000")


def pay_of_draws(
    posts: Mapping[str, Post],
    drawn: Iterable[Mapping[tuple[str, int], Count]],
    *,
    terms: Terms,
    ends: Sequence[Stretch],
    since: int,
) -> dict[str, np.ndarray]:
    """Value the periods from a day on under each draw's counts.

    Examples
    --------
    >>> from decimal import Decimal
    >>> import numpy as np
    >>> from shortimize_analytics.analysis.money.amounts import to_digits
    >>> from shortimize_analytics.analysis.money.pay import Rule, views_part
    >>> rule = Rule(tiers=((0, Decimal(1)),), cap_per_video=Decimal(150))
    >>> def pay(count):
    ...     return sum(views_part(rule, count, base=Decimal(0), digits=2, rounding="half_up"))
    >>> str((pay(50_000) + pay(250_000)) / 2), str(pay(150_000))
    ('100.00', '150.00')
    """
    found: dict[str, list[Decimal]] = {creator: [] for creator in terms.terms_of}
    for counts in drawn:
        months = value_months(
            posts, counts, terms=terms, decisions=terms.decisions, ends=ends, lines_from=since, whole=_whole(terms)
        )
        for creator, amounts in found.items():
            totals = (amount for (who, day), amount in months.totals.items() if who == creator and day >= since)
            amounts.append(sum(totals, ZERO))
    return {creator: np.array([float(amount) for amount in amounts]) for creator, amounts in found.items()}


def _whole(terms: Terms) -> set[str] | None:
    """Value all of everybody where a line may depend on what is past."""
    return None if terms.looks_back or terms.decisions else set()


def _rises(
    data: Prepared, ready: pd.DataFrame, found: Found, series: Series, *, newest: int, draws: int, seed: int
) -> tuple[dict[str, Rise], np.ndarray, set[str]]:
    """Say how each post may rise, with the share curve, and name the young ones without a forecast."""
    forecasts = forecast_views(data, horizon=HORIZON, seed=seed)
    matrix, _ = build_age_matrix(data.videos, history_of(data), horizon=HORIZON, min_reach=300)
    finished = ~np.isnan(matrix.logs[:, matrix.horizon])
    shares = share_curve(matrix, finished) if finished.any() else np.linspace(0, 1, matrix.horizon + 1)
    post_of = dict(zip(ready["ad_id"].astype("str"), found.rows, strict=True))
    told = forecasts[forecasts["pred"].notna()].assign(post=lambda table: table["ad_id"].map(post_of))
    told = told[told["post"].fillna("") != ""].drop_duplicates("post")
    account = dict(zip(ready["ad_id"].astype("str"), account_keys(ready), strict=True))
    logs = np.log1p(told["pred"].to_numpy(dtype=float))
    views = draw_views(
        logs,
        np.log1p(told["hi80"].to_numpy(dtype=float)) - logs,
        ages=told["model_age"].to_numpy(dtype=int),
        names=told["post"].tolist(),
        accounts=[str(account[ad_id]) for ad_id in told["ad_id"]],
        errors=Errors.from_plain(forecasts.attrs.get("errors")),
        draws=draws,
        seed=seed,
    )
    at_horizon = dict(zip(told["post"], views.T, strict=True))
    names = [name for name, post in found.posts.items() if post.uploaded <= newest]
    now, before = (series.rows(names, np.full(len(names), newest - days)) for days in (0, BACK_DAYS))
    rises, without = {}, set()
    for name, here, then in zip(names, now.tolist(), before.tolist(), strict=True):
        if here < 0:
            continue
        count, day = int(series.views[here]), int(series.day[here])
        age = day - found.posts[name].uploaded
        days = day - int(series.day[then]) if then >= 0 else 0
        daily = (count - int(series.views[then])) / days if days else 0.0
        young = age < matrix.horizon
        if young and name not in at_horizon:
            without.add(name)
            daily = 0.0
        rises[name] = Rise(count, age, at_horizon.get(name) if young else None, max(0.0, daily) if not young else 0.0)
    return rises, shares, without


def _drawn_counts(
    wanted: Iterable[tuple[str, int]],
    counted: Mapping[tuple[str, int], Count],
    posts: Mapping[str, Post],
    rises: Mapping[str, Rise],
    *,
    shares: np.ndarray,
    newest: int,
    draws: int,
) -> Iterable[dict[tuple[str, int], Count]]:
    """Yield the counts of each draw: those of days that are over as they are, later ones as drawn."""
    later = sorted(what for what in wanted if what[1] > newest and what[0] in rises)
    ahead = {what: rises[what[0]].at(what[1] - posts[what[0]].uploaded, shares) for what in later}
    for draw in range(draws):
        counts = dict(counted)
        for what, views in ahead.items():
            count = int(views) if isinstance(views, int) else int(views[draw])
            counts[what] = Count(what[1], count, None, "")
        yield counts
