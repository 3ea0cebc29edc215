"""Where the files of an archive lie, and which file a video's days go to; layouts 1 and 2.

Layout 2, under one profile's folder (one key and address)::

    archive/archive.json                                      which layout this is
    archive/days/bucket=0000/days-000000.parquet, …           the days, columns of `schema.HISTORY`
    archive/_coverage/bucket-0000, …                          one row per video, columns of `schema.COVERAGE`

A file takes new videos while `FILE_DAYS` are not reserved in it, a year for each; then the next one is begun. Sixteen
files are a bucket. So a video's write replaces one file of bounded size however large the archive grows, nothing ever
moves, and the days of one account lie side by side as far as they were first asked for together.

What is recorded about videos lies where no engine takes it for days: it begins with an underscore and does not end in
``.parquet``.

Layout 1 had sixteen buckets for ever, one file each (CRC-32 of the account), in ``archive/history/``, and
``archive/coverage.parquet`` beside them. It is read and written on until `move_archive` is called.
"""

import re
import zlib
from pathlib import Path, PurePath
from typing import TypeVar

import numpy as np
import pandas as pd

LAYOUT = 2
"""Of new archives."""
BUCKETS_1 = 16
"""Of layout 1."""
FILE_DAYS = 262_144
"""Days that are reserved in a file before the next one is begun: four row groups, some 3 MB."""
RESERVED_DAYS = 365
"""Days that a video is expected to come to; a file whose videos are older than that grows beyond `FILE_DAYS`."""
FILES_IN_BUCKET = 16
_Folder = TypeVar("_Folder", bound=PurePath)
_NUMBER = re.compile(r"days-([0-9]{6,9})\.parquet")


def bucket_of(account_id: str | None) -> int:
    """Return the bucket of an account in layout 1; unknown accounts share one."""
    return zlib.crc32((account_id or "").encode()) % BUCKETS_1


def days_folder(folder: _Folder, *, layout: int) -> _Folder:
    """Name the folder that any Parquet engine may read as it lies: it holds days and nothing else."""
    return folder / ("history" if layout == 1 else "days")


def day_file(folder: _Folder, number: int, *, layout: int) -> _Folder:
    """Name the file with a number."""
    home = days_folder(folder, layout=layout)
    if layout == 1:
        return home / f"bucket={number:02d}" / "history.parquet"
    return home / f"bucket={number // FILES_IN_BUCKET:04d}" / f"days-{number:06d}.parquet"


def day_files(folder: Path, *, layout: int) -> dict[int, Path]:
    """Return the files of days that are there, by number; a copy under another name is none of them."""
    if layout == 1:
        numbers: list[int] = list(range(BUCKETS_1))
    else:
        found = days_folder(folder, layout=layout).glob("bucket=*/days-*.parquet")
        numbers = sorted({int(match[1]) for match in (_NUMBER.fullmatch(path.name) for path in found) if match})
    paths = {number: day_file(folder, number, layout=layout) for number in numbers}
    return {number: path for number, path in paths.items() if path.exists()}


def shard_of(number: int, *, layout: int) -> int:
    """Return which file of coverage holds the videos of a file of days."""
    return 0 if layout == 1 else number // FILES_IN_BUCKET


def shard_file(folder: Path, shard: int, *, layout: int) -> Path:
    """Name a file of coverage."""
    return folder / "coverage.parquet" if layout == 1 else folder / "_coverage" / f"bucket-{shard:04d}"


def place(videos: pd.DataFrame, *, layout: int, coverage: pd.DataFrame) -> pd.Series:
    """Say which file each video's days go to: where they lie, else by account (layout 1) or where there is room.

    Parameters
    ----------
    videos
        One row per video: ``ad_id``, ``account`` (None when unknown), ``days`` that are asked for.
    layout
        Of the archive.
    coverage
        What the archive holds (schema `COVERAGE`).

    Returns
    -------
    Series
        Number of the file (Int32), index of `videos`.
    """
    home = pd.Series(coverage["file"].to_numpy(dtype="int64"), index=coverage["ad_id"].astype(object))
    number = videos["ad_id"].astype(object).map(home).astype("Int32")
    new = number.isna()
    if layout == 1:
        return number.mask(new, videos["account"].map(bucket_of).astype("Int32"))
    reserved = coverage["days"].fillna(0).clip(lower=RESERVED_DAYS).groupby(coverage["file"]).sum()
    last = int(reserved.index.max()) if len(reserved) else 0
    taken = min(int(reserved.get(last, 0)), FILE_DAYS)
    order = videos.loc[new, "account"].fillna("").astype(str).sort_values(kind="stable").index
    needed = videos.loc[order, "days"].fillna(0).clip(lower=RESERVED_DAYS).to_numpy(dtype=np.int64)
    before = taken + np.cumsum(needed) - needed
    number.loc[order] = last + before // FILE_DAYS
    return number
