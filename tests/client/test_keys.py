"""A key reaches its own host and its own rows alone."""

import pytest
from canned_server import canned
from faulty_loads import ROWS, attempt
from organisations import connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.errors import ApiError, OfflineError
from shortimize_analytics.simulator import Service, serve

pytestmark = pytest.mark.usefixtures("now")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_follows_no_redirect_to_another_host(status, tries):
    with canned((200, {"data": []})) as elsewhere:
        location = {"Location": f"{elsewhere.base_url}/videos"}
        with canned((status, b"", location)) as server, connect(server) as client:
            for load in (
                lambda: sa.load_videos(client),
                lambda: sa.load_video(client, "x"),
                lambda: sa.track_videos(client, ["https://www.tiktok.com/@a/video/1"]),
            ):
                _, error, _ = attempt(load, tries=tries)
                assert isinstance(error, ApiError)
                assert "redirects elsewhere, and the key does not follow" in str(error)
            assert len(server.asked) == 3
        assert elsewhere.asked == []


class ByKey:
    """One address, an organisation per key."""

    def __init__(self, services):
        self.services = services
        self.log = []

    def handle(self, method, path, *, headers, **rest):
        return self.services[headers["Authorization"].split()[-1]].handle(method, path, headers=headers, **rest)


def test_two_keys_on_one_machine_never_see_each_others_rows():
    """The same ids, the same folder, the same address: only the key differs, and every value."""
    keys = {"key-of-one": 1_000_000, "key-of-two": 2_000_000}
    services = {}
    for key, offset in keys.items():
        organisation = small_organisation(ROWS)
        organisation.videos["latest_views"] += offset
        organisation.videos["title"] = f"of {offset}"
        organisation.history["views"] += offset
        services[key] = Service(organisation, limit_requests=False)

    def own(client, offset):
        videos = sa.load_videos(client)
        history = sa.load_history(client, videos)
        kept = sa.load_archive(client)
        for frame in (videos, kept.videos):
            assert set(frame["title"]) == {f"of {offset}"}
            assert frame["latest_views"].between(offset, offset + 999_999).all()
        for frame in (history, kept.history):
            assert len(frame) == ROWS * 10
            assert frame["views"].between(offset, offset + 999_999).all()

    with serve(ByKey(services)) as server:
        for mode in ({}, {}, {"refresh": True}, {"offline": True}):
            for key, offset in keys.items():
                with connect(server, api_key=key, **mode) as client:
                    own(client, offset)
        with connect(server, api_key="key-of-none", offline=True) as client:
            with pytest.raises(OfflineError, match="never loaded"):
                sa.load_videos(client)
            assert sa.load_archive(client).history.empty
            assert sa.load_archive(client).videos.empty
        url = server.base_url.replace("127.0.0.1", "localhost")
        with (
            connect(server, api_key="key-of-one", base_url=url, offline=True) as client,
            pytest.raises(OfflineError, match="never loaded"),
        ):
            sa.load_videos(client)
