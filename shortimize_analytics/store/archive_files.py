"""Read and write one file of the archive, or a snapshot: typed, under checksums, and open to older and newer versions.

A field that this version does not know is kept as JSON text in a column ``extra.NAME`` behind the others.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shortimize_analytics.errors import ArchiveError
from shortimize_analytics.schema import HISTORY, Table
from shortimize_analytics.schema.cast import ARROW_TYPES, PANDAS_DTYPES, to_pandas

ROW_GROUP = 65_536
"""Rows that a reader of single videos reads at the least; smaller groups compress worse and cost the reader of all."""
_KEYS = {"ad_id", "date", "views", "bucket", "file", "start", "end", "sent_at"}
"""Columns without which a file is not one of ours; others may be missing in an older version's and read as NA."""
EXTRA = "extra."
"""Before the names of fields that this version does not know, so that a damaged name does not pass for one."""
_KEY = "ad_id"
_FILLED = {"ad_id", "date", "fetched_at"}
"""Columns of a file of days that never hold a null: checksums cover the pages, not what describes them."""


def read_file(path: Path, table: Table) -> pd.DataFrame:
    """Read one Parquet file as a typed frame."""
    return to_frame(read_arrow(path, table), table)


def _groups_of(file: pq.ParquetFile, wanted: Callable[[str, str], bool]) -> list[int]:
    """List the row groups whose first and last video a test accepts, and those that do not say them."""
    place = file.schema_arrow.names.index("ad_id")
    ranges = [file.metadata.row_group(number).column(place).statistics for number in range(file.num_row_groups)]
    return [
        number
        for number, known in enumerate(ranges)
        if known is None or not known.has_min_max or wanted(known.min, known.max)
    ]


def read_arrow(
    path: Path,
    table: Table,
    columns: list[str] | None = None,
    *,
    groups: Callable[[str, str], bool] | None = None,
    coded: bool = False,
) -> pa.Table:
    """Read a file of the archive, its checksums checked; columns that an older version did not write become null.

    Parameters
    ----------
    path, table, columns
        The file, what it holds, and which columns of that; None takes all.
    groups
        Whether a row group is needed, given its first and its last ``ad_id``; None reads all.
    coded
        Leave ``ad_id`` as the file has it: each once, and its number for every row. That is a quarter of the work.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=[_KEY] if coded else None) as file:
            there = file.schema_arrow.names
            names = columns or [*table.names, *(name for name in there if name.startswith(EXTRA))]
            present = [name for name in names if name in there]
            some = None if groups is None or "ad_id" not in there else _groups_of(file, groups)
            found = file.read(columns=present) if some is None else file.read_row_groups(some, columns=present)
    except (pa.ArrowException, OSError) as error:
        raise ArchiveError(
            f"{path} cannot be read as an archive file ({type(error).__name__}): move it away; its days will be asked "
            "for again"
        ) from error
    missing = [name for name in names if name not in found.column_names]
    # an older version's file lacks columns, a newer one's has more; both at once is a damaged name
    if _KEYS.intersection(missing) or (missing and not set(there) <= {*names, *table.names}):
        raise ArchiveError(f"{path} lacks {', '.join(missing)}: not an archive file; move it away")
    if table is HISTORY and any(found[name].null_count for name in _FILLED.intersection(found.column_names)):
        raise ArchiveError(f"{path} holds rows without a video, a day or an instant: move it away")
    types = {name: ARROW_TYPES[table[name].kind] if name in table.names else pa.string() for name in names}
    if coded:
        types[_KEY] = pa.dictionary(pa.int32(), pa.string())
    for name in missing:
        found = found.append_column(name, pa.nulls(len(found), types[name]))
    try:
        return found.select(names).cast(pa.schema(types.items()))
    except pa.ArrowException as error:
        raise ArchiveError(f"{path} holds other types than an archive file ({error}); move it away") from error


def to_frame(arrow: pa.Table, table: Table) -> pd.DataFrame:
    """Turn what `read_arrow` read into a typed frame."""
    columns = {column.name: to_pandas(arrow[column.name], column.kind) for column in table}
    for name in arrow.column_names[len(table.names) :]:
        texts = arrow[name].to_pylist()
        values = [None if text is None else json.loads(text) for text in texts]
        columns[name.removeprefix(EXTRA)] = pd.Series(values, dtype=object)
    return pd.DataFrame(columns, copy=False)


def read_days(paths: Iterable[Path], *, rows: int) -> pd.DataFrame | None:
    """Read whole files of days into one frame, one after the other, so that none of it lies in memory twice.

    Parameters
    ----------
    paths, rows
        The files, and how many rows they are said to have together.

    Returns
    -------
    DataFrame or None
        Columns of `HISTORY`, ``ad_id`` as a category whose categories are in order; None where the files have another
        number of rows, or fields that this version does not know.
    """
    codes = np.empty(rows, dtype=np.int32)
    values = {name: np.empty(rows, dtype=np.int64) for name in HISTORY.names if name != _KEY}
    masks = {column.name: np.zeros(rows, dtype=bool) for column in HISTORY if column.kind == "Int64"}
    texts: list[pa.Array] = []
    lengths: list[int] = []
    at = 0
    for path in paths:
        table = read_arrow(path, HISTORY, coded=True)
        if at + len(table) > rows or len(table.column_names) > len(HISTORY.names):
            return None
        inside = slice(at, at + len(table))
        ids = table[_KEY].unify_dictionaries().combine_chunks()
        codes[inside] = ids.indices.to_numpy()
        texts.append(ids.dictionary)
        lengths.append(len(table))
        for name, whole in values.items():
            _fill(whole[inside], table[name], missing=masks[name][inside] if name in masks else None)
        at += len(table)
    if at != rows:
        return None
    columns = {_KEY: _category(codes, texts, lengths)}
    for name, whole in values.items():
        if name in masks:
            columns[name] = pd.Series(pd.arrays.IntegerArray(whole, masks[name]), copy=False)
        else:
            columns[name] = pd.Series(pd.array(whole, dtype=PANDAS_DTYPES[HISTORY[name].kind], copy=False), copy=False)
    return pd.DataFrame(columns, copy=False)


def _fill(whole: np.ndarray, column: pa.ChunkedArray, *, missing: np.ndarray | None) -> None:
    """Copy a column, row group by row group: as one array it would be copied twice."""
    at = 0
    for chunk in column.chunks:
        inside, numbers = slice(at, at + len(chunk)), chunk.view(pa.int64())
        if chunk.null_count and missing is not None:
            missing[inside] = chunk.is_null().to_numpy(zero_copy_only=False)
            numbers = numbers.fill_null(0)
        whole[inside] = numbers.to_numpy()
        at += len(chunk)


def _category(codes: np.ndarray, texts: list[pa.Array], lengths: list[int]) -> pd.Series:
    """Make one category, its categories in order, of the files' own codes, which are overwritten."""
    distinct = pa.concat_arrays(texts) if texts else pa.array([], type=pa.string())
    place, names = pd.factorize(distinct.to_pandas().astype(PANDAS_DTYPES["str"]), sort=True)
    place = place.astype(np.int32)
    at = known = 0
    for values, length in zip(texts, lengths, strict=True):
        inside = codes[at : at + length]
        inside[:] = place[known : known + len(values)][inside]
        at, known = at + length, known + len(values)
    dtype = pd.CategoricalDtype(names)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype, validate=False), copy=False)


def texts_of(ids: pd.Series) -> pd.Series:
    """Make texts of a category without a missing value, in one piece that pandas need not put together."""
    distinct = pa.array(ids.cat.categories, type=pa.large_string())  # more than 2 GB may come of them
    whole = pa.DictionaryArray.from_arrays(ids.cat.codes.to_numpy(), distinct).dictionary_decode()
    return pd.Series(to_pandas(whole, "str").array, index=ids.index, copy=False)


def write_table(frame: pd.DataFrame, path: Path, *, table: Table) -> None:
    """Write a frame as Parquet with checksums: the table's columns, and what else it has as JSON text."""
    fields = [pa.field(column.name, ARROW_TYPES[column.kind]) for column in table]
    typed = frame[table.names].astype({column.name: PANDAS_DTYPES[column.kind] for column in table})
    typed.attrs = {}  # what was asked and from whom is no part of the days
    arrow = pa.Table.from_pandas(typed, schema=pa.schema(fields), preserve_index=False)
    for name in frame.columns.difference(table.names):
        blank = [pd.api.types.is_scalar(value) and pd.isna(value) for value in frame[name]]
        texts = [None if none else json.dumps(value) for none, value in zip(blank, frame[name], strict=True)]
        arrow = arrow.append_column(EXTRA + name, pa.array(texts, type=pa.string()))
    counts = [column.name for column in table if column.kind == "Int64"]
    # what pandas notes of its dtypes stays: without it Dask promises int64 where a later file has nulls
    pq.write_table(
        arrow,
        path,
        compression="zstd",
        # running totals take half the room as differences, and are written twice as fast
        use_dictionary=[name for name in arrow.column_names if name not in counts],
        column_encoding=dict.fromkeys(counts, "DELTA_BINARY_PACKED"),
        write_page_checksum=True,
        row_group_size=ROW_GROUP,
    )
