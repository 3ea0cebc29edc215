"""Alerts of a day: what the rules hold of videos, accounts and the data, from what was known on that day."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_of
from shortimize_analytics.analysis.prepared import Prepared
from shortimize_analytics.schema import ALERTS, conform
from shortimize_analytics.schema.days import Day, read_day

from .known import Known, known_on_days
from .rule_options import RULE_NAMES, RuleOptions, check_rules
from .rules import RULES


def find_alerts(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    day: Day,
    rules: RuleOptions | None = None,
) -> pd.DataFrame:
    """Judge every rule of alerts on a day.

    Parameters
    ----------
    videos
        Frame of `load_videos`: all videos, or the rules about accounts and data cannot judge. Or what `prepare` made.
    history
        Frame of `load_history`; not beside prepared data.
    day
        The last day whose counts are read: a complete one. Later days are not looked at, except that a count
        which was corrected later smooths the curve before it.
    rules
        Of a rule by name: False switches it off, ``{"factor": 2.0}`` (of silent) sets an option.

    Returns
    -------
    DataFrame
        One row per rule and video, account or doubt about the data (schema `ALERTS`), in the order of the rules: those
        whose condition holds (``state`` opens), and those that keep an episode open (lasts). Which of them are news is
        for `watch` to say, who remembers. ``attrs["not_judged"]`` says why a rule could not judge, by its name.

    Raises
    ------
    InvalidParameterError
        For a day that is none, or an unknown rule or option.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, uploaded_start="2026-11-09")
    >>> history = sa.load_history(client, videos)
    >>> found = sa.find_alerts(videos, history, day="2026-11-22")
    >>> found.attrs["not_judged"]["silent"]
    'only some videos were loaded (uploaded_start)'
    """
    last = read_day(day, "day")
    return next(alerts_on_days(videos, history, [last], rules=rules))


def alerts_on_days(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None,
    days: Iterable[dt.date],
    *,
    rules: RuleOptions | None = None,
) -> Iterator[pd.DataFrame]:
    """Judge every rule on each of some days, in ascending order, as `find_alerts` does."""
    options = check_rules(rules)
    for known in known_on_days(videos, history, days):
        yield _alerts(known, options)


def _alerts(known: Known, options: dict[str, dict[str, Any]]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    not_judged = {}
    for name, own in options.items():
        judged = RULES[name](known, **own)
        rows += [{"level": 1, **row, "rule": name} for row in judged.rows]
        if judged.not_judged:
            not_judged[name] = judged.not_judged
    frame = pd.DataFrame(rows, columns=ALERTS.names)
    frame["rule"] = pd.Categorical(frame["rule"], categories=list(RULE_NAMES))
    frame["state"] = pd.Categorical(frame["state"], categories=["opens", "lasts", "unknown"])
    out = conform(frame, ALERTS)
    out.attrs = {"table": ALERTS.name, "day": str(day_of(known.day)), "rules": list(options), "not_judged": not_judged}
    return out
