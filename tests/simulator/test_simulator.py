"""The simulator behaves as the vendor's page and the clients' reports say, over a real socket."""

import json
from urllib.parse import quote

import pandas as pd
import pytest
import requests

from shortimize_analytics.client import contract
from shortimize_analytics.schema.tables import API_VIDEOS


def test_a_page_says_what_was_asked_and_how_much_there_is(ask, demo):
    answer = ask("/videos", {"limit": 10, "page": 2, "order_by": "latest_views", "order_direction": "desc"}).json()
    listed = len(demo.videos) - len(demo.vanished)
    assert answer["pagination"] == {
        "total": listed,
        "page": 2,
        "limit": 10,
        "total_pages": -(-listed // 10),
        "order_by": "latest_views",
        "order_direction": "desc",
    }
    views = [row["latest_views"] for row in answer["data"]]
    numbers = [value for value in views if isinstance(value, int)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(views) == 10


def test_a_limit_above_the_vendors_is_capped_and_reported(ask):
    assert ask("/videos", {"limit": 20000}).json()["pagination"]["limit"] == contract.API_PAGE_LIMIT


@pytest.mark.parametrize("params", [{"sort": "views"}, {"page": 0}, {"order_by": "likes"}, {"has_metrics": "yes"}])
def test_what_the_api_does_not_know_is_refused(ask, params):
    answer = ask("/videos", params)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Bad request"


def test_a_parameter_comes_once_and_in_its_place(ask, demo):
    ad_id = demo.videos["ad_id"][0]
    assert ask("/videos", [("page", 1), ("page", 2)]).status_code == 400
    assert ask(f"/videos/{ad_id}", {"force": "1"}, method="DELETE").status_code == 400
    assert ask("/videos/bulk", method="POST", json={"links": 5}).status_code == 400
    assert ask("/videos", method="POST", json=["link"]).status_code == 400
    url = ask.server.base_url + "/videos"
    headers = {"Authorization": "Bearer k", "Content-Type": "text/plain"}
    link = json.dumps({"link": "https://www.tiktok.com/@a/video/1"})
    assert requests.post(url, data=link, headers=headers, timeout=10).status_code == 415


@pytest.mark.parametrize(("path", "status"), [("/video", 404), ("/videos/nope", 404), ("/accounts/nope/videos", 404)])
def test_unknown_paths_and_things_are_not_found(ask, path, status):
    assert ask(path).status_code == status


def test_no_key_or_a_wrong_one_is_unauthorised(ask):
    assert ask("/authenticate", key="", api_keys={"right"}).status_code == 401
    assert ask("/authenticate", key="wrong").status_code == 401
    assert ask("/authenticate", key="right").status_code == 200
    url = ask.server.base_url + "/authenticate"
    assert requests.get(url, headers={"authorization": "bearer right"}, timeout=10).status_code == 200
    for wrong in ("right", "Basic right", "Bearer", ""):
        assert requests.get(url, headers={"Authorization": wrong}, timeout=10).status_code == 401


def filtered(ask, **filters):
    answer = ask("/videos", filters).json()
    assert answer["pagination"]["total"] == len(answer["data"]) > 0
    return pd.DataFrame(answer["data"])


def test_date_and_time_ranges_are_inclusive_and_leave_out_nulls(ask, demo):
    days = filtered(ask, uploaded_at_start="2026-09-07", uploaded_at_end="2026-09-13")["uploaded_at"]
    assert (days.min(), days.max()) == ("2026-09-07", "2026-09-13")
    listed = demo.videos[~demo.videos["ad_id"].isin(demo.vanished)]
    instant = listed["latest_updated_at"].dropna().sort_values().iloc[5].isoformat()
    after = filtered(ask, latest_updated_at_start=instant)
    until = filtered(ask, latest_updated_at_end=instant)
    assert len(after) + len(until) == listed["latest_updated_at"].notna().sum() + 1
    assert set(after["ad_id"]) & set(until["ad_id"]) == set(
        listed.loc[listed["latest_updated_at"] == pd.Timestamp(instant), "ad_id"]
    )


def test_shop_metrics_and_account_filters_select_what_they_name(ask, demo):
    listed = demo.videos[~demo.videos["ad_id"].isin(demo.vanished)]
    shop = listed["ad_info_shop"].fillna(value=False)
    assert len(filtered(ask, ad_info_shop="true")) == shop.sum()
    assert len(filtered(ask, ad_info_shop="false")) == (~shop).sum()
    assert len(filtered(ask, ad_product_id_shop="true")) == listed["ad_product_id_shop"].notna().sum()
    assert filtered(ask, has_metrics="true")["latest_views"].notna().all()
    account = listed["linked_account_id"].iloc[0]
    assert set(filtered(ask, linked_account_id=account)["linked_account_id"]) == {account}


def test_collection_names_are_decoded_one_by_one_and_joined_by_or(ask, demo):
    names = [entry["name"] for entry in demo.collections]
    comma = next(name for name in names if "," in name)
    other = next(name for name in names if "," not in name)
    both = filtered(ask, collections=",".join(quote(name, safe="") for name in (comma, other)))
    ids = {entry["id"] for entry in demo.collections if entry["name"] in {comma, other}}
    listed = demo.videos[~demo.videos["ad_id"].isin(demo.vanished)]
    expected = listed["label_ids"].map(lambda labels: bool(ids & set(labels)))
    assert set(both["ad_id"]) == set(listed.loc[expected, "ad_id"])


def test_a_youtube_handle_with_a_dash_brings_other_channels(ask, demo):
    youtube = demo.videos[demo.videos["platform"] == "youtube"]
    handle = youtube.loc[youtube["username"].str.contains("-"), "username"].iloc[0]
    assert filtered(ask, username=handle)["username"].nunique() > 1


def walk(ask, **order):
    pages = [ask("/videos", {"page": page, "limit": 100, **order}).json() for page in range(1, 8)]
    assert len({page["pagination"]["total"] for page in pages}) == 1
    return [row["ad_id"] for page in pages for row in page["data"]]


def test_pages_repeat_and_miss_rows_under_drift_in_the_default_order_only(ask, demo):
    listed = set(demo.videos["ad_id"]) - demo.vanished
    ask("/authenticate", drift=True)
    moving, still = walk(ask), walk(ask, order_by="created_at", order_direction="asc")
    assert len(moving) == len(still) == len(listed)
    assert len(set(moving)) < len(listed)
    assert set(still) == listed


def test_the_username_filter_is_case_sensitive_and_takes_no_at_sign(ask, demo):
    name = demo.videos["username"].mode()[0]
    assert ask("/videos", {"username": name}).json()["pagination"]["total"] > 0
    assert ask("/videos", {"username": "@" + name}).json()["pagination"]["total"] == 0
    assert ask("/videos", {"username": name.upper()}).json()["pagination"]["total"] == 0


def test_history_is_a_bare_array_newest_first_of_thirty_days_unless_asked(ask, demo):
    oldest = demo.videos.loc[demo.videos["uploaded_at"].idxmin(), "ad_id"]
    rows = ask(f"/videos/{oldest}/history").json()
    dates = [row["date"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    assert set(rows[0]) == {"date", "views", "likes", "comments", "shares", "bookmarks", "engagements"}
    assert len(rows) <= 31
    ranged = ask(f"/videos/{oldest}/history", {"start_date": dates[5], "end_date": dates[3]}).json()
    assert [row["date"] for row in ranged] == dates[3:6]


def test_history_reaches_ninety_days_back_below_premium(ask, demo):
    ad_id = demo.videos["ad_id"][0]
    long_ago = {"start_date": "2026-06-01"}
    assert ask(f"/videos/{ad_id}/history", long_ago, tier="premium").status_code == 200
    refused = ask(f"/videos/{ad_id}/history", long_ago, tier="basic")
    assert refused.status_code == 400
    assert "90 days" in refused.json()["detail"]


def test_a_video_is_found_by_id_and_by_encoded_link(ask, demo):
    row = demo.videos[~demo.videos["ad_id"].isin(demo.vanished | demo.masked)].iloc[0]
    by_id = ask(f"/videos/{row['ad_id']}").json()
    by_link = ask(f"/videos/{quote(row['ad_link'], safe='')}").json()
    assert by_id["ad_link"] == by_link["ad_link"] == row["ad_link"]


def test_an_account_answers_a_raw_array_unless_paginated(ask, demo):
    account = demo.videos["linked_account_id"].mode()[0]
    raw = ask(f"/accounts/{account}/videos").json()
    paged = ask(f"/accounts/{account}/videos", {"paginated": "true", "limit": 5}).json()
    assert isinstance(raw, list)
    assert paged["pagination"]["total"] == len(raw)
    assert len(paged["data"]) == 5
    missing = set(API_VIDEOS.names) - set(raw[0])
    assert missing == set(API_VIDEOS.names) - set(paged["data"][0]) == {"increase_14d", "increase_30d"}


def test_an_account_is_found_by_its_link_on_its_own_platform_only(ask, demo):
    row = demo.videos[demo.videos["platform"] == "tiktok"].iloc[0]
    link, elsewhere = (f"https://www.{host}.com/@{row['username']}" for host in ("tiktok", "youtube"))
    videos = ask(f"/accounts/{quote(link, safe='')}/videos").json()
    assert {video["linked_account_id"] for video in videos} == {row["linked_account_id"]}
    assert ask(f"/accounts/{quote(elsewhere, safe='')}/videos").status_code == 404


def test_account_videos_are_filtered_by_day_of_upload(ask, demo):
    account = demo.videos["linked_account_id"].mode()[0]
    days = {"start_date": "2026-09-01", "end_date": "2026-09-30"}
    uploads = [row["uploaded_at"] for row in ask(f"/accounts/{account}/videos", days).json()]
    assert uploads
    assert all("2026-09-01" <= day <= "2026-09-30" for day in uploads)


def test_a_vanished_video_is_neither_listed_nor_found(ask, demo):
    gone = next(iter(demo.vanished))
    assert ask(f"/videos/{gone}").status_code == 404
    listed = ask("/videos", {"limit": 5000}).json()["data"]
    assert gone not in {row["ad_id"] for row in listed}


@pytest.mark.parametrize("tier", ["limited", "basic"])
def test_plans_below_premium_get_one_masked_row(ask, tier):
    answer = ask("/videos", tier=tier, mask="***").json()
    assert answer["pagination"]["total"] == len(answer["data"]) == 1
    assert answer["data"][0]["latest_views"] == "***"
    assert answer["data"][0]["title"] != "***"
