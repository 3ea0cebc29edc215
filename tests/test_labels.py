"""Labels: the same accounts with and without, honest p-values, published numbers, and no effect where none can be seen.

Check values: Hollander and Wolfe's depression data (Hodges-Lehmann 0.56; R's wilcox.test, as the CAMIS comparison
prints it, gives 0.5600562 by root search), the permeability example of R's ?wilcox.test (W = 35 of 50 pairs, shift
0.305), the example of R's effsize (Cliff's delta -0.25), Brunner and Munzel's pain scores (P = 0.78896, interval
0.5952-0.9827) and the fifteen p-values of Benjamini and Hochberg 1995 (four rejected at 0.05).
"""

import json
import os
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.stats import brunnermunzel, mannwhitneyu

from shortimize_analytics._comparison import judge
from shortimize_analytics._contrasts import HL_MAX_VIDEOS, between_effect, size
from shortimize_analytics._effects import (
    age_terms,
    joint_effects,
    make_design,
    overlapping,
    permuted_sums,
    within_effect,
)
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.labels import compare_labels
from shortimize_analytics.schema import HISTORY, LABEL_COMPARISON, VIDEOS, cast, empty
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.simulator.organisation import demo_folder


def make_videos(rows):
    base = {
        "platform": "tiktok",
        "uploaded_at": "2026-01-01",
        "latest_updated_at": "2026-03-01T08:00:00Z",
        "video_length": 15,
        "label_ids": [],
        "label_names": [],
    }
    return cast([base | {"ad_id": f"{i:05}"} | row for i, row in enumerate(rows)], VIDEOS)[0]


def simulated(*, accounts=14, each=24, effect=0.0, seed=0, share=0.4):
    """Videos of accounts of very different size; label "L" multiplies views by e**effect, "N" does nothing."""
    rng = np.random.default_rng(seed)
    rows = []
    for account in range(accounts):
        level = rng.normal(8, 1.5)
        for _ in range(each):
            carries, null, age = rng.random() < share, rng.random() < 0.3, int(rng.integers(0, 60))
            views = np.exp(level + effect * carries + 0.3 * np.log1p(age) + 0.7 * rng.gumbel())
            rows.append(
                {
                    "linked_account_id": f"a{account:02}",
                    "uploaded_at": str((pd.Timestamp("2026-03-01") - pd.Timedelta(days=age)).date()),
                    "latest_views": int(views),
                    "label_ids": ["L"] * carries + ["N"] * null,
                    "label_names": ["Like"] * carries + ["Null"] * null,
                }
            )
    return make_videos(rows)


def null_design(seed, accounts):
    """Account-confounded null: big accounts use the label more, ages differ, residuals are skewed."""
    rng = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), rng.integers(5, 30, accounts))
    level = rng.normal(8, 1.5, accounts)
    age = rng.integers(0, 200, len(account))
    member = rng.random(len(account)) < (1 / (1 + np.exp(8 - level)))[account]
    outcome = level[account] + 0.4 * np.log1p(age) + 0.7 * rng.gumbel(size=len(account))
    return make_design(outcome, account, age_terms(age)), outcome, member


# Published numbers


def test_the_shift_is_the_hodges_lehmann_estimate_of_the_textbook_data():
    x = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
    y = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
    found = size(x, y)
    assert found.shift == pytest.approx(0.56, abs=1e-9)
    assert found.shift == pytest.approx(0.5600562, abs=1e-4)
    assert (found.shift_low, found.shift_high) == pytest.approx((-0.37, 1.183), abs=1e-9)


def test_shift_and_probability_agree_with_the_wilcoxon_example_of_r():
    a = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
    b = np.array([1.15, 0.88, 0.90, 0.74, 1.21])
    found = size(a, b)
    assert found.prob * 50 == pytest.approx(35)
    assert mannwhitneyu(a, b, alternative="greater", method="exact").pvalue == pytest.approx(0.1272, abs=5e-5)
    assert found.shift == pytest.approx(0.305)


def test_cliffs_delta_is_that_of_effsize():
    first = np.array([10, 10, 20, 20, 20, 30, 30, 30, 40, 50.0])
    second = np.array([10, 20, 30, 40, 40, 50.0])
    assert 2 * size(first, second).prob - 1 == pytest.approx(-0.25)


def test_the_probability_and_its_interval_are_those_of_brunner_and_munzel():
    x = np.array([1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1.0])
    y = np.array([3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4.0])
    found = size(y, x)
    assert (found.prob, found.prob_low, found.prob_high) == pytest.approx((0.78896, 0.5952, 0.9827), abs=5e-5)
    published = brunnermunzel(x, y)
    assert (published.statistic, published.pvalue) == pytest.approx((3.1375, 0.005786), abs=5e-5)


def test_q_is_that_of_benjamini_and_hochberg_over_tested_rows_only():
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528]
    p += [0.7590, 1.0, np.nan, np.nan]
    rows = [{"label_id": f"{i:02}", "p": value, "ratio": 2.0, "method": "within"} for i, value in enumerate(p)]
    out = judge(pd.DataFrame(rows), fdr=0.05)
    assert out["q"].iloc[3:5].tolist() == pytest.approx([0.035625, 0.0603], abs=1e-6)
    assert (out["verdict"] == "higher").sum() == 4
    assert (out["verdict"] == "too few").sum() == 2


# The engine


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
    return make_design(outcome + 0.4 * np.log1p(age), account, age_terms(age)), member


def test_null_labels_keep_their_level_where_accounts_wander_and_views_are_not_lognormal():
    """.053 with 15 accounts and .047 with 30; .077 with 6, whose permutation takes the uploads as exchangeable."""
    p = [within_effect(*wandering_null(seed, (15, 30)[seed % 2]), seed=seed).p for seed in range(300)]
    assert 0.03 <= np.mean(np.array(p) < 0.05) <= 0.07
    few = [within_effect(*wandering_null(seed, 6), seed=seed).p for seed in range(150)]
    assert np.mean(np.array(few) < 0.05) <= 0.12


def test_labels_of_whole_accounts_keep_their_level_under_the_null():
    rejected = []
    for seed in range(200):
        design, _, _ = null_design(seed, accounts=16)
        carries = np.random.default_rng(seed).permutation(np.arange(16) < 5)[design.account]
        rejected.append(between_effect(design, carries, np.zeros(len(carries)), seed=seed).p < 0.05)
    assert 0.01 <= np.mean(rejected) <= 0.08


@pytest.mark.parametrize("accounts", [6, 25])
def test_intervals_hold_the_true_effect_about_95_times_in_a_hundred(accounts):
    inside = []
    for seed in range(150):
        design, outcome, member = null_design(seed, accounts=accounts)
        age_basis = make_design(outcome + 0.5 * member, design.account, design.basis)
        found = within_effect(age_basis, member, seed=seed)
        inside.append(found.low <= 0.5 <= found.high)
    assert np.mean(inside) >= 0.90


def test_the_regression_equals_one_with_a_dummy_per_account():
    from statsmodels.api import OLS

    rng = np.random.default_rng(3)
    account, age = np.repeat(np.arange(12), 15), rng.integers(0, 90, 180)
    member, outcome = rng.random(180) < 0.4, rng.normal(size=180) + account
    terms = age_terms(age)
    full = np.column_stack([member.astype(float), terms, np.equal.outer(account, np.arange(12)).astype(float)])
    found = within_effect(make_design(outcome, account, terms), member)
    assert found.beta == pytest.approx(OLS(outcome, full).fit().params[0])
    assert found.method == "within 12 accounts, clustered"


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


@pytest.mark.parametrize("seed", range(20))
def test_the_probability_of_superiority_is_that_of_statsmodels_also_with_ties(seed):
    from statsmodels.stats.nonparametric import rank_compare_2indep

    rng = np.random.default_rng(seed)
    inside, outside = rng.integers(0, 9, rng.integers(5, 30)) / 3, rng.integers(2, 12, rng.integers(5, 60)) / 3
    ranks = rank_compare_2indep(inside, outside)
    expected = (ranks.prob1, *np.clip(ranks.conf_int(), 0, 1))
    assert size(inside, outside)[:3] == pytest.approx(expected, nan_ok=True)


def test_degrees_of_freedom_count_only_accounts_that_overlap():
    from scipy import stats

    rng = np.random.default_rng(8)
    account = np.repeat(np.arange(60), 12)
    member = (rng.random(720) < 0.4) & (account < 11)
    found = within_effect(make_design(rng.normal(size=720), account, np.zeros((720, 0))), member)
    error = abs(found.beta) / stats.t.isf(found.p / 2, 10)
    assert found.high - found.beta == pytest.approx(error * stats.t.isf(0.025, 10))


def test_labels_that_work_differently_in_each_account_need_the_clustered_variance():
    rejected = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        account = np.repeat(np.arange(25), 60)
        member = rng.random(len(account)) < 0.5
        outcome = rng.normal(0, 0.5, 25)[account] * member + rng.normal(0, 0.6, len(account))
        rejected.append(within_effect(make_design(outcome, account, np.zeros((len(account), 0))), member).p < 0.05)
    assert np.mean(rejected) <= 0.10


def test_accounts_are_permuted_inside_their_platform():
    level = np.array([1.0, 4, 2, 3, 9, 12, 10, 15])
    account, types = np.repeat(np.arange(8), 5), np.repeat([0, 1], 20)
    carries = np.isin(account, [1, 3, 5, 7])
    found = between_effect(make_design(level[account], account, np.zeros((40, 0))), carries, types)
    centred = level - np.repeat([2.5, 11.5], 4)
    draws = [sum(centred[list(a + b)]) for a in combinations(range(4), 2) for b in combinations(range(4, 8), 2)]
    exact = np.mean(np.abs(draws) >= centred[[1, 3, 5, 7]].sum() - 1e-9)
    assert found.p == pytest.approx(exact, abs=0.03)
    assert found.beta == pytest.approx(centred[[1, 3, 5, 7]].sum() / 2)


def test_few_accounts_are_permuted_and_interval_and_p_agree():
    for seed in range(40):
        design, _, member = null_design(seed, accounts=6)
        found = within_effect(design, member, seed=1)
        assert "permuted" in found.method
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high)
        assert found.low <= found.beta <= found.high


def test_a_permutation_keeps_every_account_s_number_of_labels():
    codes = np.array([2, 0, 0, 1, 1, 1, 2])
    member = np.array([True, True, False, False, True, True, False])
    sums = permuted_sums(member, codes, np.equal.outer(codes, np.arange(3)).astype(float), times=50, seed=4)
    assert (sums == [1, 2, 1]).all()


def test_joint_effects_separate_labels_that_come_together():
    rng = np.random.default_rng(5)
    account = np.repeat(np.arange(20), 40)
    first = rng.random(800) < 0.4
    second = np.where(rng.random(800) < 0.7, first, rng.random(800) < 0.4)
    design = make_design(account + 0.8 * first + rng.normal(size=800) * 0.3, account, np.zeros((800, 0)))
    alone = within_effect(design, second).beta
    together = joint_effects(design, [first, second])
    assert alone > 0.4
    assert together == pytest.approx([0.8, 0.0], abs=0.08)


def test_labels_that_cannot_be_told_apart_have_no_joint_effect():
    rng = np.random.default_rng(6)
    account, first, other = np.repeat(np.arange(10), 30), rng.random(300) < 0.4, rng.random(300) < 0.5
    design = make_design(rng.normal(size=300), account, np.zeros((300, 0)))
    found = joint_effects(design, [first, ~first, other])
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2])
    assert np.isnan(joint_effects(design, [first, first])).all()


def test_sizes_stay_silent_where_they_mean_nothing():
    assert np.isnan(size(np.arange(4.0), np.arange(30.0))[:6]).all()
    assert np.isnan(size(np.ones(9), np.ones(9))[:6]).all()
    apart = size(np.arange(10.0) + 100, np.arange(10.0))
    assert apart.prob == 1.0
    assert np.isnan(apart.prob_low)


def test_large_samples_are_cut_for_the_shift_only_and_the_smaller_side_is_spared():
    rng = np.random.default_rng(0)
    few, many = rng.normal(0.5, 1, 300), rng.normal(0, 1, 4000)
    found = size(few, many, seed=1)
    assert found.subsampled
    assert found.shift == pytest.approx(0.5, abs=0.15)
    assert not size(few, many[: HL_MAX_VIDEOS - 300]).subsampled


# The table


def test_a_planted_effect_lies_in_its_interval_and_the_null_label_is_not_called():
    out = compare_labels(simulated(effect=0.6, seed=3)).set_index("label_id")
    assert out.loc["L", "ratio_lo"] < np.exp(0.6) < out.loc["L", "ratio_hi"]
    assert out.loc["L", "hl_lo"] < np.exp(0.6) < out.loc["L", "hl_hi"]
    assert out["verdict"].astype(str).to_dict() == {"L": "higher", "N": "no clear difference"}
    assert out.loc["L", "n_videos"] + out.loc["L", "n_ref"] == 14 * 24
    assert out.loc["L", "cliffs_delta"] == pytest.approx(2 * out.loc["L", "prob_sup"] - 1)
    assert out.attrs["tested"] == 2


def test_the_shift_is_not_diluted_by_accounts_that_use_the_label_a_lot():
    rng = np.random.default_rng(9)
    rows = [
        {
            "linked_account_id": f"a{account:02}",
            "latest_views": int(np.exp(8 + carries + 0.1 * rng.normal())),
            "label_ids": ["L"] * carries,
        }
        for account in range(12)
        for carries in (rng.random(40) < (0.9 if account % 2 else 0.1)).tolist()
    ]
    assert compare_labels(make_videos(rows)).loc[0, "hl_ratio"] == pytest.approx(np.e, rel=0.05)


def test_the_shape_is_the_schema_s_whatever_comes_in():
    for videos in (empty(VIDEOS), make_videos([{}] * 3), make_videos([{"latest_views": None, "label_ids": ["x"]}])):
        out = compare_labels(videos)
        assert len(out) == 0
        assert_frame_equal(out.iloc[:0], empty(LABEL_COMPARISON), check_index_type=False, check_categorical=False)


def test_shuffled_rows_give_the_identical_table():
    videos = simulated(accounts=6, effect=0.4)
    shuffled = videos.sample(frac=1, random_state=1).reset_index(drop=True)
    assert_frame_equal(compare_labels(videos), compare_labels(shuffled))


def test_ten_times_the_views_leave_the_ratios_alone():
    videos = simulated(effect=0.5)
    videos["latest_views"] = videos["latest_views"] + 500
    more = videos.assign(latest_views=videos["latest_views"] * 10)
    first, second = compare_labels(videos), compare_labels(more)
    assert second["ratio"].tolist() == pytest.approx(first["ratio"].tolist(), rel=2e-3)


def test_a_label_on_every_video_has_no_effect_and_is_not_tested():
    videos = simulated()
    videos["label_ids"] = pd.Series([["all"]] * len(videos), dtype=videos["label_ids"].dtype)
    row = compare_labels(videos).iloc[0]
    assert row["n_ref"] == 0
    assert row[["ratio", "p", "q", "prob_sup", "hl_ratio", "ratio_joint"]].isna().all()
    assert (row["verdict"], row["method"]) == ("too few", "every compared video has it")


def test_too_few_videos_are_said_and_do_not_weaken_the_others():
    videos = simulated(effect=0.6, seed=3)
    rare = [["L", "rare"] if i < 4 else list(ids) for i, ids in enumerate(videos["label_ids"])]
    out = compare_labels(videos.assign(label_ids=pd.Series(rare, dtype=videos["label_ids"].dtype))).set_index(
        "label_id"
    )
    assert out.loc["rare", "verdict"] == "too few"
    assert out.loc["rare", ["p", "q", "ratio"]].isna().all()
    assert out.loc["rare", ["n_videos", "median_views"]].notna().all()
    assert out.attrs["tested"] == 2


def test_one_account_is_tested_but_says_nothing_of_others():
    out = compare_labels(simulated(accounts=1, each=80, effect=1.2)).set_index("label_id")
    assert out.loc["L", "verdict"] == "higher"
    assert out.loc["L", "method"] == "within 1 account, permuted; says nothing of other accounts"


def test_a_label_of_whole_accounts_is_never_called_an_effect():
    videos = simulated(accounts=12, each=20)
    big = videos["linked_account_id"].isin([f"a{i:02}" for i in range(6)])
    views = videos["latest_views"].where(~big, videos["latest_views"] * 500)
    party = pd.Series([["P"] if b else [] for b in big], dtype=videos["label_ids"].dtype)
    row = compare_labels(videos.assign(latest_views=views, label_ids=party)).iloc[0]
    assert row["verdict"] == "accounts differ"
    assert "not an effect of it" in row["method"]
    assert row["ratio_lo"] > 1
    assert pd.isna(row["ratio_joint"])


def test_names_come_from_any_video_that_has_them_and_ids_keep_equal_names_apart():
    rows = [{"linked_account_id": "a", "latest_views": 5, "label_ids": ["i", "j"], "label_names": None}]
    rows += [{"linked_account_id": "a", "latest_views": 5, "label_ids": ["j", "k"], "label_names": ["same", "same"]}]
    out = compare_labels(make_videos(rows))
    assert dict(zip(out["label_id"], out["label"], strict=True)) == {"i": "i", "j": "same", "k": "same"}
    assert compare_labels(make_videos(rows), labels=["same"])["label_id"].tolist() == ["j", "k"]


def test_removed_and_unmeasured_videos_do_not_count():
    videos = simulated(accounts=4)
    dropped = videos.assign(removed=pd.array([True, *[False] * (len(videos) - 1)], dtype="boolean"))
    dropped.loc[1, "latest_views"] = pd.NA
    out = compare_labels(dropped)
    assert (out["n_videos"] + out["n_ref"]).tolist() == [len(videos) - 2] * 2
    assert out.attrs["quality"]["compared"] == len(videos) - 2
    assert out.attrs["quality"]["excluded"] == {"removed": 1, "no_views": 1}


def test_a_missing_label_list_is_counted_and_carries_nothing():
    videos = simulated(accounts=4)
    videos.loc[0, "label_ids"] = None
    out = compare_labels(videos)
    assert out.attrs["quality"]["label_list_missing"] == 1
    assert (out["n_videos"] + out["n_ref"]).tolist() == [len(videos)] * 2


def test_another_label_can_be_the_reference():
    videos = simulated(effect=0.8, seed=4)
    out = compare_labels(videos, ref="N")
    assert out["label_id"].tolist() == ["L"]
    both = sum(bool({"L", "N"} & set(ids)) for ids in videos["label_ids"])
    assert out.loc[0, "n_videos"] + out.loc[0, "n_ref"] == both
    assert pd.isna(out.loc[0, "ratio_joint"])


def test_views_at_a_fixed_age_come_from_the_history():
    videos = simulated(effect=0.0)
    later = videos["label_ids"].map(lambda ids: "L" in ids)
    rows = [
        {"ad_id": video, "date": str((uploaded + pd.Timedelta(days=2)).date()), "views": 300 if carries else 100}
        for video, uploaded, carries in zip(videos["ad_id"], videos["uploaded_at"], later, strict=True)
    ]
    rows[0]["views"] = None
    history, _ = cast(rows, HISTORY)
    out = compare_labels(videos, outcome="views", h=2, history=history).set_index("label_id")
    assert out.loc["L", "ratio"] == pytest.approx(301 / 101)
    assert out.attrs["quality"]["without_views_at_h"] == 1


def test_the_hit_rate_is_wilson_s_over_videos_with_a_score():
    videos = simulated(accounts=4)
    carriers = videos.loc[videos["label_ids"].map(lambda ids: "L" in ids), "ad_id"].tolist()[:10]
    scores = pd.DataFrame({"ad_id": carriers, "mult": pd.array([6.0, 7.0] + [1.0] * 8, dtype="Float64")})
    row = compare_labels(videos, outliers=scores).set_index("label_id").loc["L"]
    assert row["hit_rate"] == pytest.approx(0.2)
    assert (row["hit_lo"], row["hit_hi"]) == pytest.approx((0.0566822, 0.5098375), abs=1e-6)
    assert row["median_mult"] == 1.0
    assert compare_labels(videos)[["hit_rate", "hit_lo", "median_mult"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"outcome": "likes"}, "likes"),
        ({"outcome": "views"}, "h="),
        ({"h": 3}, "outcome='views'"),
        ({"outcome": "views", "h": 3}, "history"),
        ({"fdr": 1.5}, "1.5"),
        ({"labels": ["nowhere"]}, "nowhere"),
        ({"ref": "nowhere"}, "nowhere"),
    ],
)
def test_bad_parameters_are_named(options, said):
    with pytest.raises(InvalidParameterError, match=said):
        compare_labels(simulated(accounts=3), **options)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 12))
def test_any_small_set_gives_a_table_within_its_bounds(seed, accounts, each):
    out = compare_labels(simulated(accounts=accounts, each=each, seed=seed))
    assert out["label_id"].is_unique
    for name in ("p", "q", "hit_rate", "prob_sup"):
        assert out[name].dropna().between(0, 1).all()
    tested = out[out["ratio"].notna()]
    assert (tested["ratio_lo"].fillna(0) <= tested["ratio"]).all()
    assert (tested["ratio"] <= tested["ratio_hi"].fillna(np.inf)).all()
    assert ((out["p"].isna()) == (out["verdict"] == "too few")).all()


def test_the_demo_s_planted_effects_are_found_and_its_null_labels_are_not():
    truth = json.loads((demo_folder() / "truth.json").read_text(encoding="utf-8"))
    planted = {label["id"]: label["multiplier"] for label in truth["labels"]}
    out = compare_labels(demo_organisation().videos)
    assert (out["verdict"] != "too few").sum() >= 5
    for row in out[out["ratio"].notna()].itertuples():
        assert row.ratio_lo <= planted[row.label_id] <= row.ratio_hi
        expected = {1.0: "no clear difference"}.get(planted[row.label_id])
        assert str(row.verdict) == (expected or ("higher" if planted[row.label_id] > 1 else "lower"))


@pytest.mark.skipif("SHORTIMIZE_REAL_DATA" not in os.environ, reason="SHORTIMIZE_REAL_DATA names no folder")
def test_null_labels_on_real_videos_keep_their_level():
    videos = pd.read_parquet(Path(os.environ["SHORTIMIZE_REAL_DATA"]) / "videos.parquet")
    busy = videos[videos.groupby("linked_account_id")["ad_id"].transform("size") >= 10]
    account = pd.factorize(busy["linked_account_id"], sort=True)[0]
    measured = busy["latest_updated_at"].dt.tz_localize(None).dt.normalize()
    age = (measured - pd.to_datetime(busy["uploaded_at"])).dt.days.clip(lower=0).to_numpy()
    design = make_design(np.log1p(busy["latest_views"].to_numpy(dtype=float)), account, age_terms(age))
    p = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        member = rng.random(len(account)) < rng.beta(0.5, 1.5, account.max() + 1)[account]
        assert overlapping(member, account).any()
        p.append(within_effect(design, member, seed=seed).p)
    assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.08
