"""The history archive: days that were fetched once and need not be asked for again.

Where its files lie says `archive_layout`. Any Parquet engine reads the folder of days as a partitioned dataset (pandas,
DuckDB, Polars, Dask, Spark): ``archive/days/``, in an archive of layout 1 ``archive/history/``. Rows lie grouped by
video with days ascending. ``coverage`` says which days were asked for, and when.

Two answers for the same day: a value observed within the vendor's 90-day window beats one interpolated later; among
equals the one whose request was SENT last wins, whoever wrote last. Files are replaced whole (temporary file, then
`os.replace`) under a lock, data before coverage: a killed run leaves the old file or the new one, and at worst asks
again for days it already had. A file that is lost or moved away is noticed, because coverage counts the days it should
hold, and its videos are asked for again.
"""

import json
import shutil
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
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
from shortimize_analytics.schema.cast import ARROW_TYPES
from shortimize_analytics.schema.rows import last_of_each, starts_day_by_day, whole_days
from shortimize_analytics.schema.tables import COVERAGE

from .archive_files import read_arrow, read_days, read_file, to_frame, write_table
from .archive_layout import LAYOUT, day_file, day_files, days_folder, place, shard_file, shard_of
from .files import replacing, sweep

LOCK_SECONDS = 120.0
DATED_BACK = pd.Timedelta(days=30)
"""Longer ago than any settle or re-ask period, so that it is asked for again; recent enough to be an observed day."""
_COVERAGE_1 = replace(
    COVERAGE,
    columns=tuple(replace(one, name="bucket", kind="Int16") if one.name == "file" else one for one in COVERAGE),
)
"""In layout 1 a bucket was a file."""


class HistoryArchive:
    """The archive in one folder; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def layout(self) -> int:
        """The layout of what is there, or the one of new archives; one that a newer version wrote is refused."""
        path = self.folder / "archive.json"
        try:
            layout = int(json.loads(path.read_text(encoding="utf-8"))["layout"])
        except FileNotFoundError:
            older = days_folder(self.folder, layout=1), shard_file(self.folder, 0, layout=1)
            return 1 if any(path.exists() for path in older) else LAYOUT
        except NotADirectoryError as error:
            raise ArchiveError(f"{self.folder} is no folder: move it away") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ArchiveError(f"{path} is damaged; delete it, the days themselves lie in other files") from error
        if not 1 <= layout <= LAYOUT:
            raise ArchiveError(f"{self.folder} has layout {layout}, this version knows {LAYOUT}: update the package")
        return layout

    @property
    def numbered_files(self) -> dict[int, Path]:
        """The files that hold days, by number."""
        return day_files(self.folder, layout=self.layout)

    @property
    def files(self) -> list[Path]:
        """The files that hold days."""
        return list(self.numbered_files.values())

    @property
    def coverage_files(self) -> dict[int, Path]:
        """The files that say what was asked for, by bucket; layout 1 has one."""
        first = shard_file(self.folder, 0, layout=self.layout)
        if self.layout == 1:
            return {0: first} if first.exists() else {}
        return {int(path.name.removeprefix("bucket-")): path for path in sorted(first.parent.glob("bucket-[0-9]*"))}

    def coverage(self) -> pd.DataFrame:
        """Return one row per video that was ever asked for (schema `COVERAGE`).

        Of videos whose coverage is lost, layout 2 says where their days lie, and nothing else.
        """
        shards = {shard_of(number, layout=self.layout) for number in self.numbered_files} | {*self.coverage_files}
        found = _joined([self.read_coverage(shard) for shard in sorted(shards)])
        if found["ad_id"].duplicated().any():
            raise ArchiveError(
                f"the coverage in {self.folder} records a video twice: delete it, all days are asked for again"
            )
        return found

    def read_coverage(self, shard: int) -> pd.DataFrame:
        """Read one file of coverage; where it is lost, find in layout 2 which videos its files of days hold."""
        path = shard_file(self.folder, shard, layout=self.layout)
        table = _COVERAGE_1 if self.layout == 1 else COVERAGE
        if self.layout > 1 and not path.exists():
            return self._found_in_days(shard)
        found = read_file(path, table) if path.exists() else empty(table)
        if found["ad_id"].duplicated().any():
            raise ArchiveError(f"{path} records a video twice: delete it, all days are asked for again")
        return found.rename(columns={"bucket": "file"}).astype({"file": "Int32"})

    def _found_in_days(self, shard: int) -> pd.DataFrame:
        counts = [
            (ad_id, number, days)
            for number, file in self.numbered_files.items()
            if shard_of(number, layout=self.layout) == shard
            for ad_id, days in count_days(read_arrow(file, HISTORY, ["ad_id"])).items()
        ]
        known = pd.DataFrame(counts, columns=["ad_id", "file", "days"]).drop_duplicates("ad_id", ignore_index=True)
        return known.reindex(columns=COVERAGE.names).astype(empty(COVERAGE).dtypes.to_dict())

    def place(self, videos: pd.DataFrame) -> pd.Series:
        """Say which file each video's days go to: see `archive_layout.place`."""
        return place(videos, layout=self.layout, coverage=self.coverage())

    def read_all(self) -> pd.DataFrame:
        """Return every stored day, as `read` does without names, with as little memory as the frame itself takes.

        ``ad_id`` is a category, its categories in order.
        """
        paths = self.files
        frame = read_days(paths, rows=sum(map(_length, paths))) if paths else None
        if frame is not None and starts_day_by_day(frame) is not None:
            return frame
        frame = self.read() if frame is None else self._once(frame)
        return frame.assign(ad_id=frame["ad_id"].astype("category"))

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
        wanted = None if ad_ids is None else pa.array(sorted(set(ad_ids)), type=pa.string())
        layout = self.layout
        try:
            tables = self._read_tables(wanted, first=first, last=last)
        except ArchiveError:
            if self.layout == layout:
                raise
            tables = self._read_tables(wanted, first=first, last=last)  # it was moved over meanwhile
        if not tables:
            return empty(HISTORY)
        frame = to_frame(pa.concat_tables(tables, promote_options="default"), HISTORY)
        return frame if starts_day_by_day(frame) is not None else self._once(frame)

    def _read_tables(self, wanted: pa.Array | None, *, first: date | None, last: date | None) -> list[pa.Table]:
        paths, expected = self.numbered_files, {}
        if wanted is not None:
            expected = self._expected(wanted)
            if self.layout > 1:  # with thousands of files, those that hold none of the videos are not even opened
                paths = {number: path for number, path in paths.items() if number in expected}
        tables = []
        for number, path in paths.items():
            days = expected.get(number, {})
            table = read_arrow(path, HISTORY) if wanted is None else _read_some(path, wanted, expected=days)
            keep = None if wanted is None else pc.is_in(table["ad_id"], value_set=wanted)
            for day, compare in ((first, pc.greater_equal), (last, pc.less_equal)):
                if day is not None:
                    inside = compare(table["date"], pa.scalar(pd.Timestamp(day), type=ARROW_TYPES["date"]))
                    keep = inside if keep is None else pc.and_(keep, inside)
            tables.append(table if keep is None else table.filter(keep))
        return tables

    def _once(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Put rows that lie otherwise than they were written in order, each day once, as a merge would."""
        mended = latest_days([frame])
        if twice := len(frame) - len(mended):
            said = f"{self.folder} holds {twice} days twice; each was read once: `shortimize archive verify` says where"
            warn(said, DataQualityWarning, stacklevel=4)
        return mended

    def _expected(self, wanted: pa.Array) -> dict[int, dict[str, int]]:
        """Tell how many days of which wanted videos each file should hold."""
        known = self.coverage()
        known = known[np.asarray(pc.is_in(pa.array(known["ad_id"], type=pa.string()), value_set=wanted))]
        return {
            int(number): dict(zip(part["ad_id"], part["days"].fillna(0), strict=True))
            for number, part in known.groupby("file")
        }

    def intact(self) -> pd.DataFrame:
        """Return the coverage of the videos whose days are all there; what a lost file held is to be asked for again.

        A file with as many rows as its videos should have is not read.
        """
        coverage, layout = self.coverage(), self.layout
        days = coverage["days"].fillna(0).astype("Int64")
        whole = pd.Series(data=True, index=coverage.index)
        for number, part in days.groupby(coverage["file"]):
            path = day_file(self.folder, int(number), layout=layout)
            if _length(path) != part.sum():
                stored = count_days(read_arrow(path, HISTORY, ["ad_id"])) if path.exists() else {}
                whole[part.index] = [stored.get(coverage["ad_id"][row], 0) >= part[row] for row in part.index]
        return coverage[whole]

    def stored_days(self) -> dict[str, int]:
        """Count the days that the files hold of each video."""
        counts: dict[str, int] = {}
        for path in self.files:
            counts |= count_days(read_arrow(path, HISTORY, ["ad_id"]))
        return counts

    def merge(self, rows: pd.DataFrame, *, coverage: pd.DataFrame) -> None:
        """Add fetched days and what they cover.

        Parameters
        ----------
        rows
            Days (schema `HISTORY`).
        coverage
            One row per video asked for (schema `COVERAGE`; ``file``, ``days`` and ``updated_at`` may be left out), with
            or without days in `rows`.

        Raises
        ------
        ArchiveError
            When another process holds the archive for two minutes, a file is damaged, or the disk refuses.
        """
        with self.held():
            layout = self.layout
            if not (self.folder / "archive.json").exists():
                self.write_layout(layout)
            asked = self._at_home(coverage.reindex(columns=COVERAGE.names), layout=layout)
            newest = coverage["sent_at"].max()
            shards = asked["file"].map(lambda number: shard_of(int(number), layout=layout))
            grown = {}
            for shard, part in asked.groupby(shards):
                old = date_back(self.read_coverage(int(shard)), "sent_at", now=newest)
                grown[int(shard)] = _latest_coverage([old, part])
            covered = _joined(list(grown.values()))
            counts = self._merge_days(rows, covered, now=newest, layout=layout)
            for shard, part in grown.items():
                part["days"] = part["ad_id"].map(counts).astype("Int32").fillna(part["days"]).fillna(0)
                self.write_coverage(part, shard, layout=layout)

    def _at_home(self, asked: pd.DataFrame, *, layout: int) -> pd.DataFrame:
        """Send videos that another process has put into a file meanwhile to that one, or a day would lie in two."""
        if asked["file"].isna().any():
            asked = asked.assign(file=self.place(asked.assign(account=None)))
        if layout == 1:
            return asked  # of a video that is known, the file in its coverage counts
        home: dict[str, int] = {}
        for path in self.coverage_files.values():
            known = read_arrow(path, COVERAGE, ["ad_id", "file"])
            mine = known.filter(pc.is_in(known["ad_id"], value_set=pa.array(asked["ad_id"], type=pa.string())))
            home |= dict(zip(mine["ad_id"].to_pylist(), mine["file"].to_pylist(), strict=True))
        found = asked["ad_id"].map(home).astype("Int32")
        return asked.assign(file=found.fillna(asked["file"].astype("Int32")))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the archive against other writers; what a killed one left behind is deleted first."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "archive.lock", timeout=LOCK_SECONDS):
                self.sweep()
                yield
        except Timeout as error:
            raise ArchiveError(
                f"another process has held {self.folder} for {LOCK_SECONDS:.0f} s; wait for it or end it"
            ) from error
        except OSError as error:
            raise ArchiveError(
                f"the archive {self.folder} cannot be written ({error.strerror or error}); free space, or choose "
                "another folder with SHORTIMIZE_DATA_DIR"
            ) from error

    def sweep(self) -> None:
        """Delete what killed runs left behind, a move's copy that did not come to count or the original it replaced."""
        sweep(self.folder)
        if self.layout == 1:
            for begun in (days_folder(self.folder, layout=2), shard_file(self.folder, 0, layout=2).parent):
                shutil.rmtree(begun, ignore_errors=True)
            return
        for moved in (*day_files(self.folder, layout=1).values(), shard_file(self.folder, 0, layout=1)):
            moved.unlink(missing_ok=True)
        home = days_folder(self.folder, layout=1)
        for emptied in (*home.glob("bucket=*"), home):
            with suppress(OSError):  # somebody's own file in a folder of ours stays
                emptied.rmdir()

    def write_coverage(self, coverage: pd.DataFrame, shard: int, *, layout: int) -> None:
        """Write one file of coverage."""
        path = shard_file(self.folder, shard, layout=layout)
        if layout == 1:
            self._write(path, coverage.rename(columns={"file": "bucket"}), _COVERAGE_1)
        else:
            self._write(path, coverage, COVERAGE)

    def write_days(self, days: pd.DataFrame, number: int, *, layout: int) -> None:
        """Write one file of days, sorted by video and day."""
        self._write(day_file(self.folder, number, layout=layout), days, HISTORY)

    def _write(self, path: Path, frame: pd.DataFrame, table: Table) -> None:
        # not beside the file: an engine that reads the days as they lie would read a killed run's half of one, too
        with replacing(path, scrap_in=self.folder) as scrap:
            write_table(frame, scrap, table=table)

    def write_layout(self, layout: int) -> None:
        """Say which layout counts: this one step is a move from one to the other."""
        with replacing(self.folder / "archive.json") as scrap:
            scrap.write_text(json.dumps({"layout": layout}), encoding="utf-8")

    def _merge_days(
        self, rows: pd.DataFrame, coverage: pd.DataFrame, *, now: pd.Timestamp, layout: int
    ) -> dict[str, int]:
        numbers = rows["ad_id"].map(dict(zip(coverage["ad_id"], coverage["file"], strict=True)))
        counts: dict[str, int] = {}
        for number, part in rows.groupby(numbers, sort=True):
            path = day_file(self.folder, int(number), layout=layout)
            old = read_file(path, HISTORY) if path.exists() else empty(HISTORY)
            merged = latest_days([date_back(old, "fetched_at", now=now), part])
            self.write_days(merged, int(number), layout=layout)
            counts |= merged["ad_id"].value_counts().to_dict()
        return counts


def date_back(rows: pd.DataFrame, column: str, *, now: pd.Timestamp) -> pd.DataFrame:
    """Date back what a wrong clock stamped more than a day ahead of now: else no later answer would ever win."""
    ahead = rows[column] > now + pd.Timedelta(days=1)
    return rows.assign(**{column: rows[column].mask(ahead, now - DATED_BACK)}) if ahead.any() else rows


def latest_days(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join days of videos, sorted by both; of two answers for a day the better is kept, see the module."""
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    sent = rows["fetched_at"].dt.tz_localize(None).to_numpy()
    observed = rows["date"] >= whole_days(rows["fetched_at"]) - pd.Timedelta(days=OBSERVED_DAYS)
    videos, days = pd.factorize(rows["ad_id"], sort=True)[0], rows["date"].to_numpy()
    order = np.lexsort((sent, observed.to_numpy(), days, videos))
    last = last_of_each(videos[order], days[order])
    return rows.iloc[order[last]].reset_index(drop=True)


def _latest_coverage(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join coverage: days covered grow together (requests always overlap or touch), the newest request is kept."""
    rows = _joined(parts).sort_values("sent_at", kind="stable", na_position="first")
    spans = rows.groupby("ad_id").agg(
        start=("start", "min"), end=("end", "max"), file=("file", "first"), days=("days", "max")
    )
    newest = rows.drop_duplicates("ad_id", keep="last").set_index("ad_id")
    newest[["start", "end", "file", "days"]] = spans
    return newest.reset_index().sort_values("ad_id", ignore_index=True)[COVERAGE.names]


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    some = [part.astype(empty(COVERAGE).dtypes.to_dict()) for part in parts if len(part)]
    return pd.concat(some, ignore_index=True) if some else empty(COVERAGE)


def count_days(rows: pa.Table) -> dict[str, int]:
    """Count the rows of each video."""
    found = pc.value_counts(rows["ad_id"])
    return dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True))


def _length(path: Path) -> int:
    """Read from its footer how many rows a file has; 0 where there is none, -1 where it cannot be read."""
    try:
        return int(pq.read_metadata(path).num_rows) if path.exists() else 0
    except (pa.ArrowException, OSError):
        return -1


def _read_some(path: Path, wanted: pa.Array, *, expected: dict[str, int]) -> pa.Table:
    """Read the row groups that can hold wanted videos, or all where that finds too few days of any.

    What says which group holds what is not under a checksum.
    """
    ids = wanted.to_pylist()
    found = read_arrow(path, HISTORY, groups=lambda first, last: bisect_left(ids, first) < bisect_right(ids, last))
    counts = count_days(found)
    missing = any(counts.get(ad_id, 0) < days for ad_id, days in expected.items())
    return read_arrow(path, HISTORY) if missing else found
