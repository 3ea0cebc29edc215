"""A score is of a stated moment: the same counts give the same score wherever and whenever it is shown."""

import pandas as pd
import pytest
from outlier_frames import NOW, histories, simulated

from shortimize_analytics.analysis.base.calendar import day_number
from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.analysis.periods.reference import reference_at
from shortimize_analytics.analysis.prepared import prepare
from shortimize_analytics.errors import InvalidParameterError

DAY = pd.Timedelta(days=1)
ENDED = (NOW - DAY).date()


@pytest.fixture(scope="module")
def morning():
    """Counts of the night after the last full day: no views more, but every video seems a day older."""
    videos, _ = simulated(1, accounts=30, most=20)
    history = histories(videos, days=20)
    history = history[history["date"] < NOW]
    last = history.groupby("ad_id")["views"].last()
    counted = last.reindex(videos["ad_id"]).fillna(videos.set_index("ad_id")["latest_views"]).astype("Int64").array
    fetched = pd.Timestamp(NOW + pd.Timedelta(hours=6), tz="UTC").as_unit("us")
    return videos.assign(latest_views=counted, fetched_at=fetched), history


def scores(table):
    return table.set_index("ad_id")[["mult", "mult_lo", "mult_hi", "position", "age_days", "views", "counted_on"]]


def test_a_report_that_ends_on_the_last_full_day_shows_the_same_scores(morning):
    data = prepare(*morning)
    report = scores(reference_at(data, end=day_number(ENDED), seed=0, whole_rows=None).ranked)
    everyone = scores(rank_outliers(data))
    pd.testing.assert_frame_equal(everyone.loc[report.index], report)
    assert set(everyone.loc[everyone["mult"].notna(), "counted_on"]) == {pd.Timestamp(ENDED)}


def test_the_counts_of_the_day_in_progress_change_no_score(morning):
    videos, history = morning
    begun = history.groupby("ad_id", as_index=False).last().assign(date=NOW)
    begun["views"] += 3
    later = pd.concat([history, begun]).astype({"date": "datetime64[us]"})
    grown = videos.assign(latest_views=videos["latest_views"] + 3)
    pd.testing.assert_frame_equal(scores(rank_outliers(grown, later)), scores(rank_outliers(videos, history)))


def test_scores_of_a_past_day_know_nothing_of_later_ones(morning):
    data, end = prepare(*morning), ENDED - pd.Timedelta(days=5)
    past = rank_outliers(data, end=end)
    pd.testing.assert_frame_equal(past.dropna(subset="mult"), rank_outliers(data.until(end)).dropna(subset="mult"))
    later = data.videos["uploaded_at"] > pd.Timestamp(end)
    assert past["notes"].eq("uploaded_later").sum() == later.sum() > 0
    assert past.attrs["params"]["end"] == end.isoformat()


def test_a_history_that_ended_long_ago_does_not_turn_the_clock_back(morning):
    videos, history = morning
    old = history[history["date"] < NOW - 5 * DAY]
    assert rank_outliers(videos, old)["counted_on"].dropna().eq(NOW).all()
    with pytest.raises(InvalidParameterError, match="end="):
        rank_outliers(videos, end=ENDED)
