"""Files of bounded size, old archives that open and move over, and every engine reads days only."""

import json
import multiprocessing
import os
import shutil
import signal
import warnings

import dask.dataframe as dd
import duckdb
import pandas as pd
import polars as pl
import pytest
from archives import covers, days

import shortimize_analytics as sa
from shortimize_analytics.errors import ArchiveError
from shortimize_analytics.schema import HISTORY
from shortimize_analytics.store import archive_layout, history_archive
from shortimize_analytics.store.archive_layout import LAYOUT
from shortimize_analytics.store.history_archive import HistoryArchive

YEAR = archive_layout.RESERVED_DAYS


def fill(folder, layout):
    """Store five videos in buckets as the old layout had them, one with a field that this version does not know."""
    folder.mkdir(parents=True)
    (folder / "archive.json").write_text(json.dumps({"layout": layout}))
    archive = HistoryArchive(folder)
    for number, ad_id in enumerate("dbeac"):
        rows = days(ad_id, [number, None, 3])
        archive.merge(
            rows.assign(saves=[7, None, 9]) if ad_id == "e" else rows, coverage=covers(ad_id, file=number % 3)
        )
    return archive


def put_in_order(rows):
    return rows.sort_values(["ad_id", "date"], ignore_index=True)


@pytest.fixture
def old(tmp_path):
    return fill(tmp_path / "profiles" / "old" / "archive", 1)


def test_an_old_archive_is_read_written_on_and_moved_over_on_request(old, tmp_path, monkeypatch):
    monkeypatch.setattr(archive_layout, "FILE_DAYS", 2 * YEAR)
    assert sorted(path.name for path in old.folder.rglob("*.parquet")) == ["coverage.parquet", *3 * ["history.parquet"]]
    assert pd.read_parquet(old.folder / "coverage.parquet")["bucket"].tolist() == [0, 1, 1, 0, 2]
    truth, coverage = put_in_order(old.read()), old.coverage()
    old.files[1].rename(tmp_path / "lost")
    assert len(sa.verify_archive(data_dir=tmp_path)) == 1
    found = sa.move_archive(data_dir=tmp_path)
    assert found["file"].tolist() == ["bucket=0000/days-000000.parquet", "bucket=0000/days-000001.parquet"]
    assert not list(old.folder.glob("history")) + list(old.folder.glob("coverage.parquet"))
    assert old.layout == LAYOUT == 2
    lost = ["b", "c"]
    pd.testing.assert_frame_equal(old.read(), truth[~truth["ad_id"].isin(lost)].reset_index(drop=True))
    moved = old.coverage().sort_values("ad_id", ignore_index=True)
    pd.testing.assert_frame_equal(moved.drop(columns="file"), coverage.drop(columns="file"))
    assert set(old.intact()["ad_id"]) == set("ade")
    for ad_id in lost:
        old.merge(truth[truth["ad_id"] == ad_id], coverage=covers(ad_id))
    pd.testing.assert_frame_equal(put_in_order(old.read()), truth)
    assert sa.verify_archive(data_dir=tmp_path).empty
    before = {path: path.stat().st_mtime_ns for path in old.files}
    sa.move_archive(data_dir=tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in old.files}


def test_an_archive_in_which_a_video_lies_twice_is_not_moved(old, tmp_path):
    shutil.copy(old.files[0], old.files[1])
    with pytest.raises(ArchiveError, match=r"2 videos of .* lie in two files: `shortimize archive verify`"):
        sa.move_archive(data_dir=tmp_path)
    assert old.layout == 1
    assert not list(old.folder.glob(".half-written*"))


def _move_until_killed(data_dir, steps):
    """Move, and die before the given change of the disk."""
    left = iter(range(steps))

    def counted(change):
        def wrapper(*args, **kwargs):
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*args, **kwargs)

        return wrapper

    for name in ("replace", "rename", "unlink"):
        setattr(os, name, counted(getattr(os, name)))
    history_archive.write_table = counted(history_archive.write_table)
    sa.move_archive(data_dir=data_dir)


def _kill_before_every_step(data_dir):
    """Move copies of an archive, each killed one step later than the one before, until one comes to its end."""
    steps, status = 0, 1
    while status:
        folder = data_dir / str(steps)
        shutil.copytree(data_dir / "profiles", folder / "profiles")
        if not (child := os.fork()):
            _move_until_killed(folder, steps)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        steps += 1


def test_a_move_that_is_killed_before_any_step_loses_nothing_and_is_done_again(old, tmp_path):
    truth = put_in_order(old.read())
    killer = multiprocessing.get_context("spawn").Process(target=_kill_before_every_step, args=(tmp_path,))
    killer.start()
    killer.join()
    folders = sorted(tmp_path.glob("[0-9]*"), key=lambda folder: int(folder.name))
    layouts = []
    for folder in folders:
        archive = HistoryArchive(folder / "profiles" / "old" / "archive")
        layouts.append(archive.layout)
        pd.testing.assert_frame_equal(put_in_order(archive.read()), truth)
        assert len(archive.intact()) == 5
        plain = pd.read_parquet(archive_layout.days_folder(archive.folder, layout=archive.layout))
        assert len(plain) == len(truth)
    for folder in folders[::4]:
        sa.move_archive(data_dir=folder)
        archive = HistoryArchive(folder / "profiles" / "old" / "archive")
        archive.merge(days("a", [9]), coverage=covers("a"))
        assert sa.verify_archive(data_dir=folder).empty
        assert (archive.layout, len(archive.read())) == (2, len(truth))
    assert layouts == sorted(layouts)
    assert layouts.count(1) > 5
    assert layouts.count(2) > 3


def test_a_file_takes_videos_up_to_its_size_and_one_video_rewrites_one_file(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_layout, "FILE_DAYS", 2 * YEAR)
    monkeypatch.setattr(archive_layout, "FILES_IN_BUCKET", 2)
    archive = HistoryArchive(tmp_path)
    videos = pd.DataFrame({"ad_id": list("abcdefg"), "account": ["y", "x", "y", "x", None, "y", "z"], "days": 3})
    videos.loc[2, "days"] = 2 * YEAR
    files = archive.place(videos)
    assert dict(zip(videos["ad_id"], files, strict=True)) == {"e": 0, "b": 0, "d": 1, "a": 1, "c": 2, "f": 3, "g": 3}
    for ad_id, number in zip(videos["ad_id"], files, strict=True):
        archive.merge(days(ad_id, [1, 2]), coverage=covers(ad_id, file=int(number)))
    assert [path.relative_to(tmp_path / "days").as_posix() for path in archive.files] == [
        f"bucket={number // 2:04d}/days-{number:06d}.parquet" for number in range(4)
    ]
    before = {path: path.stat().st_mtime_ns for path in archive.folder.rglob("*") if path.is_file()}
    archive.merge(days("c", [5]), coverage=covers("c"))
    after = {path: path.stat().st_mtime_ns for path in archive.folder.rglob("*") if path.is_file()}
    changed = {path.name for path, at in after.items() if before.get(path) != at}
    assert changed - {"archive.lock"} == {"days-000002.parquet", "bucket-0001"}
    full = archive.place(pd.DataFrame({"ad_id": ["new", "c"], "account": ["x", "y"], "days": [3, 3]}))
    assert full.tolist() == [4, 2]


def test_coverage_that_is_lost_is_found_in_the_days_so_that_none_comes_to_lie_twice(tmp_path):
    archive = HistoryArchive(tmp_path)
    archive.merge(days("a", [1, 2]), coverage=covers("a", file=7))
    archive.coverage_files[0].unlink()
    row = archive.coverage().iloc[0]
    assert (row["file"], row["days"]) == (7, 2)
    assert row[["start", "end", "sent_at"]].isna().all()
    archive.merge(days("a", [1, 2, 3]), coverage=covers("a", file=0))
    assert archive.coverage()["file"].tolist() == [7]
    assert len(archive.read()) == 3


def test_days_and_file_may_be_left_out_also_on_a_new_archive(tmp_path):
    archive = HistoryArchive(tmp_path)
    archive.merge(days("a", [1]), coverage=covers("a").drop(columns=["days", "file", "updated_at"]))
    assert archive.coverage()[["file", "days"]].iloc[0].tolist() == [0, 1]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Files of two buckets, of which one alone has a null."""
    folder = tmp_path_factory.mktemp("engines") / "archive"
    archive = HistoryArchive(folder)
    for number, ad_id in enumerate("abc"):
        values = [1, None, 3] if ad_id == "b" else [1, 2, 3]
        archive.merge(days(ad_id, values), coverage=covers(ad_id, file=16 * number))
    return folder


NUMBERS = [column.name for column in HISTORY if column.kind == "Int64"]
SQL = """
select count(*), sum(views), max(typeof(views)), max(typeof(fetched_at)), min(bucket)::int
from read_parquet('{}', hive_partitioning=true)
"""


@pytest.mark.parametrize("inside", ["days", ""], ids=["days", "whole"])
def test_every_engine_reads_days_with_their_types_and_never_coverage_as_days(written, inside):
    """Spark was tried by hand: it reads `days` and refuses the whole folder."""
    root = str(written / inside)
    lazy = dd.read_parquet(root)
    assert {str(lazy.dtypes[name]) for name in NUMBERS} == {"Int64"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The inplace keyword", DeprecationWarning)  # how Dask calls pandas
        computed = lazy.compute(scheduler="sync")
    assert (computed.dtypes == lazy.dtypes).all()
    frames = [computed, pl.read_parquet(f"{root}/**/*.parquet").to_pandas()]
    if inside:
        frames += [pd.read_parquet(root), pl.read_parquet(root).to_pandas()]
        assert {str(frames[2].dtypes[name]) for name in NUMBERS} == {"Int64"}
    else:  # they refuse, for beside the days lies what is none
        for read in (pd.read_parquet, pl.read_parquet):
            with pytest.raises((ValueError, pl.exceptions.PolarsError)):
                read(root)
    for frame in frames:
        assert (len(frame), frame["views"].sum(), frame["views"].isna().sum()) == (9, 16, 1)
    for where in (root, f"{root}/**/*.parquet"):
        assert duckdb.sql(SQL.format(where)).fetchall() == [(9, 16, "BIGINT", "TIMESTAMP WITH TIME ZONE", 0)]
