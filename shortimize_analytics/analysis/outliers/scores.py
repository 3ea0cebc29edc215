"""Scores of videos and the peers' median of each, in the three ways that `rank_outliers` offers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from shortimize_analytics.analysis.base.digested import Digested
from shortimize_analytics.analysis.base.series import matrix_by_age
from shortimize_analytics.analysis.models.account_level import HALF_LIFE, neighbour_median
from shortimize_analytics.analysis.models.age_chain import chained_curves, rises
from shortimize_analytics.analysis.models.age_curve import REFERENCE_AGE, age_curve, group_medians, loo_median
from shortimize_analytics.analysis.models.projection import project
from shortimize_analytics.schema.cast import LIST_OF_STR
from shortimize_analytics.schema.choices import Mode
from shortimize_analytics.schema.rows import changes, in_one_piece, last_of_each, positions_in

STRICT_AGE = 30
NICHE_SIZE = 50
HOW = ("projected", "cross_sectional", "raw", "strict")
PROJECTED, CROSS_SECTIONAL, RAW, STRICT = range(len(HOW))


@dataclass(frozen=True, slots=True)
class RankableVideos:
    """The videos that can be ranked, sorted by account, upload and id.

    Attributes
    ----------
    rows
        Position of each in the prepared frame.
    rest
        Positions of the videos that cannot be ranked, sorted by id.
    ids
        `ad_id`.
    logs
        ln(1 + views).
    ages
        Age at which the views were measured (days).
    groups
        Number of the account, format and way of counting.
    platforms
        Number of the platform.
    days
        Day of upload, since 1970-01-01.
    increase
        The vendor's growth (%) by the days that it is over; NaN where unknown.
    measured
        Whether the count still is measured: one that stands still for want of it says nothing of drift.
    """

    rows: np.ndarray
    rest: np.ndarray
    ids: pd.Index
    logs: np.ndarray
    ages: np.ndarray
    groups: np.ndarray
    platforms: np.ndarray
    days: np.ndarray
    increase: dict[int, np.ndarray]
    measured: np.ndarray


@dataclass(frozen=True, slots=True)
class Scores:
    """A score per video, and what its account's other videos have.

    Attributes
    ----------
    score
        ln views, comparable within the account; NaN without one.
    variance
        Of the projection, or of the age curve of young videos; 0 where neither was used.
    how
        Number in `HOW`: projected, cross_sectional, raw or strict.
    median, n_peers, n_eff
        Of the peers' scores; how many there are, and how many equal ones they are worth.
    """

    score: np.ndarray
    variance: np.ndarray
    how: np.ndarray
    median: np.ndarray
    n_peers: np.ndarray
    n_eff: np.ndarray

    def errors(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the standard errors of the age curve, and of the projection: 0 where the other was used."""
        error, projected = np.sqrt(self.variance), self.how == PROJECTED
        return np.where(projected, 0.0, error), np.where(projected, error, 0.0)


def score_by(
    mode: Mode, videos: RankableVideos, *, history: pd.DataFrame | Digested | None, window_days: int | None, seed: int
) -> Scores:
    """Score videos as a mode does; without a history, by their views as they stand unless ages are adjusted."""
    if mode == "age":
        return _by_adjusted_age(videos, history, window_days=window_days, seed=seed)
    if mode == "raw" or not isinstance(history, pd.DataFrame):
        return _by_raw_views(videos, window_days=window_days)
    return _by_equal_age(videos, history, window_days=window_days)


def _by_adjusted_age(
    videos: RankableVideos, history: pd.DataFrame | Digested | None, *, window_days: int | None, seed: int
) -> Scores:
    """Bring every video to day 14, projected where its history allows, otherwise along the age curve."""
    count = len(videos.logs)
    score, variance = np.full(count, np.nan), np.zeros(count)
    if history is not None:
        projection = project(history, videos.ids, ages=videos.ages, groups=videos.groups, platforms=videos.platforms)
        score, variance = projection.logs, projection.variance
    projected = ~np.isnan(score)
    offset, known, error2 = _age_offsets(videos, seed=seed)
    variance = np.where(projected, variance, error2)
    score = np.where(projected, score, videos.logs - offset)
    how = np.where(projected, PROJECTED, np.where(known, CROSS_SECTIONAL, RAW))
    peers = neighbour_median(score, videos.groups, days=videos.days, half_life=HALF_LIFE, window_days=window_days)
    return Scores(score, variance, how, *peers)


def _age_offsets(videos: RankableVideos, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value of the age curve at each video's age, whether it is known, and the variance of its error.

    The snapshot's curve is the platform's where it has enough videos, otherwise everyone's; up to day 14 the chain of
    the vendor's growth takes its place where there is one.
    """
    error2, young = np.zeros(len(videos.logs)), (videos.ages >= 1) & (videos.ages <= REFERENCE_AGE)
    grown = {window: rises(percent, videos.ages, window=window) for window, percent in videos.increase.items()}
    chains = chained_curves(grown, videos.ages, platforms=videos.platforms)
    offset, known = np.zeros(len(videos.logs)), np.zeros(len(videos.logs), dtype=bool)
    place = np.log1p(videos.ages)
    shared = None
    for platform in np.unique(videos.platforms):
        here = videos.platforms == platform
        curve = age_curve(videos.logs[here], videos.ages[here], groups=videos.groups[here], seed=seed)
        if not len(curve[0]):
            shared = shared or age_curve(videos.logs, videos.ages, groups=videos.groups, seed=seed)
            curve = shared
        if len(curve[0]):
            offset[here], known[here] = np.interp(place[here], *curve), True
            if platform in chains:
                chained = here & young
                at = videos.ages[chained] - 1
                offset[chained], error2[chained] = chains[platform].values[at], chains[platform].variance[at]
    return offset, known, error2


def _by_raw_views(videos: RankableVideos, *, window_days: int | None) -> Scores:
    """Take the views as they are, all peers alike."""
    if window_days is not None:
        peers = neighbour_median(videos.logs, videos.groups, days=videos.days, half_life=None, window_days=window_days)
    else:
        others = np.bincount(videos.groups, minlength=1)[videos.groups] - 1
        peers = loo_median(videos.logs, videos.groups), others, others.astype(float)
    count = len(videos.logs)
    return Scores(videos.logs, np.zeros(count), np.full(count, RAW), *peers)


def _by_equal_age(videos: RankableVideos, history: pd.DataFrame, *, window_days: int | None) -> Scores:
    """Compare views at min(age, 30) with what peers had at that very age."""
    measured = history[(history["obs"] != "interpolated").to_numpy()]
    seen = np.log1p(
        matrix_by_age(measured, videos.ids, values=measured["views_curve"].to_numpy(dtype=float), max_age=STRICT_AGE)
    )
    age = np.minimum(videos.ages, STRICT_AGE)
    score = np.where(videos.ages <= STRICT_AGE, videos.logs, seen[:, STRICT_AGE])
    count = len(score)
    median, n_peers, n_eff = np.full(count, np.nan), np.zeros(count, dtype=np.int64), np.zeros(count)
    for value in np.unique(age):
        wanted = age == value
        then = np.where(wanted, score, seen[:, value])
        rows = np.flatnonzero(~np.isnan(then))
        peers = neighbour_median(
            then[rows], videos.groups[rows], days=videos.days[rows], half_life=None, window_days=window_days
        )
        mine = wanted[rows]
        for target, found in zip((median, n_peers, n_eff), peers, strict=True):
            target[rows[mine]] = found[mine]
    return Scores(score, np.zeros(count), np.full(count, STRICT), median, n_peers, n_eff)


def raw_multiple(views: np.ndarray, videos: RankableVideos, *, window_days: int | None, min_peers: int) -> np.ndarray:
    """Divide views by the median of the account's other videos; NaN with too few of them or a median of 0."""
    if window_days is None:
        median = loo_median(views, videos.groups)
        peers = np.bincount(videos.groups, minlength=1)[videos.groups] - 1
    else:
        median, peers, _ = neighbour_median(
            views, videos.groups, days=videos.days, half_life=None, window_days=window_days
        )
    return np.divide(views, median, out=np.full(len(views), np.nan), where=(peers >= max(min_peers, 1)) & (median > 0))


def niche_levels(ready: pd.DataFrame, pool: RankableVideos, *, score: np.ndarray) -> np.ndarray:
    """Median score of the smallest platform × label group of at least 50 videos, or of the platform; else NaN."""
    level = _level_where_many(pool.platforms, score)[0]
    if "label_ids" not in ready:
        return level
    row, code = labels_of(ready["label_ids"], pool.rows)
    if not len(row):
        return level
    value, size = _level_where_many(pool.platforms[row] * (int(code.max()) + 1) + code, score[row])
    known = np.flatnonzero(~np.isnan(value))
    alone = changes(row[known]) & last_of_each(row[known])
    order = known[~alone]
    order = np.append(known[alone], order[np.lexsort((value[order], -size[order], row[order]))])
    level[row[order]] = value[order]  # of a video's groups the smallest is written last
    return level


def labels_of(lists: pd.Series, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of every label of some rows the place of its row among them, and a number for the label, row by row."""
    whole = in_one_piece(pa.array(lists.astype(LIST_OF_STR)))
    number = whole.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    codes = whole.flatten().dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    code = codes[positions_in((np.cumsum(number) - number)[rows], number[rows])]
    return np.repeat(np.arange(len(rows)), number[rows])[code >= 0], code[code >= 0].astype(np.int64)


def _level_where_many(groups: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = ~np.isnan(score)
    size = np.bincount(groups, known, minlength=1)
    level = group_medians(score[known], groups[known], size=len(size))
    return np.where(size >= NICHE_SIZE, level, np.nan)[groups], size[groups]
