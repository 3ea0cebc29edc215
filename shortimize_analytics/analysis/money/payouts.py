"""What creators are owed for a period, why, and from which counts: exact, and the same bytes every time.

Definitions
-----------
count
    Raw views of the newest history row up to the cut-off: the period's last day, or the last day that counts of the
    post. Never a later row, never a guess. See `counts`.
pay of a clip to date
    What its count earns, rounded once, and its base fee. See `pay`, `units`.
line
    Pay to date at the end of a period less pay to date at the end of the one before. See `months`.
statement
    The lines of periods that no closing holds, and what changed of those that closings hold. See `settle`.

Pitfalls: a day is the day of the history, presumably UTC; nothing is shifted. A young post is paid for what was
counted, never for what is expected: estimates are `forecast_payouts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_number, day_of
from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.clean import calendar_days
from shortimize_analytics.analysis.prepare import prepare_videos
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of
from shortimize_analytics.errors import InvalidParameterError, Problem
from shortimize_analytics.schema import EVIDENCE, EXCEPTIONS, LINES, STATEMENT, Table
from shortimize_analytics.schema.days import Day, read_day
from shortimize_analytics.schema.frames import check_history, check_videos
from shortimize_analytics.schema.masked import is_masked

from .chain import check_same_kind, read_chain
from .counts import Series, find_spikes, find_vanished, instant_us, read_series
from .evidence import evidence_rows, lay_over
from .exceptions import Facts, Scene, find_exceptions
from .posts import Found, accounts_of, find_posts
from .settle import line_rows, needed_counts, periods_to, settle
from .sheets import Rows, frame_of, to_bytes
from .stretches import Stretch, last_over, name_of, stretch_with
from .terms import Terms


@dataclass(frozen=True, slots=True)
class Payouts:
    """What is owed for one period.

    Attributes
    ----------
    statement
        `schema.STATEMENT`, one row per creator.
    lines
        `schema.LINES`: what each amount is made of.
    evidence
        `schema.EVIDENCE`: the counts that are new or differ from those of the closings.
    exceptions
        `schema.EXCEPTIONS`: what to look at.
    period, start, end
        Name of the period, and the days that are stated.
    terms
        What it was computed with.
    sheets
        The four frames as a closing keeps them, by file name.
    follows
        sha256 of the last closing before; None without any.
    against
        Whether closings were looked at.
    """

    statement: pd.DataFrame
    lines: pd.DataFrame
    evidence: pd.DataFrame
    exceptions: pd.DataFrame
    period: str
    start: date
    end: date
    terms: Terms = field(repr=False)
    sheets: Mapping[str, bytes] = field(repr=False)
    follows: str | None = None
    against: bool = False

    @property
    def provisional(self) -> bool:
        """Whether any figure may still change."""
        return bool(self.statement["provisional"].any())


def creator_payouts(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    terms: Terms,
    end: Day | None = None,
    closings: str | Path | None = None,
    allow_partial: bool = False,
) -> Payouts:
    """State what creators are owed for a month or week.

    Parameters
    ----------
    videos
        Frame of `load_videos`, of all accounts that the terms name; or the result of `prepare`, without a history.
    history
        Frame of `load_history`; `fetched_at` says whether a count may still change.
    terms
        Result of `read_terms`.
    end
        Any day of the period; None for the last one that is over.
    closings
        Folder of closings: what they stated is subtracted, and what changed since is a line. None states the period
        alone, as if everything before it had been stated.
    allow_partial
        Leave out what the files name that no video is, and say so in the exceptions, instead of raising.

    Returns
    -------
    Payouts
        Frozen, with the frames `statement`, `lines`, `evidence` and `exceptions`.

    Raises
    ------
    MoneyFileError
        When the terms, clips or decisions name accounts, labels or videos that are none, or stand for several.
    ClosingError
        When a closing was edited or is missing, or counts in other periods or another currency.
    InvalidParameterError
        When `end` is no day, or None and neither frame says which day it is.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast
    >>> _ = Path("terms.toml").write_text('''format = 1
    ... currency = "USD"
    ... [[terms]]
    ... name = "standard"
    ... from = 2026-10-01
    ... base_per_video = 10
    ... rate_per_1000 = 0.60
    ... [[creators]]
    ... id = "c-1"
    ... accounts = ["tiktok/ann"]
    ... terms = "standard"
    ... ''')
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "username": "ann", "uploaded_at": "2026-10-05",
    ...     "ad_link": "https://www.tiktok.com/@ann/video/7609364728032365845"}], VIDEOS)
    >>> history, _ = cast([{"ad_id": "1", "date": "2026-10-31", "views": 12345,
    ...     "fetched_at": "2026-11-04T06:00:00Z"}], HISTORY)
    >>> paid = sa.creator_payouts(videos, history, terms=sa.read_terms("terms.toml"), end="2026-10-31")
    >>> paid.lines[["kind", "counted", "amount"]].to_dict("records")
    [{'kind': 'views', 'counted': 12345, 'amount': Decimal('7.41')},
     {'kind': 'base', 'counted': 12345, 'amount': Decimal('10.00')}]
    >>> paid.statement["payment"].tolist(), paid.provisional
    ([Decimal('17.41')], False)
    """
    ready, history = taken(videos, history)
    stretch = _stretch(ready, history, terms=terms, end=end)
    chain = None if closings is None else read_chain(str(closings), before=stretch.last)
    if chain is not None:
        check_same_kind(terms, chain)
    ready = ready[(ready["excluded"] != "duplicate_row").fillna(value=True).to_numpy()].reset_index(drop=True)
    found = find_posts(ready, terms, known=chain.known.posts if chain else {})
    if not allow_partial:
        found.check()
    series = read_series(history, ready, posts=found.rows, end=stretch.last)
    _mark_vanished(found, series, ready, end=stretch.last)
    ends = periods_to(stretch, found.posts.values(), terms=terms, chain=chain)
    wanted = needed_counts(found.posts, terms, chain=chain, ends=ends)
    known, fresh = lay_over(chain, found.posts, series.counts(wanted), wanted)
    late = {name for name, day in series.first_seen.items() if day >= stretch.first and name in found.posts}
    watched = {found.posts[name].creator for name in late}
    settled = settle(known, terms, chain=chain, stretch=stretch, fresh=fresh, watched=watched)
    facts = _facts(ready, history, found=found, series=series, since=stretch.first)
    exceptions, doubtful = find_exceptions(Scene(found, terms, series, known, chain, stretch, facts), settled)
    exceptions = [*_unmatched(found), *exceptions]
    for row in settled.statement:
        row["provisional"] = row["creator"] in doubtful or bool(found.problems)
    evidence = evidence_rows(known, fresh, settled, stretch=stretch)
    first = settled.statement[0]["start"] if settled.statement else stretch.first
    rows: dict[str, tuple[Rows, Table]] = {
        "statement": (settled.statement, STATEMENT),
        "lines": (line_rows(settled, terms), LINES),
        "evidence": (evidence, EVIDENCE),
        "exceptions": (exceptions, EXCEPTIONS),
    }
    return Payouts(
        **{name: frame_of(*what) for name, what in rows.items()},
        sheets={f"{name}.csv": to_bytes(*what) for name, what in rows.items()},
        period=name_of(stretch, terms.period),
        start=day_of(first),
        end=day_of(stretch.last),
        terms=terms,
        follows=chain.closings[-1].sha256 if chain and chain.closings else None,
        against=chain is not None,
    )


def taken(videos: pd.DataFrame | Prepared, history: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return prepared videos, and the history as it was given: what is paid rests on raw counts alone."""
    if isinstance(videos, Prepared):
        data = as_prepared(videos, history)
        return data.videos, history_of(data)
    check_videos(videos, history)
    check_history(history)
    return prepare_videos(videos), pd.DataFrame() if history is None else calendar_days(history)


def _stretch(videos: pd.DataFrame, history: pd.DataFrame, *, terms: Terms, end: Day | None) -> Stretch:
    if end is not None:
        return stretch_with(day_number(read_day(end, "end")), terms.period)
    asked = history.attrs.get("as_of") or videos.attrs.get("as_of")
    if asked is not None:
        return last_over(pd.Timestamp(asked).date(), terms.period)
    newest = history["date"].max()
    if pd.isna(newest):
        raise InvalidParameterError("neither videos nor history say which day it is; pass end, as 2026-10-31")
    return last_over((newest + pd.Timedelta(days=1)).date(), terms.period)


def _mark_vanished(found: Found, series: Series, ready: pd.DataFrame, *, end: int) -> None:
    uploaded = {name: post.uploaded for name, post in found.posts.items()}
    gone = find_vanished(series, uploaded=uploaded, account=accounts_of(ready, found.rows), end=end)
    for name in gone:
        post = found.posts.get(name)
        if post is not None and not post.state:
            found.posts[name] = replace(post, state="vanished")


def _facts(ready: pd.DataFrame, history: pd.DataFrame, *, found: Found, series: Series, since: int) -> Facts:
    rows = found.rows
    mine = np.array([bool(post) for post in rows], dtype=bool)
    here, names = ready[mine], rows[mine]
    updated = column(here, "latest_updated_at", "datetime64[us, UTC]").dt.tz_localize(None)
    micros = updated.to_numpy().astype("datetime64[us]").astype(np.int64)
    measured: dict[str, int] = {}
    for name, at, missing in zip(names, micros.tolist(), updated.isna(), strict=True):
        if not missing:
            measured[name] = max(measured.get(name, at), at)
    posts = dict(zip(here["ad_id"].astype("str"), names, strict=True))

    def marked(mask: pd.Series) -> frozenset[str]:
        return frozenset(names[mask.fillna(value=False).to_numpy(dtype=bool)])

    evidence = ready.attrs.get("quality", {}).get("evidence", {}).get("masked", ())
    asked = column(ready, "fetched_at", "datetime64[us, UTC]").min()
    return Facts(
        asked=instant_us(ready.attrs.get("fetched_at") if pd.isna(asked) else asked),
        measured=measured,
        hidden=marked(column(here, "hidden_stats", "boolean")),
        masked=marked(is_masked(here, named=evidence)),
        counted=marked(here["latest_views"].notna()) if "latest_views" in here else frozenset(),
        spikes=find_spikes(history, series, posts=posts, since=since),
    )


def _unmatched(found: Found) -> list[dict[str, Any]]:
    """List what the files name that no video is."""
    problems: list[Problem] = [problem for own in found.problems.values() for problem in own]
    return [
        {
            "creator": problem.column.removeprefix("accounts of ").removeprefix("labels of "),
            "clip": None,
            "ad_id": None,
            "reason": "unmatched",
            "since": None,
            "at_stake": None,
            "what_to_do": f"{problem.value}: {problem.advice}",
        }
        for problem in problems
    ]
