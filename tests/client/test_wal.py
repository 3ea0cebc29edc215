"""SQLite files: begun by several processes at the same moment, and on a network disk, where WAL is unsafe."""

import multiprocessing
import sqlite3
from contextlib import closing

import pytest
from organisations import connect, load_both, small_organisation
from requests_cache import SQLiteCache

from shortimize_analytics.client import wal
from shortimize_analytics.client.cache import open_session
from shortimize_analytics.client.limiter import Limiter

PROCESSES, ROUNDS = 4, 50


def begin(folder, together):
    """Open a fresh pace and a fresh cache in each round, all processes at once; fail if one is refused."""
    for number in range(ROUNDS):
        together.wait(60)
        Limiter(folder / f"pace{number}.sqlite", tier="premium").close()
        together.wait(60)
        with open_session(folder / f"cache{number}.sqlite") as session:
            assert isinstance(session.cache, SQLiteCache)


def test_processes_that_begin_together_share_the_pace_and_the_cache(tmp_path):
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(PROCESSES)
    workers = [context.Process(target=begin, args=(tmp_path, together)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES


def mounts(tmp_path, monkeypatch, *lines):
    table = tmp_path / "mounts"
    table.write_text("".join(f"{line} rw 0 0\n" for line in ("/dev/sda1 / ext4", *lines)), encoding="utf-8")
    monkeypatch.setattr(wal, "MOUNTS", table)


def modes(folder):
    """The journal of each SQLite file in a folder."""
    found = {}
    for path in folder.glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as db:
            found[path.name] = db.execute("PRAGMA journal_mode").fetchone()[0]
    return found


@pytest.mark.parametrize(
    ("lines", "folder", "disk"),
    [
        ([], "work", ""),
        (["server:/home {}/work nfs4"], "work", "nfs4"),
        (["server:/home {}/work nfs4"], "work/not/there/yet", "nfs4"),
        (["server:/home {}/work nfs4"], "workshop", ""),
        (["server:/home {}/work nfs4", "/dev/sdb1 {}/work/local ext4"], "work/local/data", ""),
        (["/dev/sdb1 {}/work ext4", "//server/share {}/work cifs"], "work", "cifs"),
        (["//server/share {}/work cifs", "/dev/sdb1 {}/work xfs"], "work", ""),
        (["//server/share {}/my\\040work cifs"], "my work", "cifs"),
        (["me@server: {}/work fuse.sshfs"], "work", "fuse.sshfs"),
        (["drvfs {}/work 9p"], "work", "9p"),
        (["portal {}/work fuse.portal"], "work", ""),
    ],
)
def test_a_path_lies_on_the_disk_that_is_mounted_nearest_above_it(tmp_path, monkeypatch, lines, folder, disk):
    mounts(tmp_path, monkeypatch, *[line.format(tmp_path) for line in lines])
    assert wal.network_disk(tmp_path / folder) == disk


def test_where_nothing_tells_of_disks_a_path_is_taken_for_local(tmp_path, monkeypatch):
    monkeypatch.setattr(wal, "MOUNTS", tmp_path / "none")
    assert wal.network_disk(tmp_path) == ""


@pytest.mark.usefixtures("now")
def test_on_a_network_disk_there_is_no_wal_and_a_word_about_it(tmp_path, monkeypatch, simulator):
    home = tmp_path / "share"
    with simulator(organisation=small_organisation(30)) as server:
        with connect(server, data_dir=home, tier="premium") as client:
            load_both(client)
            folder = client.storage
        assert set(modes(folder).values()) == {"wal"}
        mounts(tmp_path, monkeypatch, f"server:/home {home} nfs4")
        told = r"share/.* lies on a network disk \(nfs4\)"
        with connect(server, data_dir=home, tier="premium") as client, pytest.warns(UserWarning, match=told) as said:
            _, history = load_both(client)
        assert len(said) == 1
        assert history["ad_id"].nunique() == 30
        assert modes(folder) == {"pace.sqlite": "delete", "http_cache.sqlite": "delete"}
        assert list(folder.glob("*-wal")) == []
