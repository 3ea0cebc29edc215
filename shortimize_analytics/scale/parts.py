"""What lies in an archive, from its footers alone, and the parts into which it is cut.

A part is some row groups of one file. It owns the videos whose first row lies in it, so that it reads on into the next
groups for the last of them, and passes over the rows of a video that began before. One large account is cut like any
other.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from shortimize_analytics.errors import ArchiveError
from shortimize_analytics.store.archive_layout import LAYOUT, day_file, days_folder

from .places import Place

_DIGITS = re.compile("[0-9]+")
FOOTERS_AT_ONCE = 16
GROUPS_IN_PART = 4
"""Row groups of a part, a file of usual size: a quarter of a million rows, some 350 MB while it is prepared."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file is still the one that was seen: size and time of its last change."""

    size: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class Part:
    """Row groups `low` to `high` (exclusive) of a file, named from the archive's folder."""

    file: str
    low: int
    high: int
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Footer:
    """What the end of a file says of it."""

    file: str
    number: int
    stamp: Stamp
    groups: int
    rows: int
    last_days: list[tuple[Any, int, int]]
    """Of each group its last day, its number, and how many rows of it have no views."""


def stamp_of(info: pafs.FileInfo) -> Stamp:
    """Return the stamp of a file as it lies there now."""
    return Stamp(info.size, info.mtime_ns or 0)


def layout_of(archive: Place) -> int:
    """Return the layout of an archive.

    Raises
    ------
    ArchiveError
        When there is none, or a newer version's.
    """
    text = archive.read("archive.json")
    if text is None:
        raise ArchiveError(f"{archive.address} holds no archive: there is no archive.json in it")
    try:
        layout = int(json.loads(text)["layout"])
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"{archive.address}/archive.json is damaged") from error
    if not 1 <= layout <= LAYOUT:
        raise ArchiveError(f"{archive.address} has layout {layout}, this version knows {LAYOUT}: update the package")
    return layout


def footers(archive: Place) -> list[Footer]:
    """Read what every file of days says of itself."""
    layout, root = layout_of(archive), PurePosixPath()
    there = archive.files(days_folder(root, layout=layout).as_posix())
    relative = {info.path[len(archive.path) + 1 :]: info for info in there}
    # a copy under another name is none of the archive's files, as for who reads it in one piece
    found = [
        (number, relative[name])
        for number in sorted({int(_DIGITS.findall(name)[-1]) for name in relative if _DIGITS.search(name)})
        if (name := day_file(root, number, layout=layout).as_posix()) in relative
    ]
    with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
        return list(pool.map(lambda each: _footer(archive, *each), found))


def _footer(archive: Place, number: int, info: pafs.FileInfo) -> Footer:
    with open_days(archive, info.path) as file:
        meta = file.metadata
        names = [meta.schema.column(place).name for place in range(meta.num_columns)]
        day, views = names.index("date"), names.index("views")
        last = []
        for place in range(meta.num_row_groups):
            group = meta.row_group(place)
            known, counted = group.column(day).statistics, group.column(views).statistics
            if known is None or not known.has_min_max or counted is None:
                raise ArchiveError(f"{info.path} does not say what its row groups hold: load its videos anew")
            last.append((known.max, place, counted.null_count))
    relative = info.path[len(archive.path) + 1 :]
    return Footer(relative, number, stamp_of(info), meta.num_row_groups, meta.num_rows, last)


def open_days(archive: Place, path: str) -> pq.ParquetFile:
    """Open a file of days with its checksums checked."""
    try:
        return pq.ParquetFile(archive.system.open_input_file(path), page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise ArchiveError(f"{path} cannot be read as a file of days ({error})") from error


def parts_of(files: list[Footer], *, groups: int) -> list[Part]:
    """Cut files into parts of so many row groups."""
    return [
        Part(each.file, low, min(low + groups, each.groups), each.stamp)
        for each in files
        for low in range(0, each.groups, groups)
    ]


def newest_day(archive: Place, files: list[Footer]) -> date | None:
    """Return the last day with views; only groups whose last day may lack them are read."""
    best = None
    for day, number, nulls, file in sorted(
        ((day, number, nulls, each.file) for each in files for day, number, nulls in each.last_days), reverse=True
    ):
        if best is not None and day <= best:
            break
        found = day
        if nulls:
            with open_days(archive, archive.at(file)) as opened:
                rows = opened.read_row_group(number, columns=["date", "views"])
            found = pc.max(rows.filter(pc.is_valid(rows["views"]))["date"]).as_py()
        if found is not None and (best is None or found > best):
            best = found
    return None if best is None else pd.Timestamp(best).date()


def homes(archive: Place) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each file of days, and its videos, as coverage has them."""
    if layout_of(archive) == 1:
        paths, column = [info for info in archive.files() if info.base_name == "coverage.parquet"], "bucket"
    else:
        paths, column = [info for info in archive.files("_coverage") if info.base_name.startswith("bucket-")], "file"
    for info in paths:
        try:
            rows = pq.read_table(archive.system.open_input_file(info.path), columns=["ad_id", column])
        except (pa.ArrowException, OSError) as error:
            raise ArchiveError(
                f"{info.path} cannot be read ({error}): delete it, all days are asked for again"
            ) from error
        frame = rows.to_pandas()
        for number, ids in frame["ad_id"].groupby(frame[column]):
            yield int(number), ids.tolist()
