"""Simulate the demo organisation: who uploads what, which video plays which part, and every count on every day.

Views of a video at age h days = level of its account × drift × label effects × its own luck × S(h) ÷ S(30), where S
grows at the pace of the account; every day's gain then carries gamma and Poisson noise. The week before the frozen
moment is tuned to tell a story (`_tell_story`). Everything comes from one seed. What is data rather than code:
accounts, labels, parts and captions, stands in demo_plan.json.

Pitfall: levels are views at an age of 30 days, so a median of `latest_views` over all ages lies a little beside them.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pandas as pd

SEED = 20261257
AS_OF = "2026-11-23T06:10:00Z"
FIRST, LAST = np.datetime64("2026-05-25"), np.datetime64("2026-11-22")
DAYS = int((LAST - FIRST).astype(int)) + 1
WEEK = DAYS - 7
"""First day of the most recent week; days are counted from FIRST."""
OBSERVED_FROM = int((np.datetime64("2026-08-25") - FIRST).astype(int))
"""The vendor interpolates what lies more than 90 days back."""
FADE, GROWTH = 0.90, 1.12
"""This week without its hit, and with it, against the week before."""
COUNTS = ("views", "likes", "comments", "shares", "bookmarks")
RATES = {"likes": 0.045, "comments": 0.004, "shares": 0.007, "bookmarks": 0.009}


def stable_uuid(*parts: object) -> str:
    """Return the UUID that names a thing of the demo, the same on every run."""
    return str(uuid5(NAMESPACE_URL, "/".join(["demo.shortimize.invalid", *map(str, parts)])))


PLAN = json.loads(Path(__file__).with_name("demo_plan.json").read_text(encoding="utf-8"))
"""Accounts (`level` in views at 30 days, `pace` in days, `tail` = weight of the slow part of their growth), labels
(`multiplier` on views within an account, `share` of its videos), parts for videos of some age (days), and captions."""
ACCOUNTS = pd.DataFrame(PLAN["accounts"])
ACCOUNTS["linked_account_id"] = [stable_uuid("account", handle) for handle in ACCOUNTS["handle"]]
LABELS = pd.DataFrame(PLAN["labels"])
LABELS["id"] = [stable_uuid("label", key) for key in LABELS["key"]]
INDEX = {handle: number for number, handle in enumerate(ACCOUNTS["handle"])}
STALE, STALE_DAY = INDEX["harbourbakes"], DAYS - 11
LATE, LATE_DAY = INDEX["mossandthread"], int((np.datetime64("2026-09-20") - FIRST).astype(int))
SINGLE = INDEX["one.take.only"]
RENAMED, OLD_HANDLE, RENAME_DAY = INDEX["noodle.theory.lab"], "noodle.theory", np.datetime64("2026-09-07")


@dataclass(slots=True)
class Demo:
    """The organisation while it is made: one row of `plan` and of each matrix (videos × days) per video."""

    rng: np.random.Generator
    plan: pd.DataFrame
    roles: dict[str, list[int]] = field(default_factory=dict)
    counts: dict[str, np.ndarray] = field(default_factory=dict)
    corrections: list[tuple[int, int, int]] = field(default_factory=list)
    gaps: list[tuple[int, int, int]] = field(default_factory=list)

    def pick(self, part: dict[str, Any]) -> None:
        """Give a part to videos of an age and account that play no other."""
        busy = {video for videos in self.roles.values() for video in videos}
        others = set(INDEX) - {"harbourbakes", "mossandthread", "one.take.only"}
        allowed = self.plan["account"].isin([INDEX[handle] for handle in part.get("accounts", others)])
        free = (DAYS - 1 - self.plan["day"]).between(*part["ages"]) & allowed & ~self.plan.index.isin(busy)
        chosen = self.rng.choice(np.flatnonzero(free), part["number"], replace=False).tolist()
        self.roles.setdefault(part["role"], []).extend(chosen)

    def named(self, role: str) -> list[str]:
        """Return the ids of the videos of a role."""
        return self.plan["ad_id"].iloc[self.roles[role]].tolist()


def _plan(rng: np.random.Generator) -> pd.DataFrame:
    """Decide who uploads when: 22 to 28 videos a week."""
    weekly = np.r_[rng.integers(22, 27, DAYS // 7 - 2), 24, 28]
    weekday = rng.choice(7, weekly.sum(), p=(0.17, 0.16, 0.16, 0.16, 0.15, 0.10, 0.10))
    weekday[-28:] = np.repeat(np.arange(7), 4)
    day = np.sort(np.repeat(np.arange(DAYS // 7), weekly) * 7 + weekday)
    account = rng.choice(len(ACCOUNTS), len(day), p=ACCOUNTS["weight"] / ACCOUNTS["weight"].sum())
    account[(account == STALE) & (day > STALE_DAY - 3)] = INDEX["hook.lab"]
    account[np.flatnonzero(day == WEEK + 1)[0]] = INDEX["slow.kettle"]  # the hit of the week
    account[np.flatnonzero(day >= 95)[0]] = SINGLE
    plan = pd.DataFrame({"day": day, "account": account, "hour": rng.uniform(0.25, 0.95, len(day))})
    lag = rng.choice(4, len(plan), p=(0.5, 0.28, 0.14, 0.08))
    plan["start"] = np.minimum(plan["day"] + lag, DAYS - 1)
    # lately the bigger accounts are found before their week ends, so that hardly any growth hides as "newly tracked"
    prompt = (plan["day"] >= WEEK - 14) & (ACCOUNTS["level"].to_numpy()[account] > 15_000)
    plan["start"] = plan["start"].where(~prompt, np.minimum(plan["start"], plan["day"] // 7 * 7 + 6))
    plan.loc[plan["account"] == LATE, "start"] = np.maximum(plan["start"], LATE_DAY)
    plan["end"] = np.where(plan["account"] == STALE, STALE_DAY, DAYS - 1)
    plan["ad_id"] = [stable_uuid("video", number) for number in range(len(plan))]
    return plan


def _cast(demo: Demo) -> None:
    """Give out the parts: what happens to which video."""
    plan = demo.plan
    demo.roles["hit"] = [int(np.flatnonzero((plan["day"] == WEEK + 1) & (plan["account"] == INDEX["slow.kettle"]))[0])]
    demo.roles["single"] = np.flatnonzero(plan["account"] == SINGLE).tolist()
    for part in PLAN["parts"]:
        demo.pick(part)
    for role, ends in (("removed", (4, 24, 60)), ("private", (13,)), ("vanished", (3,))):
        plan.loc[demo.roles[role], "end"] = DAYS - 1 - np.minimum(ends, DAYS - 2 - plan["start"].iloc[demo.roles[role]])
    plan.loc[demo.roles["never_measured"], "end"] = -1


def _labels(demo: Demo) -> np.ndarray:
    """Return which video carries which label (videos × labels)."""
    handles = ACCOUNTS["handle"].to_numpy()[demo.plan["account"]]
    member = np.column_stack([np.isin(handles, accounts) for accounts in LABELS["accounts"]])
    member &= demo.rng.random(member.shape) < LABELS["share"].to_numpy()
    keys = LABELS["key"].tolist()
    autumn = demo.plan["day"] >= int((np.datetime64("2026-09-01") - FIRST).astype(int))
    member[autumn, keys.index("campaign-spring")] = False
    member[~autumn, keys.index("campaign-autumn")] = False
    member[np.ix_(demo.roles["outliers"] + demo.roles["hit"], np.flatnonzero(LABELS["multiplier"] != 1))] = False
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
    plan["label_effect"] = np.prod(np.where(member, LABELS["multiplier"].to_numpy(), 1.0), axis=1)


def _gains(demo: Demo) -> np.ndarray:
    """Draw the views gained per day (videos × days), before the story of the last week."""
    plan, rng = demo.plan, demo.rng
    who = plan["account"].to_numpy()
    level, pace, tail = ACCOUNTS[["level", "pace", "tail"]].to_numpy(dtype=float)[who].T[:, :, None]
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


def _days_seen(demo: Demo) -> np.ndarray:
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


def simulate() -> tuple[Demo, np.ndarray, np.ndarray, dict[str, Any]]:
    """Return the organisation, which video carries which label, on which days it was seen, and the story's figures."""
    rng = np.random.default_rng(SEED)
    demo = Demo(rng, _plan(rng))
    _cast(demo)
    member = _labels(demo)
    _multipliers(demo, member)
    gains = _gains(demo)
    story = _tell_story(demo, gains)
    _counts(demo, gains)
    return demo, member, _days_seen(demo), story
