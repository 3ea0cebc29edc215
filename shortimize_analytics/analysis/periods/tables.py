"""The tables of a period's summary, made from the accounts of `ledger`.

Pitfalls: a collaboration counts once, under one of its accounts, so that accounts add up to the total. A comparison
with earlier weeks is only made with weeks that the history covers whole for that scope, and never with a week that
did not grow: such a ratio would have no meaning. Months differ in length, so growth is compared per day.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.base.constants import MEDIAN_PERIODS
from shortimize_analytics.analysis.base.digested import rows_of, up_to_age
from shortimize_analytics.schema import WEEKLY_MOVERS, WEEKLY_SERIES, WEEKLY_TOTALS, conform
from shortimize_analytics.schema.cast import naming_columns
from shortimize_analytics.schema.rows import order_in_groups

from .counted import SUMS, CountedVideos, Period, young_cells
from .ledger import LedgerDigest, age_mix_effect, new_upload_effects

MIN_CURVE = 20
"""Videos seen at an age and at the period's length that make a share to compare uploads of different ages by."""
BEST = 10
SCOPES = pd.CategoricalDtype(["all", "platform", "account"])
STEPS = ("New uploads: number", "New uploads: views each", "Back catalogue", "Corrections")


def totals(counted: CountedVideos, weeks: list[Period], *, against: Period | None = None) -> pd.DataFrame:
    """Sum the first of some periods by scope and compare it with the ones after it in the list, which come before it.

    `against` takes the place of the one before in `vs_prev`.

    Returns
    -------
    DataFrame
        One scope per row, see `schema.WEEKLY_TOTALS`. Views are NA where no video of the scope has any part in them,
        `views_end` also where none was counted at the end.
    """
    names = {"all": {"all": "all"}, "account": _usernames(counted.videos)}
    parts = [
        _scope(counted, weeks, scope=scope, against=against, names=names.get(scope, {})) for scope in SCOPES.categories
    ]
    return conform(pd.concat(parts, ignore_index=True), WEEKLY_TOTALS)


def _usernames(videos: pd.DataFrame) -> dict[str, str]:
    """Name accounts by the video measured last: a renamed account goes by its new name."""
    measured = column(videos, "latest_updated_at", "datetime64[us, UTC]")
    order = measured.argsort(kind="stable") if measured.notna().any() else np.arange(len(videos))
    names = videos[["account"]].assign(username=column(videos, "username", "str")).iloc[order]
    names = names.dropna().drop_duplicates("account", keep="last")
    return dict(zip(names["account"], names["username"], strict=True))


def _scope(
    counted: CountedVideos, weeks: list[Period], *, scope: str, against: Period | None, names: dict[str, str]
) -> pd.DataFrame:
    code, levels = counted.cells.scopes[scope]
    now, size = weeks[0], len(levels)
    out = _sums(now, code, size=size)
    out["scope"] = pd.Categorical([scope] * size, dtype=SCOPES)
    out["key"] = levels
    out["scope_name"] = [names.get(str(key), str(key)) for key in levels]
    for name in ("uploads", "active"):
        out[f"n_{name}"] = np.bincount(code, now.sums[name], minlength=size).astype(np.int64)
    rates = np.column_stack([_comparable(week, code=code, size=size) for week in weeks])
    before = rates[:, 1] if len(weeks) > 1 else np.full(size, np.nan)
    before = before if against is None else _comparable(against, code=code, size=size)
    out["vs_prev"], out["vs_median8"] = _changes(rates, before)
    gained = now.flows["views_gained"].to_numpy()
    out["top10_share"], out["gini"] = concentration(gained, code[counted.cells.code], size=size)
    out["er_view"] = _engagement(now, code=code, size=size)
    return out.sort_values(["views_gained", "key"], ascending=[False, True], na_position="last")


def _sums(week: Period, code: np.ndarray, *, size: int) -> pd.DataFrame:
    known, ended = (np.bincount(code, week.sums[name], minlength=size) > 0 for name in ("known", "ended"))
    # whole views stay exact below 2⁵³, which no organisation reaches
    sums = {name: np.bincount(code, week.sums[name], minlength=size).astype(np.int64) for name in SUMS}
    out = pd.DataFrame({name: pd.arrays.IntegerArray(sum_, ~(known & week.touched)) for name, sum_ in sums.items()})
    out["views_end"] = out["views_end"].where(ended)
    return out


def _comparable(week: Period, *, code: np.ndarray, size: int) -> np.ndarray:
    """Growth per day of every scope; NaN unless the scope was tracked before the period and the history covers it."""
    tracked, known = (np.bincount(code, week.sums[name], minlength=size) > 0 for name in ("tracked", "known"))
    gained = np.bincount(code, week.sums["views_gained"], minlength=size)
    return np.where(tracked & known & week.covered, gained / max(1, week.end - week.start), np.nan)


def _changes(rates: np.ndarray, previous: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Change against the period before and against the median of the 8 before (two at least)."""
    now, before = rates[:, 0], rates[:, 1 : MEDIAN_PERIODS + 1]
    enough = np.sum(~np.isnan(before), axis=1) >= 2
    median = np.where(enough, pd.DataFrame(before).median(axis=1).to_numpy(), np.nan)
    changes = [now / np.where(base > 0, base, np.nan) - 1 for base in (previous, median)]
    return changes[0], changes[1]


def concentration(gained: np.ndarray, code: np.ndarray, *, size: int) -> tuple[np.ndarray, np.ndarray]:
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
    >>> from shortimize_analytics.analysis.periods.tables import concentration
    >>> top, gini = concentration(np.array([1, 3, -5]), np.zeros(3, dtype=int), size=1)
    >>> top.tolist(), gini.tolist()
    ([1.0], [0.25])
    """
    positive = gained > 0
    gains, group = gained[positive].astype(float), code[positive]
    order = order_in_groups(gains, group)
    gains, group = gains[order], group[order]
    count = np.bincount(group, minlength=size)
    total = np.bincount(group, gains, minlength=size)
    place = np.arange(len(group)) - (np.cumsum(count) - count)[group] + 1
    best = np.bincount(group, np.where(place > count[group] - BEST, gains, 0.0), minlength=size)
    ranked = np.bincount(group, place * gains, minlength=size)
    nothing = np.where(total > 0, 0.0, np.nan)
    total, count = np.maximum(total, 1.0), np.maximum(count, 1)
    return best / total + nothing, 2 * ranked / (count * total) - (count + 1) / count + nothing


def _engagement(week: Period, *, code: np.ndarray, size: int) -> np.ndarray:
    """Likes, comments and shares per view, pooled over the last counts of the active videos, see `Period.sums`."""
    views, actions = (np.bincount(code, week.sums[name], minlength=size) for name in ("views", "actions"))
    return actions / np.where(views > 0, views, np.nan)


def series(counted: CountedVideos, weeks: list[Period]) -> pd.DataFrame:
    """One row per period, oldest first, see `schema.WEEKLY_SERIES`; views are NA where the history holds nothing."""
    rows = []
    for week in reversed(weeks):
        code = counted.cells.scopes["all"][0]
        sums = _sums(week, code, size=1).iloc[0]
        rows.append(
            {
                "start": pd.Timestamp(week.start + 1, unit="D"),
                "end": pd.Timestamp(week.end, unit="D"),
                **{name: sums[name] for name in ("views_gained", "new_views", "back_views", "corrections")},
                "n_uploads": int(week.uploads.sum()),
                "er_view": _engagement(week, code=code, size=1)[0],
                "partial": not week.covered,
            }
        )
    return conform(pd.DataFrame(rows), WEEKLY_SERIES)


def movers(counted: CountedVideos, week: Period) -> pd.DataFrame:
    """One row per video that gained or lost views in the week, largest gain first, see `schema.WEEKLY_MOVERS`."""
    seen = week.flows
    moved = (seen["views_gained"] != 0).to_numpy()
    total = max(1, int(seen["views_gained"].clip(lower=0).sum()))
    out = naming_columns(counted.videos)[moved].assign(
        uploaded_at=counted.videos["uploaded_at"][moved],
        views=seen["views"][moved],
        gain=seen["views_gained"][moved],
        is_new=seen["is_new"][moved],
    )
    ages = (pd.Timestamp(week.end, unit="D") - out["uploaded_at"]).dt.days
    out["age_days"] = ages.where(ages >= 0).astype("Float64")
    out["share"] = (out["gain"] / total).where(out["gain"] > 0)
    out = out.sort_values(["gain", "ad_id"], ascending=[False, True])
    out["position"] = out["gain"].rank(method="min", ascending=False)
    return conform(out, WEEKLY_MOVERS)


def waterfall(now: Period, before: Period, *, names: tuple[str, str] = ("Last week", "This week")) -> pd.DataFrame:
    """One row per step from the growth of one period to that of a later one (views): between two levels what changed.

    `names` are those of the levels. The steps add up exactly. NA when the history does not cover both periods, or no
    video of the scope has any part in one of them.
    """
    steps = pd.Series([names[0], *STEPS, names[1]], dtype="str")
    out = pd.DataFrame({"step": steps, "views": pd.array([pd.NA] * len(steps), dtype="Int64")})
    if all(period.covered and period.flows["known"].any() for period in (now, before)):
        parts = ["views_gained", "new_views", "back_views", "corrections", "is_new"]
        first, second = before.flows[parts].sum().astype(int), now.flows[parts].sum().astype(int)
        effects = new_upload_effects(
            (int(first["is_new"]), int(first["new_views"])), (int(second["is_new"]), int(second["new_views"]))
        )
        others = [int(second[name] - first[name]) for name in ("back_views", "corrections")]
        out["views"] = pd.array(
            [int(first["views_gained"]), *effects, *others, int(second["views_gained"])], dtype="Int64"
        )
    return out


def upload_effects(counted: CountedVideos, now: Period, *, before: Period) -> pd.DataFrame:
    """One row per reason why the views of new uploads changed (views): their number, their age, views at equal age.

    Uploads of the last days have had little time, so a week with many of them looks weak. The age part is what the
    growth of the organisation's own videos makes of the difference in ages. The parts add up exactly; NA where a period
    has no uploads, the history does not cover both, or fewer than 20 videos tell how views grow with age.
    """
    steps = ["Number of uploads", "Their age", "Views at equal age"]
    effects: list[int | None] = [None, None, None]
    if now.covered and before.covered:
        shares = _shares_by_age(counted, max(now.end - now.start, before.end - before.start), end=now.end)
        counts, seen = [], []
        for period in (before, now):
            new = period.flows["is_new"].to_numpy()
            counts.append((int(new.sum()), int(period.flows["new_views"].sum())))
            ages = np.clip(period.end - counted.uploaded[new], 0, len(shares) - 1)
            seen.append(float(np.mean(shares[ages])) if new.any() else np.nan)
        number, performance = new_upload_effects(counts[0], counts[1])
        effects = [number, *age_mix_effect(counts[0], counts[1], shares=(seen[0], seen[1]), performance=performance)]
    return pd.DataFrame({"step": pd.Series(steps, dtype="str"), "views": pd.array(effects, dtype="Int64")})


def _shares_by_age(counted: CountedVideos, longest: int, *, end: int) -> np.ndarray:
    """Median share of the views at age `longest` that videos have at each earlier age; NaN where under 20 tell."""
    ledger, ids = counted.ledger, pd.Index(counted.videos["ad_id"])
    if isinstance(ledger, LedgerDigest):
        cells = rows_of(up_to_age(ledger.digest.week_cells, longest, name="days of the period"), ledger.place)
    else:
        cells = young_cells(ledger.rows, ids, longest=longest, end=end)
    cells = cells[cells[:, -1] > 0] / cells[cells[:, -1] > 0, -1:]
    known = np.sum(~np.isnan(cells), axis=0)
    out = np.full(longest + 1, np.nan)
    out[known >= MIN_CURVE] = np.nanmedian(cells[:, known >= MIN_CURVE], axis=0)
    return out
