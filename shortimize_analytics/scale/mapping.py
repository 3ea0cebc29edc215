"""Map over the parts of an archive on any executor, and keep what only the whole archive knows right."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_number, day_of
from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.base.constants import PERIODS_SHOWN
from shortimize_analytics.analysis.periods.reference import compared_spans, read_span
from shortimize_analytics.analysis.prepared import asked_on, last_full_day
from shortimize_analytics.errors import ArchiveError, InvalidParameterError, ShortimizeError
from shortimize_analytics.loading.progress import progress_bar
from shortimize_analytics.schema import conform
from shortimize_analytics.schema.choices import PeriodKind
from shortimize_analytics.schema.days import Day, read_day
from shortimize_analytics.schema.frames import check_videos
from shortimize_analytics.schema.rows import NEVER, day_numbers
from shortimize_analytics.schema.tables import SCALE_COSTS
from shortimize_analytics.store.files import SCRAP_PREFIX

from .dask_executor import DaskExecutor
from .memory import peak_memory_mb
from .part_digest import Job, Task, Told, digest_part, told_of, unwritable
from .parts import GROUPS_IN_PART, Footer, footers, homes, newest_day, parts_of
from .places import Place, place_of
from .written import MANIFEST, identity_of, known_newest, read_manifest

LONGEST_AGE = 730
ATTEMPTS = 3
"""Times that the parts may turn out to decide otherwise over the whole archive than was taken for granted."""


class Executor(Protocol):
    """What runs a function over many values: of `concurrent.futures`, a `DaskExecutor`, or your own."""

    def map(self, function: Callable[..., Any], /, *values: Iterable[Any]) -> Iterable[Any]:
        """Return the results, in order."""
        ...


@dataclass(frozen=True, slots=True)
class DigestReport:
    """What `digest` did.

    Attributes
    ----------
    parts, reused
        Parts of the archive, and how many of them were there from an earlier run.
    rows, videos
        Days and videos that were digested.
    costs
        Where time and memory went: one row per step (schema `SCALE_COSTS`).
    """

    parts: int
    reused: int
    rows: int
    videos: int
    costs: pd.DataFrame = field(repr=False)


def digest(
    archive: str | Path,
    videos: pd.DataFrame,
    *,
    out: str | Path,
    executor: Executor | None = None,
    period: PeriodKind = "week",
    end: Day | None = None,
    max_age: int = 90,
    groups: int = GROUPS_IN_PART,
    progress: bool | None = None,
) -> DigestReport:
    """Digest an archive's history into one row per video, part by part.

    A part that is there from an earlier run, of the same days and videos, is not made again. Until all are written the
    digest that was there before counts.

    Parameters
    ----------
    archive
        Folder of an archive (`archive` in a profile's folder), on a disk or in object storage: a path, ``s3://…``, or
        what fsspec knows. Every worker must reach it.
    videos
        Frame of `load_videos`: all videos of the archive.
    out
        Folder of the digest, as `archive`; it is this digest's own.
    executor
        What maps over the parts; None does it here, one after the other.
    period
        "week", "month" or "quarter" that `weekly_tables` is to account for.
    end
        Its last day, and the day as of which videos are ranked, inclusive; None takes the last that is over for each.
    max_age
        Last age of growth curves (days, 1 to 730).
    groups
        Row groups of a part (of 65,536 days each): more cost memory, fewer time.
    progress
        Show a bar; None shows it on a terminal only.

    Returns
    -------
    DigestReport
        How many parts, rows and videos there are, and what it cost.

    Raises
    ------
    ArchiveError
        When the archive is damaged or changes meanwhile, a worker dies, the scheduler goes away or has no workers for
        too long, or a disk is full.
        What was written stays: run it again, and only what is missing is done.
    InvalidParameterError
        For impossible days or ages, or a frame that is none of videos.

    Examples
    --------
    >>> import tempfile
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, account="hook.lab", uploaded_start="2026-09-01", has_metrics=True)
    >>> history = sa.load_history(client, videos)
    >>> with tempfile.TemporaryDirectory() as out:
    ...     told = sa.scale.digest(client.storage / "archive", videos, out=out)
    ...     ranked = sa.rank_outliers(sa.scale.read_digest(out, videos))
    >>> ranked.equals(sa.rank_outliers(videos, history))
    True
    """
    begun, cpu = time.perf_counter(), time.process_time()
    check_videos(videos, None)
    if not 1 <= max_age <= LONGEST_AGE:
        raise InvalidParameterError(f"max_age={max_age} is out of range; choose 1 to {LONGEST_AGE} days")
    if groups < 1:
        raise InvalidParameterError(f"groups={groups} is below 1; a part has a row group at least")
    source, target = place_of(archive), place_of(out)
    files = footers(source)
    _try_out(target)
    newest = newest_day(source, files)
    if newest is None:
        raise ArchiveError(f"{source.address} holds no days with views: load a history first")
    job = _as_before(_first_job(videos, newest, period=period, end=end, max_age=max_age), target=target)
    by_file = _uploads(source, videos)
    planned = time.perf_counter() - begun
    tasks, made, run = list[Task](), list[Told](), uuid.uuid4().hex
    for _ in range(ATTEMPTS):
        tasks = [
            Task(source.address, target.address, part, job, *by_file.get(_number(files, part.file), _NOBODY), run)
            for part in parts_of(files, groups=groups)
        ]
        before = {task.file: told_of(target, task.file) for task in tasks}
        told = _run(tasks, executor, known=before, target=target, progress=progress)
        made += [one for one in told if before[one.file] is None]
        better = _as_they_tell(job, told, videos=videos, target=target, newest=newest)
        if better == job:
            break
        job = better
    else:
        raise ArchiveError(f"the parts of {source.address} do not agree on what holds for all: please report this")
    _check(told, files, source=source, videos=videos)
    mapped = time.perf_counter() - begun - planned
    reused = sum(one is not None for one in before.values())
    _finish(target, job, told, files=tasks, videos=videos)
    costs = _costs(
        made, planned=planned, mapped=mapped, cpu=time.process_time() - cpu, size=sum(one.size for one in told)
    )
    return DigestReport(len(tasks), reused, sum(one.rows for one in told), sum(one.videos for one in told), costs)


def _try_out(target: Place) -> None:
    """Find out whether the digest can be written before anything is mapped."""
    try:
        target.write(TRIED, b"tried")
        target.delete(TRIED)
    except OSError as error:
        raise ArchiveError(unwritable(target, error)) from error


TRIED = f"{SCRAP_PREFIX}tried"
_NOBODY = (np.zeros(0, dtype=object), np.zeros(0, dtype=np.int64))


def _number(files: list[Footer], name: str) -> int:
    return next(each.number for each in files if each.file == name)


def _first_job(videos: pd.DataFrame, newest: date, *, period: PeriodKind, end: Day | None, max_age: int) -> Job:
    """Say what holds for all parts, as far as footers tell it; the rest is taken for granted and looked at later."""
    if period == "custom":
        raise InvalidParameterError("period='custom' is not digested; choose week, month or quarter")
    days = pd.DataFrame({"views": [1], "date": [pd.Timestamp(newest)]})
    span, period = read_span(videos, days, period=period, start=None, end=end)
    spans, others = compared_spans(span, period, compare=None, periods=PERIODS_SHOWN)
    moment = last_full_day(videos, newest=pd.Timestamp(newest)) if end is None else read_day(end, "end")
    asked_day = asked_on(videos)
    asked = tuple(sorted({*spans, *others}, reverse=True))
    return Job(
        period=period,
        asked=asked,
        spans=_reached(asked, day_number(newest)),
        longest=max(high - low for low, high in (span, others[0])),
        moment=moment,
        then_moment=day_of(span[1] if asked_day is None else min(span[1], day_number(asked_day) - 1)),
        max_age=max_age,
    )


def _as_before(job: Job, *, target: Place) -> Job:
    """Take for granted what the parts of an earlier digest there decided, so that the map need not run twice again."""
    try:
        earlier, _ = read_manifest(target)
    except ArchiveError:  # there is none, or no whole one
        return job
    return replace(
        job,
        whole_days=earlier.whole_days,
        moment_whole_days=earlier.moment_whole_days,
        then_whole_days=earlier.then_whole_days,
        then_moment_whole_days=earlier.then_moment_whole_days,
        per_day=earlier.per_day,
    )


def _reached(spans: Iterable[tuple[int, int]], newest: int) -> tuple[tuple[int, int], ...]:
    return tuple((start, max(start, min(end, newest))) for start, end in spans)


def _uploads(source: Place, videos: pd.DataFrame) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Return the videos of each file of days and their days of upload, as far as they are known."""
    once = videos[videos["ad_id"].notna()].drop_duplicates("ad_id")
    ids, uploaded = pd.Index(once["ad_id"]), day_numbers(once["uploaded_at"], missing=NEVER).astype(np.int64)
    found = {}
    for number, mine in homes(source):
        place = ids.get_indexer(pd.Index(mine, dtype=ids.dtype))
        known = np.sort(place[place >= 0])
        found[number] = (ids[known].to_numpy(dtype=object), uploaded[known])
    return found


def _run(
    tasks: list[Task],
    executor: Executor | None,
    *,
    known: dict[str, Told | None],
    target: Place,
    progress: bool | None,
) -> list[Told]:
    """Digest the parts that are not there, and return what all say of themselves."""
    missing = [task for task in tasks if known[task.file] is None]
    done: dict[str, Told] = {name: one for name, one in known.items() if one is not None}
    try:
        waits = isinstance(executor, DaskExecutor)
        with progress_bar(total=len(missing), unit="part", show=progress, waits=waits) as ticks:
            for one in _mapped(missing, executor, say=ticks.set_postfix_str):
                done[one.file] = one
                ticks.update()
    except ShortimizeError:
        raise
    except Exception as error:  # whatever it is that an executor raises when a worker or its scheduler dies
        raise ArchiveError(
            f"the digest ended early ({type(error).__name__}: {error}); what was written stays in {target.address}: "
            "run it again, and only what is missing is done"
        ) from error
    return [done[task.file] for task in tasks]


def _mapped(tasks: list[Task], executor: Executor | None, *, say: Callable[[str], object]) -> Iterable[Told]:
    if executor is None:
        return map(digest_part, tasks)
    if isinstance(executor, DaskExecutor):
        return executor.map(digest_part, tasks, say=say)
    return executor.map(digest_part, tasks)


def _as_they_tell(job: Job, told: list[Told], *, videos: pd.DataFrame, target: Place, newest: date) -> Job:
    """Return the job as the parts together decide it."""

    def most(cut: str) -> bool:
        rows, over = (sum(numbers) for numbers in zip(*(one.over[cut] for one in told), strict=True))
        return 2 * over > rows

    judged, per_day = sum(one.judged for one in told), sum(one.per_day for one in told)
    found = replace(
        job,
        whole_days=most("all"),
        moment_whole_days=most("moment"),
        then_whole_days=most("then"),
        then_moment_whole_days=most("then_moment"),
        per_day=2 * per_day > judged,
    )
    last = known_newest(target, [one.file for one in told], owners=_owners(videos))
    return replace(found, spans=_reached(job.asked, min(last, day_number(newest))))


def _owners(videos: pd.DataFrame) -> pd.Index:
    return pd.Index(videos.loc[account_keys(videos).notna(), "ad_id"].dropna().unique())


def _check(told: list[Told], files: list[Footer], *, source: Place, videos: pd.DataFrame) -> None:
    """Refuse a digest that lacks days, or of an archive that was written to meanwhile."""
    if sum(one.rows for one in told) != sum(each.rows for each in files):
        raise ArchiveError(f"row groups of {source.address} lie about their videos: `shortimize archive verify`")
    unknown = pd.Index([ad_id for one in told for ad_id in one.unknown])
    lost = unknown[unknown.isin(videos["ad_id"])]
    if len(lost):
        raise ArchiveError(
            f"the coverage of {source.address} does not say where {len(lost)} videos lie, e.g. {lost[0]}: "
            "`shortimize archive verify` says which; the next load mends it"
        )
    if [(each.file, each.stamp) for each in footers(source)] != [(each.file, each.stamp) for each in files]:
        raise ArchiveError(f"{source.address} was written to while it was digested: run it again")


def _finish(target: Place, job: Job, told: list[Told], *, files: list[Task], videos: pd.DataFrame) -> None:
    """Let the digest count, and delete the parts of older ones and what killed workers left half-written."""
    names, quality = [task.file for task in files], Counter[str]()
    for one in told:
        quality.update(one.quality)
    manifest = {
        "version": 1,
        "job": asdict(job),
        "files": names,
        "quality": dict(quality),
        "videos": identity_of(videos),
    }
    try:
        target.write(MANIFEST, json.dumps(manifest, default=str).encode())
        for info in target.files():
            if info.base_name.startswith(("part-", SCRAP_PREFIX)) and info.base_name not in names:
                target.delete(info.base_name)
    except OSError as error:
        raise ArchiveError(unwritable(target, error)) from error


def _costs(made: list[Told], *, planned: float, mapped: float, cpu: float, size: int) -> pd.DataFrame:
    mine = peak_memory_mb()
    reading, working, busy = (
        sum(getattr(one, name) for one in made) for name in ("read_seconds", "seconds", "cpu_seconds")
    )
    most = max((one.memory_mb for one in made if one.memory_mb is not None), default=None)
    rows = [
        ("plan", planned, None, mine, None),
        ("map, as it was waited for", mapped, cpu, mine, None),
        ("of it reading, all workers", reading, None, None, None),
        ("of it all, all workers", working, busy, most, size),
    ]
    return conform(pd.DataFrame(dict(zip(SCALE_COSTS.names, column, strict=True)) for column in rows), SCALE_COSTS)
