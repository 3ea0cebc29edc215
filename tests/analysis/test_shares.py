"""Shares of videos by bracket and of gains by rank: they add up, keep empty groups, and know what they left out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortimize_analytics.analysis.outliers.accounts import bracket_counts
from shortimize_analytics.analysis.outliers.ranking import BRACKETS, rank_outliers
from shortimize_analytics.analysis.periods.over_time import gain_shares, top_videos
from shortimize_analytics.analysis.periods.summary import period_summary
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import BRACKET_COUNTS, GAIN_SHARES, OUTLIERS, WEEKLY_MOVERS, cast, empty
from shortimize_analytics.simulator import demo_organisation


def ranking(brackets, **columns):
    return pd.DataFrame({"bracket": pd.Categorical(brackets, dtype=BRACKETS), **columns})


def test_every_bracket_is_counted_with_its_wilson_interval():
    """2 of 20 gives .0279-.3010, as published tables of Wilson's interval do."""
    out = bracket_counts(ranking(["<1"] * 18 + ["10-25"] * 2)).set_index("bracket")
    assert out.index.tolist() == BRACKETS.categories.tolist()
    assert out["n_videos"].tolist() == [18, 0, 0, 2, 0, 0, 0]
    assert (out["n"] == 20).all()
    assert out.loc["10-25", ["share", "lo", "hi"]].to_list() == pytest.approx([0.1, 0.0279, 0.3010], abs=1e-4)
    assert out.loc["1-5", "lo"] == 0 < out.loc["1-5", "hi"]


def test_groups_count_apart_and_unscored_videos_are_left_out_and_counted():
    found = ranking(["<1", "1-5", None, "100+", "<1"], platform=["tiktok", "tiktok", "tiktok", "youtube", None])
    out = bracket_counts(found, by="platform")
    assert out.groupby("group")["n_videos"].sum().to_dict() == {"tiktok": 2, "youtube": 1}
    assert len(out) == 2 * len(BRACKETS.categories)
    assert out.attrs["quality"]["left_out"] == 2
    with pytest.raises(InvalidParameterError, match="nonsense"):
        bracket_counts(found, by="nonsense")


def test_brackets_of_the_demo_are_those_of_its_multiples():
    demo = demo_organisation()
    ranked = rank_outliers(demo.videos, demo.history)
    edges = [0, 1, 5, 10, 25, 50, 100, np.inf]
    expected = np.histogram(ranked["mult"].dropna().to_numpy(dtype=float), edges)[0]
    assert bracket_counts(ranked)["n_videos"].tolist() == expected.tolist()
    assert list(bracket_counts(empty(OUTLIERS).astype({"bracket": BRACKETS}))) == BRACKET_COUNTS.names


@given(st.lists(st.integers(-50, 500), max_size=30))
def test_shares_of_gains_add_up_to_one_and_never_bend_upwards(gains):
    total = max(1, sum(gain for gain in gains if gain > 0))
    rows = [{"ad_id": f"v{i}", "gain": gain, "share": max(gain, 0) / total} for i, gain in enumerate(gains)]
    out = gain_shares(cast(rows, WEEKLY_MOVERS)[0])
    assert out["gain"].tolist() == sorted((gain for gain in gains if gain > 0), reverse=True)
    assert out["position"].tolist() == list(range(1, len(out) + 1))
    steps = np.diff(out["cum_share"].to_numpy(dtype=float), prepend=0)
    assert (np.diff(steps) <= 1e-9).all()
    if len(out):
        assert out["cum_share"].iloc[-1] == pytest.approx(1)
        assert out["part"].iloc[-1] == 1


def test_the_summary_s_movers_and_the_top_videos_give_the_same_shares():
    demo = demo_organisation()
    week = period_summary(demo.videos, demo.history)
    whole = gain_shares(week.movers)
    assert list(whole) == GAIN_SHARES.names
    assert whole["cum_share"].iloc[9] == pytest.approx(week.totals.loc[0, "top10_share"])
    days = {"start": week.first_day, "end": week.last_day}
    top = gain_shares(top_videos(demo.videos, demo.history, n=10, **days))
    assert top["cum_share"].tolist() == pytest.approx(whole["cum_share"].head(10).tolist())
