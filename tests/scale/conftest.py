"""An archive whose parts split files, and whose videos split row groups; what pandas says of it; and a cluster."""

import json
from dataclasses import fields
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
from archives import SENT
from dask_processes import dask_cluster
from distributed import Client

import shortimize_analytics as sa
from shortimize_analytics.analysis.periods.summary import PeriodTables
from shortimize_analytics.schema import empty
from shortimize_analytics.schema.tables import COVERAGE
from shortimize_analytics.store import archive_files
from shortimize_analytics.store.history_archive import HistoryArchive

ROW_GROUP = 700
GROUPS = 5
"""Row groups in a part of these tests: parts split files, and videos lie across parts."""
WEEK = [each.name for each in fields(PeriodTables) if each.type is pd.DataFrame]


def every_table(data, week):
    """Everything that a digest tells, by name."""
    found = {name: getattr(week, name) for name in WEEK}
    return found | {
        "ranked": sa.rank_outliers(data),
        "growth": sa.growth_curves(data, by="platform", max_age=40),
        "forecast": sa.forecast_views(data),
    }


def from_digest(folder, videos):
    data = sa.scale.read_digest(folder, videos)
    return every_table(data, sa.scale.weekly_tables(data))


def compare(found, expected):
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table, check_exact=True, obj=name)
        for key in set(table.attrs) - {"quality"}:
            assert found[name].attrs[key] == table.attrs[key], (name, key)


def fill(folder, history, *, files):
    """Store a history in so many files, in small row groups."""
    archive = HistoryArchive(folder)
    ids = sorted(history["ad_id"].unique())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_files, "ROW_GROUP", ROW_GROUP)
        for number in range(files):
            mine = ids[number::files]
            covered = pd.DataFrame({"ad_id": mine, "file": number, "start": pd.Timestamp("2026-01-01")})
            covered = covered.assign(end=SENT.date(), sent_at=SENT).reindex(columns=COVERAGE.names)
            covered["end"] = pd.to_datetime(covered["end"])
            archive.merge(
                history[history["ad_id"].isin(mine)], coverage=covered.astype(empty(COVERAGE).dtypes.to_dict())
            )
    return archive


def splits(archive):
    """Tell for every place where one row group ends and the next begins whether a part ends, and a video goes on."""
    found = []
    for path in sorted(archive.files):
        meta = pq.ParquetFile(path).metadata
        ids = [meta.row_group(place).column(0).statistics for place in range(meta.num_row_groups)]
        assert meta.schema.column(0).name == "ad_id"
        found += [(place % GROUPS == 0, ids[place - 1].max == ids[place].min) for place in range(1, len(ids))]
    return found


def nobody_measures(history, videos):
    """Let all but the newest 12 videos of the largest account rise until a day, and stand still from then on."""
    account = videos["linked_account_id"].value_counts().index[0]
    old = videos[videos["linked_account_id"] == account].sort_values("uploaded_at")["ad_id"].iloc[:-12]
    age = (history["date"].max() - history["date"]).dt.days
    rising = (5_000_000 - 1_000 * age.clip(lower=20) + 7 * (age.clip(lower=20) % 3)).astype("Int64")
    chosen = history["ad_id"].isin(old)
    return history.assign(views=history["views"].mask(chosen, rising))


def revive_and_stall(history, videos, *, end):
    """Let a few old videos gain again in the week before a day, and young ones hardly any more."""
    uploaded, end = videos.set_index("ad_id")["uploaded_at"], pd.Timestamp(end)
    days = (history["date"] - (end - pd.Timedelta(days=7))).dt.days.clip(lower=0)
    age = (end - history["ad_id"].map(uploaded)).dt.days
    before = history[days == 0].groupby("ad_id")["views"].last().reindex(history["ad_id"]).array
    there = videos["ad_id"]
    old = there[there.isin(history["ad_id"][age > 60])]
    young = there[there.isin(history["ad_id"][age.between(15, 25)])]
    risen = history["views"] + 40_000 * days.astype("Int64")
    views = history["views"].mask(history["ad_id"].isin(old.iloc[-9:]), risen)
    stalled = history["ad_id"].isin(young.iloc[:4]) & (days > 0)
    return history.assign(views=views.mask(stalled, before + days.astype("Int64")))


@pytest.fixture(scope="session")
def lab(demo, tmp_path_factory):
    """A part of the demo's videos, with history and without."""
    folder = tmp_path_factory.mktemp("scale")
    videos = demo.videos.iloc[::2].reset_index(drop=True)
    history = demo.history[demo.history["ad_id"].isin(videos["ad_id"].iloc[5:])]
    history = nobody_measures(history.assign(fetched_at=pd.Timestamp(SENT).as_unit("us")), videos)
    history = revive_and_stall(history, videos, end="2026-11-15")
    archive = fill(folder / "archive", history, files=3)
    assert {(False, True), (True, True)} <= set(splits(archive))
    data = sa.prepare(videos, archive.read())
    assert data.videos["unmeasured_since"].notna().any()
    expected = every_table(data, sa.period_summary(data))
    assert not [name for name, table in expected.items() if table.empty]
    return SimpleNamespace(
        archive=archive.folder, videos=videos, history=history, expected=expected, rows=len(history), folder=folder
    )


@pytest.fixture(scope="session")
def whole(lab):
    """A digest that nothing went wrong with, and its report."""
    out = lab.folder / "digest"
    return SimpleNamespace(folder=out, told=sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A client of a scheduler and two workers, processes of their own."""
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as (address, _), Client(address) as client:
        yield client


def in_one(folder):
    """Everything that a digest holds, in order of its videos, bit by bit."""
    names = json.loads((folder / "digest.json").read_text())["files"]
    tables = [ipc.open_file(folder / name).read_all().replace_schema_metadata(None) for name in names]
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, tables[0].schema) as stream:
        stream.write_table(pa.concat_tables(tables).sort_by("ad_id").combine_chunks())
    return sink.getvalue()
