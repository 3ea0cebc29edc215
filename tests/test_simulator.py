"""The simulator behaves as the vendor's page and the clients' reports say, over a real socket."""

from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest
import requests

from shortimize_analytics import api
from shortimize_analytics.errors import ConfigError
from shortimize_analytics.simulator import Organisation, demo_organisation, parse_fault


@pytest.fixture(scope="module")
def demo():
    return demo_organisation()


@pytest.fixture
def ask(simulator, demo):
    """Ask a served demo: `ask(path, params, **service options)`."""
    opened = []

    def call(path, params=None, *, method="GET", json=None, key="k", **options):
        if options or not opened:
            opened.append(simulator(organisation=demo, **options))
            call.server = opened[-1].__enter__()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return requests.request(
            method, call.server.base_url + path, params=params, json=json, headers=headers, timeout=10,
            allow_redirects=False,
        )  # fmt: skip

    yield call
    for server in opened:
        server.__exit__(None, None, None)


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
    assert ask("/videos", {"limit": 20000}).json()["pagination"]["limit"] == api.API_PAGE_LIMIT


@pytest.mark.parametrize("params", [{"sort": "views"}, {"page": 0}, {"order_by": "likes"}, {"has_metrics": "yes"}])
def test_what_the_api_does_not_know_is_refused(ask, params):
    answer = ask("/videos", params)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Bad request"


@pytest.mark.parametrize(("path", "status"), [("/video", 404), ("/videos/nope", 404), ("/accounts/nope/videos", 404)])
def test_unknown_paths_and_things_are_not_found(ask, path, status):
    assert ask(path).status_code == status


def test_no_key_or_a_wrong_one_is_unauthorised(ask):
    assert ask("/authenticate", key="", api_keys={"right"}).status_code == 401
    assert ask("/authenticate", key="wrong").status_code == 401
    assert ask("/authenticate", key="right").status_code == 200


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


def test_the_limit_is_exact_per_family_and_key(ask):
    codes = [ask("/collections", tier="limited", limit_requests=True).status_code]
    codes += [ask("/collections").status_code for _ in range(6)]
    assert codes == [200] * 5 + [429] * 2
    refused = ask("/collections")
    assert refused.headers["RateLimit-Limit"] == "5"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert ask("/collections", key="another").status_code == 200


def test_tracking_adds_a_video_once_and_stopping_takes_it_out(ask):
    link = "https://www.tiktok.com/@someone.new/video/7000000000000000001"
    first = ask("/videos", method="POST", json={"link": link}).json()
    again = ask("/videos", method="POST", json={"link": link}).json()
    assert "error" not in first
    assert again["error"] == "Video is already tracked"
    assert first["videoId"] == again["videoId"]
    assert ask(f"/videos/{first['videoId']}").json()["latest_views"] is None
    assert ask("/videos", method="DELETE", json={"id": link}).json() == {"message": "Video is no longer tracked"}
    assert ask(f"/videos/{first['videoId']}").status_code == 404


def test_a_bulk_request_answers_for_each_link_and_refuses_more_than_a_hundred(ask):
    links = ["https://www.tiktok.com/@a/video/1", "not a link", "https://www.tiktok.com/@a/video/1"]
    answer = ask("/videos/bulk", method="POST", json={"links": links}).json()
    assert answer["summary"] == {"total": 3, "tracked": 1, "already_tracked": 1, "failed": 1}
    assert ask("/videos/bulk", method="POST", json={"links": links * 34}).status_code == 400
    ids = [result["videoId"] for result in answer["results"] if "videoId" in result]
    assert ask("/videos/bulk", method="DELETE", json={"ids": ids[:1]}).json()["success"]


def test_the_date_header_is_the_services_clock(ask, demo):
    sent = parsedate_to_datetime(ask("/authenticate").headers["Date"])
    assert sent == demo.as_of.replace(microsecond=0)


def test_a_fault_strikes_as_often_and_where_it_was_told_to(ask):
    codes = [ask("/collections", faults=["503:times=2,path=/collections"]).status_code]
    codes += [ask(path).status_code for path in ("/authenticate", "/collections", "/collections")]
    assert codes == [503, 200, 503, 200]


@pytest.mark.parametrize("text", ["nonsense", "429:times=x", "429:when=now"])
def test_an_unknown_fault_is_refused(text):
    with pytest.raises(ConfigError, match="fault"):
        parse_fault(text)


def test_a_file_that_is_no_table_of_videos_is_refused(tmp_path, demo):
    (tmp_path / "x.parquet").write_bytes(b"not parquet")
    with pytest.raises(ConfigError, match=r"x\.parquet cannot be read"):
        Organisation.from_parquet(tmp_path / "x.parquet")
    demo.videos[["username"]].to_parquet(tmp_path / "y.parquet")
    with pytest.raises(ConfigError, match="must have a column ad_id"):
        Organisation.from_parquet(tmp_path / "y.parquet")
