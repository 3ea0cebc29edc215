"""Hours in which alerts wait, through days that have 23 or 25 of them."""

import datetime as dt
from zoneinfo import ZoneInfo


def quiet_until(now: dt.datetime, quiet: tuple[dt.time, dt.time] | None, zone: ZoneInfo) -> dt.datetime | None:
    """Say when the quiet hours end that hold now, or return None where none do.

    A time that a clock skips is the first one after it; of a time that comes twice the first is meant.

    Parameters
    ----------
    now
        An instant.
    quiet
        First moment of the quiet hours, and the first after them; through midnight where the second is earlier.
    zone
        Where these are the clock's.

    Examples
    --------
    >>> import datetime as dt
    >>> from zoneinfo import ZoneInfo
    >>> from shortimize_analytics.delivery.quiet_hours import quiet_until
    >>> night = (dt.time(22), dt.time(7))
    >>> quiet_until(dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC), night, ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-29T05:00:00+00:00'
    """
    if quiet is None:
        return None
    first, end = quiet
    today = now.astimezone(zone).date()
    for day in (today - dt.timedelta(days=1), today):
        last = day + dt.timedelta(days=1) if end <= first else day
        begins, ends = instant(day, first, zone), instant(last, end, zone)
        if begins <= now < ends:
            return ends
    return None


def instant(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """Return the instant, UTC, at which a clock shows a time, or the first after it where it never does."""
    wanted = dt.datetime.combine(day, time)
    found = wanted.replace(tzinfo=zone).astimezone(dt.UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wanted:
        return found
    # the clock jumped over it: the later reading of the two lies before the jump
    found = wanted.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    while found.astimezone(zone).replace(tzinfo=None) < wanted:
        found += dt.timedelta(minutes=1)
    return found
