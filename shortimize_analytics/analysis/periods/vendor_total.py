"""The vendor's own sum of the organisation beside ours: how many views apart, and what explains it.

Both are of the same week, from one day's end to another's. The vendor does not say what its sum counts. Four things
that ours leaves out of growth have a known size: counts of older videos at first sight (newly tracked), copies of a
post, the last counts of removed videos (lost), and of videos that were not measured any more (not refreshed). Those
whose sum comes nearest to the difference explain it; the rest is left unexplained, and said.

Pitfall: it is the likeliest explanation, not a proof: with four sizes to choose from, a small rest can be luck.
"""

from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_number, day_of
from shortimize_analytics.analysis.base.constants import WEEK
from shortimize_analytics.analysis.base.english import counted
from shortimize_analytics.analysis.prepared import Prepared, history_of
from shortimize_analytics.schema.rows import NEVER, day_numbers

from .counted import count_videos, period_of

_WORDS = {
    "newly_tracked": "what older videos had when tracking began",
    "copies": "copies of a post, which count once here",
    "lost": "the last counts of removed videos",
    "not_refreshed": "the last counts of videos that are not measured any more",
}


@dataclass(frozen=True, slots=True)
class VendorTotal:
    """A week's gain by the vendor's sum and by ours, in views.

    Attributes
    ----------
    first_day, last_day
        The week; None where the two have none in common.
    vendor, ours
        Views gained: the vendor's sum at the end minus at the start, and our growth (new, back and corrections).
    parts
        Views of what ours leaves out, by its name.
    explained_by
        Names of the parts that come nearest to the difference together.
    unexplained
        Views of the difference that they leave.
    """

    first_day: date | None
    last_day: date | None
    vendor: int
    ours: int
    parts: dict[str, int]
    explained_by: tuple[str, ...]
    unexplained: int

    @property
    def difference(self) -> int:
        """Views that the vendor's sum gained more than ours."""
        return self.vendor - self.ours

    def says(self) -> str:
        """Say it in a sentence or two."""
        if self.first_day is None or self.last_day is None:
            return "the vendor's own sum and the history have no whole week in common: not compared"
        more = "more" if self.difference > 0 else "fewer"
        said = (
            f"from {self.first_day} to {self.last_day} the vendor's own sum moved by {counted(self.vendor, 'view')}, "
            f"the videos' histories by {self.ours:,}: "
        )
        if not self.difference:
            return said + "they agree"
        said += f"{abs(self.difference):,} {more} by the vendor"
        if self.explained_by:
            parts = " and ".join(f"{_WORDS[name]} ({self.parts[name]:+,})" for name in self.explained_by)
            return f"{said}. Likeliest because of {parts}; {abs(self.unexplained):,} are left unexplained"
        return f"{said}, which nothing known explains: trust neither before you know why"


def compare_with_vendor(data: Prepared, days: pd.DataFrame) -> VendorTotal:
    """Compare the newest week that both cover whole.

    Parameters
    ----------
    data
        Prepared videos, with their history.
    days
        Frame of `load_organisation_history`.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.periods.vendor_total import compare_with_vendor
    >>> from shortimize_analytics.analysis.prepared import prepare
    >>> from shortimize_analytics.schema import HISTORY, ORGANISATION_HISTORY, VIDEOS, cast
    >>> video = {"ad_id": "1", "platform": "tiktok", "uploaded_at": "2026-03-01", "latest_views": 900}
    >>> videos, _ = cast([video], VIDEOS)
    >>> rows = [{"date": f"2026-03-{day:02}", "views": 50 * day} for day in range(2, 18)]
    >>> history, _ = cast([{"ad_id": "1", **row} for row in rows], HISTORY)
    >>> vendor, _ = cast([{**row, "views": row["views"] + 4} for row in rows], ORGANISATION_HISTORY)
    >>> found = compare_with_vendor(prepare(videos, history), vendor)
    >>> str(found.last_day), found.vendor, found.ours, found.difference
    ('2026-03-17', 350, 350, 0)
    """
    rows = history_of(data)
    known = days[days["views"].notna() & days["date"].notna()].drop_duplicates("date", keep="last")
    totals = dict(zip(day_numbers(known["date"]).tolist(), known["views"].tolist(), strict=True))
    videos = data.videos.drop_duplicates("ad_id").sort_values("ad_id", ignore_index=True)
    every = count_videos(videos.assign(counts_in_totals=True), rows)
    full = data.last_full_day()
    last = every.newest if full is None else min(every.newest, day_number(full))
    ends = [day for day in totals if day <= last and day - WEEK in totals and day - WEEK >= every.oldest]
    if not ends or every.newest == NEVER:
        return VendorTotal(None, None, 0, 0, dict.fromkeys(_WORDS, 0), (), 0)
    end = max(ends)
    flows = period_of(every, end - WEEK, end).flows
    once = videos["counts_in_totals"].to_numpy(dtype=bool)
    parts = {name: int(flows.loc[once, name].sum()) for name in ("newly_tracked", "lost", "not_refreshed")}
    parts["copies"] = int(flows.loc[~once, ["views_gained", "newly_tracked"]].to_numpy().sum())
    ours = int(flows.loc[once, "views_gained"].sum())
    vendor = int(totals[end] - totals[end - WEEK])
    chosen, rest = _nearest(vendor - ours, parts)
    return VendorTotal(day_of(end - WEEK + 1), day_of(end), vendor, ours, parts, chosen, rest)


def _nearest(difference: int, parts: dict[str, int]) -> tuple[tuple[str, ...], int]:
    """Choose the parts whose sum comes nearest to a difference, fewer where it is a tie; return what is left."""
    sized = [name for name in _WORDS if parts[name]]
    sets = [chosen for size in range(len(sized) + 1) for chosen in combinations(sized, size)]
    rests = np.array([abs(difference - sum(parts[name] for name in chosen)) for chosen in sets])
    best = sets[int(rests.argmin())]
    return best, difference - sum(parts[name] for name in best)
