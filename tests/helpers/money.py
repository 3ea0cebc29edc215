"""Small organisations with terms, counts by day and requests that came late enough."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from shortimize_analytics.analysis.money.terms import read_terms
from shortimize_analytics.schema import HISTORY, VIDEOS, cast

LATE = 60
"""Days after its own that a count is asked for again: it has settled, and is no more than 90 days old."""


def terms_text(rules="rate_per_1000 = 0.60", *, top="", creators=None, start="2026-09-01", name="standard"):
    creators = creators or {"c-1": ["a-1"]}
    people = "".join(
        f'\n[[creators]]\nid = "{key}"\naccounts = {list(accounts)!r}\nterms = "{name}"\n'.replace("'", '"')
        for key, accounts in creators.items()
    )
    head = f'format = 1\ncurrency = "USD"\n{top}\n' if "currency" not in top else f"format = 1\n{top}\n"
    return f'{head}[[terms]]\nname = "{name}"\nfrom = {start}\n{rules}\n{people}'


def terms_in(folder, *args, clips=None, decisions=None, **options):
    """Write the terms, clips (`clip,video` lines) and decisions, and read them."""
    folder = Path(folder)
    (folder / "terms.toml").write_text(args[0] if args and "format" in args[0] else terms_text(*args, **options))
    files = {}
    if clips is not None:
        (folder / "clips.csv").write_text("clip,video\n" + "\n".join(clips) + "\n")
        files["clips"] = folder / "clips.csv"
    if decisions is not None:
        head = "decided_on,creator,video,action,value,period,reason\n"
        (folder / "decisions.csv").write_text(head + "\n".join(decisions) + "\n")
        files["decisions"] = folder / "decisions.csv"
    return read_terms(folder / "terms.toml", **files)


def video(ad_id="v1", *, uploaded="2026-10-05", account="a-1", platform="tiktok", **more):
    return {
        "ad_id": ad_id,
        "platform": platform,
        "linked_account_id": account,
        "username": f"name.{account}",
        "ad_link": f"https://www.{platform}.com/@x/video/7{number_of(ad_id):018}",
        "uploaded_at": uploaded,
        "latest_views": 1,
        "latest_updated_at": "2026-10-01T00:00:00Z",
        "video_length": 9,
        **more,
    }


def number_of(text):
    return int.from_bytes(text.encode()[-7:], "big")


def videos_of(*rows, fetched_at=None):
    frame = cast(list(rows), VIDEOS)[0]
    if fetched_at:
        frame.attrs["fetched_at"] = fetched_at
    return frame


def history_of(counts, *, fetched_at=None):
    """Rows of `{ad_id: {day: views}}`, asked for at one instant, or each `LATE` days after its own."""
    rows = [
        {"ad_id": ad_id, "date": when, "views": views, "fetched_at": fetched_at or f"{day(when, LATE)}T06:00:00Z"}
        for ad_id, days in counts.items()
        for when, views in days.items()
    ]
    frame = cast(rows, HISTORY)[0]
    return frame.sort_values(["ad_id", "date"], ignore_index=True)


def day(start, offset):
    return str(date.fromisoformat(start) + timedelta(days=offset))


def amounts(lines, kind=None):
    kept = lines if kind is None else lines[lines["kind"] == kind]
    return [str(amount) for amount in kept["amount"]]


def same_frames(a, b):
    for name in ("statement", "lines", "evidence", "exceptions"):
        pd.testing.assert_frame_equal(getattr(a, name), getattr(b, name), obj=name)
