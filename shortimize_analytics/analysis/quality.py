"""What there is to know about the data before believing any figure: one row per check.

Every check says how many videos or days it met and what the package does about them. None of them drops a row: what an
analysis leaves out, it counts itself.

The vendor's `increase_1d` to `increase_30d` are percentages by its documentation; one client found big integers. They
are kept as given, compared with the history, and used nowhere.

Pitfalls: an interpolated day is only a guess, since the API marks nothing (see `prepare`). Masked counts are known for
frames of `load_videos` alone: without its notes that check is NA, not 0.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base import english
from shortimize_analytics.analysis.base.columns import REGIME_BREAKS, account_keys, by_account_key, column, regimes
from shortimize_analytics.analysis.base.constants import EARLIEST_UPLOAD
from shortimize_analytics.analysis.base.vendor import COMPARED, INCREASES, TOLERANCE, check_increases, vendor_figure
from shortimize_analytics.schema import DATA_QUALITY, conform
from shortimize_analytics.schema.cast import EVIDENCE
from shortimize_analytics.schema.frames import check_listed, check_organisation
from shortimize_analytics.schema.masked import count_masked
from shortimize_analytics.schema.rows import run_starts

from .periods.vendor_total import compare_with_vendor
from .plausible import SET_ASIDE
from .prepare import COPY_KINDS, copy_kinds
from .prepared import Prepared, as_prepared, history_of
from .unmeasured import SINCE

STALE_DAYS = 7
ACCOUNTS_NAMED = 3
LAG_HOURS = 4
"""The vendor measures a video at most this often: a history older than that is of an earlier load, since one that could
not be had was left out. Rows tell, because what a frame carries in ``attrs`` is gone after a merge."""

VIDEO_CHECKS = {
    "never_measured": "no count was ever taken: excluded, without age and views",
    "masked": "measured, yet the API gave no counts (some plans mask them): NA and never 0",
    "not_measured": "its account's older videos all stand still from one day on: not measured, neither flat nor slow",
    "implausible": "newest counts that its history or likes contradict: set aside, and its history is used",
    "no_views": "no view count: left out of baselines, rankings and forecasts",
    "no_upload_date": "no age, hence no baseline, no curve and no ranking",
    "impossible_upload_date": "uploaded before 2005, which cannot be: no age, hence no baseline and no ranking",
    "measured_before_upload": "counted more than a day before the upload, which cannot be: age NA",
    "removed": "removed from the platform: left out of rankings, its last views are counted as lost",
    "private": "made private: as removed",
    "duplicate_row": "the same video twice in the list: the first row counts",
    "collaboration_copy": "one post under a further account: counts once in totals, in each account's baseline",
    "repeated_post": "one post twice under the same account: counts once in totals",
    "hidden_stats": "the account hides likes or comments: no part in engagement rates",
    "photo": "no length: has baselines of its own, and no part in the analysis of lengths",
    "stale": f"last counted more than {STALE_DAYS} days before the newest count of all: not refreshed",
    "regime_break": "uploaded before its platform changed how views are counted: compared among themselves only",
    "no_history": "no daily history: no part in growth, curves and forecasts",
    "history_behind": f"history brought over {LAG_HOURS} hours before the newest count: days since are missing",
    "censored_start": "history starts more than a day after the upload: its first days are unknown, not zero",
    "vendor_zero": "has views, yet the vendor gives 0 as its multiple or growth: taken for unknown, never for zero",
    "vendor_disagrees": f"vendor's growth is over {TOLERANCE:g} % point off the history, even a day aside: never used",
}
DAY_CHECKS = {
    "without_views": "history row without views or date: dropped",
    "duplicate_day": "a second count of the same day: the newest is kept",
    "unknown_video": "history of a video that is not in the list: left out",
    "before_upload": "counted before the day of upload (time zones): no age",
    "gap": "its gain covers several days: no peak, speed or revival inside",
    "interpolated": "lies on too straight a line, or beyond the days that the API measures: not taken for a count",
    "correction": "views fell: totals keep it, curves are smoothed",
}


def data_quality(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    organisation: pd.DataFrame | None = None,
    listed: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Check videos and their history, and count what was met.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history.
    history
        Frame of `load_history`.
    organisation
        Frame of `load_organisation_history`: a last row, ``vendor_total``, then says by how many views the vendor's own
        sum of the newest whole week differs from ours, and what explains it. Pass all videos, not a part of them.
    listed
        Frame of `load_accounts`: how accounts are tracked whose older videos are not measured is then said, too.

    Returns
    -------
    DataFrame
        One row per check, in a fixed order, those of videos first. See `schema.DATA_QUALITY`. ``attrs["quality"]``
        holds up to 20 ids of videos whose growth, as the vendor gives it, is not computed or disagrees with the
        history (``"evidence"``), and in which columns how many disagree of how many (``"growth"``).

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.quality import data_quality
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "uploaded_at": "2026-03-01", "latest_views": 90,
    ...     "latest_updated_at": "2026-03-05T08:00:00Z", "video_length": 9}, {"ad_id": "2", "private": True}], VIDEOS)
    >>> history, _ = cast([{"ad_id": "1", "date": f"2026-03-{day:02}", "views": views}
    ...                    for day, views in ((3, 50), (4, 40), (6, 90))], HISTORY)
    >>> found = data_quality(videos, history)
    >>> found.loc[found["n"] > 0, ["check", "unit", "n", "of"]]
                 check    unit  n  of
    0   never_measured  videos  1   2
    4         no_views  videos  1   2
    5   no_upload_date  videos  1   2
    9          private  videos  1   2
    14           photo  videos  1   2
    17      no_history  videos  1   2
    19  censored_start  videos  1   2
    26             gap    days  1   3
    28      correction    days  1   3
    """
    if listed is not None:
        check_listed(listed)
    data = as_prepared(videos, history)
    ready, rows = data.videos, history_of(data)
    growth = check_increases(ready, rows)
    of_vendor = _of_vendor(ready, growth)
    met = {**_of_videos(ready, rows), **_of_days(ready, rows), **{name: len(ids) for name, ids in of_vendor.items()}}
    meanings = VIDEO_CHECKS | DAY_CHECKS | _where_not_measured(ready, listed)
    known = rows.attrs["quality"] if "history_rows" in rows.attrs.get("quality", {}) else {"history_rows": len(rows)}
    sizes = {name: len(ready) if name in VIDEO_CHECKS else known["history_rows"] for name in meanings}
    sizes["vendor_disagrees"] = growth.loc[growth["state"].isin(COMPARED), "ad_id"].nunique()
    out = pd.DataFrame(
        {
            "check": list(meanings),
            "meaning": list(meanings.values()),
            "unit": ["videos" if name in VIDEO_CHECKS else "days" for name in meanings],
            "n": pd.array([met[name] for name in meanings], dtype="Int64"),
            "of": pd.array(list(sizes.values()), dtype="Int64"),
        }
    )
    out["share"] = out["n"] / out["of"].mask(out["of"] == 0)
    if organisation is not None:
        out = pd.concat([out, _of_total(data, organisation)], ignore_index=True)
    table = conform(out, DATA_QUALITY)
    quality = ready.attrs.get("quality", {})
    evidence = {name: ids[:EVIDENCE] for name, ids in of_vendor.items() if ids}
    quality = {**quality, "growth": _by_column(growth), "evidence": {**quality.get("evidence", {}), **evidence}}
    table.attrs = {**ready.attrs, "table": DATA_QUALITY.name, "quality": quality}
    return table


def _where_not_measured(ready: pd.DataFrame, listed: pd.DataFrame | None) -> dict[str, str]:
    """Name the accounts of videos that are not measured, since when, and how they are tracked; nothing without any."""
    gone = ready.loc[ready[SINCE].notna()]
    if gone.empty:
        return {}
    gone = gone.assign(key=account_keys(gone))
    types = {} if listed is None else by_account_key(listed, "tracking_type").dropna().to_dict()
    said = []
    for key, videos in gone.groupby("key", sort=False):
        tracked = f", tracked as {types[key]}" if key in types else ""
        name = str(column(videos, "username", "str").fillna(str(key)).iloc[-1])
        said.append((len(videos), f"{name} since {videos[SINCE].mode().iloc[0]:%Y-%m-%d}{tracked}"))
    said.sort(reverse=True)
    more = f" and {len(said) - ACCOUNTS_NAMED} more" if len(said) > ACCOUNTS_NAMED else ""
    named = "; ".join(text for _, text in said[:ACCOUNTS_NAMED])
    return {"not_measured": f"{VIDEO_CHECKS['not_measured']}. {english.counted(len(said), 'account')}: {named}{more}"}


def _of_total(data: Prepared, days: pd.DataFrame) -> pd.DataFrame:
    """Compare the vendor's own sum with ours: views apart, of the larger of both gains; NA without a common week."""
    check_organisation(days)
    found = compare_with_vendor(data, days)
    larger = max(abs(found.vendor), abs(found.ours))
    known = found.last_day is not None
    sizes = {"n": abs(found.difference) if known else pd.NA, "of": larger if known else pd.NA}
    out = pd.DataFrame([{"check": "vendor_total", "meaning": found.says(), "unit": "views", **sizes}]).astype(
        {"n": "Int64", "of": "Int64"}
    )
    out["share"] = (out["n"] / out["of"].mask(out["of"] == 0)).clip(upper=1.0)
    return out


def _of_vendor(ready: pd.DataFrame, growth: pd.DataFrame) -> dict[str, list[str]]:
    """Name the videos whose figures by the vendor are not computed yet, or not what the history says."""
    viewed = (ready["latest_views"] > 0).fillna(value=False)
    given = column(ready, "outlier_multiplier", "Float64").notna()
    without = ready.loc[viewed & given & vendor_figure(ready, "outlier_multiplier").isna(), "ad_id"]
    found = {state: growth.loc[growth["state"] == state, "ad_id"] for state in growth["state"].cat.categories}
    missing = pd.concat([without, found["not computed"]])
    return {"vendor_zero": missing.unique().tolist(), "vendor_disagrees": found["disagrees"].unique().tolist()}


def _by_column(growth: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count by column of the vendor's how many videos could be compared, and how many disagree."""
    counts = {name: growth.loc[growth["figure"] == name, "state"].value_counts() for name in INCREASES}
    return {
        name: {"compared": int(met[COMPARED].sum()), "disagree": int(met["disagrees"])} for name, met in counts.items()
    }


def _of_videos(ready: pd.DataFrame, rows: pd.DataFrame) -> dict[str, int | None]:
    """Count the videos that each check meets; a video may meet several."""
    measured = column(ready, "latest_updated_at", "datetime64[us, UTC]")
    starts = run_starts(rows["ad_id"])
    first = pd.Series(rows["date"].to_numpy()[starts], index=pd.Index(rows["ad_id"].iloc[starts].astype("str")))
    begun = first[~first.index.duplicated()].reindex(ready["ad_id"]).to_numpy()
    breaking = ready["platform"].isin(list(REGIME_BREAKS)).to_numpy(dtype=bool) & ready["uploaded_at"].notna()
    flags = {
        name: column(ready, name, "boolean").fillna(value=False) for name in ("removed", "private", "hidden_stats")
    }
    kinds = copy_kinds(ready)
    conditions = {
        "never_measured": measured.isna(),
        "not_measured": ready[SINCE].notna(),
        "implausible": ready[SET_ASIDE].notna(),
        "no_views": ready["latest_views"].isna() & ready[SET_ASIDE].isna(),
        "no_upload_date": ready["uploaded_at"].isna(),
        "impossible_upload_date": (ready["uploaded_at"] < EARLIEST_UPLOAD).fillna(value=False),
        "duplicate_row": ready["ad_id"].duplicated(),
        **{kind: kinds == kind for kind in COPY_KINDS},
        "photo": ready["format"] == "photo",
        "stale": measured < measured.max() - pd.Timedelta(days=STALE_DAYS),
        "regime_break": breaking & (regimes(ready) == 0),
        "no_history": np.isnat(begun),
        "history_behind": _behind(rows, ready, measured) & ~flags["removed"] & ~flags["private"],
        "censored_start": begun > ready["uploaded_at"] + pd.Timedelta(days=1),
        **{name: column(ready, name, "boolean").fillna(value=False) for name in flags},
    }
    met: dict[str, int | None] = {name: int(np.asarray(mask, dtype=bool).sum()) for name, mask in conditions.items()}
    known = ready.attrs["quality"]
    return met | {"masked": count_masked(ready), "measured_before_upload": known["measured_before_upload"]}


def _behind(rows: pd.DataFrame, ready: pd.DataFrame, measured: pd.Series) -> pd.Series:
    """Mark videos that were measured long after the last request that brought any day of theirs."""
    if rows.empty:
        return pd.Series(data=False, index=ready.index)
    starts = run_starts(rows["ad_id"])
    brought = column(rows, "fetched_at", "datetime64[us, UTC]").dt.tz_localize(None).to_numpy()
    newest = pd.Series(np.fmax.reduceat(brought, starts), index=pd.Index(rows["ad_id"].iloc[starts].astype("str")))
    then = newest[~newest.index.duplicated()].reindex(ready["ad_id"]).set_axis(ready.index)
    return measured.dt.tz_localize(None) - then > pd.Timedelta(hours=LAG_HOURS)


def _of_days(ready: pd.DataFrame, rows: pd.DataFrame) -> dict[str, int | None]:
    """Count the rows of the history that each check meets."""
    known = rows.attrs.get("quality", {})
    sizes = np.diff(run_starts(rows["ad_id"]), append=len(rows))
    listed = rows["ad_id"].iloc[run_starts(rows["ad_id"])].isin(ready["ad_id"]).to_numpy()
    return {
        "without_views": known.get("without_views"),
        "duplicate_day": known.get("duplicate_days"),
        "unknown_video": int(sizes[~listed].sum()),
        "before_upload": int((rows["age_days"] < 0).sum()),
        "gap": int((rows["obs"] == "gap").sum()),
        "interpolated": int((rows["obs"] == "interpolated").sum()),
        "correction": int(rows["correction"].sum()),
    }
