"""The history archive: days that were fetched once and need not be asked for again.

Layout 1, under one profile's folder (one key and address)::

    archive/archive.json                                        which layout this is
    archive/history/bucket=00/history.parquet … bucket=15/…     the days, columns of `schema.HISTORY`
    archive/coverage.parquet                                    one row per video, columns of `schema.COVERAGE`

A field that this version does not know is kept as JSON text in a column ``extra.NAME`` behind the others.

Any Parquet engine reads ``history/`` as a partitioned dataset (pandas, DuckDB, Polars, Dask, Spark); rows lie grouped
by video with days ascending. All videos of an account share a bucket (CRC-32 of the account id), because thousands of
tiny files, one per account, cost more to open than to read. ``coverage`` says which days were asked for, and when.

Two answers for the same day: a value observed within the vendor's 90-day window beats one interpolated later; among
equals the one whose request was SENT last wins, whoever wrote last. Files are replaced whole (temporary file, then
`os.replace`) under a lock, data before coverage: a killed run leaves the old file or the new one, and at worst asks
again for days it already had. A file that is lost or moved away is noticed, because coverage counts the days it should
hold, and its videos are asked for again.
"""

import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from shortimize_analytics.client.contract import OBSERVED_DAYS
from shortimize_analytics.errors import ArchiveError, DataQualityWarning, warn
from shortimize_analytics.schema import HISTORY, Table, empty
from shortimize_analytics.schema.cast import ARROW_TYPES, PANDAS_DTYPES, to_pandas
from shortimize_analytics.schema.rows import last_of_each, starts_day_by_day, whole_days
from shortimize_analytics.schema.tables import COVERAGE

from .files import SCRAP_PREFIX, replacing

LAYOUT = 1
BUCKETS = 16
ROW_GROUP = 65_536
"""Rows that a reader of single videos reads at the least; smaller groups compress worse and cost the reader of all."""
LOCK_SECONDS = 120.0
DATED_BACK = pd.Timedelta(days=30)
"""Longer ago than any settle or re-ask period, so that it is asked for again; recent enough to be an observed day."""
_KEYS = {"ad_id", "date", "views", "bucket", "start", "end", "sent_at"}
"""Columns without which a file is not one of ours; others may be missing in an older version's and read as NA."""
EXTRA = "extra."
"""Before the names of fields that this version does not know, so that a damaged name does not pass for one."""
_FILLED = {"ad_id", "date", "fetched_at"}
"""Columns of a file of days that never hold a null: checksums cover the pages, not what describes them."""


def bucket_of(account_id: str | None) -> int:
    """Return the bucket of an account; unknown accounts share one."""
    return zlib.crc32((account_id or "").encode()) % BUCKETS


class HistoryArchive:
    """The archive in one folder; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def files(self) -> list[Path]:
        """The files that hold days."""
        return [path for path in map(self._file_of, range(BUCKETS)) if path.exists()]

    def _file_of(self, bucket: int) -> Path:
        return self.folder / "history" / f"bucket={bucket:02d}" / "history.parquet"

    def coverage(self) -> pd.DataFrame:
        """Return one row per video that was ever asked for (schema `COVERAGE`)."""
        self.check_layout()
        path = self.folder / "coverage.parquet"
        found = _read(path, COVERAGE)
        if found["ad_id"].duplicated().any():
            raise ArchiveError(f"{path} records a video twice: delete it, all days are asked for again")
        return found

    def read(
        self, ad_ids: Iterable[str] | None = None, *, first: date | None = None, last: date | None = None
    ) -> pd.DataFrame:
        """Return the stored days of some videos, or of all, grouped by video, days ascending (schema `HISTORY`).

        A day that lies there twice, because one file was copied over another, say, comes once, with a warning.

        Parameters
        ----------
        ad_ids
            Videos; None takes all.
        first, last
            First and last day, inclusive.
        """
        self.check_layout()
        wanted = None if ad_ids is None else pa.array(sorted(set(ad_ids)), type=pa.string())
        expected = None if wanted is None else self._expected(wanted)
        tables = []
        for path in self.files:
            table = read_arrow(path, HISTORY) if expected is None else _read_some(path, wanted, expected=expected)
            keep = None if wanted is None else pc.is_in(table["ad_id"], value_set=wanted)
            for day, compare in ((first, pc.greater_equal), (last, pc.less_equal)):
                if day is not None:
                    inside = compare(table["date"], pa.scalar(pd.Timestamp(day), type=ARROW_TYPES["date"]))
                    keep = inside if keep is None else pc.and_(keep, inside)
            tables.append(table if keep is None else table.filter(keep))
        if not tables:
            return empty(HISTORY)
        frame = _to_frame(pa.concat_tables(tables, promote_options="default"), HISTORY)
        return frame if starts_day_by_day(frame) is not None else self._once(frame)

    def _once(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Put rows that lie otherwise than they were written in order, each day once, as a merge would."""
        mended = _latest_days([frame])
        if twice := len(frame) - len(mended):
            said = f"{self.folder} holds {twice} days twice; each was read once: `shortimize archive verify` says where"
            warn(said, DataQualityWarning, stacklevel=4)
        return mended

    def _expected(self, wanted: pa.Array) -> dict[Path, dict[str, int]]:
        """Tell how many days of which wanted videos each file should hold."""
        known = self.coverage()
        known = known[np.asarray(pc.is_in(pa.array(known["ad_id"], type=pa.string()), value_set=wanted))]
        return {
            self._file_of(int(bucket)): dict(zip(part["ad_id"], part["days"].fillna(0), strict=True))
            for bucket, part in known.groupby("bucket")
        }

    def intact(self) -> pd.DataFrame:
        """Return the coverage of the videos whose days are all there; what a lost file held is to be asked for again.

        A file with as many rows as its videos should have is not read.
        """
        coverage = self.coverage()
        days = coverage["days"].fillna(0).astype("Int64")
        whole = pd.Series(data=True, index=coverage.index)
        for bucket, part in days.groupby(coverage["bucket"]):
            path = self._file_of(int(bucket))
            if _length(path) != part.sum():
                stored = _counts(read_arrow(path, HISTORY, ["ad_id"])) if path.exists() else {}
                whole[part.index] = [stored.get(coverage["ad_id"][row], 0) >= part[row] for row in part.index]
        return coverage[whole]

    def stored_days(self) -> dict[str, int]:
        """Count the days that the files hold of each video."""
        counts: dict[str, int] = {}
        for path in self.files:
            counts |= _counts(read_arrow(path, HISTORY, ["ad_id"]))
        return counts

    def merge(self, rows: pd.DataFrame, *, coverage: pd.DataFrame) -> None:
        """Add fetched days and what they cover.

        Parameters
        ----------
        rows
            Days (schema `HISTORY`).
        coverage
            One row per video asked for (schema `COVERAGE`, ``days`` left out), with or without days in `rows`.

        Raises
        ------
        ArchiveError
            When another process holds the archive for two minutes, a file is damaged, or the disk refuses.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "archive.lock", timeout=LOCK_SECONDS):
                self._sweep()
                self._write_layout()
                path = self.folder / "coverage.parquet"
                newest = coverage["sent_at"].max()
                covered = _latest_coverage([date_back(_read(path, COVERAGE), "sent_at", now=newest), coverage])
                counts = self._merge_days(rows, covered, now=newest)
                covered["days"] = covered["ad_id"].map(counts).astype("Int32").fillna(covered["days"]).fillna(0)
                self._write(path, covered, COVERAGE)
        except Timeout as error:
            raise ArchiveError(
                f"another process has held {self.folder} for {LOCK_SECONDS:.0f} s; wait for it or end it"
            ) from error
        except OSError as error:
            raise ArchiveError(
                f"the archive {self.folder} cannot be written ({error.strerror or error}); free space, or choose "
                "another folder with SHORTIMIZE_DATA_DIR"
            ) from error

    def check_layout(self) -> None:
        """Refuse an archive that a newer version wrote."""
        path = self.folder / "archive.json"
        try:
            layout = int(json.loads(path.read_text(encoding="utf-8"))["layout"])
        except FileNotFoundError:
            return
        except NotADirectoryError as error:
            raise ArchiveError(f"{self.folder} is no folder: move it away") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ArchiveError(f"{path} is damaged; delete it, the days themselves lie in other files") from error
        if layout > LAYOUT:
            raise ArchiveError(f"{self.folder} has layout {layout}, this version knows {LAYOUT}: update the package")

    def _sweep(self) -> None:
        """Delete what killed runs left behind; whoever holds the lock is the only one who writes."""
        for scrap in self.folder.rglob(f"{SCRAP_PREFIX}*"):
            scrap.unlink(missing_ok=True)

    def _write(self, path: Path, frame: pd.DataFrame, table: Table) -> None:
        # not beside the file: an engine that reads `history/` as it lies would read a killed run's half of one, too
        with replacing(path, scrap_in=self.folder) as scrap:
            write_table(frame, scrap, table=table)

    def _write_layout(self) -> None:
        self.check_layout()
        path = self.folder / "archive.json"
        if not path.exists():
            with replacing(path) as scrap:
                scrap.write_text(json.dumps({"layout": LAYOUT}), encoding="utf-8")

    def _merge_days(self, rows: pd.DataFrame, coverage: pd.DataFrame, *, now: pd.Timestamp) -> dict[str, int]:
        buckets = rows["ad_id"].map(dict(zip(coverage["ad_id"], coverage["bucket"], strict=True)))
        counts: dict[str, int] = {}
        for bucket, part in rows.groupby(buckets, sort=True):
            path = self._file_of(int(bucket))
            merged = _latest_days([date_back(_read(path, HISTORY), "fetched_at", now=now), part])
            self._write(path, merged, HISTORY)
            counts |= merged["ad_id"].value_counts().to_dict()
        return counts


def date_back(rows: pd.DataFrame, column: str, *, now: pd.Timestamp) -> pd.DataFrame:
    """Date back what a wrong clock stamped more than a day ahead of now: else no later answer would ever win."""
    ahead = rows[column] > now + pd.Timedelta(days=1)
    return rows.assign(**{column: rows[column].mask(ahead, now - DATED_BACK)}) if ahead.any() else rows


def _latest_days(parts: list[pd.DataFrame]) -> pd.DataFrame:
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    sent = rows["fetched_at"].dt.tz_localize(None).to_numpy()
    observed = rows["date"] >= whole_days(rows["fetched_at"]) - pd.Timedelta(days=OBSERVED_DAYS)
    videos, days = pd.factorize(rows["ad_id"], sort=True)[0], rows["date"].to_numpy()
    order = np.lexsort((sent, observed.to_numpy(), days, videos))
    last = last_of_each(videos[order], days[order])
    return rows.iloc[order[last]].reset_index(drop=True)


def _latest_coverage(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join coverage: days covered grow together (requests always overlap or touch), the newest request is kept."""
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rows = rows.sort_values("sent_at", kind="stable")
    spans = rows.groupby("ad_id").agg(
        start=("start", "min"), end=("end", "max"), bucket=("bucket", "first"), days=("days", "max")
    )
    newest = rows.drop_duplicates("ad_id", keep="last").set_index("ad_id")
    newest[["start", "end", "bucket", "days"]] = spans
    return newest.reset_index().sort_values("ad_id", ignore_index=True)[COVERAGE.names]


def _read(path: Path, table: Table) -> pd.DataFrame:
    return read_file(path, table) if path.exists() else empty(table)


def read_file(path: Path, table: Table) -> pd.DataFrame:
    """Read one Parquet file as a typed frame."""
    return _to_frame(read_arrow(path, table), table)


def _counts(rows: pa.Table) -> dict[str, int]:
    found = pc.value_counts(rows["ad_id"])
    return dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True))


def _length(path: Path) -> int:
    """Read from its footer how many rows a file has; 0 where there is none, -1 where it cannot be read."""
    try:
        return int(pq.read_metadata(path).num_rows) if path.exists() else 0
    except (pa.ArrowException, OSError):
        return -1


def _read_some(path: Path, wanted: pa.Array, *, expected: dict[Path, dict[str, int]]) -> pa.Table:
    """Read the row groups that can hold wanted videos, or all where that finds too few days of any.

    What says which group holds what is not under a checksum.
    """
    ids = wanted.to_pylist()
    found = read_arrow(path, HISTORY, groups=lambda first, last: bisect_left(ids, first) < bisect_right(ids, last))
    counts = _counts(found)
    missing = any(counts.get(ad_id, 0) < days for ad_id, days in expected.get(path, {}).items())
    return read_arrow(path, HISTORY) if missing else found


def _groups_of(file: pq.ParquetFile, wanted: Callable[[str, str], bool]) -> list[int]:
    """List the row groups whose first and last video a test accepts, and those that do not say them."""
    place = file.schema_arrow.names.index("ad_id")
    ranges = [file.metadata.row_group(number).column(place).statistics for number in range(file.num_row_groups)]
    return [
        number
        for number, known in enumerate(ranges)
        if known is None or not known.has_min_max or wanted(known.min, known.max)
    ]


def read_arrow(
    path: Path,
    table: Table,
    columns: list[str] | None = None,
    *,
    groups: Callable[[str, str], bool] | None = None,
) -> pa.Table:
    """Read a file of the archive, its checksums checked; columns that an older version did not write become null.

    Parameters
    ----------
    path, table, columns
        The file, what it holds, and which columns of that; None takes all.
    groups
        Whether a row group is needed, given its first and its last ``ad_id``; None reads all.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            there = file.schema_arrow.names
            names = columns or [*table.names, *(name for name in there if name.startswith(EXTRA))]
            present = [name for name in names if name in there]
            some = None if groups is None or "ad_id" not in there else _groups_of(file, groups)
            found = file.read(columns=present) if some is None else file.read_row_groups(some, columns=present)
    except (pa.ArrowException, OSError) as error:
        raise ArchiveError(
            f"{path} cannot be read as an archive file ({type(error).__name__}): move it away; its days will be asked "
            "for again"
        ) from error
    missing = [name for name in names if name not in found.column_names]
    # an older version's file lacks columns, a newer one's has more; both at once is a damaged name
    if _KEYS.intersection(missing) or (missing and not set(there) <= {*names, *table.names}):
        raise ArchiveError(f"{path} lacks {', '.join(missing)}: not an archive file; move it away")
    if table is HISTORY and any(found[name].null_count for name in _FILLED.intersection(found.column_names)):
        raise ArchiveError(f"{path} holds rows without a video, a day or an instant: move it away")
    types = {name: ARROW_TYPES[table[name].kind] if name in table.names else pa.string() for name in names}
    for name in missing:
        found = found.append_column(name, pa.nulls(len(found), types[name]))
    try:
        return found.select(names).cast(pa.schema(types.items()))
    except pa.ArrowException as error:
        raise ArchiveError(f"{path} holds other types than an archive file ({error}); move it away") from error


def _to_frame(arrow: pa.Table, table: Table) -> pd.DataFrame:
    columns = {column.name: to_pandas(arrow[column.name], column.kind) for column in table}
    for name in arrow.column_names[len(table.names) :]:
        texts = arrow[name].to_pylist()
        values = [None if text is None else json.loads(text) for text in texts]
        columns[name.removeprefix(EXTRA)] = pd.Series(values, dtype=object)
    return pd.DataFrame(columns, copy=False)


def write_table(frame: pd.DataFrame, path: Path, *, table: Table) -> None:
    """Write a frame as Parquet with checksums: the table's columns, and what else it has as JSON text."""
    fields = [pa.field(column.name, ARROW_TYPES[column.kind]) for column in table]
    typed = frame[table.names].astype({column.name: PANDAS_DTYPES[column.kind] for column in table})
    arrow = pa.Table.from_pandas(typed, schema=pa.schema(fields), preserve_index=False)
    for name in frame.columns.difference(table.names):
        blank = [pd.api.types.is_scalar(value) and pd.isna(value) for value in frame[name]]
        texts = [None if none else json.dumps(value) for none, value in zip(blank, frame[name], strict=True)]
        arrow = arrow.append_column(EXTRA + name, pa.array(texts, type=pa.string()))
    pq.write_table(
        arrow.replace_schema_metadata(None),
        path,
        compression="zstd",
        write_page_checksum=True,
        row_group_size=ROW_GROUP,
    )
