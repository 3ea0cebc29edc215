"""What a server says about its limits, in any spelling, and what the pace makes of it (tier "auto")."""

import logging
import time

import pytest
from organisations import connect, small_organisation

from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Call
from shortimize_analytics.client.limiter import Limiter
from shortimize_analytics.client.transport import _named_limit
from shortimize_analytics.errors import ApiError


@pytest.mark.parametrize(
    "headers",
    [
        {"RateLimit-Limit": "15"},
        {"RateLimit-Limit": "15, 15;w=60, 1000;w=86400"},
        {"X-RateLimit-Limit": "15"},
        {"RateLimit-Limit": "900;w=3600"},
        {"RateLimit": "limit=15, remaining=3, reset=20"},
        {"RateLimit-Policy": "15;w=60", "RateLimit": "limit=15, remaining=3, reset=20"},
        {"RateLimit-Policy": '"default";q=15;w=60', "RateLimit": '"default";r=3;t=20'},
    ],
)
def test_a_limit_is_read_in_every_drafts_spelling(headers):
    assert _named_limit(headers) == 15


@pytest.mark.parametrize("headers", [{}, {"RateLimit": '"default";r=3;t=20'}, {"RateLimit-Limit": "15;w=0"}])
def test_headers_that_name_no_limit_say_nothing(headers):
    assert _named_limit(headers) is None


def test_a_plan_that_every_family_meets_is_told_once(tmp_path, caplog):
    limiter = Limiter(tmp_path / "pace.sqlite", tier="auto")
    with caplog.at_level(logging.WARNING):
        assert limiter.learn("read", 15)
        assert (limiter.per_minute("history"), limiter.per_minute("write")) == (15, 15)  # before either was asked
        assert not limiter.learn("history", 15)
    assert [record.getMessage() for record in caplog.records] == [
        "the API allows 15 read requests a minute; pacing for that (basic plan) instead of 30"
    ]
    with caplog.at_level(logging.WARNING):
        limiter.learn("history", 5)  # less than the plan that was told: news
        limiter.learn("read", 5)
    assert ["5 history" in record.getMessage() for record in caplog.records] == [False, True]
    limiter.close()


def test_refusals_that_come_together_are_one_step_down(tmp_path):
    """24 requests are under way at once: the second refusal must not turn premium into limited."""
    limiter = Limiter(tmp_path / "pace.sqlite", tier="auto")
    assert [limiter.slower("history") for _ in range(3)] == [True, False, False]
    assert limiter.per_minute("history") == 15
    limiter.close()


def test_a_later_refusal_is_another_step_down(tmp_path, monkeypatch):
    limiter = Limiter(tmp_path / "pace.sqlite", tier="auto")
    assert limiter.slower("history")
    monkeypatch.setattr("shortimize_analytics.client.limiter.WINDOW_SECONDS", 0.0)
    assert limiter.slower("history")
    assert limiter.per_minute("history") == 5
    limiter.close()


def test_what_a_family_is_told_itself_counts_more_than_the_plan_of_another(tmp_path):
    limiter = Limiter(tmp_path / "pace.sqlite", tier="auto")
    assert limiter.learn("read", 15)
    assert limiter.per_minute("history") == 15
    assert limiter.learn("history", 100)
    assert (limiter.per_minute("history"), limiter.per_minute("write")) == (100, 15)
    limiter.close()


@pytest.mark.parametrize("named", [True, False])
def test_a_guess_is_trusted_for_an_hour_and_a_named_limit_for_a_day(tmp_path, monkeypatch, named):
    limiter = Limiter(tmp_path / "pace.sqlite", tier="auto")
    began = time.time()
    assert limiter.learn("history", 15) if named else limiter.slower("history")
    assert limiter.per_minute("read") == (15 if named else 30)  # a refusal without a limit tells nothing of the plan
    for hours, pace in ((0.9, 15), (1.1, 15 if named else 120), (25, 120)):
        monkeypatch.setattr("shortimize_analytics.client.limiter.time.time", lambda at=began + 3600 * hours: at)
        assert limiter.per_minute("history") == pace
    limiter.close()


def test_days_too_far_back_for_the_plan_name_the_way_out(simulator):
    call = Call(contract.GET_HISTORY, {"ad_id": "id-001"}, {"start_date": "2026-01-01"})
    with (
        simulator(organisation=small_organisation(3), tier="basic", limit_requests=False) as server,
        connect(server, tier="auto") as client,
        pytest.raises(ApiError) as caught,
    ):
        client.get(call)
    assert caught.value.status == 400
    assert "--start" in str(caught.value)
    assert "--tier basic" in str(caught.value)
