"""What the days to come will bring, seen from one day: from young videos, from old ones, and from uploads to come.

Definitions
-----------
young
    Of each video younger than the horizon h: what is missing to its expected views at h, as far as the median share
    curve says that it comes before the end.
back
    Of each older video: its mean daily gain of the last `BACK_DAYS` × days left.
new
    Uploads to come × the mean views at h of the uploads of the last `MEAN_DAYS` × the mean share that uploads spread
    over the days left will have at the end.

Everything is an array over videos, so that scopes are numbers; the same code sees past days and today.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.forecast.age_matrix import MODEL_AGES, AgeMatrix, build_age_matrix, forecast_at
from shortimize_analytics.analysis.models.conformal import MIN_CALIBRATION
from shortimize_analytics.analysis.periods.counted import CountedVideos, count_videos
from shortimize_analytics.analysis.periods.ledger import Ledger, counts_at, flows
from shortimize_analytics.analysis.prepared import Prepared, history_of

HORIZON = 30
BACK_DAYS, RATE_DAYS, MEAN_DAYS = 14, 28, 70


Learned = dict[int, tuple[np.ndarray, np.ndarray] | None]


@dataclass(frozen=True, slots=True)
class Field:
    """The counted videos, their ledger and their matrix: all that any day is seen from.

    Attributes
    ----------
    data
        Prepared videos, sorted by ad_id, and history.
    counted
        Those that count once.
    matrix
        Everyone's videos by age.
    row, account
        Place of each counted video in the matrix, −1 where it has none, and its account.
    learned
        What was expected on each day, by place in the matrix: the same for every part.
    """

    data: Prepared
    counted: CountedVideos
    matrix: AgeMatrix
    row: np.ndarray
    account: np.ndarray
    learned: Learned

    @property
    def ledger(self) -> Ledger:
        """History rows of the counted videos."""
        return self.counted.days


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known and expected on one day, by video.

    Attributes
    ----------
    day, days_left, skip
        The day (since 1970-01-01), how many come after it, and how many of these come before the stretch begins.
    young, back
        Views to come within the stretch.
    at_horizon
        Views at h, counted or expected, of uploads of the last `MEAN_DAYS`; NaN for others.
    share
        Mean share of their views at h that uploads spread over the days left get within the stretch.
    """

    day: int
    days_left: int
    skip: int
    young: np.ndarray
    back: np.ndarray
    at_horizon: np.ndarray
    share: float


def make_field(data: Prepared, *, min_reach: int = 300) -> Field:
    """Prepare what landings are seen from."""
    data = replace(data, videos=data.videos.sort_values("ad_id", ignore_index=True))
    matrix, _ = build_age_matrix(data.videos, history_of(data), horizon=HORIZON, min_reach=min_reach)
    return _field(data, matrix, learned={}, everyone=None)


def part_of(field: Field, chosen: np.ndarray) -> Field:
    """Return some of the videos, a post once among them; what is expected of each stays what everyone's say."""
    part = field.data.part(chosen)
    return _field(part, field.matrix, learned=field.learned, everyone=field.data.videos)


def _field(
    data: Prepared,
    matrix: AgeMatrix,
    *,
    learned: dict[int, tuple[np.ndarray, np.ndarray] | None],
    everyone: pd.DataFrame | None,
) -> Field:
    counted = count_videos(data.videos, history_of(data), everyone=everyone)
    row = matrix.ids.get_indexer(pd.Index(counted.videos["ad_id"]))
    return Field(data, counted, matrix, row, account_keys(counted.videos).to_numpy(dtype=object), learned)


def look_ahead(field: Field, *, day: int, days_left: int, skip: int = 0, seed: int) -> Seen | None:
    """Expect what comes after a day from what was known on it; None when too few videos had got that far."""
    uploaded, horizon = field.counted.uploaded, field.matrix.horizon
    if day not in field.learned:
        field.learned[day] = _learn(field.matrix, day=day, seed=seed)
    learned = field.learned[day]
    if learned is None:
        return None
    shares, expected = learned[0], learned[1][field.row]
    now = counts_at(field.ledger, day)
    age = day - uploaded
    there = now.known & (age >= 0) & (age < horizon)
    value = now.value.astype(float)
    known = there & ~np.isnan(expected)
    here, start, end = (np.clip(age + days, 0, horizon) for days in (0, skip, days_left))
    left = 1 - shares[here]
    part = np.where(left > 0, (shares[end] - shares[start]) / np.where(left > 0, left, 1), 0.0)
    young = np.where(known, np.maximum(expected - value, 0) * part, 0.0)
    old = now.known & (age >= horizon)
    before = counts_at(field.ledger, day - BACK_DAYS)
    gained = np.where(old & before.known, value - before.value, 0.0)
    back = gained / BACK_DAYS * (days_left - skip)
    recent = (uploaded > day - MEAN_DAYS) & (uploaded <= day)
    final = counts_at(field.ledger, uploaded + horizon)
    at_horizon = np.where(final.known & (uploaded + horizon <= day), final.value.astype(float), expected)
    return Seen(
        day=day,
        days_left=days_left,
        skip=skip,
        young=young,
        back=back,
        at_horizon=np.where(recent, at_horizon, np.nan),
        share=_share_of_new(shares, days_left=days_left, skip=skip),
    )


def _share_of_new(shares: np.ndarray, *, days_left: int, skip: int) -> float:
    """Average over uploads of every day to come what share of their views they get within the stretch."""
    if not days_left:
        return 0.0
    at_end, at_start = np.arange(days_left), np.arange(days_left) - (days_left - skip)
    got = shares[np.minimum(at_end, len(shares) - 1)]
    before = np.where(at_start >= 0, shares[np.clip(at_start, 0, len(shares) - 1)], 0.0)
    return float((got - before).mean())


def share_curve(matrix: AgeMatrix, learned: np.ndarray) -> np.ndarray:
    """Return the median share of its views at the horizon that a video has at each age, never falling."""
    views = np.expm1(matrix.logs[learned])
    whole = views[:, -1:]
    with np.errstate(invalid="ignore"):
        shares = np.where(whole > 0, views / np.where(whole > 0, whole, 1), np.nan)
    known = ~np.isnan(shares).all(axis=0)
    curve = np.zeros(shares.shape[1])
    curve[known] = np.nanmedian(shares[:, known], axis=0)
    curve = np.interp(np.arange(len(curve)), np.flatnonzero(known), curve[known])
    return np.minimum(np.maximum.accumulate(curve), 1.0)


def _learn(matrix: AgeMatrix, *, day: int, seed: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the share curve, and what each video of the matrix is expected to have at h, NaN at the end for others."""
    learned = ~np.isnan(matrix.logs[:, matrix.horizon]) & (matrix.uploaded + matrix.horizon <= day)
    if learned.sum() < MIN_CALIBRATION:
        return None
    age = day - matrix.uploaded
    start = np.full(len(matrix.ids), -1)
    for model_age in (known for known in MODEL_AGES if known < matrix.horizon):
        start[(age >= model_age) & ~np.isnan(matrix.logs[:, model_age])] = model_age
    start[(age < 0) | (age >= matrix.horizon)] = -1
    mean = np.full(len(matrix.ids) + 1, np.nan)
    for model_age in np.unique(start[start > 0]):
        wanted = np.flatnonzero(start == model_age)
        if (learned & ~np.isnan(matrix.logs[:, model_age])).sum() < MIN_CALIBRATION:
            continue
        found = forecast_at(matrix, learned, wanted=wanted, age=int(model_age), seed=seed)
        mean[wanted] = np.exp(found["logs"]) * found["smear"] - 1
    return share_curve(matrix, learned), mean


def gained(field: Field, *, start: int, end: int) -> np.ndarray:
    """Return what each video gained in (start, end], as `period_summary` counts it."""
    counted = field.counted
    found = flows(
        field.ledger,
        start=start,
        end=max(start, end),
        uploaded=counted.uploaded,
        since=counted.since,
        gone=counted.gone,
    )
    return found["views_gained"].to_numpy(dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Scopes:
    """A number for each video's scope, −1 for none, and how many scopes there are."""

    code: np.ndarray
    size: int

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Add values up by scope."""
        inside = self.code >= 0
        return np.bincount(self.code[inside], np.nan_to_num(values[inside]), minlength=self.size)

    def means(self, values: np.ndarray) -> np.ndarray:
        """Average the values that are known by scope; 0 where none is."""
        known = ~np.isnan(values)
        count = self.sums(known.astype(float))
        return self.sums(values) / np.maximum(count, 1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What each scope has, and what comes: views, or videos where uploads are counted; by scope.

    `each` is what one upload to come brings; `daily7` and `daily28` the mean day of the last 7 and 28.
    """

    so_far: np.ndarray
    young: np.ndarray
    back: np.ndarray
    new: np.ndarray
    each: np.ndarray
    daily7: np.ndarray
    daily28: np.ndarray

    @property
    def rest(self) -> np.ndarray:
        """All that comes."""
        return self.young + self.back + self.new


def outlook(
    field: Field, seen: Seen, scopes: Scopes, *, metric: str, first: int, planned: float | None = None
) -> Outlook:
    """Say for each scope what it has of a stretch that began on a day, and what will come until its end.

    `planned` are all uploads of the stretch; None expects as many a day as in the last 28.
    """
    uploaded, day = field.counted.uploaded, seen.day
    mine = (uploaded >= first) & (uploaded <= day)
    made = scopes.sums(mine.astype(float))
    rates = [scopes.sums(((uploaded > day - days) & (uploaded <= day)).astype(float)) / days for days in (7, RATE_DAYS)]
    to_come = rates[1] * (seen.days_left - seen.skip if metric != "views_gained" else seen.days_left)
    if planned is not None:
        to_come = np.maximum(planned - made, 0)
    if metric == "uploads":
        nothing = np.zeros(scopes.size)
        return Outlook(made, nothing, nothing, to_come, np.ones(scopes.size), *rates)
    each = scopes.means(seen.at_horizon) * seen.share
    if metric == "views_gained":
        so_far = scopes.sums(gained(field, start=first - 1, end=max(day, first - 1)).astype(float))
        daily = [scopes.sums(gained(field, start=day - days, end=day).astype(float)) / days for days in (7, RATE_DAYS)]
        young, back = scopes.sums(seen.young), scopes.sums(seen.back)
    else:
        now = counts_at(field.ledger, day)
        so_far = scopes.sums(np.where(mine, now.value, 0).astype(float))
        before = [counts_at(field.ledger, day - days).value for days in (7, RATE_DAYS)]
        daily = [
            scopes.sums(np.where(mine, now.value - value, 0).astype(float)) / days
            for value, days in zip(before, (7, RATE_DAYS), strict=True)
        ]
        young, back = scopes.sums(np.where(mine, seen.young, 0)), scopes.sums(np.where(mine, seen.back, 0))
    return Outlook(so_far, young, back, to_come * each, each, *daily)


def came(field: Field, scopes: Scopes, *, metric: str, first: int, day: int, end: int) -> np.ndarray:
    """Return what came in (day, end] of a stretch that began on a day, by scope."""
    uploaded = field.counted.uploaded
    if metric == "views_gained":
        return scopes.sums(gained(field, start=max(day, first - 1), end=end).astype(float))
    if metric == "uploads":
        return scopes.sums(((uploaded > day) & (uploaded >= first) & (uploaded <= end)).astype(float))
    totals = [
        scopes.sums(
            np.where((uploaded >= first) & (uploaded <= at), counts_at(field.ledger, at).value, 0).astype(float)
        )
        for at in (day, end)
    ]
    return totals[1] - totals[0]
