"""What a server says about its limits, in any spelling, and what the pace makes of it (tier "auto")."""

import logging

import pytest

from shortimize_analytics.client.limiter import Limiter
from shortimize_analytics.client.transport import _named_limit


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
        assert limiter.learn("history", 15)
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
    """24 requests are under way at once: the second refusal must not turn premium into limited for a day."""
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
