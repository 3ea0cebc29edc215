"""Every fault that clients met, and those a network makes, against every loader over real sockets.

Whatever the server does, a load ends in the right frame, in a frame that says by a warning what is not right, or in a
typed error with the next step: never in fewer rows without a word, never in an untyped exception, never with the key in
it, and always after a bounded number of requests. `docs/faults.md` is the table for users.
"""

from functools import cache

import pandas as pd
import pytest
from faulty_loads import LOADERS, ROWS, attempt
from organisations import connect, small_organisation
from played_faults import ALL
from played_faults import fault as played

import shortimize_analytics as sa
from shortimize_analytics.errors import (
    ApiError,
    ConnectionFailedError,
    IncompleteDataError,
    RateLimitError,
    ResponseShapeError,
    ServerError,
)
from shortimize_analytics.simulator import Service, serve

pytestmark = pytest.mark.usefixtures("now")

MOST_REQUESTS = 60
"""5 tries × 3 walks × 3 pages for a list, 5 tries × 6 videos for histories, and a few around them."""
OPTIONS = {"429_wait": ":seconds=0.01"}
LASTING = {
    "429": RateLimitError,
    "429_wait": RateLimitError,
    "500": ServerError,
    "502": ServerError,
    "503": ServerError,
    "empty": ConnectionFailedError,
    "html": ConnectionFailedError,
    "truncated": ConnectionFailedError,
    "reset": ConnectionFailedError,
    "reset_body": ConnectionFailedError,
    "drip": ConnectionFailedError,
    "redirect": ApiError,
    "error200": ApiError,
    "shape": ResponseShapeError,
}
"""Faults that hit every loader alike, and the error they end in when they last."""
PASSING = ["429", "429_wait", "500", "502", "503", "empty", "html", "truncated", "reset", "reset_body"]
OF_LISTS = {
    "missing": IncompleteDataError,
    "repeated": IncompleteDataError,
    "total_lies": IncompleteDataError,
    "total_changes": IncompleteDataError,
    "twice": None,
    "shuffled": None,
    "text_numbers": None,
    "unknown_fields": None,
    "no_label_names": None,
    "masked": "videos have masked metrics",
    "nan": "unreadable and set to NA, e.g. nan",
}
"""What load_videos makes of faulty rows: an error, the right frame (None), or the right rows and this warning."""


@cache
def rightly(loader):
    """Load with one loader where nothing goes wrong: the videos, and what it returns."""
    with (
        serve(Service(small_organisation(ROWS, days=3), limit_requests=False)) as server,
        connect(server, data_dir="right") as client,
    ):
        videos = sa.load_videos(client)
        return videos, LOADERS[loader](client, videos)


def under(fault, loader, *, tries):
    """Load with one loader from an organisation of six videos under a fault; also return the right frame."""
    videos, right = rightly(loader)
    with serve(Service(small_organisation(ROWS, days=3), limit_requests=False)) as server:
        name, _, options = fault.partition(":")
        path = "history" if loader == "load_history" else ""
        extra = OPTIONS.get(name, "") + (f"{',' if name in OPTIONS else ':'}{options}" if options else "")
        joint = "," if ":" in extra else ":"
        server.service.faults[:] = [played(f"{name}{extra}" + (f"{joint}path={path}" if path else ""))]
        with connect(server, data_dir="faulty") as client:
            outcome = attempt(lambda: LOADERS[loader](client, videos), tries=tries, requests=lambda: len(server.log))
        assert len(server.log) <= MOST_REQUESTS
        return outcome, right


def same(found, right):
    key = [name for name in ("ad_id", "date", "id") if name in found]
    shared = [name for name in right if name != "fetched_at"]
    pd.testing.assert_frame_equal(
        found.sort_values(key, ignore_index=True)[shared], right.sort_values(key, ignore_index=True)[shared]
    )


OF_HISTORY = {"per_day", "wrapped", "wrapped_data"}
PAIRS = [
    (fault, loader) for fault in sorted(ALL) for loader in LOADERS
    if loader == "load_history" or fault not in OF_HISTORY
]  # fmt: skip
GAPS = {("missing", "load_history"), ("repeated", "load_history")}
"""A day that a history leaves out cannot be told from a gap, and real histories have gaps."""


@pytest.mark.parametrize(("fault", "loader"), PAIRS)
def test_a_fault_gives_the_right_frame_a_warning_or_a_typed_error(fault, loader, tries, monkeypatch):
    if fault == "drip":
        monkeypatch.setenv("SHORTIMIZE_TIMEOUT", "0.15")
    (found, error, said), right = under(fault, loader, tries=tries)
    if fault in LASTING:
        assert type(error) is LASTING[fault], (error, said)
        assert error.endpoint
        return
    if error is not None:
        assert isinstance(error, IncompleteDataError | ResponseShapeError)
        return
    if (fault, loader) in GAPS:
        assert set(found["date"]) <= set(right["date"])
        return
    assert len(found) >= len(right) or said, "fewer rows without a word"
    if not said and fault not in {"huge", "per_day"}:  # plausible figures: six series are too short to judge
        same(found, right)


@pytest.mark.parametrize(("fault", "expected"), OF_LISTS.items())
def test_faulty_rows_of_a_list_end_as_the_table_says(fault, expected, tries):
    (found, error, said), right = under(fault, "load_videos", tries=tries)
    if isinstance(expected, type):
        assert type(error) is expected
        assert "Nothing was returned" in str(error)
    elif expected is None:
        assert error is None
        assert said == []
        same(found, right)
    else:
        assert error is None
        assert expected in " ".join(said)
        assert found["ad_id"].tolist() == right["ad_id"].tolist()
        assert found["latest_views"].isna().all()


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_leaves_no_trace(fault, loader, tries):
    (found, error, said), right = under(f"{fault}:times=2", loader, tries=tries)
    assert error is None
    assert said == []
    same(found, right)


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_on_every_third_request_leaves_no_trace(fault, tries):
    for loader in ("load_videos", "load_history"):
        (found, error, said), right = under(f"{fault}:every=3", loader, tries=tries)
        assert (error, said) == (None, [])
        same(found, right)


def test_a_paced_key_waits_as_long_as_the_server_asked_and_then_goes_on(tries):
    """The pace holds the key back for as long, and the wait is not added to it."""
    with (
        serve(Service(small_organisation(ROWS, days=3), limit_requests=False)) as server,
        connect(server, data_dir="paced", tier="premium") as client,
    ):
        server.service.faults[:] = [played("429_wait:seconds=0.3,times=1")]
        found, error, said = attempt(lambda: sa.load_videos(client), tries=tries, requests=lambda: len(server.log))
        refused, again = server.log[:2]
    assert (error, said, len(found)) == (None, [], ROWS)
    assert [entry.status for entry in (refused, again)] == [429, 200]
    assert again.at - refused.at >= 0.3
