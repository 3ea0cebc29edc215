"""Invented organisations with daily counts, for coverage: luck, paces, good weeks of everybody and of one account."""

import numpy as np
import pandas as pd

from shortimize_analytics.schema import HISTORY, VIDEOS, conform, empty

FIRST = pd.Timestamp("2026-03-01")


def simulate(seed, *, days=210, accounts=8):
    """Return videos and history of an organisation; the last day is FIRST + days − 1."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(9.5, 1.2, accounts))
    rate = rng.uniform(0.15, 0.7, accounts)
    pace = np.exp(rng.normal(0.6, 0.4, accounts))
    weeks = days // 7 + 2
    drift = np.exp(np.cumsum(rng.normal(0, 0.06, (accounts, weeks)), axis=1))
    everybody = np.exp(rng.normal(0, 0.10, weeks))
    own = np.exp(rng.normal(0, 0.25, (accounts, weeks)))
    uploads = [(who, day) for who in range(accounts) for day in np.flatnonzero(rng.random(days) < rate[who])]
    rows, parts = [], []
    for number, (who, day) in enumerate(uploads):
        ages = np.arange(days - day + 1)
        luck = np.exp(rng.normal(0, 0.9)) * (6 if rng.random() < 0.03 else 1)
        speed = pace[who] * np.exp(rng.normal(0, 0.35))
        slow = rng.uniform(0.05, 0.35)
        share = (1 - slow) * (1 - np.exp(-((ages + 0.5) / speed))) + slow * (1 - np.exp(-(ages + 0.5) / 45))
        week = (day + ages[1:] - 1) // 7
        gain = np.diff(share, prepend=0)[1:] * level[who] * drift[who, week] * luck * everybody[week] * own[who, week]
        views = np.cumsum(rng.poisson(np.maximum(gain, 0)))
        seen = rng.random(len(views)) > 0.03
        ad_id = f"{seed:03}-{number:05}"
        dates = FIRST + pd.to_timedelta(np.arange(day, days), unit="D")
        parts.append(pd.DataFrame({"ad_id": ad_id, "date": dates[seen], "views": views[seen]}))
        rows.append({
            "ad_id": ad_id, "platform": "tiktok", "linked_account_id": f"account-{who}", "username": f"user{who}",
            "ad_link": f"https://www.tiktok.com/@user{who}/video/76{seed:06}{number:010}",
            "uploaded_at": FIRST + pd.Timedelta(days=int(day)), "latest_views": int(views[-1]), "video_length": 20,
            "latest_updated_at": (FIRST + pd.Timedelta(days=days - 1, hours=23)).tz_localize("UTC"),
        })  # fmt: skip
    videos = pd.DataFrame(rows).reindex(columns=VIDEOS.names)
    history = pd.concat(parts, ignore_index=True).reindex(columns=HISTORY.names)
    for frame, table in ((videos, VIDEOS), (history, HISTORY)):
        blank = empty(table)
        for name in table.names:
            if frame[name].isna().all():
                frame[name] = blank[name].reindex(frame.index)
    return conform(videos, VIDEOS), conform(history, HISTORY)


def until(videos, history, day):
    """Show an organisation as it stood at the end of a day."""
    past = history[history["date"] <= day].reset_index(drop=True)
    then = videos[videos["uploaded_at"] <= day].reset_index(drop=True)
    newest = past.sort_values("date").drop_duplicates("ad_id", keep="last").set_index("ad_id").reindex(then["ad_id"])
    then["latest_views"] = newest["views"].to_numpy()
    measured = (newest["date"] + pd.Timedelta(hours=23)).dt.tz_localize("UTC")
    then["latest_updated_at"] = measured.astype("datetime64[us, UTC]").to_numpy()
    return then[then["latest_views"].notna()].reset_index(drop=True), past
