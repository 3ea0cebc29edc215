"""Which videos a summary or report is of: all, or those of a platform, an account, a label or a filter."""

from collections import Counter

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.base.english import counted
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.errors import InvalidParameterError

ID_START = 4
"""Characters of a label's id that tell it from others of its name."""


def select_scope(
    videos: pd.DataFrame,
    *,
    platform: str | None = None,
    account: str | None = None,
    label: str | None = None,
    only: VideoFilter | None = None,
) -> tuple[str, np.ndarray]:
    """Name a part of the videos, "all" for the whole, and mark its rows; parameters as in `period_summary`."""
    chosen = np.ones(len(videos), dtype=bool)
    words = []
    if platform is not None:
        chosen &= (videos["platform"] == platform).fillna(value=False).to_numpy(dtype=bool)
        words.append(f"platform {platform}")
    if account is not None:
        names = column(videos, "username", "str")
        chosen &= ((account_keys(videos) == account) | (names == account)).fillna(value=False).to_numpy(dtype=bool)
        words.append(f"account {account}")
    if label is not None:
        name, carries = select_label(videos, label)
        chosen &= carries
        words.append(f"label {name}")
    if only is not None and not only.chooses_all:
        chosen &= only.mask(videos)
        words.append(only.describe())
    if words and not chosen.any():
        raise InvalidParameterError(f"No video belongs to {' and '.join(words)}; check the name.")
    return " and ".join(words) or "all", chosen


def select_label(videos: pd.DataFrame, label: str) -> tuple[str, np.ndarray]:
    """Name one label, given by its id or by a name that no other has, and mark the videos that carry it.

    Returns
    -------
    name, carries
        The name, with the start of the id where several labels share it.

    Raises
    ------
    InvalidParameterError
        When the name stands for several labels.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.periods.scope import select_label
    >>> videos = pd.DataFrame({"label_ids": [["1c81ab"], ["4e3506"], []], "label_names": [["Hook"], ["Hook"], []]})
    >>> name, carries = select_label(videos, "4e3506")
    >>> name, carries.tolist()
    ('Hook [4e35]', [False, True, False])
    """
    ids, names = (
        [value if isinstance(value, list | np.ndarray) else () for value in column(videos, name, "object")]
        for name in ("label_ids", "label_names")
    )
    known = {key: name for own, called in zip(ids, names, strict=True) for key, name in zip(own, called, strict=False)}
    carries = np.array([label in own for own in ids], dtype=bool)
    if carries.any():
        name = str(known.get(label) or label)
        shared = sum(other == name for other in known.values()) > 1
        return f"{name} [{label[:ID_START]}]" if shared else name, carries
    meant = [key for key, name in known.items() if name == label]
    if len(meant) > 1:
        sizes = Counter(key for own in ids for key in own)
        listed = ", ".join(f"{key} ({counted(sizes[key], 'video')})" for key in sorted(meant))
        raise InvalidParameterError(
            f"label={label!r} is the name of {len(meant)} labels: {listed}; pass the id of one."
        )
    return label, np.array([label in called for called in names], dtype=bool)
