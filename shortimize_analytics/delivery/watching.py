"""`watch`: one evaluation of the rules for each new day of counts, and one message of what is new.

The rules are pure (`find_alerts`), the memory is pure (`episodes`); this module puts them together with the clock, the
ledger and the channels. News are noted together with the memory in one transaction, so that a run which is killed
before it sends leaves them waiting, and one that is killed while it sends leaves a claim.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pandas as pd

from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.client.contract import REFRESH_HOURS
from shortimize_analytics.client.settings import real_clock

from .alerts import alerts_on_days
from .channel import Channel
from .episodes import Episode, Name, News, advance
from .ledger import ALERT, Ledger, digest
from .message import Message
from .news_message import alerts_message, note_of
from .quiet_hours import quiet_until
from .rule_options import RULE_NAMES, RuleOptions
from .sending import Outcome, deliver_waiting

CATCH_UP = 28
"""Missed days that are looked at one by one; of a longer absence the last ones."""
MARGIN = dt.timedelta(hours=REFRESH_HOURS)
"""After midnight UTC a day's counts are complete when every video had time to be refreshed."""
PATIENCE = dt.timedelta(hours=24)
"""A day that nothing was measured after is looked at all the same: that nobody counts is news, too."""


@dataclass
class Watched:
    """What an evaluation found.

    Attributes
    ----------
    since
        The first day that was ever evaluated.
    days
        The days of this evaluation, oldest first; empty where there was no new one.
    first
        It was the first: what already holds was noted and is not told.
    backlog
        How many things already held, by rule, on the first.
    news
        What is new, with its day.
    not_judged
        Why a rule could not judge on the last day, by its name.
    skipped
        Days that were missed and are too many to look at.
    outcomes
        What became of the messages.
    """

    since: dt.date | None = None
    days: list[dt.date] = field(default_factory=list)
    first: bool = False
    backlog: dict[str, int] = field(default_factory=dict)
    news: list[tuple[dt.date, News]] = field(default_factory=list)
    not_judged: dict[str, str] = field(default_factory=dict)
    skipped: int = 0
    outcomes: list[Outcome] = field(default_factory=list)


def due_day(videos: pd.DataFrame, now: dt.datetime) -> dt.date | None:
    """Say which day is the last whose counts are complete, or None where there is none.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    now
        The client's instant.
    """
    newest = videos["latest_updated_at"].max()
    if pd.isna(newest):
        return None
    day = (now - MARGIN).date() - dt.timedelta(days=1)
    fetched = column(videos, "fetched_at", "datetime64[us, UTC]").min()
    if pd.notna(fetched):  # a list from a cache that could not be refreshed knows nothing of later days
        day = min(day, fetched.date() - dt.timedelta(days=1))
    over = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
    if newest.to_pydatetime() < over and now < over + MARGIN + PATIENCE:
        day -= dt.timedelta(days=1)
    return day


def days_to_do(last: dt.date | None, day: dt.date) -> tuple[list[dt.date], int]:
    """List the days from the one after the last evaluated one, and count those that are too many."""
    if last is None:
        return [day], 0
    missed = (day - last).days
    number = min(missed, CATCH_UP)
    return [day - dt.timedelta(days=back) for back in range(number - 1, -1, -1)], max(0, missed - number)


def evaluate(
    videos: pd.DataFrame,
    history: pd.DataFrame,
    *,
    day: dt.date,
    ledger: Ledger,
    channels: Sequence[Channel] = (),
    rules: RuleOptions | None = None,
    keep: bool = True,
) -> Watched:
    """Evaluate every day up to `day` that was not yet, and note what is new for the channels.

    Parameters
    ----------
    videos, history
        Frames of `load_videos` and `load_history`.
    day
        The last complete day.
    ledger
        The open record.
    channels
        Where the news are to go.
    rules
        As in `find_alerts`.
    keep
        False looks only, and remembers nothing.

    Returns
    -------
    Watched
        Without `outcomes`: nothing was sent.
    """
    since, last = watched_days(ledger)
    days, skipped = days_to_do(last, day)
    found = Watched(since=since or (days[0] if days else None), first=last is None, skipped=skipped)
    memory = _memory(ledger)
    for each, frame in zip(days, alerts_on_days(videos, history, days, rules=rules), strict=True):
        memory, news = advance(memory, frame, day=each, first=last is None)
        found.days.append(each)
        found.news += [(each, item) for item in news]
        found.not_judged = dict(frame.attrs["not_judged"])
        if last is None:
            opened = frame[(frame["state"] == "opens").to_numpy()]
            found.backlog = {
                str(rule): int(size) for rule, size in opened["rule"].value_counts(sort=False).items() if size
            }
    if keep and days:
        _remember(ledger, memory, found, channels=channels)
    return found


def watched_days(ledger: Ledger) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last day that were evaluated."""
    rows = ledger.rows("SELECT since, day FROM watched")
    if not rows:
        return None, None
    since, day = (dt.date.fromisoformat(str(each)) for each in rows[0])
    return since, day


def _memory(ledger: Ledger) -> dict[Name, Episode]:
    def day(text: object) -> dt.date | None:
        return None if text is None else dt.date.fromisoformat(str(text))

    rows = ledger.rows("SELECT rule, subject, opened, level, told, closed FROM episodes")
    return {
        (str(rule), str(subject)): Episode(dt.date.fromisoformat(str(opened)), int(str(level)), day(told), day(closed))
        for rule, subject, opened, level, told, closed in rows
    }


def _remember(ledger: Ledger, memory: dict[Name, Episode], found: Watched, *, channels: Sequence[Channel]) -> None:
    """Put memory, news and who waits for them on disk, all of it or nothing.

    Of two runs side by side only one may: the other finds that the days were evaluated meanwhile.
    """
    at = real_clock().timestamp()
    with ledger.transaction() as db:
        row = db.execute("SELECT day FROM watched").fetchone()
        if row is not None and row[0] >= str(found.days[-1]):
            found.news.clear()
            return
        db.execute("DELETE FROM watched")
        db.execute("INSERT INTO watched VALUES (?, ?)", (str(found.since), str(found.days[-1])))
        db.execute("DELETE FROM episodes")
        db.executemany(
            "INSERT INTO episodes VALUES (?, ?, ?, ?, ?, ?)",
            [
                (*name, str(one.opened), one.level, one.told and str(one.told), one.closed and str(one.closed))
                for name, one in memory.items()
            ],
        )
        for day, news in found.news:
            db.execute("INSERT OR REPLACE INTO messages VALUES (?, ?, ?)", (news.key, at, note_of(news, day=day)))
            db.executemany(
                "INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?, 'waiting', NULL, NULL, ?)",
                [
                    (news.key, channel.name, digest(who), ALERT, at)
                    for channel in channels
                    for who in channel.recipients
                ],
            )


def send_news(
    ledger: Ledger,
    channels: Sequence[Channel],
    *,
    source: str,
    now: dt.datetime,
    quiet: tuple[dt.time, dt.time] | None = None,
    zone: ZoneInfo | None = None,
) -> tuple[list[Outcome], dt.datetime | None]:
    """Send what waits, as one message per channel, unless these are quiet hours.

    Parameters
    ----------
    ledger
        The open record.
    channels
        Where to.
    source
        Whose data these are, for the subject.
    now
        The instant that quiet hours are compared with.
    quiet, zone
        The hours in which alerts wait, and where these are the clock's.

    Returns
    -------
    outcomes, until
        What became of the messages; when the quiet hours end for which something waits, or None.
    """
    until = quiet_until(now, quiet, zone or ZoneInfo("UTC"))
    if until is not None:
        return [], until if any(entry.state == "waiting" for entry in ledger.entries()) else None
    outcomes: list[Outcome] = []
    for channel in channels:
        outcomes += deliver_waiting(lambda keys: _message(ledger, keys, source), channel, ledger=ledger)
    return outcomes, None


def _message(ledger: Ledger, keys: Sequence[str], source: str) -> Message:
    """Write the message of some alerts, in the order of the rules and of days."""
    notes = {key: ledger.kept(key) or "" for key in keys}
    order = sorted(filter(notes.get, keys), key=lambda key: (RULE_NAMES.index(key.partition(":")[0]), key))
    name = hashlib.sha256("\0".join(sorted(keys)).encode()).hexdigest()[:12]
    return alerts_message(f"alerts:{name}", [notes[key] for key in order], source=source)
