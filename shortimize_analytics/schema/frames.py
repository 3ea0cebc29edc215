"""Whether a frame is what an analysis takes: one sentence with the column and the remedy where it is not.

Frames come from loaders, from files, from merges and from notebooks of years ago. What pandas or Arrow would say of a
column that is missing or text stands far from where it was handed in.
"""

from typing import Any

import pandas as pd

from shortimize_analytics.errors import InvalidParameterError

from .tables import MAX_COUNT

_VIDEOS = {"ad_id": "", "platform": "", "uploaded_at": "day", "latest_views": "count"}
_VIDEOS_OPTIONAL = {"latest_updated_at": "instant", "created_at": "instant", "video_length": "count"}
_HISTORY = {"ad_id": "", "date": "day", "views": "count"}
_HISTORY_OPTIONAL = {"fetched_at": "instant", "likes": "count", "comments": "count", "shares": "count"}
_LISTED = {"account_id": "", "platform": "", "username": "", "latest_followers_count": "count", "tracking_type": ""}
_ORGANISATION = {"date": "day", "views": "count"}
_LOADERS = {
    "videos": ("load_videos", "VIDEOS"),
    "history": ("load_history", "HISTORY"),
    "listed": ("load_accounts", "ACCOUNTS"),
    "organisation": ("load_organisation_history", "ORGANISATION_HISTORY"),
}
"""Who makes each frame, and which table describes it."""


def check_videos(videos: Any, history: Any = None) -> None:
    """Refuse what is no frame of videos; `history` tells whether the two were swapped.

    Raises
    ------
    InvalidParameterError
        With the column and what to do.

    Examples
    --------
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, empty
    >>> from shortimize_analytics.schema.frames import check_videos
    >>> check_videos(empty(HISTORY), empty(VIDEOS))
    Traceback (most recent call last):
    shortimize_analytics.errors.InvalidParameterError: videos and history are swapped: pass videos first, history second
    """
    if _is_history(videos) and isinstance(history, pd.DataFrame) and "latest_views" in history:
        raise InvalidParameterError("videos and history are swapped: pass videos first, history second")
    if _is_history(videos):
        raise InvalidParameterError("videos is a history (date, views): pass the frame of load_videos first")
    _check(videos, "videos", needed=_VIDEOS, optional=_VIDEOS_OPTIONAL)


def check_history(history: Any) -> None:
    """Refuse what is no frame of a daily history.

    Raises
    ------
    InvalidParameterError
        With the column and what to do.
    """
    if isinstance(history, pd.DataFrame) and "latest_views" in history and "date" not in history:
        raise InvalidParameterError("history is a frame of videos: pass the frame of load_history second")
    _check(history, "history", needed=_HISTORY, optional=_HISTORY_OPTIONAL)


def check_listed(listed: Any) -> None:
    """Refuse what is no frame of accounts.

    Raises
    ------
    InvalidParameterError
        With the column and what to do.
    """
    _check(listed, "listed", needed=_LISTED, optional={})


def check_organisation(days: Any) -> None:
    """Refuse what is no daily history of the whole organisation.

    Raises
    ------
    InvalidParameterError
        With the column and what to do.
    """
    if isinstance(days, pd.DataFrame) and "ad_id" in days:
        raise InvalidParameterError("organisation is a frame of videos' days: pass that of load_organisation_history")
    _check(days, "organisation", needed=_ORGANISATION, optional={})


def _is_history(frame: Any) -> bool:
    return isinstance(frame, pd.DataFrame) and {"date", "views"} <= set(frame) and "latest_views" not in frame


def _check(frame: Any, name: str, *, needed: dict[str, str], optional: dict[str, str]) -> None:
    loader, table = _LOADERS[name]
    if not isinstance(frame, pd.DataFrame):
        raise InvalidParameterError(f"{name} is a {type(frame).__name__}: pass the frame of {loader}")
    if lacking := [column for column in needed if column not in frame]:
        raise InvalidParameterError(
            f"{name} lacks the column{'s' * (len(lacking) > 1)} {', '.join(lacking)}: pass the frame of {loader}, or "
            f"rename yours (schema.{table} lists them)"
        )
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InvalidParameterError(f"{name} has two columns {twice!r}: drop one (a merge makes suffixes _x and _y)")
    for column, kind in (needed | optional).items():
        if column in frame and (remedy := _remedy(frame[column], kind, f"{name}[{column!r}]")):
            raise InvalidParameterError(remedy)


def _remedy(values: pd.Series, kind: str, where: str) -> str:
    """Say how to mend a column of another type; an empty string where it is as it should be."""
    if not kind or (values.isna().all() and not len(values.dropna())):
        return ""
    dates = pd.api.types.is_datetime64_any_dtype(values)
    zoned = isinstance(values.dtype, pd.DatetimeTZDtype)
    said = f"{where} has dtype {values.dtype}"
    if kind == "count" and not pd.api.types.is_numeric_dtype(values):
        return f"{said}, as text from a CSV file: convert it with pd.to_numeric({where})"
    if kind == "count" and values.max() > MAX_COUNT:
        return f"{where} holds {values.max()}, and no count is above {MAX_COUNT}: set such values to pd.NA"
    if kind == "day" and (not dates or zoned):
        how = f"{where}.dt.tz_localize(None)" if zoned else f"pd.to_datetime({where})"
        return f"{said} and must hold days without a time zone: convert it with {how}"
    if kind == "instant" and not zoned:
        return f"{said} and must hold instants in UTC: convert it with pd.to_datetime({where}, utc=True)"
    return ""
