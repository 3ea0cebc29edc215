"""The rules of alerts: what opens one, and what keeps one open; each reads what was known on a day.

Every rule has two conditions. The first opens an episode, the weaker second one keeps it open, so that a figure which
moves about its limit makes one message and not ten. All limits were chosen on the demo and on data without any true
event (see docs/delivery.md, which holds the rates of false alarms).

took_off
    `mult_lo` at least 5 on two days running, of a reliable score at an age of 3 to 28 days and with 1,000 views. Lasts
    until `mult_hi` falls below 5 or the video is older than 28 days. A single day made 1.7 times
    as many false alarms when the rule was chosen.
stalled
    As on page 1 of the report: gained less than a fifth of what videos gain at its age, at least 1,000 views having
    been expected, and less than 39 of 40 do of theirs. Lasts until it gains half of that, or is older than 28 days.
silent
    An account without an upload for 7 days, and for 1.5 times its longest gap in 26 weeks, of which it must have had 8;
    its videos were counted in the last 3 days, so that it is not the data that are silent. Lasts until the next upload.
not_counted
    More than half of an account's videos had no count for 3 days. Lasts while more than a quarter have none.
implausible
    More than 1 % of the videos masked or never loaded; fewer than 97 % of the videos counted that were counted the day
    before; a fall of more than 10 % of a video with 10,000 views; falls of more than 1 % of the videos; gains of a day
    below a quarter or above 4 times their median of 28 days, without one video that explains it. Lasts a day longer
    than its condition. Numbers of videos below 3 are no reason. Accounts that stop being counted as a whole are left to
    not_counted while they are fewer than half.
revived
    As on page 1: an older video that had slowed down and gained 3 times its usual week.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.series import knots
from shortimize_analytics.analysis.growth.video_metrics import compare_weeks, revival
from shortimize_analytics.analysis.periods.outlook import LATE, LEAST_EXPECTED, SLOW
from shortimize_analytics.plots.theme import full_number, multiple, percent, short_number

from .known import Known, fell

OLDEST = 28
"""Days of age after which nothing of a young video is news."""
YOUNGEST = 3
LEAST_VIEWS = 1000
LEVELS = (5, 10, 25)
RECOVERED = 0.5
GAPS, SILENT_DAYS, SILENT_FACTOR, WINDOW = 8, 7, 1.5, 182
UNCOUNTED_DAYS = 3
FEW = 3
"""Fewer videos than this are no sign that data are wrong."""
MASKED_LIMIT = 0.01
COUNTED_LIMIT = 0.97
FALL, FALL_VIEWS = 0.1, 10_000
FALLS_LIMIT = 0.01
LOW_DAY, HIGH_DAY, MEDIAN_DAYS, MIN_DAYS = 0.25, 4.0, 28, 14
REVIVAL_ROWS = 56


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule says on a day: rows of `schema.ALERTS` without the rule's name, or why it cannot say anything."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    not_judged: str = ""


def took_off(known: Known) -> Judged:
    """Judge videos that are far above what their account usually has at their age."""
    before = known.before
    if before is None or not len(known.today) or not len(before.today):
        return Judged(not_judged="no video was counted on this day and the day before")
    ranked = known.ranked
    if not ranked["reliable"].any():
        return Judged(not_judged="no video has a score to rely on: too few videos of an account, or too few days")
    young = (ranked["age_days"] <= OLDEST) & ranked["mult"].notna()
    fair = young & ranked["reliable"] & (ranked["age_days"] >= YOUNGEST) & (ranked["views"] >= LEAST_VIEWS)
    level = np.minimum(_levels(ranked), _levels(before.ranked).reindex(ranked.index, fill_value=0))
    opens = fair.fillna(value=False).astype(bool) & (level > 0)
    lasts = young.fillna(value=False).astype(bool) & ~(ranked["mult_hi"] < LEVELS[0]).fillna(value=False).astype(bool)
    found = ranked[opens | lasts]
    about = known.named(found.index)
    rows = []
    for (ad_id, row), name in zip(found.iterrows(), about.itertuples(index=False), strict=True):
        low, high = (multiple(row[end]).removesuffix("x") for end in ("mult_lo", "mult_hi"))
        said = f"{multiple(row['mult'])} what {_handle(name.username)} usually gets at this age ({low}–{high}x)"
        rows.append(
            {
                **_video(ad_id, name, age=row["age_days"], views=row["views"], opens=bool(opens[ad_id])),
                "level": max(1, int(level[ad_id])),
                "value": row["mult"],
                "lo": row["mult_lo"],
                "hi": row["mult_hi"],
                "text": said,
            }
        )
    return Judged([*rows, *_unknown(known, judged=ranked.index[ranked["mult"].notna()])])


def _levels(ranked: pd.DataFrame) -> pd.Series:
    low = ranked["mult_lo"].to_numpy(dtype=float, na_value=0.0)
    return pd.Series(np.r_[0, LEVELS][np.searchsorted(LEVELS, low, side="right")], index=ranked.index)


def stalled(known: Known) -> Judged:
    """Judge videos that nearly stopped."""
    paces = known.paces
    if not len(paces):
        return Judged(not_judged="too few videos of 8 to 28 days tell what is usual at an age")
    opens = (paces["ratio"] < SLOW) & (paces["expected"] >= LEAST_EXPECTED) & paces["unusual"]
    found = paces[opens | (paces["ratio"] < RECOVERED)]
    rows = []
    for (ad_id, row), name in zip(found.iterrows(), known.named(found.index).itertuples(index=False), strict=True):
        said = (
            f"gained {short_number(row['gain'])} views in 7 days, where {short_number(row['expected'])} are usual at "
            f"its age ({percent(row['ratio'])})"
        )
        rows.append(
            {
                **_video(ad_id, name, age=row["age_days"], views=row["views"], opens=bool(opens[ad_id])),
                "value": row["ratio"],
                "text": said,
            }
        )
    return Judged([*rows, *_unknown(known, judged=paces.index)])


def _unknown(known: Known, *, judged: pd.Index) -> list[dict[str, Any]]:
    """List the young videos that cannot be judged on the day: a correction, a missing count, too few peers."""
    about = known.then.drop_duplicates("ad_id").set_index("ad_id")
    about = about[(about["age_days"] <= OLDEST).fillna(value=False).to_numpy(dtype=bool) & ~about.index.isin(judged)]
    names = known.named(about.index).itertuples(index=False)
    return [
        {**_video(ad_id, name, age=age, views=views, opens=False), "state": "unknown", "text": "not judged on this day"}
        for ad_id, name, age, views in zip(about.index, names, about["age_days"], about["latest_views"], strict=True)
    ]


def silent(known: Known, *, factor: float = SILENT_FACTOR) -> Judged:
    """Judge accounts that stopped uploading."""
    if known.partial:
        return Judged(not_judged=known.partial)
    day = (known.then["uploaded_at"] - pd.Timestamp(0)).dt.days
    uploads = pd.DataFrame({"account": known.accounts, "day": day}).dropna()
    uploads = uploads[uploads["day"] > known.day - WINDOW].drop_duplicates().sort_values(["account", "day"])
    gaps = uploads.groupby("account")["day"].diff()
    usual = gaps.groupby(uploads["account"]).agg(["count", "max"])
    known_accounts = usual[usual["count"] >= GAPS]
    if known_accounts.empty:
        return Judged(not_judged=f"no account has {GAPS} gaps between days of upload in 26 weeks")
    since = known.day - uploads.groupby("account")["day"].max()
    counted = known.last_counted.reindex(known.then["ad_id"]).set_axis(known.accounts)
    fresh = counted.groupby(level=0).max() > known.date - pd.Timedelta(days=UNCOUNTED_DAYS)
    rows = []
    for account, row in known_accounts.iterrows():
        days, longest = int(since[account]), int(row["max"])
        if days < SILENT_DAYS:
            continue
        said = f"no upload for {days} days; its longest break in 26 weeks was {longest}"
        opens = days >= factor * longest and bool(fresh.get(account, default=False))
        rows.append(_account(known, str(account), opens=opens, value=days, text=said))
    return Judged(rows)


def not_counted(known: Known) -> Judged:
    """Judge accounts whose videos are no longer counted."""
    if known.partial:
        return Judged(not_judged=known.partial)
    last = known.last_counted.reindex(known.then["ad_id"]).set_axis(known.then.index)
    edge = known.date - pd.Timedelta(days=UNCOUNTED_DAYS)
    # a video of the last days may not have been counted yet
    counted_once = known.live & last.notna() & (known.then["uploaded_at"] <= edge)
    if not counted_once.any():
        return Judged(not_judged="no video was ever counted")
    missing = (last <= edge)[counted_once].groupby(known.accounts[counted_once]).agg(["mean", "sum", "size"])
    rows = []
    for account, row in missing[missing["mean"] > 0.25].iterrows():
        lost, of = full_number(row["sum"]), full_number(row["size"])
        said = f"{lost} of its {of} videos had no count for {UNCOUNTED_DAYS} days: is the account still tracked?"
        rows.append(_account(known, str(account), opens=bool(row["mean"] > 0.5), value=row["mean"], text=said))
    return Judged(rows)


def implausible(known: Known) -> Judged:
    """Judge whether the day's data can be what they seem."""
    if known.partial:
        return Judged(not_judged=known.partial)
    before = known.before
    if before is None or not len(before.past):
        return Judged(not_judged="there is no history of the day before")
    rows = []
    now, yesterday = _doubts(known), _doubts(before)
    for name in sorted(set(now) | set(yesterday)):
        value, said = now.get(name) or yesterday[name]
        rows.append({"subject": name, "state": _state(opens=name in now), "value": value, "text": said})
    return Judged(rows)


def _doubts(known: Known) -> dict[str, tuple[float, str]]:
    """Say what is wrong with a day: a figure and a sentence by name."""
    found = {}
    for check in (_blank, _fewer, _falls, _day_gain):
        found.update(check(known))
    return found


def _blank(known: Known) -> dict[str, tuple[float, str]]:
    found = {}
    size = max(1, known.size)
    for name, number, what in (
        ("masked", known.masked, "came without counts"),
        ("without history", known.unasked, "were counted and have no daily history"),
    ):
        if number is not None and number > MASKED_LIMIT * size and number >= FEW:
            said = f"{full_number(number)} of {full_number(size)} videos {what} ({percent(number / size)})"
            found[name] = (number / size, said)
    return found


def _fewer(known: Known) -> dict[str, tuple[float, str]]:
    """Compare the videos counted on a day with those of the day before."""
    owner = pd.Series(known.accounts.to_numpy(), index=known.then["ad_id"].to_numpy())
    owner = owner[known.live.to_numpy()]
    counted = owner.index.isin(known.today.index)
    eve = known.past["date"] == known.date - pd.Timedelta(days=1)
    before = owner.index.isin(known.past.loc[eve.to_numpy(), "ad_id"])
    by_account = pd.DataFrame({"now": counted, "before": before}).groupby(owner.to_numpy()).sum()
    gone = by_account["now"] < 0.5 * by_account["before"]
    if gone.sum() < 0.5 * (by_account["before"] > 0).sum():
        by_account = by_account[~gone]
    now, then = int(by_account["now"].sum()), int(by_account["before"].sum())
    if now >= COUNTED_LIMIT * then or then - now < FEW:
        return {}
    said = (
        f"{full_number(now)} videos were counted, {full_number(then)} the day before ({percent(now / then - 1)}): "
        "totals of the day are too low"
    )
    return {"fewer counts": (now / then, said)}


def _falls(known: Known) -> dict[str, tuple[float, str]]:
    rows = known.today
    lost = fell(rows)
    found = {}
    was = rows["views_raw"].to_numpy(dtype=float) + lost
    deep = np.flatnonzero((lost > FALL * was) & (was >= FALL_VIEWS))
    if len(deep):
        worst = deep[np.argmax(lost[deep])]
        name = known.named([str(rows.index[worst])]).iloc[0]
        more = "" if len(deep) == 1 else f", and {full_number(len(deep) - 1)} more fell by over {percent(FALL)}"
        said = (
            f"a video of {_handle(name['username'])} fell from {full_number(was[worst])} to "
            f"{full_number(was[worst] - lost[worst])} views in a day{more}"
        )
        found["deep fall"] = (-lost[worst] / was[worst], said)
    many = int((lost > 0).sum())
    if many > FALLS_LIMIT * len(rows) and many >= FEW:
        said = f"the counts of {full_number(many)} of {full_number(len(rows))} videos fell on this day"
        found["many falls"] = (many / len(rows), said)
    return found


def _day_gain(known: Known) -> dict[str, tuple[float, str]]:
    """Compare what all videos gained on a day with the 28 days before, with and without the video that moved most."""
    recent = known.past[((known.date - known.past["date"]).dt.days <= MEDIAN_DAYS).to_numpy()]
    measured = recent[(recent["obs"] == "observed").to_numpy() & recent["gain"].notna().to_numpy()]
    gains = measured["gain"].to_numpy(dtype=float)
    days = measured["date"].to_numpy()
    by_day = pd.Series(gains).groupby(days).sum()
    today = days == known.date.to_datetime64()
    usual = by_day[by_day.index < known.date]
    if len(usual) < MIN_DAYS or not today.any() or usual.median() <= 0:
        return {}
    median, total = float(usual.median()), float(gains[today].sum())
    extreme = gains[today].max() if total > median else min(0.0, gains[today].min())
    for ratio, rest in ((total / median, (total - extreme) / median),):
        if LOW_DAY <= ratio <= HIGH_DAY or LOW_DAY <= rest <= HIGH_DAY:
            return {}
        said = (
            f"the day’s gain of {short_number(total)} views is {multiple(ratio)} its median of {len(usual)} days, and "
            "no single video explains it"
        )
        return {"day's gain": (ratio, said)}
    return {}


def revived(known: Known) -> Judged:
    """Judge older videos that gained speed again."""
    recent = known.past[(known.past["date"] > known.date - pd.Timedelta(days=REVIVAL_ROWS)).to_numpy()]
    series = knots(recent)
    again, ratio = revival(compare_weeks(series, recent), videos=known.then)
    judged = pd.Series(again, index=series.ids)
    if not judged.notna().any():
        return Judged(not_judged="no video has five weeks of counts day by day")
    late = known.last_counted.reindex(series.ids) < known.date - pd.Timedelta(days=LATE)
    up = judged.fillna(value=False).to_numpy(dtype=bool) & ~late.to_numpy(dtype=bool)
    ids, ratios = series.ids[up], ratio[up]
    views = known.then.drop_duplicates("ad_id").set_index("ad_id")["latest_views"].reindex(ids)
    ages = known.then.drop_duplicates("ad_id").set_index("ad_id")["age_days"].reindex(ids)
    rows = []
    for ad_id, value, name in zip(ids, ratios, known.named(ids).itertuples(index=False), strict=True):
        said = f"gained {multiple(value)} its usual week of views, {full_number(ages[ad_id])} days after its upload"
        row = _video(ad_id, name, age=ages[ad_id], views=views[ad_id], opens=True)
        rows.append({**row, "value": value, "text": said})
    return Judged(rows)


RULES: Mapping[str, Callable[..., Judged]] = {
    "took_off": took_off,
    "stalled": stalled,
    "silent": silent,
    "not_counted": not_counted,
    "implausible": implausible,
    "revived": revived,
}
"""In the order in which a message tells them."""


def _state(*, opens: bool) -> str:
    return "opens" if opens else "lasts"


def _handle(username: Any) -> str:
    return f"@{username}" if isinstance(username, str) and username else "its account"


def _video(ad_id: Any, name: Any, *, age: Any, views: Any, opens: bool) -> dict[str, Any]:
    return {
        "subject": str(ad_id),
        "state": _state(opens=opens),
        "title": name.title,
        "username": name.username,
        "platform": name.platform,
        "ad_link": name.ad_link,
        "age_days": age,
        "views": views,
    }


def _account(known: Known, account: str, *, opens: bool, value: float, text: str) -> dict[str, Any]:
    name, platform = known.usernames.get(account, (None, None))
    about = {"username": name, "platform": platform, "value": value, "text": text}
    return {"subject": account, "state": _state(opens=opens), **about}
