"""The organisation's rows as the service needs them: found by id or link, filtered, ordered, and encoded once."""

import json
import uuid
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.schema import VIDEOS

from .organisation import Organisation

_DRIFT_SHARE = 0.02


class Store:
    """Rows that can be read, added and removed. Positions are row numbers; a removed row keeps its own."""

    def __init__(self, organisation: Organisation, *, drift: bool) -> None:
        self.organisation = organisation
        self.frame = organisation.videos.copy()
        self.listed = ~self.frame["ad_id"].isin(organisation.vanished).to_numpy(dtype=bool)
        self._drift = np.random.default_rng(0) if drift else None
        self._columns: dict[str, np.ndarray] | None = None
        self._encoded: dict[int, bytes] = {}
        self._added: list[dict[str, Any]] = []
        self._orders: dict[tuple[str, bool], np.ndarray] = {}
        self._places: dict[str, int] | None = None

    def select(self, params: dict[str, Any]) -> np.ndarray:
        """Return the listed rows that match the filters of ``GET /videos``."""
        frame, mask = self.frame, self.listed.copy()
        if (username := params.get("username")) is not None:
            match = frame["username"] == username
            if "-" in username and (match & (frame["platform"] == "youtube")).any():
                match |= frame["platform"] == "youtube"  # trap: the real filter lets other channels through
            mask &= match.to_numpy(dtype=bool)
        if (account := params.get("linked_account_id")) is not None:
            mask &= (frame["linked_account_id"] == account).to_numpy(dtype=bool)
        mask &= self._between("uploaded_at", params.get("uploaded_at_start"), params.get("uploaded_at_end"))
        mask &= self._between(
            "latest_updated_at", params.get("latest_updated_at_start"), params.get("latest_updated_at_end")
        )
        if (shop := params.get("ad_info_shop")) is not None:
            mask &= (frame["ad_info_shop"].fillna(value=False) == shop).to_numpy(dtype=bool)
        if params.get("ad_product_id_shop"):
            mask &= frame["ad_product_id_shop"].notna().to_numpy()
        if (measured := params.get("has_metrics")) is not None:
            mask &= frame["latest_views"].notna().to_numpy() == measured
        if names := params.get("collections"):
            wanted = {entry["id"] for entry in self.organisation.collections if entry["name"] in names}
            mask &= np.array([bool(wanted & set(ids or ())) for ids in self._lists("label_ids")], dtype=bool)
        return np.flatnonzero(mask)

    def of_account(self, account: str, start: str | None, end: str | None) -> np.ndarray | None:
        """Return the listed rows of an account, by its id or URL; None when there is no such account."""
        handle = account.rstrip("/").rpartition("/")[2].removeprefix("@").lower() if "://" in account else None
        match = self.frame["username"] == handle if handle else self.frame["linked_account_id"] == account
        mine = match.to_numpy(dtype=bool) & self.listed
        return np.flatnonzero(mine & self._between("uploaded_at", start, end)) if mine.any() else None

    def ordered(self, positions: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        """Sort rows as asked; nulls last, ties by id."""
        name = params.get("order_by", "latest_updated_at")
        ascending = params.get("order_direction", "desc") == "asc"
        if (name, ascending) not in self._orders:
            rows = self.frame[[name, "ad_id"]].sort_values([name, "ad_id"], ascending=[ascending, True])
            rank = np.empty(len(rows), dtype=np.int64)
            rank[rows.index] = np.arange(len(rows))
            self._orders[name, ascending] = rank
        return positions[np.argsort(self._orders[name, ascending][positions], kind="stable")]

    def find(self, name: str) -> int | None:
        """Find a listed row by UUID or link."""
        if self._places is None:
            self._places = {}
            for column in ("ad_link", "ad_id"):
                keys = self.frame[column].to_numpy(dtype=object)
                self._places |= {key: place for place, key in enumerate(keys) if isinstance(key, str)}
        place = self._places.get(name)
        return place if place is not None and self.listed[place] else None

    def row(self, position: int) -> dict[str, Any]:
        """Return one row as the API would."""
        found: dict[str, Any] = json.loads(self._encode(position))
        return found

    def page(self, positions: np.ndarray) -> bytes:
        """Return rows as a JSON array."""
        return b"[" + b",".join(self._encode(position) for position in positions) + b"]"

    def history(self, position: int, start: str, end: str) -> list[dict[str, Any]]:
        """Return a video's days within a range, newest first."""
        span = self.organisation.series.get(self.frame["ad_id"].iloc[position])
        if span is None:
            return []
        columns = self.organisation.history_columns
        days = columns["date"][span].astype(str)
        counts = {name: values[span].tolist() for name, values in columns.items() if name != "date"}
        return [
            {"date": str(days[place]), **{name: values[place] for name, values in counts.items()}}
            for place in range(len(days) - 1, -1, -1)
            if start <= days[place] <= end
        ]

    def add(self, link: str, at: datetime) -> str:
        """Track a link: a row that was never measured."""
        ad_id = str(uuid.uuid5(uuid.NAMESPACE_URL, link))
        row = dict.fromkeys(VIDEOS.names) | {"ad_id": ad_id, "ad_link": link, "created_at": at, "platform": "tiktok"}
        flags = dict.fromkeys(("removed", "private", "not_safe", "hidden_stats"), False)
        new = pd.DataFrame([row | flags]).astype(self.frame.dtypes.to_dict())
        self.frame = pd.concat([self.frame, new], ignore_index=True)
        self.listed = np.append(self.listed, True)
        self._forget()
        return ad_id

    def remove(self, position: int) -> None:
        """Stop tracking a row: it is no longer returned."""
        self.listed[position] = False

    def drift_on(self, now: datetime) -> None:
        """Measure a few videos anew, which moves them in the default order."""
        if self._drift is None:
            return
        moved = np.flatnonzero(self._drift.random(len(self.frame)) < _DRIFT_SHARE)
        self.frame.loc[moved, "latest_updated_at"] = pd.Timestamp(now) + pd.to_timedelta(len(self._orders), unit="s")
        self._forget()

    def _forget(self) -> None:
        self._columns = self._places = None
        self._encoded.clear()
        self._orders.clear()

    def _between(self, name: str, start: str | None, end: str | None) -> np.ndarray:
        mask = np.ones(len(self.frame), dtype=bool)
        values = self.frame[name]
        aware = name == "latest_updated_at"
        if start is not None:
            mask &= (values >= pd.to_datetime(start, utc=aware)).to_numpy(dtype=bool)
        if end is not None:
            mask &= (values <= pd.to_datetime(end, utc=aware)).to_numpy(dtype=bool)
        return mask

    def _lists(self, name: str) -> list[list[str] | None]:
        return [value if isinstance(value, list) else None for value in self.frame[name]]

    def _encode(self, position: int) -> bytes:
        if position not in self._encoded:
            self._encoded[position] = json.dumps(self._raw(position), ensure_ascii=False).encode()
        return self._encoded[position]

    def _raw(self, position: int) -> dict[str, Any]:
        if self._columns is None:
            self._columns = {column.name: _plain(self.frame[column.name], column.kind) for column in VIDEOS}
        row = {name: values[position] for name, values in self._columns.items()}
        if row["ad_id"] in self.organisation.masked:
            row |= {name: "***" for name in row if name.startswith("latest_") and name != "latest_updated_at"}
        if row["ad_id"] in self.organisation.nameless:
            del row["label_names"]
        return row


def _plain(series: pd.Series, kind: str) -> np.ndarray:
    """Turn a column into JSON values."""
    missing = series.isna().to_numpy()
    if kind == "instant":
        values = (series.dt.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")).to_numpy(dtype=object)
    elif kind == "date":
        values = series.dt.strftime("%Y-%m-%d").to_numpy(dtype=object)
    elif kind == "list":
        values = np.empty(len(series), dtype=object)
        values[:] = [value if isinstance(value, list) else None for value in series]
    elif kind == "boolean":
        values = series.astype(object).to_numpy()
    else:
        values = np.array(series.tolist(), dtype=object)
    values = values.copy()
    values[missing] = None
    return values
