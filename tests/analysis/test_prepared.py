"""One value for prepared data: taken by every analysis, the same results, and one sentence for a frame that is none."""

import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

import shortimize_analytics as sa
from shortimize_analytics.analysis import prepared
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import HISTORY, VIDEOS, empty
from shortimize_analytics.simulator import demo_organisation

DEMO = demo_organisation()
BOTH = (DEMO.videos, DEMO.history)
ANALYSES = {
    "rank_outliers": {},
    "growth_curves": {"by": "platform"},
    "growth_metrics": {},
    "time_to_views": {},
    "forecast_views": {},
    "compare_labels": {"outcome": "views", "at_age": 7},
    "weekday_effect": {},
    "views_over_time": {"freq": "M"},
    "top_videos": {"start": "2026-11-01", "end": "2026-11-15"},
    "data_quality": {},
}


@pytest.fixture(scope="module")
def data():
    return sa.prepare(*BOTH)


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_says_the_same_of_prepared_data_as_of_frames(data, name):
    analyse = getattr(sa, name)
    pd.testing.assert_frame_equal(analyse(data, **ANALYSES[name]), analyse(*BOTH, **ANALYSES[name]))


def test_a_period_of_prepared_data_is_that_of_frames(data):
    ours, plain = (sa.period_summary(*given, end="2026-11-22", label="Hooks v2") for given in ((data,), BOTH))
    for name in ("totals", "series", "movers", "outliers", "labels", "forecasts"):
        pd.testing.assert_frame_equal(getattr(ours, name), getattr(plain, name))


def test_a_history_beside_prepared_data_and_a_missing_one_are_refused(data):
    with pytest.raises(InvalidParameterError, match="leave it out"):
        sa.rank_outliers(data, DEMO.history)
    with pytest.raises(InvalidParameterError, match="this needs a history"):
        sa.growth_curves(DEMO.videos)
    with pytest.raises(InvalidParameterError, match="this needs a history"):
        sa.forecast_views(replace(data, history=None))


def test_what_was_left_out_is_told_with_its_reason(data):
    told = data.left_out.set_index(["table", "reason"])["n"]
    excluded = data.videos["excluded"].value_counts()
    assert told["videos"].drop("collaboration_copy").to_dict() == excluded.to_dict()
    assert told["videos", "collaboration_copy"] == (~data.videos["counts_in_totals"]).sum()


def test_a_part_counts_its_own_copies_and_a_past_day_knows_nothing_later(data):
    some = (data.videos["username"] == data.videos["username"].iloc[0]).to_numpy(dtype=bool)
    part = data.part(some).videos
    expected = sa.prepare(DEMO.videos.loc[some].reset_index(drop=True)).videos
    pd.testing.assert_frame_equal(part, expected)
    then = data.until(date(2026, 10, 31))
    assert then.history["date"].max() == pd.Timestamp("2026-10-31")
    counted = then.videos[then.videos["ad_id"].isin(then.history["ad_id"])]
    assert counted["latest_updated_at"].max() < pd.Timestamp("2026-11-01", tz="UTC")


CSV = DEMO.videos.assign(uploaded_at=DEMO.videos["uploaded_at"].astype("str"))
FRAMES = {
    "swapped": ((DEMO.history, DEMO.videos), "videos and history are swapped: pass videos first, history second"),
    "a history": ((DEMO.history,), r"videos is a history \(date, views\): pass the frame of load_videos first"),
    "videos twice": ((DEMO.videos, DEMO.videos), "history is a frame of videos: pass the frame of load_history second"),
    "foreign": ((pd.DataFrame({"id": [1]}),), "videos lacks the columns ad_id, platform, uploaded_at, latest_views"),
    "from a CSV": ((CSV, DEMO.history), r"videos\['uploaded_at'\] has dtype str .* pd.to_datetime\(videos"),
    "text counts": (
        (DEMO.videos, DEMO.history.assign(views="many")),
        r"history\['views'\] has dtype str, as text .* pd.to_numeric\(history\['views'\]\)",
    ),
    "naive instants": (
        (DEMO.videos.assign(latest_updated_at=DEMO.videos["latest_updated_at"].dt.tz_localize(None)),),
        r"must hold instants in UTC: convert it with pd.to_datetime\(.*utc=True\)",
    ),
    "zoned days": (
        (DEMO.videos, DEMO.history.assign(date=DEMO.history["date"].dt.tz_localize("UTC"))),
        r"dt.tz_localize\(None\)",
    ),
    "two columns of one name": (
        (pd.concat([DEMO.videos, DEMO.videos[["title"]]], axis=1),),
        "videos has two columns 'title': drop one",
    ),
    "a list": (([1, 2],), "videos is a list: pass the frame of load_videos"),
}


@pytest.mark.parametrize("case", FRAMES)
@pytest.mark.parametrize("analyse", [sa.prepare, sa.rank_outliers, sa.data_quality])
def test_a_frame_that_is_none_gets_one_sentence_with_the_remedy(analyse, case):
    given, said = FRAMES[case]
    with pytest.raises(InvalidParameterError, match=said):
        analyse(*given)


def test_the_remedies_mend(data):
    mended = CSV.assign(uploaded_at=pd.to_datetime(CSV["uploaded_at"]))
    ours = sa.rank_outliers(mended, DEMO.history)
    pd.testing.assert_frame_equal(ours, sa.rank_outliers(data), check_dtype=False)


def test_a_report_and_a_period_prepare_videos_once_and_history_once(monkeypatch):
    made = []
    for name in ("prepare_videos", "prepare_history"):
        real = getattr(prepared, name)

        def counted(*frames, real=real, name=name, **options):
            made.append(name)
            return real(*frames, **options)

        monkeypatch.setattr(prepared, name, counted)
    sa.period_summary(*BOTH, end="2026-11-22")
    assert made == ["prepare_videos", "prepare_history"]
    made.clear()
    for part in ({}, {"label": "Hooks v2"}):
        sa.compose_report(*BOTH, end="2026-11-22", allow_partial=True, **part)
        assert made == ["prepare_videos", "prepare_history"]
        made.clear()


def test_empty_frames_are_prepared(data):
    nothing = sa.prepare(empty(VIDEOS), empty(HISTORY))
    assert len(nothing.videos) == len(nothing.history) == len(nothing.left_out) == 0


def test_no_result_carries_more_than_notes_in_its_attrs(data):
    """pandas copies attrs at each access to a frame: what is large there costs every step."""
    results = [data.videos, data.history, sa.rank_outliers(data), sa.forecast_views(data), sa.compare_labels(data)]
    assert max(len(json.dumps(frame.attrs, default=str)) for frame in results) < 5_000
