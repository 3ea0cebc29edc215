"""What a breakout is, once for the tile, the sentences and the table: a score to lean on that is clearly 5x or more.

Clearly: the whole 90 % interval of the account's level says so. One that says so of a video too new, or of an account
with too few others to compare with, is counted apart: it may become one.
"""

import pandas as pd

from shortimize_analytics.analysis.base.constants import HIT


def is_breakout(scored: pd.DataFrame) -> pd.Series:
    """Mark the breakouts among scored videos.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.report.breakouts import is_breakout
    >>> scored = pd.DataFrame({"mult_lo": [5.5, 4.9, 9.0, None], "reliable": [True, True, False, None]})
    >>> is_breakout(scored.convert_dtypes()).tolist()
    [True, False, False, False]
    """
    return _clearly(scored) & _reliable(scored)


def may_become_one(scored: pd.DataFrame) -> pd.Series:
    """Mark those whose interval says so, but which are too new or have too few peers to be sure of it."""
    return _clearly(scored) & ~_reliable(scored)


def _clearly(scored: pd.DataFrame) -> pd.Series:
    return (scored["mult_lo"] >= HIT).fillna(value=False).astype(bool)


def _reliable(scored: pd.DataFrame) -> pd.Series:
    return scored["reliable"].fillna(value=False).astype(bool)
