"""Small organisations to serve, and a client for them."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.client.answers import Answer
from shortimize_analytics.schema import HISTORY, cast
from shortimize_analytics.schema.tables import API_VIDEOS
from shortimize_analytics.simulator import Organisation

KEY = "sk_live_9f8e7d6c5b4a39281706"
AS_OF = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
LABELS = [{"id": "l1", "name": "Hooks, v2"}, {"id": "l2", "name": "Plain"}]


def small_organisation(count=25, *, as_of=AS_OF, days=10, **changes):
    """Videos of three accounts with ten days of history each; `changes` replace columns."""
    videos, history = _frames(count, as_of, days)
    return Organisation(videos.assign(**changes), history.copy(), LABELS, as_of)


@cache
def _frames(count, as_of, days):
    rows = [
        {
            "ad_id": f"id-{number:03d}",
            "username": ("mine", "other", "third")[number % 3],
            "platform": "tiktok",
            "ad_link": f"https://www.tiktok.com/@mine/video/{number}",
            "created_at": (AS_OF - timedelta(days=20, minutes=-number)).isoformat(),
            "linked_account_id": f"account-{number % 3}",
            "uploaded_at": "2026-11-01",
            "removed": False,
            "private": False,
            "hidden_stats": False,
            "latest_views": 100 * number + 10 * days,
            "latest_updated_at": as_of.isoformat(),
            "label_ids": ["l1"] if number % 2 else ["l1", "l2"],
            "label_names": ["Hooks, v2"] if number % 2 else ["Hooks, v2", "Plain"],
        }
        for number in range(count)
    ]
    dates = pd.date_range(end=as_of.date(), periods=days)
    history = [
        {"ad_id": row["ad_id"], "date": day.date().isoformat(), "views": 100 * number + 10 * (place + 1)}
        for number, row in enumerate(rows)
        for place, day in enumerate(dates)
    ]
    return cast(rows, API_VIDEOS)[0], cast(history, HISTORY)[0]


def connect(server, **options):
    return sa.connect(**({"api_key": KEY, "base_url": server.base_url, "tier": "unlimited"} | options))


def load_both(client, **options):
    videos = sa.load_videos(client)
    return videos, sa.load_history(client, videos, **options)


def answered(body):
    """Make an answer of a body, as the cache holds it."""
    return Answer(body, AS_OF, from_cache=True)
