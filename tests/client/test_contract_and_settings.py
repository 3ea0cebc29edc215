"""Parameters and settings are checked before anything is sent or written."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortimize_analytics.client import contract, settings
from shortimize_analytics.errors import ConfigError, InvalidParameterError

KEY = "sk_test_0123456789abcdef"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"limit": 0}, "limit=0 is not a whole number from 1 to 5000"),
        ({"limit": 5001}, "limit=5001"),
        ({"limit": True}, "limit=True"),
        ({"page": 0}, "page=0 is not a whole number at least 1"),
        ({"order_by": "likes"}, "order_by='likes' is unknown; choose one of created_at"),
        ({"uploaded_at_start": "2026-02-30"}, "uploaded_at_start='2026-02-30' is no day"),
        ({"latest_updated_at_end": "soon"}, "latest_updated_at_end='soon' is no instant"),
        ({"uploaded_at_start": "2026-03-02", "uploaded_at_end": "2026-03-01"}, "lies before"),
        (
            {"latest_updated_at_start": "2026-03-01T10:00Z", "latest_updated_at_end": "2026-03-01T10:30+01:00"},
            "lies before",
        ),
        ({"ad_product_id_shop": False}, "must be True or left out"),
        ({"has_metrics": "yes"}, "must be True or False"),
        ({"username": "  "}, "must be a non-empty text"),
        ({"collections": []}, "one or more"),
        ({"collections": 5}, "one or more"),
        ({"sort": "views"}, "takes no sort"),
    ],
)
def test_a_bad_filter_is_named_with_its_limit(values, said):
    with pytest.raises(InvalidParameterError, match=said.replace("(", r"\(")):
        contract.validate(contract.LIST_VIDEOS, values)


def test_what_lies_at_a_limit_is_taken():
    for values in ({"limit": 1}, {"limit": 5000}, {"page": 1}, {"page": 7}):
        assert contract.validate(contract.LIST_VIDEOS, values) == values
    for count in (1, 50, 100):
        links = [f"https://example.org/{number}" for number in range(count)]
        assert contract.validate(contract.TRACK_VIDEOS, {"links": links})["links"] == links


def test_the_vendors_numbers_are_those_of_its_page():
    """Requests per minute by plan and kind, days of history, hours between measurements."""
    assert contract.TIERS["limited"] == dict.fromkeys(("read", "history", "write"), 5)
    assert contract.TIERS["basic"] == dict.fromkeys(("read", "history", "write"), 15)
    assert contract.TIERS["premium"] == {"read": 30, "history": 120, "write": 120}
    assert (contract.API_PAGE_LIMIT, contract.BULK_LIMIT, contract.HISTORY_DEFAULT_DAYS) == (5000, 100, 30)
    assert (contract.OBSERVED_DAYS, contract.PREMIUM_HISTORY_DAYS, contract.REFRESH_HOURS) == (90, 730, 4)


def test_a_collection_name_with_a_comma_survives_joining():
    from urllib.parse import unquote

    joined = contract.validate(contract.LIST_VIDEOS, {"collections": ["Hooks, v2", "é & b"]})["collections"]
    assert [unquote(name) for name in joined.split(",")] == ["Hooks, v2", "é & b"]


def test_a_bulk_request_over_the_vendors_limit_is_refused():
    links = [f"https://example.org/{number}" for number in range(101)]
    with pytest.raises(InvalidParameterError, match="101 entries; the API takes at most 100"):
        contract.validate(contract.TRACK_VIDEOS, {"links": links})


def test_a_required_parameter_is_asked_for():
    with pytest.raises(InvalidParameterError, match="needs link"):
        contract.validate(contract.TRACK_VIDEO, {})


def test_a_video_url_is_one_path_segment():
    path = contract.GET_VIDEO.url_path(ad_id="https://www.tiktok.com/@a/video/1?x=1#y")
    assert path.count("/") == 2
    assert "?" not in path


@pytest.mark.parametrize(
    ("end", "sent"),
    [
        ("2026-03-01", "2026-03-01T23:59:59.999999+00:00"),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T11:00:00", "2026-03-01T11:00:00+00:00"),
    ],
)
def test_a_range_of_instants_may_end_when_or_on_the_day_it_starts(end, sent):
    given = {"latest_updated_at_start": "2026-03-01T10:00:00Z", "latest_updated_at_end": end}
    expected = {"latest_updated_at_start": "2026-03-01T10:00:00+00:00", "latest_updated_at_end": sent}
    assert contract.validate(contract.LIST_VIDEOS, given) == expected


@pytest.mark.parametrize("name", [".", ".."])
def test_an_id_that_would_lead_to_another_path_is_refused(name):
    with pytest.raises(InvalidParameterError, match="is no UUID and no URL"):
        contract.STOP_VIDEO_BY_ID.url_path(ad_id=name)


@given(st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)))
def test_every_real_date_goes_through_unchanged(day):
    assert contract.validate(contract.GET_HISTORY, {"start_date": day}) == {"start_date": day.isoformat()}


def test_settings_come_from_argument_then_environment_then_dotenv(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("SHORTIMIZE_API_KEY=from_file\nSHORTIMIZE_TIER=basic\n")
    assert settings.resolve().api_key == "from_file"
    monkeypatch.setenv("SHORTIMIZE_API_KEY", "from_env")
    found = settings.resolve()
    assert (found.api_key, found.tier) == ("from_env", "basic")
    found = settings.resolve("from_argument", tier="premium")
    assert (found.api_key, found.tier) == ("from_argument", "premium")


def test_without_a_key_the_error_says_where_to_get_one_and_how_to_try_the_demo():
    with pytest.raises(ConfigError, match="SHORTIMIZE_API_KEY") as caught:
        settings.resolve()
    assert "demo=True" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tier": "gold"}, "tier='gold' is unknown"),
        ({"tier": "unlimited"}, "simulators on this machine only"),
        ({"base_url": "http://api.example.org"}, "unencrypted"),
        ({"base_url": "ftp://api.example.org"}, "cannot be used"),
        ({"base_url": "https://user:secret@contract.example.org"}, "cannot be used"),
        ({"base_url": "https://:secret@contract.example.org"}, "cannot be used"),
        ({"offline": True, "refresh": True}, "exclude each other"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(given, said):
    with pytest.raises(ConfigError, match=said) as caught:
        settings.resolve(KEY, **given)
    assert KEY not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_cannot_be_a_header_is_refused_without_being_shown(key):
    with pytest.raises(ConfigError) as caught:
        settings.resolve(key)
    assert key not in str(caught.value)


def test_the_key_is_not_in_the_representation():
    assert KEY not in repr(settings.resolve(KEY))


def test_each_key_and_address_has_a_folder_of_its_own():
    folders = {
        settings.resolve(key, base_url=url).profile_dir
        for key in (KEY, KEY + "x")
        for url in ("https://a.example", "https://b.example")
    }
    assert len(folders) == 4
    assert not any(KEY in str(folder) for folder in folders)


def test_unlimited_is_allowed_for_a_simulator_on_this_machine():
    assert settings.resolve(KEY, tier="unlimited", base_url="http://127.0.0.1:9").tier == "unlimited"


def test_the_environment_can_replay_a_past_instant(monkeypatch):
    monkeypatch.setenv("SHORTIMIZE_NOW", "2026-08-23T06:00:00+02:00")
    assert settings.resolve(KEY).now == dt.datetime(2026, 8, 23, 4, tzinfo=dt.UTC)
    monkeypatch.setenv("SHORTIMIZE_NOW", "yesterday")
    with pytest.raises(ConfigError, match="SHORTIMIZE_NOW='yesterday'"):
        settings.resolve(KEY)


@pytest.mark.parametrize(
    "url", ["https://API.Example.org/v1/", "HTTPS://api.example.org/v1", "https://api.example.org:443/v1"]
)
def test_one_address_has_one_folder_however_it_is_spelt(url):
    given = settings.resolve(KEY, base_url=url)
    assert given.base_url == "https://api.example.org/v1"
    other = settings.resolve(KEY, base_url="https://api.example.org:8443/v1")
    assert given.profile == settings.resolve(KEY, base_url=given.base_url).profile != other.profile
