"""Millions of rows, read by comparing neighbours and integers instead of hashing, converting and sorting texts."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_PER_DAY = {"s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}


def run_starts(ids: pd.Series) -> np.ndarray:
    """Find the rows at which a new id begins. Comparing neighbours spares hashing millions of ids."""
    if not len(ids):
        return np.zeros(0, dtype=np.int64)
    if isinstance(ids.dtype, pd.CategoricalDtype):
        codes = ids.cat.codes.to_numpy()
        changed = codes[1:] != codes[:-1]
    else:
        values = pa.array(ids)
        changed = np.asarray(pc.not_equal(values.slice(1), values.slice(0, len(ids) - 1)))
    return np.r_[0, np.flatnonzero(changed) + 1]


def day_numbers(dates: pd.Series) -> np.ndarray:
    """Days since 1970-01-01 as int32; there must be no missing date."""
    instants = dates.to_numpy()
    per_day = _PER_DAY[np.datetime_data(instants.dtype)[0]]
    return (instants.view(np.int64) // per_day).astype(np.int32)


def among(ids: pd.Index | pd.Series, wanted: pd.Series) -> np.ndarray:
    """Tell which ids are wanted ones. pandas asks for the wanted ones one by one."""
    texts = pa.large_string()
    return np.asarray(pc.is_in(pa.array(ids, type=texts), value_set=pa.array(wanted, type=texts)))


def order_with_text_last(keys: Sequence[np.ndarray], text: pd.Series) -> np.ndarray:
    """Order rows as `np.lexsort` does, ties by a text: only the rows that tie are sorted by it, since text is slow."""
    order = np.lexsort(keys)
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for key in keys:
        ranked = key[order]
        same &= ranked[1:] == ranked[:-1]
    tied = np.flatnonzero(np.r_[False, same] | np.r_[same, False]) if len(order) else order
    runs = {"run": np.cumsum(~np.r_[False, same])[tied], "text": pa.array(text.iloc[order[tied]])}
    order[tied] = order[tied][pc.sort_indices(pa.table(runs), [("run", "ascending"), ("text", "ascending")]).to_numpy()]
    return order
