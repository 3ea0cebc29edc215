"""Read a digest that `digest` wrote."""

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as ipc

from shortimize_analytics.analysis.base.digested import ByAge, Digested
from shortimize_analytics.analysis.prepared import Prepared, prepare
from shortimize_analytics.errors import ArchiveError, FreshnessWarning, warn
from shortimize_analytics.schema.cast import to_pandas
from shortimize_analytics.schema.rows import NEVER, among, in_one_piece

from .part_digest import COUNTED, MOVES, Job
from .places import Place, place_of

MANIFEST = "digest.json"
"""Written last: it says which parts belong together, and how they were made."""


def read_digest(out: str | Path, videos: pd.DataFrame) -> Prepared:
    """Read a digest, for `rank_outliers`, `growth_curves`, `forecast_views` and `weekly_tables`.

    Parameters
    ----------
    out
        Folder of the digest.
    videos
        The frame of videos that it was made with.

    Returns
    -------
    Prepared
        The videos, prepared, with the digest in place of a history.

    Raises
    ------
    ArchiveError
        When there is no digest, or not all of it.

    Warns
    -----
    FreshnessWarning
        When the digest was made with other videos: those that are new since count as without a history.
    """
    place = place_of(out)
    job, manifest = read_manifest(place)
    made, given = manifest["videos"], identity_of(videos)
    if made != given:
        warn(
            f"the digest in {place.address} was made with other videos ({made['number']:,}, these are "
            f"{given['number']:,}): what is new since counts as without a history. Digest anew",
            FreshnessWarning,
            stacklevel=2,
        )
    return prepare(videos, digest=_assemble(_read(place, manifest["files"]), job, quality=manifest["quality"]))


def identity_of(videos: pd.DataFrame) -> dict[str, Any]:
    """Return what tells one choice of videos from another: how many they are, and a checksum of their ids."""
    ids = in_one_piece(pa.array(videos["ad_id"], type=pa.large_string(), from_pandas=True)).unique().drop_null()
    lines = "\n".join(ids.take(pc.sort_indices(ids)).to_numpy(zero_copy_only=False))
    return {"number": len(ids), "ids": hashlib.blake2b(lines.encode(), digest_size=12).hexdigest()}


def read_manifest(place: Place) -> tuple[Job, dict[str, Any]]:
    """Read how a digest was made, and which files it has."""
    text = place.read(MANIFEST)
    if text is None:
        raise ArchiveError(f"{place.address} holds no whole digest: make one with `shortimize scale digest`")
    try:
        manifest = json.loads(text)
        told, _ = manifest["job"], manifest["videos"]["number"]
        spans = {name: tuple((int(low), int(high)) for low, high in told[name]) for name in ("asked", "spans")}
        days = {name: told[name] and date.fromisoformat(told[name]) for name in ("moment", "then_moment")}
        job = Job(**{each.name: told[each.name] for each in fields(Job)} | spans | days)
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"{place.address}/{MANIFEST} is damaged: digest anew") from error
    return job, manifest


def _read(place: Place, names: list[str], columns: list[str] | None = None) -> pa.Table:
    tables = []
    for name in names:
        try:
            with place.system.open_input_file(place.at(name)) as file:
                table = ipc.open_file(file).read_all()
        except (OSError, pa.ArrowException) as error:
            raise ArchiveError(f"{place.address}/{name} cannot be read ({error}): digest anew") from error
        tables.append((table if columns is None else table.select(columns)).replace_schema_metadata(None))
    return pa.concat_tables(tables)


def known_newest(place: Place, names: list[str], *, owners: pd.Index) -> int:
    """Return the last day of the videos whose account is known; `NEVER` without any."""
    table = _read(place, names, ["ad_id", "last_day"])
    mine = among(table["ad_id"].to_pandas(), pd.Series(owners))
    return int(table["last_day"].to_numpy()[mine].max(initial=NEVER))


def _assemble(table: pa.Table, job: Job, *, quality: dict[str, int]) -> Digested:
    """Put the rows of all parts in order of their videos."""
    ids = pd.Index(table["ad_id"].to_pandas().astype("str"))
    if not ids.is_unique:
        raise ArchiveError(
            f"{int(ids.duplicated().sum())} videos lie in two files of the archive: `shortimize archive verify`"
        )
    order = np.argsort(ids)

    rows = _Rows(table, order)
    last = rows.numbers("last_day").astype("datetime64[D]").astype("datetime64[us]")
    ends = pd.DataFrame(
        {"date": last, **rows.some("end.", ("views_raw", "likes", "comments")), "fastest": rows.numbers("fastest")}
    )
    spans = list(enumerate(job.spans))
    attrs = {"table": "history", "quality": quality}
    return Digested(
        ids=ids[order],
        oldest_age=rows.numbers("oldest_age"),
        ends=ends,
        moves=pd.DataFrame({name: rows.numbers(f"move.{name}") for name in MOVES}, index=ids[order]),
        moment=job.moment,
        **rows.known(""),
        cells=rows.matrix("cells"),
        interpolated=rows.matrix("interpolated"),
        period=job.period,
        periods=job.asked,
        flows={span: rows.flow(number) for number, span in spans},
        counts={span: pd.DataFrame(rows.some(f"count{number}.", COUNTED)) for number, span in spans},
        week_cells=rows.matrix("week_cells"),
        attrs=attrs,
        then=_then(table, ids, job=job, attrs=attrs),
    )


def _then(table: pa.Table, ids: pd.Index, *, job: Job, attrs: dict[str, Any]) -> Digested:
    """Put together what was known at the end of the newest period of the videos that had rows."""
    there = np.flatnonzero(table["then.rows"].to_numpy() > 0)
    order = there[np.argsort(ids[there])]
    rows, own = _Rows(table, order), ids[order]
    known = rows.known("then.")
    last = known["last_day"].astype("datetime64[D]").astype("datetime64[us]")
    weeks = pd.DataFrame({name: rows.numbers(f"then.weeks.{name}") for name in ("week", "ratio", "recent")}, index=own)
    weeks["judged"] = rows.numbers("then.judged")
    none = np.zeros((len(own), 0))
    return Digested(
        ids=own,
        oldest_age=np.full(len(own), np.nan),
        ends=pd.DataFrame({"date": last, **rows.some("then.end.", ("views_raw",))}),
        moves=pd.DataFrame(index=own),
        moment=None,
        **known,
        cells=none,
        interpolated=none,
        period=job.period,
        periods=(),
        flows={},
        counts={},
        week_cells=none,
        attrs=attrs,
        fell=rows.numbers("then.fell"),
        weeks=weeks[rows.numbers("then.compared")],
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of the parts' tables, in an order."""

    table: pa.Table
    order: np.ndarray

    def numbers(self, name: str) -> np.ndarray:
        return self.table[name].combine_chunks().to_numpy(zero_copy_only=False)[self.order]

    def counts(self, name: str) -> pd.Series:
        return to_pandas(self.table[name], "Int64").iloc[self.order].reset_index(drop=True)

    def matrix(self, name: str) -> np.ndarray:
        chunks = self.table[name].chunks
        parts = [part.flatten().to_numpy(zero_copy_only=False).reshape(len(part), -1) for part in chunks]
        place = np.full(len(self.table), -1)
        place[self.order] = np.arange(len(self.order))
        out, done = np.empty((len(self.order), parts[0].shape[1]), dtype=parts[0].dtype), 0
        for part in parts:  # each goes to its rows at once, where joining them first would be a copy more
            rows = place[done : done + len(part)]
            out[rows[rows >= 0]] = part if (rows >= 0).all() else part[rows >= 0]
            done += len(part)
        return out

    def some(self, prefix: str, names: tuple[str, ...]) -> dict[str, pd.Series]:
        return {name: self.counts(f"{prefix}{name}") for name in names if f"{prefix}{name}" in self.table.column_names}

    def flow(self, number: int) -> pd.DataFrame:
        prefix = f"flow{number}."
        own = [name for name in self.table.column_names if name.startswith(prefix)]
        return pd.DataFrame({name.removeprefix(prefix): self.numbers(name) for name in own}, copy=False)

    def known(self, prefix: str) -> dict[str, Any]:
        """Return what both a digest and what was known at a day hold."""
        seen = self.counts(f"{prefix}moment.views_raw")
        return {
            "rows": self.numbers(f"{prefix}rows"),
            "first_day": self.numbers(f"{prefix}first_day"),
            "last_day": self.numbers(f"{prefix}last_day"),
            "measured": ByAge(self.matrix(f"{prefix}curve"), self.matrix(f"{prefix}gain")),
            "moment_ends": pd.DataFrame({"date": self.numbers(f"{prefix}moment.date"), "views_raw": seen}),
            "moment_measured": ByAge(self.matrix(f"{prefix}moment.curve"), self.matrix(f"{prefix}moment.day_gain")),
            "moment_gain": self.numbers(f"{prefix}moment.gain"),
        }
