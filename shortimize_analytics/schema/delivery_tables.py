"""The columns of the frames that `delivery` returns."""

from .columns import table

ALERTS = table(
    "alerts",
    "one thing that a rule holds of a video, an account or the data on a day",
    """
    rule     | category |       | took_off, stalled, silent, not_counted, implausible or revived
    subject  | str      | id    | ad_id, linked_account_id, or what about the data is implausible
    state    | category |       | opens: the condition holds; lasts: only the weaker one; unknown: not judged
    level    | Int32    | x     | of took_off: 5, 10 or 25, the highest that the interval lies above; else 1
    title    | str      |       | caption, of a video
    username | str      | handle | account
    platform | str      |       | of a video or account
    ad_link  | str      | URL   | the post, of a video
    age_days | Int32    | days  | on the day, of a video
    views    | Int64    | views | on the day, of a video
    value    | Float64  |       | what the rule compares: see its line in the docs
    lo       | Float64  |       | lower end of its 90 % interval, where it has one
    hi       | Float64  |       | upper end
    text     | str      |       | the same in plain words, without the caption
    """,
)
