"""The columns of every frame of money; what is exact is `money` or an integer, what is estimated is Float64.

`money` is a Decimal at its currency's digits in a column of Python objects; None where there is none.
"""

from .columns import table

COSTS = table(
    "costs",
    "one cost that was paid",
    """
    scope         | category |          | organisation, account, label, video or creator
    key           | str      |          | what of that scope; empty for organisation
    kind          | category |          | fixed, or per_1000: rate × counted views ÷ 1,000
    amount        | money    | currency | what was paid, or the rate per 1,000 views; negative for a refund
    currency      | str      | ISO 4217 |
    uploaded_from | date     | day      | first upload day that it paid for; NA for all
    uploaded_to   | date     | day      | last upload day, inclusive
    count_days    | Int32    | days     | per_1000: views up to this age are paid
    cost_id       | str      |          | tells two equal rows apart
    note          | str      |          |
    line          | Int32    |          | where it stands in its file
    """,
)

TARGETS = table(
    "targets",
    "one target",
    """
    scope           | category |          | organisation, account, label or video
    key             | str      |          | what of that scope; empty for organisation
    metric          | category |          | views_gained, upload_views or uploads
    start           | date     | day      | first day
    end             | date     | day      | last day, inclusive
    target          | Int64    | views or videos |
    planned_uploads | Int32    | count    | videos to be uploaded in the period; NA when nobody said
    note            | str      |          |
    line            | Int32    |          | where it stands in its file
    """,
)

VIDEO_MONEY = table(
    "video_money",
    "one video that cost something, or that a statement has a line for",
    """
    ad_id         | str     |          |
    cost          | money   | currency | fees and shares of group fees; NA where they are in two currencies
    cpm           | Float64 | currency | cost of 1,000 views at equal age, an estimate while the video is young
    currency      | str     |          | ISO 4217; "EUR+USD" where costs are in both
    owed          | money   | currency | what the lines of its post add up to in the statement
    owed_currency | str     |          | ISO 4217
    """,
)

COST_FIGURES = table(
    "cost_figures",
    "one group of videos and one currency; costs of label rows may overlap, the organisation's row adds up",
    """
    scope           | category |          | organisation, account, label, video, creator, platform, or unmatched
    key             | str      |          |
    name            | str      |          | handle, label or link
    currency        | str      | ISO 4217 |
    n_videos        | Int32    | count    | videos paid for, each post once; removed and private ones too
    n_young         | Int32    | count    | of these, not yet of the age: forecast
    n_estimated     | Int32    | count    | of these, forecast or read between two counts
    n_without_views | Int32    | count    | of these, left out of views_at_age: no count and no forecast
    age             | Int16    | days     | age at which all are compared
    cost            | money    | currency | exact
    views_now       | Int64    | views    | exact: newest counts
    views_at_age    | Float64  | views    | measured, and expected for the young
    cpm             | Float64  | currency per 1,000 views | cost ÷ views at the age
    cpm_lo          | Float64  | currency per 1,000 views | lower end of the interval; equals cpm when nothing is young
    cpm_hi          | Float64  | currency per 1,000 views | upper end
    cpm_today       | Float64  | currency per 1,000 views | cost ÷ newest counts: makes young videos look dear
    cpv             | Float64  | currency per view | cpm ÷ 1,000
    cpe             | Float64  | currency per action | cost ÷ (likes + comments + shares) then; NA while any is young
    cov_backtest    | Float64  | 0-1      | share of past groups of such videos that such intervals would have covered
    n_backtest      | Int32    | count    | past groups behind it
    notes           | str      |          | platforms mixed, allocated, still_counting, unmatched, short_horizon, …
    """,
)

STATEMENT = table(
    "statement",
    "one creator and period; earned + cap + fall + corrections + decisions + carried_in = balance",
    """
    creator           | str     | id       |
    currency          | str     | ISO 4217 |
    start             | date    | day      | first day that this statement states
    end               | date    | day      | last day of the period
    n_clips           | Int32   | count    | clips with a line of their own
    counted_views     | Int64   | views    | counted since the period before
    earned            | money   | currency | views, base fees and bonuses
    cap               | money   | currency | what lies above cap_per_period (negative)
    fall              | money   | currency | counts that fell within the period
    correction_counts | money   | currency | closed periods, valued with today's counts
    correction_terms  | money   | currency | the same, with today's terms
    decisions         | money   | currency | amounts that somebody decided, and what decisions change of closed periods
    carried_in        | money   | currency | from the statement before
    balance           | money   | currency |
    payment           | money   | currency | to be paid: the balance, or 0 below min_payment; never negative
    carried_out       | money   | currency | to the next statement
    as_of             | instant | UTC      | newest request behind the counts
    provisional       | boolean |          | counts may still change: cannot be closed
    """,
)

LINES = table(
    "lines",
    "one line of a statement",
    """
    creator        | str  | id       |
    clip           | str  | id       | NA for a line of the whole period
    ad_id          | str  | UUID     | the post that counts; of a clip's sum, the first
    platform       | str  |          |
    period         | date | day      | last day of the period that the line belongs to
    kind           | str  |          | views, base, bonus, cap, fall, correction_counts, correction_terms, decision
    terms          | str  |          | name, and first upload day of the version
    counted_before | Int64 | views   | count at the end of the period before; of a correction, as stated
    counted        | Int64 | views   | count at the end; of a correction, as it reads today
    pay_before     | money | currency | to date at the end of the period before; of a correction, as stated
    pay            | money | currency | to date; of a correction, as valued today
    amount         | money | currency | pay − pay_before, or 0 where the terms forgive it
    currency       | str  | ISO 4217 |
    notes          | str  |          | decided, held, excluded, removed, private, vanished, capped, forgiven
    reason         | str  |          | in words
    """,
)

EVIDENCE = table(
    "evidence",
    "one count that pay rests on",
    """
    creator    | str     | id    | whose account or label it is; NA where only a decision says so
    clip       | str     | id    |
    ad_id      | str     | UUID  | the post
    ad_link    | str     | URL   |
    copies     | str     |       | other ids and links of the same post, with spaces between
    platform   | str     |       |
    state      | str     |       | removed, private or vanished, or NA
    uploaded_at | date   | day   |
    cut_off    | date    | day   | the count of this day is paid: end of the period, or of the days that count
    date       | date    | day   | day of the newest count up to the cut-off; NA without any
    stale_days | Int16   | days  | cut_off − date
    views      | Int64   | views |
    fetched_at | instant | UTC   | when it was asked for
    obs        | str     |       | observed, gap or interpolated, see `prepare_history`
    use        | str     |       | end: of this period; before: of an earlier one
    """,
)

EXCEPTIONS = table(
    "exceptions",
    "one thing that somebody should look at",
    """
    creator    | str   | id       | NA when nobody is known
    clip       | str   | id       |
    ad_id      | str   | UUID     |
    reason     | str   |          | see docs/money.md
    since      | date  | day      |
    at_stake   | money | currency | pay to date that hangs on it; None when it cannot be said
    what_to_do | str   |          |
    """,
)

PACING = table(
    "pacing",
    "one target",
    """
    scope           | category |       |
    key             | str      |       |
    name            | str      |       |
    metric          | category |       | views_gained, upload_views or uploads
    verdict         | category |       | reached, on track, open, off track, missed or unknown
    notes           | str      |       | partial_history, no_curve, no_plan, pooled, or why unknown
    start           | date     | day   |
    end             | date     | day   | inclusive
    as_of           | date     | day   | last whole day that is counted
    days_left       | Int16    | days  |
    target          | Int64    | views or videos |
    so_far          | Int64    | views or videos | exact
    needed_per_day  | Int64    | views or videos | (target − so_far) ÷ days left, rounded up
    needed_uploads  | Int32    | count | uploads to come that lift the landing to the target; NA when they cannot
    rest_young      | Float64  | views | still to come from young videos
    rest_back       | Float64  | views | from older ones
    rest_new        | Float64  | views | from uploads to come
    landing         | Float64  | views or videos | so_far + rest
    lo80            | Float64  | views | lower end of the 80 % interval
    hi80            | Float64  | views | upper end
    linear          | Float64  | views | so_far × days ÷ days gone: what everyone asks for
    share           | Float64  | 0-1   | so_far ÷ target
    pace            | Float64  | x     | so_far ÷ (target × days gone ÷ days)
    p_target        | Float64  | 0-1   | chance to reach the target
    cov_backtest    | Float64  | 0-1   | share of past stretches inside such intervals
    mdape           | Float64  | 0-1   | median absolute relative error of past landings
    mdape_linear    | Float64  | 0-1   | the same for linear pace
    mdape_last28    | Float64  | 0-1   | the same for the mean day of the last 28
    n_origins       | Int32    | count | past stretches behind interval and scores
    """,
)

PACING_BACKTEST = table(
    "pacing_backtest",
    "one target's scope seen from one past day",
    """
    scope     | category |       |
    key       | str      |       |
    name      | str      |       |
    metric    | category |       |
    origin    | date     | day   | last day that the landing could know
    end       | date     | day   | last day of the stretch
    days_left | Int16    | days  |
    actual    | Float64  | views | what came
    landing   | Float64  | views | what was expected
    lo80      | Float64  | views | from origins whose stretch was over by then; NA below ten
    hi80      | Float64  | views |
    linear    | Float64  | views |
    last7     | Float64  | views | so far + the mean day of the last 7 × days left
    last28    | Float64  | views | the same of the last 28
    """,
)

LIABILITY = table(
    "liability",
    "one creator at the end of a period to come",
    """
    creator  | str     | id       |
    currency | str     | ISO 4217 |
    end      | date    | day      | last day of the period
    as_of    | date    | day      | newest day of the history
    n_clips  | Int32   | count    | clips whose count can still rise by the end
    n_without_forecast | Int32 | count | of these, kept at their newest count
    due      | money   | currency | exact: pay to date of all that is counted today
    expected | Float64 | currency | mean pay to date at the end
    lo80     | Float64 | currency | 10 % of the draws are below
    hi80     | Float64 | currency | 10 % of the draws are above
    notes    | str     |          |
    """,
)

VERIFIED_CLOSINGS = table(
    "verified_closings",
    "one closing whose every amount follows from its own evidence and terms",
    """
    period   | str   |          |
    end      | date  | day      | last day
    creators | Int32 | count    |
    lines    | Int32 | count    |
    counts   | Int32 | count    | rows of evidence that are new or changed with it
    currency | str   | ISO 4217 |
    payment  | money | currency | sum of all payments
    sha256   | str   |          | of its closing.json: compare it with the one you were given
    """,
)

CLIP_SUGGESTIONS = table(
    "clip_suggestions",
    "two posts on different platforms that may be one clip",
    """
    video         | str   | UUID | the earlier post
    other         | str   | UUID | the later one
    days_apart    | Int16 | days |
    why           | str   |      | the same caption, captions that begin alike, the same length
    account       | str   | id   |
    other_account | str   | id   |
    link          | str   | URL  |
    other_link    | str   | URL  |
    """,
)
