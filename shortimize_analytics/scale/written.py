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
from shortimize_analytics.schema.rows import NEVER, among, in_one_piece

from .part_digest import COUNTED, MOVES, Job
from .places import Place, place_of

MANIFEST = "digest.json"
"""Written last: it says which parts belong together, and how they were made."""
PARTS_AT_ONCE = 32
"""Parts of which a column is put in order together."""


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
    return prepare(videos, digest=_assemble(place, manifest["files"], job, quality=manifest["quality"]))


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
    """Read parts, one after the other: they are small, and threads would take memory of their own for each."""
    tables = []
    for name in names:
        try:
            with place.system.open_input_file(place.at(name)) as file:
                schema = ipc.open_file(file).schema
                fields = None if columns is None else sorted(map(schema.get_field_index, columns))
                options = ipc.IpcReadOptions(use_threads=False, included_fields=fields)
                table = ipc.open_file(file, options=options).read_all()
        except (OSError, pa.ArrowException) as error:
            raise ArchiveError(f"{place.address}/{name} cannot be read ({error}): digest anew") from error
        tables.append(table.replace_schema_metadata(None))
    return pa.concat_tables(tables)


def known_newest(place: Place, names: list[str], *, owners: pd.Index) -> int:
    """Return the last day of the videos whose account is known; `NEVER` without any."""
    table = _read(place, names, ["ad_id", "last_day"])
    mine = among(table["ad_id"].to_pandas(), pd.Series(owners))
    return int(table["last_day"].to_numpy()[mine].max(initial=NEVER))


def _gather(place: Place, names: list[str]) -> tuple[pd.Index, "_Rows"]:
    """Put the rows of all parts in order of their videos, some parts at a time: no row is in memory twice."""
    found = _read(place, names, ["ad_id"])["ad_id"]
    ids = pd.Index(found.to_pandas().astype("str"))
    if not ids.is_unique:
        raise ArchiveError(
            f"{int(ids.duplicated().sum())} videos lie in two files of the archive: `shortimize archive verify`"
        )
    order = np.argsort(ids)
    home = np.empty(len(ids), dtype=np.int64)
    home[order] = np.arange(len(ids))
    rows, done = _Rows({}, {}), 0
    for start in range(0, len(names), PARTS_AT_ONCE):
        table = _read(place, names[start : start + PARTS_AT_ONCE])
        rows.put(table.drop_columns("ad_id"), home[done : done + len(table)], whole=len(ids))
        done += len(table)
    return ids[order], rows


def _assemble(place: Place, names: list[str], job: Job, *, quality: dict[str, int]) -> Digested:
    ids, rows = _gather(place, names)
    attrs = {"table": "history", "quality": quality}
    then = _then(rows, ids, job=job, attrs=attrs)
    last = rows.numbers("last_day", keep=True).astype("datetime64[D]").astype("datetime64[us]")
    ends = pd.DataFrame(
        {"date": last, **rows.some("end.", ("views_raw", "likes", "comments")), "fastest": rows.numbers("fastest")}
    )
    spans = list(enumerate(job.spans))
    return Digested(
        ids=ids,
        oldest_age=rows.numbers("oldest_age"),
        ends=ends,
        moves=pd.DataFrame({name: rows.numbers(f"move.{name}") for name in MOVES}, index=ids),
        moment=job.moment,
        **rows.known(""),
        cells=rows.numbers("cells"),
        interpolated=rows.numbers("interpolated"),
        period=job.period,
        periods=job.asked,
        flows={span: rows.flow(number) for number, span in spans},
        counts={span: pd.DataFrame(rows.some(f"count{number}.", COUNTED)) for number, span in spans},
        week_cells=rows.numbers("week_cells"),
        attrs=attrs,
        then=then,
    )


def _then(every: "_Rows", ids: pd.Index, *, job: Job, attrs: dict[str, Any]) -> Digested:
    """Put together what was known at the end of the newest period of the videos that had rows."""
    there = every.numbers("then.rows", keep=True) > 0
    rows, own = every.part("then.", there), ids[there]
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
    """Columns of all videos, in order, and where they have no value; each is handed over once."""

    values: dict[str, np.ndarray]
    blank: dict[str, np.ndarray]

    def put(self, table: pa.Table, places: np.ndarray, *, whole: int) -> None:
        """Write rows to their places among so many."""
        for name, chunks in zip(table.column_names, table.columns, strict=True):
            column = in_one_piece(chunks)
            if pa.types.is_fixed_size_list(column.type):
                found = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, column.type.list_size)
            elif pa.types.is_integer(column.type):
                found = column.fill_null(0).to_numpy(zero_copy_only=False)
            else:
                found = column.to_numpy(zero_copy_only=False)
            if name not in self.values:
                self.values[name] = np.empty((whole, *found.shape[1:]), dtype=found.dtype)
            self.values[name][places] = found
            if column.null_count and pa.types.is_integer(column.type):
                blank = self.blank.setdefault(name, np.zeros(whole, dtype=bool))
                blank[places] = column.is_null().to_numpy(zero_copy_only=False)

    def part(self, prefix: str, chosen: np.ndarray) -> "_Rows":
        """Hand over the columns of a prefix, for some of the videos."""
        parts = []
        for columns in (self.values, self.blank):
            own = [name for name in columns if name.startswith(prefix)]
            parts.append({name: columns.pop(name) for name in own})
            if not chosen.all():
                parts[-1] = {name: values[chosen] for name, values in parts[-1].items()}
        return _Rows(*parts)

    def numbers(self, name: str, *, keep: bool = False) -> np.ndarray:
        return self.values[name] if keep else self.values.pop(name)

    def counts(self, name: str) -> pd.Series:
        values = self.values.pop(name)
        blank = self.blank.pop(name, None)
        return pd.Series(pd.arrays.IntegerArray(values, np.zeros(len(values), dtype=bool) if blank is None else blank))

    def some(self, prefix: str, names: tuple[str, ...]) -> dict[str, pd.Series]:
        return {name: self.counts(f"{prefix}{name}") for name in names if f"{prefix}{name}" in self.values}

    def flow(self, number: int) -> pd.DataFrame:
        prefix = f"flow{number}."
        own = [name for name in self.values if name.startswith(prefix)]
        return pd.DataFrame({name.removeprefix(prefix): self.numbers(name) for name in own}, copy=False)

    def known(self, prefix: str) -> dict[str, Any]:
        """Return what both a digest and what was known at a day hold."""
        seen = self.counts(f"{prefix}moment.views_raw")
        return {
            "rows": self.numbers(f"{prefix}rows"),
            "first_day": self.numbers(f"{prefix}first_day"),
            "last_day": self.numbers(f"{prefix}last_day"),
            "measured": ByAge(self.numbers(f"{prefix}curve"), self.numbers(f"{prefix}gain")),
            "moment_ends": pd.DataFrame({"date": self.numbers(f"{prefix}moment.date"), "views_raw": seen}),
            "moment_measured": ByAge(self.numbers(f"{prefix}moment.curve"), self.numbers(f"{prefix}moment.day_gain")),
            "moment_gain": self.numbers(f"{prefix}moment.gain"),
        }
