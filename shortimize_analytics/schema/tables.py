"""The columns of every frame. Change a column here and casting, validation, documentation and empty frames follow.

Names and definitions of the video and history fields: the vendor's documentation; `ad_is_ad` and `ad_product_id_shop`
were seen in public clients of the API. Analysis columns: see the module that computes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["str", "Int64", "Int32", "Int16", "Float64", "boolean", "instant", "date", "list", "category"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind (see `cast.PANDAS_DTYPES`), unit and meaning."""

    name: str
    kind: Kind
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A named list of columns; `row` says what one row is."""

    name: str
    row: str
    columns: tuple[Column, ...]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]


def _table(name: str, row: str, text: str) -> Table:
    """Read `name | kind | unit | meaning` lines: a table is easier to check by eye than ninety constructor calls."""
    columns = []
    for line in filter(None, map(str.strip, text.splitlines())):
        column, kind, unit, meaning = (cell.strip() for cell in line.split("|", 3))
        columns.append(Column(column, kind, unit, meaning))  # type: ignore[arg-type]
    return Table(name, row, tuple(columns))


VIDEOS = _table(
    "videos",
    "one tracked video",
    """
    organisation_id     | str     | id      | organisation that tracks the video
    ad_id               | str     | UUID    | the video; key of every frame
    username            | str     | handle  | account, lower case, without @; it can change: group by linked_account_id
    platform            | str     |         | tiktok, instagram, youtube, facebook, …: an open set
    ad_link             | str     | URL     | the post
    created_at          | instant | UTC     | when Shortimize indexed the video: NOT when it was uploaded
    removed             | boolean |         | tracking stopped or deleted; not reliable: deleted videos usually vanish
    linked_account_id   | str     | UUID    | the account; survives a rename
    uploaded_at         | date    | day     | day of upload on the platform; null when unknown
    song_name           | str     |         | sound used
    song_link           | str     | URL     | sound used
    video_length        | Int64   | s       | 0 for photo posts; has been 60 for every YouTube Short
    title               | str     |         | caption
    not_safe            | boolean |         | flagged as not safe for work
    private             | boolean |         | set to private
    hidden_stats        | boolean |         | the platform hides the counts
    latest_views        | Int64   | views   | newest count; null when never measured or masked
    latest_likes        | Int64   | likes   | newest count
    latest_comments     | Int64   | comments | newest count
    latest_bookmarks    | Int64   | saves   | newest count
    latest_shares       | Int64   | shares  | newest count
    latest_engagement   | Int64   | actions | vendor's total; on the published row likes + comments + bookmarks + shares
    latest_updated_at   | instant | UTC     | when the counts were measured
    outlier_multiplier  | Float64 | x       | vendor's views ÷ account median; 0 can mean "not computed yet"
    increase_1d         | Float64 | %       | vendor's growth in views over 1 day; 0 can mean "not computed yet"
    increase_7d         | Float64 | %       | the same over 7 days
    increase_14d        | Float64 | %       | the same over 14 days
    increase_30d        | Float64 | %       | the same over 30 days
    ad_info_shop        | boolean |         | TikTok shop ad
    label_ids           | list    | UUIDs   | collections (labels) of the video
    label_names         | list    | names   | their names; filled from GET /collections where the API left them out
    ad_is_ad            | boolean |         | seen in public clients; undocumented
    ad_product_id_shop  | str     | id      | TikTok shop product
    """,
)

METRICS = ("latest_views", "latest_likes", "latest_comments", "latest_bookmarks", "latest_shares", "latest_engagement")
"""Counts that a Limited or Basic plan masks."""

HISTORY = _table(
    "history",
    "one video on one day; cumulative totals",
    """
    ad_id       | str     | UUID     | the video
    date        | date    | day      | the day of the counts
    views       | Int64   | views    | total up to and including the day
    likes       | Int64   | likes    | total
    comments    | Int64   | comments | total
    shares      | Int64   | shares   | total
    bookmarks   | Int64   | saves    | total
    engagements | Int64   | actions  | vendor's total
    fetched_at  | instant | UTC      | when the request that brought this value was sent
    """,
)

COLLECTIONS = _table(
    "collections",
    "one collection (the vendor also says label)",
    """
    id   | str | UUID |
    name | str |      | names can repeat: use the id as the key
    """,
)

TRACKING = _table(
    "tracking",
    "one link that was to be tracked or no longer tracked",
    """
    link       | str      | URL  | as it was given (or a UUID)
    status     | category |      | tracked, already tracked, stopped, failed, unclear, not sent
    ad_id      | str      | UUID | the video, where the API named it
    direct_url | str      | URL  | its page in the vendor's dashboard
    reason     | str      |      | why it failed or is unclear
    """,
)

SNAPSHOTS = _table(
    "snapshots",
    "one dated copy of the table of videos",
    """
    asked    | str     |      | all, or a hash of the filters it was asked for with
    taken_at | instant | UTC  | when its oldest request was sent
    path     | str     | file |
    """,
)

SNAPSHOT_CHANGES = _table(
    "snapshot_changes",
    "one change of one video between two snapshots",
    """
    ad_id    | str      | UUID   | the video
    change   | category |        | new, back again, vanished, renamed, relabelled, views corrected
    before   | str      |        | handle, labels or views in the older one
    after    | str      |        | the same in the newer one
    username | str      | handle |
    ad_link  | str      | URL    |
    """,
)

STORAGE = _table(
    "storage",
    "one kind of file of one profile",
    """
    profile | str   |       | folder of a key and address, or of the demo
    kind    | str   |       | cache, archive, snapshots or pace
    files   | Int64 | count |
    bytes   | Int64 | bytes |
    """,
)

ARCHIVE_FILES = _table(
    "archive_files",
    "one file of days in the archive",
    """
    file           | str     |       | its bucket
    videos         | Int64   | count |
    days           | Int64   | count | rows: one per video and day
    first          | date    | day   |
    last           | date    | day   |
    newest_request | instant | UTC   |
    bytes          | Int64   | bytes |
    """,
)

ARCHIVE_PROBLEMS = _table(
    "archive_problems",
    "one problem of one file",
    """
    file      | str | path |
    problem   | str |      |
    next_step | str |      |
    """,
)

COVERAGE = _table(
    "coverage",
    "one video that the archive knows",
    """
    ad_id      | str     | UUID | the video
    bucket     | Int16   |      | part of the archive that holds its days
    start      | date    | day  | first day asked for
    end        | date    | day  | last day asked for
    sent_at    | instant | UTC  | when the newest request was sent
    updated_at | instant | UTC  | the video's latest_updated_at when it was asked for; null when unknown
    days       | Int32   | count | days stored for the video: fewer in the files means that a file was lost
    """,
)

GROWTH_CURVES = _table(
    "growth_curves",
    "one group at one age",
    """
    group          | str     |       | value of `by`, or "all"
    age_days       | Int16   | days  | date − uploaded_at; day 0 is partial
    n_videos       | Int32   | count | videos behind the point
    median         | Float64 | value | views, share of views at max_age, or daily gain
    lo             | Float64 | value | lower quantile of the videos (`band`)
    hi             | Float64 | value | upper quantile of the videos
    ci_lo          | Float64 | value | 95 % interval of the median, lower end
    ci_hi          | Float64 | value | 95 % interval of the median, upper end
    n_interpolated | Int32   | count | of n_videos, points that were not observed that day
    """,
)

GROWTH_METRICS = _table(
    "growth_metrics",
    "one video",
    """
    ad_id         | str     | UUID      | the video
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

FORECASTS = _table(
    "forecasts",
    "one video younger than the horizon, highest forecast first",
    """
    ad_id        | str     | UUID  | the video
    username     | str     |       | account
    platform     | str     |       |
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
    flags        | str     |       | gain or level (what it is based on), pooled, short_horizon, no_forecast and why
    """,
)

FORECAST_BACKTEST = _table(
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

GROWTH_FITS = _table(
    "growth_fits",
    "one video under one model, in the order of the videos",
    """
    ad_id      | str     | UUID  | the video
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
    flags      | str     |       | few_days, no_convergence, unidentified
    """,
)

MILESTONES = _table(
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

ACCOUNT_METRICS = _table(
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
    """,
)

OUTLIERS = _table(
    "outliers",
    "one video, best first",
    """
    rank        | Int32    |       | minimum rank; order mult, gain_7d, ad_id
    rank_lo     | Int32    |       | 5 % of the ranks over seeded draws; NA far below the top
    rank_hi     | Int32    |       | 95 % of the ranks
    ad_id       | str      | UUID  | the video
    username    | str      |       | account
    platform    | str      |       |
    age_days    | Int32    | days  | age at which the views were measured
    views       | Int64    | views | newest count
    gain_7d     | Int64    | views | gained in the last 7 days, from history
    outlier_api | Float64  | x     | vendor's multiplier, untouched
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
    flags       | str      |       | comma-separated notes, e.g. projected, cross_sectional, raw
    """,
)

LABEL_COMPARISON = _table(
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

WEEKLY_TOTALS = _table(
    "weekly_totals",
    "one scope (all, a platform, an account) in the week",
    """
    scope        | category |      | all, platform or account
    key          | str     |       | platform name or linked_account_id; "all"
    name         | str     |       | for display
    views_start  | Int64   | views | total at the start of the week
    views_end    | Int64   | views | total at its end
    views_gained | Int64   | views | growth = new + back + corrections
    new_views    | Int64   | views | of videos uploaded in the week
    back_views   | Int64   | views | positive daily gains of older videos
    corrections  | Int64   | views | negative daily gains of older videos
    lost         | Int64   | views | −last views, of videos removed or private by the end
    newly_tracked | Int64  | views | views at first sight of older videos: not growth
    not_refreshed | Int64  | views | −last views, of videos without a value at the end
    n_uploads    | Int64   | count | uploaded in the week
    n_active     | Int64   | count | videos with a value in the week
    vs_prev      | Float64 | ratio | views_gained ÷ the week before − 1
    vs_median8   | Float64 | ratio | views_gained ÷ median of the 8 weeks before − 1
    top10_share  | Float64 | 0-1   | share of positive gains that the ten best videos earned
    gini         | Float64 | 0-1   | inequality of the positive gains
    er_view      | Float64 | 0-1   | (likes + comments + shares) ÷ views, pooled
    """,
)

WEEKLY_SERIES = _table(
    "weekly_series",
    "one week, oldest first",
    """
    week_end     | date    | day   | last day of the week, inclusive
    views_gained | Int64   | views | new + back + corrections
    new_views    | Int64   | views | of that week's uploads
    back_views   | Int64   | views | of older videos
    corrections  | Int64   | views | negative daily gains
    n_uploads    | Int64   | count | uploaded in that week
    partial      | boolean |       | the history does not cover the whole week
    """,
)

WEEKLY_MOVERS = _table(
    "weekly_movers",
    "one video, largest gain of the week first",
    """
    rank        | Int32   |       | by gain
    ad_id       | str     | UUID  |
    title       | str     |       | caption
    username    | str     |       |
    platform    | str     |       |
    ad_link     | str     | URL   |
    uploaded_at | date    | day   |
    age_days    | Int32   | days  | at the end of the week
    views       | Int64   | views | at the end of the week
    gain        | Int64   | views | gained in the week
    is_new      | boolean |       | uploaded in the week
    share       | Float64 | 0-1   | gain ÷ all positive gains
    """,
)

TABLES = {
    table.name: table
    for table in (
        VIDEOS,
        HISTORY,
        COLLECTIONS,
        ARCHIVE_FILES,
        ARCHIVE_PROBLEMS,
        COVERAGE,
        STORAGE,
        SNAPSHOTS,
        SNAPSHOT_CHANGES,
        TRACKING,
        GROWTH_CURVES,
        GROWTH_METRICS,
        FORECASTS,
        FORECAST_BACKTEST,
        GROWTH_FITS,
        MILESTONES,
        ACCOUNT_METRICS,
        OUTLIERS,
        LABEL_COMPARISON,
        WEEKLY_TOTALS,
        WEEKLY_SERIES,
        WEEKLY_MOVERS,
    )
}
