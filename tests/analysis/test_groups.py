"""Groups of videos: one engine for every grouping, lengths and weekdays without effect where none was planted.

Check value: Efron and Morris's batting averages of 1970 (Scientific American, 1977): the shrinking factor is 0.212,
Clemente's .400 becomes .294.
"""

import json

import numpy as np
import pandas as pd
import pytest
from label_frames import make_videos
from pandas.testing import assert_frame_equal
from scipy import stats

import shortimize_analytics as sa
from shortimize_analytics.analysis.comparisons.between_accounts import between_effect, kruskal_within, shrink
from shortimize_analytics.analysis.comparisons.groupings import duration_brackets, hashtags, weekdays
from shortimize_analytics.analysis.comparisons.groups import (
    compare_groups,
    compare_pairs,
    duration_effect,
    weekday_effect,
)
from shortimize_analytics.analysis.comparisons.labels import compare_labels, label_overlap
from shortimize_analytics.analysis.comparisons.within_accounts import MANY_VIDEOS, make_design, within_effect
from shortimize_analytics.analysis.periods.reference import make_reference
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import GROUP_COMPARISON, GROUP_PAIRS, LABEL_OVERLAP, VIDEOS, empty
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.simulator.organisation import demo_folder

BATTING = np.array([400, 378, 356, 333, 311, 311, 289, 267, 244, 244, 222, 222, 222, 222, 222, 200, 178, 156]) / 1000


def simulated(*, accounts=14, each=26, best=0.0, seed=0):
    """Accounts of different size, habits and pace; lengths from 20 to 25 seconds multiply views by e**best."""
    rng = np.random.default_rng(seed)
    rows = []
    for account in range(accounts):
        level, habit = rng.normal(8, 1.5), rng.uniform(8, 30)
        for _ in range(each):
            length = int(np.clip(rng.normal(habit, 7), 5, 44))
            age = int(rng.integers(3, 90))
            effect = best * (20 <= length < 25)
            rows.append(
                {
                    "linked_account_id": f"a{account:02}",
                    "uploaded_at": str((pd.Timestamp("2026-03-01") - pd.Timedelta(days=age)).date()),
                    "video_length": length,
                    "song_name": "both" if rng.random() < 0.5 else f"only {account}",
                    "title": "clip #fyp #A" if rng.random() < 0.4 else "clip #a",
                    "latest_views": int(np.exp(level + effect + 0.3 * np.log1p(age) + 0.6 * rng.gumbel())),
                }
            )
    return make_videos(rows)


# Published numbers


def test_shrinkage_is_that_of_the_baseball_players():
    error = np.full(18, np.sqrt(BATTING.mean() * (1 - BATTING.mean()) / 45))
    found = shrink(BATTING, error)
    factor = (found[0] - BATTING.mean()) / (BATTING[0] - BATTING.mean())
    assert factor == pytest.approx(0.212, abs=0.003)
    assert found[0] == pytest.approx(0.294, abs=5e-4)


def test_shrinkage_keeps_precise_groups_and_gives_up_on_noise():
    effects = np.array([-1.0, 0.5, 1.0, 0.1, 0.4])
    assert shrink(effects, np.full(5, 1e-4)) == pytest.approx(effects, abs=1e-6)
    assert shrink(effects, np.full(5, 9.0)) == pytest.approx(np.full(5, 0.2))
    uneven = shrink(np.array([-1.0, 1.0, 1.0, -1.0, 2.0]), np.array([0.1, 0.1, 2.0, 0.1, 0.1]))
    assert uneven[1] == pytest.approx(1.0, abs=0.05)
    assert uneven[2] < 0.7


def test_the_test_of_any_difference_is_kruskal_and_wallis_s():
    code, values = np.array([0, 0, 0, 1, 1, 1, 2, 2]), np.array([1.0, 5, 2, 8, 9, 7, 3, 4])
    found = kruskal_within(values, code)
    assert found["p"] == pytest.approx(stats.kruskal(values[:3], values[3:6], values[6:]).pvalue)
    assert (found["groups"], found["n"]) == (3, 8)
    assert kruskal_within(np.ones(8), code)["p"] is None


# The engine


def test_many_videos_of_few_accounts_get_the_limit_of_the_permutations(monkeypatch):
    rng = np.random.default_rng(3)
    account = np.repeat(np.arange(4), 400)
    member = rng.random(1600) < np.array([0.1, 0.4, 0.6, 0.2])[account]
    design = make_design(account + 0.1 * member + rng.gumbel(size=1600), account, terms=rng.normal(size=(1600, 2)))
    drawn = within_effect(design, member)
    monkeypatch.setattr("shortimize_analytics.analysis.comparisons.within_accounts.MANY_VIDEOS", 1000)
    limit = within_effect(design, member)
    assert MANY_VIDEOS == 5000
    assert limit.beta == drawn.beta
    assert limit.p == pytest.approx(drawn.p, abs=0.03)
    assert (limit.low, limit.high) == pytest.approx((drawn.low, drawn.high), abs=0.012)


def test_accounts_too_few_to_be_significant_are_not_tested():
    account = np.repeat(np.arange(6), 9)
    design = make_design(np.random.default_rng(0).normal(size=54) + account, account, terms=np.zeros((54, 0)))
    found = between_effect(design, account == 5, stratum=np.zeros(54))
    assert np.isnan(found.p)
    assert found.method == "too few accounts (6) of the same type to compare"
    assert not np.isnan(between_effect(design, account >= 3, stratum=np.zeros(54)).p)


def test_a_column_of_lists_and_compare_labels_are_one_engine():
    videos = simulated(best=0.4, seed=2)
    lists = hashtags(videos)
    labelled = videos.assign(label_ids=lists, label_names=lists)
    groups = compare_groups(labelled, by="label_ids").drop(columns=["ratio_shrunk", "optimum"])
    labels = compare_labels(labelled).drop(columns="label_id")
    assert_frame_equal(groups, labels, check_dtype=False)
    assert labels["ratio_joint"].notna().any()


def test_lengths_and_weekdays_without_effect_are_found_about_five_times_in_a_hundred():
    """Each group's test, the test of any difference, and the optimum, which is bolder than neither."""
    p, any_p, optima = [], [], []
    for seed in range(16):
        videos = simulated(accounts=(12, 20)[seed % 2], each=25, seed=seed)
        for out in (duration_effect(videos, seed=seed), weekday_effect(videos, seed=seed)):
            p += out["p"].dropna().tolist()
            any_p.append(out.attrs["kruskal"]["p"])
            optima.append(bool(out["optimum"].any()))
    assert len(p) > 200
    assert 0.03 <= np.mean(np.array(p) < 0.05) <= 0.07
    assert np.mean(np.array(any_p) < 0.05) <= 0.125
    assert np.mean(optima) <= 0.08


def test_a_planted_best_length_is_the_optimum_and_lies_in_its_interval():
    out = duration_effect(simulated(best=1.2, accounts=20, each=60, seed=1)).set_index("label")
    assert out.index[out["optimum"]].tolist() == ["20-25 s"]
    assert out.loc["20-25 s", "verdict"] == "higher"
    assert out.attrs["optimum"]["verdict"] == "20-25 s is the optimum"
    assert out.attrs["optimum"]["lo"] < np.exp(1.2) < out.attrs["optimum"]["hi"]
    assert out.attrs["kruskal"]["p"] < 1e-6


def test_two_equal_bests_are_no_optimum():
    videos = simulated(accounts=20, each=60, seed=5)
    up = videos["video_length"].between(20, 29)
    out = duration_effect(videos.assign(latest_views=videos["latest_views"].where(~up, videos["latest_views"] * 4)))
    assert not out["optimum"].any()
    assert {out.attrs["optimum"]["best"], out.attrs["optimum"]["runner_up"]} == {"20-25 s", "25-30 s"}
    assert out.attrs["optimum"]["verdict"] == "no clear optimum"


def test_pairs_compare_two_groups_inside_accounts():
    videos = simulated(best=1.2, accounts=20, each=60, seed=1)
    out = compare_pairs(videos, by="duration")
    row = out.set_index(["label_a", "label_b"]).loc[("20-25 s", "25-30 s")]
    assert row["ratio_lo"] < np.exp(1.2) < row["ratio_hi"]
    assert row["verdict"] == "higher"
    assert len(out) == 8 * 7 / 2
    assert (out["q"].dropna() >= out["p"].dropna()).all()
    best = duration_effect(videos).attrs["optimum"]
    assert best["ratio"] == pytest.approx(row["ratio"]) or best["runner_up"] != "25-30 s"


# The groupings


def test_brackets_are_half_open_and_placeholders_and_photos_belong_to_none():
    rows = [{"video_length": length} for length in (1, 4, 5, 59, 60, 400, 0, None)]
    rows += [{"platform": "youtube", "video_length": 60}] * 11 + [{"platform": "youtube", "video_length": 31}]
    brackets = duration_brackets(make_videos(rows))
    assert brackets.iloc[:6].astype(str).tolist() == ["0-5 s", "0-5 s", "5-10 s", "55-60 s", "60+ s", "60+ s"]
    assert brackets.iloc[6:19].isna().all()
    assert brackets.iloc[19] == "30-35 s"
    out = duration_effect(make_videos(rows))
    assert out["n_videos"].sum() == 7
    quality = out.attrs["quality"]
    assert (quality["photos"], quality["without_length"], quality["compared"]) == (2, 11, 7)


def test_a_single_short_of_60_seconds_on_youtube_belongs_to_no_bracket():
    rows = [{"platform": platform, "video_length": 60} for platform in ("youtube", "tiktok")]
    assert duration_brackets(make_videos(rows)).astype(object).fillna("none").tolist() == ["none", "60+ s"]
    assert duration_effect(make_videos(rows)).attrs["quality"]["without_length"] == 1


def test_weekdays_are_those_of_the_upload_day():
    videos = make_videos([{"uploaded_at": day} for day in ("2026-03-01", "2026-03-02", None)])
    assert weekdays(videos).astype(object).tolist()[:2] == ["Sunday", "Monday"]
    assert weekdays(videos).isna().tolist() == [False, False, True]


def test_hashtags_of_any_script_are_listed_once():
    titles = ["#a #A#b x", "C# is no tag, #日本語 is", None, ""]
    found = hashtags(make_videos([{"title": title} for title in titles]))
    assert found.tolist()[:2] == [["a", "b"], ["日本語"]]
    assert not found[3]


def test_a_hashtag_is_compared_inside_accounts_and_rare_ones_are_counted():
    videos = simulated(seed=4)
    videos.loc[0, "title"] = "#rare"
    out = compare_groups(videos, by="hashtag")
    assert set(out["label"]) == {"a", "fyp"}
    assert out.attrs["quality"]["groups_below_min_videos"] == 1
    assert out.attrs["kruskal"]["p"] is None


def test_platforms_and_accounts_are_compared_as_accounts_and_never_as_effects():
    rng = np.random.default_rng(1)
    rows = [
        {
            "linked_account_id": f"a{a:02}",
            "username": f"u{a}",
            "platform": "tiktok" if a < 24 else "youtube",
            "latest_views": int(np.exp(7 + 4 * (a < 24) + 3 * (a == 0) + 0.3 * rng.normal())),
        }
        for a in range(30)
        for _ in range(9)
    ]
    videos = make_videos(rows)
    platforms = compare_groups(videos, by="platform").set_index("label")
    assert platforms["verdict"].astype(str).tolist() == ["accounts differ"] * 2
    assert platforms.loc["tiktok", "ratio"] > 20
    accounts = compare_groups(videos, by="account").set_index("label")
    assert accounts.loc["tiktok/u0", "method"] == "between 24 accounts; not an effect of it"
    assert accounts.loc["tiktok/u0", "p"] == pytest.approx(1 / 24, abs=0.015)
    assert accounts.loc["youtube/u25", "verdict"] == "too few"
    assert platforms.attrs["optimum"]["group"] is None


# Invariants


def test_shuffled_rows_give_the_identical_tables():
    videos = simulated(accounts=6, best=0.5, seed=6)
    mixed = videos.sample(frac=1, random_state=1)
    for call in (duration_effect, weekday_effect, lambda v: compare_groups(v, by="hashtag")):
        first, second = call(videos), call(mixed)
        assert_frame_equal(first, second)
        assert first.attrs == second.attrs
    assert_frame_equal(compare_pairs(videos, by="weekday"), compare_pairs(mixed, by="weekday"))


def test_ten_times_the_views_leave_the_ratios_alone():
    videos = simulated(best=0.5)
    videos["latest_views"] += 500
    first, second = (duration_effect(videos.assign(latest_views=videos["latest_views"] * k)) for k in (1, 10))
    assert second["ratio"].dropna().tolist() == pytest.approx(first["ratio"].dropna().tolist(), rel=2e-3)


@pytest.mark.parametrize("by", ["duration", "weekday", "hashtag", "account", "platform", "label_ids", "song_name"])
def test_poor_data_give_the_schema_s_shape(by):
    nothing = make_videos([{"latest_views": None, "uploaded_at": None, "linked_account_id": None}])
    for videos in (empty(VIDEOS), nothing, make_videos([{"label_ids": ["x"], "title": "#x", "song_name": "s"}])):
        for out, table in (
            (compare_groups(videos, by=by, min_videos=1), GROUP_COMPARISON),
            (compare_pairs(videos, by=by), GROUP_PAIRS),
        ):
            assert out.columns.tolist() == table.names
            assert out["p"].isna().all()
            assert json.loads(json.dumps(out.attrs["quality"])) == out.attrs["quality"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "mood"}, "mood"),
        ({"by": "weekday", "min_videos": 0}, "min_videos=0"),
        ({"by": "weekday", "ref": "x"}, "'x'"),
    ],
)
def test_bad_parameters_are_named(options, said):
    with pytest.raises(InvalidParameterError, match=said):
        compare_groups(simulated(accounts=2), **options)


# Overlap and the demo


def test_overlap_counts_shared_videos():
    videos = make_videos([{"label_ids": ids} for ids in (["a", "b"], ["a", "b"], ["b"], ["c"], [], None, ["a", "d"])])
    out = label_overlap(videos)
    pairs = {(row.label_id_a, row.label_id_b): (row.n_a, row.n_b, row.n_both, row.jaccard) for row in out.itertuples()}
    assert pairs == {("a", "b"): (3, 3, 2, 0.5), ("a", "d"): (3, 1, 1, pytest.approx(1 / 3))}
    assert out.attrs["quality"]["label_list_missing"] == 1
    assert label_overlap(empty(VIDEOS)).columns.tolist() == LABEL_OVERLAP.names


def test_the_demo_has_no_best_length_and_no_best_weekday():
    truth = json.loads((demo_folder() / "truth.json").read_text(encoding="utf-8"))
    assert truth["video_length_effect"] == truth["weekday_effect"] == 1.0
    videos = demo_organisation().videos
    for out in (duration_effect(videos), weekday_effect(videos)):
        assert not out["optimum"].any()
        assert out["q"].min() > 0.05
        assert out.attrs["kruskal"]["p"] > 0.05
    assert duration_effect(videos).attrs["quality"]["without_length"] >= (videos["platform"] == "youtube").sum() - 9


@pytest.mark.filterwarnings("ignore::shortimize_analytics.errors.DataQualityWarning")
def test_a_summary_shares_its_sample_and_compares_as_each_comparison_does_alone(demo):
    data = sa.prepare(demo.videos, demo.history)
    everyone = make_reference(data)
    week = sa.period_summary(data, everyone=everyone)
    options = {"outliers": everyone.ranked}
    alone = {
        "labels": sa.compare_labels(everyone.then, **options),
        "durations": sa.duration_effect(everyone.then, **options),
        "weekdays": sa.weekday_effect(everyone.then, **options),
    }
    assert alone["durations"].attrs["quality"]["compared"] < alone["labels"].attrs["quality"]["compared"]
    for name, table in alone.items():
        found = getattr(week, name)
        pd.testing.assert_frame_equal(found, table, check_exact=True)
        assert found.attrs == table.attrs
