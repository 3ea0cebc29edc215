"""Columns are reached as `frame.NAME` and `row.NAME`, and every table of videos says which videos, in words."""

import pandas as pd
import pytest
from reports import organisation

import shortimize_analytics as sa
from shortimize_analytics.report.workbook_and_json import report_tables
from shortimize_analytics.schema import TABLES as EVERY_TABLE
from shortimize_analytics.schema import empty, money_tables
from shortimize_analytics.schema.columns import VIDEO, Table, table

NAMES = [column.name for column in VIDEO]
OF_THE_API = {"labels": {"name"}}
"""Fields that keep the API's name. `frame.name` is the column; only one row taken out alone has a `name` of its own."""
NOT_VIDEOS = {
    "history": "one row per video and day, by the million: joined with the videos by ad_id",
    "tracking": "one row per link, which is named by itself; the API says no more of it",
    "coverage": "what the archive keeps about its own files",
}
TAKEN = {name for kind in (pd.DataFrame, pd.Series, tuple) for name in dir(kind)} | {"name", "Index"}
"""What pandas' frames, single rows and rows of `itertuples` have of their own; a row's `name` is no class attribute."""

# files that a creator verifies: their columns are those of the payouts' own specification, `clip` and `name` among them
MONEY = {one.name for one in vars(money_tables).values() if isinstance(one, Table)}
TABLES = {name: one for name, one in EVERY_TABLE.items() if name not in MONEY}


def unreachable(frame):
    """Columns that `frame.NAME`, or `row.NAME`, does not reach."""
    return {str(name) for name in frame.columns if name in TAKEN or not str(name).isidentifier()}


@pytest.fixture(scope="module")
def small():
    return organisation(60, accounts=3)


@pytest.fixture(scope="module")
def report(small):
    return sa.compose_report(*small, end="2026-03-15", allow_partial=True)


@pytest.fixture(scope="module")
def results(small, report):
    """One result of every analysis whose rows are videos."""
    videos, history = small
    before = videos.assign(username="old." + videos["username"], latest_views=videos["latest_views"] + 1).iloc[:-2]
    return {
        "outliers": sa.rank_outliers(videos, history),
        "growth_metrics": sa.growth_metrics(videos, history),
        "growth_fits": sa.fit_growth(videos.head(9), history),
        "forecasts": sa.forecast_views(videos, history),
        "top_videos": sa.top_videos(videos, history, start="2026-03-09", end="2026-03-15"),
        "gain_shares": sa.gain_shares(report.summary.movers),
        "video_table": sa.video_table(videos, history),
        "snapshot_changes": sa.compare_snapshots(before, videos),
        **{name: getattr(report.summary, name) for name in ("movers", "outliers", "revived", "forecasts", "stalled")},
    }


@pytest.mark.parametrize("about", TABLES.values(), ids=lambda about: about.name)
def test_no_column_is_named_like_what_pandas_has_of_its_own(about):
    assert unreachable(empty(about)) == OF_THE_API.get(about.name, set())
    assert not {*about.names} & {*dir(pd.DataFrame)}


@pytest.mark.parametrize("about", TABLES.values(), ids=lambda about: about.name)
def test_a_column_is_an_attribute_of_its_frame(about):
    frame = empty(about)
    for name in about.names:
        pd.testing.assert_series_equal(getattr(frame, name), frame[name])


def test_frames_without_a_table_of_their_own_have_such_columns_too(small, report):
    ready = sa.prepare(*small)
    frames = [ready.videos, ready.history, ready.left_out, *(sheet.frame for sheet in report_tables(report))]
    assert [unreachable(frame) for frame in frames] == [set()] * len(frames)


@pytest.mark.parametrize("about", [one for one in TABLES.values() if "ad_id" in one.names], ids=lambda one: one.name)
def test_a_table_of_videos_has_title_account_platform_and_link_side_by_side(about):
    """The videos themselves keep the API's order."""
    if about.name in ("videos", "api_videos"):
        assert {*NAMES} <= {*about.names}
    elif about.name in NOT_VIDEOS:
        assert about.row.startswith(("one video on one day", "one link", "one video that the archive knows"))
    else:
        first = about.names.index("ad_id")
        assert about.columns[first : first + len(VIDEO)] == VIDEO


def test_every_table_of_videos_is_tried_here(results):
    declared = {name for name, about in TABLES.items() if "ad_id" in about.names}
    declared -= {"videos", "api_videos", *NOT_VIDEOS}
    weekly = {f"weekly_{name}" for name in ("movers", "forecasts", "stalled")}
    assert declared == {*results} - {"top_videos", "movers", "revived", "stalled"} | weekly


def test_each_row_names_its_own_video(small, results):
    known = small[0].set_index("ad_id")
    for name, found in results.items():
        if name in {"revived", "stalled"}:  # of which a small organisation may have none
            assert {*NAMES} <= {*found.columns}
            continue
        assert len(found), name
        for column in NAMES[1:]:
            assert found[column].tolist() == known[column].reindex(found["ad_id"]).tolist(), (name, column)


def test_the_workbooks_sheets_of_videos_name_them(report):
    sheets = {sheet.name: sheet.frame for sheet in report_tables(report) if "ad_id" in sheet.frame}
    assert {"movers", "outliers", "forecasts", "revived", "stalled", "videos"} <= {*sheets}
    assert all({*NAMES} <= {*frame.columns} for frame in sheets.values())
    assert sheets["outliers"]["title"].str.startswith("clip ").all()
    assert sheets["outliers"]["ad_link"].str.startswith("https://").all()


def test_what_the_videos_lack_is_not_known_and_no_error(small):
    videos, history = small
    videos, known = videos.drop(columns=["title", "username", "ad_link"]), videos["platform"]
    week = sa.period_summary(videos, history, end="2026-03-15")
    found = [
        sa.rank_outliers(videos, history),
        sa.growth_metrics(videos, history),
        sa.fit_growth(videos.head(2), history),
        sa.forecast_views(videos, history),
        sa.top_videos(videos, history, start="2026-03-09", end="2026-03-15"),
        sa.gain_shares(week.movers),
        week.movers, week.forecasts, week.stalled, week.outliers, week.revived,
    ]  # fmt: skip
    for frame in found:
        assert frame[["title", "username", "ad_link"]].isna().all(axis=None)
        assert {*frame["platform"].dropna()} <= {*known}


def test_a_starred_line_stands_for_the_names_of_a_video():
    made = table("x", "one video", "n | Int32 | count |\n*video\nviews | Int64 | views |")
    assert made.names == ["n", *NAMES, "views"]
