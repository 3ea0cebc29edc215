"""Stamps of the future: no figure is newer than the answer that brought it, whoever's clock is wrong."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import AS_OF, connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.client.answers import Answer
from shortimize_analytics.client.connection import LEEWAY
from shortimize_analytics.errors import DataQualityWarning
from shortimize_analytics.loading.future import hold_back
from shortimize_analytics.schema import HISTORY, VIDEOS, cast
from shortimize_analytics.simulator import Organisation, Service, serve

pytestmark = pytest.mark.usefixtures("now")


def organisation(**changes):
    """Four videos, of which the last has other values."""
    base = small_organisation(4, days=3)
    for name, value in changes.items():
        base.videos.loc[3, name] = value
    return base


def load(served, **options):
    with serve(Service(served, limit_requests=False, **options)) as server, connect(server) as client:
        return sa.load_videos(client)


@pytest.mark.parametrize("name", ["latest_updated_at", "created_at"])
def test_an_instant_of_the_future_is_taken_as_that_of_the_answer(name):
    """A report made at 6:10 said that its data were of 23:59."""
    late = pd.Timestamp("2026-11-23T23:59Z")
    with pytest.warns(
        DataQualityWarning, match=f"{name} of 1 videos lies up to 17.8 hours ahead .* e.g. id-003: taken as"
    ):
        videos = load(organisation(**{name: late}))
    at = videos.set_index("ad_id")[name]
    assert at["id-003"] == pd.Timestamp(AS_OF)
    assert (at.drop("id-003") <= pd.Timestamp(AS_OF)).all()
    quality = videos.attrs["quality"]
    assert quality["repaired"][name] == 1
    assert quality["evidence"][f"ahead_{name}"] == ["id-003"]
    assert videos["latest_views"].notna().all()


def test_a_day_of_upload_that_has_not_come_is_none():
    with pytest.warns(
        DataQualityWarning, match="uploaded_at of 1 videos lies ahead, e.g. 2062-11-23 of id-003: set to NA"
    ):
        videos = load(organisation(uploaded_at=pd.Timestamp("2062-11-23")))
    assert videos["uploaded_at"].isna().tolist() == [False, False, False, True]
    assert videos.attrs["quality"]["unreadable"]["uploaded_at"] == 1


def test_a_day_that_has_begun_elsewhere_on_earth_and_a_clock_a_little_ahead_are_honest():
    near = pd.Timestamp(AS_OF) + LEEWAY
    videos = load(organisation(uploaded_at=pd.Timestamp("2026-11-24"), latest_updated_at=near))
    assert videos["uploaded_at"].max() == pd.Timestamp("2026-11-24")
    assert videos["latest_updated_at"].max() == near


def test_where_this_machines_clock_is_behind_the_servers_counts(monkeypatch):
    """All stamps would lie ahead of a clock that stands in the year 2020; the cached answer knows the server's, too."""
    with serve(Service(organisation(), limit_requests=False)) as server:
        monkeypatch.setenv("SHORTIMIZE_NOW", "2020-01-01T00:00:00+00:00")
        for _ in range(2):
            with connect(server) as client:
                videos = sa.load_videos(client)
            assert (videos["latest_updated_at"] == pd.Timestamp(AS_OF)).all()
        assert len(server.log) == 1


@pytest.mark.parametrize("ahead", [1, 2, 400])
def test_days_of_a_history_that_have_not_begun_are_left_out_and_counted(ahead):
    base = small_organisation(2, days=3)
    day = AS_OF.date() + timedelta(days=ahead)
    extra, _ = cast([{"ad_id": "id-001", "date": day.isoformat(), "views": 9_999}], HISTORY)
    served = Organisation(base.videos, pd.concat([base.history, extra]), base.collections, base.as_of)
    service = Service(served, limit_requests=False)
    service.store.history = everything(service)
    with serve(service) as server, connect(server) as client:
        videos = sa.load_videos(client)
        if ahead == 1:
            assert len(sa.load_history(client, videos)) == 6  # it was not asked for, and is kept for tomorrow
            return
        with pytest.warns(DataQualityWarning, match="history: 1 rows of days that have not begun yet were left out"):
            history = sa.load_history(client, videos)
    assert len(history) == 6
    assert history["date"].max() == pd.Timestamp(AS_OF.date())
    assert history.attrs["quality"]["ahead"] == 1


def everything(service):
    """Serve all days of a video, whatever was asked for, as a server whose clock is ahead does."""
    history = service.store.history
    return lambda position, start, end: history(position, start, date.max.isoformat())


@given(minutes=st.lists(st.integers(-500, 500), min_size=1, max_size=8), behind=st.integers(-90, 90))
@settings(max_examples=50)
def test_after_it_nothing_lies_ahead_and_what_did_not_is_as_it_was(minutes, behind):
    stamps = [(AS_OF + timedelta(minutes=minute)).isoformat() for minute in minutes]
    rows = [{"ad_id": str(at), "latest_updated_at": stamp, "created_at": stamp} for at, stamp in enumerate(stamps)]
    videos, _ = cast([*rows, {"ad_id": "never"}], VIDEOS)
    before = videos.copy()
    answers = [Answer(b"", AS_OF + timedelta(minutes=behind), from_cache=False, server_time=AS_OF)]
    latest = pd.Timestamp(AS_OF + timedelta(minutes=max(behind, 0)))
    quality = {"repaired": {}, "unreadable": {}, "evidence": {}}
    said = hold_back(videos, answers, quality=quality, evidence=20)
    for name in ("latest_updated_at", "created_at"):
        ahead = before[name] > latest + LEEWAY
        assert (videos.loc[ahead, name] == latest).all()
        pd.testing.assert_series_equal(videos.loc[~ahead, name], before.loc[~ahead, name])
        assert quality["repaired"].get(name, 0) == ahead.sum()
        assert any(text.startswith(name) for text in said) == ahead.any()
