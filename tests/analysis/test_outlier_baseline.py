"""The parts that a score is made of: shrinkage as published, medians of neighbours, age curve, chances and ranks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outlier_frames import growth
from scipy.stats import rankdata

from shortimize_analytics.analysis.models.account_level import between_variance, neighbour_median, shrunk
from shortimize_analytics.analysis.models.age_curve import age_curve, loo_median
from shortimize_analytics.analysis.outliers.intervals import chance_above, rank_intervals
from shortimize_analytics.schema.rows import order_with_text_last


def test_published_shrinkage_of_eighteen_batting_averages():
    """Efron and Morris 1977: c = .212 draws Clemente's .400 to .294 and the squared error from .0754 to .0213."""
    early = np.array([400, 378, 356, 333, 311, 311, 289, 267, 244, 244, 222, 222, 222, 222, 222, 200, 178, 156]) / 1000
    season = np.array([346, 298, 276, 222, 273, 270, 263, 210, 269, 230, 264, 256, 303, 264, 226, 285, 316, 200]) / 1000
    error2 = np.full(18, early.mean() * (1 - early.mean()) / 45)
    c = 1 - 15 * error2[0] / ((early - early.mean()) ** 2).sum()
    level, sd, trust = shrunk(early, error2, middle=early.mean(), between=c * error2[0] / (1 - c))
    assert trust[0] == pytest.approx(0.212, abs=5e-4)
    assert level[0] == pytest.approx(0.294, abs=5e-4)
    assert ((early - season) ** 2).sum() == pytest.approx(0.0754, abs=5e-5)
    assert ((level - season) ** 2).sum() == pytest.approx(0.0213, abs=5e-5)
    assert sd[0] == pytest.approx(np.sqrt(0.212 * error2[0]), rel=1e-2)
    robust = between_variance(early, error2)
    by_median, _, _ = shrunk(early, error2, middle=float(np.median(early)), between=robust)
    assert ((by_median - season) ** 2).sum() < 0.0754 / 2


def test_without_an_estimate_the_level_is_the_middle_with_the_spread_between_accounts():
    level, sd, trust = shrunk(np.array([np.nan, 3.0]), np.array([np.inf, 0.0]), middle=1.0, between=4.0)
    assert level.tolist() == [1.0, 3.0]
    assert sd.tolist() == [2.0, 0.0]
    assert trust.tolist() == [0.0, 1.0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), min_size=1, max_size=30))
def test_leave_one_out_median_is_the_median_of_the_others(pairs):
    groups = np.array([group for group, _ in pairs])
    values = np.array([float(value) for _, value in pairs])
    found = loo_median(values, groups)
    for row, (group, _) in enumerate(pairs):
        others = [values[i] for i in range(len(pairs)) if i != row and groups[i] == group]
        assert np.isnan(found[row]) if not others else found[row] == np.median(others)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=25))
def test_equally_weighted_neighbours_give_the_plain_median(values):
    scores = np.array(values)
    same = np.zeros(len(scores), dtype=np.int64)
    median, count, n_eff = neighbour_median(scores, same, days=same, half_life=None, window_days=None)
    assert median == pytest.approx(loo_median(scores, same))
    assert (count == len(scores) - 1).all()
    assert n_eff == pytest.approx(count)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 9)), min_size=1, max_size=60))
def test_a_weighted_neighbour_median_has_half_of_the_weight_on_either_side(rows):
    groups, days, values = (np.array(column) for column in zip(*sorted(rows), strict=True))
    median, count, n_eff = neighbour_median(values.astype(float), groups, days=days, half_life=5.0, window_days=14)
    for row in range(len(rows)):
        near = (groups == groups[row]) & (np.abs(days - days[row]) <= 14) & (np.abs(np.arange(len(rows)) - row) <= 40)
        near[row] = False
        weight = 0.5 ** (np.abs(np.arange(len(rows)) - row) / 5)[near]
        assert count[row] == near.sum()
        if not near.any():
            assert np.isnan(median[row])
            continue
        assert n_eff[row] == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
        for beyond in (values[near] < median[row], values[near] > median[row]):
            assert weight[beyond].sum() <= weight.sum() / 2 + 1e-9


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.text(max_size=3)), max_size=30))
def test_rows_are_ordered_by_text_where_all_else_is_equal(rows):
    first, second = (np.array([row[at] for row in rows], dtype=int) for at in (0, 1))
    texts = pd.Series([row[2] for row in rows], dtype="str")
    order = order_with_text_last([second, first], texts)
    assert [rows[row] for row in order] == sorted(rows)


def test_nearer_uploads_count_more():
    """An account that rose tenfold: its newest video is compared with the new level, its oldest with the old one."""
    scores = np.r_[np.zeros(20), np.full(20, np.log(10))]
    same = np.zeros(40, dtype=np.int64)
    median, _, n_eff = neighbour_median(scores, same, days=same, half_life=5.0, window_days=None)
    assert median[0] == 0
    assert median[-1] == np.log(10)
    assert n_eff.max() < 39


@given(st.permutations(range(6)))
def test_where_the_weights_split_in_two_halves_the_median_lies_between(places):
    """Six videos before and the mirrored six after weigh exactly alike, in whatever order rounding adds them up."""
    before = np.array(places, dtype=float)
    scores = np.r_[before, 99.0, 10 + before[::-1]]
    same = np.zeros(13, dtype=np.int64)
    median, _, _ = neighbour_median(scores, same, days=same, half_life=5.0, window_days=None)
    assert median[6] == 7.5


def test_a_window_takes_only_peers_uploaded_near():
    days = np.array([0, 1, 2, 50, 51])
    same = np.zeros(5, dtype=np.int64)
    median, count, _ = neighbour_median(np.arange(5.0), same, days=days, half_life=None, window_days=7)
    assert count.tolist() == [2, 2, 2, 1, 1]
    assert median.tolist() == [1.5, 1.0, 0.5, 4.0, 3.0]


def test_the_age_curve_is_found_inside_accounts_even_where_old_videos_are_of_smaller_accounts():
    rng = np.random.default_rng(2)
    account = np.repeat(np.arange(150), 12)
    ages = np.where(account < 75, rng.integers(1, 20, len(account)), rng.integers(10, 200, len(account)))
    level = np.where(account < 75, 11.0, 8.0)
    logs = level + growth(ages) + rng.normal(0, 0.5, len(account))
    nodes, values = age_curve(logs, ages, groups=account, seed=0)
    for age in (2, 5, 14, 60, 150):
        assert np.interp(np.log1p(age), nodes, values) == pytest.approx(growth(age), abs=0.25)
    assert age_curve(logs[:150], ages[:150], groups=account[:150], seed=0)[0].size == 0


def test_a_huge_snapshot_draws_whole_accounts_for_its_age_curve(monkeypatch):
    rng = np.random.default_rng(2)
    account = np.repeat(np.arange(300), 12)
    ages = rng.integers(1, 120, len(account))
    logs = rng.normal(9, 2, 300)[account] + growth(ages) + rng.normal(0, 0.3, len(account))
    everything = age_curve(logs, ages, groups=account, seed=0)
    monkeypatch.setattr("shortimize_analytics.analysis.models.age_curve.MAX_VIDEOS", 1500)
    drawn, again, other = (age_curve(logs, ages, groups=account, seed=seed) for seed in (0, 0, 1))
    assert drawn[1].tolist() == again[1].tolist()
    assert drawn[1].tolist() != other[1].tolist()
    where = np.log1p([3, 10, 40, 100])
    assert np.interp(where, *drawn) == pytest.approx(np.interp(where, *everything), abs=0.2)


def test_a_far_outlier_of_a_certain_account_is_certainly_five_times():
    residuals = np.random.default_rng(0).normal(0, 0.7, 5000)
    score, level = np.array([9.0, 3.0, 0.0, np.nan]), np.zeros(4)
    chance = chance_above(np.log(5), score, level=level, sd=np.full(4, 0.1), own_sd=np.zeros(4), residuals=residuals)
    assert chance[:3] == pytest.approx([1, 1, 0], abs=1e-6)
    assert np.isnan(chance[3])


def test_the_chance_rises_with_the_score_and_vanishes_only_where_nothing_reaches_the_limit():
    residuals = np.random.default_rng(0).normal(0, 0.7, 5000)
    score = np.linspace(-3, 6, 400)
    for sd in (0.0, 0.2, 0.8):
        chance = chance_above(
            np.log(5), score, level=np.zeros(400), sd=np.full(400, sd), own_sd=np.zeros(400), residuals=residuals
        )
        assert (np.diff(chance) >= -1e-9).all()
        assert (chance[score < np.log(5) - 4.6 * sd - 1e-9] == 0).all()
        assert (chance[score > np.log(5) - 4.4 * sd + 1e-9] > 0).all()
        assert np.diff(chance).max() < (1.1 if sd == 0 else 0.1 / sd)


def test_the_chance_of_a_projected_video_is_the_mean_of_the_chances_of_what_may_come():
    rng = np.random.default_rng(0)
    residuals, came = rng.normal(0, 0.7, 5000), 1.2 + 0.5 * rng.standard_normal(20_000)

    def chance(score, *, own_sd):
        zeros = np.zeros(len(score))
        return chance_above(np.log(5), score, level=zeros, sd=zeros + 0.3, own_sd=zeros + own_sd, residuals=residuals)

    assert chance(np.array([1.2]), own_sd=0.5)[0] == pytest.approx(chance(came, own_sd=0.0).mean(), abs=0.01)


def test_intervals_of_ranks_are_those_of_all_draws_ranked_by_scipy():
    rng = np.random.default_rng(5)
    score, groups = np.round(rng.normal(size=300), 1), np.sort(rng.integers(0, 40, 300))
    sd = rng.choice([0.0, 0.1, 0.4], 40)[groups]  # accounts without an error tie in every draw
    rank = pd.Series(-score).rank(method="min").to_numpy()
    low, high = rank_intervals(score, sd, own_sd=np.zeros(300), groups=groups, rank=rank, rank_top=10, seed=3)
    pool = np.argsort(-(score + 3 * sd), kind="stable")[:200]
    _, account = np.unique(groups[pool], return_inverse=True)
    moved = np.random.default_rng(3).standard_normal((200, account.max() + 1))[:, account] * sd[pool] - score[pool]
    ends = np.quantile(rankdata(moved, method="min", axis=1), [0.05, 0.95], axis=0)
    shown = (rank[pool] <= 10) | (ends[0] <= 10)
    expected = np.full((2, 300), np.nan)
    expected[0, pool[shown]] = np.minimum(np.floor(ends[0]), rank[pool])[shown]
    expected[1, pool[shown]] = np.maximum(np.ceil(ends[1]), rank[pool])[shown]
    np.testing.assert_array_equal([low, high], expected)


def test_the_videos_of_an_account_move_together_in_rank():
    """The better of two videos of one badly known account stays ahead of the other, whatever a third one does."""
    score, sd = np.array([3.0, 2.9, 2.0]), np.array([2.0, 2.0, 0.0])
    low, high = rank_intervals(
        score, sd, own_sd=np.zeros(3), groups=np.array([0, 0, 1]), rank=np.arange(1.0, 4.0), rank_top=10, seed=0
    )
    assert low.tolist() == [1, 2, 1]
    assert high.tolist() == [2, 3, 3]
    low, high = rank_intervals(
        score, sd * 0, own_sd=np.full(3, 2.0), groups=np.array([0, 0, 1]), rank=np.arange(1.0, 4.0), rank_top=10, seed=0
    )
    assert low.tolist() == [1, 1, 1]
    assert high.tolist() == [3, 3, 3]
