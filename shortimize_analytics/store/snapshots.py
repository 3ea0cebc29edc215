"""Dated copies of the table of videos, and what changed between two of them.

The API only tells the present: a deleted video simply stops being returned, a renamed account comes back under its new
name. So every `load_videos` that reached the API leaves a copy, under one profile's folder::

    snapshots/<what was asked>/2026-11-23T061000Z.parquet

``all`` is the whole organisation; a load with filters has a folder of its own, named after a hash of them. Kept are the
newest copy of each of the last `DAILY` days that have one, and of each of the `WEEKLY` weeks before that have one;
older ones are deleted when a new one is written.
"""

import hashlib
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from shortimize_analytics.errors import ArchiveError, InvalidParameterError
from shortimize_analytics.schema import VIDEOS, conform, empty
from shortimize_analytics.schema.cast import naming_columns
from shortimize_analytics.schema.tables import SNAPSHOT_CHANGES, SNAPSHOTS

from .archive_files import read_file, write_table
from .files import replacing

DAILY = 14
WEEKLY = 26
_STAMP = "%Y-%m-%dT%H%M%SZ"

log = logging.getLogger(__name__)


def save_snapshot(folder: Path, videos: pd.DataFrame) -> Path:
    """Write a copy of a frame of `load_videos` into a profile's folder, and delete what the policy no longer keeps.

    Raises
    ------
    ArchiveError
        When it cannot be written.
    """
    taken = datetime.fromisoformat(videos.attrs["fetched_at"]).astimezone(UTC)
    home = folder / "snapshots" / _name_of(videos.attrs.get("params", {}))
    path = home / f"{taken:{_STAMP}}.parquet"
    if videos.attrs.get("cache_hits") and path.exists():
        return path  # some pages are those of that copy, others newer: what was whole stays
    try:
        with replacing(path) as scrap:
            write_table(videos, scrap, table=VIDEOS)
        _thin(home)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be written ({error.strerror or error}); free space") from error
    return path


def snapshots_in(folder: Path) -> pd.DataFrame:
    """List the snapshots in a profile's folder, newest last (schema `SNAPSHOTS`)."""
    rows = [
        {"asked": path.parent.name, "taken_at": taken, "path": str(path)}
        for path in sorted(folder.glob("snapshots/*/*.parquet"))
        if (taken := _taken_at(path)) is not None
    ]
    return conform(pd.DataFrame(rows, columns=SNAPSHOTS.names), SNAPSHOTS) if rows else empty(SNAPSHOTS)


def load_snapshot(path: str | Path) -> pd.DataFrame:
    """Read one snapshot as `load_videos` returned it.

    Parameters
    ----------
    path
        Of the file, as `list_snapshots` gives it.

    Returns
    -------
    DataFrame
        As `load_videos`; its ``attrs`` say which file it is and when it was taken.

    Raises
    ------
    ArchiveError
        When the file is missing or damaged.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, account="hook.lab", uploaded_start="2026-11-16")
    >>> newest = sa.list_snapshots(client)["path"].iloc[-1]
    >>> "ad_id" in sa.load_snapshot(newest)
    True
    """
    path = Path(path)
    frame = read_file(path, VIDEOS)
    taken = _taken_at(path)
    frame.attrs = {"table": "videos", "snapshot": str(path), "fetched_at": taken.isoformat() if taken else None}
    return frame


def compare_snapshots(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Say what changed between two tables of videos.

    Parameters
    ----------
    a, b
        The older and the newer frame, of `load_snapshot` or `load_videos`, asked for with the same filters.

    Returns
    -------
    DataFrame
        One row per finding (schema `SNAPSHOT_CHANGES`): the video, ``change``, ``before``, ``after``. ``change`` is
        new, vanished, back again (not in ``a``, though indexed before it was taken), renamed (the same account under
        another handle), relabelled, or views corrected (the count fell).

    Raises
    ------
    InvalidParameterError
        When a frame is no table of videos.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> row = {"ad_id": "1", "username": "old.name", "latest_views": 90, "label_ids": ["x"]}
    >>> a, _ = cast([row, {"ad_id": "2"}], VIDEOS)
    >>> b, _ = cast([row | {"username": "new.name", "latest_views": 80}, {"ad_id": "3"}], VIDEOS)
    >>> sa.compare_snapshots(a, b)[["ad_id", "change", "before", "after"]]
      ad_id           change    before     after
    0     1          renamed  old.name  new.name
    1     1  views corrected        90        80
    2     2         vanished       NaN       NaN
    3     3              new       NaN       NaN
    """
    for frame in (a, b):
        missing = [name for name in ("ad_id", "username", "latest_views", "label_ids") if name not in frame]
        if missing:
            raise InvalidParameterError(f"a snapshot lacks {', '.join(missing)}: pass frames of load_videos")
    old, new = (frame.drop_duplicates("ad_id").set_index("ad_id") for frame in (a, b))
    gone, come = old.index.difference(new.index), new.index.difference(old.index)
    both = old.index.intersection(new.index)
    parts = [
        _rows(old.loc[gone], "vanished"),
        *_arrivals(new.loc[come], a),
        *_differences(old.loc[both], new.loc[both]),
    ]
    found = pd.concat(parts)
    found["change"] = pd.Categorical(found["change"], categories=CHANGES)
    order = found.sort_values(["ad_id", "change"], ignore_index=True)
    return conform(order, SNAPSHOT_CHANGES)


CHANGES = ["new", "back again", "vanished", "renamed", "relabelled", "views corrected"]


def _arrivals(come: pd.DataFrame, a: pd.DataFrame) -> list[pd.DataFrame]:
    taken = a.attrs.get("fetched_at")
    back = pd.Series(data=False, index=come.index)
    if taken is not None and "created_at" in come:
        back = (come["created_at"] < pd.Timestamp(taken)).fillna(value=False)
    return [_rows(come[~back], "new"), _rows(come[back], "back again")]


def _differences(old: pd.DataFrame, new: pd.DataFrame) -> list[pd.DataFrame]:
    renamed = old["username"].notna() & new["username"].notna() & (old["username"] != new["username"])
    labels_old, labels_new = (frame["label_ids"].map(_as_set) for frame in (old, new))
    relabelled = old["label_ids"].notna() & new["label_ids"].notna() & (labels_old != labels_new)
    fell = (new["latest_views"] < old["latest_views"]).fillna(value=False).astype(bool)
    shown_old, shown_new = (
        frame["label_names"] if "label_names" in frame else frame["label_ids"] for frame in (old, new)
    )
    return [
        _rows(new[renamed], "renamed", old["username"][renamed], new["username"][renamed]),
        _rows(new[relabelled], "relabelled", shown_old[relabelled].map(_joined), shown_new[relabelled].map(_joined)),
        _rows(new[fell], "views corrected", old["latest_views"][fell], new["latest_views"][fell]),
    ]


def _rows(frame: pd.DataFrame, change: str, before: Any = None, after: Any = None) -> pd.DataFrame:
    out = naming_columns(frame.reset_index()).assign(change=change)
    for name, values in (("before", before), ("after", after)):
        out[name] = values.astype("str").to_numpy() if values is not None else None
    return out


def _as_set(labels: Any) -> frozenset[str]:
    return frozenset(labels) if isinstance(labels, list) else frozenset()


def _joined(labels: Any) -> str:
    return "; ".join(labels) if isinstance(labels, list) else ""


def _name_of(params: dict[str, Any]) -> str:
    if not params:
        return "all"
    return hashlib.blake2b(json.dumps(params, sort_keys=True).encode(), digest_size=6).hexdigest()


def _taken_at(path: Path) -> datetime | None:
    try:
        return datetime.strptime(path.stem, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _thin(home: Path) -> None:
    """Keep the newest copy of each recent day and of each week before; a file that is not ours stays.

    Days and weeks are counted, not measured: neither a clock that was wrong once nor a long pause deletes them all.
    """
    taken = sorted(((at, path) for path in home.glob("*.parquet") if (at := _taken_at(path)) is not None), reverse=True)
    days: dict[Any, Path] = {}
    weeks: dict[Any, Path] = {}
    for at, path in taken:
        if at.date() in days or len(days) < DAILY:
            days.setdefault(at.date(), path)
        elif len(weeks) < WEEKLY:
            weeks.setdefault(at.isocalendar()[:2], path)
    for path in {path for _, path in taken} - {*days.values(), *weeks.values()}:
        path.unlink(missing_ok=True)
        log.debug("deleted snapshot %s", path)
