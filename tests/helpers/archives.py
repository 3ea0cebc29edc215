"""Days and coverage to put into an archive."""

from datetime import UTC, datetime

import pandas as pd

from shortimize_analytics.schema import HISTORY, cast
from shortimize_analytics.schema.tables import COVERAGE

SENT = datetime(2026, 11, 23, 6, tzinfo=UTC)


def days(ad_id, values, *, sent=SENT, first="2026-11-01"):
    dates = pd.date_range(first, periods=len(values))
    rows = [
        {"ad_id": ad_id, "date": day.date().isoformat(), "views": value, "fetched_at": sent.isoformat()}
        for day, value in zip(dates, values, strict=True)
    ]
    return cast(rows, HISTORY)[0]


def covers(ad_id, *, start="2026-11-01", end="2026-11-22", sent=SENT, file=0):
    row = {"ad_id": ad_id, "file": file, "start": start, "end": end, "sent_at": sent.isoformat()}
    return cast([row], COVERAGE)[0]
