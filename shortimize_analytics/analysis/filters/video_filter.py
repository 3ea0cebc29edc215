"""Which videos to look at, as a plain value that needs no widget, no kernel and no network.

Definitions
-----------
clause
    One condition of a filter. A video must meet all of them; each can be met or not on the video's own row, so filters
    commute and applying one twice changes nothing.
range
    Both ends are inclusive, and None leaves an end open. A missing value lies in no range.
active
    Tracked in these days: Shortimize had indexed the video by their end, and measured it on or after their start.
gains, totals
    What an overview counts of the chosen videos: views gained in the active days, or their newest counts. It chooses no
    video.

Pitfalls: a flag that the API left out is not known to be set, so "exclude" keeps the video and "only" drops it. A video
without a known length counts as a photo post, as in `prepare_videos`. A handle that two platforms share names both
accounts; write ``tiktok/handle`` for one of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import column, is_photo
from shortimize_analytics.analysis.base.vendor import known_lengths
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import conform
from shortimize_analytics.schema.choices import Count, Flag, PostFormat, check_choice
from shortimize_analytics.schema.days import Day, read_range
from shortimize_analytics.schema.names import Names, each_name, read_account
from shortimize_analytics.schema.tables import FILTER_STEPS

from .code import connect_line, load_line, names_text, range_text, search_text, sizes_text
from .conditions import between, days_in, found, labelled, of_accounts, of_platforms, stamp

FLAGS = {"private": "private", "removed": "removed", "shop": "ad_info_shop", "unsafe": "not_safe"}
"""Flags of a filter and the columns of the videos that they read."""
DAY_EDGES = ("uploaded_start", "uploaded_end", "active_start", "active_end")
NAME_LISTS = ("platform", "account", "label", "label_all", "label_none")
_SIZES = ("duration_min", "duration_max", "views_min", "views_max")


class _Clause(NamedTuple):
    text: str
    met: np.ndarray
    missing: np.ndarray


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class VideoFilter:
    """A choice of videos. Without arguments it chooses all of them.

    Parameters
    ----------
    uploaded_start, uploaded_end
        First and last day of upload, inclusive (a date or YYYY-MM-DD).
    active_start, active_end
        First and last day in which a video was tracked, inclusive.
    only_uploaded_in_range
        Only videos uploaded in the active days; needs `active_start` or `active_end`.
    platform
        Platforms, any of which fits.
    account
        Handles, ``platform/handle``, links or ids of accounts, any of which fits.
    label, label_all, label_none
        Names or ids of labels of which a video carries at least one, every one, none.
    duration_min, duration_max
        Length (s). Photos have none, and 60 on YouTube is a placeholder: they lie in no range.
    views_min, views_max
        Newest count of views.
    search
        Words that must all occur in caption or handle, whatever their case and order. ``"two words"`` in quotes are a
        phrase, ``#word`` is a whole hashtag, ``@word`` is looked for in the handle alone.
    format
        "video", "photo", or None for both.
    private, removed, shop, unsafe
        "include", "exclude" or "only" such videos.
    count
        "gains" or "totals": what an overview counts; it chooses no video.

    Raises
    ------
    InvalidParameterError
        For an unknown choice, an impossible day or number, or a range whose end is before its start.

    Examples
    --------
    >>> from shortimize_analytics.analysis.filters.video_filter import VideoFilter
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "title": "Day one #fyp", "latest_views": 900},
    ...                   {"ad_id": "2", "platform": "youtube", "latest_views": 40},
    ...                   {"ad_id": "3", "platform": "tiktok"}], VIDEOS)
    >>> chosen = VideoFilter(platform=["tiktok"], views_min=100)
    >>> chosen
    VideoFilter(platform=('tiktok',), views_min=100)
    >>> chosen.apply(videos)["ad_id"].tolist()
    ['1']
    >>> chosen.explain(videos)[["clause", "dropped", "missing", "left"]]
                      clause  dropped  missing  left
    0        platform tiktok        1        0     2
    1  at least 100 views        2        1     1
    """

    uploaded_start: Day | None = None
    uploaded_end: Day | None = None
    active_start: Day | None = None
    active_end: Day | None = None
    only_uploaded_in_range: bool = False
    platform: Names = ()
    account: Names = ()
    label: Names = ()
    label_all: Names = ()
    label_none: Names = ()
    duration_min: int | None = None
    duration_max: int | None = None
    views_min: int | None = None
    views_max: int | None = None
    search: str = ""
    format: PostFormat | None = None
    private: Flag = "include"
    removed: Flag = "include"
    shop: Flag = "include"
    unsafe: Flag = "include"
    count: Count = "gains"

    def __post_init__(self) -> None:
        for names in (DAY_EDGES[:2], DAY_EDGES[2:]):
            for name, day in zip(names, read_range(*(getattr(self, name) for name in names), names=names), strict=True):
                object.__setattr__(self, name, day)
        for name in NAME_LISTS:
            object.__setattr__(self, name, _names(getattr(self, name), name))
        for account in self.account:
            read_account(account)
        for low, high in zip(_SIZES[::2], _SIZES[1::2], strict=True):
            sizes = _sizes(getattr(self, low), getattr(self, high), names=(low, high))
            for name, size in zip((low, high), sizes, strict=True):
                object.__setattr__(self, name, size)
        if not isinstance(self.search, str):
            raise InvalidParameterError(f"search={self.search!r} is no text; pass words, #hashtags or @handles")
        object.__setattr__(self, "search", " ".join(self.search.split()))
        if self.format is not None:
            check_choice(self.format, PostFormat, "format")
        check_choice(self.count, Count, "count")
        for name in FLAGS:
            check_choice(getattr(self, name), Flag, name)
        if not isinstance(self.only_uploaded_in_range, bool):
            raise InvalidParameterError(f"only_uploaded_in_range={self.only_uploaded_in_range!r} is not True or False")
        if self.only_uploaded_in_range and self.active_start is None and self.active_end is None:
            raise InvalidParameterError("only_uploaded_in_range needs a range; set active_start or active_end")

    def __repr__(self) -> str:
        return f"VideoFilter({', '.join(f'{name}={value!r}' for name, value in self._given().items())})"

    @property
    def chooses_all(self) -> bool:
        """Tell whether no clause is set."""
        return not self._texts()

    def mask(self, videos: pd.DataFrame) -> np.ndarray:
        """Tell of each video whether it meets every clause.

        Parameters
        ----------
        videos
            Frame of `load_videos`.

        Returns
        -------
        ndarray
            One truth value per video, in their order.
        """
        met = np.ones(len(videos), dtype=bool)
        for clause in self._clauses(videos):
            met &= clause.met
        return met

    def apply(self, videos: pd.DataFrame) -> pd.DataFrame:
        """Keep the videos that meet every clause.

        Parameters
        ----------
        videos
            Frame of `load_videos`.

        Returns
        -------
        DataFrame
            The same columns, order and ``attrs``; `explain` counts what was left out.
        """
        return videos.loc[self.mask(videos)].reset_index(drop=True)

    def explain(self, videos: pd.DataFrame) -> pd.DataFrame:
        """Count what each clause drops.

        Parameters
        ----------
        videos
            Frame of `load_videos`.

        Returns
        -------
        DataFrame
            One row per clause, see `schema.FILTER_STEPS`; no row where all videos are chosen.
        """
        left = np.ones(len(videos), dtype=bool)
        rows = []
        for clause in self._clauses(videos):
            left &= clause.met
            dropped = ~clause.met
            counts = (int(dropped.sum()), int((dropped & clause.missing).sum()), int(left.sum()))
            rows.append((clause.text, *counts))
        return conform(pd.DataFrame(rows, columns=FILTER_STEPS.names), FILTER_STEPS)

    def describe(self) -> str:
        """Say in one line which videos are chosen.

        Examples
        --------
        >>> from shortimize_analytics.analysis.filters.video_filter import VideoFilter
        >>> VideoFilter(platform=["tiktok"], uploaded_start="2026-03-01", private="exclude").describe()
        'uploaded from 2026-03-01; platform tiktok; not private'
        >>> VideoFilter().describe()
        'all videos'
        """
        return "; ".join(self._texts().values()) or "all videos"

    def to_code(self, videos: pd.DataFrame | None = None) -> str:
        """Write Python that loads and filters again.

        Parameters
        ----------
        videos
            The frame that was filtered: its ``attrs`` say where and how it was loaded. None: everything the key sees.

        Returns
        -------
        str
            A script that leaves the chosen videos in ``frame``.

        Examples
        --------
        >>> from shortimize_analytics.analysis.filters.video_filter import VideoFilter
        >>> print(VideoFilter(platform=["tiktok"]).to_code())
        import shortimize_analytics as sa
        <BLANKLINE>
        client = sa.connect()
        videos = sa.load_videos(client)
        chosen = sa.VideoFilter(
            platform=('tiktok',),
        )
        frame = chosen.apply(videos)
        """
        attrs = {} if videos is None else videos.attrs
        given = [f"    {name}={value!r}," for name, value in self._given().items()]
        chosen = ["chosen = sa.VideoFilter(", *given, ")"] if given else ["chosen = sa.VideoFilter()"]
        lines = ["import shortimize_analytics as sa", "", connect_line(attrs), load_line(attrs), *chosen]
        return "\n".join([*lines, "frame = chosen.apply(videos)"])

    def _given(self) -> dict[str, Any]:
        """Return the arguments that differ from their defaults, days as text."""
        out = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                out[field.name] = value.isoformat() if isinstance(value, date) else value
        return out

    def _texts(self) -> dict[str, str]:
        """Say what each clause that is set asks for."""
        out = {
            "uploaded": range_text("uploaded", self.uploaded_start, last=self.uploaded_end),
            "active": range_text("active", self.active_start, last=self.active_end),
            "in_range": "uploaded in the active days" if self.only_uploaded_in_range else "",
            "platform": names_text("platform", self.platform),
            "account": names_text("account", self.account),
            "label": names_text("label", self.label),
            "label_all": names_text("all labels of", self.label_all, join=" and "),
            "label_none": names_text("no label", self.label_none),
            "duration": sizes_text(self.duration_min, self.duration_max, unit="s long"),
            "views": sizes_text(self.views_min, self.views_max, unit="views"),
            "search": search_text(self.search),
            "format": f"{self.format} posts" if self.format else "",
            **{name: {"only": f"only {name}", "exclude": f"not {name}"}.get(getattr(self, name), "") for name in FLAGS},
        }
        return {name: text for name, text in out.items() if text}

    def _clauses(self, videos: pd.DataFrame) -> Iterator[_Clause]:
        for name, text in self._texts().items():
            yield _Clause(text, *self._meets(name, videos))

    def _meets(self, name: str, videos: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Tell which videos meet a clause, and which lack the value it asks for."""
        if name in {"uploaded", "in_range"}:
            edges = (
                (self.uploaded_start, self.uploaded_end) if name == "uploaded" else (self.active_start, self.active_end)
            )
            return between(days_in(videos, "uploaded_at"), *map(stamp, edges))
        if name == "active":
            first, last = days_in(videos, "created_at"), days_in(videos, "latest_updated_at")
            by_end, never_indexed = between(first, None, stamp(self.active_end))
            since, never_measured = between(last, stamp(self.active_start), None)
            return by_end & since, never_indexed | never_measured
        if name in {"duration", "views"}:
            sizes = known_lengths(videos) if name == "duration" else column(videos, "latest_views", "Int64")
            return between(sizes, getattr(self, f"{name}_min"), getattr(self, f"{name}_max"))
        if name == "platform":
            return of_platforms(videos, self.platform)
        if name == "account":
            return of_accounts(videos, self.account)
        if name.startswith("label"):
            return labelled(videos, getattr(self, name), kind=name)
        if name == "search":
            return found(videos, self.search)
        if name == "format":
            return is_photo(videos) == (self.format == "photo"), column(
                videos, "video_length", "Int64"
            ).isna().to_numpy()
        flag = column(videos, FLAGS[name], "boolean").astype("boolean")
        is_set = flag.fillna(value=False).to_numpy(dtype=bool)
        return is_set == (getattr(self, name) == "only"), flag.isna().to_numpy()


def _names(value: Any, name: str) -> tuple[str, ...]:
    return () if isinstance(value, list | tuple | set) and not value else tuple(sorted(each_name(value, name)))


def _sizes(low: Any, high: Any, *, names: tuple[str, str]) -> tuple[int | None, int | None]:
    first, last = _size(low, names[0]), _size(high, names[1])
    if first is not None and last is not None and first > last:
        raise InvalidParameterError(f"{names[0]}={first} is above {names[1]}={last}; no video could match")
    return first, last


def _size(value: Any, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise InvalidParameterError(f"{name}={value!r} must be a whole number from 0 up, or None")
    return int(value)
