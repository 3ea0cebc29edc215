"""Rows that repeat: the server's own are kept once, on whatever page they come; those that stand for others are not.

The served list counts its repeats, as the API did where 15 of 3,045 rows came twice on every walk.
"""

import json
from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import AS_OF, KEY, connect, small_organisation
from played_faults import fault

import shortimize_analytics as sa
from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Call
from shortimize_analytics.errors import DataQualityWarning, IncompleteDataError
from shortimize_analytics.simulator import Service, serve
from shortimize_analytics.simulator.faults import Reply

pytestmark = pytest.mark.usefixtures("now")


class Listed(Service):
    """Serve rows in the order given, or from its other end; `cut` changes what a page holds."""

    def __init__(self, ids, *, cut=lambda rows: rows, announced=None):
        super().__init__(small_organisation(1), limit_requests=False)
        self.ids, self.cut, self.announced = ids, cut, announced

    def _answer(self, method, path, *, query, **rest):
        asked = dict(pair.split("=") for pair in query.split("&"))
        page, limit = int(asked["page"]), int(asked["limit"])
        ids = self.ids if asked["order_direction"] == "asc" else self.ids[::-1]
        rows = [
            {"ad_id": ad_id, "latest_views": 1, "label_ids": [], "label_names": []}
            for ad_id in self.cut(ids[(page - 1) * limit : page * limit])
        ]
        total = len(self.ids) if self.announced is None else self.announced
        pagination = {"total": total, "page": page, "limit": limit}
        return Reply(200, {}, json.dumps({"data": rows, "pagination": pagination}).encode())


def load(service, **options):
    with serve(service) as server, connect(server, data_dir=options.pop("data_dir", None)) as client:
        return sa.load_videos(client, **options), server.log


FIRST_PAGE = {"limit": 5000, "order_by": "created_at", "order_direction": "asc", "page": 1}
IDS = [f"v{number:02d}" for number in range(40)]


@given(
    repeated=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), min_size=1, max_size=6),
    page_size=st.integers(3, 50),
)
@settings(max_examples=15)
def test_rows_that_the_server_repeats_are_kept_once_wherever_they_stand(tmp_path_factory, repeated, page_size):
    ids = list(IDS)
    for which, where in repeated:
        ids.insert(where, IDS[which])
    with pytest.warns(DataQualityWarning) as said:
        videos, _ = load(Listed(ids), page_size=page_size, data_dir=tmp_path_factory.mktemp("data"))
    assert sorted(videos["ad_id"]) == IDS
    assert videos.attrs["quality"]["duplicates"] == len(repeated)
    assert set(videos.attrs["quality"]["evidence"]["duplicates"]) == {IDS[which] for which, _ in repeated}
    (text,) = [str(one.message) for one in said]
    count = len(repeated)
    assert f"announced {40 + count} videos, but {count} of its rows are repeats" in text
    assert "40 in all" in text


def test_fewer_walks_than_that_do_not_show_it_and_a_second_load_costs_nothing():
    service = Listed([*IDS, IDS[7]])
    with pytest.warns(DataQualityWarning, match="repeats"):
        _, log = load(service)
    assert ["order_direction=asc" in entry.query for entry in log] == [True, False]
    with serve(service) as server, connect(server) as client:
        before = len(server.log)
        with pytest.warns(DataQualityWarning, match="repeats"):
            sa.load_videos(client)
        with pytest.warns(DataQualityWarning, match="repeats"):
            sa.load_videos(client)
        assert len(server.log) - before == 2
    with connect(server, offline=True) as client, pytest.warns(DataQualityWarning, match="repeats"):
        assert len(sa.load_videos(client)) == 40


def test_offline_one_walk_alone_proves_nothing():
    service = Listed([*IDS, IDS[7]])
    with serve(service) as server, connect(server) as client:
        client.get(Call(contract.LIST_VIDEOS, params=FIRST_PAGE))
        with connect(server, offline=True) as offline, pytest.raises(IncompleteDataError, match="40 videos arrived"):
            sa.load_videos(offline)


@pytest.mark.parametrize("page_size", [7, 12])
def test_rows_that_repeat_in_place_of_others_are_an_error(page_size):
    """Each page gives its first row twice and lacks its last one: from the other end it lacks others."""
    service = Listed(IDS, cut=lambda rows: rows[:1] + rows[:-1])
    with pytest.raises(IncompleteDataError, match="more were repeats"):
        load(service, page_size=page_size)


def test_repeats_that_do_not_fill_the_announced_length_are_an_error():
    with pytest.raises(
        IncompleteDataError, match=r"40 videos arrived \(1 more were repeats\), but the API announced 45"
    ):
        load(Listed([*IDS, IDS[7]], announced=45))


def test_a_short_page_in_the_middle_ends_no_walk():
    """Page 2 holds nine rows of ten: the pages that were announced are read, all of them."""
    service = Listed(IDS[:30], cut=lambda rows: [ad_id for ad_id in rows if ad_id != "v15"], announced=29)
    videos, _ = load(service, page_size=10)
    assert videos["ad_id"].tolist() == [ad_id for ad_id in IDS[:30] if ad_id != "v15"]


@pytest.mark.parametrize("announced", [39, 41])
def test_more_videos_than_announced_are_as_little_the_list_as_fewer(announced):
    with pytest.raises(IncompleteDataError, match=f"40 videos arrived, but the API announced {announced}"):
        load(Listed(IDS, announced=announced))


def test_the_newer_state_of_a_repeated_video_is_kept_in_order_of_creation(simulator):
    organisation = small_organisation(12)
    older = organisation.videos.iloc[[4]].assign(latest_views=1, latest_updated_at=pd.Timestamp(AS_OF) - timedelta(1))
    organisation.videos = pd.concat([organisation.videos, older], ignore_index=True)
    with (
        simulator(organisation=organisation) as server,
        connect(server) as client,
        pytest.warns(DataQualityWarning, match="1 of its rows are repeats"),
    ):
        videos = sa.load_videos(client, page_size=5)
    assert videos["ad_id"].tolist() == [f"id-{number:03d}" for number in range(12)]
    assert videos["latest_views"].tolist()[4] == 500


def test_a_shortfall_that_passes_in_between_is_not_taken_for_repeats(simulator):
    organisation = small_organisation(12)
    with simulator(organisation=organisation) as server, connect(server) as client:
        server.service.faults[:] = [fault("repeated:times=1")]
        assert len(sa.load_videos(client)) == 12
        assert KEY not in str(server.log)
