"""Figures of accounts: what they usually get, how often they break out, and how much of it is engagement.

Definitions
-----------
median_views_non_zero
    Median of the newest counts above zero: a video that was never shown says little about the account.
share_10x, share_25x
    Videos with at least 10 or 25 times what the account usually has, of those with 3 or more peers in it. Without a
    ranking, the multiple is the views ÷ the median of the account's other videos of the same format: new videos count
    too low then. Pass the result of `rank_outliers` to use its age-corrected multiple.
views_per_follower
    That median ÷ the followers that the vendor counts: above 1, the usual video is seen by more than follow.
engagement rate
    (likes + comments + shares) ÷ views. Pooled, big videos decide; the median is that of the typical video. A count
    that the platform does not give (YouTube's shares) is taken as none; a video without any of the three has no rate.

bracket
    How many times its account's usual views a video has: under 1, 1 to under 5, and so on up to 100 and more.

Pitfalls: shares of a few videos are uncertain, the intervals say how much. Rates of two platforms are not comparable.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import ENGAGEMENT, account_keys, by_account_key, column
from shortimize_analytics.analysis.base.constants import MIN_PEERS
from shortimize_analytics.analysis.models.age_curve import loo_median
from shortimize_analytics.analysis.prepared import Prepared, as_prepared
from shortimize_analytics.schema import ACCOUNT_METRICS, BRACKET_COUNTS, conform
from shortimize_analytics.schema.choices import check_column
from shortimize_analytics.schema.frames import check_listed

MULTIPLES = {"share_10x": 10.0, "share_25x": 25.0}


def account_metrics(
    videos: pd.DataFrame | Prepared, *, ranked: pd.DataFrame | None = None, listed: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Describe every account by its videos.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history.
    ranked
        Result of `rank_outliers`, whose `mult` then decides about 10x and 25x; None takes views ÷ median.
    listed
        Frame of `load_accounts`, for followers and views per follower, which are NA without it.

    Returns
    -------
    DataFrame
        One row per account, highest median views first. See `schema.ACCOUNT_METRICS`. Figures are NA where no video has
        what they need. `attrs["quality"]` counts the videos left out.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212, by statsmodels.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.outliers.accounts import account_metrics
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> rows = [{"ad_id": f"v{n}", "platform": "tiktok", "linked_account_id": "a", "username": "ann",
    ...          "uploaded_at": f"2026-03-{n:02}", "latest_views": views, "latest_likes": views // 10,
    ...          "latest_updated_at": "2026-05-01T00:00:00Z"}
    ...         for n, views in enumerate([0, 100, 120, 1300, 80], 1)]
    >>> videos, _ = cast(rows, VIDEOS)
    >>> account_metrics(videos)[["account", "n_videos", "median_views_non_zero", "share_10x", "er_pooled"]]
      account  n_videos  median_views_non_zero  share_10x  er_pooled
    0       a         5                  110.0        0.2        0.1
    """
    videos = as_prepared(videos).videos
    ready = videos.assign(account=account_keys(videos))
    usable = ready["excluded"].isna()
    work = ready[usable].assign(
        views=lambda table: table["latest_views"].to_numpy(dtype=float),
        mult=lambda table: _multiples(table, ranked),
    )
    accounts = ready.sort_values(["uploaded_at", "ad_id"]).groupby("account")
    out = accounts[["username", "platform"]].last()
    out["n_videos"] = work.groupby("account").size()
    out["n_videos"] = out["n_videos"].fillna(0)
    out["n_excluded"] = accounts.size() - out["n_videos"]
    out["median_views_non_zero"] = work[work["views"] > 0].groupby("account")["views"].median()
    out = out.join(_hit_shares(work)).join(_engagement(work)).reset_index()
    out = out.fillna({"n_scored": 0, "n_engagement": 0})
    out["followers"] = _followers(out, listed)
    out["views_per_follower"] = out["median_views_non_zero"] / out["followers"].astype("Float64").replace(0, pd.NA)
    order = ["median_views_non_zero", "account"]
    table = conform(out.sort_values(order, ascending=[False, True], ignore_index=True), ACCOUNT_METRICS)
    table.attrs = {
        **videos.attrs,
        "table": ACCOUNT_METRICS.name,
        "params": {"multiple": "mult" if ranked is not None else "mult_raw"},
    }
    return table


def _followers(accounts: pd.DataFrame, listed: pd.DataFrame | None) -> pd.Series:
    """Look up the followers of accounts by id; where videos name none, by platform and handle."""
    if listed is None:
        return pd.Series(pd.NA, index=accounts.index, dtype="Int64")
    check_listed(listed)
    known = by_account_key(listed, "latest_followers_count").astype("Int64")
    return known.reindex(accounts["account"].astype("str")).set_axis(accounts.index)


def bracket_counts(outliers: pd.DataFrame, *, by: str | None = None) -> pd.DataFrame:
    """Count videos by virality bracket.

    Parameters
    ----------
    outliers
        Result of `rank_outliers`.
    by
        Column of it that makes the groups, such as platform or username; None takes all videos together.

    Returns
    -------
    DataFrame
        One row per group and bracket, empty brackets included. See `schema.BRACKET_COUNTS`. `attrs["quality"]` counts
        the videos left out, which have no score or no group.

    Raises
    ------
    InvalidParameterError
        When `by` is no column.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212, by statsmodels.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.outliers.accounts import bracket_counts
    >>> labels = ["<1", "1-5", "5-10", "10-25", "25-50", "50-100", "100+"]
    >>> found = pd.DataFrame({"bracket": pd.Categorical(["<1", "1-5", "<1", "10-25"], labels, ordered=True)})
    >>> bracket_counts(found).loc[:3, ["bracket", "n_videos", "share"]]
      bracket  n_videos  share
    0      <1         2    0.5
    1     1-5         1   0.25
    2    5-10         0    0.0
    3   10-25         1   0.25
    """
    from statsmodels.stats.proportion import proportion_confint

    if by is not None:
        check_column(by, outliers, "by", of="ranking")
    names = pd.Series("all", index=outliers.index) if by is None else outliers[by].astype("str")
    known = outliers["bracket"].notna() & names.notna()
    counts = pd.crosstab(names[known], outliers.loc[known, "bracket"], dropna=False)
    out = counts.stack().rename_axis(["group", "bracket"]).rename("n_videos").reset_index()
    out["bracket"] = pd.Categorical(out["bracket"], dtype=outliers["bracket"].dtype)
    out["n"] = out.groupby("group")["n_videos"].transform("sum")
    out["share"] = out["n_videos"] / out["n"]
    out["lo"], out["hi"] = proportion_confint(out["n_videos"], out["n"], method="wilson")
    table = conform(out, BRACKET_COUNTS)
    table.attrs = {**outliers.attrs, "table": BRACKET_COUNTS.name, "params": {"by": by}}
    table.attrs["quality"] = {**outliers.attrs.get("quality", {}), "left_out": int((~known).sum())}
    return table


def _multiples(work: pd.DataFrame, ranked: pd.DataFrame | None) -> np.ndarray:
    """Multiple of each video against its account; NaN without one."""
    if ranked is not None:
        known = ranked[(ranked["n_peers"] >= MIN_PEERS).fillna(value=False).to_numpy(dtype=bool)]
        known = known.drop_duplicates("ad_id").set_index("ad_id")["mult"]
        return known.reindex(work["ad_id"]).to_numpy(dtype=float, na_value=np.nan)
    group = work.groupby(["account", "format"], observed=True, sort=False).ngroup().to_numpy()
    views = work["latest_views"].to_numpy(dtype=float)
    usual = loo_median(views, group)
    peers = np.bincount(group, minlength=1)[group] - 1
    return np.divide(views, usual, out=np.full(len(views), np.nan), where=(peers >= MIN_PEERS) & (usual > 0))


def _hit_shares(work: pd.DataFrame) -> pd.DataFrame:
    """Shares of videos above the multiples, with intervals, by account."""
    from statsmodels.stats.proportion import proportion_confint

    scored = work[work["mult"].notna()]
    groups = scored.groupby("account")
    out = pd.DataFrame({"n_scored": groups.size()})
    for name, limit in MULTIPLES.items():
        hits = (scored["mult"] >= limit).groupby(scored["account"]).sum()
        out[name] = hits / out["n_scored"]
        out[f"{name}_lo"], out[f"{name}_hi"] = proportion_confint(hits, out["n_scored"], method="wilson")
    return out


def _engagement(work: pd.DataFrame) -> pd.DataFrame:
    """Engagement rates by account, over videos with views and at least one of the counts."""
    counts = pd.DataFrame({name: column(work, name, "Int64").astype("Float64") for name in ENGAGEMENT})
    known = (work["views"] > 0) & counts.notna().any(axis=1)
    actions = counts.sum(axis=1)[known].astype(float)
    views, account = work.loc[known, "views"], work.loc[known, "account"]
    pooled = actions.groupby(account).sum() / views.groupby(account).sum()
    median = (actions / views).groupby(account).median()
    return pd.DataFrame({"n_engagement": views.groupby(account).size(), "er_pooled": pooled, "er_median": median})
