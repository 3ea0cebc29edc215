"""Millions of rows, read by comparing neighbours and integers instead of hashing, converting and sorting texts."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_PER_DAY = {"s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}
_PLACE = 32  # bits that hold a place; the group stands above them

_BLOCK = 1 << 16
"""Rows at once: what fits the processor's cache is read twice as fast."""

NEVER, FOREVER = np.int64(-(10**6)), np.int64(10**6)
"""A day before and a day after every history, for what has no date."""


def changes(*columns: np.ndarray) -> np.ndarray:
    """Mark the rows at which one of the columns has another value than the row before; the first row is one."""
    marks = np.ones(len(columns[0]), dtype=bool)
    for number, column in enumerate(columns):
        if number:
            marks[1:] |= column[1:] != column[:-1]
        else:
            np.not_equal(column[1:], column[:-1], out=marks[1:])
    return marks


def last_of_each(*columns: np.ndarray) -> np.ndarray:
    """Mark the rows after which one of the columns has another value; the last row is one."""
    return np.append(changes(*columns)[1:], [True])[: len(columns[0])]


def rows_where(test: Callable[[slice, slice], np.ndarray], *, rows: int) -> np.ndarray:
    """Find the rows, but for the first, that a test of some rows and of those before them picks."""
    found = [np.zeros(0, dtype=np.int64)]
    for start in range(1, rows, _BLOCK):
        end = min(start + _BLOCK, rows)
        found.append(np.flatnonzero(test(slice(start, end), slice(start - 1, end - 1))) + start)
    return np.concatenate(found)


def run_starts(ids: pd.Series) -> np.ndarray:
    """Find the rows at which a new id begins, each missing one too. Comparing neighbours spares hashing millions."""
    if not len(ids):
        return np.zeros(0, dtype=np.int64)
    if isinstance(ids.dtype, pd.CategoricalDtype):
        codes = ids.array.codes
        return np.r_[0, rows_where(lambda now, before: codes[now] != codes[before], rows=len(ids))]
    values = pa.array(ids)
    changed = np.asarray(pc.not_equal(values.slice(1), values.slice(0, len(ids) - 1)).fill_null(fill_value=True))
    return np.r_[0, np.flatnonzero(changed) + 1]


def order_in_groups(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Order rows by a number of their group, from 0, and in it by value, NaN last; equal values in any order.

    Four times as fast as `np.lexsort`, whose order of equal values nobody needs who takes medians and sums.
    """
    rising = np.argsort(values)
    keys = (codes[rising].astype(np.int64) << _PLACE) | np.arange(len(values))
    keys.sort()
    return rising[keys & ((1 << _PLACE) - 1)]


def along_runs(values: np.ndarray, starts: np.ndarray, *, rows: int) -> np.ndarray:
    """Give every one of so many rows the value of the run that it lies in."""
    return np.repeat(values, np.diff(starts, append=rows))


def positions_in(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """List the positions in many stretches of rows, one stretch after the other."""
    return np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())


def first_at_least(values: np.ndarray, low: np.ndarray, *, high: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Find in many rising stretches at once the first value that is not before the wanted one; the end if none."""
    while (open_ := low < high).any():
        middle = np.where(open_, (low + high) // 2, 0)
        before = values[middle] < wanted
        low, high = np.where(open_ & before, middle + 1, low), np.where(open_ & ~before, middle, high)
    return low


def starts_day_by_day(history: pd.DataFrame, *, whole: bool = False) -> np.ndarray | None:
    """Find where videos begin in rows that lie as an archive's do, so that nobody need sort them.

    `whole` asks for more: ids in order, no id and no day missing, and days without an hour.

    Returns
    -------
    ndarray or None
        As `run_starts`; None unless every video's rows lie together, each day once, ascending.
    """
    starts = run_starts(history["ad_id"])
    instants, per_day = instants_of(history["date"])
    # most rows are of the day after the row before: only the others can be out of order, or bring in an hour
    odd = rows_where(lambda now, before: instants[now] - instants[before] != per_day, rows=len(history))
    inner = odd[~_among_sorted(odd, starts)]
    ids, dates = history["ad_id"].iloc[starts], history["date"].iloc[np.r_[starts, inner]]
    if dates.isna().any() or not (instants[inner] > instants[inner - 1]).all():
        return None
    if not whole:
        return starts if ids.is_unique else None
    if ids.isna().any() or (dates != dates.dt.normalize()).any():
        return None
    texts = pa.array(ids.astype("str"), type=pa.large_string())
    return starts if pc.all(pc.less(texts[:-1], texts[1:])).as_py() is not False else None


def _among_sorted(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    if not len(wanted):
        return np.zeros(len(rows), dtype=bool)
    return np.asarray(wanted.take(np.searchsorted(wanted, rows), mode="clip") == rows)


def rows_that_fall(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Find the rows whose value is below that of the row before, in runs that begin at some rows."""
    lower = rows_where(lambda now, before: values[now] < values[before], rows=len(values))
    return lower[~_among_sorted(lower, starts)]


def instants_of(dates: pd.Series) -> tuple[np.ndarray, int]:
    """Return instants in UTC as numbers since 1970-01-01, and how many of their units make a day."""
    instants = (dates if getattr(dates.dtype, "tz", None) is None else dates.dt.tz_convert(None)).to_numpy()
    return instants.view(np.int64), _PER_DAY[np.datetime_data(instants.dtype)[0]]


def latest(dates: pd.Series) -> pd.Timestamp:
    """Return the last of some instants, NaT without any: of millions pandas' `max` first marks the missing ones."""
    if not len(dates) or getattr(dates.dtype, "tz", None) is not None:
        return dates.max()
    instants = dates.to_numpy()
    # a missing one is the lowest number
    return pd.Timestamp(instants.view(np.int64).max(keepdims=True).view(instants.dtype)[0])


def day_numbers(dates: pd.Series, *, missing: int | np.int64 | None = None) -> np.ndarray:
    """Days since 1970-01-01 as int32, of instants in UTC; `missing` where there is none, which else must not be."""
    instants, per_day = instants_of(dates)
    days = instants // per_day
    return (days if missing is None else np.where(dates.isna(), missing, days)).astype(np.int32)


def whole_days(instants: pd.Series) -> pd.Series:
    """Turn instants in UTC into the days they lie in, without a zone; days stay as they are."""
    return instants if getattr(instants.dtype, "tz", None) is None else instants.dt.tz_localize(None).dt.normalize()


def dates_of(days: np.ndarray) -> pd.Series:
    """Turn days since 1970-01-01 into dates."""
    return pd.Series(days.astype("datetime64[D]").astype("datetime64[us]"))


def in_one_piece(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Join the chunks that frames put together of others consist of."""
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def repeated(texts: pd.Series, *, first_too: bool = False) -> np.ndarray:
    """Mark texts that stood before already, a missing one too, as `duplicated` of pandas does; or all that come twice.

    pandas looks for repeats among the numbers of the texts even where there are as many numbers as texts.
    """
    coded = in_one_piece(pa.array(texts, type=pa.large_string(), from_pandas=True)).dictionary_encode("encode")
    if len(coded.dictionary) == len(texts):
        return np.zeros(len(texts), dtype=bool)
    numbers = pd.Series(coded.indices.to_numpy(zero_copy_only=False))
    return numbers.duplicated(keep=False if first_too else "first").to_numpy()


def among(ids: pd.Index | pd.Series, wanted: pd.Series) -> np.ndarray:
    """Tell which ids are wanted ones. pandas asks for the wanted ones one by one."""
    texts = pa.large_string()
    return np.asarray(pc.is_in(pa.array(ids, type=texts), value_set=pa.array(wanted, type=texts)))


def places_in(ids: pd.Index | pd.Series, wanted: pd.Index | pd.Series) -> np.ndarray:
    """Return the place of every wanted id among some, the first where it comes twice, and −1 where it is missing.

    A fifth of what `get_indexer` of pandas takes.
    """
    texts = pa.large_string()
    found = pc.index_in(pa.array(wanted, type=texts, from_pandas=True), pa.array(ids, type=texts, from_pandas=True))
    return in_one_piece(found).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def rows_among(ids: pd.Series, wanted: pd.Series) -> np.ndarray:
    """Tell which rows have an id among the wanted ones, where rows of an id mostly stand together."""
    starts = run_starts(ids)
    return along_runs(among(ids.iloc[starts].astype("str"), wanted), starts, rows=len(ids))


def stable_order(values: np.ndarray) -> np.ndarray:
    """Order values as a stable sort does, NaN last: only those that tie are put in order by their place.

    A third of what `np.argsort` with `kind="stable"` takes.
    """
    order = np.argsort(values)
    known = len(order) - int(np.isnan(values).sum())
    order[known:].sort()
    tied, run = _ties(order[:known], [values])
    rows = order[tied]
    order[tied] = rows[np.lexsort([rows, run])]
    return order


def ranks_in_groups(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Rank values within their group from 1; equal ones share the mean of their ranks, NaN has none.

    A tenth of what `groupby.rank` of pandas takes, with the same result.
    """
    order = order_in_groups(values, codes)
    ranked, group = values[order], codes[order]
    runs, opening = np.flatnonzero(changes(group, ranked)), np.flatnonzero(changes(group))
    places = runs + np.append(runs[1:], len(order)) - 1
    out = np.empty(len(values))
    out[order] = along_runs(places, runs, rows=len(order)) / 2 - along_runs(opening, opening, rows=len(order)) + 1
    out[np.isnan(values)] = np.nan
    return out


def order_with_text_last(keys: Sequence[np.ndarray], text: pd.Series) -> np.ndarray:
    """Order rows as `np.lexsort` does, ties by a text: only rows that tie are sorted by the next key, and then by it.

    None of the keys may be NaN.
    """
    *others, first = keys
    order = np.argsort(first)
    tied, run = _ties(order, [first])
    rows = order[tied]
    order[tied] = rows[np.lexsort([rows, *(key[rows] for key in others), run])]
    tied, run = _ties(order, keys)
    runs = {"run": run, "text": pa.array(text.iloc[order[tied]])}
    order[tied] = order[tied][pc.sort_indices(pa.table(runs), [("run", "ascending"), ("text", "ascending")]).to_numpy()]
    return order


def _ties(order: np.ndarray, keys: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Find the places in an order at which all keys are those of a neighbour, and number the runs of such places."""
    new = changes(*(key[order] for key in keys))
    tied = np.flatnonzero(~(new & np.append(new[1:], True)[: len(new)]))
    return tied, np.cumsum(new)[tied]
