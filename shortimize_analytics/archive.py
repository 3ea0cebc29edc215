"""The history archive: days that were fetched once and need not be asked for again.

Layout, under one profile's folder (one key and address)::

    archive/history/bucket=00/history.parquet … bucket=15/history.parquet
    archive/coverage.parquet

Any Parquet engine reads ``history/`` as a partitioned dataset with the columns of `schema.HISTORY`; rows lie grouped by
video with days ascending. All videos of an account share a bucket (CRC-32 of the account id), because thousands of tiny
files, one per account, cost more to open than to read. ``coverage`` has one row per video: which days were asked for,
and when.

Two answers for the same day: a value observed within the vendor's 90-day window beats one interpolated later; among
equals the one whose request was SENT last wins, whoever wrote last. Files are replaced whole (temporary file, then
`os.replace`) under a lock, data before coverage: a killed run leaves the old file or the new one, and at worst asks
again for days it already had.
"""

import os
import tempfile
import zlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from .api import OBSERVED_DAYS
from .errors import ArchiveError
from .schema import HISTORY, Table, empty
from .schema.cast import ARROW_TYPES, PANDAS_DTYPES, to_pandas
from .schema.tables import COVERAGE

BUCKETS = 16
LOCK_SECONDS = 120.0


def bucket_of(account_id: str | None) -> int:
    """Return the bucket of an account; unknown accounts share one."""
    return zlib.crc32((account_id or "").encode()) % BUCKETS


class HistoryArchive:
    """The archive in one folder; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def coverage(self) -> pd.DataFrame:
        """Return one row per video that was ever asked for (schema `COVERAGE`)."""
        return _read(self.folder / "coverage.parquet", COVERAGE)

    def read(
        self, ad_ids: Iterable[str] | None = None, *, first: date | None = None, last: date | None = None
    ) -> pd.DataFrame:
        """Return the stored days of some videos, or of all, grouped by video, days ascending (schema `HISTORY`).

        Parameters
        ----------
        ad_ids
            Videos; None takes all.
        first, last
            First and last day, inclusive.
        """
        wanted = None if ad_ids is None else pa.array(list(ad_ids), type=pa.string())
        tables = []
        for path in sorted(self.folder.glob("history/bucket=*/history.parquet")):
            table = _read_arrow(path, HISTORY)
            keep = None if wanted is None else pc.is_in(table["ad_id"], value_set=wanted)
            for day, compare in ((first, pc.greater_equal), (last, pc.less_equal)):
                if day is not None:
                    inside = compare(table["date"], pa.scalar(pd.Timestamp(day), type=ARROW_TYPES["date"]))
                    keep = inside if keep is None else pc.and_(keep, inside)
            tables.append(table if keep is None else table.filter(keep))
        return _to_frame(pa.concat_tables(tables), HISTORY) if tables else empty(HISTORY)

    def merge(self, rows: pd.DataFrame, *, coverage: pd.DataFrame) -> None:
        """Add fetched days and what they cover.

        Parameters
        ----------
        rows
            Days (schema `HISTORY`).
        coverage
            One row per video asked for (schema `COVERAGE`), with or without days in `rows`.

        Raises
        ------
        ArchiveError
            When another process holds the archive for two minutes, a file is damaged, or the disk refuses.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "archive.lock", timeout=LOCK_SECONDS):
                buckets = rows["ad_id"].map(dict(zip(coverage["ad_id"], coverage["bucket"], strict=True)))
                for bucket, part in rows.groupby(buckets, sort=True):
                    path = self.folder / "history" / f"bucket={int(bucket):02d}" / "history.parquet"
                    _write(path, _latest_days([_read(path, HISTORY), part]), HISTORY)
                path = self.folder / "coverage.parquet"
                _write(path, _latest_coverage([_read(path, COVERAGE), coverage]), COVERAGE)
        except Timeout as error:
            raise ArchiveError(
                f"another process has held {self.folder} for {LOCK_SECONDS:.0f} s; wait for it or end it"
            ) from error
        except OSError as error:
            raise ArchiveError(
                f"the archive {self.folder} cannot be written ({error.strerror or error}); free space, or choose "
                "another folder with SHORTIMIZE_DATA_DIR"
            ) from error


def _latest_days(parts: list[pd.DataFrame]) -> pd.DataFrame:
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    sent = rows["fetched_at"].dt.tz_localize(None)
    observed = rows["date"] >= sent.dt.normalize() - pd.Timedelta(days=OBSERVED_DAYS)
    videos, days = pd.factorize(rows["ad_id"], sort=True)[0], rows["date"].to_numpy()
    order = np.lexsort((sent.to_numpy(), observed.to_numpy(), days, videos))
    videos, days = videos[order], days[order]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = (videos[1:] != videos[:-1]) | (days[1:] != days[:-1])
    return rows.iloc[order[last]].reset_index(drop=True)


def _latest_coverage(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join coverage: days covered grow together (requests always overlap or touch), the newest request is kept."""
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rows = rows.sort_values("sent_at", kind="stable")
    spans = rows.groupby("ad_id").agg(start=("start", "min"), end=("end", "max"), bucket=("bucket", "first"))
    newest = rows.drop_duplicates("ad_id", keep="last").set_index("ad_id")
    newest[["start", "end", "bucket"]] = spans
    return newest.reset_index().sort_values("ad_id", ignore_index=True)[COVERAGE.names]


def _read(path: Path, table: Table) -> pd.DataFrame:
    return _to_frame(_read_arrow(path, table), table) if path.exists() else empty(table)


def _read_arrow(path: Path, table: Table) -> pa.Table:
    try:
        # partitioning=None: the folder's bucket is for engines that scan the dataset, not a column of the frame
        found = pq.read_table(path, columns=table.names, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise ArchiveError(
            f"{path} cannot be read as an archive file ({type(error).__name__}): move it away; its days will be asked "
            "for again"
        ) from error
    missing = sorted(set(table.names) - set(found.column_names))
    if missing:
        raise ArchiveError(f"{path} lacks {', '.join(missing)}: not an archive file of this version; move it away")
    return found


def _to_frame(arrow: pa.Table, table: Table) -> pd.DataFrame:
    return pd.DataFrame({column.name: to_pandas(arrow[column.name], column.kind) for column in table}, copy=False)


def _write(path: Path, frame: pd.DataFrame, table: Table) -> None:
    """Replace a file whole, or leave it as it was."""
    fields = [pa.field(column.name, ARROW_TYPES[column.kind]) for column in table]
    typed = frame[table.names].astype({column.name: PANDAS_DTYPES[column.kind] for column in table})
    arrow = pa.Table.from_pandas(typed, schema=pa.schema(fields), preserve_index=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".half-written-", suffix=".parquet", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            pq.write_table(arrow.replace_schema_metadata(None), file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
