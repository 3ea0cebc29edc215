"""Write data/demo: an invented organisation as the API would answer, and the truth that analyses should find in it.

    python data/generate_demo.py [FOLDER]

`demo_model` simulates, this module words the result: captions, links, instants, the vendor's own figures, truth.json.
The same libraries write the same bytes again.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from demo_model import (
    ACCOUNTS,
    AS_OF,
    COUNTS,
    DAYS,
    FIRST,
    LABELS,
    LAST,
    LATE,
    LATE_DAY,
    OBSERVED_FROM,
    OLD_HANDLE,
    PLAN,
    RENAME_DAY,
    RENAMED,
    SEED,
    STALE,
    STALE_DAY,
    Demo,
    simulate,
    stable_uuid,
)
from demo_money import write_money

from shortimize_analytics.schema import HISTORY, VIDEOS, conform
from shortimize_analytics.schema.tables import API_VIDEOS

UNKNOWN = {
    "youtube": ("shares", "bookmarks"),
    "instagram": ("bookmarks",),
    "facebook": ("bookmarks",),
    "snapchat": ("bookmarks",),
}
ALPHABET = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))


def _history(demo: Demo, seen: np.ndarray) -> pd.DataFrame:
    row, day = np.nonzero(seen)
    platform = ACCOUNTS["platform"].to_numpy()[demo.plan["account"].to_numpy()[row]]
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
    texts = PLAN["captions"]
    english = texts["en"]
    titles: list[str | None] = []
    for who in plan["account"]:
        language = str(rng.choice(ACCOUNTS["languages"].iloc[who].split()))
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


LINKS = {
    "tiktok": "https://www.tiktok.com/@{handle}/video/{number}",
    "tiktok photo": "https://www.tiktok.com/@{handle}/photo/{number}",
    "instagram": "https://www.instagram.com/reel/{code}/",
    "instagram photo": "https://www.instagram.com/p/{code}/",
    "youtube": "https://www.youtube.com/shorts/{code}",
    "facebook": "https://www.facebook.com/reel/{digits}",
    "snapchat": "https://www.snapchat.com/@{handle}/spotlight/W7_{code}",
}


def _links(demo: Demo) -> list[str]:
    """Write a link of the platform's shape; posts of the renamed account keep the handle they were posted under."""
    plan, links = demo.plan, []
    hours = (plan["hour"] * 86400).astype(int).to_numpy()
    second = (FIRST + plan["day"].to_numpy()).astype("datetime64[s]").astype(np.int64) + hours
    number = (second << 32) + demo.rng.integers(0, 2**32, len(plan), dtype=np.int64)
    codes = demo.rng.choice(ALPHABET, (len(plan), 11))
    for row, who in enumerate(plan["account"]):
        early = who == RENAMED and FIRST + plan["day"].iloc[row] < RENAME_DAY
        handle = OLD_HANDLE if early else ACCOUNTS["handle"].iloc[who]
        shape = ACCOUNTS["platform"].iloc[who] + (" photo" if row in demo.roles["photos"] else "")
        parts = {"number": number[row], "digits": number[row] % 10**16, "code": "".join(codes[row])}
        links.append(LINKS[shape].format(handle=handle, **parts))
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
    accounts = ACCOUNTS.iloc[plan["account"]].reset_index(drop=True).rename(columns={"handle": "username"})
    videos = accounts[["username", "platform", "linked_account_id"]].assign(ad_id=plan["ad_id"])
    videos["organisation_id"] = stable_uuid("organisation")
    videos["ad_link"], videos["title"] = _links(demo), _titles(demo)
    videos["created_at"], videos["latest_updated_at"] = _instants(demo)
    videos["uploaded_at"] = pd.Series(FIRST + plan["day"].to_numpy())
    length = np.clip(np.round(accounts["seconds"] * np.exp(0.35 * rng.standard_normal(len(plan)))), 4, 170)
    videos["video_length"] = length.mask(accounts["platform"] == "youtube", 60)
    sound = accounts["platform"].isin(["tiktok", "instagram"])
    videos["song_name"] = ("original sound - " + accounts["username"]).where(sound)
    videos["song_link"] = pd.Series([f"https://music.example.com/obj/{i[:8]}.mp3" for i in plan["ad_id"]]).where(sound)
    for flag in ("removed", "private", "hidden_stats", "not_safe", "ad_info_shop", "ad_is_ad"):
        videos[flag] = plan.index.isin(demo.roles[flag])
    videos["ad_product_id_shop"] = None
    for row in demo.roles["ad_info_shop"][:3]:
        videos.loc[row, "ad_product_id_shop"] = str(1729_000_000_000_000_000 + int(rng.integers(10**12)))
    videos["label_ids"] = [LABELS["id"].to_numpy()[row].tolist() for row in member]
    videos["label_names"] = [LABELS["name"].to_numpy()[row].tolist() for row in member]
    videos.loc[demo.roles["photos"], "video_length"] = 0
    videos.loc[demo.roles["no_upload_date"], "uploaded_at"] = pd.NaT
    last = history.groupby("ad_id").last().reindex(plan["ad_id"]).reset_index()
    for metric in COUNTS:
        videos[f"latest_{metric}"] = last[metric]
    videos["latest_engagement"] = last["engagements"]
    videos["outlier_multiplier"] = 0.0
    _increases(demo, videos)
    return conform(videos, API_VIDEOS)


def _second_accounts(demo: Demo, videos: pd.DataFrame, history: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Repeat each collaboration under its second account, then compare all videos with their accounts."""
    copies = videos.iloc[demo.roles["collab"]].copy()
    ids = {ad_id: stable_uuid("collab", ad_id) for ad_id in copies["ad_id"]}
    handles = ["hook.lab", "slow.kettle"]
    copies["username"], copies["linked_account_id"] = handles, [stable_uuid("account", handle) for handle in handles]
    copies["ad_id"] = copies["ad_id"].map(ids)
    days = history[history["ad_id"].isin(ids)].assign(ad_id=lambda rows: rows["ad_id"].map(ids))
    videos = pd.concat([videos, copies], ignore_index=True)
    views = videos["latest_views"].astype("Float64")
    multiplier = (views / views.groupby(videos["linked_account_id"]).transform("median")).round(2)
    fresh = videos["uploaded_at"] >= pd.Timestamp(LAST) - pd.Timedelta(days=1)
    videos["outlier_multiplier"] = multiplier.mask(fresh & views.notna(), 0)
    return conform(videos, API_VIDEOS), pd.concat([history, days], ignore_index=True)


def _day(number: int) -> str:
    return str(FIRST + number)


def _effects(demo: Demo) -> dict[str, Any]:
    """Say what moves the views, in parameters."""
    plan, ids, known = demo.plan, demo.plan["ad_id"], demo.roles["hit"] + demo.roles["revived"] + demo.roles["dead"]
    names = {"handle": "username", "level": "level_views_at_30_days", "pace": "pace_days", "tail": "slow_share"}
    planted = plan.loc[demo.roles["outliers"]].assign(age_days=lambda rows: DAYS - 1 - rows["day"])
    labels = LABELS[["id", "name", "multiplier"]].assign(only_big_accounts=LABELS["key"] == "flagship")
    return {
        "accounts": ACCOUNTS[["linked_account_id", "platform", *names]].rename(columns=names).to_dict("records"),
        "labels": labels.to_dict("records"),
        "video_length_effect": 1.0,
        "weekday_effect": 1.0,
        "outliers": planted[["ad_id", "luck", "age_days"]].rename(columns={"luck": "multiplier"}).to_dict("records"),
        "multipliers": plan["luck"].round(3).set_axis(ids).drop(ids[known]).to_dict(),
    }


def _incidents(demo: Demo) -> dict[str, Any]:
    """Say what happened to which video or account, and when."""
    ids, account = demo.plan["ad_id"], ACCOUNTS["linked_account_id"]
    return {
        "corrections": [{"ad_id": ids[i], "date": _day(day), "size": size} for i, day, size in demo.corrections],
        "gaps": [{"ad_id": ids[i], "first": _day(first), "last": _day(last)} for i, first, last in demo.gaps],
        "collabs": [[ad_id, stable_uuid("collab", ad_id)] for ad_id in demo.named("collab")],
        "renamed": {
            "linked_account_id": account[RENAMED],
            "old": OLD_HANDLE,
            "new": ACCOUNTS["handle"][RENAMED],
            "date": str(RENAME_DAY),
        },
        "stale_account": {"linked_account_id": account[STALE], "last_day": _day(STALE_DAY)},
        "late_account": {"linked_account_id": account[LATE], "first_day": _day(LATE_DAY)},
        "parts": {role: demo.named(role) for role in sorted(demo.roles)},
    }


def _accounts() -> list[dict[str, Any]]:
    """Say of accounts what their videos do not tell; one shows no followers, as the vendor allows."""
    known = ACCOUNTS.join(pd.DataFrame(PLAN["followers"], index=["followers"]).T, on="handle")
    return [
        {
            "account_id": row.linked_account_id,
            "latest_followers_count": None if pd.isna(row.followers) else int(row.followers),
            "tracking_type": "latest_200",
        }
        for row in known.itertuples()
    ]


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, default=lambda number: number.item())
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_parquet(path: Path, frame: pd.DataFrame, *, delta: tuple[str, ...]) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
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
    demo, member, seen, story = simulate()
    history = _history(demo, seen)
    videos, history = _second_accounts(demo, _videos(demo, member, history), history)
    columns = [name for name in HISTORY.names if name != "fetched_at"]
    history = conform(history.assign(fetched_at=pd.Timestamp(AS_OF)), HISTORY)[columns]
    _write_parquet(folder / "videos.parquet", videos, delta=())
    _write_parquet(folder / "history.parquet", history, delta=tuple(columns[1:]))
    _write_json(folder / "collections.json", LABELS[["id", "name"]].to_dict("records"))
    _write_json(folder / "accounts.json", _accounts())
    quirks = {role: demo.named(role) for role in ("masked", "vanished", "label_names_missing")}
    _write_json(folder / "quirks.json", {"as_of": AS_OF, **quirks})
    frame = {"last_day": str(LAST), "observed_from": _day(OBSERVED_FROM), "seed": SEED, "story": story}
    loaded = conform(videos.assign(fetched_at=pd.Timestamp(AS_OF)), VIDEOS)
    money = write_money(folder / "money", loaded, history)
    _write_json(folder / "truth.json", frame | _effects(demo) | _incidents(demo) | {"money": money})


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("demo"))
