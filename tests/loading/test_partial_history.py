"""Histories that cannot be had, while all others can: the rest is loaded, what failed is named and asked for again."""

import json
import threading
from datetime import timedelta

import pandas as pd
import pytest
from organisations import AS_OF, connect, load_both, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.errors import ApiError, AuthenticationError, DataQualityWarning, RateLimitError, ServerError
from shortimize_analytics.loading.history import TROUBLE_OF_ALL
from shortimize_analytics.simulator import Service, parse_fault, serve

pytestmark = pytest.mark.usefixtures("now")


def broken(*ids, status="500"):
    return [f"{status}:path=/videos/{ad_id}/history" for ad_id in ids]


@pytest.mark.parametrize(
    ("fault", "why"),
    [("500", "500"), ("503", "503"), ("html", "200"), ("truncated", "200"), ("shape", "200"), ("error200", "200"),
     ("reset", "no answer")],
)  # fmt: skip
def test_one_history_that_never_comes_costs_that_one_and_is_named(simulator, fault, why):
    faults = broken("id-003", status=fault)
    with simulator(organisation=small_organisation(12), faults=faults) as server, connect(server) as client:
        videos = sa.load_videos(client)
        with pytest.warns(DataQualityWarning, match=rf"1 of 12 histories could not be loaded \({why}\): id-003"):
            history = sa.load_history(client, videos)
    quality = history.attrs["quality"]
    assert (quality["failed"], quality["without_history"], quality["never_loaded"]) == (1, 1, 0)
    assert list(quality["evidence"]["failed"]) == ["id-003"]
    json.dumps(history.attrs)
    assert set(videos["ad_id"]) - set(history["ad_id"]) == {"id-003"}
    assert len(history) == 11 * 10


def test_what_failed_is_asked_for_again_and_nothing_else_is(simulator):
    with simulator(organisation=small_organisation(12), faults=broken("id-003", "id-007")) as server:
        with connect(server) as client, pytest.warns(DataQualityWarning, match="2 of 12"):
            load_both(client)
        server.log.clear()
        with connect(server) as client, pytest.warns(DataQualityWarning, match="2 of 12"):
            _, history = load_both(client)  # alone they do not fail the load: ten others are at hand
        assert len(history) == 10 * 10
        assert {entry.path for entry in server.log} == {"/videos/id-003/history", "/videos/id-007/history"}
        server.service.faults.clear()
        with connect(server) as client:
            _, history = load_both(client)
    assert history["ad_id"].nunique() == 12
    assert history.attrs["quality"]["failed"] == 0


def test_days_of_an_earlier_load_stay_when_the_newer_ones_cannot_be_had(simulator, monkeypatch):
    with simulator(organisation=small_organisation(4, days=3)) as server:
        with connect(server) as client:
            load_both(client)
        server.service.faults[:] = map(parse_fault, broken("id-001"))
        later = AS_OF + timedelta(days=2)
        monkeypatch.setenv("SHORTIMIZE_NOW", later.isoformat())
        server.service.store.frame["latest_updated_at"] = pd.Timestamp(later)
        server.service.store._refresh(server.service.store.frame.index.to_numpy())
        with connect(server) as client, pytest.warns(DataQualityWarning, match="1 of 4"):
            _, history = load_both(client)
    assert history["ad_id"].value_counts().to_dict() == dict.fromkeys([f"id-{number:03d}" for number in range(4)], 3)
    newest = history.groupby("ad_id")["fetched_at"].max()
    assert newest[newest < later].index.tolist() == ["id-001"]


def test_a_server_in_trouble_is_an_error_and_not_a_row_of_broken_videos(simulator):
    """Each history is tried five times: to try on through thousands would take hours and bring nothing."""
    with simulator(organisation=small_organisation(300), faults=["500:path=/history"]) as server:
        with connect(server) as client, pytest.raises(ServerError):
            load_both(client)
        assert len({entry.path for entry in server.log}) <= 3 * TROUBLE_OF_ALL


class FailingLast(Service):
    """Histories that fail do so after all others have come, as five tries take longer than one."""

    def __init__(self, organisation, failing):
        faults = broken(*failing)
        super().__init__(organisation, limit_requests=False, faults=faults)
        self.failing = {f"/videos/{ad_id}/history" for ad_id in failing}
        self.good = len(organisation.videos) - len(failing)
        self.others_done = threading.Event()

    def handle(self, method, path, **rest):
        if path in self.failing:
            self.others_done.wait()
        reply = super().handle(method, path, **rest)
        if sum(entry.path.endswith("/history") and entry.status == 200 for entry in self.log) == self.good:
            self.others_done.set()
        return reply


def test_broken_histories_that_come_last_are_broken_histories_all_the_same(monkeypatch):
    """They came in a row, and were once taken for a server in trouble."""
    monkeypatch.setattr("shortimize_analytics.client.connection.WORKERS", 40)  # more than fail: some serve the others
    failing = [f"id-{number:03d}" for number in range(0, 60, 2)]
    assert len(failing) > TROUBLE_OF_ALL
    service = FailingLast(small_organisation(60, days=2), failing)
    with serve(service) as server, connect(server) as client, pytest.warns(DataQualityWarning, match="30 of 60"):
        _, history = load_both(client)
    assert history["ad_id"].nunique() == 30


@pytest.mark.parametrize("answers", [0, 1])
def test_all_failing_is_an_error_also_where_they_are_few(simulator, answers):
    faults = broken(*[f"id-{number:03d}" for number in range(answers, 5)])
    with simulator(organisation=small_organisation(5), faults=faults) as server, connect(server) as client:
        if answers:
            with pytest.warns(DataQualityWarning, match="4 of 5"):
                load_both(client)
        else:
            with pytest.raises(ServerError):
                load_both(client)


def test_broken_histories_among_many_do_not_stop_them(simulator):
    """Three in ten fail, in an order of chance: an answer between them says that the server works."""
    faults = broken(*[f"id-{number:03d}" for number in range(0, 120, 3)])
    with (
        simulator(organisation=small_organisation(120, days=2), faults=faults) as server,
        connect(server) as client,
        pytest.warns(DataQualityWarning, match=r"40 of 120 histories .*id-\d+, id-\d+, id-\d+, …;"),
    ):
        _, history = load_both(client)
    assert history["ad_id"].nunique() == 80
    assert history.attrs["quality"]["failed"] == 40
    assert len(history.attrs["quality"]["evidence"]["failed"]) == 20


@pytest.mark.parametrize(("status", "error"), [("429", RateLimitError), ("redirect", ApiError)])
def test_what_speaks_of_the_key_the_pace_or_the_address_stops_the_load(simulator, status, error):
    faults = broken("id-003", status=status)
    with (
        simulator(organisation=small_organisation(6), faults=faults) as server,
        connect(server) as client,
        pytest.raises(error),
    ):
        load_both(client)


def test_a_key_that_is_revoked_meanwhile_stops_the_load(simulator):
    with (
        simulator(organisation=small_organisation(6), api_keys=["another"]) as server,
        connect(server) as client,
        pytest.raises(AuthenticationError),
    ):
        sa.load_history(client, small_organisation(6).videos)
