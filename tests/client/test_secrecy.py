"""A whole session with a key that cannot be mistaken, and then a search for it, byte by byte, in all that was left."""

import base64
import logging
import os
import sqlite3
import subprocess
import sys
import warnings
import zlib
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
from canned_server import canned
from organisations import AS_OF
from secret_search import disguises, leaks_of

import shortimize_analytics as sa
from shortimize_analytics.errors import ShortimizeError
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.store.export import write_frame

KEY = "sk/live+Zq7_never-to-be-seen.93b1="


SHAPES = disguises(KEY)


def found_in(content):
    return [shape for shape in SHAPES if shape in content]


def leaks(folder):
    assert [path for path in folder.rglob("*") if path.is_file()]
    return leaks_of(folder, SHAPES)


def test_the_search_finds_a_planted_key(tmp_path):
    """Each hiding place by itself: otherwise the other tests prove nothing."""
    plants = {
        "plain.log": f"Authorization: Bearer {KEY}".encode(),
        "wide.log": KEY.encode("utf-16-le"),
        "coded.log": base64.b64encode(f"user:{KEY}".encode()),
        "query.log": quote(KEY, safe="").encode(),
    }
    for name, content in plants.items():
        (tmp_path / name).write_bytes(content)
    pd.DataFrame({"title": ["x", KEY]}).to_parquet(tmp_path / "hidden.parquet", compression="zstd")
    assert {Path(path).name for path in leaks(tmp_path)} == {*plants, "hidden.parquet"}
    with closing(sqlite3.connect(tmp_path / "hidden.sqlite")) as db:
        db.execute("CREATE TABLE t (x)")
        db.execute("INSERT INTO t VALUES (?)", (KEY,))
        db.commit()
    assert any(path.endswith("hidden.sqlite") for path in leaks(tmp_path))
    assert zlib.compress(KEY.encode()) not in SHAPES


def test_a_whole_session_leaves_the_key_nowhere(simulator, tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("SHORTIMIZE_NOW", demo_organisation().as_of.isoformat())
    monkeypatch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", 0.001)
    caplog.set_level(logging.DEBUG)
    told = []
    with warnings.catch_warnings(record=True) as caught, simulator(faults=["500:times=1", "reset:times=1"]) as server:
        warnings.simplefilter("always")
        with sa.connect(KEY, base_url=server.base_url, tier="unlimited") as client:
            videos = sa.load_videos(client)
            some = videos[videos["uploaded_at"] >= "2026-10-26"]
            history = sa.load_history(client, some)
            sa.load_labels(client)
            sa.track_video(client, "https://www.tiktok.com/@new/video/71000")
            for name in ("videos", "history"):
                for ending in ("parquet", "csv", "json"):
                    write_frame({"videos": videos, "history": history}[name], tmp_path / f"{name}.{ending}")
            sa.write_report(sa.compose_report(some, history), tmp_path / "report.pdf")
            told += [repr(client), repr(client.settings), repr(videos.attrs), repr(history.attrs)]
    told += [str(warning.message) for warning in caught] + [caplog.text, *capfd.readouterr()]
    assert server.log
    assert {"report.pdf", "videos.json", "data"} <= {path.name for path in tmp_path.iterdir()}
    assert {".sqlite", ".parquet"} <= {path.suffix for path in (tmp_path / "data").rglob("*")}
    assert leaks(tmp_path) == {}
    assert not [text for text in told if found_in(text.encode())]
    assert not [path for path in tmp_path.rglob("*") if found_in(str(path).encode())]


ECHOES = [
    (401, {"error": f"key {KEY} is unknown"}),
    (400, {"properties": {"error": f"bad header Authorization: Bearer {KEY}"}}),
    (500, {"detail": KEY, "title": KEY}),
    (404, f"no route for {KEY}".encode()),
    (200, {"error": f"organisation of {KEY} suspended"}),
    (200, {KEY: [], "message": ""}),
    (200, {"data": KEY}),
    (302, b"", {"Location": f"https://elsewhere.invalid/?key={KEY}"}),
    (200, f"<html>{KEY}</html>".encode()),
]


@pytest.mark.parametrize("answer", ECHOES, ids=[f"{answer[0]}-{place}" for place, answer in enumerate(ECHOES)])
def test_a_server_that_echoes_the_key_does_not_get_it_into_an_error(answer, monkeypatch, caplog, tmp_path):
    """Neither the message nor anything that hangs on the error, nor what a failed request left on disk."""
    import traceback

    monkeypatch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", 0.001)
    caplog.set_level(logging.DEBUG)
    with canned(answer) as server, sa.connect(KEY, base_url=server.base_url, tier="unlimited") as client:
        for load in (sa.load_videos, lambda client: sa.track_videos(client, ["https://x.test/1"])):
            try:
                outcome = load(client)
                told = outcome.to_csv()
            except ShortimizeError as error:
                told = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
                told += repr(vars(error)) + repr(error.__cause__) + repr(error.__context__)
                told += getattr(error, "results", pd.DataFrame()).to_csv()
            assert not found_in(told.encode()), told
    assert not found_in(caplog.text.encode())
    assert leaks(tmp_path) == {}


def test_the_command_line_shows_the_key_nowhere_even_with_debug(simulator, tmp_path):
    command = Path(sys.executable).with_name("shortimize")
    environment = os.environ | {"SHORTIMIZE_API_KEY": KEY, "SHORTIMIZE_NOW": AS_OF.isoformat()}

    def shortimize(*arguments):
        done = subprocess.run([command, *arguments, "--debug"], capture_output=True, check=False, env=environment)
        assert not found_in(done.stdout + done.stderr), done.stderr.decode()
        return done

    with simulator() as server:
        base = ["--base-url", server.base_url, "--tier", "unlimited"]
        assert shortimize("check", *base).returncode == 0
        assert shortimize("videos", *base, "--uploaded-start", "2026-11-16", "-o", "v.csv").returncode == 0
        assert shortimize("track", "https://www.tiktok.com/@new/video/71000", "--yes", *base).returncode == 0
    failed = shortimize("videos", *base, "--refresh")
    assert failed.returncode == 4
    assert b"Traceback" in failed.stderr
    with canned((401, {"error": f"key {KEY} is unknown"})) as server:
        refused = shortimize("videos", "--base-url", server.base_url)
    assert refused.returncode == 3
    assert b"[key]" in refused.stderr
    assert leaks(tmp_path) == {}
