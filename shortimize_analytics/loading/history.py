"""Load the daily history of videos through the archive: only days that are new, or may still change, are asked for.

What is asked of each video, given what the archive covers:

- days never asked for, and the last `SETTLE_DAYS` before its newest request, which the vendor may still revise;
- nothing while its newest request is younger than the vendor's refresh interval (4 hours);
- nothing while its ``latest_updated_at`` has not moved since, for at most `REASK_DAYS`, because the vendor does not
  promise that field;
- nothing when it is removed or private and the archive has it already.

The API serves at most 90 days back (730 on premium, interpolated beyond 90); see `schema.checks` for why totals are
verified instead of trusted.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Answer, Call
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.decode import decode_histories, reject_impossible
from shortimize_analytics.errors import (
    ApiError,
    AuthenticationError,
    ConnectionFailedError,
    InvalidParameterError,
    NotFoundError,
    OfflineError,
    RateLimitError,
)
from shortimize_analytics.schema import COUNTS, VIDEOS, empty
from shortimize_analytics.schema.checks import looks_per_day, to_cumulative
from shortimize_analytics.schema.days import Day, read_range
from shortimize_analytics.schema.masked import MASKING_TIERS
from shortimize_analytics.schema.rows import among, whole_days
from shortimize_analytics.schema.tables import COVERAGE
from shortimize_analytics.store.history_archive import HistoryArchive, date_back

from .future import asked_at
from .progress import progress_bar
from .provenance import warn_quality
from .tally import Tally, describe_load, warn_of
from .videos import load_video, load_videos

SETTLE_DAYS = 3
"""Days younger than this when asked for are asked for again: in public clients recent days were still revised."""
REASK_DAYS = 7
"""A video whose ``latest_updated_at`` stands still is asked for again after this many days all the same."""
BATCH = 200
"""Answers per write to the archive; a killed run finds the others in the HTTP cache."""
TROUBLE_OF_ALL = 24
"""Histories that fail one after the other, without an answer between: the server is in trouble, not some videos. As
many are asked for side by side."""
UNDER_WAY = 2 * TROUBLE_OF_ALL
"""With no more left than are asked for already, those that fail come last, since each was tried five times."""
_OF_ONE = {200, 409, 410, 422, 451}
"""Statuses that speak of one video: a 200 with an error or without a known shape, a conflict, a video that is gone."""
LOOK_UP_ONE_BY_ONE = 10
"""Up to this many bare ids are looked up singly; more cost fewer requests as whole pages."""


def load_history(
    client: Client,
    videos: pd.DataFrame | str | Iterable[str],
    *,
    start: Day | None = None,
    end: Day | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Load the daily history of videos.

    Parameters
    ----------
    client
        From `connect`.
    videos
        A frame of `load_videos`, or ids (UUIDs or URLs). A frame also tells which videos have not moved since they were
        last asked for, which saves requests.
    start
        First day. None means the day of upload, or as far back as the plan allows (premium 730 days, else 90).
    end
        Last day, inclusive; None means today by the client's clock.
    progress
        Show a bar; None shows it on a terminal only.

    Returns
    -------
    DataFrame
        One row per video and day with the columns of `schema.HISTORY`: cumulative totals, grouped by video, days
        ascending, no day filled in. ``attrs["quality"]`` counts videos without history, not found, failed, masked or
        skipped; a video whose history could not be loaded has the days of earlier loads only, or no row.

    Raises
    ------
    InvalidParameterError
        For a day further back than the plan allows, or a range that ends before it starts.
    ApiError
        When the API refuses the key, the plan or the pace, cannot be reached, or fails for every video. One that fails
        for some costs these alone, with a `DataQualityWarning`. What had arrived is in the archive and is not asked
        for again.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, uploaded_start="2026-11-16", has_metrics=True)
    >>> history = sa.load_history(client, videos)
    >>> list(history.columns[:4]), bool(history["ad_id"].isin(videos["ad_id"]).all())
    (['ad_id', 'date', 'views', 'likes'], True)
    """
    days = read_range(start, end)  # before a request is spent on ids
    known = _as_frame(client, videos)
    first, last = days_in_reach(client, *days)
    archive = HistoryArchive(client.storage / "archive")
    coverage = date_back(archive.intact(), "sent_at", now=pd.Timestamp(client.now()))
    plan, tally = _plan(client, known, coverage=coverage, first=first, last=last, explicit=start is not None)
    if len(plan):
        _fetch(client, archive, plan=_in_own_order(plan, archive), tally=tally, progress=progress)
        coverage = archive.coverage()
    frame = archive.read(known["ad_id"], first=first, last=last)
    tally.per_day = looks_per_day(frame)
    if tally.per_day:
        warn_quality(
            "the API delivered gains per day instead of running totals; they were summed up to totals", stacklevel=3
        )
        frame = to_cumulative(frame)
    reject_impossible(frame, COUNTS, tally.report)
    params = {"start": first.isoformat(), "end": last.isoformat(), "videos": len(known)}
    return _describe(client, frame, known=known, coverage=coverage, params=params, tally=tally)


def _as_frame(client: Client, videos: pd.DataFrame | str | Iterable[str]) -> pd.DataFrame:
    """Find ad_id, account, upload day and newest measurement of what was asked for."""
    if isinstance(videos, pd.DataFrame):
        missing = [name for name in ("ad_id", "linked_account_id", "uploaded_at") if name not in videos.columns]
        if missing:
            raise InvalidParameterError(f"the frame lacks {', '.join(missing)}: pass a frame of load_videos, or ids")
        return videos[videos["ad_id"].notna()].drop_duplicates("ad_id")
    ids = [videos] if isinstance(videos, str) else list(videos) if isinstance(videos, Iterable) else [videos]
    if odd := [name for name in ids if not isinstance(name, str) or not name.strip()]:
        raise InvalidParameterError(
            f"videos={odd[0]!r} is no video: pass a frame of load_videos, or UUIDs or URLs as non-empty texts"
        )
    ids = list(dict.fromkeys(ids))
    if not ids:
        return empty(VIDEOS)
    if len(ids) <= LOOK_UP_ONE_BY_ONE:
        return pd.concat([load_video(client, name) for name in ids], ignore_index=True).drop_duplicates("ad_id")
    every = load_videos(client)
    lacking = set(ids) - set(every["ad_id"]) - set(every["ad_link"].dropna())
    if lacking:
        shown = ", ".join(sorted(lacking)[:3])
        raise NotFoundError(
            f"{len(lacking)} of {len(ids)} videos are not tracked, e.g. {shown}",
            endpoint=str(contract.LIST_VIDEOS),
            hint="Leave them out, or track them first",
        )
    return every[every["ad_id"].isin(ids) | every["ad_link"].isin(ids)]


def days_in_reach(client: Client, start: date | None, end: date | None) -> tuple[date, date]:
    """Return the days to ask a history for: None is the first that the plan reaches, or today.

    Raises
    ------
    InvalidParameterError
        For a day further back than the plan allows, or a range that ends before it starts.
    """
    today = client.today()
    reach = contract.OBSERVED_DAYS if client.tier in {"limited", "basic"} else contract.PREMIUM_HISTORY_DAYS
    oldest = today - timedelta(days=reach)
    first, last = start or oldest, min(today, end or today)
    if first < oldest and not client.settings.offline:
        raise InvalidParameterError(
            f"start={first} is more than {reach} days back; the {client.tier} plan reaches {oldest}"
        )
    if last < first:
        raise InvalidParameterError(f"end={last} lies before start={first}")
    return first, last


def _plan(
    client: Client, known: pd.DataFrame, *, coverage: pd.DataFrame, first: date, last: date, explicit: bool
) -> tuple[pd.DataFrame, Tally]:
    """Decide what to ask of each video: one row per request, with its days and the part of the archive it goes to.

    A request always runs on to the newest day that is covered, so that one instant of sending describes all of them.
    """
    days = _wanted(known, pd.Timestamp(first), high=pd.Timestamp(last), explicit=explicit)
    if client.settings.offline:
        return days.head(0), Tally()
    days = days.merge(coverage, on="ad_id", how="left", suffixes=("", "_then"))
    age = pd.Timestamp(client.now()) - days["sent_at"]
    then = whole_days(days["sent_at"])
    settled = then - pd.Timedelta(days=SETTLE_DAYS)
    settled = settled.where(~(settled > days["end"]), days["end"])
    covered = days["start"].notna() & (days["start"] <= days["low"])
    recent = (days["end"] >= days["high"]) & (age < pd.Timedelta(hours=contract.REFRESH_HOURS))
    still = (days["updated_at"] <= days["updated_at_then"]) & (age < pd.Timedelta(days=REASK_DAYS))
    # a load with an end of its own left later days unasked, however still the video stands
    whole = covered & ((days["end"] >= days["high"]) | (days["end"] >= then))
    fresh = covered & (recent | (settled >= days["high"]))
    unchanged = whole & ~fresh & still
    gone = whole & ~fresh & ~unchanged & days["gone"]
    if client.settings.refresh:
        fresh &= False
        unchanged &= False
        gone &= False
        covered &= False
    next_day = (settled + pd.Timedelta(days=1)).fillna(days["low"])
    days["ask_from"] = next_day.where(covered, days["low"].where(days["low"] < next_day, next_day))
    days["ask_to"] = days["high"].where(~(days["end"] > days["high"]), days["end"])
    return days[~(fresh | unchanged | gone)], Tally(
        fresh=int(fresh.sum()), unchanged=int(unchanged.sum()), gone=int(gone.sum())
    )


def _in_own_order(asks: pd.DataFrame, archive: HistoryArchive) -> pd.DataFrame:
    """Put requests into an order that no other process has, so that what one has asked for the others find cached.

    File by file of the archive all the same: a batch of answers then rewrites few of them.
    """
    wanted = (asks["ask_to"] - asks["ask_from"]).dt.days + 1
    asks = asks.assign(file=archive.place(asks.assign(days=wanted)))
    rng = np.random.default_rng()
    turn = rng.permutation(asks["file"].nunique())
    files = pd.Series(turn[pd.factorize(asks["file"])[0]], index=asks.index)
    return asks.assign(turn=files).sample(frac=1, random_state=rng).sort_values("turn", kind="stable")


def _wanted(known: pd.DataFrame, low: pd.Timestamp, *, high: pd.Timestamp, explicit: bool) -> pd.DataFrame:
    """Say which days each video should have; without an explicit start, none before its upload."""
    gone = pd.Series(data=False, index=known.index)
    for flag in ("removed", "private"):
        if flag in known:
            gone |= known[flag].fillna(value=False).astype(bool)
    never = pd.Series(pd.NaT, index=known.index, dtype="datetime64[us, UTC]")
    return pd.DataFrame(
        {
            "ad_id": known["ad_id"],
            "low": low if explicit else known["uploaded_at"].clip(lower=low, upper=high).fillna(low),
            "high": high,
            "updated_at": known.get("latest_updated_at", never),
            "account": known["linked_account_id"].astype(object).where(known["linked_account_id"].notna(), None),
            "gone": gone,
        }
    )


def _fetch(client: Client, archive: HistoryArchive, *, plan: pd.DataFrame, tally: Tally, progress: bool | None) -> None:
    """Ask for every row of the plan, writing to the archive in batches."""
    asks = list(plan[["ad_id", "file", "ask_from", "ask_to", "updated_at"]].itertuples(index=False, name=None))
    batch: list[tuple[Any, ...]] = []
    try:
        with closing(_answers(client, asks, tally=tally, progress=progress)) as arrived:
            for pair in arrived:
                batch.append(pair)
                if len(batch) >= BATCH:
                    _store(archive, batch, tally=tally, tier=client.tier)
                    batch = []
    except Exception:
        _store(archive, batch, tally=tally, tier=client.tier)
        raise
    # not after Ctrl-C, which has to be quick: what arrived is in the HTTP cache
    _store(archive, batch, tally=tally, tier=client.tier)
    if len(tally.failed) == len(asks) and not (tally.fresh or tally.unchanged or tally.gone):
        raise next(iter(tally.failed.values()))


def _answers(
    client: Client, asks: Sequence[tuple[Any, ...]], *, tally: Tally, progress: bool | None
) -> Generator[tuple[tuple[Any, ...], Answer]]:
    """Yield each ask with its answer as it arrives; what one video alone cannot have is noted in the tally."""
    calls = [
        Call(
            contract.GET_HISTORY,
            {"ad_id": ad_id},
            contract.validate(contract.GET_HISTORY, {"start_date": low.date(), "end_date": high.date()}),
        )
        for ad_id, _, low, high, _ in asks
    ]
    in_a_row, left = 0, len(calls)
    with (
        progress_bar(total=len(calls), unit="video", show=progress) as ticks,
        closing(client.get_many(calls)) as answers,
    ):
        for position, answer in answers:
            ticks.update()
            left -= 1
            in_a_row = 0 if isinstance(answer, Answer | NotFoundError) else in_a_row + 1
            if isinstance(answer, NotFoundError):
                tally.not_found.append(asks[position][0])
            elif (
                isinstance(answer, ApiError)
                and _of_one(answer)
                and not (in_a_row >= TROUBLE_OF_ALL and left > UNDER_WAY)
            ):
                tally.failed[asks[position][0]] = answer
            elif isinstance(answer, Exception):
                raise answer
            else:
                tally.cache_hits += answer.from_cache
                tally.asked += not answer.from_cache
                yield asks[position], answer


def _of_one(error: ApiError) -> bool:
    """Tell whether an error may be one video's own, so that the others can be had.

    The key, the plan, the pace, an address or a network are everyone's.
    """
    if isinstance(error, ConnectionFailedError):
        return error.reached
    whole = isinstance(error, AuthenticationError | RateLimitError | OfflineError)
    return not whole and (error.status is None or error.status in _OF_ONE or error.status >= 500)


def _store(archive: HistoryArchive, batch: list[tuple[Any, Answer]], *, tally: Tally, tier: str) -> None:
    """Write answers to the archive, all but masked ones: their days would count as known after an upgrade."""
    if not batch:
        return
    decoded = decode_histories([(ask[0], answer) for ask, answer in batch])
    tally.report.merge(decoded.report)
    masked = set(decoded.masked)
    measured = set(decoded.frame.loc[decoded.frame[list(COUNTS)].notna().any(axis=1), "ad_id"])
    blank = set(decoded.frame["ad_id"]) - measured
    # a plan may mask with nulls, and all at once; one video without figures comes with any plan
    if tier in MASKING_TIERS or (not measured and len(blank) > 1 and not decoded.report.bad):
        masked |= blank
    tally.masked += sorted(masked)
    kept = [(ask, answer) for ask, answer in batch if ask[0] not in masked]
    if not kept:
        return
    coverage = pd.DataFrame(
        {
            "ad_id": [ask[0] for ask, _ in kept],
            "file": [ask[1] for ask, _ in kept],
            "start": [ask[2] for ask, _ in kept],
            "end": [ask[3] for ask, _ in kept],
            "sent_at": [answer.sent_at for _, answer in kept],
            "updated_at": pd.to_datetime([ask[4] for ask, _ in kept], utc=True),
            "days": pd.NA,
        }
    ).astype(empty(COVERAGE).dtypes.to_dict())
    dated = decoded.frame["date"].notna()
    tally.undated += int((~dated).sum())
    # a day may have begun elsewhere on earth
    last = pd.Timestamp(asked_at([answer for _, answer in kept])).tz_localize(None).normalize() + pd.Timedelta(days=1)
    ahead = decoded.frame["date"] > last
    tally.ahead += int(ahead.sum())
    dated &= ~ahead
    tally.duplicates += int(decoded.frame[dated].duplicated(["ad_id", "date"]).sum())
    rows = decoded.frame[among(decoded.frame["ad_id"], coverage["ad_id"]) & dated]
    sent = rows["ad_id"].map(dict(zip(coverage["ad_id"], coverage["sent_at"], strict=True)))
    archive.merge(rows.assign(fetched_at=sent.astype("datetime64[us, UTC]")), coverage=coverage)


def _describe(
    client: Client,
    frame: pd.DataFrame,
    *,
    known: pd.DataFrame,
    coverage: pd.DataFrame,
    params: dict[str, Any],
    tally: Tally,
) -> pd.DataFrame:
    """Write into ``attrs`` how fresh and how complete the history is, and warn about what is missing."""
    sent = coverage.set_index("ad_id")["sent_at"].reindex(known["ad_id"])
    frame.attrs = {
        "table": "history",
        "endpoint": str(contract.GET_HISTORY),
        "params": params,
        "base_url": client.settings.base_url,
        "source": client.source,
        "tier": client.tier,
        "fetched_at": None if sent.isna().all() else sent.min().isoformat(),
        "as_of": client.now().isoformat(),
        "from_cache": tally.asked == 0,
        "requests": tally.asked,
        "cache_hits": tally.cache_hits,
        "quality": describe_load(frame, known["ad_id"], unsent=sent.index[sent.isna()], tally=tally),
    }
    warn_of(tally, tier=client.tier, never=frame.attrs["quality"]["never_loaded"], videos=len(known))
    return frame
