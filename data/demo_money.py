"""What the demo's organisation pays, owes and wants: files of money beside the frames, and the truth about them.

Nothing in the frames changes for it: two posts that are there are called one clip, and the correction after a closing
comes from the state that the archive had when September was closed, which counted one post higher than it stands today.
"""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.money.closing import close_payouts
from shortimize_analytics.analysis.money.payouts import creator_payouts
from shortimize_analytics.analysis.money.terms import read_terms
from shortimize_analytics.schema import HISTORY, conform

VERSION = "demo"
"""Stands in closing.json in place of the package's version: the bytes stay those of this file."""
CLOSED, SEEN = "2026-09-30", "2026-10-05T06:10:00Z"
"""End of the period that is closed, and when its counts were asked for."""
TOO_HIGH = 1.25
"""By how much the post that was corrected was counted too high when September was closed."""
LAB, KETTLE, ORBIT, GEARBOX, NOODLE = "hook.lab", "slow.kettle", "brisk_orbit", "tiny.gearbox", "noodle.theory.lab"

TERMS = """\
# What this invented organisation agreed with its creators; docs/money.md explains every key.
format = 1
currency = "USD"
period = "month"
rounding = "half_up"
corrections = "apply"
min_payment = 25

[[terms]]
name = "standard"
from = 2026-09-01
base_per_video = 12.50
rate_per_1000 = 0.60
views_from = 10000
count_days = 30
cap_per_video = 200
cross_posts = "best"

[[terms]]
name = "retainer"
from = 2026-09-01
base_per_period = 450
posts_required = 9
bonuses = [{views = 50000, amount = 25}, {views = 250000, amount = 100}]
count_days = 30

[[creators]]
id = "c-001"
accounts = ["tiktok/hook.lab"]
terms = "standard"

[[creators]]
id = "c-002"
accounts = ["instagram/slow.kettle", "youtube/brisk_orbit"]
terms = "standard"

[[creators]]
id = "c-003"
accounts = ["tiktok/tiny.gearbox"]
terms = "retainer"

[[creators]]
id = "c-004"
accounts = ["%(noodle)s"]  # an id survives the rename that tiktok/noodle.theory.lab went through
terms = "standard"
"""
COSTS = """\
scope,key,kind,amount,currency,uploaded_from,uploaded_to,count_days,note
account,tiktok/hook.lab,fixed,1800.00,USD,2026-10-01,2026-10-31,,monthly fee
account,instagram/slow.kettle,per_1000,0.60,USD,2026-10-01,2026-10-31,30,
label,Hooks v2,fixed,2500.00,USD,2026-10-01,2026-11-22,,production
creator,c-003,fixed,450.00,USD,2026-10-01,2026-10-31,,retainer
organisation,,fixed,-120.00,USD,2026-10-01,2026-10-31,,refund of unused studio hours
account,youtube/brisk_orbit,fixed,300.00,EUR,2026-11-01,2026-11-22,,editing
"""
DECISIONS = """\
decided_on,creator,video,action,value,period,reason
2026-11-04,c-001,,amount,40.00,2026-10,lamp that broke on the set
"""


def write_money(folder: Path, videos: pd.DataFrame, history: pd.DataFrame) -> dict[str, Any]:
    """Write the files of money into a folder, and return what is planted in them."""
    folder.mkdir(parents=True, exist_ok=True)
    accounts = videos.groupby("username")["linked_account_id"].first()
    clip = _cross_post(videos)
    corrected = _corrected(videos)
    target = _targets()
    files = {
        "terms.toml": TERMS % {"noodle": accounts[NOODLE]},
        "costs.csv": COSTS,
        "clips.csv": "clip,video\n" + "".join(f"kettle-orbit,{link}\n" for link in clip["ad_link"]),
        "decisions.csv": DECISIONS,
        "targets.csv": target["file"],
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    shutil.rmtree(folder / "closings", ignore_errors=True)  # a closing is never overwritten
    then = _as_closed(history, corrected)
    terms = read_terms(folder / "terms.toml")
    listed = videos[videos["uploaded_at"] <= pd.Timestamp(SEEN).tz_localize(None)].reset_index(drop=True)
    paid = creator_payouts(listed, then, terms=terms, end=CLOSED, closings=folder / "closings")
    close_payouts(paid, folder / "closings", version=VERSION)
    (folder / "closings" / ".lock").unlink(missing_ok=True)
    return {
        "cross_posted": {"clip": "kettle-orbit", "videos": clip["ad_id"].tolist()},
        "correction": _correction(corrected, history, then),
        "target": {key: value for key, value in target.items() if key != "file"},
    }


def _cross_post(videos: pd.DataFrame) -> pd.DataFrame:
    """Choose two posts of one creator's two accounts that were uploaded a day apart at most in October."""
    october = videos[videos["uploaded_at"].between(pd.Timestamp("2026-10-03"), pd.Timestamp("2026-10-20"))]
    counted = october[
        october["latest_views"].notna() & ~october["removed"] & ~october["private"] & ~october["hidden_stats"]
    ]
    kettle, orbit = (counted[counted["username"] == name] for name in (KETTLE, ORBIT))
    pairs = kettle.merge(orbit, how="cross", suffixes=("", "_other"))
    near = pairs[(pairs["uploaded_at"] - pairs["uploaded_at_other"]).abs() <= pd.Timedelta(days=1)]
    first = near.sort_values(["uploaded_at", "ad_id", "ad_id_other"]).iloc[0]
    return videos[videos["ad_id"].isin([first["ad_id"], first["ad_id_other"]])]


def _corrected(videos: pd.DataFrame) -> str:
    """Choose the post that was counted too high: of the lab, uploaded in September, below the cap of its terms."""
    lab = videos[(videos["username"] == LAB) & videos["uploaded_at"].between("2026-09-08", "2026-09-25")]
    small = lab[lab["latest_views"] < 260_000].sort_values(["latest_views", "ad_id"])
    return str(small["ad_id"].iloc[-1])


def _as_closed(history: pd.DataFrame, corrected: str) -> pd.DataFrame:
    """Return the history as it was when September was closed."""
    seen = pd.Timestamp(SEEN)
    rows = history[history["date"] < seen.tz_localize(None).normalize()].assign(fetched_at=seen)
    high = (rows["ad_id"] == corrected) & (rows["date"] >= pd.Timestamp(CLOSED))
    rows.loc[high, "views"] = (rows.loc[high, "views"].astype(float) * TOO_HIGH).round().astype("Int64")
    return conform(rows, HISTORY)


def _correction(corrected: str, history: pd.DataFrame, then: pd.DataFrame) -> dict[str, Any]:
    day = pd.Timestamp(CLOSED)
    closed, now = (
        int(rows.loc[(rows["ad_id"] == corrected) & (rows["date"] == day), "views"].iloc[0]) for rows in (then, history)
    )
    return {"ad_id": corrected, "creator": "c-001", "day": CLOSED, "closed_views": closed, "views_now": now}


def _targets() -> dict[str, Any]:
    """Set targets: one that November may miss, one that October missed."""
    text = "scope,key,metric,period,target,planned_uploads,note\n"
    text += "organisation,,views_gained,2026-11,48000000,,what the board wants\n"
    text += "account,tiktok/hook.lab,views_gained,2026-11,7000000,,\n"
    text += "account,instagram/slow.kettle,uploads,2026-11,12,,\n"
    text += "organisation,,views_gained,2026-10,60000000,,\n"
    return {"file": text, "scope": "organisation", "period": "2026-11", "target": 48_000_000, "missed": "2026-10"}
