"""Quiet hours: through midnight, and through the days on which a clock skips an hour or shows one twice."""

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortimize_analytics.delivery.quiet_hours import instant, quiet_until

BERLIN, NIGHT = ZoneInfo("Europe/Berlin"), (dt.time(22), dt.time(7))


def at(text, zone=BERLIN, fold=0):
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23T21:59", None),
        ("2026-11-23T22:00", "2026-11-24T07:00"),
        ("2026-11-24T00:00", "2026-11-24T07:00"),
        ("2026-11-24T06:59", "2026-11-24T07:00"),
        ("2026-11-24T07:00", None),
    ],
)
def test_a_night(now, until):
    assert quiet_until(at(now), NIGHT, BERLIN) == (None if until is None else at(until))


def test_hours_of_one_day_and_none():
    lunch = (dt.time(12), dt.time(13, 30))
    assert quiet_until(at("2026-11-23T12:10"), lunch, BERLIN) == at("2026-11-23T13:30")
    assert quiet_until(at("2026-11-23T13:30"), lunch, BERLIN) is None
    assert quiet_until(at("2026-11-23T23:00"), None, BERLIN) is None


def test_a_time_that_is_skipped_is_the_first_one_after_it():
    """On 29 March 2026 clocks go from 02:00 to 03:00 in Berlin."""
    early = (dt.time(1), dt.time(2, 30))
    assert quiet_until(at("2026-03-29T01:30"), early, BERLIN) == at("2026-03-29T03:00")
    assert quiet_until(at("2026-03-29T03:00"), early, BERLIN) is None
    late = (dt.time(2, 30), dt.time(5))
    assert quiet_until(at("2026-03-29T03:00"), late, BERLIN) == at("2026-03-29T05:00")
    assert quiet_until(at("2026-03-29T01:59"), late, BERLIN) is None


def test_a_time_that_comes_twice_is_taken_once():
    """On 25 October 2026 clocks go back from 03:00 to 02:00 in Berlin: the first 02:30 ends or begins."""
    ends = (dt.time(1), dt.time(2, 30))
    assert quiet_until(at("2026-10-25T02:10"), ends, BERLIN) == at("2026-10-25T02:30")
    assert quiet_until(at("2026-10-25T02:10", fold=1), ends, BERLIN) is None
    begins = (dt.time(2, 30), dt.time(4))
    assert quiet_until(at("2026-10-25T02:40"), begins, BERLIN) == at("2026-10-25T04:00")
    assert quiet_until(at("2026-10-25T02:10", fold=1), begins, BERLIN) == at("2026-10-25T04:00")


TIMES = st.times(min_value=dt.time(0), max_value=dt.time(23, 59)).map(
    lambda time: time.replace(second=0, microsecond=0)
)


@given(
    st.integers(1_577_836_800, 1_798_761_600).map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC)),
    st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] != pair[1]),
    st.sampled_from(sorted(available_timezones())).map(ZoneInfo),
)
def test_quiet_hours_end_and_never_last_a_day_longer_than_a_day(now, quiet, zone):
    until = quiet_until(now, quiet, zone)
    if until is None:
        return
    assert now < until <= now + dt.timedelta(hours=26)
    shown = until.astimezone(zone)
    there = dt.datetime.combine(shown.date(), quiet[1])
    assert shown.replace(tzinfo=None) >= there or instant(shown.date(), quiet[1], zone) == until
    # shortly before it was quiet, then it is not, unless the next stretch begins at once
    assert quiet_until(until - dt.timedelta(seconds=1), quiet, zone) == until
