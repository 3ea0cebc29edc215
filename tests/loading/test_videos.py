"""Loading videos over real sockets: every page that was asked for, or an error."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from canned_server import canned
from case_files import lines_of
from organisations import AS_OF, KEY, LABELS, connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Call
from shortimize_analytics.errors import (
    AuthenticationError,
    DataQualityWarning,
    IncompleteDataError,
    InvalidParameterError,
    NotFoundError,
    RateLimitError,
    ServerError,
)
from shortimize_analytics.schema import VIDEOS, empty
from shortimize_analytics.simulator import parse_fault

pytestmark = pytest.mark.usefixtures("now")

ACCOUNTS = [f"0000000{number}-1111-2222-3333-abcdefabcdef" for number in range(3)]
PAGE = {"limit": 5, "order_by": "created_at", "order_direction": "asc"}


def test_every_page_arrives_once_in_order_of_creation(simulator):
    with simulator(organisation=small_organisation()) as server, connect(server) as client:
        videos = sa.load_videos(client, page_size=4)
        assert videos["ad_id"].tolist() == [f"id-{number:03d}" for number in range(25)]
        assert videos.dtypes.equals(empty(VIDEOS).dtypes)
        assert len(server.log) == 7
        assert videos.attrs["requests"] == 7
        assert videos.attrs["quality"]["rows"] == 25
        json.dumps(videos.attrs)


def test_pages_are_right_while_videos_are_measured_under_the_walk(simulator):
    """The default order would repeat and lose rows here: see the second half."""
    import requests

    with simulator(organisation=small_organisation(200), drift=True) as server:
        with connect(server) as client:
            videos = sa.load_videos(client, page_size=20)
        assert videos["ad_id"].nunique() == len(videos) == 200
        naive = []
        for page in range(1, 11):
            answer = requests.get(
                f"{server.base_url}/videos",
                params={"page": page, "limit": 20},
                headers={"Authorization": f"Bearer {KEY}"},
                timeout=10,
            )
            naive += [row["ad_id"] for row in answer.json()["data"]]
        assert len(set(naive)) < 200


def test_a_page_of_exactly_the_limit_is_followed_by_a_look_behind_it(simulator):
    with simulator(organisation=small_organisation(8)) as server, connect(server) as client:
        assert len(sa.load_videos(client, page_size=4)) == 8
        assert len(server.log) == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("total_lies", "25 videos arrived, but the API announced 32"),
        ("missing", "videos arrived, but the API announced 25"),
        ("repeated", "repeats"),
        ("total_changes", "changed from 25 to 26 while the pages were read"),
    ],
)
def test_fewer_rows_than_announced_is_an_error_not_a_shorter_frame(simulator, fault, said):
    organisation = small_organisation()
    with (
        simulator(organisation=organisation, faults=[f"{fault}:path=/videos"]) as server,
        connect(server) as client,
        pytest.raises(IncompleteDataError, match=said) as caught,
    ):
        sa.load_videos(client, page_size=7)
    assert caught.value.exit_code == 5


def test_a_passing_shortfall_is_walked_again_without_the_cache(simulator):
    with simulator(organisation=small_organisation(), faults=["missing:times=1"]) as server, connect(server) as client:
        assert len(sa.load_videos(client, page_size=10)) == 25


def test_rows_that_come_twice_are_kept_once_and_counted(simulator):
    with simulator(organisation=small_organisation(), faults=["twice"]) as server, connect(server) as client:
        videos = sa.load_videos(client)
        assert len(videos) == 25
        assert videos.attrs["quality"]["duplicates"] == 1


def test_a_page_that_fails_is_an_error_with_everything_before_it_cached(simulator):
    with simulator(organisation=small_organisation()) as server:
        with connect(server) as client:
            client.get(Call(contract.LIST_VIDEOS, params=PAGE | {"page": 1}))
        server.service.faults.append(parse_fault("500"))
        with connect(server) as client, pytest.raises(ServerError):
            sa.load_videos(client, page_size=5)
        server.service.faults.clear()
        server.log.clear()
        with connect(server) as client:
            assert len(sa.load_videos(client, page_size=5)) == 25
        assert not any("page=1" in entry.query for entry in server.log)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"account": " @MINE "}, 9),
        ({"account": "tiktok/mine"}, 9),
        ({"account": "https://www.tiktok.com/@Mine"}, 9),
        ({"account": ACCOUNTS[1].upper()}, 8),
        ({"platform": "TikTok", "account": "mine"}, 9),
        ({"label": "plain"}, 13),
        ({"label": "l2"}, 13),
        ({"label": ["Hooks, v2", "Plain"]}, 25),
        ({"uploaded_start": "2026-11-01", "uploaded_end": "2026-11-01"}, 25),
        ({"updated_start": AS_OF}, 25),
        ({"has_metrics": True}, 25),
    ],
)
def test_filters_reach_the_api_and_are_on_the_frame(simulator, filters, expected):
    with (
        simulator(organisation=small_organisation(linked_account_id=[ACCOUNTS[n % 3] for n in range(25)])) as server,
        connect(server) as client,
    ):
        videos = sa.load_videos(client, **filters)
        assert len(videos) == expected
        assert set(videos.attrs["params"]) == set(filters)


def test_a_filter_that_matches_nothing_gives_a_typed_empty_frame_and_a_warning(simulator):
    with simulator(organisation=small_organisation()) as server, connect(server) as client:
        with pytest.warns(DataQualityWarning, match="no video matches account='mine', uploaded_start='2026-11-02'"):
            videos = sa.load_videos(client, account="mine", uploaded_start="2026-11-02")
        assert videos.dtypes.equals(empty(VIDEOS).dtypes)
        assert videos.empty


def test_an_account_that_nobody_tracks_is_an_error_that_asks_for_the_nearest(simulator):
    with simulator(organisation=small_organisation()) as server, connect(server) as client:
        with pytest.raises(InvalidParameterError, match="no tracked account is account='mien'; a renamed account"):
            sa.load_videos(client, account="mien")
        sa.load_videos(client)
        with pytest.raises(InvalidParameterError, match=r"account='mien' \(did you mean mine\?\)"):
            sa.load_videos(client, account="mien", uploaded_start="2026-11-02")


def test_a_handle_on_two_platforms_is_refused_with_both_unless_one_is_named(simulator):
    places = ["tiktok" if number % 2 else "youtube" for number in range(25)]
    with simulator(organisation=small_organisation(platform=places)) as server, connect(server) as client:
        with pytest.raises(InvalidParameterError, match=r"names 2 accounts, by videos: youtube/mine .*tiktok/mine"):
            sa.load_videos(client, account="mine")
        one, other = (sa.load_videos(client, **part) for part in ({"account": "tiktok/mine"}, {"platform": "YOUTUBE"}))
        assert set(one["platform"]) == {"tiktok"}
        assert set(other["platform"]) == {"youtube"}
        assert other.attrs["quality"]["other_platforms"] == 12
        with pytest.raises(InvalidParameterError, match=r"platform='youtub' has no video here \(did you mean youtube"):
            sa.load_videos(client, platform="youtub")


def test_a_label_is_one_that_exists_and_that_the_api_can_tell_from_others(simulator):
    labels = [{"id": "l1", "name": "Hooks, v2"}, {"id": "l2", "name": "Plain"}, {"id": "l3", "name": "Plain"}]
    organisation = replace(small_organisation(), collections=labels)
    with simulator(organisation=organisation) as server, connect(server) as client:
        with pytest.raises(InvalidParameterError, match=r"label='Hooks' is no label here \(did you mean Hooks, v2\?\)"):
            sa.load_videos(client, label="Hooks")
        for one in ("Plain", "l2"):
            with pytest.raises(InvalidParameterError, match=r"2 labels have that name \(l2, l3\)"):
                sa.load_videos(client, label=one)
        assert not any("/videos" in entry.path for entry in server.log)
        assert len(sa.load_videos(client, label=["l2", "l3"])) == 13


def test_foreign_rows_of_a_dash_handle_are_dropped_and_counted(simulator):
    organisation = small_organisation(
        platform="youtube", username=["my-channel" if number % 3 == 0 else "other" for number in range(25)]
    )
    with simulator(organisation=organisation) as server, connect(server) as client:
        with pytest.warns(DataQualityWarning, match="16 videos of other accounts came along"):
            videos = sa.load_videos(client, account="my-channel")
        assert len(videos) == 9
        assert videos.attrs["quality"]["other_accounts"] == 16


def test_a_bad_filter_costs_no_request(simulator):
    with simulator(organisation=small_organisation()) as server, connect(server) as client:
        with pytest.raises(InvalidParameterError, match="lies before"):
            sa.load_videos(client, uploaded_start="2026-11-02", uploaded_end="2026-11-01")
        assert not server.log


@pytest.mark.parametrize(
    "filters",
    [
        {"account": 5},
        {"account": ["mine"]},
        {"account": " @ "},
        {"account": "https://www.tiktok.com/"},
        {"uploaded_start": 5},
        {"updated_end": 5},
        {"ad_info_shop": "yes"},
        {"label": 5},
        {"label": [5]},
        {"page_size": "5"},
    ],
    ids=str,
)
def test_a_filter_of_another_type_is_refused_by_its_name(simulator, filters):
    with simulator(organisation=small_organisation()) as server, connect(server) as client:
        with pytest.raises(InvalidParameterError, match=next(iter(filters)).replace("page_size", "limit") + "="):
            sa.load_videos(client, **filters)
        assert not server.log


@pytest.mark.parametrize("tier", ["limited", "basic"])
def test_a_plan_that_masks_warns_with_its_name_and_gives_na(simulator, tier):
    with (
        simulator(organisation=small_organisation(), tier=tier, limit_requests=True) as server,
        connect(server, tier="auto") as client,
    ):
        with pytest.warns(DataQualityWarning, match=rf"1 of 1 videos have masked metrics \(tier {tier}\)"):
            videos = sa.load_videos(client)
        assert videos["latest_views"].isna().all()


def test_counts_missing_from_a_plan_that_masks_none_are_not_blamed_on_it(simulator):
    whole = small_organisation()
    few = replace(whole, masked=frozenset(whole.videos["ad_id"].iloc[:3]))
    said = "the API gave no figures for 3 of 25 videos"
    with (
        simulator(organisation=few) as server,
        connect(server) as client,
        pytest.warns(DataQualityWarning, match=said) as caught,
    ):
        videos = sa.load_videos(client)
    assert not [each for each in caught if "plan" in str(each.message).lower() or "tier" in str(each.message)]
    assert videos.attrs["quality"]["masked"] == 3
    assert not videos.attrs["quality"]["masked_by_plan"]
    notes = sa.period_summary(videos, sa.schema.empty(sa.schema.HISTORY)).quality["notes"]
    assert [note for note in notes if note.startswith("Measured, yet the API gave no counts: ")]


@pytest.mark.parametrize("column", ["latest_shares", "latest_views"])
def test_one_count_that_is_text_everywhere_is_not_blamed_on_the_plan(column):
    row = {"username": "mine", "latest_views": 9, "latest_likes": 2, "latest_updated_at": "2026-11-20T08:00:00Z"}
    rows = [row | {"ad_id": f"id-{place}", "label_ids": [], column: "N/A"} for place in range(4)]
    pages = {"total": 4, "page": 1, "limit": 5000, "total_pages": 1}
    with (
        canned((200, {"data": rows, "pagination": pages})) as server,
        connect(server) as client,
        pytest.warns(DataQualityWarning) as met,
    ):
        videos = sa.load_videos(client)
    said = [str(one.message) for one in met]
    assert said[0] == f"{column}: 4 value(s) unreadable and set to NA, e.g. 'N/A'"
    assert not any("plan" in text for text in said)
    assert not videos.attrs["quality"]["masked_by_plan"]
    assert videos.attrs["quality"]["masked"] == (4 if column == "latest_views" else 0)
    assert videos["latest_likes"].tolist() == [2] * 4


@pytest.mark.parametrize("mask", ["***", "Upgrade to see"])
def test_masks_of_text_are_recognised(simulator, mask):
    with simulator(organisation=small_organisation(), tier="basic", mask=mask) as server, connect(server) as client:
        with pytest.warns(DataQualityWarning, match="masked"):
            videos = sa.load_videos(client)
        assert videos.attrs["quality"]["masked"] == 1
        assert videos.attrs["quality"]["masked_by_plan"]
        assert videos.attrs["quality"]["unreadable"] == {}


def test_missing_label_names_are_filled_from_the_collections(simulator):
    organisation = small_organisation()
    with simulator(organisation=organisation, faults=["no_label_names"]) as server, connect(server) as client:
        videos = sa.load_videos(client)
        assert videos["label_names"].tolist() == organisation.videos["label_names"].tolist()
        assert videos.attrs["quality"]["label_names_filled"] == 25


UNNAMED = [
    {"ad_id": "x", "label_ids": ["l1", "l2"]},
    {"ad_id": "y", "label_ids": ["l2"], "label_names": ["Plain"]},
    {"ad_id": "z", "label_ids": ["l1"], "label_names": []},
]


def page_of(rows):
    return {"data": rows, "pagination": {"total": len(rows), "page": 1, "limit": 5000}, "filters": {}}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, {"error": "not in your plan"}, "GET /collections answered 403: not in your plan"),
        (404, {"message": "no such route"}, "GET /collections answered 404: no such route"),
        (500, {"detail": "broken"}, "GET /collections answered 500: broken"),
        (200, {"labels": 5}, "GET /collections"),
        (200, {"data": LABELS[:1], "count": 2}, "1 of 2 collections arrived"),
    ],
)
@pytest.mark.parametrize("loader", [sa.load_videos, lambda client: sa.load_account_videos(client, "a")])
def test_labels_keep_their_ids_where_the_collections_fail(loader, status, body, reason):
    with canned((200, page_of(UNNAMED)), (status, body)) as server, connect(server) as client:
        with pytest.warns(DataQualityWarning, match="3 labels have no name, and their id stands in for it") as caught:
            videos = loader(client)
        assert videos["label_names"].tolist() == [["l1", "l2"], ["Plain"], ["l1"]]
    assert [str(each.message) for each in caught if reason in str(each.message)]
    assert all(each.filename == __file__ for each in caught)
    quality = videos.attrs["quality"]
    assert (quality["labels_without_name"], quality["label_names_filled"]) == (3, 0)


@pytest.mark.parametrize(("status", "error"), [(401, AuthenticationError), (429, RateLimitError)])
def test_a_wrong_key_or_a_spent_quota_is_an_error_at_the_collections_too(status, error):
    with canned((200, page_of(UNNAMED)), (status, {})) as server, connect(server) as client, pytest.raises(error):
        sa.load_videos(client)


def test_a_load_whose_collections_failed_works_offline_and_gets_its_names_later():
    with canned((200, page_of(UNNAMED)), (403, {}), (200, {"data": LABELS, "count": 2})) as server:
        with connect(server) as client, pytest.warns(DataQualityWarning, match="answered 403"):
            sa.load_videos(client)
        with connect(server, offline=True) as client, pytest.warns(DataQualityWarning, match="was never loaded"):
            assert sa.load_videos(client)["label_names"].tolist()[0] == ["l1", "l2"]
        with connect(server) as client:
            assert sa.load_videos(client)["label_names"].tolist()[0] == ["Hooks, v2", "Plain"]


def test_what_was_scraped_with_youtube_titles_is_cut_counted_and_shown():
    cases = lines_of("titles.jsonl")
    rows = [
        {name: case[name] for name in ("platform", "username", "title")} | {"ad_id": f"id-{n}", "label_ids": []}
        for n, case in enumerate(cases)
    ]
    with canned((200, page_of(rows)), (200, {"data": [], "count": 0})) as server, connect(server) as client:
        videos = sa.load_videos(client)
    titles = videos["title"].astype(object).where(videos["title"].notna(), None)
    assert titles.tolist() == [case["read"] for case in cases]
    cut = [f"id-{n}" for n, case in enumerate(cases) if case["read"] != case["title"]]
    assert videos.attrs["quality"]["repaired"] == {"platform": 1, "username": 1, "title": len(cut)}
    assert videos["platform"].dropna().unique().tolist() == ["youtube", "tiktok"]
    assert videos.attrs["quality"]["evidence"]["repaired_title"] == cut


def test_the_demo_s_title_that_names_another_handle_is_kept_by_every_loader_of_videos():
    with sa.connect(demo=True) as client:
        with pytest.warns(DataQualityWarning, match="no figures for 2 of"):
            whole = sa.load_videos(client)
        ad_id = whole.loc[whole["title"] == "Paper rocket, full build @user 9 days ago", "ad_id"].item()
        account = whole.loc[whole["ad_id"] == ad_id, "linked_account_id"].item()
        for frame in (whole, sa.load_video(client, ad_id), sa.load_account_videos(client, account)):
            assert frame.loc[frame["ad_id"] == ad_id, "title"].item() == "Paper rocket, full build @user 9 days ago"
            assert frame.attrs["quality"]["repaired"] == {}


def test_a_count_below_zero_is_no_count(simulator):
    organisation = small_organisation(3, latest_views=pd.array([-5, 7, 9], dtype="Int64"))
    with (
        simulator(organisation=organisation) as server,
        connect(server) as client,
        pytest.warns(DataQualityWarning, match="latest_views: 1 value"),
    ):
        videos = sa.load_videos(client)
    assert videos["latest_views"].isna().tolist() == [True, False, False]


def test_one_video_is_found_by_id_and_by_link(simulator):
    with simulator(organisation=small_organisation()) as server, connect(server) as client:
        by_id = sa.load_video(client, "id-007")
        by_link = sa.load_video(client, "https://www.tiktok.com/@mine/video/7")
        assert by_id["ad_id"].tolist() == by_link["ad_id"].tolist() == ["id-007"]
        with pytest.raises(NotFoundError, match="tracks no such video"):
            sa.load_video(client, "id-999")


@pytest.mark.parametrize("account", ["account-0", "https://www.tiktok.com/@mine"])
def test_an_account_is_loaded_by_id_or_link_page_by_page(simulator, account):
    with simulator(organisation=small_organisation()) as server, connect(server) as client:
        videos = sa.load_account_videos(client, account, page_size=4)
        assert len(videos) == 9
        assert set(videos["linked_account_id"]) == {"account-0"}


def test_collections_are_loaded_with_their_count_checked(simulator):
    with simulator(organisation=small_organisation()) as server, connect(server) as client:
        assert sa.load_labels(client).to_dict("records") == LABELS
    with (
        simulator(organisation=small_organisation(), faults=["missing:path=/collections"]) as server,
        connect(server) as client,
        pytest.raises(IncompleteDataError, match="1 of 2 collections"),
    ):
        sa.load_labels(client)
