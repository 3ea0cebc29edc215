"""The messages of `watch` and of failures: what happened since yesterday, why a run failed, and that it is mended."""

import datetime as dt
import json
from collections.abc import Sequence

from shortimize_analytics.plots.theme import day, full_number, period
from shortimize_analytics.schema.links import web_link

from .episodes import News
from .message import MAX_LINES, MAX_LINKS, Link, Message
from .outside_text import cut, isolated, one_line

LONGEST_TITLE = 60


def line_of(news: News) -> str:
    """Say one alert in a line, outside text in it isolated."""
    row = news.row
    said = str(row["text"])
    if news.rise:
        said += f", and the whole interval lies above {row['level']}x now"
    title, username = (row[name] if isinstance(row[name], str) else "" for name in ("title", "username"))
    if title.strip():
        return f"“{isolated(cut(one_line(title), LONGEST_TITLE))}”: {said}"
    return f"{isolated('@' + username)}: {said}" if username else said


def note_of(news: News, *, day: dt.date) -> str:
    """Keep what a message says of one alert, as JSON.

    Parameters
    ----------
    news
        The alert.
    day
        The day that it is of.
    """
    row = news.row
    url = web_link(row["ad_link"])
    title = one_line(row["title"]) if isinstance(row["title"], str) else ""
    link = None if url is None else [cut(title or url, LONGEST_TITLE), url]
    values = {"rule": news.rule, "day": str(day), "line": line_of(news), "link": link}
    return json.dumps(values, ensure_ascii=False)


def alerts_message(key: str, notes: Sequence[str], *, source: str) -> Message:
    """Make one message of the alerts that wait for a channel.

    Parameters
    ----------
    key
        Of the message.
    notes
        What `note_of` kept of each, in the order in which they are told.
    source
        Whose data they are of.
    """
    found = [json.loads(note) for note in notes]
    lines = [note["line"] for note in found[:MAX_LINES]]
    more = len(found) - len(lines)
    links = [Link(*note["link"]) for note in found[:MAX_LINES] if note["link"]]
    days = sorted({note["day"] for note in found})
    first, last = (dt.date.fromisoformat(each) for each in (days[0], days[-1]))
    when = day(last) if first == last else period(first, last)
    what = "1 alert" if len(found) == 1 else f"{full_number(len(found))} alerts"
    return Message(
        key=key,
        kind="alerts",
        subject=f"{one_line(source)}: {what}, {when}",
        lines=(*lines, f"and {full_number(more)} more") if more else tuple(lines),
        links=tuple(links[:MAX_LINKS]),
    )


def failure_message(key: str, *, what: str, code: int, reason: str, next_step: str) -> Message:
    """Say why a run failed, and what to do."""
    return Message(
        key=key,
        kind="failure",
        subject=f"{what} failed (code {code})",
        lines=(one_line(reason), next_step),
    )


def mended_message(key: str, *, what: str, codes: Sequence[int]) -> Message:
    """Say that what had failed went well after all."""
    said = " and ".join(map(str, codes))
    return Message(key=key, kind="failure", subject=f"{what}: done after all", lines=(
        f"An earlier run failed with code {said}; this one went well.",))  # fmt: skip
