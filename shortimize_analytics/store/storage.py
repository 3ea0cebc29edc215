"""What the package keeps on disk: see it, read it without any API, and clear the cache.

Everything of one key and address lies in one profile's folder under the data folder; the demo has one of its own. None
of this needs a key, so that an archive outlives the plan it was loaded with; where several profiles lie side by side,
the one meant must be named, and no function ever mixes two.
"""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow.compute as pc

from shortimize_analytics.client.connection import LEEWAY, Client
from shortimize_analytics.client.decode import reject_impossible
from shortimize_analytics.client.settings import find_data_dir, source_of
from shortimize_analytics.errors import ArchiveError, DataQualityWarning, InvalidParameterError, warn
from shortimize_analytics.schema import COUNTS, HISTORY, VIDEOS, CastReport, conform, empty
from shortimize_analytics.schema.checks import looks_per_day, to_cumulative
from shortimize_analytics.schema.tables import ARCHIVE_FILES, STORAGE

from .archive_files import read_arrow, texts_of
from .history_archive import HistoryArchive
from .snapshots import load_snapshot, snapshots_in

_KINDS = (
    ("cache", "http_cache.sqlite*"),
    ("archive", "archive/**/*"),
    ("snapshots", "snapshots/**/*.parquet"),
    ("pace", "pace.*"),
    ("deliveries", "deliveries.sqlite*"),
)

ACCOUNTS_NAMED = 3


class ArchiveFrames(NamedTuple):
    """The newest snapshot of all videos, and all stored history."""

    videos: pd.DataFrame
    history: pd.DataFrame


def storage_info(data_dir: str | Path | None = None) -> pd.DataFrame:
    """List what lies in the data folder.

    Parameters
    ----------
    data_dir
        The data folder; None takes the usual one.

    Returns
    -------
    DataFrame
        One row per profile and kind (schema `STORAGE`): ``profile``, ``source`` (the address, or the demo's name),
        ``accounts`` (those with the most videos in the newest snapshot), ``kind`` (cache, archive, snapshots, pace,
        deliveries), ``files`` (count), ``bytes``.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> sa.storage_info("/nowhere").columns.tolist()
    ['profile', 'source', 'accounts', 'kind', 'files', 'bytes']
    """
    rows = []
    for folder in _profiles(find_data_dir(data_dir)):
        whose = (_name(folder), source_of(folder), _accounts_in(folder))
        for kind, pattern in _KINDS:
            sizes = [path.stat().st_size for path in folder.glob(pattern) if path.is_file()]
            rows.append((*whose, kind, len(sizes), sum(sizes)))
    return conform(pd.DataFrame(rows, columns=STORAGE.names), STORAGE)


def clear_cache(client: Client | None = None, *, data_dir: str | Path | None = None, profile: str | None = None) -> int:
    """Delete cached answers; archives and snapshots stay.

    Parameters
    ----------
    client
        Whose cache; None clears every profile's in the data folder, or that of the one named.
    data_dir
        The data folder; None takes the usual one.
    profile
        Name as `storage_info` shows it.

    Returns
    -------
    int
        Bytes that were freed.

    Raises
    ------
    InvalidParameterError
        When the profile that was named is not there.
    ArchiveError
        When a file is in use or cannot be deleted.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, account="hook.lab", uploaded_start="2026-11-16")
    >>> sa.clear_cache(client) >= 0, sa.list_snapshots(client)["path"].notna().all().item()
    (True, True)
    """
    if client is not None:
        folders = [client.settings.profile_dir]
    else:
        folders = _profiles(find_data_dir(data_dir)) if profile is None else [_one_profile(data_dir, profile)]
    freed = 0
    for folder in folders:
        for path in folder.glob("http_cache.sqlite*"):
            size = path.stat().st_size
            try:
                path.unlink()
            except OSError as error:
                raise ArchiveError(
                    f"{path} cannot be deleted ({error.strerror}); close notebooks that use it"
                ) from error
            freed += size
    return freed


def load_archive(
    client: Client | None = None,
    *,
    data_dir: str | Path | None = None,
    profile: str | None = None,
    categorical: bool = False,
) -> ArchiveFrames:
    """Read what earlier loads kept, without any API.

    Parameters
    ----------
    client
        Whose archive; None takes the only profile in the data folder, or the one named.
    data_dir
        The data folder; None takes the usual one.
    profile
        Name as `storage_info` shows it, when there are several.
    categorical
        Give the history's ``ad_id`` as a category, its categories sorted, instead of text: some 75 bytes a row instead
        of 115. Every analysis takes both; put together with a frame of texts it stays no category.

    Returns
    -------
    ArchiveFrames
        ``videos``: the newest snapshot of the whole organisation (schema `VIDEOS`); ``history``: every stored day
        (schema `HISTORY`), as running totals. Their ``attrs["fetched_at"]`` say how old the oldest part is.

    Raises
    ------
    InvalidParameterError
        When there is no profile, or several and none was named.
    ArchiveError
        When a file is damaged; `verify_archive` names all of them.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, account="hook.lab", uploaded_start="2026-11-16")
    >>> history = sa.load_history(client, videos)
    >>> set(history["ad_id"]) <= set(sa.load_archive(client).history["ad_id"])
    True
    """
    folder = kept_in(client, data_dir, profile)
    archive = HistoryArchive(folder / "archive")
    history, coverage = archive.read_all(), archive.coverage()
    oldest = coverage["sent_at"].min()
    per_day = looks_per_day(history)
    if per_day:
        said = "the archive holds gains per day instead of running totals; they were summed up to totals"
        warn(said, DataQualityWarning, stacklevel=2)
        history = to_cumulative(history)
    report = CastReport()
    reject_impossible(history, COUNTS, report)
    quality = {"rows": len(history), "converted_from_per_day": per_day, "unreadable": report.bad}
    if report.bad:
        warn(f"history: {report.describe()}", DataQualityWarning, stacklevel=2)
    if not categorical:  # at last, since numbers are compared faster
        history["ad_id"] = texts_of(history["ad_id"])
    history.attrs = {"table": "history", "source": _name(folder), "quality": quality}
    history.attrs["fetched_at"] = None if pd.isna(oldest) else oldest.isoformat()
    taken = snapshots_in(folder)
    whole = taken[taken["asked"] == "all"]
    if client is not None:
        whole = whole[whole["taken_at"] <= client.now() + LEEWAY]  # a later one was stamped by a clock that was ahead
    videos = load_snapshot(whole["path"].iloc[-1]) if len(whole) else empty(VIDEOS)
    videos.attrs |= {"source": _name(folder), "quality": {"rows": len(videos)}}
    return ArchiveFrames(videos, history)


def list_snapshots(
    client: Client | None = None, *, data_dir: str | Path | None = None, profile: str | None = None
) -> pd.DataFrame:
    """List the dated copies of the table of videos that loads left.

    Parameters
    ----------
    client, data_dir, profile
        As in `load_archive`.

    Returns
    -------
    DataFrame
        One row per copy, newest last (schema `SNAPSHOTS`): ``asked`` ("all" or a hash of the filters), ``taken_at``
        (UTC), ``path``, which `load_snapshot` reads.

    Raises
    ------
    InvalidParameterError
        When there is no profile, or several and none was named.
    ArchiveError
        When nothing was ever loaded.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, uploaded_start="2026-11-16", has_metrics=True)
    >>> sa.list_snapshots(client).columns.tolist()
    ['asked', 'taken_at', 'path']
    """
    return snapshots_in(kept_in(client, data_dir, profile))


def archive_info(
    client: Client | None = None, *, data_dir: str | Path | None = None, profile: str | None = None
) -> pd.DataFrame:
    """Say what an archive holds, file by file.

    Parameters
    ----------
    client, data_dir, profile
        As in `load_archive`.

    Returns
    -------
    DataFrame
        One row per file of days (schema `ARCHIVE_FILES`): ``file``, ``videos``, ``days`` (rows), ``first``, ``last``,
        ``newest_request`` (UTC), ``bytes``.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, account="hook.lab", uploaded_start="2026-11-16")
    >>> history = sa.load_history(client, videos)
    >>> bool(sa.archive_info(client)["days"].sum() >= len(history))
    True
    """
    folder = kept_in(client, data_dir, profile)
    rows = []
    archive = HistoryArchive(folder / "archive")
    for path in archive.files:
        name = path.parent.name if archive.layout == 1 else f"{path.parent.name}/{path.name}"
        table = read_arrow(path, HISTORY)
        span, sent = pc.min_max(table["date"]).as_py(), pc.max(table["fetched_at"]).as_py()
        videos = pc.count_distinct(table["ad_id"]).as_py()
        rows.append((name, videos, len(table), span["min"], span["max"], sent, path.stat().st_size))
    return conform(pd.DataFrame(rows, columns=ARCHIVE_FILES.names), ARCHIVE_FILES) if rows else empty(ARCHIVE_FILES)


def _profiles(data_dir: Path) -> list[Path]:
    return sorted(folder for kind in ("profiles", "demo") for folder in (data_dir / kind).glob("*") if folder.is_dir())


def kept_in(client: Client | None, data_dir: str | Path | None, profile: str | None) -> Path:
    """Find the folder to read, which need not be writable; one that does not exist is an error, not a sound archive."""
    folder = client.settings.profile_dir if client is not None else _one_profile(data_dir, profile)
    if not folder.exists():
        raise ArchiveError(f"{folder} holds no archive yet: load videos and history first")
    return folder


def _accounts_in(folder: Path) -> str | None:
    """Name the accounts with the most videos in a profile's newest snapshot; None where there is none to read."""
    taken = snapshots_in(folder)
    if taken.empty:
        return None
    whole = taken[taken["asked"] == "all"]
    newest = (whole if len(whole) else taken)["path"].iloc[-1]
    try:
        names = read_arrow(Path(newest), VIDEOS, ["username"])["username"].to_pandas().dropna()
    except ArchiveError:
        return None
    most = names.value_counts().index.tolist()
    more = f" and {len(most) - ACCOUNTS_NAMED} more" if len(most) > ACCOUNTS_NAMED else ""
    return (", ".join(most[:ACCOUNTS_NAMED]) + more) or None


def _name(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def _one_profile(data_dir: str | Path | None, profile: str | None) -> Path:
    home = find_data_dir(data_dir)
    there = {_name(folder): folder for folder in _profiles(home)}
    if profile is not None and profile in there:
        return there[profile]
    if profile is None and len(there) == 1:
        return next(iter(there.values()))
    names = ", ".join(there) or "none yet"
    wrong = f"profile {profile!r} is not in {home}" if profile is not None else f"{home} holds {len(there)} profiles"
    raise InvalidParameterError(f"{wrong}; name one of: {names}")
