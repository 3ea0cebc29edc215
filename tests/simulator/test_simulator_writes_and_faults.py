"""The simulator's limits, writes, faults and sources: what a client meets besides reads."""

import http.client
import threading
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import numpy as np
import pandas as pd
import pytest
import requests
from played_faults import fault as played

from shortimize_analytics.errors import ConfigError
from shortimize_analytics.schema.tables import API_VIDEOS
from shortimize_analytics.simulator import Organisation, Service, ServiceAdapter, parse_fault


def test_the_limit_is_exact_per_family_and_key(ask):
    codes = [ask("/collections", tier="limited", limit_requests=True).status_code]
    codes += [ask("/collections").status_code for _ in range(6)]
    assert codes == [200] * 5 + [429] * 2
    refused = ask("/collections")
    assert refused.headers["RateLimit-Limit"] == "5"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert ask("/collections", key="another").status_code == 200


def test_the_window_slides_and_families_are_counted_apart(demo):
    now = [0.0]
    service = Service(demo, tier="limited", monotonic=lambda: now[0])
    ad_id = demo.videos["ad_id"][0]

    def at(second, path="/collections"):
        now[0] = second
        return service.handle("GET", path, query="", headers={"Authorization": "Bearer k"})

    assert [at(second).status for second in (0, 10, 20, 30, 40, 50)] == [200] * 5 + [429]
    assert at(50).headers["Retry-After"] == "10"
    assert at(50.5).headers["Retry-After"] == "10"  # rounded up: obeyed to the second, it is enough
    assert at(50, f"/videos/{ad_id}/history").headers["RateLimit-Remaining"] == "4"
    assert at(59.9).status == 429
    assert at(60).status == 200
    assert at(69.9).status == 429
    assert at(70).headers["RateLimit-Remaining"] == "0"


def test_the_limit_holds_across_threads(ask):
    ask("/authenticate", tier="limited", limit_requests=True)
    codes = []
    threads = [threading.Thread(target=lambda: codes.append(ask("/collections").status_code)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] * 4 + [429] * 8
    assert len(ask.server.log) == 13


def test_tracking_adds_a_video_once_and_stopping_takes_it_out(ask):
    link = "https://www.tiktok.com/@someone.new/video/7000000000000000001"
    first = ask("/videos", method="POST", json={"link": link}).json()
    again = ask("/videos", method="POST", json={"link": link}).json()
    assert "error" not in first
    assert again["error"] == "Video is already tracked"
    assert first["videoId"] == again["videoId"]
    assert ask(f"/videos/{first['videoId']}").json()["latest_views"] is None
    assert ask("/videos", {"username": "someone.new"}).json()["pagination"]["total"] == 1
    assert ask("/videos", method="DELETE", json={"id": link}).json() == {"message": "Video is no longer tracked"}
    assert ask("/videos", {"username": "someone.new"}).json()["pagination"]["total"] == 0
    once_more = ask("/videos", method="POST", json={"link": link}).json()
    assert once_more == first
    assert ask("/videos", {"username": "someone.new"}).json()["pagination"]["total"] == 1


def test_figures_remain_readable_after_tracking_was_stopped(ask, demo):
    ad_id = demo.videos.loc[demo.videos["latest_views"].idxmax(), "ad_id"]
    before = ask(f"/videos/{ad_id}/history").json()
    assert ask(f"/videos/{ad_id}", method="DELETE").json() == {"message": "Video is no longer tracked"}
    assert ask(f"/videos/{ad_id}").json()["removed"] is True
    assert ask(f"/videos/{ad_id}/history").json() == before
    assert ad_id not in {row["ad_id"] for row in ask("/videos").json()["data"]}
    assert not demo.videos.set_index("ad_id").loc[ad_id, "removed"]


def test_a_tracked_video_joins_its_account_and_its_collections(ask, demo):
    mate = demo.videos[demo.videos["platform"] == "tiktok"].iloc[0]
    label = demo.collections[0]
    link = f"https://www.tiktok.com/@{mate['username']}/video/7000000000000000002"
    body = {"link": link, "collection_ids": [label["id"]], "collection_names": ["Brand new", "Brand new"]}
    made = ask(f"/videos/{ask('/videos', method='POST', json=body).json()['videoId']}").json()
    assert made["linked_account_id"] == mate["linked_account_id"]
    assert (made["platform"], made["organisation_id"]) == ("tiktok", mate["organisation_id"])
    assert made["label_names"] == [label["name"], "Brand new", "Brand new"]
    listed = ask("/collections").json()
    assert listed["count"] == len(listed["data"]) == len(demo.collections) + 1
    found = ask("/videos", {"collections": quote("Brand new")}).json()["data"]
    assert [row["ad_id"] for row in found] == [made["ad_id"]]
    refused = ask("/videos", method="POST", json={"link": link + "0", "collection_ids": ["nope"]})
    assert refused.status_code == 400


def test_a_link_of_no_platform_is_refused(ask):
    assert ask("/videos", method="POST", json={"link": "https://blog.example.org/@me/1"}).status_code == 400


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


LISTED = {"limit": 50, "order_by": "created_at", "order_direction": "asc"}


def test_faults_of_lists_change_rows_and_totals(ask):
    true = ask("/videos", LISTED).json()
    ids = [row["ad_id"] for row in true["data"]]
    for name, expected in (
        ("missing", ids[:-1]),
        ("repeated", [*ids[:1], *ids[:-1]]),
        ("twice", [*ids, ids[-1]]),
    ):
        assert [row["ad_id"] for row in ask("/videos", LISTED, faults=[name]).json()["data"]] == expected, name
    assert ask("/videos", LISTED, faults=["total_lies"]).json()["pagination"]["total"] > true["pagination"]["total"]
    assert all("brand_new" in row for row in ask("/videos", LISTED, faults=["unknown_fields"]).json()["data"])
    assert {type(row["video_length"]) for row in ask("/videos", LISTED, faults=["masked"]).json()["data"]} == {int}


def test_faults_of_history_change_its_shape_but_not_what_it_says(ask, demo):
    grown = demo.videos[(demo.videos["latest_views"] > 10_000) & (demo.videos["uploaded_at"] < "2026-10-01")]
    path = f"/videos/{grown['ad_id'].iloc[0]}/history"
    true = ask(path).json()
    assert ask(path, faults=["wrapped"]).json() == {"history": true}
    assert ask(path, faults=["wrapped_data"]).json() == {"data": {"history": true}}
    per_day = ask(path, faults=["per_day"]).json()
    assert np.cumsum([row["views"] for row in reversed(per_day)]).tolist() == [row["views"] for row in reversed(true)]
    shuffled = ask(path, faults=["shuffled"]).json()
    assert len(shuffled) > len(true)
    assert {row["date"] for row in shuffled} == {row["date"] for row in true}
    assert [row["date"] for row in shuffled] != sorted((row["date"] for row in shuffled), reverse=True)
    assert [int(row["views"]) for row in ask(path, faults=["text_numbers"]).json()] == [row["views"] for row in true]


@pytest.mark.parametrize(
    ("fault", "error"), [("reset", requests.ConnectionError), ("reset_body", requests.exceptions.ChunkedEncodingError)]
)
def test_connections_break_over_sockets_and_in_process_alike(ask, demo, fault, error):
    with pytest.raises((error, requests.ConnectionError)):
        ask("/collections", faults=[fault])
    session = requests.Session()
    session.mount("http://demo.invalid", ServiceAdapter(Service(demo, limit_requests=False, faults=[played(fault)])))
    with pytest.raises(error):
        session.get("http://demo.invalid/collections", headers={"Authorization": "Bearer k"})


def test_broken_bodies_statuses_and_redirects_come_as_asked(ask):
    assert ask("/collections", faults=["empty"]).content == b""
    with pytest.raises(requests.JSONDecodeError):
        ask("/collections", faults=["truncated"]).json()
    assert "Retry-After" not in ask("/collections", faults=["429"]).headers
    assert ask("/collections", faults=["429_wait:seconds=7"]).headers["Retry-After"] == "7"
    assert ask("/collections", faults=["502"]).headers["Content-Type"] == "text/html"
    assert ask("/collections", faults=["redirect"]).headers["Location"].startswith("https://elsewhere.invalid")


def test_already_tracked_can_be_told_in_the_other_shape(ask, demo):
    link = demo.videos["ad_link"][0]
    usual = ask("/videos", method="POST", json={"link": link}, faults=[]).json()
    other = ask("/videos", method="POST", json={"link": link}, faults=["already_nested"])
    assert other.status_code == 409
    assert other.json()["properties"] == usual


def test_the_adapter_answers_as_the_socket_does(ask, demo):
    session = requests.Session()
    session.mount("http://demo.invalid", ServiceAdapter(Service(demo, limit_requests=False)))
    near = session.get("http://demo.invalid/videos", params=LISTED, headers={"Authorization": "Bearer k"})
    far = ask("/videos", LISTED)
    assert near.content == far.content
    assert dict(near.headers) == {name: value for name, value in far.headers.items() if name != "Content-Length"}
    assert (near.status_code, near.reason) == (far.status_code, far.reason) == (200, "OK")


def test_a_connection_is_kept_for_the_next_request(ask):
    ask("/authenticate")
    connection = http.client.HTTPConnection(urlsplit(ask.server.base_url).netloc, timeout=10)
    sockets = []
    for _ in range(2):
        connection.request("GET", "/collections", headers={"Authorization": "Bearer k"})
        connection.getresponse().read()
        sockets.append(connection.sock)
    connection.close()
    assert sockets[0] is sockets[1] is not None


def test_each_row_is_the_frames_row_in_json(ask, demo):
    rows = {row["ad_id"]: row for row in ask("/videos").json()["data"]}
    plain = demo.videos[~demo.videos["ad_id"].isin(demo.vanished | demo.masked | demo.nameless)]
    assert len(plain) > 600
    for expected in plain.to_dict("records"):
        row = rows[expected["ad_id"]]
        assert list(row) == API_VIDEOS.names
        for name, value in expected.items():
            if isinstance(value, pd.Timestamp):
                assert pd.Timestamp(row[name]) == value
            elif not isinstance(value, list) and pd.isna(value):
                assert row[name] is None
            else:
                assert row[name] == value
    assert {rows[ad_id]["latest_views"] for ad_id in demo.masked} == {"***"}
    assert all("label_names" not in rows[ad_id] for ad_id in demo.nameless)


def test_parquet_of_another_shape_is_served_with_its_categories_as_labels(ask, tmp_path):
    videos = pd.DataFrame(
        {
            "ad_id": ["a", "b"],
            "platform": "youtube",
            "uploaded_at": ["2026-03-01", None],
            "latest_views": [10, None],
            "latest_likes": [1, None],
            "latest_updated_at": pd.to_datetime(["2026-03-04 05:00", None], utc=True),
            "created_at": pd.to_datetime("2026-03-02", utc=True),
            "category": ["Comedy, dark", None],
            "n_history_days": 3,
        }
    )
    days = pd.DataFrame({"ad_id": "a", "date": ["2026-03-05", "2026-03-03"], "views": [11, 9], "likes": [2, 1]})
    videos.to_parquet(tmp_path / "v.parquet")
    days.to_parquet(tmp_path / "h.parquet")
    organisation = Organisation.from_parquet(tmp_path / "v.parquet", tmp_path / "h.parquet")
    assert organisation.as_of.isoformat() == "2026-03-05T00:00:00+00:00"
    rows = ask("/videos", {"order_by": "uploaded_at"}, organisation=organisation).json()["data"]
    assert [row["label_names"] for row in rows] == [["Comedy, dark"], []]
    assert "n_history_days" not in rows[0]
    assert (rows[0]["removed"], rows[0]["latest_engagement"], rows[1]["latest_views"]) == (False, 1, None)
    history = ask("/videos/a/history").json()
    assert [(row["date"], row["views"], row["engagements"]) for row in history] == [
        ("2026-03-05", 11, 2),
        ("2026-03-03", 9, 1),
    ]
    assert ask("/videos/b/history").json() == []


def test_real_data_is_served_whole(ask, real_data):
    organisation = Organisation.from_parquet(real_data / "videos.parquet", real_data / "history.parquet")
    ask("/authenticate", organisation=organisation)
    total = ask("/videos", {"limit": 1}).json()["pagination"]["total"]
    assert total == len(pd.read_parquet(real_data / "videos.parquet", columns=["ad_id"]))
    days = pd.read_parquet(real_data / "history.parquet")
    ad_id = days["ad_id"].value_counts().index[0]
    rows = ask(f"/videos/{ad_id}/history", {"start_date": "2025-12-01"}).json()
    expected = days[days["ad_id"] == ad_id].sort_values("date", ascending=False)
    assert [(row["date"], row["views"]) for row in rows] == list(zip(expected["date"], expected["views"], strict=True))


@pytest.mark.parametrize("text", ["nonsense", "429:times=x", "429:times=0", "429:every=0", "429:when=now", "429:often"])
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
