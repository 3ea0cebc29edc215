"""Write data/demo: an invented organisation, its history, and the truth that the analyses should find in it.

    python data/generate_demo.py [FOLDER]

Views of a video at age h days = level of its account × drift × label effects × its own luck × S(h) ÷ S(30), where S grows
at a pace of the account; every day's gain then carries gamma and Poisson noise. The week before the frozen moment is tuned
to tell a story (`_tell_story`). Everything comes from one seed: the same libraries write the same bytes again.

Pitfall: levels are views at an age of 30 days, so a median of `latest_views` over all ages lies a little beside them.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shortimize_analytics.schema import HISTORY, VIDEOS, conform

SEED = 20261126
AS_OF = "2026-11-23T06:10:00Z"
FIRST, LAST = np.datetime64("2026-05-25"), np.datetime64("2026-11-22")
DAYS = int((LAST - FIRST).astype(int)) + 1
WEEK = DAYS - 7
"""First day of the most recent week; days are counted from FIRST."""
OBSERVED_FROM = int((np.datetime64("2026-08-25") - FIRST).astype(int))
"""The vendor interpolates what lies more than 90 days back."""
FADE, GROWTH = 0.90, 1.12
"""This week without its hit, and with it, against the week before."""
HERE = Path(__file__).resolve().parent
COUNTS = ("views", "likes", "comments", "shares", "bookmarks")
RATES = {"likes": 0.045, "comments": 0.004, "shares": 0.007, "bookmarks": 0.009}
UNKNOWN = {
    "youtube": ("shares", "bookmarks"),
    "instagram": ("bookmarks",),
    "facebook": ("bookmarks",),
    "snapchat": ("bookmarks",),
}
ALPHABET = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))


class Account(NamedTuple):
    """One account: `level` in views at 30 days, `pace` in days, `tail` = weight of the slow part of its growth."""

    handle: str
    platform: str
    level: int
    weight: float
    pace: float
    tail: float
    seconds: float
    languages: str


ACCOUNTS = (
    Account("paper.comet", "tiktok", 2_000_000, 0.6, 1.5, 0.10, 21, "en"),
    Account("quartz-and-quill", "youtube", 900_000, 0.8, 5.0, 0.45, 60, "en hi"),
    Account("hook.lab", "tiktok", 420_000, 1.3, 1.2, 0.12, 14, "en es"),
    Account("slow.kettle", "instagram", 180_000, 1.2, 2.0, 0.15, 28, "en th"),
    Account("brisk_orbit", "youtube", 120_000, 1.1, 6.0, 0.50, 60, "en ko"),
    Account("late.lumen", "snapchat", 80_000, 0.9, 0.8, 0.05, 11, "en"),
    Account("noodle.theory.lab", "tiktok", 60_000, 1.3, 1.0, 0.08, 18, "zh en"),
    Account("harbourbakes", "facebook", 45_000, 0.8, 3.0, 0.25, 42, "en ru"),
    Account("mossandthread", "instagram", 30_000, 1.0, 2.5, 0.20, 33, "en es"),
    Account("yonaka-ramen", "youtube", 22_000, 0.9, 4.0, 0.40, 60, "ja"),
    Account("tiny.gearbox", "tiktok", 12_000, 1.2, 1.8, 0.15, 24, "ko en"),
    Account("atelier.nuvem", "instagram", 8_000, 1.0, 2.2, 0.10, 30, "es ar"),
    Account("uncle.ferro", "facebook", 5_000, 0.8, 3.5, 0.30, 50, "ru he"),
    Account("pixelpastry", "snapchat", 3_000, 0.9, 0.7, 0.05, 9, "en ar"),
    Account("one.take.only", "tiktok", 15_000, 0.0, 1.5, 0.10, 17, "en"),
)
INDEX = {account.handle: number for number, account in enumerate(ACCOUNTS)}
STALE, STALE_DAY = INDEX["harbourbakes"], DAYS - 11
LATE, LATE_DAY = INDEX["mossandthread"], int((np.datetime64("2026-09-20") - FIRST).astype(int))
SINGLE = INDEX["one.take.only"]
RENAMED, OLD_HANDLE, RENAME_DAY = INDEX["noodle.theory.lab"], "noodle.theory", "2026-09-07"


class Label(NamedTuple):
    """One collection: a within-account multiplier on views, given to `share` of the videos of `accounts`."""

    key: str
    name: str
    multiplier: float
    share: float
    accounts: tuple[int, ...]


LABELS = (
    Label("hooks-v2", "Hooks v2", 1.5, 0.35, (0, 2, 3, 4, 5, 6, 9, 10, 11, 13)),
    Label("talking-head", "Talking head", 0.65, 0.30, (1, 2, 3, 4, 6, 7, 8, 10, 12)),
    Label("step-by-step", "Tutorial, step by step", 1.0, 0.25, tuple(range(14))),
    Label("behind", "Behind the scenes 🎬", 1.0, 0.15, (0, 2, 3, 6, 8, 9, 10, 12)),
    Label("flagship", "Flagship", 1.0, 0.60, (0, 1, 2, 3)),
    Label("campaign-spring", "Campaign", 1.0, 0.20, (1, 3, 5, 7, 9, 11)),
    Label("campaign-autumn", "Campaign", 1.0, 0.20, (0, 2, 4, 6, 8, 10, 12)),
    Label("japanese", "夜のシリーズ", 1.0, 0.50, (9,)),
    Label("ideas", "Ideas (nothing in it yet)", 1.0, 0.0, ()),
)


def _uuid(*parts: object) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(["demo.shortimize.invalid", *map(str, parts)])))


@dataclass(slots=True)
class Demo:
    """The organisation while it is made: one row of `plan` and of each matrix (videos × days) per video."""

    rng: np.random.Generator
    plan: pd.DataFrame
    roles: dict[str, list[int]] = field(default_factory=dict)
    counts: dict[str, np.ndarray] = field(default_factory=dict)
    corrections: list[tuple[int, int, int]] = field(default_factory=list)
    gaps: list[tuple[int, int, int]] = field(default_factory=list)

    def pick(
        self, role: str, number: int, ages: tuple[int, int], *, accounts: Iterable[int] | None = None
    ) -> list[int]:
        """Give a role to videos of an age (days) that play no other part."""
        busy = {video for videos in self.roles.values() for video in videos}
        age = DAYS - 1 - self.plan["day"]
        allowed = set(range(14)) - {STALE, LATE} if accounts is None else set(accounts)
        free = age.between(*ages) & self.plan["account"].isin(allowed) & ~self.plan.index.isin(busy)
        chosen = self.rng.choice(np.flatnonzero(free), number, replace=False).tolist()
        self.roles.setdefault(role, []).extend(chosen)
        return chosen

    def named(self, role: str) -> list[str]:
        """Return the ids of the videos of a role."""
        return self.plan["ad_id"].iloc[self.roles[role]].tolist()


def _on(*platforms: str) -> list[int]:
    return [i for i, a in enumerate(ACCOUNTS) if a.platform in platforms and i not in {STALE, LATE, SINGLE}]


def _plan(rng: np.random.Generator) -> pd.DataFrame:
    """Decide who uploads when: 22 to 28 videos a week."""
    weekly = np.r_[rng.integers(22, 27, DAYS // 7 - 2), 24, 28]
    weekday = rng.choice(7, weekly.sum(), p=(0.17, 0.16, 0.16, 0.16, 0.15, 0.10, 0.10))
    weekday[-28:] = np.repeat(np.arange(7), 4)
    day = np.sort(np.repeat(np.arange(DAYS // 7), weekly) * 7 + weekday)
    weight = np.array([account.weight for account in ACCOUNTS])
    account = rng.choice(len(ACCOUNTS), len(day), p=weight / weight.sum())
    account[(account == STALE) & (day > STALE_DAY - 3)] = INDEX["hook.lab"]
    account[np.flatnonzero(day == WEEK + 1)[0]] = INDEX["slow.kettle"]  # the hit of the week
    account[np.flatnonzero(day >= 95)[0]] = SINGLE
    plan = pd.DataFrame({"day": day, "account": account, "hour": rng.uniform(0.25, 0.95, len(day))})
    lag = rng.choice(4, len(plan), p=(0.5, 0.28, 0.14, 0.08))
    plan["start"] = np.minimum(plan["day"] + lag, DAYS - 1)
    plan.loc[plan["account"] == LATE, "start"] = np.maximum(plan["start"], LATE_DAY)
    plan["end"] = np.where(plan["account"] == STALE, STALE_DAY, DAYS - 1)
    plan["ad_id"] = [_uuid("video", number) for number in range(len(plan))]
    return plan


def _cast(demo: Demo) -> None:
    """Give out the parts: what happens to which video."""
    plan = demo.plan
    demo.roles["hit"] = [int(np.flatnonzero((plan["day"] == WEEK + 1) & (plan["account"] == INDEX["slow.kettle"]))[0])]
    demo.roles["single"] = np.flatnonzero(plan["account"] == SINGLE).tolist()
    demo.pick("never_measured", 1, (0, 0))
    for ages in ((2, 3), (4, 5), (6, 8), (9, 12), (14, 18), (21, 28), (30, 45), (50, 70), (75, 100), (105, 140)):
        demo.pick("outliers", 1 if ages[0] < 20 else 2, ages, accounts=set(range(1, 14)) - {STALE, LATE})
    demo.pick("revived", 2, (70, 130), accounts=(3, 4, 6))
    demo.pick("dead", 5, (70, 160))
    demo.pick("corrected", 8, (25, 85))
    demo.pick("gapped", 8, (45, 120))
    for role, number, ages, accounts in (
        ("removed", 3, (30, 100), None),
        ("private", 1, (40, 90), None),
        ("vanished", 1, (20, 60), None),
        ("masked", 2, (20, 120), None),
        ("hidden_stats", 2, (10, 90), _on("instagram")),
        ("not_safe", 2, (20, 120), None),
        ("shop", 4, (10, 120), _on("tiktok")),
        ("no_upload_date", 1, (30, 60), None),
        ("label_names_missing", 5, (10, 120), None),
        ("ads", 2, (10, 60), None),
        ("photos", 7, (8, 150), _on("tiktok", "instagram")),
        ("youtube_special", 1, (9, 40), _on("youtube")),
        ("null_title", 1, (10, 90), None),
        ("empty_title", 1, (10, 90), None),
        ("long_title", 1, (10, 90), None),
        ("special", 12, (3, 140), None),
    ):
        demo.pick(role, number, ages, accounts=accounts)
    demo.pick("collab", 1, (9, 12), accounts=[INDEX["hook.lab"]])
    demo.pick("collab", 1, (60, 90), accounts=[INDEX["slow.kettle"]])
    for role, ends in (("removed", (4, 24, 60)), ("private", (13,)), ("vanished", (3,))):
        plan.loc[demo.roles[role], "end"] = DAYS - 1 - np.minimum(ends, DAYS - 2 - plan["start"].iloc[demo.roles[role]])
    plan.loc[demo.roles["never_measured"], "end"] = -1


def _labels(demo: Demo) -> np.ndarray:
    """Return which video carries which label (videos × labels)."""
    account = demo.plan["account"].to_numpy()
    member = np.column_stack([np.isin(account, label.accounts) for label in LABELS])
    member &= demo.rng.random(member.shape) < np.array([label.share for label in LABELS])
    keys = [label.key for label in LABELS]
    october = int((np.datetime64("2026-09-01") - FIRST).astype(int))
    member[demo.plan["day"] >= october, keys.index("campaign-spring")] = False
    member[demo.plan["day"] < october, keys.index("campaign-autumn")] = False
    effective = [label.multiplier != 1 for label in LABELS]
    member[np.ix_(demo.roles["outliers"] + demo.roles["hit"], effective)] = False
    member[demo.roles["collab"]] = False
    member[demo.roles["label_names_missing"], keys.index("step-by-step")] = True
    return member


def _growth(age: np.ndarray, pace: np.ndarray, tail: np.ndarray) -> np.ndarray:
    """S: share of the level, fast part plus slow tail, at an age in days; 0 before the upload."""
    age = np.clip(age, 0, None)
    return (1 - tail) * (1 - np.exp(-((age / pace) ** 0.75))) + tail * np.log1p(age / 10) / np.log(4)


def _multipliers(demo: Demo, member: np.ndarray) -> None:
    """Draw what makes videos differ within an account: luck (`luck`, planted ones included), drift and labels."""
    rng, plan = demo.rng, demo.plan
    luck = 0.45 * rng.standard_normal(len(plan)) + 0.45 * (rng.standard_exponential(len(plan)) - np.log(2))
    luck += np.where(rng.random(len(plan)) < 0.03, rng.uniform(1, 1.6, len(plan)), 0)
    plan["luck"] = np.exp(np.clip(luck, np.log(0.08), np.log(7)))
    planted = demo.roles["outliers"]
    plan.loc[planted, "luck"] = np.round(8.5 * np.exp(rng.exponential(0.45, len(planted))), 2)
    phase, swing = rng.uniform(0, 2 * np.pi, len(ACCOUNTS)), rng.uniform(0.1, 0.35, len(ACCOUNTS))
    who = plan["account"].to_numpy()
    plan["drift"] = np.exp(swing[who] * np.sin(2 * np.pi * plan["day"] / 160 + phase[who]))
    plan["label_effect"] = np.prod(np.where(member, [label.multiplier for label in LABELS], 1.0), axis=1)


def _gains(demo: Demo) -> np.ndarray:
    """Draw the views gained per day (videos × days), before the story of the last week."""
    plan, rng = demo.plan, demo.rng
    who = plan["account"].to_numpy()
    level, pace, tail = (np.array([a[i] for a in ACCOUNTS], dtype=float)[who, None] for i in (2, 4, 5))
    pace = pace * np.exp(0.2 * rng.standard_normal(pace.shape))
    age = np.arange(DAYS + 1)[None, :] - (plan["day"] + plan["hour"]).to_numpy()[:, None]
    share = np.diff(_growth(age, pace, tail), axis=1) / _growth(np.full_like(pace, 30), pace, tail)
    scale = level * plan[["luck", "drift", "label_effect"]].prod(axis=1).to_numpy()[:, None]
    gains = rng.poisson(scale * share * rng.gamma(7, 1 / 7, share.shape))
    for row in demo.roles["dead"]:
        gains[row, DAYS - 1 - int(rng.integers(35, 60)) :] = 0
    for row in demo.roles["revived"]:
        mates = (who == who[row]) & (plan["day"] < WEEK)
        usual = max(gains[row, WEEK - 28 : WEEK].sum() / 4, np.median(gains[mates, WEEK:].sum(axis=1)), 2_000)
        gains[row, WEEK:] = np.round(7 * usual * np.array([0.05, 0.1, 0.2, 0.25, 0.18, 0.12, 0.1]))
    return gains


def _tell_story(demo: Demo, gains: np.ndarray) -> dict[str, Any]:
    """Tune the last week: the catalogue fades, and one new hit lifts the week above the one before."""
    plan = demo.plan
    hit = demo.roles["hit"][0]
    seen = ((plan["end"] == DAYS - 1) & (plan.index != hit)).to_numpy()
    before, now = gains[seen, WEEK - 7 : WEEK].sum(), gains[seen, WEEK:].sum()
    old = np.flatnonzero(seen & (plan["day"] < WEEK) & ~plan.index.isin(demo.roles["revived"]))
    catalogue = gains[old, WEEK:].sum()
    factor = (FADE * before - (now - catalogue)) / catalogue
    gains[old, WEEK:] = np.round(gains[old, WEEK:] * factor)
    shape = np.array([0, 0.08, 0.22, 0.27, 0.2, 0.13, 0.1])
    gains[hit, WEEK:] = np.round(shape * (GROWTH - FADE) * before)
    return {"catalogue_factor": round(float(factor), 4), "without_hit": FADE, "with_hit": GROWTH}


def _counts(demo: Demo, gains: np.ndarray) -> None:
    """Turn gains into totals of every metric, with corrections, and smooth what the vendor interpolates."""
    rng, plan = demo.rng, demo.plan
    parts = {"views": gains}
    for metric, rate in RATES.items():
        own = np.clip(rate * np.exp(0.45 * rng.standard_normal(len(plan))), 0, 0.4)
        parts[metric] = rng.binomial(gains, own[:, None])
    demo.counts = {metric: part.cumsum(axis=1) for metric, part in parts.items()}
    for number, row in enumerate(demo.roles["corrected"]):
        day = DAYS - 2 - number if number < 3 else int(rng.integers(OBSERVED_FROM + 20, WEEK))
        day = max(day, int(plan["start"].iloc[row]) + 10)
        fraction = rng.uniform(0.01, 0.05)
        for metric in ("views", "likes"):
            total = demo.counts[metric][row]
            size = max(1, round(fraction * total[day - 1]))
            total[day:] -= total[day] - total[day - 1] + size
            if metric == "views":
                demo.corrections.append((row, day, int(size)))
    phase = rng.integers(0, 7, len(plan))[:, None]
    start = np.minimum(plan["start"].to_numpy()[:, None], OBSERVED_FROM)
    days = np.arange(OBSERVED_FROM)[None, :]
    low = days - (days - phase) % 7
    high = np.minimum(low + 7, OBSERVED_FROM)
    low = np.minimum(np.maximum(low, start), days)
    for total in demo.counts.values():
        at_low, at_high = np.take_along_axis(total, low, 1), np.take_along_axis(total, high, 1)
        total[:, :OBSERVED_FROM] = np.round(at_low + (at_high - at_low) * (days - low) / (high - low))


def _seen(demo: Demo) -> np.ndarray:
    """Return on which days each video has a history row."""
    days = np.arange(DAYS)[None, :]
    seen = (days >= demo.plan[["start"]].to_numpy()) & (days <= demo.plan[["end"]].to_numpy())
    for number, row in enumerate(demo.roles["gapped"]):
        length = int(demo.rng.integers(3, 9))
        first = WEEK - 3 if number == 0 else int(demo.rng.integers(OBSERVED_FROM + 5, WEEK - 12))
        first = max(first, int(demo.plan["start"].iloc[row]) + 4)
        demo.gaps.append((row, first, first + length - 1))
        seen[row, first : first + length] = False
    return seen


def _history(demo: Demo, seen: np.ndarray) -> pd.DataFrame:
    row, day = np.nonzero(seen)
    platform = np.array([a.platform for a in ACCOUNTS])[demo.plan["account"].to_numpy()[row]]
    frame = pd.DataFrame({"ad_id": demo.plan["ad_id"].to_numpy()[row], "date": FIRST + day})
    for metric in COUNTS:
        frame[metric] = pd.array(demo.counts[metric][row, day], dtype="Int64")
        missing = np.isin(platform, [name for name, metrics in UNKNOWN.items() if metric in metrics])
        missing |= (metric != "views") & np.isin(row, demo.roles["hidden_stats"])
        frame.loc[missing, metric] = pd.NA
    total = frame[list(COUNTS[1:])].fillna(0).sum(axis=1)
    frame["engagements"] = total.where(frame["likes"].notna(), pd.NA).astype("Int64")
    return frame


def _titles(demo: Demo) -> list[str | None]:
    rng, plan = demo.rng, demo.plan
    texts = json.loads((HERE / "demo_captions.json").read_text(encoding="utf-8"))
    english = texts["en"]
    titles: list[str | None] = []
    for who in plan["account"]:
        language = str(rng.choice(ACCOUNTS[who].languages.split()))
        hook, subject, tail = (str(rng.choice(english[part])) for part in ("hooks", "subjects", "tails"))
        titles.append(f"{hook} {subject}{tail}" if language == "en" else str(rng.choice(texts[language])) + tail)
    sentence = "A caption that somebody pasted from the whole script of the video, word by word 🧵. "
    given: list[tuple[str, list[str | None]]] = [
        ("hit", [texts["hit"]]),
        ("special", texts["special"]),
        ("youtube_special", [texts["youtube_special"]]),
        ("null_title", [None]),
        ("empty_title", [""]),
        ("long_title", [(sentence * 30)[:2000]]),
    ]
    for role, values in given:
        for row, value in zip(demo.roles[role], values, strict=True):
            titles[row] = value
    return titles


def _link(account: Account, number: int, code: str, *, photo: bool) -> str:
    match account.platform:
        case "tiktok":
            return f"https://www.tiktok.com/@{account.handle}/{'photo' if photo else 'video'}/{number}"
        case "instagram":
            return f"https://www.instagram.com/{'p' if photo else 'reel'}/{code}/"
        case "youtube":
            return f"https://www.youtube.com/shorts/{code}"
        case "facebook":
            return f"https://www.facebook.com/reel/{number % 10**16}"
        case _:
            return f"https://www.snapchat.com/@{account.handle}/spotlight/W7_{code}"


def _links(demo: Demo) -> list[str]:
    plan, links = demo.plan, []
    upload = (FIRST + plan["day"].to_numpy()).astype("datetime64[s]").astype(np.int64) + (plan["hour"] * 86400).astype(
        int
    )
    random = demo.rng.integers(0, 2**32, len(plan), dtype=np.int64)
    codes = demo.rng.choice(ALPHABET, (len(plan), 11))
    for row, who in enumerate(plan["account"]):
        account = ACCOUNTS[who]
        if who == RENAMED and FIRST + plan["day"].iloc[row] < np.datetime64(RENAME_DAY):
            account = account._replace(handle=OLD_HANDLE)
        number = (int(upload.iloc[row]) << 32) + int(random[row])
        links.append(_link(account, number, "".join(codes[row]), photo=row in demo.roles["photos"]))
    return links


def _instants(demo: Demo) -> tuple[pd.Series, pd.Series]:
    """Return created_at and latest_updated_at."""
    plan, rng = demo.plan, demo.rng
    hour = np.where(
        plan["start"] == plan["day"],
        plan["hour"] + (0.99 - plan["hour"]) * rng.random(len(plan)),
        rng.random(len(plan)),
    )
    created = pd.Series(pd.Timestamp(FIRST, tz="UTC") + pd.to_timedelta(plan["start"] + hour, unit="D"))
    night = rng.uniform(0.002, 0.248, len(plan)) + 1
    evening = rng.uniform(0.99, 0.999, len(plan))
    clock = np.where(plan["end"] == DAYS - 1, night, evening)
    updated = pd.Series(pd.Timestamp(FIRST, tz="UTC") + pd.to_timedelta(plan["end"] + clock, unit="D"))
    created[demo.roles["never_measured"]] = pd.Timestamp("2026-11-23T05:58:12Z")
    updated[demo.roles["never_measured"]] = pd.NaT
    return created.dt.floor("ms"), updated.dt.floor("ms")


def _increases(demo: Demo, videos: pd.DataFrame) -> None:
    """Add increase_*: 0 where the vendor would not have computed it yet."""
    plan = demo.plan
    end = plan["end"].clip(lower=0).to_numpy()
    rows = np.arange(len(plan))
    for days in (1, 7, 14, 30):
        then = demo.counts["views"][rows, np.maximum(end - days, 0)]
        known = (end - days >= plan["start"]) & (then > 0) & (plan["day"] < DAYS - 2)
        growth = 100 * (demo.counts["views"][rows, end] / np.where(known, then, 1) - 1)
        figure = pd.Series(np.where(known, growth, 0).round(2), dtype="Float64")
        videos[f"increase_{days}d"] = figure.mask(videos["latest_views"].isna())


def _videos(demo: Demo, member: np.ndarray, history: pd.DataFrame) -> pd.DataFrame:
    plan, rng = demo.plan, demo.rng
    accounts = pd.DataFrame(ACCOUNTS).iloc[plan["account"]].reset_index(drop=True)
    videos = pd.DataFrame({"ad_id": plan["ad_id"], "username": accounts["handle"], "platform": accounts["platform"]})
    videos["organisation_id"] = _uuid("organisation")
    videos["linked_account_id"] = [_uuid("account", ACCOUNTS[who].handle) for who in plan["account"]]
    videos["ad_link"], videos["title"] = _links(demo), _titles(demo)
    videos["created_at"], videos["latest_updated_at"] = _instants(demo)
    videos["uploaded_at"] = pd.Series(FIRST + plan["day"].to_numpy())
    length = np.clip(np.round(accounts["seconds"] * np.exp(0.35 * rng.standard_normal(len(plan)))), 4, 170)
    videos["video_length"] = length.mask(accounts["platform"] == "youtube", 60)
    sound = accounts["platform"].isin(["tiktok", "instagram"])
    videos["song_name"] = ("original sound - " + accounts["handle"]).where(sound)
    videos["song_link"] = pd.Series([f"https://music.example.com/obj/{i[:8]}.mp3" for i in plan["ad_id"]]).where(sound)
    for flag, role in (("ad_info_shop", "shop"), ("ad_is_ad", "ads")) + tuple(
        (name,) * 2 for name in ("removed", "private", "hidden_stats", "not_safe")
    ):
        videos[flag] = plan.index.isin(demo.roles[role])
    videos["ad_product_id_shop"] = None
    for row in demo.roles["shop"][:3]:
        videos.loc[row, "ad_product_id_shop"] = str(1729_000_000_000_000_000 + int(rng.integers(10**12)))
    videos["label_ids"] = [[_uuid("label", LABELS[k].key) for k in np.flatnonzero(row)] for row in member]
    videos["label_names"] = [[LABELS[k].name for k in np.flatnonzero(row)] for row in member]
    videos.loc[demo.roles["photos"], "video_length"] = 0
    videos.loc[demo.roles["no_upload_date"], "uploaded_at"] = pd.NaT
    last = history.groupby("ad_id").last().reindex(plan["ad_id"]).reset_index()
    for metric in COUNTS:
        videos[f"latest_{metric}"] = last[metric]
    videos["latest_engagement"] = last["engagements"]
    videos["outlier_multiplier"] = 0.0
    _increases(demo, videos)
    return conform(videos, VIDEOS)


def _second_accounts(demo: Demo, videos: pd.DataFrame, history: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Repeat each collaboration under its second account, then compare all videos with their accounts."""
    copies = videos.iloc[demo.roles["collab"]].copy()
    ids = {ad_id: _uuid("collab", ad_id) for ad_id in copies["ad_id"]}
    handles = ["noodle.theory.lab", "atelier.nuvem"]
    copies["username"], copies["linked_account_id"] = handles, [_uuid("account", handle) for handle in handles]
    copies["ad_id"] = copies["ad_id"].map(ids)
    days = history[history["ad_id"].isin(ids)].assign(ad_id=lambda rows: rows["ad_id"].map(ids))
    videos = pd.concat([videos, copies], ignore_index=True)
    views = videos["latest_views"].astype("Float64")
    multiplier = (views / views.groupby(videos["linked_account_id"]).transform("median")).round(2)
    fresh = videos["uploaded_at"] >= pd.Timestamp(LAST) - pd.Timedelta(days=1)
    videos["outlier_multiplier"] = multiplier.mask(fresh & views.notna(), 0)
    return conform(videos, VIDEOS), pd.concat([history, days], ignore_index=True)


def _day(number: int) -> str:
    return str(FIRST + number)


def _truth(demo: Demo, story: dict[str, Any]) -> dict[str, Any]:
    """Everything that was planted, for judging what analyses find."""
    plan, ids = demo.plan, demo.plan["ad_id"]
    planted = demo.roles["outliers"]
    listed = (
        "revived",
        "dead",
        "removed",
        "private",
        "vanished",
        "masked",
        "hidden_stats",
        "not_safe",
        "shop",
        "photos",
    )
    single = ("hit", "single", "never_measured", "no_upload_date")
    return {
        "as_of": AS_OF,
        "last_day": str(LAST),
        "observed_from": _day(OBSERVED_FROM),
        "seed": SEED,
        "story": story,
        "accounts": [
            {
                "linked_account_id": _uuid("account", a.handle),
                "username": a.handle,
                "platform": a.platform,
                "level_views_at_30_days": a.level,
                "pace_days": a.pace,
                "slow_share": a.tail,
            }
            for a in ACCOUNTS
        ],
        "labels": [
            {
                "id": _uuid("label", lab.key),
                "name": lab.name,
                "multiplier": lab.multiplier,
                "only_big_accounts": lab.key == "flagship",
            }
            for lab in LABELS
        ],
        "effects": {"video_length": "none", "weekday": "none"},
        "outliers": [
            {"ad_id": ids[i], "multiplier": plan["luck"][i], "age_days": DAYS - 1 - plan["day"][i]} for i in planted
        ],
        "multipliers": {
            ids[i]: round(plan["luck"][i], 3) for i in plan.index if i not in demo.roles["hit"] + demo.roles["revived"]
        },
        "corrections": [{"ad_id": ids[i], "date": _day(day), "size": size} for i, day, size in demo.corrections],
        "gaps": [{"ad_id": ids[i], "first": _day(first), "last": _day(last)} for i, first, last in demo.gaps],
        "collabs": [[ad_id, _uuid("collab", ad_id)] for ad_id in demo.named("collab")],
        "renamed": {
            "linked_account_id": _uuid("account", ACCOUNTS[RENAMED].handle),
            "old": OLD_HANDLE,
            "new": ACCOUNTS[RENAMED].handle,
            "date": RENAME_DAY,
        },
        "stale_account": {"linked_account_id": _uuid("account", ACCOUNTS[STALE].handle), "last_day": _day(STALE_DAY)},
        "late_account": {"linked_account_id": _uuid("account", ACCOUNTS[LATE].handle), "first_day": _day(LATE_DAY)},
        **{role: demo.named(role) for role in listed},
        **{role: demo.named(role)[0] for role in single},
    }


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, default=lambda number: number.item())
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_parquet(path: Path, frame: pd.DataFrame, *, delta: tuple[str, ...]) -> None:
    # plain lists, because pandas cannot read its own metadata of list columns back
    plain = frame.assign(**{name: frame[name].astype(object) for name in frame if name in ("label_ids", "label_names")})
    table = pa.Table.from_pandas(plain, preserve_index=False)
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        column_encoding=dict.fromkeys(delta, "DELTA_BINARY_PACKED"),
        use_dictionary=[name for name in table.column_names if name not in delta],
    )


def generate(folder: Path) -> None:
    """Write the demo's data files into a folder (README.md is written by hand)."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    demo = Demo(rng, _plan(rng))
    _cast(demo)
    member = _labels(demo)
    _multipliers(demo, member)
    gains = _gains(demo)
    story = _tell_story(demo, gains)
    _counts(demo, gains)
    history = _history(demo, _seen(demo))
    videos, history = _second_accounts(demo, _videos(demo, member, history), history)
    columns = [name for name in HISTORY.names if name != "fetched_at"]
    history = conform(history.assign(fetched_at=pd.Timestamp(AS_OF)), HISTORY)[columns]
    _write_parquet(folder / "videos.parquet", videos, delta=())
    _write_parquet(folder / "history.parquet", history, delta=tuple(columns[1:]))
    _write_json(folder / "collections.json", [{"id": _uuid("label", lab.key), "name": lab.name} for lab in LABELS])
    _write_json(
        folder / "quirks.json", {role: demo.named(role) for role in ("masked", "vanished", "label_names_missing")}
    )
    _write_json(folder / "truth.json", _truth(demo, story))


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "demo")
