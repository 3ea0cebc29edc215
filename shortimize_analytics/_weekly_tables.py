"""The tables of the weekly summary, made from the accounts of `_waterfall`.

Pitfalls: a collaboration counts once, under one of its accounts, so that accounts add up to the total. A comparison
with earlier weeks is only made with weeks that the history covers whole for that scope, and never with a week that
did not grow: such a ratio would have no meaning.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ._waterfall import NEVER, Ledger, days_of, flows, make_ledger, new_upload_effects, tracked
from .prepare import account_keys, column
from .schema import WEEKLY_MOVERS, WEEKLY_SERIES, WEEKLY_TOTALS, conform

DAYS = 7
TOP = 10
MEDIAN_WEEKS = 8
SCOPES = pd.CategoricalDtype(["all", "platform", "account"])
STEPS = (
    "Last week",
    "New uploads: number",
    "New uploads: views each",
    "Back catalogue",
    "Corrections",
    "This week",
)
_SUMS = (
    "views_start",
    "views_end",
    "views_gained",
    "new_views",
    "back_views",
    "corrections",
    "lost",
    "newly_tracked",
    "not_refreshed",
)


@dataclass(frozen=True, slots=True)
class Week:
    """Accounts of one week: its last day, its flows by video, its uploads, and what the history covers of it."""

    end: int
    flows: pd.DataFrame
    uploads: np.ndarray
    covered: bool
    touched: bool

    @property
    def start(self) -> int:
        """Day whose end opens the week."""
        return self.end - DAYS


@dataclass(frozen=True, slots=True)
class Book:
    """The counted videos with their history: everything a week's accounts need.

    Attributes
    ----------
    videos
        Prepared videos that count in totals.
    ledger
        Their history.
    uploaded, account, gone
        Upload day, account number, and whether the video was removed or made private.
    oldest, newest
        First and last day of the history; `NEVER` without rows.
    """

    videos: pd.DataFrame
    ledger: Ledger
    uploaded: np.ndarray
    account: np.ndarray
    gone: np.ndarray
    oldest: int
    newest: int


def make_book(videos: pd.DataFrame, history: pd.DataFrame) -> Book:
    """Join prepared videos, sorted by ad_id, with their prepared history."""
    counted = videos.loc[videos["counts_in_totals"].to_numpy(dtype=bool)].reset_index(drop=True)
    ledger = make_ledger(history, pd.Index(counted["ad_id"]))
    gone = column(counted, "removed", "boolean").fillna(value=False) | column(counted, "private", "boolean").fillna(
        value=False
    )
    days = ledger.day[:-1]
    return Book(
        videos=counted.assign(account=account_keys(counted)),
        ledger=ledger,
        uploaded=days_of(counted["uploaded_at"]),
        account=pd.factorize(account_keys(counted), sort=True)[0],
        gone=gone.to_numpy(dtype=bool),
        oldest=int(days.min()) if len(days) else int(NEVER),
        newest=int(days.max()) if len(days) else int(NEVER),
    )


def week_of(book: Book, end: int) -> Week:
    """Account for the 7 days up to and including `end`, as far as the history reaches."""
    start = end - DAYS
    seen = flows(
        book.ledger,
        start=start,
        end=max(start, min(end, book.newest)),
        uploaded=book.uploaded,
        account=book.account,
        gone=book.gone,
    )
    return Week(
        end=end,
        flows=seen,
        uploads=(book.uploaded > start) & (book.uploaded <= end),
        covered=book.oldest <= start and end <= book.newest and book.oldest != NEVER,
        touched=book.newest > start and book.oldest <= end,
    )


def totals(book: Book, weeks: list[Week]) -> pd.DataFrame:
    """Sum the first of some weeks by scope and compare it with the ones after it in the list, which come before it.

    Returns
    -------
    DataFrame
        One scope per row, see `schema.WEEKLY_TOTALS`. Views are NA where no video of the scope has any part in them.
    """
    everything = pd.Series("all", index=book.videos.index)
    platform = book.videos["platform"].astype("str").fillna("unknown")
    account = book.videos["account"]
    parts = [
        _scope(book, weeks, "all", everything, names={"all": "all"}),
        _scope(book, weeks, "platform", platform, names={key: key for key in platform.unique()}),
        _scope(book, weeks, "account", account, names=_usernames(book.videos)),
    ]
    return conform(pd.concat(parts, ignore_index=True), WEEKLY_TOTALS)


def _usernames(videos: pd.DataFrame) -> dict[str, str]:
    """Name accounts by the video measured last: a renamed account goes by its new name."""
    measured = column(videos, "latest_updated_at", "datetime64[us, UTC]")
    order = measured.argsort(kind="stable") if measured.notna().any() else np.arange(len(videos))
    names = videos.iloc[order][["account", "username"]].dropna().drop_duplicates("account", keep="last")
    return dict(zip(names["account"], names["username"], strict=True))


def _scope(book: Book, weeks: list[Week], scope: str, keys: pd.Series, *, names: dict[str, str]) -> pd.DataFrame:
    code, levels = pd.factorize(keys, sort=True)
    if scope == "all":
        code, levels = np.zeros(len(keys), dtype=np.int64), pd.Index(["all"])
    now = weeks[0]
    out = _sums(now, code, len(levels))
    out["scope"] = pd.Categorical([scope] * len(levels), dtype=SCOPES)
    out["key"] = levels
    out["name"] = [names.get(str(key), str(key)) for key in levels]
    out["n_uploads"] = np.bincount(code, now.uploads, minlength=len(levels)).astype(np.int64)
    out["n_active"] = np.bincount(code, now.flows["active"], minlength=len(levels)).astype(np.int64)
    gained = np.column_stack([_comparable(book, week, code, len(levels)) for week in weeks])
    out["vs_prev"], out["vs_median8"] = _changes(gained)
    out["top10_share"], out["gini"] = concentration(now.flows["views_gained"].to_numpy(), code, len(levels))
    out["er_view"] = _engagement(book, now, code, len(levels))
    return out.sort_values(["views_gained", "key"], ascending=[False, True], na_position="last")


def _sums(week: Week, code: np.ndarray, size: int) -> pd.DataFrame:
    known = np.bincount(code, week.flows["known"], minlength=size) > 0
    sums = week.flows[list(_SUMS)].groupby(code).sum().reindex(range(size), fill_value=0)
    return sums.astype("Int64").where(pd.Series(known & week.touched))


def _comparable(book: Book, week: Week, code: np.ndarray, size: int) -> np.ndarray:
    """Growth of every scope in a week; NaN unless the scope was tracked before the week and the history covers it."""
    known = tracked(book.ledger, code, by=week.start, size=size) & week.covered
    known &= np.bincount(code, week.flows["known"], minlength=size) > 0
    return np.where(known, np.bincount(code, week.flows["views_gained"], minlength=size), np.nan)


def _changes(gained: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Change against the week before and against the median of the 8 weeks before (two at least)."""
    now, before = gained[:, :1], gained[:, 1 : MEDIAN_WEEKS + 1]
    if not before.size:
        return np.full(len(gained), np.nan), np.full(len(gained), np.nan)
    known = np.sum(~np.isnan(before), axis=1)
    median = pd.DataFrame(before).median(axis=1).to_numpy()
    bases = np.column_stack([before[:, 0], np.where(known >= 2, median, np.nan)])
    ratios = now / np.where(bases > 0, bases, np.nan) - 1
    return ratios[:, 0], ratios[:, 1]


def concentration(gained: np.ndarray, code: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Say how few videos earned the positive gains of each scope.

    Parameters
    ----------
    gained
        Views gained by each video.
    code
        Scope number of each video.
    size
        Number of scopes.

    Returns
    -------
    top, gini
        Share of the ten best videos, and Gini index, both over positive gains; NaN where nothing was gained.

    Examples
    --------
    >>> import numpy as np
    >>> from shortimize_analytics._weekly_tables import concentration
    >>> top, gini = concentration(np.array([1, 3, -5]), np.zeros(3, dtype=int), 1)
    >>> top.tolist(), gini.tolist()
    ([1.0], [0.25])
    """
    positive = gained > 0
    gains, group = gained[positive].astype(float), code[positive]
    order = np.lexsort((gains, group))
    gains, group = gains[order], group[order]
    count = np.bincount(group, minlength=size)
    total = np.bincount(group, gains, minlength=size)
    place = np.arange(len(group)) - (np.cumsum(count) - count)[group] + 1
    best = np.bincount(group, np.where(place > count[group] - TOP, gains, 0.0), minlength=size)
    ranked = np.bincount(group, place * gains, minlength=size)
    nothing = np.where(total > 0, 0.0, np.nan)
    total, count = np.maximum(total, 1.0), np.maximum(count, 1)
    return best / total + nothing, 2 * ranked / (count * total) - (count + 1) / count + nothing


def _engagement(book: Book, week: Week, code: np.ndarray, size: int) -> np.ndarray:
    """Likes, comments and shares per view, pooled over the last counts of the active videos.

    A video counts when likes and comments are known; shares are added where the platform gives them.
    """
    active = week.flows["active"].to_numpy() & ~column(book.videos, "hidden_stats", "boolean").fillna(
        value=False
    ).to_numpy(dtype=bool)
    rows = book.ledger.rows.iloc[week.flows["row"].to_numpy()[active]]
    likes, comments, shares = (
        column(rows, name, "Int64").to_numpy(dtype=float, na_value=np.nan) for name in ("likes", "comments", "shares")
    )
    actions = likes + comments + np.nan_to_num(shares)
    known = ~np.isnan(actions)
    group = code[active][known]
    views = np.bincount(group, rows["views_raw"].to_numpy(dtype=float)[known], minlength=size)
    return np.bincount(group, actions[known], minlength=size) / np.where(views > 0, views, np.nan)


def series(weeks: list[Week]) -> pd.DataFrame:
    """One row per week, oldest first, see `schema.WEEKLY_SERIES`; views are NA where the history holds nothing."""
    rows = []
    for week in reversed(weeks):
        sums = _sums(week, np.zeros(len(week.flows), dtype=np.int64), 1).iloc[0]
        rows.append(
            {
                "week_end": pd.Timestamp(week.end, unit="D"),
                **{name: sums[name] for name in ("views_gained", "new_views", "back_views", "corrections")},
                "n_uploads": int(week.uploads.sum()),
                "partial": not week.covered,
            }
        )
    return conform(pd.DataFrame(rows), WEEKLY_SERIES)


def movers(book: Book, week: Week) -> pd.DataFrame:
    """One row per video that gained or lost views in the week, largest gain first, see `schema.WEEKLY_MOVERS`."""
    seen = week.flows
    moved = (seen["views_gained"] != 0).to_numpy()
    total = max(1, int(seen["views_gained"].clip(lower=0).sum()))
    names = ["ad_id", "username", "platform", "uploaded_at"]
    out = book.videos.loc[moved, names].assign(
        title=column(book.videos, "title", "str")[moved],
        ad_link=column(book.videos, "ad_link", "str")[moved],
        views=seen["views"][moved],
        gain=seen["views_gained"][moved],
        is_new=seen["is_new"][moved],
    )
    ages = (pd.Timestamp(week.end, unit="D") - out["uploaded_at"]).dt.days
    out["age_days"] = ages.where(ages >= 0).astype("Float64")
    out["share"] = (out["gain"] / total).where(out["gain"] > 0)
    out = out.sort_values(["gain", "ad_id"], ascending=[False, True])
    out["rank"] = out["gain"].rank(method="min", ascending=False)
    return conform(out, WEEKLY_MOVERS)


def waterfall(now: Week, before: Week) -> pd.DataFrame:
    """One row per step from last week's growth to this week's (views): two levels, and between them what changed.

    The steps add up exactly. NA when the history does not cover both weeks.
    """
    out = pd.DataFrame({"step": pd.Series(STEPS, dtype="str"), "views": pd.array([pd.NA] * len(STEPS), dtype="Int64")})
    if now.covered and before.covered:
        names = ["views_gained", "new_views", "back_views", "corrections", "is_new"]
        first, second = before.flows[names].sum().astype(int), now.flows[names].sum().astype(int)
        effects = new_upload_effects(
            (int(first["is_new"]), int(first["new_views"])), (int(second["is_new"]), int(second["new_views"]))
        )
        others = [int(second[name] - first[name]) for name in ("back_views", "corrections")]
        out["views"] = pd.array(
            [int(first["views_gained"]), *effects, *others, int(second["views_gained"])], dtype="Int64"
        )
    return out
