"""The columns of the frames of a period: what was gained, by which videos, what comes next, and what the data lack."""

from .analysis_tables import FORECASTS
from .columns import VIDEO, Table, table

WEEKLY_TOTALS = table(
    "weekly_totals",
    "one scope (all, a platform, an account) in the week",
    """
    scope        | category |      | all, platform or account
    key          | str     |       | platform name or linked_account_id; "all"
    scope_name   | str     |       | for display
    views_start  | Int64   | views | total at the start of the week
    views_end    | Int64   | views | total at its end; NA where no video was counted then
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

WEEKLY_SERIES = table(
    "weekly_series",
    "one week, oldest first",
    """
    start        | date    | day   | first day of the week
    end          | date    | day   | last day, inclusive
    views_gained | Int64   | views | new + back + corrections
    new_views    | Int64   | views | of that week's uploads
    back_views   | Int64   | views | of older videos
    corrections  | Int64   | views | negative daily gains
    n_uploads    | Int64   | count | uploaded in that week
    er_view      | Float64 | 0-1   | (likes + comments + shares) ÷ views, pooled
    partial      | boolean |       | the history does not cover the whole week
    """,
)

WEEKLY_MOVERS = table(
    "weekly_movers",
    "one video, largest gain of the week first",
    """
    position    | Int32   |       | by gain
    *video
    uploaded_at | date    | day   |
    age_days    | Int32   | days  | at the end of the week
    views       | Int64   | views | at the end of the week
    gain        | Int64   | views | gained in the week
    is_new      | boolean |       | uploaded in the week
    share       | Float64 | 0-1   | gain ÷ all positive gains
    """,
)

VIDEO_TABLE = table(
    "video_table",
    "one video with all that is known of it",
    """
    *video
    uploaded_at  | date    | day   |
    age_days     | Int32   | days  | at its newest count
    views        | Int64   | views | newest count
    views_gained | Int64   | views | gained in the days that were asked for; NA where nothing tells
    mult         | Float64 | x     | score: views ÷ what its account's videos have at this age
    mult_lo      | Float64 | x     | lower end of the score's 90 % interval
    mult_hi      | Float64 | x     | upper end
    position     | Int32   |       | rank of the score among all videos, 1 the best
    n_peers      | Int32   | count | other videos of the account behind the score
    reliable     | boolean |       | at least 10 of them, and at least 3 days old
    horizon      | Int16   | days  | age that is forecast, while that is ahead
    pred         | Float64 | views | expected at that age
    lo80         | Float64 | views | lower end of the 80 % interval
    hi80         | Float64 | views | upper end
    engagement   | Float64 | 0-1   | likes, comments and shares ÷ views
    notes        | str     |       | private, removed, count set aside, no counts, no score, uncertain score
    """,
)

GAIN_SHARES = table(
    "gain_shares",
    "one video that gained views, largest gain first",
    """
    position    | Int32   |       | 1 for the largest gain; ties in the order of ad_id
    *video
    is_new      | boolean |       | uploaded in the period
    gain        | Int64   | views | gained in it
    share       | Float64 | 0-1   | gain ÷ all positive gains
    cum_share   | Float64 | 0-1   | share of this video and all before it
    part        | Float64 | 0-1   | position ÷ videos that gained
    """,
)

WEEKLY_FORECASTS = Table(
    "weekly_forecasts",
    "one video younger than the horizon on the period's last day, highest forecast first",
    (
        *table(
            "",
            "",
            """
            *video
            uploaded_at | date    | day |
            is_new      | boolean |     | uploaded in the period
            """,
        ),
        *FORECASTS.columns[len(VIDEO) :],
    ),
)

WEEKLY_STALLED = table(
    "weekly_stalled",
    "one video of 8 to 28 days that nearly stopped, most missed views first",
    """
    *video
    uploaded_at | date    | day   |
    age_days    | Int32   | days  | at its newest count of the period
    views       | Int64   | views | at that age
    gain        | Int64   | views | in the 7 days before
    expected    | Float64 | views | gain that videos of that age and account usually have after so many views
    ratio       | Float64 | x     | gain ÷ expected
    n_videos    | Int32   | count | videos that tell what is usual at that age
    n_peers     | Int32   | count | of them, other videos of the account
    """,
)

DATA_QUALITY = table(
    "data_quality",
    "one check of the data",
    """
    check   | str     |       | its name
    meaning | str     |       | what it met, and what follows from that
    unit    | str     |       | what it counts: videos, days (rows of the history), or views that two sums differ by
    n       | Int64   | count | how many it met; NA where only the loader could have known
    of      | Int64   | count | of how many; for vendor_disagrees of those that can be compared with their history
    share   | Float64 | 0-1   | n ÷ of
    """,
)

VIEWS_OVER_TIME = table(
    "views_over_time",
    "one group in one stretch of days, oldest first",
    """
    group         | str     |       | value of `by`, or "all"
    start         | date    | day   | first day
    end           | date    | day   | last day, inclusive
    views_gained  | Int64   | views | new + back + corrections; NA where no video of the group had a count
    new_views     | Int64   | views | of videos uploaded in the stretch
    back_views    | Int64   | views | rises of older videos
    corrections   | Int64   | views | falls of older videos
    newly_tracked | Int64   | views | at first sight of older videos: not growth
    lost          | Int64   | views | −last views, of videos removed or private by the end
    not_refreshed | Int64   | views | −last views, of videos without a value at the end
    views_end     | Int64   | views | total of the videos that have a value at the end; NA where none has
    n_uploads     | Int32   | count | uploaded in the stretch
    n_active      | Int32   | count | videos with a value in the stretch
    pct_interpolated | Float64 | 0-1 | share of the movement that rests on interpolated values
    partial       | boolean |       | the history does not cover the whole stretch
    """,
)

UPLOADS_OVER_TIME = table(
    "uploads_over_time",
    "one group in one stretch of days, oldest first; stretches without uploads included",
    """
    group        | str     |       | value of `by`, or "all"
    start        | date    | day   | first day
    end          | date    | day   | last day, inclusive
    n_uploads    | Int32   | count | uploaded in the stretch, photos included; a collaboration counts once
    n_photos     | Int32   | count | of them photo posts
    n_accounts   | Int32   | count | accounts that uploaded
    views        | Int64   | views | newest counts of these videos: older uploads had more time
    median_views | Float64 | views | of the videos that have a count
    partial      | boolean |       | it reaches beyond the day of the newest count
    """,
)
