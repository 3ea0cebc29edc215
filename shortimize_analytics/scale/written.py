"""Read a digest that `digest` wrote."""

import json
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.ipc as ipc

from shortimize_analytics.analysis.base.digested import ByAge, Digested
from shortimize_analytics.analysis.prepared import Prepared, prepare
from shortimize_analytics.errors import ArchiveError
from shortimize_analytics.schema.cast import to_pandas
from shortimize_analytics.schema.rows import NEVER, among

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
    """
    place = place_of(out)
    job, manifest = read_manifest(place)
    return prepare(videos, digest=_assemble(_read(place, manifest["files"]), job, quality=manifest["quality"]))


def read_manifest(place: Place) -> tuple[Job, dict[str, Any]]:
    """Read how a digest was made, and which files it has."""
    text = place.read(MANIFEST)
    if text is None:
        raise ArchiveError(f"{place.address} holds no whole digest: make one with `shortimize scale digest`")
    try:
        manifest = json.loads(text)
        told = manifest["job"]
        spans = {name: tuple((int(low), int(high)) for low, high in told[name]) for name in ("asked", "spans")}
        moment = None if told["moment"] is None else date.fromisoformat(told["moment"])
        job = Job(**{each.name: told[each.name] for each in fields(Job)} | spans | {"moment": moment})
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

    def numbers(name: str) -> np.ndarray:
        return table[name].combine_chunks().to_numpy(zero_copy_only=False)[order]

    def counts(name: str) -> pd.Series:
        return to_pandas(table[name], "Int64").iloc[order].reset_index(drop=True)

    def matrix(name: str) -> np.ndarray:
        chunks = [part.flatten().to_numpy(zero_copy_only=False).reshape(len(part), -1) for part in table[name].chunks]
        return np.concatenate(chunks)[order]

    def some(prefix: str, names: tuple[str, ...]) -> dict[str, pd.Series]:
        return {name: counts(f"{prefix}{name}") for name in names if f"{prefix}{name}" in table.column_names}

    def flow(number: int) -> pd.DataFrame:
        prefix = f"flow{number}."
        own = [name for name in table.column_names if name.startswith(prefix)]
        return pd.DataFrame({name.removeprefix(prefix): numbers(name) for name in own}, copy=False)

    last = numbers("last_day").astype("datetime64[D]").astype("datetime64[us]")
    ends = pd.DataFrame(
        {"date": last, **some("end.", ("views_raw", "likes", "comments")), "fastest": numbers("fastest")}
    )
    return Digested(
        ids=ids[order],
        rows=numbers("rows"),
        oldest_age=numbers("oldest_age"),
        first_day=numbers("first_day"),
        last_day=numbers("last_day"),
        ends=ends,
        moves=pd.DataFrame({name: numbers(f"move.{name}") for name in MOVES}, index=ids[order]),
        measured=ByAge(matrix("curve"), matrix("gain")),
        moment=job.moment,
        moment_ends=pd.DataFrame({"date": numbers("moment.date"), "views_raw": counts("moment.views_raw")}),
        moment_measured=ByAge(matrix("moment.curve"), matrix("moment.day_gain")),
        moment_gain=numbers("moment.gain"),
        cells=matrix("cells"),
        interpolated=matrix("interpolated"),
        period=job.period,
        periods=job.asked,
        flows={span: flow(number) for number, span in enumerate(job.spans)},
        counts={span: pd.DataFrame(some(f"count{number}.", COUNTED)) for number, span in enumerate(job.spans)},
        week_cells=matrix("week_cells"),
        attrs={"table": "history", "quality": quality},
    )
