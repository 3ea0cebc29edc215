"""How far apart two groups of videos are, against published numbers.

Check values: Hollander and Wolfe's depression data (Hodges-Lehmann 0.56; R's wilcox.test, as the CAMIS comparison
prints it, gives 0.5600562 by root search), the permeability example of R's ?wilcox.test (W = 35 of 50 pairs, shift
0.305), the example of R's effsize (Cliff's delta -0.25), Brunner and Munzel's pain scores (P = 0.78896, interval
0.5952-0.9827) and the fifteen p-values of Benjamini and Hochberg 1995 (four rejected at 0.05).
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import brunnermunzel, mannwhitneyu

from shortimize_analytics.analysis.comparisons.between_accounts import HL_MAX_VIDEOS, effect_size, hodges_lehmann
from shortimize_analytics.analysis.comparisons.engine import add_verdicts


def test_the_shift_is_the_hodges_lehmann_estimate_of_the_textbook_data():
    x = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
    y = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
    found = effect_size(x, y)
    assert found.shift == pytest.approx(0.56, abs=1e-9)
    assert found.shift == pytest.approx(0.5600562, abs=1e-4)
    assert (found.shift_low, found.shift_high) == pytest.approx((-0.37, 1.183), abs=1e-9)


def test_shift_and_probability_agree_with_the_wilcoxon_example_of_r():
    a = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
    b = np.array([1.15, 0.88, 0.90, 0.74, 1.21])
    found = effect_size(a, b)
    assert found.prob * 50 == pytest.approx(35)
    assert mannwhitneyu(a, b, alternative="greater", method="exact").pvalue == pytest.approx(0.1272, abs=5e-5)
    assert found.shift == pytest.approx(0.305)


def test_cliffs_delta_is_that_of_effsize():
    first = np.array([10, 10, 20, 20, 20, 30, 30, 30, 40, 50.0])
    second = np.array([10, 20, 30, 40, 40, 50.0])
    assert 2 * effect_size(first, second).prob - 1 == pytest.approx(-0.25)


def test_the_probability_and_its_interval_are_those_of_brunner_and_munzel():
    x = np.array([1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1.0])
    y = np.array([3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4.0])
    found = effect_size(y, x)
    assert (found.prob, found.prob_low, found.prob_high) == pytest.approx((0.78896, 0.5952, 0.9827), abs=5e-5)
    published = brunnermunzel(x, y)
    assert (published.statistic, published.pvalue) == pytest.approx((3.1375, 0.005786), abs=5e-5)


def test_q_is_that_of_benjamini_and_hochberg_over_tested_rows_only():
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528]
    p += [0.7590, 1.0, np.nan, np.nan]
    rows = [{"label_id": f"{i:02}", "p": value, "ratio": 2.0, "method": "within"} for i, value in enumerate(p)]
    out = add_verdicts(pd.DataFrame(rows), fdr=0.05)
    assert out["q"].iloc[3:5].tolist() == pytest.approx([0.035625, 0.0603], abs=1e-6)
    assert (out["verdict"] == "higher").sum() == 4
    assert (out["verdict"] == "too few").sum() == 2


@pytest.mark.parametrize(
    ("p", "ratio", "method", "verdict"),
    [
        (0.001, 1.01, "within 8 accounts", "higher"),
        (0.001, 0.99, "within 8 accounts", "lower"),
        (0.001, 1.0, "within 8 accounts", "no clear difference"),
        (0.049, 1.5, "within 8 accounts", "higher"),
        (0.05, 1.5, "within 8 accounts", "no clear difference"),
        (0.051, 0.5, "within 8 accounts", "no clear difference"),
        (0.001, 1.5, "between 8 accounts", "accounts differ"),
        (0.001, 0.5, "between 8 accounts", "accounts differ"),
        (0.2, 1.5, "between 8 accounts", "no clear difference"),
        (np.nan, 1.5, "within 8 accounts", "too few"),
        (np.nan, np.nan, None, "too few"),
        (0.001, 1.5, None, "higher"),
    ],
)
def test_a_verdict_is_the_side_of_one_and_only_within_accounts(p, ratio, method, verdict):
    rows = pd.DataFrame({"label_id": ["a"], "p": [p], "ratio": [ratio], "method": pd.Series([method], dtype="str")})
    assert add_verdicts(rows, fdr=0.05)["verdict"].tolist() == [verdict]


@pytest.mark.parametrize("seed", range(20))
def test_the_probability_of_superiority_is_that_of_statsmodels_also_with_ties(seed):
    from statsmodels.stats.nonparametric import rank_compare_2indep

    rng = np.random.default_rng(seed)
    inside, outside = rng.integers(0, 9, rng.integers(5, 30)) / 3, rng.integers(2, 12, rng.integers(5, 60)) / 3
    ranks = rank_compare_2indep(inside, outside)
    expected = (ranks.prob1, *np.clip(ranks.conf_int(), 0, 1))
    assert effect_size(inside, outside)[:3] == pytest.approx(expected, nan_ok=True)


def test_sizes_stay_silent_where_they_mean_nothing():
    assert np.isnan(effect_size(np.arange(4.0), np.arange(30.0))[:6]).all()
    assert np.isnan(effect_size(np.ones(9), np.ones(9))[:6]).all()
    apart = effect_size(np.arange(10.0) + 100, np.arange(10.0))
    assert apart.prob == 1.0
    assert np.isnan(apart.prob_low)


def test_large_samples_are_cut_for_the_shift_only_and_the_smaller_side_is_spared():
    rng = np.random.default_rng(0)
    few, many = rng.normal(0.5, 1, 300), rng.normal(0, 1, 4000)
    found = effect_size(few, many, seed=1)
    assert found.subsampled
    assert found.shift == pytest.approx(0.5, abs=0.15)
    assert not effect_size(few, many[: HL_MAX_VIDEOS - 300]).subsampled


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 1.0]) | st.floats(-9, 9), min_size=5, max_size=40),
    st.lists(st.sampled_from([0.0, 1.0]) | st.floats(-9, 9), min_size=5, max_size=40),
)
def test_the_shift_is_theil_and_sen_s_slope_to_the_last_bit(inside, outside):
    member = np.repeat([1.0, 0.0], [len(inside), len(outside)])
    with np.errstate(invalid="ignore"):  # ties on both sides leave no variance: scipy takes its root all the same
        slope = stats.theilslopes(np.r_[inside, outside], member, alpha=0.95)
    expected = [slope.slope, slope.low_slope, slope.high_slope]
    assert np.array_equal(hodges_lehmann(np.array(inside), np.array(outside)), expected, equal_nan=True)


def test_samples_without_variance_have_a_shift_and_no_interval():
    shift, low, high = hodges_lehmann(np.ones(5), np.zeros(500))
    assert shift == 1
    assert np.isnan([low, high]).all()
