"""The columns of every frame that a loader returns.

Change a column here and casting, documentation and empty frames follow.

Names and definitions of the video and history fields: the vendor's documentation; `ad_is_ad` and `ad_product_id_shop`
were seen in public clients of the API.
"""

from .columns import Table, table

API_VIDEOS = table(
    "api_videos",
    "one tracked video, as the API sends it",
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
    title               | str     |         | caption; loaders cut ` @handle 9 days ago` from the end of a YouTube one
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
    increase_7d         | Float64 | %       | the same over 7 days; `data_quality` compares all four with the history
    increase_14d        | Float64 | %       | the same over 14 days
    increase_30d        | Float64 | %       | the same over 30 days
    ad_info_shop        | boolean |         | TikTok shop ad
    label_ids           | list    | UUIDs   | collections (labels) of the video
    label_names         | list    | names   | their names; filled from GET /collections where the API left them out
    ad_is_ad            | boolean |         | seen in public clients; undocumented
    ad_product_id_shop  | str     | id      | TikTok shop product
    """,
)

VIDEOS = Table(
    "videos",
    "one tracked video",
    (*API_VIDEOS, *table("", "", "fetched_at | instant | UTC | when the request that brought this row was sent")),
)

METRICS = ("latest_views", "latest_likes", "latest_comments", "latest_bookmarks", "latest_shares", "latest_engagement")
"""Counts that a Limited or Basic plan masks."""

COUNTS = ("views", "likes", "comments", "shares", "bookmarks", "engagements")
"""What a day of a history counts."""

MAX_COUNT = 10**12
"""A count above this is no count but a fault. It is over a hundred for each human, and the sum of nine million such
counts still fits into 64 bits, so that no total can wrap to a negative one."""

HISTORY = table(
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

ORGANISATION_HISTORY = table(
    "organisation_history",
    "one day of the whole organisation, as the vendor adds it up; running totals",
    """
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

ACCOUNTS = table(
    "accounts",
    "one tracked account",
    """
    organisation_id        | str     | id      | organisation that tracks the account
    account_id             | str     | UUID    | the account: linked_account_id of its videos
    account_link           | str     | URL     | its page on the platform
    username               | str     | handle  | lower case, without @; it can change
    platform               | str     |         | tiktok, instagram, youtube, facebook, …: an open set
    created_at             | instant | UTC     | when tracking began
    checked_at             | instant | UTC     | when the vendor last looked
    removed                | boolean |         | gone from the platform
    private                | boolean |         | set to private
    bio                    | str     |         | what it says of itself
    link                   | str     | URL     | where its bio points to
    latest_followers_count | Int64   | followers | newest count; null when unknown or masked
    latest_following_count | Int64   | followers | how many it follows itself; null when unknown or masked
    tracking_type          | str     |         | latest_30, latest_200, …: perhaps only so many newest are measured
    mean_views             | Float64 | views   | vendor's mean over its videos
    median_views_non_zero  | Float64 | views   | vendor's median over its videos with views
    last_uploaded_at       | instant | UTC     | newest upload, where the vendor says so
    label_ids              | list    | UUIDs   | collections (labels) of the account
    fetched_at             | instant | UTC     | when the request that brought this row was sent
    """,
)

LABELS = table(
    "labels",
    "one label (the vendor also says collection)",
    """
    id   | str | UUID |
    name | str |      | names can repeat: use the id as the key
    """,
)

TRACKING = table(
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

SNAPSHOTS = table(
    "snapshots",
    "one dated copy of the table of videos",
    """
    asked    | str     |      | all, or a hash of the filters it was asked for with
    taken_at | instant | UTC  | when its oldest request was sent
    path     | str     | file |
    """,
)

SNAPSHOT_CHANGES = table(
    "snapshot_changes",
    "one change of one video between two snapshots",
    """
    *video
    change | category | | new, back again, vanished, renamed, relabelled, views corrected
    before | str      | | handle, labels or views in the older one
    after  | str      | | the same in the newer one
    """,
)

STORAGE = table(
    "storage",
    "one kind of file of one profile",
    """
    profile  | str   |       | folder of a key and address, or of the demo
    source   | str   |       | whose answers they are: the API's address, or the demo's name
    accounts | str   |       | the accounts with the most videos in the newest snapshot
    kind     | str   |       | cache, archive, snapshots, pace or deliveries
    files    | Int64 | count |
    bytes    | Int64 | bytes |
    """,
)

ARCHIVE_FILES = table(
    "archive_files",
    "one file of days in the archive",
    """
    file           | str     |       | its bucket, and its name where a bucket has several
    videos         | Int64   | count |
    days           | Int64   | count | rows: one per video and day
    first          | date    | day   |
    last           | date    | day   |
    newest_request | instant | UTC   |
    bytes          | Int64   | bytes |
    """,
)

ARCHIVE_PROBLEMS = table(
    "archive_problems",
    "one problem of one file",
    """
    file      | str | path |
    problem   | str |      |
    next_step | str |      |
    """,
)

COVERAGE = table(
    "coverage",
    "one video that the archive knows",
    """
    ad_id      | str     | UUID | the video
    file       | Int32   |      | number of the file that holds its days
    start      | date    | day  | first day asked for
    end        | date    | day  | last day asked for
    sent_at    | instant | UTC  | when the newest request was sent
    updated_at | instant | UTC  | the video's latest_updated_at when it was asked for; null when unknown
    days       | Int32   | count | days stored for the video: fewer in the files means that a file was lost
    """,
)

SCALE_COSTS = table(
    "scale_costs",
    "one step of a digest",
    """
    step        | str     |       | what was done
    seconds     | Float64 | s     | time that it took, of all workers together where they did it
    cpu_seconds | Float64 | s     | time of processors
    memory_mb   | Int64   | MB    | greatest memory of one process
    bytes       | Int64   | bytes | what was written
    """,
)

FILTER_STEPS = table(
    "filter_steps",
    "one clause of a filter, in the order they are read",
    """
    clause  | str   |       | what it asks for
    dropped | Int64 | count | videos that do not meet it, whatever the other clauses say
    missing | Int64 | count | of these, videos without the value it asks for
    left    | Int64 | count | videos that meet it and all clauses before it
    """,
)

REPORTS = table(
    "reports",
    "one report of a run, in order of names",
    """
    key       | str   | id   | linked_account_id, or id of the label
    subject   | str   |      | handle or label
    path      | str   |      | the PDF; other forms lie beside it under the same name
    headline  | str   |      | what it says; NA when it failed
    exit_code | Int32 | code | 0 written; otherwise as on the command line
    reason    | str   |      | why it failed
    """,
)
