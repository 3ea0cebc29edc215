"""Videos and daily counts around one week, and its accounts."""

from datetime import date, timedelta

from shortimize_analytics.analysis.periods.counted import count_videos, period_of
from shortimize_analytics.analysis.periods.tables import totals
from shortimize_analytics.analysis.prepare import prepare_history, prepare_videos
from shortimize_analytics.schema import HISTORY, VIDEOS, cast

DAY0 = date(2026, 3, 1)
"""A Sunday, and day 0 of the histories below: the week (7, 14] ends on Sunday 15 March."""

START, END = 7, 14


def iso(offset):
    return str(DAY0 + timedelta(days=offset))


def number(offset):
    return (DAY0 - date(1970, 1, 1)).days + offset


def week_of(counted, end):
    return period_of(counted, end - 7, end)


def make_videos(*rows):
    base = {
        "platform": "tiktok",
        "username": "ann",
        "linked_account_id": "a",
        "uploaded_at": iso(-30),
        "latest_views": 1,
        "latest_updated_at": "2026-03-31T08:00:00Z",
        "video_length": 9,
    }
    links = (
        {"ad_id": f"v{i}", "ad_link": f"https://www.tiktok.com/@x/video/76093647280323658{i:02}"} for i in range(99)
    )
    return cast([base | link | row for link, row in zip(links, rows, strict=False)], VIDEOS)[0]


def make_history(points):
    rows = [
        {"ad_id": key, "date": iso(day), "views": views} for key, days in points.items() for day, views in days.items()
    ]
    return cast(rows, HISTORY)[0]


def book_of(videos, history):
    prepared = prepare_videos(videos.sort_values("ad_id", ignore_index=True))
    return count_videos(prepared, prepare_history(history, prepared))


def account_for(videos, points, *, end=END, earlier=9):
    """Totals and per-video flows of the week to day `end`."""
    counted = book_of(videos, make_history(points))
    weeks = [week_of(counted, number(end) - 7 * back) for back in range(earlier + 1)]
    return totals(counted, weeks), weeks[0].flows.assign(ad_id=counted.videos["ad_id"]).set_index("ad_id")


def steady(first, last, *, start=1000, gain=10):
    return {day: start + gain * (day - first) for day in range(first, last + 1)}


PARTS = ["new_views", "back_views", "corrections", "newly_tracked", "not_refreshed", "lost"]
