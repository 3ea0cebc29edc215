"""The demo keeps its promises: what its files hold, what was planted in them, and that they can be made again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from shortimize_analytics.schema import HISTORY, conform
from shortimize_analytics.schema.tables import API_VIDEOS

DATA = Path(__file__).resolve().parents[2] / "data"
LAST = pd.Timestamp("2026-11-22")
METRICS = ["views", "likes", "comments", "shares", "bookmarks", "engagements"]


def read_json(name):
    return json.loads((DATA / "demo" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def videos():
    return conform(pd.read_parquet(DATA / "demo" / "videos.parquet"), API_VIDEOS)


@pytest.fixture(scope="module")
def history():
    return pd.read_parquet(DATA / "demo" / "history.parquet")


@pytest.fixture(scope="module")
def truth():
    return read_json("truth.json")


@pytest.fixture(scope="module")
def views(history):
    """Views by video and day."""
    return history.pivot_table(index="ad_id", columns="date", values="views", aggfunc="first").astype(float)


@pytest.fixture(scope="module")
def by_id(videos):
    return videos.set_index("ad_id")


@pytest.fixture(scope="module")
def weekly(by_id, views, truth):
    """Views gained by video and week (named by its last day), each post once; a new upload counts from zero."""
    extra = [pair[1] for pair in truth["collabs"]]
    ends = pd.date_range(end=LAST, periods=7, freq="7D")
    level = views.ffill(axis=1)[ends].drop(index=extra)
    uploaded = by_id["uploaded_at"].reindex(level.index)
    gains = level.diff(axis=1)
    for end in ends[1:]:
        fresh = uploaded.between(end - pd.Timedelta(days=6), end)
        gains.loc[fresh, end] = level.loc[fresh, end]
    return gains[ends[1:]]


def test_running_the_generator_again_writes_the_same_files(tmp_path, videos, history):
    """Another pandas or pyarrow may pack the same frames differently, and signs its name in the file."""
    subprocess.run([sys.executable, DATA / "generate_demo.py", tmp_path], check=True)
    for name in ("collections.json", "quirks.json", "accounts.json", "truth.json"):
        assert (tmp_path / name).read_bytes() == (DATA / "demo" / name).read_bytes(), name
    for name, frame in (("videos.parquet", videos), ("history.parquet", history)):
        again = pd.read_parquet(tmp_path / name)
        pd.testing.assert_frame_equal(conform(again, API_VIDEOS) if "title" in again else again, frame)
        old, new = pq.read_metadata(DATA / "demo" / name), pq.read_metadata(tmp_path / name)
        if (old.created_by, old.metadata) == (new.created_by, new.metadata):
            assert (tmp_path / name).read_bytes() == (DATA / "demo" / name).read_bytes(), name


def test_the_files_are_small_and_typed(videos, history):
    assert sum(file.stat().st_size for file in (DATA / "demo").iterdir()) < 1_500_000
    assert list(videos.columns) == list(API_VIDEOS.names)
    typed = conform(history.assign(fetched_at=pd.Timestamp("2026-11-23", tz="UTC")), HISTORY)
    assert list(history.columns) == ["ad_id", "date", *METRICS]
    assert typed.dtypes.drop("fetched_at").equals(history.dtypes)


def test_the_organisation_is_as_large_and_varied_as_promised(videos, history):
    accounts = videos.groupby("linked_account_id")
    assert len(accounts) >= 14
    assert set(videos["platform"]) == {"tiktok", "instagram", "youtube", "facebook", "snapchat"}
    assert 600 <= len(videos) <= 660
    assert accounts.size().min() == 1
    medians = accounts["latest_views"].median()
    assert medians.min() < 5_000
    assert medians.max() > 1_500_000
    per_week = videos["uploaded_at"].value_counts().resample("7D", origin=pd.Timestamp("2026-05-25")).sum()
    assert per_week.between(20, 40).all()
    days = history.groupby("ad_id")["date"].agg(["min", "max"])
    assert ((days["max"] - days["min"]).dt.days >= 150).sum() >= 50
    assert history["date"].max() == LAST


def test_every_video_is_known_once_and_every_day_of_it_once(videos, history):
    assert videos["ad_id"].is_unique
    assert not history.duplicated(["ad_id", "date"]).any()
    assert set(history["ad_id"]) <= set(videos["ad_id"])


def test_labels_have_repeated_names_a_comma_and_an_unused_one(videos):
    collections = pd.DataFrame(read_json("collections.json"))
    assert collections["id"].is_unique
    assert collections["name"].value_counts()["Campaign"] == 2
    assert collections["name"].str.contains(",").sum() == 1
    used = videos["label_ids"].explode().dropna()
    assert set(used) < set(collections["id"])
    assert used.nunique() >= 7
    names = collections.set_index("id")["name"]
    expected = [[names[label] for label in labels] for labels in videos["label_ids"]]
    assert [list(labels) for labels in videos["label_names"]] == expected
    assert (videos["label_ids"].map(len) == 0).any()


def test_captions_come_in_many_scripts_and_with_traps(videos):
    titles = videos["title"]
    scripts = {
        "japanese": r"[\u3041-\u30ff]",
        "chinese": r"[\u4e00-\u9fff]",
        "korean": r"[\uac00-\ud7af]",
        "arabic": r"[\u0600-\u06ff]",
        "hebrew": r"[\u0590-\u05ff]",
        "devanagari": r"[\u0900-\u097f]",
        "thai": r"[\u0e00-\u0e7f]",
        "russian": r"[\u0400-\u04ff]",
        "family": "\u200d",
        "flag": r"[\U0001F1E6-\U0001F1FF]",
        "skin": r"[\U0001F3FB-\U0001F3FF]",
        "markup": "<script>",
        "typst": r'#read\("',
        "formula": "^=HYPERLINK",
        "money": r"\$5 vs \$500\$",
        "mention": "^@user hello$",
    }
    missing = [name for name, pattern in scripts.items() if not titles.str.contains(pattern, na=False).any()]
    assert missing == []
    assert titles.isna().sum() == 1
    assert (titles == "").sum() == 1
    assert titles.str.len().max() == 2000
    assert videos.loc[titles.str.endswith(" @user 9 days ago", na=False), "platform"].tolist() == ["youtube"]


def test_counts_a_platform_does_not_give_are_missing(videos, history):
    youtube = videos["platform"] == "youtube"
    assert videos.loc[youtube, ["latest_shares", "latest_bookmarks"]].isna().all(axis=None)
    assert (videos.loc[youtube, "video_length"] == 60).all()
    rows = history["ad_id"].isin(videos.loc[youtube, "ad_id"])
    assert history.loc[rows, ["shares", "bookmarks"]].isna().all(axis=None)
    assert history.loc[~rows, "shares"].notna().mean() > 0.95


def test_the_latest_counts_are_those_of_the_last_day(videos, history):
    last = history.sort_values("date").groupby("ad_id").tail(1).set_index("ad_id").reindex(videos["ad_id"])
    for metric in METRICS:
        name = "latest_engagement" if metric == "engagements" else f"latest_{metric}"
        pd.testing.assert_series_equal(videos[name], last[metric].reset_index(drop=True), check_names=False)
    parts = history[["likes", "comments", "shares", "bookmarks"]].fillna(0).sum(axis=1)
    known = history["likes"].notna()
    assert (history.loc[known, "engagements"] == parts[known]).all()
    assert history.loc[~known, "engagements"].isna().all()


def test_videos_were_measured_early_on_the_frozen_morning(videos, history, truth):
    updated = videos["latest_updated_at"]
    morning = updated.dt.strftime("%Y-%m-%d") == "2026-11-23"
    assert (updated[morning].dt.hour < 6).all()
    assert updated.max() < pd.Timestamp(read_json("quirks.json")["as_of"])
    ended = videos["ad_id"].map(history.groupby("ad_id")["date"].max())
    assert (ended[morning] == LAST).all()
    others = ~morning & updated.notna()
    assert (updated[others].dt.strftime("%Y-%m-%d") == ended[others].dt.strftime("%Y-%m-%d")).all()
    stale = videos["linked_account_id"] == truth["stale_account"]["linked_account_id"]
    assert (ended[stale] == pd.Timestamp(truth["stale_account"]["last_day"])).all()
    assert (LAST - ended[stale]).dt.days.min() >= 10


def test_history_starts_when_a_video_was_indexed(videos, history, truth):
    first = videos["ad_id"].map(history.groupby("ad_id")["date"].min())
    seen = first.notna() & ~videos["ad_id"].isin([pair[1] for pair in truth["collabs"]])
    assert (first[seen] == videos.loc[seen, "created_at"].dt.tz_localize(None).dt.normalize()).all()
    lag = (first - videos["uploaded_at"]).dt.days
    late = videos["linked_account_id"] == truth["late_account"]["linked_account_id"]
    assert lag[~late].max() <= 3
    assert lag[~late].min() == 0
    assert lag[late].max() > 90


def test_old_days_lie_on_lines_and_recent_ones_do_not(history, truth):
    """Before the 90 observed days the vendor interpolates: second differences vanish there but for rounding."""
    rows = history.sort_values(["ad_id", "date"])
    bend = rows.groupby("ad_id")["views"].diff().groupby(rows["ad_id"]).diff().abs()
    old = rows["date"] < pd.Timestamp(truth["observed_from"])
    big = rows["views"] > 20_000
    assert (bend[old & big] <= 2).mean() > 0.8
    assert (bend[~old & big] <= 2).mean() < 0.25


def test_the_vendors_own_figures_follow_from_the_counts(videos, views):
    fresh = videos["uploaded_at"] >= LAST - pd.Timedelta(days=1)
    known = videos["latest_views"].notna()
    figures = ["outlier_multiplier", "increase_1d", "increase_7d", "increase_14d", "increase_30d"]
    assert fresh.sum() >= 5
    assert (videos.loc[fresh & known, figures] == 0).all(axis=None)
    assert videos.loc[~known, figures].isna().all(axis=None)
    usual = videos["latest_views"].astype(float).groupby(videos["linked_account_id"]).transform("median")
    expected = (videos["latest_views"] / usual).astype(float)[known & ~fresh]
    np.testing.assert_allclose(videos["outlier_multiplier"].astype(float)[expected.index], expected, atol=0.006)
    daily = views.reindex(videos["ad_id"]).reset_index(drop=True)
    growth = 100 * (daily[LAST] / daily[LAST - pd.Timedelta(days=7)].replace(0, np.nan) - 1)
    growth = growth[~fresh].dropna()
    assert len(growth) > 500
    np.testing.assert_allclose(videos["increase_7d"].astype(float)[growth.index], growth, atol=0.006)


def test_peculiar_videos_are_there(videos, by_id, history, truth):
    parts = truth["parts"]
    assert by_id.loc[parts["removed"], "removed"].all()
    assert videos["private"].sum() == 1
    assert (by_id.loc[parts["photos"], "video_length"] == 0).all()
    assert by_id.loc[parts["photos"], "ad_link"].str.contains(r"/(?:photo|p)/").all()
    assert videos["not_safe"].sum() == 2
    assert videos["uploaded_at"].isna().sum() == 1
    hidden = by_id.loc[parts["hidden_stats"]]
    assert hidden["hidden_stats"].all()
    assert hidden["latest_views"].notna().all()
    assert hidden[["latest_likes", "latest_engagement"]].isna().all(axis=None)
    shop = videos["ad_info_shop"]
    assert videos.loc[~shop, "ad_product_id_shop"].isna().all()
    assert 1 <= videos.loc[shop, "ad_product_id_shop"].notna().sum() < shop.sum()
    never = by_id.loc[parts["never_measured"][0]]
    assert never[["latest_views", "latest_likes", "latest_updated_at"]].isna().all()
    assert not history["ad_id"].isin(parts["never_measured"]).any()


def test_quirks_name_videos_that_exist(by_id, history):
    quirks = read_json("quirks.json")
    assert set(quirks) == {"as_of", "masked", "vanished", "label_names_missing"}
    assert len(quirks["masked"]) >= 2
    assert len(quirks["vanished"]) == 1
    assert history["ad_id"].isin(quirks["vanished"]).any()
    assert by_id.loc[[*quirks["masked"], *quirks["vanished"]], "latest_views"].notna().all()
    assert (by_id.loc[quirks["label_names_missing"], "label_ids"].map(len) > 0).all()


def test_collaborations_stand_under_two_accounts_with_the_same_counts(by_id, history, truth):
    assert len(truth["collabs"]) >= 2
    for first, second in truth["collabs"]:
        one, two = by_id.loc[first], by_id.loc[second]
        same = ["ad_link", "title", "uploaded_at", "video_length", "latest_views", "latest_likes"]
        assert one[same].equals(two[same])
        assert one["linked_account_id"] != two["linked_account_id"]
        days = [
            history.loc[history["ad_id"] == ad_id, ["date", "views"]].reset_index(drop=True)
            for ad_id in (first, second)
        ]
        pd.testing.assert_frame_equal(*days)
    assert by_id["ad_link"].duplicated().sum() == len(truth["collabs"])


def test_the_renamed_account_has_one_name_and_links_of_both(videos, truth):
    renamed = truth["renamed"]
    mine = videos[videos["linked_account_id"] == renamed["linked_account_id"]]
    assert set(mine["username"]) == {renamed["new"]}
    old = mine["ad_link"].str.contains(f"/@{renamed['old']}/", regex=False)
    assert old.any()
    assert (old == (mine["uploaded_at"] < renamed["date"])).all()


def test_corrections_are_the_only_falls(history, truth):
    rows = history.sort_values(["ad_id", "date"])
    step = rows.groupby("ad_id")["views"].diff()
    falls = rows[(step < 0).fillna(value=False)].assign(size=-step)
    found = set(zip(falls["ad_id"], falls["date"].dt.strftime("%Y-%m-%d"), falls["size"].astype(int), strict=True))
    planted = {(entry["ad_id"], entry["date"], entry["size"]) for entry in truth["corrections"]}
    assert found == planted
    assert len(planted) >= 6
    assert any(entry["date"] >= "2026-11-16" for entry in truth["corrections"])


def test_gaps_are_the_only_missing_days(history, truth):
    rows = history.sort_values(["ad_id", "date"])
    before = rows.groupby("ad_id")["date"].shift()
    holes = rows[(rows["date"] - before).dt.days > 1].assign(before=before)
    found = set(
        zip(holes["ad_id"], holes["before"] + pd.Timedelta(days=1), holes["date"] - pd.Timedelta(days=1), strict=True)
    )
    planted = {(gap["ad_id"], pd.Timestamp(gap["first"]), pd.Timestamp(gap["last"])) for gap in truth["gaps"]}
    assert found == planted
    assert all((last - first).days >= 2 for _, first, last in planted)


def test_planted_outliers_stand_out_at_any_age(by_id, truth):
    outliers = pd.DataFrame(truth["outliers"]).set_index("ad_id")
    assert len(outliers) >= 12
    assert (outliers["multiplier"] >= 8).all()
    assert (outliers["age_days"] <= 8).sum() >= 3
    assert (outliers["age_days"] >= 60).sum() >= 3
    grown = by_id.loc[outliers.index[outliers["age_days"] >= 20], "outlier_multiplier"]
    assert grown.min() > 4
    others = [ad_id for ad_id in truth["multipliers"] if ad_id not in outliers.index]
    assert max(truth["multipliers"][ad_id] for ad_id in others) < 8


def test_luck_is_skewed_to_the_right_with_heavier_tails_than_a_lognormal(truth):
    """The skew does not come from the planted outliers alone; the heavy tail is they and other rare hits."""
    planted = {entry["ad_id"] for entry in truth["outliers"]}
    luck = np.log(pd.Series(truth["multipliers"]))
    assert luck[~luck.index.isin(planted)].skew() > 0.35
    assert luck.skew() > 0.5
    assert luck.kurt() > 0.5


def test_revived_and_dead_videos_behave_so(by_id, views, truth):
    ends = pd.date_range(end=LAST, periods=6, freq="7D")
    gains = views[ends].diff(axis=1)[ends[1:]]
    assert len(truth["parts"]["revived"]) == 2
    for ad_id in truth["parts"]["revived"]:
        mates = by_id.index[by_id["linked_account_id"] == by_id.loc[ad_id, "linked_account_id"]]
        gain = gains.loc[ad_id, LAST]
        assert gain >= 3 * gains.loc[ad_id, ends[1:-1]].max()
        assert gain >= max(3_000, gains.loc[gains.index.isin(mates), LAST].median())
        assert (LAST - by_id.loc[ad_id, "uploaded_at"]).days >= 35
    assert (gains.loc[truth["parts"]["dead"]] == 0).all(axis=None)


def test_label_effects_can_be_found_within_accounts(by_id, truth):
    """Least squares on grown videos, account by account, without the package's own analyses."""
    grown = by_id[(LAST - by_id["uploaded_at"]).dt.days.ge(30) & by_id["latest_views"].gt(0)]
    log = np.log(grown["latest_views"].astype(float))
    has = pd.DataFrame({entry["id"]: [entry["id"] in ids for ids in grown["label_ids"]] for entry in truth["labels"]})
    has = has.set_index(grown.index).astype(float)
    centre = has.groupby(grown["linked_account_id"]).transform("mean")
    slope, *_ = np.linalg.lstsq(
        (has - centre).to_numpy(), log - log.groupby(grown["linked_account_id"]).transform("mean")
    )
    ratio = dict(zip(has.columns, np.exp(slope), strict=True))
    effect = {entry["name"]: (ratio[entry["id"]], entry["multiplier"]) for entry in truth["labels"]}
    assert sorted({entry["multiplier"] for entry in truth["labels"]}) == [0.65, 1.0, 1.5]
    assert 1.15 < effect["Hooks v2"][0] < 1.95
    assert 0.5 < effect["Talking head"][0] < 0.85
    flagship = next(entry for entry in truth["labels"] if entry["only_big_accounts"])
    assert 0.7 < ratio[flagship["id"]] < 1.4
    carriers = [flagship["id"] in ids for ids in by_id["label_ids"]]
    assert by_id.loc[carriers, "latest_views"].median() > 5 * by_id["latest_views"].median()


def test_the_last_week_tells_its_story(by_id, weekly, truth):
    total = weekly.sum()
    assert 1.08 < total.iloc[-1] / total.iloc[-2] < 1.16
    hit = truth["parts"]["hit"][0]
    assert 0.15 < weekly.loc[hit, LAST] / total.iloc[-1] < 0.25
    assert by_id.loc[hit, "uploaded_at"] > LAST - pd.Timedelta(days=7)
    assert "🔥" in by_id.loc[hit, "title"]
    uploaded = by_id["uploaded_at"].reindex(weekly.index)
    back = [weekly.loc[uploaded <= end - pd.Timedelta(days=7), end].sum() for end in weekly.columns]
    assert 0.75 < back[-1] / back[-2] < 1
    assert 0.6 < back[-1] / back[-4] < 0.95


def test_the_files_of_money_are_made_again_and_keep_their_promises(tmp_path, videos, history, truth):
    subprocess.run(
        [sys.executable, DATA / "generate_demo.py", tmp_path], check=True, env=os.environ | {"PYTHONHASHSEED": "5"}
    )
    made, kept = (
        {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
        for root in (tmp_path / "money", DATA / "demo" / "money")
    )
    assert made == kept
    planted = truth["money"]
    by_id = videos.set_index("ad_id")
    crossed = by_id.loc[planted["cross_posted"]["videos"]]
    assert crossed["platform"].nunique() == 2
    assert crossed["uploaded_at"].diff().abs().max() <= pd.Timedelta(days=1)
    wrong = planted["correction"]
    here = history[(history["ad_id"] == wrong["ad_id"]) & (history["date"] == wrong["day"])]
    assert here["views"].tolist() == [wrong["views_now"]]
    assert wrong["closed_views"] == round(1.25 * wrong["views_now"])
