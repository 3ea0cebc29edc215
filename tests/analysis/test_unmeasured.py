"""Not measured is not flat: accounts whose older videos break off are found, and old, dead or rounded ones are not."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

import shortimize_analytics as sa
from shortimize_analytics.analysis.base.calendar import day_number
from shortimize_analytics.analysis.forecast.age_matrix import build_age_matrix
from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.analysis.periods.outlook import SLOW, judge_paces
from shortimize_analytics.analysis.prepared import prepare
from shortimize_analytics.schema import ACCOUNTS, HISTORY, VIDEOS, cast
from shortimize_analytics.simulator import demo_organisation

FIRST = pd.Timestamp("2026-01-01")
DAYS = 85
STOP = 50


def simulate(kinds, *, uploads=60, seed=0, older=30, scale=1):
    """Make an organisation with an account of each kind, an upload a day, and counts up to day 85.

    `stops`: from one day on only videos from the 31st on are measured; `rolls`: only the 30 newest ever are; `dies`:
    views come for 20 days and hardly later; `steps`: counts above 3,000 come in whole thousands.
    """
    rng = np.random.default_rng(seed)
    videos, days = [], []
    for account, kind in enumerate(kinds):
        for number in range(uploads):
            ad_id = f"{kind}-{account}-{number:02}"
            age = np.arange(DAYS - number)
            rate = 900 / (1 + age) + (0 if kind == "dies" else 12)
            rate = np.where(age > 20, 0.05, rate) if kind == "dies" else rate
            views = rng.poisson(scale * rate).cumsum()
            if kind == "stops" and number < older:
                views = np.where(number + age > STOP, views[STOP - number], views)
            if kind == "rolls":
                views = np.where(age > 30, views[min(30, len(age) - 1)], views)
            if kind == "steps":
                views = np.where(views > 3000, views // 1000 * 1000, views)
            uploaded = FIRST + pd.Timedelta(days=number)
            videos.append(
                {
                    "ad_id": ad_id,
                    "platform": "tiktok",
                    "username": f"{kind}{account}",
                    "linked_account_id": f"{kind}{account}",
                    "uploaded_at": str(uploaded.date()),
                    "latest_views": int(views[-1]),
                    "latest_updated_at": "2026-03-26T12:00:00Z",
                    "video_length": 9,
                }
            )
            dates = pd.date_range(uploaded, periods=len(age))
            days += [
                {"ad_id": ad_id, "date": str(day.date()), "views": int(view)}
                for day, view in zip(dates, views, strict=True)
            ]
    return cast(videos, VIDEOS)[0], cast(days, HISTORY)[0]


def unaware(data):
    """Return prepared data as they would be if nobody looked for it."""
    never = pd.Series(pd.NaT, index=data.videos.index, dtype="datetime64[us]")
    return sa.Prepared(data.videos.assign(unmeasured_since=never), data.history, data.left_out)


@pytest.fixture(scope="module")
def frames():
    return simulate(["stops", "rolls", "dies", "lives", "steps", "lives"])


@pytest.fixture(scope="module")
def data(frames):
    return prepare(*frames)


def test_videos_that_break_off_are_found_and_old_dead_or_rounded_ones_are_not(data):
    videos = data.videos
    since = videos["unmeasured_since"]
    found = since.notna().groupby(videos["username"]).sum()
    assert found.to_dict() == {"stops0": 30, "rolls1": 48, "dies2": 0, "lives3": 0, "steps4": 0, "lives5": 0}
    stopped = since[videos["username"] == "stops0"].dropna()
    assert (stopped == FIRST + pd.Timedelta(days=STOP + 1)).all()
    rolled = since[videos["username"] == "rolls1"].dropna()
    age = (rolled - videos["uploaded_at"][rolled.index]).dt.days
    assert age.between(30, 32).all()


def test_the_checks_name_the_accounts_since_when_and_how_they_are_tracked(data):
    rows = [
        {"account_id": "stops0", "platform": "tiktok", "username": "stops0", "tracking_type": "latest_30"},
        {"account_id": "lives3", "platform": "tiktok", "username": "lives3", "tracking_type": "latest_30"},
    ]
    found = sa.data_quality(data, listed=cast(rows, ACCOUNTS)[0]).set_index("check").loc["not_measured"]
    assert found["n"] == 78
    assert "2 accounts: rolls1 since" in found["meaning"]
    assert "stops0 since 2026-02-21, tracked as latest_30" in found["meaning"]
    assert "lives3" not in found["meaning"]
    assert "tracked as" not in sa.data_quality(data).set_index("check").loc["not_measured", "meaning"]


def test_they_take_no_part_in_forecasts_stalled_and_drift(frames, data):
    horizon = 60
    matrix, _ = build_age_matrix(data.videos, data.history, horizon=horizon, min_reach=0)
    place = matrix.ids.get_loc("stops-0-10")
    assert np.isfinite(matrix.logs[place, STOP - 10])
    assert np.isnan(matrix.logs[place, STOP - 9 :]).all()
    gone = data.videos.loc[data.videos["unmeasured_since"].notna(), "ad_id"]
    forecasts = sa.forecast_views(data, horizon=horizon, min_reach=0)
    assert not forecasts["ad_id"].isin(gone).any()
    assert forecasts["ad_id"].str.startswith("lives").any()
    assert rank_outliers(data).attrs["drift"] < rank_outliers(unaware(data)).attrs["drift"]
    # videos of 14 days and more that broke off a week ago
    young = prepare(*simulate(["stops", *["lives"] * 3], seed=1, older=45, scale=10))
    end = date(2026, 2, 28)
    judged = [
        judge_paces(each.until(end).videos, each.until(end).history, end=day_number(end))
        for each in (young, unaware(young))
    ]
    assert not judged[0]["ad_id"].str.startswith("stops-0-3").any()
    slow = judged[1].loc[judged[1]["ratio"] < SLOW, "ad_id"]
    assert slow.str.startswith("stops-0-3").sum() == 10


def test_a_past_day_does_not_know_what_stood_still_only_later(data):
    day = FIRST + pd.Timedelta(days=STOP)
    marked = [
        int(data.until((day + pd.Timedelta(days=after)).date()).videos["unmeasured_since"].notna().sum())
        for after in (0, 6, 7)
    ]
    assert marked[0] <= marked[1] < marked[2]
    rolled = data.until(day.date()).videos
    assert not rolled.loc[rolled["username"] == "stops0", "unmeasured_since"].notna().any()


def test_the_demo_has_none_and_a_frame_without_days_is_no_trouble():
    demo = demo_organisation()
    assert prepare(demo.videos, demo.history).videos["unmeasured_since"].isna().all()
    videos, history = simulate(["stops"], uploads=6)
    assert prepare(videos).videos["unmeasured_since"].isna().all()
    assert prepare(videos, history.head(0)).videos["unmeasured_since"].isna().all()
    assert prepare(videos.head(0), history).videos["unmeasured_since"].isna().all()
    nameless = videos.assign(uploaded_at=pd.NaT, linked_account_id=None)
    assert prepare(nameless.astype(videos.dtypes.to_dict()), history).videos["unmeasured_since"].isna().all()
