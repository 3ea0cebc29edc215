"""The tables of a week: comparisons, concentration, engagement, movers, waterfall and series."""

import numpy as np
import pandas as pd
import pytest
from weekly_frames import END, account_for, book_of, iso, make_history, make_videos, number, steady, week_of

from shortimize_analytics.analysis.periods.tables import concentration, movers, series, totals, waterfall
from shortimize_analytics.schema import HISTORY, cast


def test_comparisons_use_whole_earlier_weeks_and_need_growth():
    gains = {week: 10 * (week + 1) for week in range(10)}  # per day, 0 = this week
    values, total = {}, 0
    for day in range(-56, 15):
        total += gains[(14 - day) // 7] if day > -56 else 5000
        values[day] = total
    table, _ = account_for(make_videos({}), {"v0": values})
    assert table.loc[0, "views_gained"] == 70
    assert table.loc[0, "vs_prev"] == pytest.approx(10 / 20 - 1)
    assert table.loc[0, "vs_median8"] == pytest.approx(10 / 55 - 1)
    flat, _ = account_for(make_videos({}), {"v0": dict.fromkeys(range(-20, 8), 5) | steady(8, 20)})
    assert flat.loc[0, ["vs_prev", "vs_median8"]].isna().all()
    fallen, _ = account_for(make_videos({}), {"v0": {day: 900 - day for day in range(-20, 8)} | steady(8, 20)})
    assert fallen.loc[0, ["vs_prev", "vs_median8"]].isna().all()
    short, _ = account_for(make_videos({}), {"v0": steady(0, 20)})
    assert short.loc[0, "vs_prev"] == 0
    assert pd.isna(short.loc[0, "vs_median8"])


def test_an_account_added_last_week_is_not_compared_with_its_first_days():
    points = {"v0": steady(-20, 20), "v1": steady(3, 20)}
    table, _ = account_for(make_videos({}, {"linked_account_id": "b"}), points)
    by_key = table[table["scope"] == "account"].set_index("key")["vs_prev"]
    assert by_key["a"] == pytest.approx(0)
    assert pd.isna(by_key["b"])


def test_concentration_follows_textbook_values():
    top, gini = concentration(np.array([1, 2, 3, 4, -9, 0]), np.zeros(6, dtype=int), size=1)
    assert (top[0], gini[0]) == pytest.approx((1.0, 0.25))
    gains = np.r_[np.full(10, 100), np.full(90, 1), 7]
    top, gini = concentration(gains, np.r_[np.zeros(100, dtype=int), 1], size=3)
    assert top[:2] == pytest.approx([1000 / 1090, 1.0])
    assert gini[1] == 0
    assert np.isnan(top[2])
    assert np.isnan(gini[2])


def test_engagement_is_pooled_over_videos_that_show_it():
    days = [{"ad_id": f"v{i}", "date": iso(day), "views": 1000 + day} for i in range(4) for day in (0, 7, 14)]
    days[2] |= {"likes": 50, "comments": 5, "shares": 2}
    days[5] |= {"likes": 10, "comments": 1}  # a platform that gives no shares
    days[8] |= {"likes": 10}
    days[11] |= {"likes": 900, "comments": 1}
    videos = make_videos({}, {}, {}, {"hidden_stats": True})
    counted = book_of(videos, cast(days, HISTORY)[0])
    table = totals(counted, [week_of(counted, number(END))])
    assert table.loc[0, "er_view"] == pytest.approx(68 / 2028)
    assert table.loc[0, "n_active"] == 4


def test_movers_rank_by_gain_and_share_the_positive_gains():
    points = {"v0": steady(0, 20), "v1": {9: 5, 14: 930}, "v2": {0: 90, 7: 90, 14: 60}, "v3": steady(0, 20, gain=0)}
    videos = make_videos({"title": "old"}, {"uploaded_at": iso(9)}, {}, {})
    counted = book_of(videos, make_history(points))
    found = movers(counted, week_of(counted, number(END)))
    assert found["ad_id"].tolist() == ["v1", "v0", "v2"]
    assert found["gain"].tolist() == [930, 70, -30]
    assert found["share"].tolist()[:2] == pytest.approx([0.93, 0.07])
    assert pd.isna(found["share"].iloc[2])
    assert found["is_new"].tolist() == [True, False, False]
    assert found["age_days"].tolist() == [5, 44, 44]
    assert found["views"].tolist() == [930, 1140, 60]


def test_the_waterfall_leads_from_last_week_to_this_one():
    points = {"v0": steady(-10, 20), "v1": steady(2, 20, start=0, gain=30), "v2": steady(9, 20, start=0, gain=50)}
    points["v3"] = steady(10, 20, start=0, gain=70)
    videos = make_videos({}, {"uploaded_at": iso(2)}, {"uploaded_at": iso(9)}, {"uploaded_at": iso(10)})
    counted = book_of(videos, make_history(points))
    steps = waterfall(week_of(counted, number(END)), week_of(counted, number(END) - 7)).set_index("step")["views"]
    assert steps["Last week"] == 70 + 150
    assert steps["This week"] == 70 + 210 + 250 + 280
    assert steps.iloc[:-1].sum() == steps["This week"]
    assert steps["New uploads: number"] == round((2 - 1) * (150 + 265) / 2)
    assert steps["Back catalogue"] == 210


def test_series_lists_weeks_oldest_first_and_marks_what_the_history_cuts():
    counted = book_of(make_videos({}), make_history({"v0": steady(4, 17)}))
    table = series(counted, [week_of(counted, number(end)) for end in (21, 14, 7, 0)])
    assert table["end"].dt.day.tolist() == [1, 8, 15, 22]
    assert table["partial"].tolist() == [True, True, False, True]
    assert table["views_gained"].isna().tolist() == [True, False, False, False]
    assert table["views_gained"].tolist()[1:] == [30, 70, 30]
