"""The archive keeps every fetched day: the better answer wins whoever writes last, and files are whole or old."""

import multiprocessing
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from archives import SENT, covers, days
from hypothesis import given, settings
from hypothesis import strategies as st

from shortimize_analytics.client.contract import OBSERVED_DAYS
from shortimize_analytics.errors import ArchiveError
from shortimize_analytics.schema import HISTORY, empty
from shortimize_analytics.schema.tables import COVERAGE
from shortimize_analytics.store import archive_files, history_archive
from shortimize_analytics.store.history_archive import HistoryArchive


def test_a_new_archive_reads_as_typed_empty_frames(tmp_path):
    archive = HistoryArchive(tmp_path / "archive")
    assert archive.read().dtypes.equals(empty(HISTORY).dtypes)
    assert archive.coverage().dtypes.equals(empty(COVERAGE).dtypes)
    assert not (tmp_path / "archive").exists()


def test_days_come_back_as_they_went_in_and_other_engines_read_them(tmp_path):
    archive = HistoryArchive(tmp_path)
    for ad_id in ("b", "a"):
        archive.merge(days(ad_id, [1, None, 3]), coverage=covers(ad_id))
    back = archive.read(["a"])
    pd.testing.assert_frame_equal(back, days("a", [1, None, 3]))
    plain = ds.dataset(tmp_path / "days", format="parquet", partitioning="hive").to_table()
    assert plain.num_rows == 6
    assert set(HISTORY.names) <= set(plain.column_names)


def test_what_was_read_can_be_changed(tmp_path):
    """Columns are the reader's own memory, not a view of the file's; one column holds a null, the others none."""
    archive = HistoryArchive(tmp_path)
    archive.merge(days("a", [1, None, 3]), coverage=covers("a"))
    found = archive.read()
    assert found["views"].tolist() == [1, pd.NA, 3]
    for name in ("views", "likes", "fetched_at"):
        found.loc[2, name] = found.loc[0, name]
        found.loc[0, name] = pd.NA
    assert found["views"].isna().tolist() == [True, True, False]
    assert found["fetched_at"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_request_sent_last_wins_whoever_writes_last(tmp_path, newest_first):
    archive = HistoryArchive(tmp_path)
    writes = [
        (days("a", [10, 20]), covers("a")),
        (days("a", [10, 25], sent=SENT + timedelta(hours=5)), covers("a", sent=SENT + timedelta(hours=5))),
    ]
    for rows, coverage in reversed(writes) if newest_first else writes:
        archive.merge(rows, coverage=coverage)
    assert archive.read()["views"].tolist() == [10, 25]
    assert archive.coverage()["sent_at"].tolist() == [SENT + timedelta(hours=5)]


def test_an_observed_day_is_not_replaced_by_one_interpolated_later(tmp_path):
    archive = HistoryArchive(tmp_path)
    archive.merge(days("a", [10, 17]), coverage=covers("a"))
    much_later = SENT + timedelta(days=200)
    archive.merge(days("a", [11, 16], sent=much_later), coverage=covers("a", sent=much_later))
    assert archive.read()["views"].tolist() == [10, 17]


@pytest.mark.parametrize(("later", "kept"), [(0, 10), (1, 11)])
def test_a_day_is_observed_up_to_the_ninetieth_before_its_request(tmp_path, later, kept):
    """The day lies 90 days before the first request, or 91: then neither observed it, and the later one wins."""
    archive = HistoryArchive(tmp_path)
    edge = datetime(2026, 11, 1, 23, 59, tzinfo=UTC) + timedelta(days=OBSERVED_DAYS + later)
    archive.merge(days("a", [10], sent=edge), coverage=covers("a", sent=edge))
    beyond = edge + timedelta(days=1)
    archive.merge(days("a", [11], sent=beyond), coverage=covers("a", sent=beyond))
    assert archive.read()["views"].tolist() == [kept]


def test_coverage_grows_and_keeps_its_file(tmp_path):
    archive = HistoryArchive(tmp_path)
    archive.merge(days("a", [1]), coverage=covers("a", end="2026-11-10", file=3))
    later = SENT + timedelta(days=1)
    archive.merge(days("a", [2]), coverage=covers("a", start="2026-11-08", sent=later, file=20))
    row = archive.coverage().iloc[0]
    assert (row["start"], row["end"]) == (pd.Timestamp("2026-11-01"), pd.Timestamp("2026-11-22"))
    assert row["file"] == 3
    assert archive.read()["views"].tolist() == [2]
    assert [path.name for path in archive.files] == ["days-000003.parquet"]


def test_a_damaged_file_is_named_and_left_alone(tmp_path):
    archive = HistoryArchive(tmp_path)
    archive.merge(days("a", [1]), coverage=covers("a"))
    victim = next(tmp_path.glob("days/*/days-*.parquet"))
    victim.write_bytes(victim.read_bytes()[:40])
    before = victim.read_bytes()
    with pytest.raises(ArchiveError, match=r"days-000000\.parquet cannot be read"):
        archive.read()
    with pytest.raises(ArchiveError, match="move it away"):
        archive.merge(days("a", [2]), coverage=covers("a"))
    assert victim.read_bytes() == before


def test_a_write_that_fails_leaves_the_old_file_and_no_scraps(tmp_path, monkeypatch):
    archive = HistoryArchive(tmp_path)
    archive.merge(days("a", [1]), coverage=covers("a"))

    def disk_full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(ArchiveError, match="No space left on device"):
        archive.merge(days("a", [2], sent=SENT + timedelta(days=1)), coverage=covers("a"))
    monkeypatch.undo()
    assert archive.read()["views"].tolist() == [1]
    assert not list(tmp_path.rglob(".half-written*"))


def _write_many(folder, worker):
    archive = HistoryArchive(folder)
    for number in range(6):
        ad_id = f"w{worker}-{number}"
        archive.merge(days(ad_id, [number, number + 1]), coverage=covers(ad_id, file=number % 2))
        shared = SENT + timedelta(minutes=10 * number + worker)
        archive.merge(days("shared", [10 * number + worker], sent=shared), coverage=covers("shared", sent=shared))


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_many, args=(tmp_path, worker)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    rows = HistoryArchive(tmp_path).read()
    assert len(rows) == 3 * 6 * 2 + 1
    assert rows.loc[rows["ad_id"] == "shared", "views"].tolist() == [52]


ANSWERS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.integers(0, 5), st.integers(0, 99)), min_size=1, max_size=12
)


@settings(max_examples=25)  # each writes real files
@given(ANSWERS, st.randoms())
def test_the_order_of_writing_does_not_matter(answers, random):
    """Whatever order the answers are merged in, each day keeps the value whose request was sent last."""
    truth = {}
    for ad_id, day, minute, value in sorted(answers, key=lambda answer: answer[2]):
        truth[ad_id, day, minute] = value
    unique = [(ad_id, day, minute, value) for (ad_id, day, minute), value in truth.items()]
    newest = {(ad_id, day): value for ad_id, day, _, value in sorted(unique, key=lambda answer: answer[2])}
    random.shuffle(unique)
    with tempfile.TemporaryDirectory() as folder:
        archive = HistoryArchive(Path(folder))
        for ad_id, day, minute, value in unique:
            sent = SENT + timedelta(minutes=minute)
            rows = days(ad_id, [value], sent=sent, first=f"2026-11-{day + 1:02d}")
            archive.merge(rows, coverage=covers(ad_id, sent=sent, file=len(ad_id)))
        found = archive.read()
    kept = {(row.ad_id, row.date.day - 1): row.views for row in found.itertuples()}
    assert kept == newest


@pytest.mark.parametrize("half", [True, False])
def test_engines_read_the_archive_as_it_lies_also_after_a_run_was_killed_while_writing(tmp_path, half, monkeypatch):
    archive = HistoryArchive(tmp_path)
    for number, ad_id in enumerate("ab"):
        archive.merge(days(ad_id, [1, None, 3]), coverage=covers(ad_id, file=number))
    killed = multiprocessing.get_context("spawn").Process(target=_die_while_writing, args=(tmp_path, half))
    killed.start()
    killed.join()
    assert killed.exitcode == -9
    scraps = list(tmp_path.rglob(".half-written*"))
    assert len(scraps) == 1
    whole = str(tmp_path / "days")
    for frame in (pd.read_parquet(whole), pl.read_parquet(whole), pl.read_parquet(f"{whole}/**/*.parquet")):
        assert len(frame) == 6
        assert set(frame["ad_id"]) == {"a", "b"}
    archive.merge(days("a", [9]), coverage=covers("a", file=0))
    assert not list(tmp_path.rglob(".half-written*"))


def _die_while_writing(folder, half):
    import os
    import signal

    from shortimize_analytics.store import history_archive

    write = history_archive.write_table

    def die(frame, path, *, table):
        write(frame, path, table=table)
        if half:
            os.truncate(path, 100)
        os.kill(os.getpid(), signal.SIGKILL)

    history_archive.write_table = die
    HistoryArchive(folder).merge(days("a", [2]), coverage=covers("a", file=0))


def test_a_copy_of_a_folder_of_days_is_not_read_as_more_days(tmp_path):
    archive = HistoryArchive(tmp_path)
    archive.merge(days("a", [1, 2]), coverage=covers("a"))
    for name in ("bucket=0000 (conflicted copy)", "bucket=0099", "bucket=0"):
        shutil.copytree(tmp_path / "days" / "bucket=0000", tmp_path / "days" / name)
    assert len(archive.read()) == 2


@pytest.mark.parametrize("layout", ['{"layout": "one"}', '{"layout": null}', '{"layout": [1]}'])
def test_a_layout_that_is_no_number_is_damage(tmp_path, layout):
    (tmp_path / "archive.json").write_text(layout)
    with pytest.raises(ArchiveError, match="is damaged"):
        HistoryArchive(tmp_path).read()


def test_a_read_of_some_videos_reads_only_the_row_groups_that_hold_them(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_files, "ROW_GROUP", 3)
    archive = HistoryArchive(tmp_path)
    for ad_id in "abcdef":
        archive.merge(days(ad_id, [1, 2]), coverage=covers(ad_id))
    (path,) = archive.files
    asked = []
    read = pq.ParquetFile.read_row_groups
    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", lambda *a, **k: asked.append(a[1]) or read(*a, **k))
    pd.testing.assert_frame_equal(archive.read(["b"]), days("b", [1, 2]))
    assert pq.read_metadata(path).num_row_groups == 4
    assert asked == [[0, 1]]


def test_a_group_that_says_it_holds_other_videos_loses_no_day(tmp_path):
    """What describes a group is under no checksum: too few days of a video make the whole file be read."""
    archive = HistoryArchive(tmp_path)
    archive.merge(
        pd.concat([days("a", [1, 2]), days("b", [3, 4])], ignore_index=True),
        coverage=pd.concat([covers("a"), covers("b")]),
    )
    (path,) = archive.files
    sound = pq.read_table(path)
    content = path.read_bytes()
    foot = content.rfind(b"\x01b")  # the footer's greatest id: "b" becomes "a", so that the group seems to end before b
    assert foot > 0
    for place in [at for at in range(len(content) - 400, len(content)) if content[at : at + 1] == b"b"]:
        path.write_bytes(content[:place] + b"a" + content[place + 1 :])
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException):
            continue
        if table.equals(sound):
            assert archive.read(["b"])["views"].tolist() == [3, 4]


def test_an_archive_whose_files_are_whole_is_not_read_to_see_that(tmp_path, monkeypatch):
    archive = HistoryArchive(tmp_path)
    for number, ad_id in enumerate("abc"):
        archive.merge(days(ad_id, [1, 2]), coverage=covers(ad_id, file=number))
    coverage = archive.coverage()
    opened = []
    real = history_archive.read_arrow
    monkeypatch.setattr(
        history_archive, "read_arrow", lambda path, *a, **k: opened.append(path.parent.name) or real(path, *a, **k)
    )
    pd.testing.assert_frame_equal(archive.intact(), coverage)
    assert [name for name in opened if name.startswith("bucket=")] == []
    archive.files[1].unlink()
    assert archive.intact()["ad_id"].tolist() == ["a", "c"]
