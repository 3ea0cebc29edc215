"""Check an archive, file by file."""

from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from shortimize_analytics.client.connection import Client
from shortimize_analytics.errors import ArchiveError
from shortimize_analytics.schema import HISTORY, conform
from shortimize_analytics.schema.tables import ARCHIVE_PROBLEMS

from .archive_files import read_arrow
from .archive_layout import shard_file, shard_of
from .files import SCRAP_PREFIX
from .history_archive import HistoryArchive
from .snapshots import load_snapshot, snapshots_in
from .storage import kept_in

_FIRST = pd.Timestamp("2020-01-01", tz="UTC")
"""No request was sent before the vendor existed."""
_ASK_AGAIN = "move the file away; its days are asked for again"
_ASK_ALL = "delete it; all days are asked for again"

_Problem = tuple[str, str, str]


def verify_archive(
    client: Client | None = None, *, data_dir: str | Path | None = None, profile: str | None = None
) -> pd.DataFrame:
    """Check every file of an archive: readable, checksums, types, keys, order, and against what was recorded.

    Parameters
    ----------
    client, data_dir, profile
        As in `load_archive`.

    Returns
    -------
    DataFrame
        One row per problem (schema `ARCHIVE_PROBLEMS`): ``file``, ``problem``, ``next_step``; no row means sound.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, account="hook.lab", uploaded_start="2026-11-16")
    >>> history = sa.load_history(client, videos)
    >>> len(sa.verify_archive(client))
    0
    """
    folder = kept_in(client, data_dir, profile)
    archive = HistoryArchive(folder / "archive")
    try:
        found = _strangers(archive) + _problems(archive)
    except ArchiveError as error:
        found = [(str(archive.folder / "archive.json"), str(error), "what the problem says")]
    for snapshot in snapshots_in(folder)["path"]:
        try:
            load_snapshot(snapshot)
        except ArchiveError as error:
            found.append((snapshot, str(error), "delete the file; other snapshots are not affected"))
    return conform(pd.DataFrame(found, columns=ARCHIVE_PROBLEMS.names), ARCHIVE_PROBLEMS)


def _problems(archive: HistoryArchive) -> list[_Problem]:
    found = [(str(path), problem, _ASK_AGAIN) for path in archive.files for problem in _problems_of_days(path)]
    sound = not found
    damaged = _damaged_coverage(archive)
    if damaged or not sound:
        return found + damaged
    try:
        coverage = archive.coverage()
    except ArchiveError as error:
        return [(str(archive.folder), str(error), _ASK_ALL)]
    strays = _misplaced_videos(archive, coverage)
    if strays:
        return [(str(path), f"{count} of its videos belong in another file", _ASK_AGAIN) for path, count in strays]
    step = "nothing: the next load asks for them again"
    lost = _lost_videos(archive, coverage)
    return [(str(path), f"{count} videos have fewer days than recorded", step) for path, count in lost]


def _damaged_coverage(archive: HistoryArchive) -> list[_Problem]:
    found = []
    for shard, path in archive.coverage_files.items():
        try:
            archive.read_coverage(shard)
        except ArchiveError as error:
            found.append((str(path), str(error), _ASK_ALL))
    return found


def _strangers(archive: HistoryArchive) -> list[_Problem]:
    """Name files that are not the archive's own: scraps of killed runs, and what others put there."""
    found = []
    known = {archive.folder / name for name in ("archive.json", "archive.lock")}
    known |= {*archive.files, *archive.coverage_files.values()}
    for path in sorted(archive.folder.rglob("*")):
        if path.is_dir() or path in known:
            continue
        if any(part.startswith(SCRAP_PREFIX) for part in path.relative_to(archive.folder).parts):
            found.append((str(path), "left over from a run that was killed while writing", "delete it"))
        else:
            found.append((str(path), "not a file of the archive", "move it elsewhere"))
    return found


def _problems_of_days(path: Path) -> list[str]:
    try:
        table = read_arrow(path, HISTORY)
    except ArchiveError as error:
        return [str(error)]
    ids, days = table["ad_id"], table["date"]
    frame = pd.DataFrame({"ad_id": ids.to_pandas(), "date": days.to_pandas()})
    problems = []
    if frame.duplicated().any():
        problems.append("a day is stored twice")
    if not frame.equals(frame.sort_values(["ad_id", "date"], kind="stable")):
        problems.append("rows are out of order")
    if (frame["date"] != frame["date"].dt.normalize()).any() or (table["fetched_at"].to_pandas() < _FIRST).any():
        problems.append("dates that are none")
    return problems


def _misplaced_videos(archive: HistoryArchive, coverage: pd.DataFrame) -> list[tuple[Path, int]]:
    """Count the videos of each file that belong in another one, or whose days lie in another one, too."""
    home = dict(zip(coverage["ad_id"], coverage["file"], strict=True))
    counts = {}
    for number, path in archive.numbered_files.items():
        ids = pc.unique(read_arrow(path, HISTORY, ["ad_id"])["ad_id"]).to_pylist()
        counts[path] = sum(home.setdefault(ad_id, number) != number for ad_id in ids)
    return [(path, count) for path, count in counts.items() if count]


def _lost_videos(archive: HistoryArchive, coverage: pd.DataFrame) -> list[tuple[Path, int]]:
    """Count the videos of each file of coverage that have fewer days than it says."""
    layout = archive.layout
    stored = coverage["ad_id"].map(archive.stored_days()).astype("Int64").fillna(0)
    lost = coverage.loc[stored < coverage["days"].fillna(0), "file"]
    counts = lost.map(lambda number: shard_of(int(number), layout=layout)).value_counts().sort_index()
    return [(shard_file(archive.folder, int(shard), layout=layout), int(count)) for shard, count in counts.items()]
