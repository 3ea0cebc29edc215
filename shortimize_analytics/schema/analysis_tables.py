"""The columns of every frame that an analysis returns; how they are computed: the module of the analysis."""

from .columns import Table, table

GROWTH_CURVES = table(
    "growth_curves",
    "one group at one age",
    """
    group          | str     |       | value of `by`, or "all"
    age_days       | Int16   | days  | date − uploaded_at; day 0 is partial
    n_videos       | Int32   | count | videos behind the point
    median_value   | Float64 | value | views, share of views at max_age, or daily gain
    lo             | Float64 | value | lower quantile of the videos (`band`)
    hi             | Float64 | value | upper quantile of the videos
    ci_lo          | Float64 | value | 95 % interval of the median, lower end
    ci_hi          | Float64 | value | 95 % interval of the median, upper end
    n_interpolated | Int32   | count | of n_videos, points that were not observed that day
    """,
)

GROWTH_METRICS = table(
    "growth_metrics",
    "one video",
    """
    *video
    v1            | Float64 | views     | at age 1 day; NA when younger, not seen, or censored
    v3            | Float64 | views     | at age 3 days
    v7            | Float64 | views     | at age 7 days
    v30           | Float64 | views     | at age 30 days
    t50           | Float64 | days      | age at which half of v30 was reached
    t90           | Float64 | days      | age at which 90 % of v30 was reached
    peak_day      | Int32   | days      | age of the largest observed daily gain
    peak_share    | Float64 | 0-1       | that gain ÷ views at the last observed day
    velocity_7d   | Float64 | views/day | gain of the last 7 observed days ÷ days observed
    decay_exp     | Float64 |           | slope of ln gain on ln days since peak
    revived       | boolean |           | views rose again after the video had slowed down
    revival_ratio | Float64 | x         | gain of the last 7 days ÷ median of the 4 preceding 7-day gains
    """,
)

FORECASTS = table(
    "forecasts",
    "one video younger than the horizon, highest forecast first",
    """
    *video
    age_days     | Int32   | days  | at its newest count
    views        | Int64   | views | newest count
    horizon      | Int16   | days  | age that is forecast
    model_age    | Int16   | days  | age from whose count it is forecast
    pred         | Float64 | views | median forecast of the views at the horizon: never sum it
    lo80         | Float64 | views | lower end of the conformal 80 % interval
    hi80         | Float64 | views | upper end
    pred_mean    | Float64 | views | expected views (pred × Duan's smearing factor): this one may be summed
    n_cal        | Int32   | count | videos whose errors calibrate the interval
    cov_backtest | Float64 | 0-1   | share of past videos that such intervals would have covered
    n_backtest   | Int32   | count | past videos behind that share
    mdape        | Float64 | 0-1   | their median absolute relative error
    mdape_naive  | Float64 | 0-1   | the same for last day's gain × days left
    mdape_growth | Float64 | 0-1   | the same for the median growth multiple
    notes        | str     |       | gain or level (its basis), pooled, short_horizon, overdue (day passed), or why none
    """,
)

FORECAST_BACKTEST = table(
    "forecast_backtest",
    "one platform (or all) at one model age, over rolling origins",
    """
    platform     | str     |       | platform, or "all"
    horizon      | Int16   | days  | age that is forecast
    model_age    | Int16   | days  | age from which
    n            | Int32   | count | videos forecast and later seen at the horizon
    n_origins    | Int16   | count | dates from which they were forecast
    gain_known   | Float64 | 0-1   | share whose last day's gain was known
    coverage     | Float64 | 0-1   | share inside their 80 % interval
    width        | Float64 | x     | median of hi80 ÷ lo80
    bias         | Float64 | x     | median of forecast ÷ truth
    mdape        | Float64 | 0-1   | median absolute relative error
    mdape_naive  | Float64 | 0-1   | of last day's gain × days left (mean daily views where that gain is unknown)
    mdape_growth | Float64 | 0-1   | of the median growth multiple
    rse          | Float64 |       | mean squared relative error (Szabo and Huberman)
    rse_naive    | Float64 |       | of last day's gain × days left
    """,
)

GROWTH_FITS = table(
    "growth_fits",
    "one video under one model, in the order of the videos",
    """
    *video
    model      | str     |       | stretched, gompertz, richards or power
    n_days     | Int32   | count | measured days behind the fit
    k          | Float64 | views | final views; NA while the video is younger than 3 × t50, and for power
    scale      | Float64 | views | multiplier of the curve: k of the fit, known or not; views at age 1 day for power
    b          | Float64 |       | second parameter, see the module
    c          | Float64 |       | third parameter
    d          | Float64 |       | fourth parameter (richards)
    t50        | Float64 | days  | age at which the fitted curve has half of its final views; NA for power
    rmse       | Float64 | ln    | root mean squared error of ln views
    aicc       | Float64 |       | small-sample Akaike criterion: lower is better, within one video only
    delta_aicc | Float64 |       | aicc − that of the video's best model
    best       | boolean |       | lowest aicc of the video's models
    notes      | str     |       | few_days, no_convergence, unidentified
    """,
)

MILESTONES = table(
    "milestones",
    "one group of videos and one number of views",
    """
    group       | str     |       | value of `by`, or "all"
    threshold   | Int64   | views | the milestone
    n_videos    | Int32   | count | videos watched before they had reached it
    n_reached   | Int32   | count | of these, seen to reach it
    n_early     | Int32   | count | left out: past it at first sight, when tracking began late
    n_unknown   | Int32   | count | left out: seen only once, or without an upload day
    median_days | Float64 | days  | age by which half of all videos reach it (Kaplan-Meier); NA when fewer ever do
    median_lo   | Float64 | days  | 95 % interval
    median_hi   | Float64 | days  | 95 % interval; NA when open
    share_7     | Float64 | 0-1   | share that reach it within 7 days
    share_30    | Float64 | 0-1   | share that reach it within 30 days; NA when no video was watched so long
    share_30_lo | Float64 | 0-1   | 95 % interval
    share_30_hi | Float64 | 0-1   | 95 % interval
    """,
)

ACCOUNT_METRICS = table(
    "account_metrics",
    "one account, highest median views first",
    """
    account       | str     | id    | linked_account_id, or platform/username
    username      | str     |       | newest name
    platform      | str     |       |
    n_videos      | Int32   | count | usable videos
    n_excluded    | Int32   | count | removed, private, without views, without a date
    median_views_non_zero | Float64 | views | median of the newest counts above zero
    n_scored      | Int32   | count | videos with a multiple of their account
    share_10x     | Float64 | 0-1   | of these, with at least 10x
    share_10x_lo  | Float64 | 0-1   | Wilson 95 % interval
    share_10x_hi  | Float64 | 0-1   | Wilson 95 % interval
    share_25x     | Float64 | 0-1   | with at least 25x
    share_25x_lo  | Float64 | 0-1   | Wilson 95 % interval
    share_25x_hi  | Float64 | 0-1   | Wilson 95 % interval
    n_engagement  | Int32   | count | videos with views above zero and an engagement count
    er_pooled     | Float64 | ratio | their (likes + comments + shares) ÷ their views
    er_median     | Float64 | ratio | median of the videos' own rates
    followers     | Int64   | followers | newest count of `load_accounts`; NA where it was not passed or is unknown
    views_per_follower | Float64 | ratio | median_views_non_zero ÷ followers
    """,
)

BRACKET_COUNTS = table(
    "bracket_counts",
    "one virality bracket of one group, lowest bracket first",
    """
    group    | str      |       | value of `by`, or "all"
    bracket  | category |       | times its account's usual views: from the first number to below the second
    n_videos | Int32    | count | videos in it
    n        | Int32    | count | videos of the group that have a score
    share    | Float64  | 0-1   | n_videos ÷ n
    lo       | Float64  | 0-1   | Wilson 95 % interval
    hi       | Float64  | 0-1   | Wilson 95 % interval
    """,
)

OUTLIERS = table(
    "outliers",
    "one video, best first",
    """
    position    | Int32    |       | rank, 1 the best, ties share the first; order mult, gain_7d, ad_id
    position_lo | Int32    |       | 5 % of the ranks over seeded draws; NA far below the top
    position_hi | Int32    |       | 95 % of the ranks
    *video
    age_days    | Int32    | days  | age at which the views were measured
    counted_on  | date     |       | day (UTC) at whose end the score is, NA where unknown
    views       | Int64    | views | count of that day
    gain_7d     | Int64    | views | gained in the 7 days before its end, from history
    outlier_api | Float64  | x     | vendor's multiplier; NA where it is 0, which can mean "not computed yet"
    mult_raw    | Float64  | x     | views ÷ leave-one-out account median, no age correction
    mult        | Float64  | x     | views ÷ what this account's videos have at this age
    mult_lo     | Float64  | x     | lower end of the interval of mult (uncertainty of the baseline)
    mult_hi     | Float64  | x     | upper end
    niche_mult  | Float64  | x     | against videos of the same platform (and label)
    p_ge_5x     | Float64  | 0-1   | probability that the video has at least 5x its account's level
    pct_in_account | Float64 | 0-1 | share of the account's other videos that it beats
    bracket     | category |       | <1, 1-5, 5-10, 10-25, 25-50, 50-100, 100+
    n_peers     | Int32    | count | other videos of the account in the baseline
    baseline    | category |       | account, shrunk or platform
    reliable    | boolean  |       | at least 10 peers and age of at least 3 days
    dual_high   | boolean  |       | at least 5x its account and 3x its niche
    notes       | str      |       | comma-separated, e.g. projected, cross_sectional, raw
    """,
)

LABEL_COMPARISON = table(
    "label_comparison",
    "one label against the same accounts' videos without it",
    """
    label_id     | str     | id    | key: names can repeat
    label        | str     |       | name
    n_videos     | Int32   | count | videos with the label
    n_ref        | Int32   | count | videos without it
    n_accounts   | Int32   | count | accounts with the label
    n_accounts_overlap | Int32 | count | accounts with labelled and unlabelled videos: only these identify the effect
    median_views | Float64 | views | of the labelled videos
    median_mult  | Float64 | x     | median outlier score of the labelled videos
    hit_rate     | Float64 | 0-1   | share with mult ≥ 5
    hit_lo       | Float64 | 0-1   | Wilson 95 % interval
    hit_hi       | Float64 | 0-1   | Wilson 95 % interval
    ratio        | Float64 | x     | views with the label ÷ without, within accounts
    ratio_lo     | Float64 | x     | 95 % interval
    ratio_hi     | Float64 | x     | 95 % interval
    ratio_joint  | Float64 | x     | the same with all labels in one model
    prob_sup     | Float64 | 0-1   | P(a labelled video beats an unlabelled one)
    ps_lo        | Float64 | 0-1   | 95 % interval
    ps_hi        | Float64 | 0-1   | 95 % interval
    cliffs_delta | Float64 | -1..1 | 2·prob_sup − 1
    hl_ratio     | Float64 | x     | Hodges-Lehmann ratio of scores
    hl_lo        | Float64 | x     | 95 % interval
    hl_hi        | Float64 | x     | 95 % interval
    p            | Float64 | 0-1   | of the within-account effect
    q            | Float64 | 0-1   | p after Benjamini-Hochberg over the tested rows
    verdict      | category |      | higher, lower, no clear difference, accounts differ (constant within each), too few
    method       | str     |       | how ratio and p were computed
    """,
)

GROUP_COMPARISON = Table(
    "group_comparison",
    "one group of videos (a length, a weekday, a song, a hashtag) against the same accounts' other videos",
    (
        *(column for column in LABEL_COMPARISON if column.name != "label_id"),
        *table(
            "",
            "",
            """
            ratio_shrunk | Float64 | x | ratio moved towards the mean of the groups by what its own error leaves open
            optimum      | boolean |   | highest ratio_shrunk, and higher than the runner-up in a test of those two
            """,
        ),
    ),
)

GROUP_PAIRS = table(
    "group_pairs",
    "two groups of videos, compared within accounts",
    """
    label_a  | str      |       | the group earlier in order
    label_b  | str      |       | the later one
    n_a      | Int32    | count | videos only in the first
    n_b      | Int32    | count | videos of the second
    n_accounts_overlap | Int32 | count | accounts with videos of both
    ratio    | Float64  | x     | views of a ÷ views of b, within accounts
    ratio_lo | Float64  | x     | 95 % interval
    ratio_hi | Float64  | x     | 95 % interval
    p        | Float64  | 0-1   |
    q        | Float64  | 0-1   | p after Benjamini-Hochberg over the tested pairs
    verdict  | category |       | as in label_comparison, for a
    method   | str      |       | how ratio and p were computed
    """,
)

LABEL_OVERLAP = table(
    "label_overlap",
    "two labels that share a video, largest Jaccard index first",
    """
    label_id_a | str     | id    | key, before label_id_b in order
    label_a    | str     |       | name
    label_id_b | str     | id    | key
    label_b    | str     |       | name
    n_a        | Int32   | count | videos with the first
    n_b        | Int32   | count | videos with the second
    n_both     | Int32   | count | videos with both
    jaccard    | Float64 | 0-1   | n_both ÷ videos with at least one of them; 1: the same videos
    """,
)

LEFT_OUT = table(
    "left_out",
    "one reason why rows take no part in baselines, rankings or totals",
    """
    table  | str   |      | videos or history
    reason | str   |      | removed, private, implausible, no_views, no_upload_date, no_age, duplicate_row, …
    n      | Int64 | rows | how many
    ad_ids | list  | UUIDs | the first 20 of them
    """,
)
