"""The memory of alerts: an episode opens once, makes one message, and closes by its rule's weaker condition.

Pure: it takes what was remembered and what a day's rules hold, and gives back both the new memory and the news.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

OF_VIDEOS = ("took_off", "stalled", "revived")
QUIET_DAYS = 28
"""Days in which a rule does not tell of the same video again, unless it has reached a higher level."""

Name = tuple[str, str]
"""Rule and subject."""


@dataclass(frozen=True, slots=True)
class Episode:
    """What is remembered of a rule and its subject.

    Attributes
    ----------
    opened
        When the newest episode opened.
    level
        The highest level that was told, or that it opened with.
    told
        When it was last told, or taken note of on the first evaluation; None where an opening was held back.
    closed
        When it closed; None while it is open.
    """

    opened: dt.date
    level: int
    told: dt.date | None
    closed: dt.date | None = None


@dataclass(frozen=True, slots=True)
class News:
    """One line of a message: the row of `find_alerts`, the episode's name, and whether only its level rose."""

    key: str
    rule: str
    row: dict[str, Any]
    rise: bool = False


def advance(
    memory: Mapping[Name, Episode], found: pd.DataFrame, *, day: dt.date, first: bool = False
) -> tuple[dict[Name, Episode], list[News]]:
    """Bring the memory to a day.

    Parameters
    ----------
    memory
        What was remembered on the day before.
    found
        What `find_alerts` says of the day.
    day
        The day.
    first
        Nothing was ever evaluated: what already holds is remembered and not told.

    Returns
    -------
    memory, news
        The new memory, and what to tell, in the order of `found`.
    """
    after = dict(memory)
    judged = [rule for rule in found.attrs["rules"] if rule not in found.attrs["not_judged"]]
    there = {(str(rule), str(subject)) for rule, subject in zip(found["rule"], found["subject"], strict=True)}
    for name, episode in memory.items():
        if name[0] in judged and episode.closed is None and name not in there:
            after[name] = replace(episode, closed=day)
    news = []
    for row in found[(found["state"] == "opens").to_numpy()].to_dict("records"):
        name = (str(row["rule"]), str(row["subject"]))
        before = after.get(name)
        after[name], tell = _opened(before, rule=name[0], level=int(row["level"]), day=day)
        if tell and not first:
            key = ":".join((*name, str(after[name].opened), str(after[name].level)))
            news.append(News(key, name[0], row, rise=before is not None and before.closed is None))
    return after, news


def _opened(before: Episode | None, *, rule: str, level: int, day: dt.date) -> tuple[Episode, bool]:
    """Open an episode, or keep it open, and say whether to tell of it."""
    if before is None:
        return Episode(day, level, day), True
    higher = level > before.level
    if before.closed is None:
        return (replace(before, level=level, told=day), True) if higher else (before, False)
    recent = rule in OF_VIDEOS and before.told is not None and (day - before.told).days < QUIET_DAYS
    if recent and not higher:
        return replace(before, opened=day, closed=None), False
    return Episode(day, level, day), True
