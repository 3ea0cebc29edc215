"""The table of labels: planted effects found, null labels not called, and no effect where none can be seen."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_frames import make_videos, simulated
from pandas.testing import assert_frame_equal

from shortimize_analytics.analysis.comparisons.labels import compare_labels
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import HISTORY, LABEL_COMPARISON, VIDEOS, cast, empty
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.simulator.organisation import demo_folder


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
    assert out.loc["L", "method"] == "within 1 account, shifted; says nothing of other accounts"


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
    assert compare_labels(make_videos(rows), label=["same"])["label_id"].tolist() == ["j", "k"]


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
    out = compare_labels(videos, outcome="views", at_age=2, history=history).set_index("label_id")
    assert out.loc["L", "ratio"] == pytest.approx(301 / 101)
    assert out.attrs["quality"]["without_views_at_age"] == 1


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
        ({"outcome": "views"}, "at_age="),
        ({"at_age": 3}, "outcome='views'"),
        ({"outcome": "views", "at_age": 3}, "history"),
        ({"fdr": 1.5}, "1.5"),
        ({"label": ["nowhere"]}, "nowhere"),
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
