"""Accounts, labels and platforms are named in one way everywhere, and nothing is guessed."""

import inspect

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.scope import select_scope
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import VIDEOS, cast
from shortimize_analytics.schema.names import read_account
from shortimize_analytics.simulator import demo_organisation

DEMO = demo_organisation()
ID = "0f0f0f0f-1111-2222-3333-abcdefabcdef"


def frame(*rows):
    return cast([{"ad_id": str(n), "platform": "tiktok"} | row for n, row in enumerate(rows)], VIDEOS)[0]


def ids(videos, **scope):
    return sa.select_videos(videos, **scope)["ad_id"].tolist()


PEOPLE = frame(
    {"username": "hook.lab", "linked_account_id": ID},
    {"username": "old.name", "linked_account_id": ID},
    {"username": "hook.lab"},
    {"username": "other", "linked_account_id": "b"},
    {"username": "twice", "linked_account_id": "c"},
    {"username": "twice", "linked_account_id": "d", "platform": "youtube"},
)


@pytest.mark.parametrize(
    "name",
    ["hook.lab", "@Hook.Lab", " HOOK.LAB ", "tiktok/hook.lab", "TikTok/@hook.lab", "https://www.tiktok.com/@Hook.lab/"],
)
def test_an_account_goes_by_any_of_its_names_and_brings_all_it_has(name):
    assert ids(PEOPLE, account=name) == ["0", "1", "2"]
    assert select_scope(PEOPLE, account=name).name == "account hook.lab"


@pytest.mark.parametrize("name", [ID, ID.upper()])
def test_an_id_brings_the_videos_that_have_it(name):
    assert ids(PEOPLE, account=name) == ["0", "1"]


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({"account": "hook.lba"}, r"account='hook.lba' has no video here \(did you mean hook.lab\?\)"),
        ({"account": "twice"}, r"names 2 accounts: tiktok/twice \(1 video\), youtube/twice \(1 video\); pass one"),
        ({"account": ["other", "nobody at all"]}, "account='nobody at all' has no video here;"),
        ({"account": "@"}, "account='@' names no account"),
        ({"account": "https://www.tiktok.com/"}, "is no link of an account"),
        ({"account": 5}, "account=5 must be one or more non-empty texts"),
        (
            {"platform": "tiktoc"},
            r"platform='tiktoc' has no video here \(did you mean tiktok\?\); known are tiktok, youtube",
        ),
        ({"platform": []}, "platform=\\[\\] must be one or more"),
        ({"platform": "youtube", "account": "other"}, "no video belongs to platform youtube and account other"),
        ({"label": "UGC"}, "label='UGC' is no label here; there are none"),
        ({"only": sa.VideoFilter(views_min=9)}, "no video belongs to at least 9 views"),
    ],
)
def test_what_fits_nothing_or_several_things_is_an_error_that_helps(scope, said):
    with pytest.raises(InvalidParameterError, match=said):
        sa.select_videos(PEOPLE, **scope)


def test_of_several_names_any_fits_and_of_several_kinds_all_must():
    assert ids(PEOPLE, account=["tiktok/twice", "other"]) == ["3", "4"]
    assert ids(PEOPLE, platform="TIKTOK", account=["youtube/twice", "other"]) == ["3"]
    assert ids(PEOPLE) == PEOPLE["ad_id"].tolist()


def test_a_handle_that_went_from_one_account_to_another_is_told_apart_by_id():
    first = {"username": "star", "linked_account_id": "a", "latest_updated_at": "2026-01-01T00:00:00Z"}
    moved = first | {"username": "comet", "latest_updated_at": "2026-03-01T00:00:00Z"}
    videos = frame(first, moved, {"username": "star", "linked_account_id": "b"})
    with pytest.raises(InvalidParameterError, match=r"a \(now comet\) \(2 videos\), b \(now star\) \(1 video\)"):
        sa.select_videos(videos, account="star")
    assert ids(videos, account="a") == ids(videos, account="comet") == ["0", "1"]
    assert select_scope(videos, account="a").name == "account comet"


def test_a_label_goes_by_id_name_or_the_one_name_that_reads_so():
    videos = frame(
        {"label_ids": ["1", "2"], "label_names": ["UGC", "Hook"]},
        {"label_ids": ["3"], "label_names": ["Hook"]},
        {"label_names": ["Named only"]},
        {},
    )
    assert ids(videos, label="ugc") == ids(videos, label="1") == ["0"]
    assert ids(videos, label="Named only") == ["2"]
    assert select_scope(videos, label="3").name == "label Hook [3]"
    with pytest.raises(
        InvalidParameterError, match=r"is the name of 2 labels: 2 \(1 video\), 3 \(1 video\); pass the id"
    ):
        sa.select_videos(videos, label="hook")
    with pytest.raises(InvalidParameterError, match=r"label='UCG' is no label here \(did you mean UGC\?\)"):
        sa.select_videos(videos, label="UCG")


@given(st.text(max_size=30))
def test_any_text_names_an_account_or_is_refused(text):
    try:
        found = read_account(text)
    except InvalidParameterError:
        return
    assert found.id or found.handle is not None


@given(st.sampled_from(sorted({*DEMO.videos["linked_account_id"].dropna()})))
def test_what_a_scope_knows_its_parts_by_chooses_the_same_in_a_filter(account):
    scope = select_scope(DEMO.videos, account=account)
    assert (sa.VideoFilter(**scope.keys).mask(DEMO.videos) == scope.rows).all()


def test_a_scope_is_a_choice_of_what_is_shown_and_scores_stay_everyones():
    everyone = sa.rank_outliers(DEMO.videos, DEMO.history)
    part = sa.rank_outliers(DEMO.videos, DEMO.history, account="@Hook.Lab", label="Hooks v2")
    inside = sa.select_videos(DEMO.videos, account="tiktok/hook.lab", label="Hooks v2")["ad_id"]
    assert 0 < len(part) < len(everyone)
    pd.testing.assert_frame_equal(part, everyone[everyone["ad_id"].isin(inside)].reset_index(drop=True))


def test_a_forecast_of_a_part_is_the_part_of_the_forecast():
    everyone = sa.forecast_views(DEMO.videos, DEMO.history)
    part = sa.forecast_views(DEMO.videos, DEMO.history, platform="TikTok")
    pd.testing.assert_frame_equal(part, everyone[everyone["platform"] == "tiktok"].reset_index(drop=True))


def test_views_over_time_of_a_part_are_those_of_its_summaries():
    months = sa.views_over_time(DEMO.videos, DEMO.history, freq="M", label="Flagship").set_index("end")
    whole = sa.period_summary(DEMO.videos, DEMO.history, period="month", label="Flagship", periods=3).series
    assert months.loc[whole["end"], "views_gained"].tolist() == whole["views_gained"].tolist()
    top = sa.top_videos(DEMO.videos, DEMO.history, start="2026-10-01", end="2026-10-31", label="Flagship", n=2)
    assert set(top["ad_id"]) <= set(sa.select_videos(DEMO.videos, label="Flagship")["ad_id"])
    uploads = sa.uploads_over_time(DEMO.videos, platform="youtube")
    assert uploads["n_uploads"].sum() <= np.sum(DEMO.videos["platform"] == "youtube")


def test_every_function_that_takes_a_scope_takes_the_same_four():
    names = {"platform", "account", "label", "only"}
    for name in sa.__all__:
        if inspect.isfunction(found := getattr(sa, name)) and name not in {
            "load_videos",
            "load_account_videos",
            "explore",
        }:
            given = names & set(inspect.signature(found).parameters)
            assert given in (set(), names, {"label"}), name  # labels themselves are compared, and set on links
