"""Which videos a summary, a ranking or a report is of: all, or those of a platform, an account, a label or a filter.

Levels, peers and age curves are everyone's. So the functions that judge videos against others take all of them and a
scope, which says what is shown; for the other functions `select_videos` chooses first.
"""

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.base.english import counted
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema.choices import did_you_mean
from shortimize_analytics.schema.names import Names, each_name, listing, match_label, read_account, told_apart
from shortimize_analytics.schema.rows import among

from .video_filter import VideoFilter


class Part(NamedTuple):
    """What one name stands for: how to call it, the ids or names that a `VideoFilter` knows it by, and its rows."""

    name: str
    keys: list[str]
    rows: np.ndarray


class Scope(NamedTuple):
    """A part of some videos: the names that were resolved ("all" for the whole), and whether each video belongs to it.

    `names` are by kind: platform, account, label, only; `keys` what a `VideoFilter` knows the first three by.
    """

    names: dict[str, str]
    keys: dict[str, list[str]]
    rows: np.ndarray

    @property
    def name(self) -> str:
        """Say what the part is, as "platform tiktok and label UGC"."""
        words = [name if kind == "only" else f"{kind} {name}" for kind, name in self.names.items()]
        return " and ".join(words) or "all"

    def keep(self, frame: pd.DataFrame, videos: pd.DataFrame) -> pd.DataFrame:
        """Keep the rows of a result that are of the part's videos; `videos` are those that the part was found in."""
        if not self.names:
            return frame
        return frame.loc[among(frame["ad_id"], videos.loc[self.rows, "ad_id"])].reset_index(drop=True)


def select_videos(
    videos: pd.DataFrame,
    *,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
) -> pd.DataFrame:
    """Choose the videos of a platform, an account, a label or a filter.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    platform
        Platform, in any case; of several names any fits, here and below.
    account
        Handle (with or without @, in any case), ``platform/handle``, link or UUID of an account. All videos of the
        account are chosen, also those it uploaded under an older handle.
    label
        Name or id of a label.
    only
        Only the videos that this filter chooses, too.

    Returns
    -------
    DataFrame
        The same columns, order and ``attrs``.

    Raises
    ------
    InvalidParameterError
        When a name fits nothing (it asks whether the nearest is meant) or several things (it lists them), or no video
        belongs to all that was asked for.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "username": "hook.lab", "linked_account_id": "a"},
    ...                   {"ad_id": "2", "platform": "youtube", "username": "hook.lab", "linked_account_id": "b"}],
    ...                  VIDEOS)
    >>> sa.select_videos(videos, account="youtube/@Hook.Lab")["ad_id"].tolist()
    ['2']
    >>> sa.select_videos(videos, account="hook.lab")
    Traceback (most recent call last):
    shortimize_analytics.errors.InvalidParameterError: account='hook.lab' names 2 accounts: tiktok/hook.lab (1 video),
    youtube/hook.lab (1 video); pass one of them
    """
    chosen = select_scope(videos, platform=platform, account=account, label=label, only=only)
    return videos.loc[chosen.rows].reset_index(drop=True)


def select_scope(
    videos: pd.DataFrame,
    *,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
) -> Scope:
    """Name a part of the videos and mark its rows; parameters as in `select_videos`."""
    names: dict[str, str] = {}
    keys: dict[str, list[str]] = {}
    chosen = np.ones(len(videos), dtype=bool)
    for kind, given, find in (
        ("platform", platform, find_platform),
        ("account", account, find_account),
        ("label", label, find_label),
    ):
        if given is not None:
            found = [find(videos, name) for name in each_name(given, kind)]
            names[kind] = " or ".join(part.name for part in found)
            keys[kind] = [key for part in found for key in part.keys]
            chosen &= np.logical_or.reduce([part.rows for part in found])
    if only is not None and not only.chooses_all:
        names["only"] = only.describe()
        chosen &= only.mask(videos)
    scope = Scope(names, keys, chosen)
    if names and not chosen.any():
        raise InvalidParameterError(f"no video belongs to {scope.name}; ask for less at once")
    return scope


def find_platform(videos: pd.DataFrame, platform: str) -> Part:
    """Name a platform as the videos do, and mark its videos."""
    own = column(videos, "platform", "str")
    known = sorted(own.dropna().unique())
    name = next((each for each in known if each.casefold() == platform.casefold()), None)
    if name is None:
        hint = did_you_mean(platform, known)
        raise InvalidParameterError(f"platform={platform!r} has no video here{hint}; {listing(known)}")
    return Part(name, [name], _holds(own == name))


def find_account(videos: pd.DataFrame, account: str) -> Part:
    """Name an account by its newest handle, and mark its videos, those under older handles, too.

    Raises
    ------
    InvalidParameterError
        When no account goes by the name, or several do.
    """
    wanted, keys = read_account(account), account_keys(videos)
    ids = column(videos, "linked_account_id", "str")
    rows = _holds(ids == wanted.text) | _holds(ids.str.lower() == wanted.id)
    if not rows.any():
        handles, platforms = (column(videos, name, "str").str.lower() for name in ("username", "platform"))
        rows = _holds(handles == wanted.handle)
        if wanted.platform is not None:
            rows = rows & _holds(platforms == wanted.platform)
        if not rows.any():
            hint = did_you_mean(wanted.handle or wanted.text, sorted({*handles.dropna()}))
            raise InvalidParameterError(f"account={account!r} has no video here{hint}; give a handle, link or UUID")
        # rows of the handle that lack an id are those of the one account that has it
        if platforms[rows].nunique() > 1 or ids[rows].nunique() > 1:
            _refuse_several(videos, rows, account=account)
    rows = _holds(keys.isin(keys[rows].unique()))
    return Part(_newest_handle(videos, rows) or wanted.text, sorted({*keys[rows].dropna()}), rows)


def _refuse_several(videos: pd.DataFrame, rows: np.ndarray, *, account: str) -> None:
    """List accounts that share a handle: by platform where that tells them apart, otherwise by id."""
    keys = account_keys(videos)
    found = {str(key): _holds(keys == key) for key in keys[rows].drop_duplicates()}
    platforms = [column(videos, "platform", "str")[own].fillna("unknown").iloc[0] for own in found.values()]
    handles = [_newest_handle(videos, own) for own in found.values()]
    if len({*platforms}) == len(found) and len({*handles}) == 1:
        names = [f"{platform}/{handle}" for platform, handle in zip(platforms, handles, strict=True)]
    else:
        names = [f"{key} (now {handle})" for key, handle in zip(found, handles, strict=True)]
    listed = (f"{name} ({counted(int(own.sum()), 'video')})" for name, own in zip(names, found.values(), strict=True))
    raise InvalidParameterError(
        f"account={account!r} names {len(found)} accounts: {', '.join(sorted(listed))}; pass one of them"
    )


def _newest_handle(videos: pd.DataFrame, rows: np.ndarray) -> str | None:
    """Return the handle of an account by the video measured last."""
    measured = column(videos, "latest_updated_at", "datetime64[us, UTC]")[rows]
    names = column(videos, "username", "str")[rows]
    order = measured.argsort(kind="stable") if measured.notna().any() else np.arange(rows.sum())
    known = names.iloc[order].dropna()
    return None if known.empty else str(known.iloc[-1])


def find_label(videos: pd.DataFrame, label: str) -> Part:
    """Name one label, given by its id or by a name that no other has, and mark the videos that carry it.

    Returns
    -------
    Part
        Its name has the start of the id where several labels share it.

    Raises
    ------
    InvalidParameterError
        When no label of the videos has the name, or several have.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.filters.scope import find_label
    >>> videos = pd.DataFrame({"label_ids": [["1c81ab"], ["4e3506"], []], "label_names": [["Hook"], ["Hook"], []]})
    >>> found = find_label(videos, "4e3506")
    >>> found.name, found.rows.tolist()
    ('Hook [4e35]', [False, True, False])
    """
    ids, names = (
        [list(value) if isinstance(value, list | np.ndarray) else [] for value in column(videos, name, "object")]
        for name in ("label_ids", "label_names")
    )
    # a name without an id stands for itself
    keys = [own if len(own) >= len(called) else called for own, called in zip(ids, names, strict=True)]
    known = {
        key: str(name or key)
        for own, called in zip(keys, names, strict=True)
        for key, name in zip(own, [*called, *own[len(called) :]], strict=True)
    }
    found = match_label(label, known)
    if len(found) > 1:
        sizes = Counter(key for own in keys for key in own)
        listed = ", ".join(f"{key} ({counted(sizes[key], 'video')})" for key in sorted(found))
        raise InvalidParameterError(f"label={label!r} is the name of {len(found)} labels: {listed}; pass the id of one")
    carries = np.array([found[0] in own for own in keys], dtype=bool)
    return Part(told_apart(known)[found[0]], found, carries)


def _holds(values: Any) -> np.ndarray:
    return values.fillna(value=False).to_numpy(dtype=bool)
