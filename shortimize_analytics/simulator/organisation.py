"""An organisation to serve: its videos, their history, its collections, and the moment at which its clock stands."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.errors import ConfigError
from shortimize_analytics.schema import COUNTS, HISTORY, Table
from shortimize_analytics.schema.cast import PANDAS_DTYPES
from shortimize_analytics.schema.rows import run_starts
from shortimize_analytics.schema.tables import API_VIDEOS

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "shortimize-analytics")
FLAGS = ("removed", "private", "not_safe", "hidden_stats")


@dataclass
class Organisation:
    """Data in the shapes of `schema`, and the oddities that typed columns cannot hold.

    `vanished` videos are neither listed nor found, though their history exists; `masked` ones come with text for
    metrics; for `nameless` ones the answer leaves ``label_names`` out. `accounts` holds what videos do not tell of
    their accounts (followers, tracking type), one dictionary per account with its ``account_id``.
    """

    videos: pd.DataFrame
    history: pd.DataFrame
    collections: list[dict[str, str]]
    as_of: datetime
    masked: frozenset[str] = frozenset()
    vanished: frozenset[str] = frozenset()
    nameless: frozenset[str] = frozenset()
    name: str = field(default="organisation")
    accounts: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def from_parquet(cls, videos: str | Path, history: str | Path | None = None) -> "Organisation":
        """Read Parquet files of the API's shape; columns that are missing become null, others are left out.

        A ``category`` column stands in for labels where there are none. The clock stands at the newest instant.
        """
        frame = _read(videos)
        days = _read(history) if history is not None else pd.DataFrame(columns=["ad_id", "date", "views"])
        if "ad_id" not in frame or "ad_id" not in days:
            raise ConfigError(f"{videos} and {history} must have a column ad_id, as the API's answers do")
        if "label_ids" not in frame and "category" in frame:
            names = frame["category"].astype("str")
            ids = {name: str(uuid.uuid5(_IDS, name)) for name in names.dropna().unique()}
            frame["label_names"] = [[name] if isinstance(name, str) else [] for name in names]
            frame["label_ids"] = [[ids[name] for name in row] for row in frame["label_names"]]
        if "latest_engagement" not in frame:
            parts = [f"latest_{name}" for name in ("likes", "comments", "bookmarks", "shares")]
            frame["latest_engagement"] = frame[[name for name in parts if name in frame]].sum(axis=1, min_count=1)
        if "engagements" not in days:
            parts = [name for name in ("likes", "comments", "bookmarks", "shares") if name in days]
            days["engagements"] = days[parts].sum(axis=1, min_count=1)
        for flag in FLAGS:
            if flag not in frame:
                frame[flag] = False
        typed = _conform(frame, API_VIDEOS)
        daily = _conform(days, HISTORY)
        return cls(typed, daily, _collections_of(typed), _newest(typed, daily), name=Path(videos).stem)

    @cached_property
    def series(self) -> dict[str, slice]:
        """Where each video's days lie in `history_columns`."""
        ids = self._sorted_history["ad_id"]
        starts = run_starts(ids)
        ends = np.append(starts, len(ids))[1:]
        return {ids.iloc[low]: slice(low, high) for low, high in zip(starts, ends, strict=True)}

    @cached_property
    def history_columns(self) -> dict[str, np.ndarray]:
        """Days and counts as arrays, each video's days ascending; null counts are None."""
        frame = self._sorted_history
        columns: dict[str, np.ndarray] = {"date": frame["date"].to_numpy().astype("datetime64[D]")}
        for name in COUNTS:
            values = frame[name].to_numpy(dtype="int64", na_value=0).astype(object)
            values[frame[name].isna().to_numpy()] = None
            columns[name] = values
        return columns

    def daily_sums(self, left_out: Iterable[str] = ()) -> pd.DataFrame:
        """Add up the newest counts that all videos had by each day, a copy of a post as often as it is tracked."""
        rows = self._sorted_history
        rows = rows[~rows["ad_id"].isin(list(left_out))]
        days, place = np.unique(rows["date"].to_numpy().astype("datetime64[D]"), return_inverse=True)
        sums: dict[str, np.ndarray] = {"date": days}
        for name in COUNTS:
            known = rows[name].notna().to_numpy()
            counts = rows.loc[known, ["ad_id", name]]
            rise = counts.groupby("ad_id", sort=False)[name].diff().fillna(counts[name]).to_numpy(dtype=np.int64)
            added = np.zeros(len(days), dtype=np.int64)
            np.add.at(added, place[known], rise)
            sums[name] = np.cumsum(added)
        return pd.DataFrame(sums)

    @cached_property
    def _sorted_history(self) -> pd.DataFrame:
        return self.history.sort_values(["ad_id", "date"], ignore_index=True)


def demo_folder() -> Path:
    """Find the demo's files: in the installed package, or in the checkout."""
    for folder in (Path(__file__).with_name("_demo"), Path(__file__).parents[2] / "data" / "demo"):
        if (folder / "videos.parquet").exists():
            return folder
    raise ConfigError("the demo's data are missing from this installation; reinstall shortimize-analytics")


def demo_fingerprint() -> str:
    """Return a short hash of the demo's data: another version of it must not meet an older one's cache."""
    digest = hashlib.blake2b(digest_size=8)
    for name in ("videos.parquet", "history.parquet", "quirks.json", "collections.json", "accounts.json"):
        digest.update((demo_folder() / name).read_bytes())
    return digest.hexdigest()


def demo_organisation() -> Organisation:
    """Load the built-in organisation."""
    folder = demo_folder()
    made = Organisation.from_parquet(folder / "videos.parquet", folder / "history.parquet")
    quirks = json.loads((folder / "quirks.json").read_text(encoding="utf-8"))
    made.collections = json.loads((folder / "collections.json").read_text(encoding="utf-8"))
    made.accounts = json.loads((folder / "accounts.json").read_text(encoding="utf-8"))
    made.as_of = datetime.fromisoformat(quirks["as_of"])
    made.masked = frozenset(quirks["masked"])
    made.vanished = frozenset(quirks["vanished"])
    made.nameless = frozenset(quirks["label_names_missing"])
    made.name = "Demo organisation"
    return made


def _read(path: str | Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except FileNotFoundError as error:
        raise ConfigError(f"there is no file {path}") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as Parquet ({error})") from error


def _conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for column in table:
        dtype = PANDAS_DTYPES[column.kind]
        if column.name not in frame:
            columns[column.name] = pd.Series(pd.NA, index=frame.index).astype(dtype)
        elif column.kind in {"date", "instant"}:
            columns[column.name] = pd.to_datetime(frame[column.name], utc=column.kind == "instant").astype(dtype)
        elif column.kind == "list":
            columns[column.name] = pd.Series(_lists(frame[column.name]), index=frame.index).astype(dtype)
        else:
            columns[column.name] = frame[column.name].astype(dtype)
    return pd.DataFrame(columns).reset_index(drop=True)


def _lists(values: Iterable[Any]) -> list[list[str] | None]:
    return [[str(item) for item in value] if isinstance(value, list | tuple | np.ndarray) else None for value in values]


def _collections_of(videos: pd.DataFrame) -> list[dict[str, str]]:
    known: dict[str, str] = {}
    for ids, names in zip(videos["label_ids"], videos["label_names"], strict=True):
        if isinstance(ids, list) and isinstance(names, list):
            known.update(zip(ids, names, strict=False))
    return [{"id": key, "name": name} for key, name in sorted(known.items(), key=lambda item: (item[1], item[0]))]


def _newest(videos: pd.DataFrame, history: pd.DataFrame) -> datetime:
    instants = [videos["latest_updated_at"].max(), videos["created_at"].max(), history["date"].max().tz_localize("UTC")]
    newest = pd.Series(instants, dtype="datetime64[us, UTC]").max()
    return datetime(2026, 1, 1, tzinfo=UTC) if pd.isna(newest) else newest.to_pydatetime()
