"""Move an archive of layout 1 over to layout 2."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from shortimize_analytics.client.connection import Client
from shortimize_analytics.errors import ArchiveError
from shortimize_analytics.schema import HISTORY, empty
from shortimize_analytics.schema.tables import COVERAGE

from .archive_files import read_arrow, read_file
from .archive_layout import LAYOUT, days_folder, place, shard_file, shard_of
from .files import SCRAP_PREFIX
from .history_archive import HistoryArchive, count_days, latest_days
from .storage import archive_info, kept_in


def move_archive(
    client: Client | None = None, *, data_dir: str | Path | None = None, profile: str | None = None
) -> pd.DataFrame:
    """Move an archive that an older version began to the present layout; one that has it already is left alone.

    The old files count until the new ones are whole, and are deleted then; a run that is killed leaves the one or the
    other, and a second one begins again. It takes as much room on the disk once more meanwhile.

    Parameters
    ----------
    client, data_dir, profile
        As in `load_archive`.

    Returns
    -------
    DataFrame
        What the archive holds now, see `archive_info`.

    Raises
    ------
    ArchiveError
        When a file is damaged or a video lies in two, see `verify_archive`; another process writes; or the disk
        refuses. The archive is then as it was.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, account="hook.lab", uploaded_start="2026-11-16")
    >>> history = sa.load_history(client, videos)
    >>> bool(sa.move_archive(client)["file"].str.startswith("bucket=0000/days-").all())
    True
    """
    archive = HistoryArchive(kept_in(client, data_dir, profile) / "archive")
    if archive.layout < LAYOUT:
        with archive.held():
            if archive.layout < LAYOUT:
                _move(archive)
    return archive_info(client, data_dir=data_dir, profile=profile)


def _move(archive: HistoryArchive) -> None:
    scrap = HistoryArchive(archive.folder / f"{SCRAP_PREFIX}move")
    try:
        coverage = _with_places(archive)
        homes = dict(zip(coverage["ad_id"], coverage["file"], strict=True))
        for number, days in _regrouped(archive, homes):
            scrap.write_days(days, number, layout=LAYOUT)
        shards = coverage["file"].map(lambda number: shard_of(int(number), layout=LAYOUT))
        for shard, part in coverage.groupby(shards):
            scrap.write_coverage(part.sort_values("ad_id", ignore_index=True), int(shard), layout=LAYOUT)
        for name in (days_folder(scrap.folder, layout=LAYOUT), shard_file(scrap.folder, 0, layout=LAYOUT).parent):
            if name.exists():
                name.rename(archive.folder / name.name)
        archive.write_layout(LAYOUT)
    finally:
        shutil.rmtree(scrap.folder, ignore_errors=True)
    archive.sweep()


def _with_places(archive: HistoryArchive) -> pd.DataFrame:
    """Give each video, also one whose coverage is lost, its file: in the order in which they lie now."""
    found = []
    for path in archive.files:
        counts = count_days(read_arrow(path, HISTORY, ["ad_id"]))
        found.append(pd.DataFrame({"ad_id": sorted(counts), "stored": [counts[ad_id] for ad_id in sorted(counts)]}))
    stored = pd.concat([pd.DataFrame({"ad_id": [], "stored": []}), *found], ignore_index=True)
    twice = stored["ad_id"].duplicated()
    if twice.any():
        raise ArchiveError(
            f"{int(twice.sum())} videos of {archive.folder} lie in two files: `shortimize archive verify` says in which"
        )
    known = archive.coverage().drop(columns="file")
    rows = stored.astype({"ad_id": "str", "stored": "Int64"}).merge(known, on="ad_id", how="outer", sort=False)
    order = pd.Series(np.arange(len(stored)), index=stored["ad_id"].astype(object))
    rows = rows.iloc[np.argsort(rows["ad_id"].map(order).fillna(len(order)).to_numpy(), kind="stable")]
    rows = rows.assign(account=None, days=rows["stored"].fillna(rows["days"])).reset_index(drop=True)
    rows["file"] = place(rows, layout=LAYOUT, coverage=empty(COVERAGE))
    return rows[COVERAGE.names].astype(empty(COVERAGE).dtypes.to_dict())


def _regrouped(archive: HistoryArchive, homes: dict[str, int]) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the days of each new file; one old file at a time is read."""
    begun: list[pd.DataFrame] = []
    number = 0
    for path in archive.files:
        days = latest_days([read_file(path, HISTORY)])
        for at, part in days.groupby(days["ad_id"].map(homes), sort=True):
            if int(at) != number and begun:
                yield number, latest_days(begun)
                begun = []
            number = int(at)
            begun.append(part)
    if begun:
        yield number, latest_days(begun)
