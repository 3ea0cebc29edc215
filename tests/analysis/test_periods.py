"""Any period, scope and comparison: the accounts add up to the last view, scopes agree with the whole, months count."""

import json
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from period_frames import DAY0, GROWTH, PARTS, iso, organisation, summary

from shortimize_analytics.analysis.base.calendar import day_of, last_full, number, period_with, periods_back
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.periods.ledger import age_mix_effect
from shortimize_analytics.analysis.periods.summary import period_summary
from shortimize_analytics.analysis.prepare import prepare_history
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import HISTORY, VIDEOS, cast
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.simulator.organisation import demo_folder


def reconciles(found):
    table = found.totals.dropna(subset=["views_start"])
    assert (table["views_end"] - table["views_start"] == table[PARTS].sum(axis=1)).all()
    assert (table["views_gained"] == table[GROWTH].sum(axis=1)).all()
    steps = found.waterfall["views"]
    if steps.notna().all():
        assert steps.iloc[:-1].sum() == steps.iloc[-1] == found.totals.loc[0, "views_gained"]
        assert steps.iloc[0] == found.previous.loc[0, "views_gained"]
        change = found.totals.loc[0, "new_views"] - found.previous.loc[0, "new_views"]
        assert steps.iloc[1:3].sum() == change
        if found.new_uploads["views"].notna().all():
            assert found.new_uploads["views"].sum() == change


scopes = st.sampled_from(
    [
        {},
        {"platform": "tiktok"},
        {"account": "user1"},
        {"label": "L1"},
        {"label": "Label 0"},
        {"only": VideoFilter(uploaded_start=iso(10), removed="exclude")},
        {"platform": "tiktok", "only": VideoFilter(label=["L1"])},
    ]
)
spans = st.tuples(st.integers(2, 78), st.integers(2, 78)).map(sorted)
windows = st.one_of(
    st.builds(
        lambda day, unit: {"period": unit, "end": iso(day)}, st.integers(5, 78), st.sampled_from(["week", "month"])
    ),
    st.builds(lambda days: {"start": iso(days[0]), "end": iso(days[1])}, spans),
    st.builds(
        lambda days, later: {
            "start": iso(days[2 * later]),
            "end": iso(days[2 * later + 1]),
            "compare": (iso(days[2 - 2 * later]), iso(days[3 - 2 * later])),
        },
        st.lists(st.integers(2, 78), min_size=4, max_size=4, unique=True).map(sorted),
        st.booleans(),
    ),
)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 5), windows, scopes)
def test_every_view_is_accounted_for_in_every_period_scope_and_comparison(seed, window, scope):
    reconciles(summary(*organisation(seed=seed, videos=16), **window, **scope))


@pytest.mark.parametrize(
    "window", [{"end": iso(40)}, {"period": "month", "end": iso(40)}, {"start": iso(9), "end": iso(30)}]
)
def test_a_scope_shows_what_the_whole_shows_for_it(window):
    videos, history = organisation(seed=3)
    videos["ad_link"] = None  # without the collaboration, which belongs to one account of the whole only
    whole = summary(videos, history, **window).totals.set_index("key")
    columns = ["views_start", "views_end", *PARTS, "n_uploads", "n_active", "vs_prev", "top10_share", "er_view"]
    for key, scope in (
        ("tiktok", {"platform": "tiktok"}),
        ("a1", {"account": "a1"}),
        ("a3", {"account": "user3"}),
        ("tiktok", {"only": VideoFilter(platform=["tiktok"])}),
    ):
        part = summary(videos, history, **window, **scope)
        shown, expected = part.totals.loc[[0], columns], whole.loc[[key], columns]
        assert_frame_equal(shown.reset_index(drop=True), expected.reset_index(drop=True))
        assert part.movers["platform"].isin(["tiktok"] if key != "a3" else ["youtube"]).all()
        assert part.outliers["ad_id"].isin(videos["ad_id"]).all()


def test_a_name_of_several_labels_is_refused_and_an_id_is_shown_by_its_name():
    videos, history = organisation(seed=1)
    carried = videos["label_ids"].map(list)
    videos["label_ids"] = [["L1"] if "L1" in ids else ["L9"] for ids in carried]
    videos["label_names"] = [["Campaign"] for _ in carried]
    sizes = videos["label_ids"].str[0].value_counts()
    with pytest.raises(InvalidParameterError, match="'Campaign' is the name of 2 labels") as refused:
        summary(videos, history, end=iso(60), label="Campaign")
    assert f"L1 ({sizes['L1']} videos), L9 ({sizes['L9']} videos); pass the id" in str(refused.value)
    assert summary(videos, history, end=iso(60), label="L1").scope == "label Campaign [L1]"
    videos["label_names"] = [[f"Label {ids[0]}"] for ids in videos["label_ids"]]
    assert summary(videos, history, end=iso(60), label="L1").scope == "label Label L1"


def test_the_outliers_of_a_scope_are_ranked_against_everything():
    videos, history = organisation(seed=1)
    whole, part = (
        summary(videos, history, end=iso(60), **scope) for scope in ({}, {"only": VideoFilter(label=["L1"])})
    )
    both = part.outliers.merge(whole.outliers, on="ad_id")
    assert len(both) == len(part.outliers) > 0
    assert_frame_equal(both[["mult_x"]].set_axis(["m"], axis=1), both[["mult_y"]].set_axis(["m"], axis=1))


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"end": "2026-03-15"}, ("Last week", "This week")),
        ({"end": "2026-03-15", "period": "month"}, ("Last month", "This month")),
        ({"end": "2026-03-15", "period": "quarter"}, ("Last quarter", "This quarter")),
        ({"start": "2026-02-27", "end": "2026-03-05"}, ("20–26 Feb 2026", "27 Feb–5 Mar 2026")),
        ({"start": "2026-03-05", "end": "2026-03-05"}, ("4 Mar 2026", "5 Mar 2026")),
        (
            {"end": "2026-03-15", "compare": ("2025-12-30", "2026-01-05")},
            ("30 Dec 2025–5 Jan 2026", "9–15 Mar 2026"),
        ),
    ],
)
def test_the_waterfall_names_the_periods_that_it_compares(options, names):
    videos, history = organisation(videos=4)
    steps = summary(videos, history, **options).waterfall["step"]
    assert (steps.iloc[0], steps.iloc[-1]) == names


def test_notes_speak_of_the_period_that_was_asked_for():
    videos, history = organisation(videos=8)
    for options, noun in (({"period": "month"}, "month"), ({"start": "2026-04-01"}, "period"), ({}, "week")):
        notes = summary(videos, history, end="2026-04-29", **options).quality["notes"]
        assert any(f"The {noun} is partial" in note for note in notes)
        assert not [note for note in notes if noun != "week" and "week" in note]


def test_a_week_asked_for_in_three_ways_is_the_same():
    videos, history = organisation(seed=2)
    first = summary(videos, history, end=iso(42))
    second = summary(videos, history, start=iso(36), end=iso(42))
    third = summary(videos, history, start=iso(36), end=iso(42), compare=(iso(29), iso(35)))
    for name in ("totals", "movers", "series", "previous", "new_uploads", "forecasts", "stalled"):
        assert_frame_equal(getattr(first, name), getattr(second, name))
        assert_frame_equal(getattr(first, name), getattr(third, name))
    assert first.waterfall["views"].tolist() == second.waterfall["views"].tolist() == third.waterfall["views"].tolist()
    assert (first.period, second.period, third.compared_with) == (
        "week",
        "custom",
        (day_of(number(DAY0) + 29), day_of(number(DAY0) + 35)),
    )


def test_months_of_different_length_are_compared_per_day():
    history = [{"ad_id": "v", "date": iso(day), "views": 1000 + 100 * day + day % 3} for day in range(-5, 62)]
    videos = cast([{"ad_id": "v", "platform": "tiktok", "uploaded_at": iso(-90), "latest_views": 5,
                    "latest_updated_at": f"{iso(62)}T08:00:00Z"}], VIDEOS)[0]  # fmt: skip
    march = summary(videos, cast(history, HISTORY)[0], period="month", end="2026-03-31")
    assert march.totals.loc[0, "views_gained"] == pytest.approx(3100, abs=3)
    assert march.previous.loc[0, "views_gained"] == pytest.approx(2800, abs=3)
    assert march.totals.loc[0, "vs_prev"] == pytest.approx(0, abs=0.002)
    assert march.waterfall["views"].tolist()[3] == pytest.approx(300, abs=3)


def test_a_period_compared_with_another_takes_its_growth_from_there():
    videos, history = organisation(seed=2)
    other = summary(videos, history, start=iso(20), end=iso(29))
    found = summary(videos, history, start=iso(50), end=iso(59), compare=(iso(20), iso(29)))
    assert_frame_equal(found.previous, other.totals)
    ratio = found.totals.loc[0, "views_gained"] / other.totals.loc[0, "views_gained"] - 1
    assert found.totals.loc[0, "vs_prev"] == pytest.approx(ratio)


def test_uploads_of_the_last_day_are_called_young_not_weak():
    """Every video grows alike; this week's came on its last days, last week's on the first."""
    curve = np.cumsum(1000 / (1 + np.arange(90)))
    rows, points = [], []
    days = [*range(-60, 20, 2), *([30] * 6), *([42] * 6)]
    for i, uploaded in enumerate(days):
        rows.append({"ad_id": f"v{i:02}", "platform": "tiktok", "uploaded_at": iso(uploaded), "latest_views": 9,
                     "latest_updated_at": f"{iso(50)}T08:00:00Z", "linked_account_id": "a"})  # fmt: skip
        points += [{"ad_id": f"v{i:02}", "date": iso(d), "views": int(curve[d - uploaded])}
                   for d in range(uploaded, min(50, uploaded + 90))]  # fmt: skip
    found = summary(cast(rows, VIDEOS)[0], cast(points, HISTORY)[0], end=iso(43))
    number_of, age, rest = found.new_uploads["views"]
    assert number_of == 0
    assert age < -4000
    assert abs(rest) < 0.02 * abs(age)


def test_the_age_mix_leaves_no_remainder_and_is_silent_without_uploads():
    assert age_mix_effect((10, 1000), (10, 1000), shares=(0.5, 0.5), performance=0) == (0, 0)
    assert age_mix_effect((0, 0), (3, 5), shares=(float("nan"), 0.5), performance=0) == (None, None)
    assert sum(age_mix_effect((7, 911), (5, 1717), shares=(0.31, 0.77), performance=813)) == 813


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["month", "quarter", "week"]))
def test_periods_follow_each_other_without_gap(day, unit):
    spans = periods_back(period_with(day, unit), unit, count=6)
    assert spans[0][0] < number(day) <= spans[0][1]
    assert all(later[0] == earlier[1] for later, earlier in pairwise(spans))
    full = last_full(day, unit)
    assert full[1] < number(day) <= full[1] + {"week": 7, "month": 31, "quarter": 92}[unit]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"period": "year"}, "year"),
        ({"period": "custom"}, "custom"),
        ({"start": iso(3)}, "needs end"),
        ({"start": iso(9), "end": iso(3)}, "lies before start"),
        ({"end": "soon"}, "end='soon'"),
        ({"compare": (iso(9), "x")}, "compare='x'"),
        ({"end": iso(20), "compare": (iso(9), iso(14))}, "overlaps the period"),
        ({"end": iso(20), "compare": (iso(20), iso(26))}, "overlaps the period"),
        ({"start": iso(10), "end": iso(20), "compare": (iso(12), iso(13))}, "overlaps the period"),
        ({"account": "nobody"}, "account='nobody' has no video"),
        ({"periods": 0}, "periods=0"),
    ],
)
def test_bad_parameters_are_named(options, said):
    with pytest.raises(InvalidParameterError, match=said):
        summary(*organisation(videos=4), **options)


def test_the_demo_reconciles_in_every_period_and_scope():
    demo = demo_organisation()
    for options in ({"period": "month"}, {"period": "quarter"}, {"account": "hook.lab"}, {"label": "Hooks v2"}):
        reconciles(summary(demo.videos, demo.history, **options))


def test_a_revived_video_is_found_in_its_week_and_not_before():
    """Slow for 40 days, then ten times the views of a usual week."""
    videos, history = demo_organisation().videos, demo_organisation().history
    truth = json.loads((demo_folder() / "truth.json").read_text(encoding="utf-8"))
    old = videos[
        (videos["uploaded_at"] < "2026-08-01") & (videos["platform"] == "tiktok") & videos["removed"].eq(other=False)
    ]
    corrected = {item["ad_id"] for item in truth["corrections"]}
    rows = history[history["ad_id"].isin(old["ad_id"]) & ~history["ad_id"].isin(corrected)]
    steady = prepare_history(rows, videos)
    recent = steady[steady["date"] > "2026-10-01"]
    clean = recent.groupby("ad_id")["obs"].agg(lambda obs: (obs == "observed").all())
    chosen = min(clean.index[clean])
    day = history["date"].sub(pd.Timestamp("2026-11-15")).dt.days.clip(lower=0)
    jump = (day * 20_011 + day**2 * 37).where(history["ad_id"] == chosen, 0)
    lifted = history.assign(views=history["views"] + jump)
    before, after = (set(period_summary(videos, h, end="2026-11-22").revived["ad_id"]) for h in (history, lifted))
    assert after == before | {chosen}
    assert chosen not in before
    assert chosen not in set(period_summary(videos, lifted, end="2026-11-15").revived["ad_id"])
