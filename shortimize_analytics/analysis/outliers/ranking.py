"""Which videos did better than their account usually does, at any age, and how sure that is.

Definitions
-----------
score
    ln views of the video brought to day 14: projected from its history where it is younger (see `projection`),
    otherwise with the age curve of the snapshot taken off (see `age_curve`).
level
    Weighted median score of the account's other videos of the same format, nearer uploads counting more, shrunk
    towards the platform's accounts by what its own error leaves open (see `account_level`).
mult
    exp(score − level): how many times the account's usual views. `mult_lo`, `mult_hi` and the ranks' intervals are
    about the baseline (and the projection), not about the luck of the video.
moment
    A score is of the end of a day, by default the last one that was over when the history was asked for: counts of
    the day in progress would make every video a day older without its views. Without a history it is of the newest
    counts.
mult_raw
    views ÷ median of the account's other videos, as most trackers print it. It halves new videos and flatters old ones.

Pitfalls: a label chosen after the views were seen ("best of") makes every comparison by it circular. Views of two
platforms are never compared. A video of day 0 has no score unless asked for.
"""

from datetime import date

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column, regimes
from shortimize_analytics.analysis.base.constants import HIT, MIN_PEERS, RELIABLE_AGE, RELIABLE_PEERS, SCORE_COVERAGE
from shortimize_analytics.analysis.base.digested import Digested, rows_of
from shortimize_analytics.analysis.base.series import knots, recent_gain
from shortimize_analytics.analysis.base.vendor import vendor_figure, vendor_growth
from shortimize_analytics.analysis.filters.scope import select_scope
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.models.account_level import Levels, account_levels
from shortimize_analytics.analysis.prepared import Prepared, as_prepared
from shortimize_analytics.analysis.unmeasured import SINCE
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import OUTLIERS
from shortimize_analytics.schema.cast import naming_columns, own_table
from shortimize_analytics.schema.choices import Mode, check_choice
from shortimize_analytics.schema.days import Day, read_day
from shortimize_analytics.schema.names import Names
from shortimize_analytics.schema.rows import (
    NEVER,
    changes,
    day_numbers,
    order_with_text_last,
    ranks_in_groups,
    whole_days,
)

from .intervals import chance_above, rank_intervals
from .scores import HOW, RankableVideos, Scores, niche_levels, raw_multiple, score_by

NICHE_HIT = 3.0
OWN_ACCOUNT = 0.9
"""Weight of the account in its level from which the baseline is called the account's own, below it shrunk."""
BRACKETS = pd.CategoricalDtype(["<1", "1-5", "5-10", "10-25", "25-50", "50-100", "100+"], ordered=True)
BRACKET_STARTS = np.array([1.0, 5.0, 10.0, 25.0, 50.0, 100.0])
BASELINES = pd.CategoricalDtype(["account", "shrunk", "platform"])


def rank_outliers(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    mode: Mode = "age",
    end: Day | None = None,
    window_days: int | None = None,
    min_peers: int = MIN_PEERS,
    ci: float = SCORE_COVERAGE,
    rank_top: int = 500,
    day_zero: bool = False,
    seed: int = 0,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
) -> pd.DataFrame:
    """Rank videos by how far they exceed what their account usually has at their age.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history.
    history
        Frame of `load_history`. With it, videos younger than 14 days are projected.
    mode
        "age" (default), "raw" (views ÷ median of the account's other videos, no correction) or "strict" (against the
        other videos' views at the same age, at most day 30; needs the history).
    end
        Day at whose end the videos are scored; needs the history. None takes the last full day that the history knows:
        a report of a period that ends on it, the explorer and the command line then show the same scores. A history
        that ends more than 2 days before the newest count moves nothing.
    window_days
        Only peers uploaded within so many days of the video; None takes all (the nearest 40 on either side in mode
        "age", where farther ones would weigh less than 0.4 %, and wherever a window is given).
    min_peers
        Peers that modes "raw" and "strict", and the column `mult_raw`, need.
    ci
        Coverage of `mult_lo` to `mult_hi` (0-1).
    rank_top
        Ranks down to this one get intervals, and videos that may reach it.
    day_zero
        Score videos on their day of upload too: little more than a guess.
    seed
        Of the draws behind the rank intervals.
    platform, account, label, only
        Show only these videos, see `select_videos`. All are ranked and compared all the same.

    Returns
    -------
    DataFrame
        One row per video, best first; videos without a score come last, with the reason in `notes`. See
        `schema.OUTLIERS`. The score is of the end of `counted_on`. `attrs` has n (videos with a score),
        sigma (spread within accounts, ln), drift (variance that levels gain per day, ln²), tau2 and centre (by
        platform: variance between accounts, median level, ln), and how many scores were projected, cross_sectional or
        raw.

    Raises
    ------
    InvalidParameterError
        For an unknown mode, a limit out of range, or mode "strict" or `end` without a history.

    Notes
    -----
    The column `notes`: projected, cross_sectional (age curve of the snapshot), raw (fewer than 200 videos tell the
    curve: no age correction), young (under 3 days), few_peers (under 10), no_baseline, age_0, uploaded_later (after
    the day of the scores), or why preparation set it aside.

    References
    ----------
    Shrinkage: B. Efron and C. Morris, Stein's paradox in statistics, Scientific American 236 (1977) 119-127. Median
    polish: J. W. Tukey, Exploratory Data Analysis, 1977.

    Examples
    --------
    >>> from shortimize_analytics.analysis.outliers.ranking import rank_outliers
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> rows = [{"ad_id": f"v{n}", "platform": "tiktok", "linked_account_id": "a", "username": "ann",
    ...          "uploaded_at": f"2026-03-{n:02}", "video_length": 12, "latest_views": views,
    ...          "latest_updated_at": "2026-05-01T00:00:00Z"}
    ...         for n, views in enumerate([100, 120, 90, 1300, 110, 105], 1)]
    >>> videos, _ = cast(rows, VIDEOS)
    >>> rank_outliers(videos)[["position", "ad_id", "views", "mult_raw", "mult", "bracket"]].head(2).round(1)
       position ad_id  views  mult_raw  mult bracket
    0         1    v4   1300      12.4  12.3   10-25
    1         2    v2    120       1.1   1.1     1-5
    """
    given = as_prepared(videos, history, digested=True)
    scope = select_scope(given.videos, platform=platform, account=account, label=label, only=only)
    _check(mode=mode, rows=given.rows, window_days=window_days, min_peers=min_peers, ci=ci, rank_top=rank_top)
    day = _moment(given, end)
    data = given if day is None else given.at_end_of(day)
    ready, rows = data.videos.reset_index(drop=True), data.rows
    usable = ready["excluded"].isna() & ((ready["age_days"] > 0) | day_zero)
    pool, platforms = _in_order(ready, usable.fillna(value=False).to_numpy(dtype=bool))
    scores = score_by(mode, pool, history=rows, window_days=window_days, seed=seed)
    levels = account_levels(
        scores.score,
        scores.median,
        n_eff=scores.n_eff,
        groups=pool.groups,
        platforms=pool.platforms,
        days=pool.days if mode == "age" else None,
        measured=pool.measured,
    )
    views = ready["latest_views"].array[pool.rows].to_numpy(dtype=float)
    mult_raw = raw_multiple(views, pool, window_days=window_days, min_peers=min_peers)
    mult = mult_raw if mode == "raw" else np.exp(scores.score - levels.level)
    mult = mult if mode == "age" else np.where(scores.n_peers >= min_peers, mult, np.nan)
    niche = niche_levels(ready, pool, score=scores.score)
    measures = _measures(pool, scores, levels=levels, mult=mult, niche=niche, ci=ci)
    gain = _gains(pool, rows)
    best = _best_first(pool, mult, gain=gain)
    ranks = _ranks(pool, scores, levels=levels, mult=mult, best=best, rank_top=rank_top, seed=seed)
    measures |= ranks | {"mult_raw": _floats(mult_raw), "gain_7d": _floats(gain)}
    out = _table(ready, pool, best=best, measures=measures)
    out.attrs = _provenance(ready, scores=scores, levels=levels, mult=mult, platforms=platforms)
    limits = {"window_days": window_days, "min_peers": min_peers, "ci": ci, "seed": seed}
    out.attrs["params"] = {"mode": mode, "end": None if day is None else day.isoformat(), **limits}
    return scope.keep(out, given.videos)


def _moment(data: Prepared, end: Day | None) -> date | None:
    """Return the day at whose end videos are scored; None leaves every count as it is."""
    if end is None:
        return data.last_full_day() if data.digest is None else data.digest.moment
    if data.rows is None:
        raise InvalidParameterError(f"end={end!r} needs the counts of that day; pass the history, or leave it out")
    return read_day(end, "end")


def _check(
    *,
    mode: str,
    rows: pd.DataFrame | Digested | None,
    window_days: int | None,
    min_peers: int,
    ci: float,
    rank_top: int,
) -> None:
    check_choice(mode, Mode, "mode")
    if mode == "strict" and not isinstance(rows, pd.DataFrame):
        raise InvalidParameterError("mode='strict' compares views at equal ages; pass the history of the videos")
    if window_days is not None and window_days < 1:
        raise InvalidParameterError(f"window_days={window_days} is below 1; pass whole days or None for all peers")
    if min_peers < 1:
        raise InvalidParameterError(f"min_peers={min_peers} is below 1; a video needs a peer to be compared with")
    if not 0 < ci < 1:
        raise InvalidParameterError(f"ci={ci} is not between 0 and 1; 0.90 covers 90 %")
    if rank_top < 1:
        raise InvalidParameterError(f"rank_top={rank_top} is below 1; pass how many of the first ranks get intervals")


def _in_order(ready: pd.DataFrame, usable: np.ndarray) -> tuple[RankableVideos, list[str]]:
    """Sort the videos that can be ranked so that the input's order never matters, and name the platforms."""
    day = day_numbers(ready["uploaded_at"], missing=NEVER).astype(np.int64)
    kinds = pd.factorize(account_keys(ready), sort=True)[0], ready["format"].cat.codes.to_numpy(), regimes(ready)
    group = (~usable).astype(np.int64)
    for code in kinds:
        group = group * (code.max(initial=0) + 1) + code
    early = day.min(initial=0)
    key = group * (day.max(initial=0) - early + 1) + day - early  # one number of each row sorts in a fifth of the time
    rows, rest = np.split(order_with_text_last([key], ready["ad_id"]), [usable.sum()])
    each, names = pd.factorize(ready["platform"].fillna("").astype("str"))
    platforms, found = pd.factorize(each[rows])
    pool = RankableVideos(
        rows=rows,
        rest=ready["ad_id"].iloc[rest].sort_values(kind="stable").index.to_numpy(),
        ids=pd.Index(ready["ad_id"].iloc[rows]),
        logs=np.log1p(ready["latest_views"].array[rows].to_numpy(dtype=float)),
        ages=ready["age_days"].array[rows].to_numpy(dtype=np.int64),
        groups=np.cumsum(changes(group[rows])) - 1,
        platforms=platforms,
        days=day[rows],
        measured=ready[SINCE].isna().to_numpy()[rows],
        increase={window: percent[rows] for window, percent in vendor_growth(ready).items()},
    )
    return pool, [str(name) for name in names[found]]


def _measures(
    pool: RankableVideos, scores: Scores, *, levels: Levels, mult: np.ndarray, niche: np.ndarray, ci: float
) -> dict[str, pd.api.extensions.ExtensionArray]:
    from scipy.stats import norm

    scored = ~np.isnan(mult)
    error = norm.ppf((1 + ci) / 2) * np.hypot(levels.sd, np.sqrt(scores.variance))
    curve_sd, own_sd = scores.errors()
    chance = chance_above(
        np.log(HIT),
        scores.score,
        level=levels.level,
        sd=np.hypot(levels.chance_sd, curve_sd),
        own_sd=own_sd,
        residuals=levels.residuals,
    )
    niche_mult = np.exp(scores.score - niche)
    none, own = scores.n_peers == 0, levels.trust >= OWN_ACCOUNT
    place = ranks_in_groups(scores.score, pool.groups)
    others = np.bincount(pool.groups, ~np.isnan(scores.score), minlength=1)[pool.groups] - 1
    return {
        "mult": _floats(mult),
        "mult_lo": _floats(mult * np.exp(-error)),
        "mult_hi": _floats(mult * np.exp(error)),
        "niche_mult": _floats(niche_mult),
        "p_ge_5x": _floats(np.where(scored, chance, np.nan)),
        "pct_in_account": _floats(np.divide(place - 1, others, out=np.full(len(place), np.nan), where=others > 0)),
        "bracket": pd.Categorical.from_codes(
            np.where(scored, np.searchsorted(BRACKET_STARTS, mult, side="right"), -1), dtype=BRACKETS
        ),
        "n_peers": pd.array(scores.n_peers, dtype="Int32"),
        "baseline": pd.Categorical.from_codes(
            np.where(scored, np.where(none, 2, np.where(own, 0, 1)), -1), dtype=BASELINES
        ),
        "reliable": pd.array(
            scored & (scores.n_peers >= RELIABLE_PEERS) & (pool.ages >= RELIABLE_AGE), dtype="boolean"
        ),
        "dual_high": pd.arrays.BooleanArray(
            (mult >= HIT) & (niche_mult >= NICHE_HIT), np.isnan(mult) | np.isnan(niche_mult)
        ),
        "notes": _notes(pool, scores, scored=scored),
    }


def _floats(values: np.ndarray) -> pd.arrays.FloatingArray:
    return pd.arrays.FloatingArray(values, np.isnan(values))


def _notes(pool: RankableVideos, scores: Scores, *, scored: np.ndarray) -> pd.api.extensions.ExtensionArray:
    rules = (
        ("young", pool.ages < RELIABLE_AGE),
        ("few_peers", scores.n_peers < RELIABLE_PEERS),
        ("no_baseline", ~scored),
    )
    # few combinations, many videos: texts are joined once per combination
    code, texts = scores.how, list(HOW)
    for name, holds in rules:
        code = 2 * code + holds
        texts = [text for stem in texts for text in (stem, f"{stem},{name}")]
    return pd.array(texts, dtype="str").take(code)


def _gains(pool: RankableVideos, rows: pd.DataFrame | Digested | None) -> np.ndarray:
    if rows is None:
        return np.full(len(pool.rows), np.nan)
    if isinstance(rows, Digested):
        return np.round(rows_of(rows.moment_gain, rows.place(pool.ids)))
    return np.round(recent_gain(knots(rows)).reindex(pool.ids).to_numpy())


def _best_first(pool: RankableVideos, mult: np.ndarray, *, gain: np.ndarray) -> np.ndarray:
    """Order by mult, gain and id; the videos without a score come last."""
    keys = [np.where(np.isnan(key), np.inf, -key) for key in (gain, mult)]
    return order_with_text_last(keys, pd.Series(pool.ids))


def _ranks(
    pool: RankableVideos,
    scores: Scores,
    *,
    levels: Levels,
    mult: np.ndarray,
    best: np.ndarray,
    rank_top: int,
    seed: int,
) -> dict[str, pd.arrays.FloatingArray]:
    """Give ranks and their intervals; videos with the same multiple share the first of their ranks."""
    ranked = mult[best]
    first = changes(ranked)
    rank = np.empty(len(mult))
    rank[best] = np.flatnonzero(first)[np.cumsum(first) - 1] + 1
    rank[np.isnan(mult)] = np.nan
    with np.errstate(divide="ignore"):
        log_mult = np.log(mult)
    low, high = rank_intervals(
        log_mult,
        levels.sd,
        own_sd=np.sqrt(scores.variance),
        groups=pool.groups,
        rank=rank,
        rank_top=rank_top,
        seed=seed,
    )
    return {"position": _floats(rank), "position_lo": _floats(low), "position_hi": _floats(high)}


def _table(
    ready: pd.DataFrame,
    pool: RankableVideos,
    *,
    best: np.ndarray,
    measures: dict[str, pd.api.extensions.ExtensionArray],
) -> pd.DataFrame:
    """Put the ranked videos in order, and behind them those that cannot be ranked, with the reason."""
    rest = len(pool.rest)
    place, rows = np.r_[best, np.full(rest, -1)], np.r_[pool.rows[best], pool.rest]
    counted = whole_days(column(ready, "latest_updated_at", "datetime64[us, UTC]").take(rows))
    given = dict(naming_columns(ready)) | {
        "age_days": ready["age_days"],
        "views": ready["latest_views"],
        "outlier_api": vendor_figure(ready, "outlier_multiplier"),
    }
    out = {name: values.array.take(rows) for name, values in given.items()} | {"counted_on": counted.array}
    out |= {name: values.take(place, allow_fill=rest > 0) for name, values in measures.items()}
    out["reliable"] = out["reliable"].fillna(value=False)
    if rest:
        out["dual_high"][len(best) :] = False
        out["notes"][len(best) :] = ready["excluded"].array.take(pool.rest).fillna("age_0")
    return own_table(out, OUTLIERS)


def _provenance(
    ready: pd.DataFrame,
    *,
    scores: Scores,
    levels: Levels,
    mult: np.ndarray,
    platforms: list[str],
) -> dict[str, object]:
    counts = dict(zip(HOW, np.bincount(scores.how, minlength=len(HOW)).tolist(), strict=True))
    return {
        **ready.attrs,
        "table": OUTLIERS.name,
        "n": int((~np.isnan(mult)).sum()),
        "sigma": levels.sigma,
        "drift": levels.drift,
        "tau2": {platforms[code]: value for code, value in levels.tau2.items()},
        "centre": {platforms[code]: value for code, value in levels.centre.items()},
        **counts,
    }
