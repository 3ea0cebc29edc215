"""What a full, read-only or scrambled disk does to cache, pace and archive: it costs requests, never a row."""

import shutil
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing

import numpy as np
import pyarrow as pa
import pytest
from organisations import KEY, connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.client import entries, transport
from shortimize_analytics.errors import ConfigError, FreshnessWarning

pytestmark = pytest.mark.usefixtures("now")


def run(code, *arguments, shell=()):
    """Run code in a process of its own, inside a shell command that prepares its disk."""
    program = textwrap.dedent(code)
    return subprocess.run(
        [*shell, sys.executable, "-W", "error::ResourceWarning", "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


LOAD = """
    import sys, warnings
    import shortimize_analytics as sa
    from shortimize_analytics.client import transport
    transport.BACKOFF_SECONDS = 0.001
    prepare = sys.argv[3] if len(sys.argv) > 3 else ""
    exec(prepare)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            with sa.connect("some-key", base_url=sys.argv[1], tier="premium", data_dir=sys.argv[2]) as client:
                history = sa.load_history(client, sa.load_videos(client))
            print("rows", len(history))
        except sa.ShortimizeError as error:
            print(type(error).__name__, error)
    for warning in said:
        print(warning.category.__name__, warning.message)
"""


def mount(size, *, then=""):
    """Mount a small disk in a namespace of its own, where this is allowed: it vanishes with its process."""
    tool = shutil.which("unshare")
    command = f'mount -t tmpfs -o size={size} none /mnt && {then or ":"} && exec "$@"'
    shell = [tool or "unshare", "--map-root-user", "--mount", "sh", "-c", command, "sh"]
    if tool is None or subprocess.run([*shell, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let a test mount a disk of its own")
    return shell


@pytest.mark.parametrize("size", ["4k", "64k", "160k", "256k", "400k"])
def test_a_full_disk_is_said_and_costs_no_row_of_what_is_returned(simulator, size):
    """Whatever runs out first, cache, pace, archive or snapshot: all rows, or a typed error that names the disk."""
    with simulator(organisation=small_organisation(200, days=60)) as server:
        done = run(LOAD, server.base_url, "/mnt/data", shell=mount(size))
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    if first.startswith("rows"):
        assert first == "rows 12000"
    else:
        assert first.startswith(("ArchiveError", "ConfigError")), done.stdout
        assert "space" in first or "full" in first, done.stdout


def test_a_read_only_folder_is_said_once_and_the_load_works(simulator, tmp_path):
    with simulator(organisation=small_organisation(5)) as server:
        done = run(LOAD, server.base_url, "/mnt/data", shell=mount("1m", then="mount -o remount,ro /mnt"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "rows 50"
    assert done.stdout.count("FreshnessWarning") == 1
    assert "cannot be written (Read-only file system)" in done.stdout


def test_an_archive_that_became_read_only_is_still_read_offline(loaded):
    _, folder = loaded
    shell = mount("4m", then=f"cp -r {folder.parents[1]} /mnt/data && mount -o remount,ro /mnt")
    code = """
        import sys
        import shortimize_analytics as sa
        print(len(sa.load_archive(data_dir=sys.argv[1]).history), len(sa.verify_archive(data_dir=sys.argv[1])))
    """
    done = run(code, "/mnt/data", shell=shell)
    assert done.stdout.split() == ["250", "0"], done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are POSIX")
def test_a_limit_on_file_size_leaves_the_old_archive_whole(simulator, tmp_path):
    """The same without a disk of its own: no file may grow beyond a few pages."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))"
    with simulator(organisation=small_organisation(60, days=60)) as server:
        for size in (1_000, 20_000, 60_000):
            done = run(LOAD, server.base_url, tmp_path / str(size), limit.format(size))
            assert done.returncode == 0, done.stderr
            first = done.stdout.splitlines()[0]
            assert first == "rows 3600" or first.startswith(("ArchiveError", "ConfigError")), done.stdout
            for path in (tmp_path / str(size)).glob("profiles/*"):
                assert sa.verify_archive(data_dir=tmp_path / str(size), profile=f"profiles/{path.name}").empty


def test_a_cache_full_of_nonsense_is_replaced_and_told_in_the_log(loaded, caplog):
    server, folder = loaded
    sa.clear_cache()
    (folder / "http_cache.sqlite").write_bytes(b"no database at all " * 300)
    with connect(server) as client:
        assert len(sa.load_videos(client)) == 25
        assert "is damaged" in caplog.text
        assert sa.load_videos(client).attrs["from_cache"]
    assert len(server.log) == 1


@pytest.mark.parametrize("seed", range(8))
def test_a_cached_answer_with_a_flipped_bit_is_asked_for_again(loaded, caplog, seed):
    """Wherever the bit lies: in the numbers it would pass as data, in the head it would crash."""
    server, folder = loaded
    random = np.random.default_rng(seed)
    with closing(sqlite3.connect(folder / "http_cache.sqlite")) as db:
        for key, value in db.execute("SELECT key, value FROM responses").fetchall():
            damaged = bytearray(value)
            damaged[random.integers(len(value))] ^= 1 << random.integers(8)
            db.execute("UPDATE responses SET value = ? WHERE key = ?", (bytes(damaged), key))
        db.commit()
    with connect(server) as client:
        assert len(sa.load_videos(client)) == 25
    assert "checksum does not fit" in caplog.text
    assert len(server.log) == 1


def packed(head, body, *, head_length=None, body_length=None):
    """An entry whose checksum fits whatever it holds."""
    body = pa.compress(body, codec="zstd", asbytes=True)
    lengths = entries.LENGTHS.pack(
        len(head) if head_length is None else head_length, len(body) if body_length is None else body_length
    )
    return entries.digest(lengths + head + body) + lengths + head + body


BODY = b'{"data": [], "pagination": {"total": 0, "page": 1, "limit": 5000}}'
ODD_ENTRIES = {
    "a body of 200 TB": packed(b"{}", BODY, body_length=2 * 10**14),
    "a body of 40 GB": packed(b"{}", BODY, body_length=4 * 10**10),
    "a body beyond any number": packed(b"{}", BODY, body_length=2**64 - 1),
    "a head longer than the entry": packed(b"{}", BODY, head_length=2**32 - 1),
    "no JSON": packed(b"{", BODY),
    "a list": packed(b"[1, 2]", BODY),
    "nested beyond measure": packed(b'{"a":' * 20_000 + b"1" + b"}" * 20_000, BODY),
    "other fields": packed(b'{"status_code": [], "headers": 5, "request": "x"}', BODY),
    "nothing": b"",
    "a checksum alone": entries.digest(b""),
}


@pytest.mark.parametrize("entry", ODD_ENTRIES)
def test_a_cached_answer_that_cannot_be_unpacked_is_asked_for_again(loaded, caplog, entry):
    server, folder = loaded
    with closing(sqlite3.connect(folder / "http_cache.sqlite")) as db:
        db.execute("UPDATE responses SET value = ?", (ODD_ENTRIES[entry],))
        db.commit()
    with connect(server) as client:
        assert len(sa.load_videos(client)) == 25
    assert len(server.log) == 1
    with connect(server) as client:
        assert sa.load_videos(client).attrs["from_cache"]


@pytest.mark.parametrize("stamp", ["", "yesterday", "2026-11-23T06:10:00"])
def test_a_cached_answer_that_does_not_say_when_it_was_sent_is_asked_for_again(loaded, stamp):
    server, folder = loaded
    with closing(sqlite3.connect(folder / "http_cache.sqlite")) as db:
        for key, value in db.execute("SELECT key, value FROM responses").fetchall():
            fields = entries.unpack(value)
            fields["headers"] = {**fields["headers"], transport.SENT_AT: stamp}
            db.execute("UPDATE responses SET value = ? WHERE key = ?", (entries.pack(fields), key))
        db.commit()
    with connect(server) as client:
        assert not sa.load_videos(client).attrs["from_cache"]


def test_a_pace_file_full_of_nonsense_is_named_with_the_next_step(loaded):
    server, folder = loaded
    for path in folder.glob("pace.sqlite*"):
        path.unlink()
    (folder / "pace.sqlite").write_bytes(b"no database at all " * 300)
    with connect(server, tier="premium") as client, pytest.raises(ConfigError, match=r"pace\.sqlite .*delete it"):
        sa.load_videos(client)
    assert not server.log


def test_a_folder_in_the_place_of_the_data_folder_is_told_once(simulator, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with simulator(organisation=small_organisation(3)) as server, connect(server, data_dir=tmp_path / "file") as client:
        with pytest.warns(FreshnessWarning, match="nothing is kept for the next run"):
            videos = sa.load_videos(client)
        assert len(sa.load_history(client, videos)) == 30
    assert KEY not in (tmp_path / "file").read_text()
