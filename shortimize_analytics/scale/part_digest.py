"""The map: from the days of a part's videos to one row per video. Runs in a process of any executor."""

import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

from shortimize_analytics.analysis.base.calendar import day_of
from shortimize_analytics.analysis.base.constants import HORIZON
from shortimize_analytics.analysis.base.series import knots, recent_gain
from shortimize_analytics.analysis.growth.curves import cells_by_age
from shortimize_analytics.analysis.models.age_curve import REFERENCE_AGE
from shortimize_analytics.analysis.models.projection import days_over, measured_by_age
from shortimize_analytics.analysis.periods.counted import young_cells
from shortimize_analytics.analysis.periods.ledger import counts_at, flows_alone, make_ledger
from shortimize_analytics.analysis.periods.outlook import corrected
from shortimize_analytics.analysis.periods.summary import recent_weeks
from shortimize_analytics.analysis.plausible import fastest_days, last_days
from shortimize_analytics.analysis.prepare import prepare_history
from shortimize_analytics.analysis.prepared import last_counts
from shortimize_analytics.analysis.unmeasured import last_moves
from shortimize_analytics.client.decode import reject_impossible
from shortimize_analytics.errors import ArchiveError
from shortimize_analytics.schema import COUNTS, HISTORY, CastReport
from shortimize_analytics.schema.cast import to_pandas
from shortimize_analytics.schema.checks import judge_series, to_cumulative
from shortimize_analytics.schema.choices import PeriodKind
from shortimize_analytics.schema.rows import FOREVER, NEVER, dates_of, day_numbers, run_starts, starts_day_by_day

from .memory import peak_memory_mb
from .parts import Part, open_days, stamp_of
from .places import Place, place_of

USED = ["ad_id", "date", "views", "likes", "comments", "shares", "fetched_at"]
COUNTED = ("likes", "comments", "shares", "views_raw")
MOVES = {"moved_on": np.int64, "still": bool, "broke_off": bool}
TOLD = b"shortimize_told"


@dataclass(frozen=True, slots=True)
class Job:
    """What every part must be told: what only the whole archive knows.

    Attributes
    ----------
    period, asked
        "week", "month" or "quarter", and the periods (start, end], days since 1970-01-01, latest first.
    spans
        The same as far as the history reaches.
    longest
        Days of the longer one of the two that are compared.
    moment
        Day as of which videos are ranked; None for the newest.
    then_moment
        The same for the newest period, as was known on its last day.
    max_age
        Last age of growth curves (days).
    whole_days, moment_whole_days, then_whole_days, then_moment_whole_days
        Whether rows count only where their day was over when asked for: of all rows, and of those up to the moment;
        then the same of those up to the end of the newest period.
    per_day
        Whether views are gains per day.
    """

    period: PeriodKind
    asked: tuple[tuple[int, int], ...]
    spans: tuple[tuple[int, int], ...]
    longest: int
    moment: date | None
    then_moment: date
    max_age: int
    whole_days: bool = True
    moment_whole_days: bool = True
    then_whole_days: bool = True
    then_moment_whole_days: bool = True
    per_day: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A part, and where it lies and is to lie; `ids` and `uploaded` (days, `NEVER` if unknown) are of its file.

    `run` is another in every run, since schedulers answer a task that they know with the result, or error, of then.
    """

    archive: str
    out: str
    part: Part
    job: Job
    ids: np.ndarray
    uploaded: np.ndarray
    run: str

    @property
    def file(self) -> str:
        """Name of the digest: of all that it depends on, so that what is there need not be made again."""
        told = json.dumps([asdict(self.part), asdict(self.job)], default=str, sort_keys=True).encode()
        own = hashlib.blake2b(told, digest_size=12)
        own.update("\n".join(self.ids.tolist()).encode())
        own.update(np.ascontiguousarray(self.uploaded, dtype=np.int64).tobytes())
        return f"part-{own.hexdigest()}.arrow"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a part: what decides over the whole archive, and what it cost (s, MB, bytes).

    `over` has for each cut (see `_cuts`) how many rows it has, and of how many the day was over when asked for.
    """

    file: str
    rows: int
    videos: int
    over: dict[str, tuple[int, int]]
    judged: int
    per_day: int
    unknown: list[str]
    quality: dict[str, int]
    seconds: float
    cpu_seconds: float
    read_seconds: float
    memory_mb: int | None
    size: int


def digest_part(task: Task) -> Told:
    """Digest one part and write it.

    Raises
    ------
    ArchiveError
        When the file is damaged, or has changed since the archive was looked at, or the digest cannot be written.
    """
    begun, cpu = time.perf_counter(), time.process_time()
    archive = place_of(task.archive)
    same_file(archive, task.part)
    raw = read_part(archive, task.part)
    same_file(archive, task.part)
    reading = time.perf_counter() - begun
    report = CastReport()
    judged, per_day = judge_series(raw)
    if task.job.per_day:
        raw = to_cumulative(raw)
    reject_impossible(raw, COUNTS_USED, report)
    here = pd.Index(raw["ad_id"].iloc[run_starts(raw["ad_id"])])
    unknown = here[pd.Index(task.ids).get_indexer(here) < 0].tolist()
    known = task.uploaded != NEVER
    videos = pd.DataFrame({"ad_id": task.ids, "uploaded_at": dates_of(np.where(known, task.uploaded, 0)).where(known)})
    rows = prepare_history(raw, videos)
    cut = _cuts(rows, task.job)
    table = _digest(cut, task=task)
    told = Told(
        file=task.file,
        rows=len(raw),
        videos=len(table),
        over={name: (len(some), _over(some)) for name, some in cut.items()},
        judged=judged,
        per_day=per_day,
        unknown=unknown,
        quality={name: int(n) for name, n in rows.attrs["quality"].items() if isinstance(n, int)},
        seconds=time.perf_counter() - begun,
        cpu_seconds=time.process_time() - cpu,
        read_seconds=reading,
        memory_mb=peak_memory_mb(),
        size=0,
    )
    content = _packed(table, told)
    target = place_of(task.out)
    try:
        target.write(task.file, content)
    except OSError as error:
        raise ArchiveError(unwritable(target, error)) from error
    return replace(told, size=content.size)


def unwritable(target: Place, error: OSError) -> str:
    """Say that a digest cannot be written, and what to do."""
    return f"{target.address} cannot be written ({error}); what was written stays: {target.next_step}"


COUNTS_USED = [name for name in COUNTS if name in USED]


def same_file(archive: Place, part: Part) -> None:
    """Refuse a file that is another than when the archive was looked at."""
    (info,) = archive.system.get_file_info([archive.at(part.file)])
    if stamp_of(info) != part.stamp:
        raise ArchiveError(f"{archive.address}/{part.file} changed while it was digested: run it again")


def read_part(archive: Place, part: Part) -> pd.DataFrame:
    """Read the days of the videos whose first row lies in a part (columns of `schema.HISTORY`)."""
    with open_days(archive, archive.at(part.file)) as file:
        try:
            table = _owned(file, part)
        except (pa.ArrowException, OSError) as error:
            raise ArchiveError(f"{archive.address}/{part.file} cannot be read ({error})") from error
    frame = pd.DataFrame({name: to_pandas(table[name], HISTORY[name].kind) for name in table.column_names}, copy=False)
    if starts_day_by_day(frame) is None:
        raise ArchiveError(f"{archive.address}/{part.file} is out of order: `shortimize archive verify` says where")
    return frame


def _owned(file: pq.ParquetFile, part: Part) -> pa.Table:
    column = file.schema_arrow.names.index("ad_id")

    def ends(number: int) -> tuple[str, str]:
        known = file.metadata.row_group(number).column(column).statistics
        if known is None or not known.has_min_max:
            raise pa.ArrowInvalid(f"row group {number} does not say which videos it holds")
        return known.min, known.max

    columns = [name for name in USED if name in file.schema_arrow.names]
    table = file.read_row_groups(list(range(part.low, part.high)), columns=columns)
    first, last = ends(part.low)[0], ends(part.high - 1)[1]
    if part.low > 0 and ends(part.low - 1)[1] == first:
        table = table.filter(pc.not_equal(table["ad_id"], first))
    if not len(table) or table["ad_id"][-1].as_py() != last:
        return table  # nothing began here, or the last video does not reach the end
    for number in range(part.high, file.metadata.num_row_groups):
        low, high = ends(number)
        if low != last:
            break
        more = file.read_row_group(number, columns=columns)
        table = pa.concat_tables([table, more.filter(pc.equal(more["ad_id"], last))])
        if high != last:
            break
    return table


def _up_to(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    return rows.loc[(rows["date"] <= pd.Timestamp(day)).to_numpy()].reset_index(drop=True)


def _over(rows: pd.DataFrame) -> int:
    return int(days_over(rows).sum()) if "fetched_at" in rows else len(rows)


def _cuts(rows: pd.DataFrame, job: Job) -> dict[str, pd.DataFrame]:
    """Cut rows after each of the days as of which something is said."""
    then = _up_to(rows, day_of(job.asked[0][1]))
    moment = rows if job.moment is None else _up_to(rows, job.moment)
    return {"all": rows, "moment": moment, "then": then, "then_moment": _up_to(then, job.then_moment)}


def _digest(cut: dict[str, pd.DataFrame], *, task: Task) -> pa.Table:
    """Make one row per video of what `base.digested.Digested` holds."""
    job, rows = task.job, cut["all"]
    starts = run_starts(rows["ad_id"])
    ids = pd.Index(rows["ad_id"].iloc[starts].astype("str"))
    ledger = make_ledger(rows, ids)
    last = last_days(rows)
    cells, flags = cells_by_age(rows, ids, value="share", max_age=job.max_age)
    ages = rows["age_days"].to_numpy(dtype=float, na_value=-np.inf)
    oldest = np.maximum.reduceat(ages, starts) if len(starts) else np.zeros(0)
    columns: dict[str, Any] = {
        "ad_id": pa.array(ids, type=pa.string()),
        "oldest_age": np.where(np.isinf(oldest), np.nan, oldest),
        "fastest": fastest_days(rows) if len(starts) else np.zeros(0),
    }
    moves = last_moves(rows)
    columns |= {f"move.{name}": moves[name].to_numpy(dtype=kind) for name, kind in MOVES.items()}
    columns |= {f"end.{name}": _integers(last[name]) for name in ("views_raw", "likes", "comments") if name in last}
    columns |= _known(rows, cut["moment"], ids=ids, whole_days=job.whole_days, moment_whole_days=job.moment_whole_days)
    columns |= {f"then.{name}": values for name, values in _then(cut, ids, job=job).items()}
    matrices = {"cells": cells, "interpolated": flags}
    matrices["week_cells"] = young_cells(rows, ids, longest=job.longest, end=job.asked[0][1])
    columns |= {name: _matrix(values) for name, values in matrices.items()}
    uploaded = pd.Series(task.uploaded, index=pd.Index(task.ids)).reindex(ids).fillna(NEVER).to_numpy(dtype=np.int64)
    edges = {day: counts_at(ledger, day) for day in sorted({day for span in job.spans for day in span})}
    for number, (start, until) in enumerate(job.spans):
        alone = flows_alone(ledger, (edges[start], edges[until]), start=start, end=until, uploaded=uploaded)
        columns |= _account(ledger.rows, number, alone=alone)
    return pa.table(columns)


def _known(
    rows: pd.DataFrame, moment: pd.DataFrame, *, ids: pd.Index, whole_days: bool, moment_whole_days: bool
) -> dict[str, Any]:
    """Say what is known of each video from its rows up to a day: of these to a moment, for rankings, and of all."""
    starts = run_starts(rows["ad_id"])
    place = ids.get_indexer(rows["ad_id"].iloc[starts])
    ends = np.append(starts[1:], len(rows))
    day = day_numbers(rows["date"]).astype(np.int64)
    seen = last_counts(moment).set_index("ad_id").reindex(ids)
    whole = measured_by_age(rows, ids, max_age=HORIZON, whole_days=whole_days)
    young = measured_by_age(moment, ids, max_age=REFERENCE_AGE, whole_days=moment_whole_days)

    def spread(values: np.ndarray, missing: Any) -> np.ndarray:
        out = np.full(len(ids), missing, dtype=np.int64)
        out[place] = values
        return out

    return {
        "rows": spread(ends - starts, 0),
        "first_day": spread(day[starts], FOREVER),
        "last_day": spread(day[ends - 1], NEVER),
        "curve": _matrix(whole.curve),
        "gain": _matrix(whole.gain),
        "moment.date": pa.array(seen["date"]),
        "moment.views_raw": _integers(seen["views_raw"]),
        "moment.curve": _matrix(young.curve),
        "moment.day_gain": _matrix(young.gain),
        "moment.gain": recent_gain(knots(moment)).reindex(ids).to_numpy(dtype=float),
    }


def _then(cut: dict[str, pd.DataFrame], ids: pd.Index, *, job: Job) -> dict[str, Any]:
    """Say the same as was known at the end of the newest period, and how the last weeks went."""
    then, end = cut["then"], job.asked[0][1]
    votes = {"whole_days": job.then_whole_days, "moment_whole_days": job.then_moment_whole_days}
    last = last_counts(then).set_index("ad_id").reindex(ids)
    weeks = recent_weeks(then, last=day_of(end)).reindex(ids)
    fell = then.loc[corrected(then, end=end), "ad_id"]
    return _known(then, cut["then_moment"], ids=ids, **votes) | {
        "end.views_raw": _integers(last["views_raw"]),
        "fell": ids.isin(fell),
        "compared": ~weeks["judged"].isna().to_numpy(),
        "judged": weeks["judged"].eq(other=True).to_numpy(dtype=bool),
        **{f"weeks.{name}": weeks[name].to_numpy(dtype=float) for name in ("week", "ratio", "recent")},
    }


def _account(rows: pd.DataFrame, number: int, *, alone: dict[str, np.ndarray]) -> dict[str, Any]:
    """Keep the account of one period, and the counts of each video's last row up to its end."""
    found: dict[str, Any] = {f"flow{number}.{name}": values for name, values in alone.items() if name != "row"}
    last = np.maximum(alone["row"], 0) if len(rows) else []
    counts = rows[[name for name in COUNTED if name in rows]].iloc[last]
    return found | {f"count{number}.{name}": _integers(counts[name]) for name in counts}


def _integers(values: pd.Series) -> pa.Array:
    return pa.array(values.array, type=pa.int64(), from_pandas=True)


def _matrix(values: np.ndarray) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(values).ravel()), values.shape[1])


def _packed(table: pa.Table, told: Told) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    schema = table.schema.with_metadata({TOLD: json.dumps(asdict(told)).encode()})
    with ipc.new_file(sink, schema, options=ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table.replace_schema_metadata(schema.metadata))
    return sink.getvalue()


def told_of(place: Place, name: str) -> Told | None:
    """Read what a digest that is there says of itself; None where there is none, or no whole one.

    Raises
    ------
    ArchiveError
        When the folder cannot be read at all.
    """
    try:
        with place.system.open_input_file(place.at(name)) as file:
            told = Told(**json.loads(ipc.open_file(file).schema.metadata[TOLD]))
            size = file.size()
    except (FileNotFoundError, pa.ArrowInvalid, KeyError, TypeError, ValueError):
        return None
    except OSError as error:
        raise ArchiveError(f"{place.address} cannot be read as a digest's folder ({error})") from error
    return replace(told, size=size)
