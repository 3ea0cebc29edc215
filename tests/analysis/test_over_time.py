"""Views and uploads over time: the same figures as the periods, days that add up, and no stretch left out."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from period_frames import PARTS, iso, organisation, summary

from shortimize_analytics.analysis.periods.over_time import top_videos, uploads_over_time, views_over_time
from shortimize_analytics.analysis.prepare import prepare_videos
from shortimize_analytics.errors import DataQualityWarning, InvalidParameterError
from shortimize_analytics.report.tables import creators_table
from shortimize_analytics.report.words import Words
from shortimize_analytics.schema import HISTORY, UPLOADS_OVER_TIME, VIDEOS, VIEWS_OVER_TIME, cast, empty


@pytest.mark.parametrize(("freq", "by"), [("W", None), ("W", "platform"), ("W", "account")])
def test_weeks_over_time_are_those_of_the_weekly_summary(freq, by):
    videos, history = organisation(seed=4)
    videos["ad_link"] = None
    table = views_over_time(videos, history, freq=freq, by=by)
    for end in (iso(21), iso(42)):
        found = summary(videos, history, end=end).totals
        rows = found[found["scope"] == (by or "all")].set_index("key").sort_index()
        here = table[table["end"] == pd.Timestamp(end)].set_index("group").sort_index()
        columns = ["views_gained", *PARTS, "views_end"]
        assert here[columns].astype(str).to_numpy().tolist() == rows[columns].astype(str).to_numpy().tolist()
        assert here["n_active"].tolist() == rows["n_active"].tolist()


def test_the_views_at_the_end_of_who_was_not_counted_then_are_not_known():
    """Neither in the totals, the workbook's sheet, nor over time, nor in the report's table: all had 0."""
    videos, history = organisation(seed=4)
    videos["ad_link"] = None
    gone = history["ad_id"].isin(videos.loc[videos["username"] == "user1", "ad_id"]) & (history["date"] > iso(38))
    found = summary(videos, history[~gone], end=iso(42)).totals.set_index("key")
    assert pd.isna(found.loc["a1", "views_end"])
    assert found.loc["a1", "views_gained"] > 0
    assert found["views_end"].drop("a1").gt(0).all()
    assert found.loc["tiktok", "views_end"] == found.loc["a0", "views_end"]
    table = views_over_time(videos, history[~gone], freq="W", by="account").set_index(["group", "end"])["views_end"]
    assert table.xs(pd.Timestamp(iso(42)), level="end").isna().tolist() == [False, True, False, False]
    shown = creators_table(found.reset_index(), Words())["rows"]
    assert [row[0][0]["text"] for row in shown if row[3][0]["text"] == "–"] == ["@user1"]


def test_days_add_up_to_weeks_and_months_and_labels_may_overlap():
    videos, history = organisation(seed=5)
    history = history[history["ad_id"].isin(videos.loc[~videos["removed"].fillna(value=False), "ad_id"])]
    days, weeks, months = (views_over_time(videos, history, freq=freq) for freq in "DWM")
    change = [
        (t["views_gained"] + t[["newly_tracked", "lost", "not_refreshed"]].sum(axis=1)).sum()
        for t in (days, weeks, months)
    ]
    assert change[0] == change[1] == change[2] == days["views_end"].iloc[-1]
    assert len(days) == (days["end"].max() - days["start"].min()).days + 1
    labels = views_over_time(videos, history, by="label_ids")
    assert set(labels["group"]) == {"L0", "L1"}
    assert weeks["partial"].tolist()[1:-1] == [False] * (len(weeks) - 2)


def test_uploads_are_counted_once_in_every_stretch_without_holes():
    videos, _ = organisation(seed=0)
    videos.loc[5, "uploaded_at"] = pd.NaT
    table = uploads_over_time(videos, freq="W", by="platform")
    assert table["n_uploads"].sum() == len(videos) - 2  # one copy of the collaboration, one without a day
    assert table.groupby("group")["start"].nunique().nunique() == 1
    assert (table["start"].dt.day_of_week == 0).all()
    assert ((table["n_uploads"] == 0) == table["views"].isna()).all()
    months = uploads_over_time(videos, freq="M")
    assert months["n_uploads"].sum() == len(videos) - 2
    assert uploads_over_time(videos).attrs["quality"]["no_upload_date"] == 1


def test_top_videos_are_the_movers_of_the_same_days():
    videos, history = organisation(seed=6)
    found = summary(videos, history, start=iso(10), end=iso(40))
    top = top_videos(videos, history, start=iso(10), end=iso(40), n=5)
    assert_frame_equal(top, found.movers[found.movers["gain"] > 0].head(5))
    with pytest.raises(InvalidParameterError, match="n=0"):
        top_videos(videos, history, start=iso(10), end=iso(40), n=0)
    with pytest.raises(InvalidParameterError, match="lies before"):
        top_videos(videos, history, start=iso(40), end=iso(10))


@pytest.mark.parametrize("by", [None, "platform", "account", "label_names"])
@pytest.mark.parametrize("which", ["nothing", "one video", "all null", "no history"])
def test_poor_data_give_the_schema_s_shape(by, which):
    videos, history = organisation(videos=3)
    videos, history = {
        "nothing": (empty(VIDEOS), empty(HISTORY)),
        "one video": (videos.iloc[:1], history[history["ad_id"] == "v00"]),
        "all null": (cast([{"ad_id": "x"}], VIDEOS)[0], cast([{"ad_id": "x"}], HISTORY)[0]),
        "no history": (videos, empty(HISTORY)),
    }[which]
    for out, table in (
        (views_over_time(videos, history, by=by), VIEWS_OVER_TIME),
        (uploads_over_time(videos, by=by), UPLOADS_OVER_TIME),
    ):
        assert out.dtypes.astype(str).to_dict() == empty(table).dtypes.astype(str).to_dict()
        assert (len(out) > 0) == (which == "one video" or (which == "no history" and table is UPLOADS_OVER_TIME))
    assert len(top_videos(videos, history, start=iso(1), end=iso(2))) <= 1


def test_frames_put_together_whose_row_names_repeat_give_identical_tables():
    videos, history = organisation()
    videos = videos[prepare_videos(videos)["dup_group"].isna()].reset_index(drop=True)
    twice = pd.concat([videos.iloc[:9], videos.iloc[9:].reset_index(drop=True)])
    assert not twice.index.is_unique
    assert_frame_equal(views_over_time(twice, history), views_over_time(videos, history))
    assert_frame_equal(summary(twice, history).totals, summary(videos, history).totals)


def test_shuffled_rows_give_identical_tables():
    videos, history = organisation(seed=7)
    mixed = videos.sample(frac=1, random_state=1), history.sample(frac=1, random_state=2)
    assert_frame_equal(
        views_over_time(videos, history, by="label_ids"), views_over_time(mixed[0], mixed[1], by="label_ids")
    )
    assert_frame_equal(uploads_over_time(videos, by="platform"), uploads_over_time(mixed[0], by="platform"))


@pytest.mark.parametrize("options", [{"freq": "Y"}, {"by": "mood"}])
def test_bad_options_over_time_are_named(options):
    videos, history = organisation(videos=3)
    with pytest.raises(InvalidParameterError, match=str(next(iter(options.values())))):
        views_over_time(videos, history, **options)
    with pytest.raises(InvalidParameterError, match=str(next(iter(options.values())))):
        uploads_over_time(videos, **options)


@pytest.mark.parametrize("day", ["1970-01-01", "1901-12-13", "2004-12-31"])
def test_an_upload_before_there_were_videos_is_left_out_counted_and_named(day):
    row = {"platform": "tiktok", "latest_views": 90, "video_length": 9, "latest_updated_at": "2026-03-20"}
    rows = [row | {"ad_id": f"v{place}", "uploaded_at": f"2026-03-0{place}"} for place in range(2, 6)]
    videos, _ = cast([*rows, row | {"ad_id": "old", "uploaded_at": day}], VIDEOS)
    with pytest.warns(DataQualityWarning, match=f"1 video.s. uploaded before 2005 were left out, e.g. old of {day}"):
        found = uploads_over_time(videos, freq="D")
    assert found["n_uploads"].tolist() == [1, 1, 1, 1]
    assert found.attrs["quality"]["impossible_upload_date"] == 1
