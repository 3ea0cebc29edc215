"""What was known of an organisation on a day: everything that the rules of alerts read, computed when first read."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_number, day_of
from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.analysis.periods.outlook import judge_paces
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of
from shortimize_analytics.schema.masked import count_masked
from shortimize_analytics.schema.rows import among

NEW_DAYS = 3
NAMED = ("title", "username", "platform", "ad_link")


@dataclass
class Known:
    """What was known on a day; `before` is the day before it.

    Attributes
    ----------
    day
        Days since 1970-01-01.
    data
        Prepared videos and history as they stood at its end.
    partial
        Why these cannot be all videos of the organisation, as far as the frame says; empty if they can.
    size, masked, unasked
        Videos of the frame, those whose counts are masked (None where its columns do not tell), and those that were
        counted and have no history.
    """

    day: int
    data: Prepared
    partial: str
    size: int
    masked: int | None
    unasked: int
    before: "Known | None" = None

    @property
    def then(self) -> pd.DataFrame:
        """The videos."""
        return self.data.videos

    @property
    def past(self) -> pd.DataFrame:
        """Their history."""
        return history_of(self.data)

    @cached_property
    def date(self) -> pd.Timestamp:
        """The day as a timestamp."""
        return pd.Timestamp(self.day, unit="D")

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """What `rank_outliers` says, by ad_id."""
        return rank_outliers(self.data, rank_top=1).set_index("ad_id")

    @cached_property
    def paces(self) -> pd.DataFrame:
        """What `judge_paces` says, by ad_id."""
        return judge_paces(self.then, self.past, end=self.day).set_index("ad_id")

    @cached_property
    def accounts(self) -> pd.Series:
        """The account of each row of `then`."""
        return account_keys(self.then)

    @cached_property
    def usernames(self) -> dict[str, tuple[str, str]]:
        """Handle and platform by account; a renamed account goes by the name of its newest upload."""
        names = pd.DataFrame({"account": self.accounts}).join(self.then[["username", "platform", "uploaded_at"]])
        names = names.dropna(subset="username").sort_values("uploaded_at", kind="stable", na_position="first")
        names = names.drop_duplicates("account", keep="last")
        pairs = zip(names["username"], names["platform"], strict=True)
        return dict(zip(names["account"], pairs, strict=True))

    @cached_property
    def last_counted(self) -> pd.Series:
        """Day of each video's newest count, by ad_id."""
        return self.past.groupby("ad_id", observed=True)["date"].max()

    @cached_property
    def today(self) -> pd.DataFrame:
        """The rows of the history of this day, by ad_id."""
        return self.past[(self.past["date"] == self.date).to_numpy()].set_index("ad_id")

    @cached_property
    def live(self) -> pd.Series:
        """The rows of `then` that are neither removed nor private."""
        gone = column(self.then, "removed", "boolean").fillna(value=False)
        return ~(gone | column(self.then, "private", "boolean").fillna(value=False)).astype(bool)

    def named(self, ids: Iterable[str]) -> pd.DataFrame:
        """Return what a reader knows videos by, in the order of the ids."""
        about = self.then.drop_duplicates("ad_id").set_index("ad_id")
        return pd.DataFrame({name: column(about, name, "str").reindex(list(ids)) for name in NAMED})


def known_on_days(
    videos: pd.DataFrame | Prepared, history: pd.DataFrame | None, days: Iterable[dt.date]
) -> Iterator[Known]:
    """Show videos and history as they stood on each of some days, in ascending order.

    A day that follows the one before it in the list shares its work: two days running cost hardly more than one.
    """
    partial = _partial(videos.videos if isinstance(videos, Prepared) else videos)
    data = as_prepared(videos, history)
    everyone, rows = data.videos, history_of(data)
    masked = count_masked(everyone)
    counted = column(everyone, "latest_updated_at", "datetime64[us, UTC]").notna() & everyone["latest_views"].notna()
    bare = everyone.loc[counted & ~among(everyone["ad_id"], rows["ad_id"].drop_duplicates()), "uploaded_at"]

    def make(day: int) -> Known:
        # a video of the last days may not have a whole day yet
        unasked = int((bare <= pd.Timestamp(day - NEW_DAYS, unit="D")).sum())
        return Known(day, data.until(day_of(day)), partial, len(everyone), masked, unasked)

    previous: Known | None = None
    for day in map(day_number, days):
        known = make(day)
        known.before = previous if previous is not None and previous.day == day - 1 else make(day - 1)
        known.before.before = None
        yield known
        previous = known


def _partial(videos: pd.DataFrame) -> str:
    """Say why a frame cannot be taken for all videos of an organisation; an empty string if it can."""
    if "params" not in videos.attrs:
        return "the frame does not say which videos were asked for; pass one of load_videos as it came"
    if videos.attrs["params"]:
        return f"only some videos were loaded ({', '.join(videos.attrs['params'])})"
    loaded = videos.attrs.get("quality", {}).get("rows", len(videos))
    return "" if loaded == len(videos) else f"{len(videos):,} of {loaded:,} loaded videos are in the frame"


def fell(rows: pd.DataFrame) -> np.ndarray:
    """Return the views that each row lost against the row before it; 0 where it lost none."""
    return np.maximum(0, -rows["gain"].to_numpy(dtype=float, na_value=0.0))
