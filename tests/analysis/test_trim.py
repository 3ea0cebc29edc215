"""A huge history is cut to what a summary needs: the accounts stay the same to the view, and no early day is lost.

Histories are random: gaps, falls, late tracking, removed videos, videos without a day of upload.
"""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from shortimize_analytics.analysis.periods import reference
from shortimize_analytics.analysis.periods.summary import period_summary
from shortimize_analytics.analysis.periods.trim import LEARNING_AGE, needed_rows
from shortimize_analytics.schema import HISTORY, VIDEOS, cast

END = pd.Timestamp("2026-03-15")
EXACT = ("totals", "previous", "series", "movers", "waterfall", "new_uploads", "revived")


def organisation(seed=0, videos=70):
    rng = np.random.default_rng(seed)
    rows, points = [], []
    for i in range(videos):
        age = int(rng.integers(0, 400))
        uploaded = END - pd.Timedelta(days=age)
        rows.append(
            {
                "ad_id": f"v{i:03}",
                "platform": "tiktok",
                "linked_account_id": f"a{i % 5}",
                "username": f"user{i % 5}",
                "uploaded_at": None if i % 20 == 19 else str(uploaded.date()),
                "latest_updated_at": "2026-03-20T08:00:00Z",
                "latest_views": 10**6,
                "video_length": 9,
                "removed": bool(rng.random() < 0.1),
            }
        )
        first = int(rng.choice([0, 0, 0, 50]))
        seen = np.flatnonzero(rng.random(max(age + 5, 1)) < rng.choice([0.5, 0.97]))
        seen = seen[seen >= first]
        views = np.cumsum(rng.poisson(40_000 / (1 + seen) ** 1.3 + 9)) - 60 * (rng.random(len(seen)) < 0.03)
        days = uploaded + pd.to_timedelta(seen, unit="D")
        points += [
            {"ad_id": f"v{i:03}", "date": str(day.date()), "views": max(0, int(count))}
            for day, count in zip(days, views, strict=True)
        ]
    return cast(rows, VIDEOS)[0], cast(points, HISTORY)[0]


@pytest.mark.filterwarnings("ignore::shortimize_analytics.errors.DataQualityWarning")
@pytest.mark.parametrize(
    "options",
    [{}, {"period": "month"}, {"account": "user2"}, {"start": "2026-03-11", "compare": ("2025-09-01", "2025-09-05")}],
    ids=["week", "month", "account", "compared with a time long ago"],
)
def test_the_accounts_of_a_cut_history_are_those_of_the_whole(options, monkeypatch):
    videos, history = organisation()
    whole = period_summary(videos, history, end=END.date(), periods=4, **options)
    monkeypatch.setattr(reference, "HUGE", 0)
    cut = period_summary(videos, history, end=END.date(), periods=4, **options)
    for name in EXACT:
        assert_frame_equal(getattr(whole, name), getattr(cut, name))
    same = ["ad_id", "views", "gain_7d", "n_peers", "notes"]
    assert_frame_equal(
        whole.outliers[same].sort_values("ad_id"), cut.outliers[same].sort_values("ad_id"), check_like=True
    )
    assert cut.quality["n_history_rows"] == whole.quality["n_history_rows"] == len(history)
    assert [note for note in cut.quality["notes"] if f"of {len(history):,} rows" in note]
    assert not [note for note in whole.quality["notes"] if "rows" in note]


def test_what_is_left_is_the_first_row_the_first_month_and_the_weeks_shown():
    videos, history = organisation(seed=1)
    since = (pd.Timestamp("2026-02-01") - pd.Timestamp(0)).days
    kept = needed_rows(history, videos, since=since)
    assert kept.index.is_monotonic_increasing
    assert len(kept) < 0.6 * len(history)
    left_out = history.drop(kept.index).merge(videos[["ad_id", "uploaded_at"]], on="ad_id")
    assert not ((left_out["date"] - left_out["uploaded_at"]).dt.days <= LEARNING_AGE).any()
    assert (left_out["date"] < "2026-02-01").all()
    assert kept.groupby("ad_id")["date"].min().equals(history.groupby("ad_id")["date"].min())
    before = [frame[frame["date"] <= "2026-02-01"].groupby("ad_id")["date"].max() for frame in (kept, history)]
    assert before[0].equals(before[1])


def test_ids_may_be_categories_and_rows_out_of_order_stay_whole():
    videos, history = organisation(seed=2)
    kept = needed_rows(history, videos, since=20_500)
    coded = history.assign(ad_id=history["ad_id"].astype("category"))
    assert needed_rows(coded, videos, since=20_500).index.equals(kept.index)
    shuffled = history.sample(frac=1, random_state=0)
    assert needed_rows(shuffled, videos, since=20_500) is shuffled


@pytest.mark.filterwarnings("ignore::shortimize_analytics.errors.DataQualityWarning")
def test_a_history_whose_ids_are_categories_gives_the_same_summary():
    videos, history = organisation(seed=3)
    plain = period_summary(videos, history, end=END.date())
    coded = period_summary(videos, history.assign(ad_id=history["ad_id"].astype("category")), end=END.date())
    for name in (*EXACT, "outliers", "labels", "forecasts", "stalled"):
        assert_frame_equal(getattr(plain, name), getattr(coded, name))
