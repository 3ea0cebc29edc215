"""Effects of labels: the same accounts with and without, honest p-values, and errors as other packages give them."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from shortimize_analytics.analysis.comparisons.between_accounts import between_effect
from shortimize_analytics.analysis.comparisons.shifts import shift_test
from shortimize_analytics.analysis.comparisons.within_accounts import (
    age_terms,
    joint_effects,
    make_design,
    overlapping,
    permuted_sums,
    within_effect,
)


def null_design(seed, accounts):
    """Account-confounded null: big accounts use the label more, ages differ, residuals are skewed."""
    rng = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), rng.integers(5, 30, accounts))
    level = rng.normal(8, 1.5, accounts)
    age = rng.integers(0, 200, len(account))
    member = rng.random(len(account)) < (1 / (1 + np.exp(8 - level)))[account]
    outcome = level[account] + 0.4 * np.log1p(age) + 0.7 * rng.gumbel(size=len(account))
    return make_design(outcome, account, terms=age_terms(age)), outcome, member


def test_account_confounded_null_labels_are_called_significant_about_five_times_in_a_hundred():
    from scipy import stats

    p, naive = [], []
    for seed in range(300):
        design, outcome, member = null_design(seed, accounts=(7, 15, 30)[seed % 3])
        p.append(within_effect(design, member, seed=seed).p)
        naive.append(stats.mannwhitneyu(outcome[member], outcome[~member]).pvalue)
    assert 0.03 <= np.mean(np.array(p) < 0.05) <= 0.07
    assert np.mean(np.array(naive) < 0.05) > 0.5


def wandering_null(seed, accounts):
    """Levels walk and mostly grow, views have heavy tails, and labels come in streaks of some eight uploads."""
    rng = np.random.default_rng(seed)
    size = rng.integers(10, 50, accounts)
    account, upload = np.repeat(np.arange(accounts), size), np.concatenate([np.arange(n) for n in size])
    walk = np.concatenate([np.cumsum(rng.normal(0.015, 0.08, n)) for n in size])
    member = np.concatenate([(np.cumsum(rng.random(n) < 1 / 8) + rng.integers(0, 2)) % 2 == 1 for n in size])
    age = 300 - 5 * upload + rng.integers(0, 4, len(account))
    outcome = rng.normal(8, 1.5, accounts)[account] + walk + 0.7 * rng.standard_t(3, len(account))
    return make_design(outcome + 0.4 * np.log1p(age), account, terms=age_terms(age)), member


def test_null_labels_keep_their_level_where_accounts_wander_and_views_are_not_lognormal():
    """With 6, 15 and 30 accounts about .05 each: shifts keep the streaks of the labels."""
    p = [within_effect(*wandering_null(seed, (15, 30)[seed % 2]), seed=seed).p for seed in range(300)]
    assert 0.03 <= np.mean(np.array(p) < 0.05) <= 0.07
    few = [within_effect(*wandering_null(seed, 6), seed=seed).p for seed in range(150)]
    assert np.mean(np.array(few) < 0.05) <= 0.09


def test_labels_of_whole_accounts_keep_their_level_under_the_null():
    rejected = []
    for seed in range(200):
        design, _, _ = null_design(seed, accounts=16)
        carries = np.random.default_rng(seed).permutation(np.arange(16) < 5)[design.account]
        rejected.append(between_effect(design, carries, stratum=np.zeros(len(carries)), seed=seed).p < 0.05)
    assert 0.01 <= np.mean(rejected) <= 0.08


@pytest.mark.parametrize("accounts", [6, 25])
def test_intervals_hold_the_true_effect_about_95_times_in_a_hundred(accounts):
    inside = []
    for seed in range(150):
        design, outcome, member = null_design(seed, accounts=accounts)
        age_basis = make_design(outcome + 0.5 * member, design.account, terms=design.basis)
        found = within_effect(age_basis, member, seed=seed)
        inside.append(found.low <= 0.5 <= found.high)
    assert np.mean(inside) >= 0.90


def test_the_regression_equals_one_with_a_dummy_per_account():
    from statsmodels.api import OLS

    rng = np.random.default_rng(3)
    account, age = np.repeat(np.arange(24), 15), rng.integers(0, 90, 360)
    member, outcome = rng.random(360) < 0.4, rng.normal(size=360) + account
    terms = age_terms(age)
    full = np.column_stack([member.astype(float), terms, np.equal.outer(account, np.arange(24)).astype(float)])
    found = within_effect(make_design(outcome, account, terms=terms), member)
    assert found.beta == pytest.approx(OLS(outcome, full).fit().params[0])
    assert found.method == "within 24 accounts, clustered"


def test_the_clustered_error_is_that_of_statsmodels():
    from scipy import stats
    from statsmodels.api import OLS

    design, _, member = null_design(4, accounts=30)
    column = design.within(member.astype(float))
    fit = OLS(design.residual, column).fit(cov_type="cluster", cov_kwds={"groups": design.account}, use_t=True)
    found = within_effect(design, member)
    overlap = len(np.unique(design.account[overlapping(member, design.account)]))
    assert found.beta == pytest.approx(fit.params[0])
    assert found.high - found.beta == pytest.approx(fit.bse[0] * stats.t.isf(0.025, overlap - 1))


def test_degrees_of_freedom_count_only_accounts_that_overlap():
    from scipy import stats

    rng = np.random.default_rng(8)
    account = np.repeat(np.arange(60), 12)
    member = (rng.random(720) < 0.4) & (account < 21)
    found = within_effect(make_design(rng.normal(size=720), account, terms=np.zeros((720, 0))), member)
    error = abs(found.beta) / stats.t.isf(found.p / 2, 20)
    assert found.high - found.beta == pytest.approx(error * stats.t.isf(0.025, 20))


def test_labels_that_work_differently_in_each_account_need_the_clustered_variance():
    rejected = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        account = np.repeat(np.arange(25), 60)
        member = rng.random(len(account)) < 0.5
        outcome = rng.normal(0, 0.5, 25)[account] * member + rng.normal(0, 0.6, len(account))
        rejected.append(
            within_effect(make_design(outcome, account, terms=np.zeros((len(account), 0))), member).p < 0.05
        )
    assert np.mean(rejected) <= 0.10


def test_accounts_are_permuted_inside_their_platform():
    level = np.array([1.0, 4, 2, 3, 9, 12, 10, 15])
    account, types = np.repeat(np.arange(8), 5), np.repeat([0, 1], 20)
    carries = np.isin(account, [1, 3, 5, 7])
    found = between_effect(make_design(level[account], account, terms=np.zeros((40, 0))), carries, stratum=types)
    centred = level - np.repeat([2.5, 11.5], 4)
    draws = [sum(centred[list(a + b)]) for a in combinations(range(4), 2) for b in combinations(range(4, 8), 2)]
    exact = np.mean(np.abs(draws) >= centred[[1, 3, 5, 7]].sum() - 1e-9)
    assert found.p == pytest.approx(exact, abs=0.03)
    assert found.beta == pytest.approx(centred[[1, 3, 5, 7]].sum() / 2)


@pytest.mark.parametrize("accounts", [2, 6, 15])
def test_with_few_accounts_interval_and_p_are_of_one_test(accounts):
    for seed in range(25):
        design, member = wandering_null(seed, accounts)
        found = within_effect(design, member, seed=1)
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high)
        assert not found.low > found.beta
        assert not found.high < found.beta


def test_between_accounts_too_interval_and_p_are_of_one_test():
    for seed in range(40):
        design, _, _ = null_design(seed, accounts=11)
        carries = np.random.default_rng(seed).permutation(np.arange(11) < 4)[design.account]
        found = between_effect(design, carries, stratum=np.zeros(len(carries)), seed=seed)
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high)


@pytest.mark.parametrize("accounts", [3, 14])
def test_a_shift_is_the_regression_with_the_label_moved_round(accounts):
    design, member = wandering_null(2, accounts)
    starts = np.flatnonzero(np.diff(design.account, prepend=-1))
    column = design.within(member.astype(float))
    found = shift_test(member, starts, outcome=design.residual, column=column, basis=design.basis, seed=5)
    rng = np.random.default_rng(5)
    turns = np.array([rng.integers(0, n, 999) for n in np.bincount(design.account)])
    for draw in (0, 17):
        moved = np.concatenate(
            [np.roll(own, -turns[at, draw]) for at, own in enumerate(np.split(member, starts[1:]))]
        ).astype(float)
        own = design.within(moved)
        assert found.outcome[1 + draw] == pytest.approx(own @ design.residual)
        assert found.information[1 + draw] == pytest.approx(own @ own)
        sums = np.add.reduceat(own * design.residual, starts), np.add.reduceat(own * own, starts)
        assert found.by_account[0][1 + draw] == pytest.approx(sums[0])
        assert found.by_account[2][1 + draw] == pytest.approx(sums[1])


def test_a_label_on_every_other_upload_is_permuted_since_no_shift_changes_it():
    account = np.repeat(np.arange(4), 20)
    outcome = np.random.default_rng(0).normal(size=80)
    found = within_effect(make_design(outcome, account, terms=np.zeros((80, 0))), np.tile([True, False], 40))
    assert found.method == "within 4 accounts, permuted"
    assert (found.p < 0.05) == (not found.low <= 0 <= found.high)


def test_a_permutation_keeps_every_account_s_number_of_labels():
    codes = np.array([2, 0, 0, 1, 1, 1, 2])
    member = np.array([True, True, False, False, True, True, False])
    sums = permuted_sums(member, codes, columns=np.equal.outer(codes, np.arange(3)).astype(float), times=50, seed=4)
    assert (sums == [1, 2, 1]).all()


def test_joint_effects_separate_labels_that_come_together():
    rng = np.random.default_rng(5)
    account = np.repeat(np.arange(20), 40)
    first = rng.random(800) < 0.4
    second = np.where(rng.random(800) < 0.7, first, rng.random(800) < 0.4)
    design = make_design(account + 0.8 * first + rng.normal(size=800) * 0.3, account, terms=np.zeros((800, 0)))
    alone = within_effect(design, second).beta
    together = joint_effects(design, [first, second])
    assert alone > 0.4
    assert together == pytest.approx([0.8, 0.0], abs=0.08)


def test_labels_that_cannot_be_told_apart_have_no_joint_effect():
    rng = np.random.default_rng(6)
    account, first, other = np.repeat(np.arange(10), 30), rng.random(300) < 0.4, rng.random(300) < 0.5
    design = make_design(rng.normal(size=300), account, terms=np.zeros((300, 0)))
    found = joint_effects(design, [first, ~first, other])
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2])
    assert np.isnan(joint_effects(design, [first, first])).all()


def test_null_labels_on_real_videos_keep_their_level(real_frames):
    videos, _ = real_frames
    busy = videos[videos.groupby("linked_account_id")["ad_id"].transform("size") >= 10]
    account = pd.factorize(busy["linked_account_id"], sort=True)[0]
    measured = busy["latest_updated_at"].dt.tz_localize(None).dt.normalize()
    age = (measured - busy["uploaded_at"]).dt.days.clip(lower=0).to_numpy()
    design = make_design(np.log1p(busy["latest_views"].to_numpy(dtype=float)), account, terms=age_terms(age))
    p = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        member = rng.random(len(account)) < rng.beta(0.5, 1.5, account.max() + 1)[account]
        assert overlapping(member, account).any()
        p.append(within_effect(design, member, seed=seed).p)
    assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.08


def test_the_method_writes_its_number_of_accounts_with_a_separator():
    account = np.repeat(np.arange(1200), 2)
    design = make_design(np.zeros(2400) + account % 7 + np.arange(2400) % 2, account, terms=np.zeros((2400, 0)))
    assert within_effect(design, np.arange(2400) % 2 == 0).method == "within 1,200 accounts, clustered"
    assert (
        between_effect(design, account < 600, stratum=np.zeros(2400)).method
        == "between 1,200 accounts; not an effect of it"
    )
