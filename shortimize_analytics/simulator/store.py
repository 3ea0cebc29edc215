"""The organisation's rows as the service needs them: found by id or link, filtered, ordered, and encoded once."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.schema.names import read_link
from shortimize_analytics.schema.tables import ACCOUNTS, API_VIDEOS, COUNTS

from .encode import encode_rows
from .organisation import FLAGS, Organisation

_DRIFT_SHARE = 0.02


def _instant(moment: pd.Timestamp) -> str | None:
    return None if pd.isna(moment) else moment.isoformat()


class ServedVideos:
    """Rows that can be read, added and removed, without touching the organisation. Positions are row numbers.

    A row is listed, stopped (found by id or link and marked as removed, but not listed) or gone.
    """

    def __init__(self, organisation: Organisation, *, drift: bool) -> None:
        self.organisation = organisation
        self.frame = organisation.videos.reset_index(drop=True)
        self.collections = [dict(entry) for entry in organisation.collections]
        self.listed = ~self.frame["ad_id"].isin(organisation.vanished).to_numpy(dtype=bool)
        self._gone = ~self.listed
        self._drift = np.random.default_rng(0) if drift else None
        self._drifted = 0
        self._rows = self._encode(np.arange(len(self.frame)))
        self._orders: dict[tuple[str, bool], np.ndarray] = {}
        self._places: dict[str, int] = {}
        self._index(0)

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
        mask &= self._between("uploaded_at", params.get("uploaded_at_start"), end=params.get("uploaded_at_end"))
        mask &= self._between(
            "latest_updated_at", params.get("latest_updated_at_start"), end=params.get("latest_updated_at_end")
        )
        if (shop := params.get("ad_info_shop")) is not None:
            mask &= (frame["ad_info_shop"].fillna(value=False) == shop).to_numpy(dtype=bool)
        if params.get("ad_product_id_shop"):
            mask &= frame["ad_product_id_shop"].notna().to_numpy()
        if (measured := params.get("has_metrics")) is not None:
            mask &= frame["latest_views"].notna().to_numpy() == measured
        if names := params.get("collections"):
            wanted = {entry["id"] for entry in self.collections if entry["name"] in names}
            mask &= np.array([isinstance(ids, list) and not wanted.isdisjoint(ids) for ids in frame["label_ids"]])
        return np.flatnonzero(mask)

    def of_account(self, account: str, start: str | None, *, end: str | None) -> np.ndarray | None:
        """Return the listed rows of an account, by its id or URL; None when there is no such account."""
        platform, handle = read_link(account)
        if handle is None:
            match = self.frame["linked_account_id"] == account
        else:
            match = (self.frame["username"] == handle) & (self.frame["platform"] == platform)
        mine = match.to_numpy(dtype=bool) & self.listed
        return np.flatnonzero(mine & self._between("uploaded_at", start, end=end)) if mine.any() else None

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

    def accounts(self, names: Sequence[str] | None) -> list[dict[str, Any]]:
        """Return the accounts of the listed rows, oldest tracked first; with names those of a collection."""
        rows = self.frame[self.listed & self.frame["linked_account_id"].notna().to_numpy()]
        facts = {entry["account_id"]: entry for entry in self.organisation.accounts}
        wanted = {entry["id"] for entry in self.collections if entry["name"] in (names or ())}
        found = []
        for account, videos in rows.sort_values("uploaded_at").groupby("linked_account_id"):
            views, last = videos["latest_views"].dropna(), videos.iloc[-1]
            row = dict.fromkeys([*ACCOUNTS.names, "empty"]) | {
                "organisation_id": last["organisation_id"] if isinstance(last["organisation_id"], str) else None,
                "account_id": account,
                "username": last["username"],
                "platform": last["platform"],
                "created_at": _instant(videos["created_at"].min()),
                "checked_at": _instant(videos["latest_updated_at"].max()),
                "removed": False,
                "private": False,
                "empty": False,
                "mean_views": float(views.mean()) if len(views) else None,
                "median_views_non_zero": float(views[views > 0].median()) if (views > 0).any() else None,
                "label_ids": [],
            }
            row |= facts.get(account, {})
            del row["fetched_at"]
            if names is None or not wanted.isdisjoint(row["label_ids"] or ()):
                found.append(row)
        return sorted(found, key=lambda row: (row["created_at"] or "", row["account_id"]))

    def days(self, start: str, end: str) -> list[dict[str, Any]]:
        """Return the sums of the listed rows' days within a range, newest first."""
        hidden = self.frame.loc[~self.listed, "ad_id"]
        sums = self.organisation.daily_sums(hidden)
        sums = sums[(sums["date"] >= pd.Timestamp(start)) & (sums["date"] <= pd.Timestamp(end))][::-1]
        sums["engagements"] = sums[list(COUNTS[1:-1])].sum(axis=1)
        sums["date"] = sums["date"].dt.strftime("%Y-%m-%d")
        return sums.to_dict("records")

    def find(self, name: str) -> int | None:
        """Find a row by UUID or link, also one whose tracking was stopped."""
        place = self._places.get(name)
        return None if place is None or self._gone[place] else place

    def row(self, position: int) -> dict[str, Any]:
        """Return one row as the API would."""
        found: dict[str, Any] = json.loads(self._rows[position])
        return found

    def page(self, positions: np.ndarray) -> bytes:
        """Return rows as a JSON array."""
        rows = self._rows
        return b"[" + b",".join([rows[position] for position in positions]) + b"]"

    def history(self, position: int, start: str, end: str) -> list[dict[str, Any]]:
        """Return a video's days within a range, newest first."""
        span = self.organisation.series.get(self.frame["ad_id"].iloc[position])
        if span is None:
            return []
        columns = self.organisation.history_columns
        days = columns["date"][span]
        low = days.searchsorted(np.datetime64(start, "D"), side="left")
        high = days.searchsorted(np.datetime64(end, "D"), side="right")
        found = slice(span.start + low, span.start + high)
        rows = {name: values[found][::-1].tolist() for name, values in columns.items()}
        rows["date"] = [day.isoformat() for day in rows["date"]]
        return [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]

    def track(self, links: Sequence[str], at: datetime, labels: Sequence[str]) -> list[tuple[str, bool]]:
        """Track links: an unknown one becomes a row that was never measured, a stopped one is listed again.

        Returns
        -------
        list of (str, bool)
            Each link's video, and whether it was tracked already.
        """
        answers: list[tuple[str, bool]] = []
        new: list[dict[str, Any]] = []
        for link in links:
            position = self.find(link)
            ad_id = str(uuid.uuid5(uuid.NAMESPACE_URL, link)) if position is None else self.frame["ad_id"][position]
            known = any(ad_id == row["ad_id"] for row in new) or (position is not None and bool(self.listed[position]))
            answers.append((ad_id, known))
            if position is not None and not known:
                self._set_listed(position, listed=True)
            elif not known:
                new.append(self._new_row(link, ad_id, at=at, labels=labels))
        if new:
            self._append(new)
        return answers

    def stop(self, position: int) -> None:
        """Stop tracking a row: it is no longer listed, but its figures remain."""
        self._set_listed(position, listed=False)

    def remove(self, position: int) -> None:
        """Make a row vanish, as a deleted video does."""
        self._gone[position] = True
        self.listed[position] = False

    def label_ids(self, names: Sequence[str]) -> list[str]:
        """Return the ids of collections, creating those that do not exist."""
        known = {entry["name"]: entry["id"] for entry in reversed(self.collections)}
        for name in names:
            if name not in known:
                known[name] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"collection/{name}"))
                self.collections.append({"id": known[name], "name": name})
        return [known[name] for name in names]

    def drift_on(self, now: datetime) -> None:
        """Measure a few videos anew, which moves them in the default order."""
        if self._drift is None:
            return
        self._drifted += 1
        measured = self.frame["latest_updated_at"].notna().to_numpy()
        moved = np.flatnonzero(measured & (self._drift.random(len(self.frame)) < _DRIFT_SHARE))
        self.frame.loc[moved, "latest_updated_at"] = pd.Timestamp(now) + pd.Timedelta(self._drifted, unit="ms")
        self._refresh(moved)

    def _new_row(self, link: str, ad_id: str, *, at: datetime, labels: Sequence[str]) -> dict[str, Any]:
        platform, handle = read_link(link)
        account = None
        if handle is not None:
            mates = (self.frame["username"] == handle) & (self.frame["platform"] == platform)
            own = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{platform}/{handle}"))
            account = next(iter(self.frame.loc[mates, "linked_account_id"]), own)
        names = {entry["id"]: entry["name"] for entry in self.collections}
        return dict.fromkeys(API_VIDEOS.names) | dict.fromkeys(FLAGS, False) | {
            "organisation_id": self.frame["organisation_id"].iloc[0] if len(self.frame) else None,
            "ad_id": ad_id,
            "ad_link": link,
            "username": handle,
            "platform": platform,
            "linked_account_id": account,
            "created_at": at,
            "label_ids": list(labels),
            "label_names": [names[label] for label in labels],
        }  # fmt: skip

    def _append(self, rows: list[dict[str, Any]]) -> None:
        first = len(self.frame)
        new = pd.DataFrame(rows).astype(self.frame.dtypes.to_dict())
        self.frame = pd.concat([self.frame, new], ignore_index=True)
        self.listed = np.append(self.listed, np.ones(len(rows), dtype=bool))
        self._gone = np.append(self._gone, np.zeros(len(rows), dtype=bool))
        self._rows += self._encode(np.arange(first, len(self.frame)))
        self._orders.clear()
        self._index(first)

    def _set_listed(self, position: int, *, listed: bool) -> None:
        self.listed[position] = listed
        self.frame.loc[position, "removed"] = not listed
        self._refresh(np.array([position]))

    def _index(self, first: int) -> None:
        """Make rows from `first` on findable; the first of several rows with one link answers for it."""
        for column in ("ad_id", "ad_link"):
            for place, key in enumerate(self.frame[column].to_numpy(dtype=object)[first:], start=first):
                if isinstance(key, str) and not self._gone[place]:
                    self._places.setdefault(key, place)

    def _refresh(self, positions: np.ndarray) -> None:
        for position, row in zip(positions, self._encode(positions), strict=True):
            self._rows[position] = row
        self._orders = {key: rank for key, rank in self._orders.items() if key[0] != "latest_updated_at"}

    def _between(self, name: str, start: str | None, *, end: str | None) -> np.ndarray:
        mask = np.ones(len(self.frame), dtype=bool)
        values = self.frame[name]
        aware = name == "latest_updated_at"
        if start is not None:
            mask &= (values >= pd.to_datetime(start, utc=aware)).to_numpy(dtype=bool)
        if end is not None:
            mask &= (values <= pd.to_datetime(end, utc=aware)).to_numpy(dtype=bool)
        return mask

    def _encode(self, positions: np.ndarray) -> list[bytes]:
        rows = encode_rows(self.frame.iloc[positions])
        ids = self.frame["ad_id"].iloc[positions]
        odd = ids.isin(self.organisation.masked | self.organisation.nameless).to_numpy(dtype=bool)
        for place in np.flatnonzero(odd):
            row = json.loads(rows[place])
            if row["ad_id"] in self.organisation.masked:
                row |= {name: "***" for name in row if name.startswith("latest_") and name != "latest_updated_at"}
            if row["ad_id"] in self.organisation.nameless:
                del row["label_names"]
            rows[place] = json.dumps(row, ensure_ascii=False).encode()
        return rows
