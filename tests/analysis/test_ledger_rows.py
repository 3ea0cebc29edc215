"""Accounts of many periods read from rows as they lie, against the definitions applied to one number at a time.

Histories have gaps, falls, missing counts, days twice counted, rows in any order, videos seen late, uploads inside a
period and runs that the API interpolated.
"""

from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from one_video import slow_account, value_at

from shortimize_analytics.analysis.clean import clean_history
from shortimize_analytics.analysis.periods.counted import count_videos, period_of, periods_of
from shortimize_analytics.analysis.periods.ledger import counts_at, last_row_at, make_ledger, runs_of
from shortimize_analytics.analysis.periods.tables import series, totals
from shortimize_analytics.analysis.prepare import prepare_history, prepare_videos
from shortimize_analytics.schema import HISTORY, VIDEOS, cast
from shortimize_analytics.schema.rows import dates_of, first_at_least, rows_where, run_starts, starts_day_by_day

DAY0 = 20_000
SPANS = [(-3, 2), (2, 9), (9, 10), (4, 12), (12, 30), (10, 12)]
"""Periods from day 0: some share an edge, some overlap, one is a day, one goes beyond the rows."""

whole_series = st.builds(
    lambda first, gains: {first + n: 900 * n + gain for n, gain in enumerate(gains)},
    st.integers(-6, 8),
    st.lists(st.integers(0, 2), min_size=1, max_size=18),
)
with_gaps = st.dictionaries(st.integers(-6, 20), st.none() | st.integers(0, 2000), max_size=14)
one_video = st.fixed_dictionaries(
    {
        "points": with_gaps | whole_series,
        "uploaded": st.none() | st.integers(-8, 20),
        "account": st.sampled_from("ab"),
        "platform": st.sampled_from(["tiktok", None]),
        "removed": st.booleans(),
        "twice": st.booleans(),
        "hidden": st.booleans(),
    }
)


def frames(drawn):
    """Videos, and their days shuffled: an earlier count of the last day of some lies among them."""
    videos = [
        {
            "ad_id": f"v{i}",
            "platform": video["platform"],
            "linked_account_id": video["account"],
            "uploaded_at": None if video["uploaded"] is None else str(day_at(video["uploaded"]).date()),
            "removed": video["removed"],
            "hidden_stats": video["hidden"],
        }
        for i, video in enumerate(drawn)
    ]
    asked = "2026-01-01T00:00:00Z"
    rows = [
        {"ad_id": f"v{i}", "date": str(day_at(day).date()), "views": views, "fetched_at": asked}
        | {"likes": views, "comments": 3, "shares": None if day % 2 else 5}
        for i, video in enumerate(drawn)
        for day, views in video["points"].items()
    ]
    again = [row | {"views": 7, "fetched_at": "2025-12-31T00:00:00Z"} for row in rows[::3] if row["views"] is not None]
    twice = {f"v{i}" for i, video in enumerate(drawn) if video["twice"]}
    rows += [row for row in again if row["ad_id"] in twice]
    history = cast(rows, HISTORY)[0]
    return cast(videos, VIDEOS)[0], history.sample(frac=1, random_state=1, ignore_index=True)


def day_at(offset):
    return pd.Timestamp(DAY0 + offset, unit="D")


@settings(max_examples=60, deadline=None)
@given(st.lists(one_video, min_size=1, max_size=6))
def test_periods_in_a_row_are_those_of_the_definitions_whether_or_not_the_rows_were_prepared(drawn):
    videos, history = frames(drawn)
    videos = prepare_videos(videos)
    ready = prepare_history(history, videos)
    by_video = dict(iter(ready.groupby("ad_id", observed=True)))
    points = [
        {
            (date - day_at(0)).days: (int(views), obs == "interpolated")
            for date, views, obs in by_video[f"v{i}"][["date", "views_raw", "obs"]].itertuples(index=False)
        }
        if f"v{i}" in by_video
        else {}
        for i in range(len(drawn))
    ]
    first = {name: [] for name in "ab"}
    for video, seen in zip(drawn, points, strict=True):
        first[video["account"]].extend(seen)
    newest = max((day for seen in points for day in seen), default=-(10**6) - DAY0)
    spans = [(DAY0 + start, DAY0 + end) for start, end in SPANS]
    prepared, raw = count_videos(videos, ready), count_videos(videos, history)
    for (start, end), found, unprepared in zip(SPANS, periods_of(prepared, spans), periods_of(raw, spans), strict=True):
        for i, video in enumerate(drawn):
            expected = slow_account(
                points[i],
                start=start,
                end=max(start, min(end, newest)),
                uploaded=video["uploaded"],
                since=min(first[video["account"]], default=99),
                gone=video["removed"],
            )
            assert found.flows.loc[i, list(expected)].to_dict() == expected
        same = [name for name in found.flows if name not in ("interpolated", "row")]
        pd.testing.assert_frame_equal(found.flows[same], unprepared.flows[same])
        pd.testing.assert_frame_equal(found.flows, period_of(prepared, start + DAY0, end + DAY0).flows)


@settings(max_examples=60, deadline=None)
@given(st.lists(one_video, min_size=1, max_size=6))
def test_sums_of_scopes_are_those_over_their_videos(drawn):
    videos, history = frames(drawn)
    counted = count_videos(prepare_videos(videos), prepare_history(history, videos))
    weeks = list(periods_of(counted, [(DAY0 + start, DAY0 + end) for start, end in ((5, 12), (-2, 5))]))
    found, now = totals(counted, weeks), weeks[0]
    keys = {"all": pd.Series("all", index=counted.videos.index), "account": counted.videos["account"]}
    keys["platform"] = counted.videos["platform"].astype("str").fillna("unknown")
    ready = counted.days.rows
    for _, row in found.iterrows():
        mine = (keys[row["scope"]] == row["key"]).to_numpy()
        flows = now.flows[mine]
        if flows["known"].any() and now.touched:
            assert [row[name] for name in ("views_gained", "new_views", "lost")] == [
                flows[name].sum() for name in ("views_gained", "new_views", "lost")
            ]
        else:
            assert row[["views_gained", "new_views", "lost"]].isna().all()
        assert (row["n_active"], row["n_uploads"]) == (flows["active"].sum(), now.uploads[mine].sum())
        open_ = flows["active"] & ~counted.videos.loc[mine, "hidden_stats"].fillna(value=False).to_numpy(dtype=bool)
        last = ready.iloc[flows.loc[open_, "row"]]
        actions, views = float((last["likes"] + last["comments"] + last["shares"].fillna(0)).sum()), last["views"].sum()
        assert row["er_view"] == actions / views if views else pd.isna(row["er_view"])
    assert series(counted, weeks).iloc[-1]["views_gained"] is found.iloc[0]["views_gained"] or (
        series(counted, weeks).iloc[-1]["views_gained"] == found.iloc[0]["views_gained"]
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sets(st.integers(0, 40), max_size=30), max_size=6), st.data())
def test_the_last_row_up_to_a_day_is_found_whatever_days_are_missing(days, data):
    rows = [(f"v{i}", day) for i, own in enumerate(days) for day in sorted(own)]
    history = pd.DataFrame(
        {
            "ad_id": pd.Series([key for key, _ in rows], dtype="str"),
            "date": dates_of(np.array([day for _, day in rows], dtype=np.int64)),
            "views": pd.array([day * day for _, day in rows], dtype="Int64"),
        }
    )
    ledger = make_ledger(history, pd.Index([f"v{i}" for i in range(len(days) + 1)]))
    asked = np.array(data.draw(st.lists(st.integers(-5, 45), min_size=len(days) + 1, max_size=len(days) + 1)))
    for at in (asked, int(asked[0])):
        wanted = np.broadcast_to(at, asked.shape)
        found, edge = last_row_at(ledger, at), counts_at(ledger, at)
        assert (edge.row == found).all()
        for i, own in enumerate([*days, set()]):
            until = [day for day in own if day <= wanted[i]]
            assert found[i] - ledger.first[i] == len(until) - 1
            points = {day: (day * day, False) for day in own}
            value, guess = value_at(points, int(wanted[i]))
            assert (edge.known[i], edge.value[i], edge.interpolated[i]) == (value is not None, value or 0, guess)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 6), st.sampled_from([0, 0, 0, 9])), max_size=12),
    st.booleans(),
    st.sampled_from(["str", "category"]),
)
def test_rows_in_order_are_told_from_others(rows, by_day, dtype):
    rows = sorted(set(rows)) if by_day else rows
    hours = pd.to_timedelta([hour for _, _, hour in rows], unit="h")
    history = pd.DataFrame(
        {
            "ad_id": pd.Series([key for key, _, _ in rows], dtype=dtype),
            "date": (dates_of(np.array([day for _, day, _ in rows], dtype=np.int64)) + hours).astype("datetime64[us]"),
            "views": pd.array([1] * len(rows), dtype="Int64"),
        }
    )
    times = [(key, 24 * day + hour) for key, day, hour in rows]
    runs = [key for n, (key, _) in enumerate(times) if n == 0 or times[n - 1][0] != key]
    rising = all(before[0] != after[0] or before[1] < after[1] for before, after in pairwise(times))
    together = rising and len(set(runs)) == len(runs)
    assert (starts_day_by_day(history) is not None) == together
    whole = together and runs == sorted(runs) and not any(hour for _, _, hour in rows)
    assert (starts_day_by_day(history, whole=True) is not None) == whole
    assert run_starts(history["ad_id"]).tolist() == [
        n for n, (key, _) in enumerate(times) if n == 0 or times[n - 1][0] != key
    ]
    cleaned, starts, told = clean_history(history)
    assert cleaned["ad_id"].astype("str").tolist() == [key for key, _ in sorted({(key, day) for key, day, _ in rows})]
    assert told["duplicate_days"] == len(rows) - len(cleaned)
    assert runs_of(cleaned).ids.tolist() == sorted(set(runs))
    assert starts.tolist() == run_starts(cleaned["ad_id"]).tolist()


def test_rows_are_tested_block_by_block_as_at_once():
    values = np.random.default_rng(0).integers(0, 3, 200_001)
    found = rows_where(lambda now, before: values[now] < values[before], rows=len(values))
    assert found.tolist() == (np.flatnonzero(values[1:] < values[:-1]) + 1).tolist()
    assert not len(rows_where(lambda now, before: values[now] < values[before], rows=1))


def test_a_missing_day_or_id_is_no_order():
    history = cast([{"ad_id": "a", "date": f"2026-03-0{day}", "views": day} for day in (1, 2)], HISTORY)[0]
    assert starts_day_by_day(history, whole=True) is not None
    for name in ("date", "ad_id"):
        for row in (0, 1):
            gap = history.copy()
            gap.loc[row, name] = None
            assert starts_day_by_day(gap, whole=True) is None
            assert len(clean_history(gap).rows) == 1


@given(st.lists(st.lists(st.integers(0, 20), max_size=8), min_size=1, max_size=6), st.data())
def test_the_first_that_is_not_before_is_found_in_each_stretch(drawn, data):
    stretches = [sorted(values) for values in drawn]
    wanted = data.draw(st.lists(st.integers(-1, 21), min_size=len(stretches), max_size=len(stretches)))
    high = np.cumsum([len(values) for values in stretches])
    low = high - [len(values) for values in stretches]
    values = np.array([value for stretch in stretches for value in stretch] or [0])
    expected = [start + int(np.searchsorted(own, one)) for start, own, one in zip(low, stretches, wanted, strict=True)]
    assert first_at_least(values, low, high=high, wanted=np.array(wanted)).tolist() == expected
