"""One organisation that has every oddity of data at once, served over HTTP: 120 videos of six accounts, ten weeks.

Whatever is not named in `ODD` is plain: its rows arrive as they are written here.
"""

import json
from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
from organisations import AS_OF

from shortimize_analytics.schema import HISTORY, VIDEOS, cast
from shortimize_analytics.schema.tables import API_VIDEOS
from shortimize_analytics.simulator import Organisation, Service

COUNT, ACCOUNTS = 120, 6
TODAY = AS_OF.date()
LAST_WEEK = (TODAY - timedelta(days=7), TODAY - timedelta(days=1))
HANDLES = ("ann", "ben", "cleo", "@CREATOR_13", "eve", "hooklab")
PLATFORMS = ("tiktok", "youtube", "tiktok", "tiktok", "youtube", "facebook")
NONSENSE = 5_000_000_000
LINKS = {
    "tiktok": "https://www.tiktok.com/@{handle}/video/74100000000000{number:05d}",
    "youtube": "https://www.youtube.com/shorts/abc-{number:07d}",
}
FACEBOOK = (
    "https://www.facebook.com/permalink.php?story_fbid=9000{number:05d}&id=77",
    "https://www.facebook.com/photo.php?fbid=9000{number:05d}",
    "https://www.facebook.com/hooklab/videos/how-to/9000{number:05d}/",
    "https://www.facebook.com/video.php?v=9000{number:05d}",
)
ODD = {
    "repeated": ("v006", "v012"),
    "broken history": ("v018",),
    "uncounted": ("v024", "v030"),
    "upload of 1970": ("v036",),
    "upload of 2062": ("v042",),
    "measured later today": ("v048",),
    "implausible": ("v003", "v007"),
    "text in one count": ("v013",),
    "text on one day": ("v019",),
    "counts with commas": ("v025",),
    "beyond every count": ("v031",),
    "days with hours": ("v037",),
    "combining marks": ("v043",),
    "composed": ("v049",),
    "decomposed": ("v055",),
    "names another": ("v061",),
    "own handle in title": ("v067",),
    "TikTok": ("v008",),
    "below zero": ("v014",),
    "no date": ("v020",),
    "collaboration": ("v026",),
    "repeated post": ("v041",),
}
"""Numbers divisible by six are of ann, and so on in the order of `HANDLES`."""


def name_of(number):
    return f"v{number:03d}"


@cache
def _views(number):
    random = np.random.default_rng(number)
    ages = np.arange(100)
    gains = random.lognormal(8, 1) * np.exp(-ages / 5) * random.lognormal(0, 0.5, len(ages)) + random.integers(1, 30)
    return np.cumsum(gains).astype(int).tolist()


def views_on(number, day):
    """Views of a video at the end of a day: they rise fast and level off, each video at a level of its own."""
    age = (day - uploaded(number)).days
    return 0 if age < 0 else _views(number)[age]


def uploaded(number):
    return TODAY - timedelta(days=2 + 61 * (COUNT - 1 - number) // COUNT)


def plain_video(number):
    account = number % ACCOUNTS
    views = views_on(number, TODAY)
    shapes = FACEBOOK[number // ACCOUNTS % 4] if account == 5 else LINKS[PLATFORMS[account]]
    return {
        "ad_id": name_of(number),
        "username": ("ann", "Ann", "ANN")[number // ACCOUNTS % 3] if account == 0 else HANDLES[account],
        "platform": PLATFORMS[account],
        "ad_link": shapes.format(handle=HANDLES[account].lstrip("@"), number=number),
        "created_at": (AS_OF - timedelta(days=70, minutes=-number)).isoformat(),
        "linked_account_id": None if account == 0 else f"account-{account}",
        "uploaded_at": uploaded(number).isoformat(),
        "video_length": 15,
        "title": f"clip {number}",
        "removed": False,
        "private": False,
        "hidden_stats": False,
        "latest_views": views,
        "latest_likes": views // 20,
        "latest_comments": 1,
        "latest_shares": 2,
        "latest_updated_at": AS_OF.isoformat(),
        "label_ids": [],
        "label_names": [],
    }


def plain_days(number):
    days = [uploaded(number) + timedelta(days=age) for age in range((TODAY - uploaded(number)).days)]
    return [
        {"ad_id": name_of(number), "date": day.isoformat(), "views": views_on(number, day),
         "likes": views_on(number, day) // 20, "comments": 1, "shares": 2}
        for day in days
    ]  # fmt: skip


CHANGES = {
    "uncounted": dict.fromkeys(("latest_views", "latest_likes", "latest_comments", "latest_shares")),
    "upload of 1970": {"uploaded_at": "1970-01-01"},
    "upload of 2062": {"uploaded_at": "2062-11-23"},
    "measured later today": {"latest_updated_at": (AS_OF + timedelta(hours=17)).isoformat()},
    "implausible": {"latest_views": NONSENSE},
    "text in one count": {"latest_shares": "N/A"},
    "counts with commas": {"latest_likes": "1,234", "latest_views": "23,456"},
    "beyond every count": {"latest_comments": 10**13},
    "combining marks": {"title": "#हिन्दी #हँसी"},
    "composed": {"title": "Caf\u00e9 secret"},
    "decomposed": {"title": "cafe\u0301 SECRET"},
    "names another": {"title": "I met @otherhandle 5 years ago"},
    "own handle in title": {"title": "How we cook @ben 9 days ago"},
    "TikTok": {"platform": "TikTok"},
    "below zero": {"latest_shares": -4},
    "collaboration": {"ad_link": LINKS["tiktok"].format(handle="CREATOR_13", number=27), "latest_views": 9_999},
    "repeated post": {"ad_link": "https://m.facebook.com/permalink.php?story_fbid=900000035&id=77"},
}


def video(number):
    row = plain_video(number)
    for oddity, ids in ODD.items():
        if row["ad_id"] in ids:
            row |= CHANGES.get(oddity, {})
    return row


def days(number):
    """The history of a video as the server gives it, oldest day first."""
    rows, name = plain_days(number), name_of(number)
    if name in ODD["uncounted"]:
        return []
    if name in ODD["text on one day"]:
        rows[3]["shares"], rows[4]["likes"] = "", "N/A"
    if name in ODD["days with hours"]:
        early = [row | {"date": f"{row['date']}T08:00:00Z", "views": row["views"] - 1} for row in rows]
        late = [row | {"date": f"{row['date']}T23:10:00Z"} for row in rows]
        rows = [row for pair in zip(late, early, strict=True) for row in pair]
    if name in ODD["no date"]:
        rows.append(rows[-1] | {"date": None})
    return rows


class OddService(Service):
    """Serve what JSON can hold and typed frames cannot; repeated rows come on every walk and are counted."""

    def __init__(self):
        frames = (cast([plain_video(number) for number in range(COUNT)], API_VIDEOS)[0], cast([], HISTORY)[0])
        broken = [f"500:path=/videos/{name}/history" for name in ODD["broken history"]]
        super().__init__(Organisation(*frames, [], AS_OF), limit_requests=False, faults=broken)
        listed = [video(number) for number in range(COUNT)]
        self.rows = [row for row in listed for _ in range(1 + (row["ad_id"] in ODD["repeated"]))]

    def _list_videos(self, params):
        rows = self.rows if params.get("order_direction") == "asc" else self.rows[::-1]
        page, limit = params.get("page", 1), params["limit"]
        pagination = {"total": len(rows), "page": page, "limit": limit}
        return json.dumps({"data": rows[(page - 1) * limit : page * limit], "pagination": pagination}).encode()

    def _get_history(self, params, ad_id):
        first, last = params["start_date"], params["end_date"]
        rows = [row for row in days(int(ad_id[1:])) if row["date"] is None or first <= row["date"][:10] <= last]
        return json.dumps(rows[::-1]).encode()


def plain_frames():
    """The organisation without any oddity, as frames."""
    rows = [row for number in range(COUNT) for row in plain_days(number)]
    return cast([plain_video(number) for number in range(COUNT)], VIDEOS)[0], cast(rows, HISTORY)[0]


def week_gain(number):
    """Views that a video gained in the last whole week, all of an upload's."""
    first, last = LAST_WEEK
    new = uploaded(number) >= first
    return views_on(number, last) - (0 if new else views_on(number, first - timedelta(days=1)))


def odd_ids():
    return pd.Index(sorted({name for ids in ODD.values() for name in ids}))
