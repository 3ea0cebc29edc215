"""What goes wrong in the middle of a digest is an error, nothing is half-written, and a second run does the rest."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import pandas as pd
import pytest
from archives import covers
from dask_processes import dask_cluster
from distributed import Client
from halfway import Halfway

import shortimize_analytics as sa
from conftest import GROUPS, ROW_GROUP, in_one
from shortimize_analytics.errors import ArchiveError
from shortimize_analytics.store import archive_files
from shortimize_analytics.store.files import SCRAP_PREFIX
from shortimize_analytics.store.history_archive import HistoryArchive

if sys.platform == "win32":
    pytest.skip("Windows has no SIGKILL and no limits of a process", allow_module_level=True)
import resource

BOUND = 30
"""Seconds within which a scheduler that is gone must be an error."""


def _kill(process):
    os.kill(process, signal.SIGKILL)


def _kept(out):
    """The parts that lie in a digest's folder, and when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in out.iterdir() if path.suffix == ".arrow"}


def _ends_early(lab, out, executor, *, said):
    """Digest to an error, after which there is no digest but whole parts, and return these."""
    with pytest.raises(ArchiveError, match=said):
        sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS, executor=executor)
    with pytest.raises(ArchiveError, match="no whole digest"):
        sa.scale.read_digest(out, lab.videos)
    assert {path.suffix for path in out.iterdir()} == {".arrow"}
    return _kept(out)


def _the_rest(lab, whole, out, *, kept):
    """Digest again: the parts that were kept stay as they lie, the others are made, and the whole is right."""
    told = sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS)
    assert (told.parts, told.reused) == (whole.told.parts, len(kept))
    now = _kept(out)
    assert {name: now[name] for name in kept} == kept
    assert len(now) == told.parts
    assert in_one(out).equals(in_one(whole.folder))


def test_a_worker_that_is_killed_is_replaced_and_the_result_is_right(lab, whole, cluster, tmp_path):
    out, killed = tmp_path / "digest", []

    def kill(worker):
        _kill(worker)
        killed.append(worker)
        (out / f"{SCRAP_PREFIX}of-the-killed").touch()
        halfway.go()

    halfway = Halfway(kill, executor=sa.scale.DaskExecutor(cluster), folder=tmp_path)
    told = sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS, executor=halfway)
    assert killed
    assert (told.parts, told.reused) == (whole.told.parts, 0)
    assert in_one(out).equals(in_one(whole.folder))
    assert len(list(out.iterdir())) == told.parts + 1


def test_an_error_of_an_earlier_run_is_not_what_a_cluster_answers(lab, whole, cluster, tmp_path):
    archive, out = shutil.copytree(lab.archive, tmp_path / "archive"), tmp_path / "digest"
    file = max(archive.rglob("days-*.parquet"))
    good, seen = file.read_bytes(), file.stat().st_mtime_ns
    executor = sa.scale.DaskExecutor(cluster, retries=1)

    def put(content):
        file.write_bytes(content)
        os.utime(file, ns=(seen, seen))

    put(good[:4] + bytes(4_000) + good[4_004:])
    with pytest.raises(ArchiveError, match="cannot be read") as held:
        sa.scale.digest(archive, lab.videos, out=out, groups=GROUPS, executor=executor)
    put(good)
    sa.scale.digest(archive, lab.videos, out=out, groups=GROUPS, executor=executor)
    assert in_one(out).equals(in_one(whole.folder)), held


def test_a_scheduler_that_is_killed_is_an_error_soon_and_a_second_run_does_the_rest(lab, whole, tmp_path):
    out = tmp_path / "digest"
    with dask_cluster(tmp_path, workers=1) as (address, scheduler), Client(address, timeout=5) as client:
        begun = time.monotonic()
        halfway = Halfway(lambda _: scheduler.kill(), executor=sa.scale.DaskExecutor(client), folder=tmp_path)
        kept = _ends_early(lab, out, halfway, said="connection to the scheduler.*run it again")
    assert time.monotonic() - begun < BOUND
    assert len(kept) == 2
    _the_rest(lab, whole, out, kept=kept)


def test_a_process_of_a_pool_that_is_killed_is_an_error_and_a_second_run_does_the_rest(lab, whole, tmp_path):
    out = tmp_path / "digest"
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        halfway = Halfway(_kill, executor=pool, folder=tmp_path)
        kept = _ends_early(lab, out, halfway, said="BrokenProcessPool.*run it again")
    assert len(kept) == 2
    _the_rest(lab, whole, out, kept=kept)


def test_a_file_that_may_grow_no_more_is_an_error_and_a_second_run_does_the_rest(lab, whole, tmp_path):
    out, (soft, hard) = tmp_path / "digest", resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        halfway = Halfway(lambda _: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard)))
        kept = _ends_early(lab, out, halfway, said="cannot be written.*free space")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(kept) == 2
    _the_rest(lab, whole, out, kept=kept)


def test_a_disk_that_is_full_is_an_error_and_a_second_run_does_the_rest(lab, whole, tmp_path):
    """A disk of memory, in a name space of its own: it is full at half of the digest, and then it grows."""
    (tmp_path / "disk").mkdir()
    lab.videos.to_pickle(tmp_path / "videos.pickle")
    half = sum(path.stat().st_size for path in whole.folder.iterdir()) // 2
    alone = ["unshare", "-rm", "sh", "-c"]
    mount = f"mount -t tmpfs -o size={half} none {tmp_path}/disk"
    allowed = shutil.which("unshare") and subprocess.run([*alone, mount], capture_output=True, check=False)
    if not allowed or allowed.returncode:
        pytest.skip(f"no disk can be mounted here: {allowed.stderr.decode().strip() if allowed else 'no unshare'}")
    given = [f"{tmp_path}/disk", lab.archive, f"{tmp_path}/videos.pickle", GROUPS]
    run = f"{mount} && exec {sys.executable} -m small_disk {' '.join(map(str, given))}"
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [*alone, run], capture_output=True, check=False, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    error, kept, reused, files = done.stdout.splitlines()
    assert "cannot be written" in error
    assert "No space left on device" in error
    assert 0 < int(kept) == int(reused) < whole.told.parts
    assert int(files) == whole.told.parts + 1


@pytest.mark.parametrize(("number", "said"), [(0, "was written to while"), (2, "changed while it was digested")])
def test_a_file_that_a_load_changes_meanwhile_is_an_error_and_its_parts_are_made_anew(
    lab, whole, tmp_path, number, said, monkeypatch
):
    monkeypatch.setattr(archive_files, "ROW_GROUP", ROW_GROUP)
    folder, out = shutil.copytree(lab.archive, tmp_path / "archive"), tmp_path / "digest"
    ids = sorted(lab.history["ad_id"].unique())[number::3]
    again = lab.history[lab.history["ad_id"] == ids[-1]]

    def load(_):
        day = again["date"].max().date().isoformat()
        sent = again["fetched_at"].max().to_pydatetime() + pd.Timedelta(hours=1)
        HistoryArchive(folder).merge(
            again, coverage=covers(ids[-1], start="2026-01-01", end=day, sent=sent, file=number)
        )

    with pytest.raises(ArchiveError, match=said):
        sa.scale.digest(folder, lab.videos, out=out, groups=GROUPS, executor=Halfway(load, parts=3))
    kept, changed = _kept(out), {path.name for path in out.iterdir()}
    assert len(kept) == len(changed)
    told = sa.scale.digest(folder, lab.videos, out=out, groups=GROUPS)
    assert 0 < told.reused < len(kept) + (number == 2)
    assert len(_kept(out)) == told.parts == whole.told.parts
    assert in_one(out).equals(in_one(whole.folder))
