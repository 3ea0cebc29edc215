"""The data folder under strain: profiles side by side, damage, strangers, full disks, folders that refuse writing."""

import json
import shutil
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from organisations import AS_OF, connect, load_both, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.cli import main
from shortimize_analytics.errors import ArchiveError, DataQualityWarning, InvalidParameterError
from shortimize_analytics.schema import COUNTS, HISTORY, VIDEOS, empty
from shortimize_analytics.schema.tables import ARCHIVE_FILES, ARCHIVE_PROBLEMS, STORAGE
from shortimize_analytics.store import archive_layout
from shortimize_analytics.store.archive_files import read_file, texts_of, write_table
from shortimize_analytics.store.archive_layout import LAYOUT
from shortimize_analytics.store.files import SCRAP_PREFIX
from shortimize_analytics.store.history_archive import HistoryArchive

pytestmark = pytest.mark.usefixtures("several_files", "now")


@pytest.fixture
def several_files(monkeypatch):
    """Let five videos fill a file of days."""
    monkeypatch.setattr(archive_layout, "FILE_DAYS", 5 * archive_layout.RESERVED_DAYS)


def day_files(folder):
    return sorted(folder.glob("archive/days/*/days-*.parquet"))


def asked(server):
    return sorted(entry.path.split("/")[2] for entry in server.log if entry.path.endswith("/history"))


def problems(**options):
    found = sa.verify_archive(**options)
    assert found.dtypes.equals(empty(ARCHIVE_PROBLEMS).dtypes)
    return {Path(row.file).name: (row.problem, row.next_step) for row in found.itertuples()}


def test_a_sound_archive_has_no_problems_and_says_what_it_holds(loaded):
    _, folder = loaded
    assert problems() == {}
    info = sa.archive_info()
    assert info.dtypes.equals(empty(ARCHIVE_FILES).dtypes)
    assert (info["videos"].sum(), info["days"].sum()) == (25, 250)
    assert info["first"].min() == pd.Timestamp("2026-11-14")
    assert info["last"].max() == pd.Timestamp("2026-11-23")
    assert set(info["newest_request"]) == {pd.Timestamp(AS_OF)}
    assert info["bytes"].sum() == sum(path.stat().st_size for path in day_files(folder))


def test_the_archive_alone_gives_both_frames_without_any_api(loaded):
    server, _ = loaded
    with connect(server) as client:
        videos, history = load_both(client)
    server.log.clear()
    kept = sa.load_archive()
    pd.testing.assert_frame_equal(kept.videos, videos)
    order = ["ad_id", "date"]
    pd.testing.assert_frame_equal(
        kept.history.sort_values(order, ignore_index=True), history.sort_values(order, ignore_index=True)
    )
    assert not kept.history.attrs["quality"]["converted_from_per_day"]
    assert kept.history.attrs["fetched_at"] == kept.videos.attrs["fetched_at"] == AS_OF.isoformat()
    assert not server.log


@pytest.mark.filterwarnings("ignore:the API delivered gains:UserWarning")
def test_gains_per_day_come_from_the_archive_as_the_totals_that_a_load_gives(simulator):
    views = pd.Series([100, 130, 200, 220, 300, 310, 400, 420, 500, 600] * 5, dtype="Int64")
    organisation = small_organisation(5)
    organisation.history["views"] = views
    with simulator(organisation=organisation, faults=["per_day:path=history"]) as server, connect(server) as client:
        _, history = load_both(client)
    with pytest.warns(DataQualityWarning, match="the archive holds gains per day"):
        kept = sa.load_archive().history
    order = ["ad_id", "date"]
    assert kept.sort_values(order)["views"].tolist() == history.sort_values(order)["views"].tolist() == views.tolist()
    assert kept.attrs["quality"]["converted_from_per_day"]


def test_reading_all_days_gives_what_reading_them_by_name_gives_with_ids_as_texts_or_as_a_category(loaded):
    _, folder = loaded
    path = day_files(folder)[0]
    days = read_file(path, HISTORY)
    days.loc[[0, 7], ["views", "likes"]] = pd.NA
    write_table(days, path, table=HISTORY)
    archive = HistoryArchive(folder / "archive")
    by_name = archive.read(archive.coverage()["ad_id"])
    assert len(by_name) == 250
    assert by_name["views"].isna().sum() == 2
    kept, coded = sa.load_archive().history, sa.load_archive(categorical=True).history
    pd.testing.assert_frame_equal(kept, by_name, check_flags=False)
    assert coded["ad_id"].dtype == pd.CategoricalDtype(pd.Index(sorted(by_name["ad_id"].unique()), dtype="str"))
    pd.testing.assert_frame_equal(coded.astype({"ad_id": "str"}), by_name, check_flags=False)
    coded.loc[0, "views"] = 5  # what was read can be changed
    assert coded["views"].tolist()[0] == 5
    # a file that a newer version wrote
    write_table(days.assign(reach=3), path, table=HISTORY)
    newer = sa.load_archive(categorical=True).history
    assert (newer["reach"].count(), newer["ad_id"].dtype) == (len(days), coded["ad_id"].dtype)


def test_counts_lie_as_differences_and_a_file_of_before_reads_the_same(loaded):
    _, folder = loaded
    path = day_files(folder)[0]
    group = pq.read_metadata(path).row_group(0)
    how = {group.column(place).path_in_schema: group.column(place).encodings for place in range(group.num_columns)}
    assert {name for name, encodings in how.items() if "DELTA_BINARY_PACKED" in encodings} == set(COUNTS)
    before = sa.load_archive().history
    pq.write_table(pq.ParquetFile(path).read(), path, compression="zstd", write_page_checksum=True, row_group_size=7)
    pd.testing.assert_frame_equal(sa.load_archive().history, before)


@pytest.mark.parametrize("ids", [["b", "a", "b"], ["é", "", "ccc"], []])
def test_a_category_becomes_the_texts_it_stands_for(ids):
    texts = pd.Series(ids, dtype="str", index=range(3, 3 + len(ids)))
    pd.testing.assert_series_equal(texts_of(texts.astype("category")), texts)


def test_an_archive_of_nothing_is_typed_and_empty(tmp_path):
    (tmp_path / "data" / "profiles" / "abc").mkdir(parents=True)
    kept = sa.load_archive()
    assert kept.videos.dtypes.equals(empty(VIDEOS).dtypes)
    assert kept.history.dtypes.equals(empty(HISTORY).dtypes)
    assert kept.history.attrs["fetched_at"] is None
    assert sa.archive_info().empty
    assert problems() == {}


def test_a_snapshot_that_a_clock_ahead_stamped_is_not_taken_for_the_newest(loaded):
    server, folder = loaded
    (true,) = folder.glob("snapshots/all/*.parquet")
    ahead = true.with_name("2027-06-01T000000Z.parquet")
    shutil.copy(true, ahead)
    with connect(server) as client:
        assert sa.load_archive(client).videos.attrs["snapshot"] == str(true)
    assert sa.load_archive().videos.attrs["snapshot"] == str(ahead)  # without a client there is no clock to go by


def test_no_profile_is_named_as_such():
    with pytest.raises(InvalidParameterError, match="holds 0 profiles; name one of: none yet"):
        sa.load_archive()


def test_of_two_profiles_the_one_meant_must_be_named_and_gives_only_its_own(simulator):
    names = {}
    for key, count in (("key-of-one", 3), ("key-of-two", 4)):
        with simulator(organisation=small_organisation(count)) as server, connect(server, api_key=key) as client:
            load_both(client)
            names[key] = f"profiles/{client.storage.name}"
    for call in (sa.load_archive, sa.verify_archive, sa.archive_info, sa.list_snapshots):
        with pytest.raises(InvalidParameterError, match="holds 2 profiles") as caught:
            call()
        assert all(name in str(caught.value) for name in names.values())
        with pytest.raises(InvalidParameterError, match="profile 'profiles/nope' is not in"):
            call(profile="profiles/nope")
    for (key, name), count in zip(names.items(), (3, 4), strict=True):
        assert len(sa.load_archive(profile=name).videos) == count
        assert sa.load_archive(profile=name).history["ad_id"].nunique() == count
        assert sa.verify_archive(profile=name).empty
        assert all(name in path for path in sa.list_snapshots(profile=name)["path"])
        assert key not in name


def test_storage_is_listed_by_profile_and_kind_and_clearing_keeps_the_archive(loaded):
    server, folder = loaded
    info = sa.storage_info().set_index("kind")
    assert sa.storage_info().dtypes.equals(empty(STORAGE).dtypes)
    assert set(info["profile"]) == {f"profiles/{folder.name}"}
    assert (info.loc[["cache", "archive", "snapshots", "pace"], "bytes"] > 0).all()
    assert info.loc["archive", "files"] == len(day_files(folder)) + 3  # and the coverage, the layout, the lock
    assert sa.clear_cache() == info.loc["cache", "bytes"]
    after = sa.storage_info().set_index("kind")
    assert after.loc["cache", "files"] == 0
    assert (after.loc[["archive", "snapshots"]] == info.loc[["archive", "snapshots"]]).all(axis=None)
    with connect(server) as client:
        _, history = load_both(client)
    assert len(history) == 250
    assert asked(server) == []  # the archive knows them all


def test_the_cache_of_one_client_or_profile_is_cleared_alone(simulator, tmp_path):
    for key in ("key-of-one", "key-of-two"):
        with simulator(organisation=small_organisation(3)) as server, connect(server, api_key=key) as client:
            sa.load_videos(client)
    with sa.connect(demo=True) as demo:
        sa.load_labels(demo)

    def kept():
        info = sa.storage_info()
        return sorted(info.loc[(info["kind"] == "cache") & (info["files"] > 0), "profile"])

    everyone = kept()
    assert [name.partition("/")[0] for name in everyone] == ["demo", "profiles", "profiles"]
    assert main(["cache", "clear", "--demo", "--quiet"]) == 0
    assert kept() == everyone[1:]
    assert sa.clear_cache(profile=everyone[1]) > 0
    assert kept() == everyone[2:]
    with pytest.raises(InvalidParameterError, match="profile 'nope' is not in"):
        sa.clear_cache(profile="nope")
    sa.clear_cache()
    assert kept() == []


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    path.write_bytes(content)


def test_any_flipped_byte_is_found_or_changes_nothing(loaded):
    """Every 97th byte in turn; a flip in a place without meaning leaves every value as it was.

    Of the half that is notes on types for other engines, none has a meaning for us.
    """
    _, folder = loaded
    path = day_files(folder)[0]
    sound, truth = path.read_bytes(), HistoryArchive(folder / "archive").read()
    notes = sum(map(len, pq.read_metadata(path).metadata.values()))
    unnoticed = 0
    for place in range(0, len(sound), 97):
        flip(path, place)
        if not problems():
            unnoticed += 1
            pd.testing.assert_frame_equal(HistoryArchive(folder / "archive").read(), truth)
        path.write_bytes(sound)
    assert unnoticed < (len(sound) + notes) / 97 / 2


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: flip(path, 40), "cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "cannot be read"),
        (lambda path: path.write_bytes(b""), "cannot be read"),
        (lambda path: path.write_bytes(b"PAR1 somebody else's notes PAR1"), "cannot be read"),
        (lambda path: pd.DataFrame({"a": [1]}).to_parquet(path), "lacks ad_id, date, views"),
        (lambda path: _rewrite(path, lambda frame: pd.concat([frame.head(1), frame])), "a day is stored twice"),
        (lambda path: _rewrite(path, lambda frame: frame.iloc[::-1]), "rows are out of order"),
        (lambda path: _rewrite(path, lambda frame: frame.assign(ad_id=None)), "without a video, a day"),
        (lambda path: _rewrite(path, lambda frame: frame.assign(views="many")), "holds other types"),
        (lambda path: shutil.copy(day_files(path.parents[3])[0], path), "belong in another file"),
    ],
    ids=["flip", "truncated", "empty", "notes", "foreign", "twice", "order", "nameless", "types", "copied"],
)
def test_damage_is_found_and_named_and_moving_the_file_away_heals_it(loaded, damage, said):
    server, folder = loaded
    path = day_files(folder)[1]
    lost = sorted(pd.read_parquet(path)["ad_id"].unique())
    damage(path)
    found = problems()
    assert list(found) == [path.name]
    assert said in found[path.name][0]
    assert "move the file away" in found[path.name][1]
    path.rename(folder / "moved-away.parquet")
    with connect(server, refresh=False) as client:
        shutil.rmtree(folder / "cache", ignore_errors=True)
        _, history = load_both(client)
    assert len(history) == 250
    assert history["ad_id"].nunique() == 25
    assert problems() == {}
    assert set(asked(server)) <= set(lost)


def _rewrite(path, change):
    change(pd.read_parquet(path)).to_parquet(path, index=False)


@pytest.mark.parametrize("damage", ["copied", "twice"])
def test_a_day_that_lies_there_twice_is_read_once_with_a_warning(loaded, damage):
    server, folder = loaded
    first, second = day_files(folder)[:2]
    if damage == "copied":
        shutil.copy(first, second)
        (folder / "archive" / "_coverage" / "bucket-0000").unlink()
        assert "belong in another file" in problems()[second.name][0]
    else:
        _rewrite(first, lambda frame: pd.concat([frame.head(1), frame]))
    with pytest.warns(DataQualityWarning, match=r"days twice; each was read once: `shortimize archive verify`"):
        kept = sa.load_archive().history
    assert not kept.duplicated(["ad_id", "date"]).any()
    # a load opens the files that its videos are recorded in, and no other
    told = pytest.warns(DataQualityWarning, match="days twice") if damage == "twice" else nullcontext()
    with connect(server) as client, told:
        _, history = load_both(client)
    assert len(history) == 250


def test_a_load_over_a_damaged_file_is_a_typed_error_with_the_next_step(loaded):
    server, folder = loaded
    flip(day_files(folder)[0], 40)
    with connect(server) as client:
        videos = sa.load_videos(client)
        with pytest.raises(ArchiveError, match=r"cannot be read as an archive file .* move it away"):
            sa.load_history(client, videos)
    with pytest.raises(ArchiveError, match="move it away"):
        sa.load_archive()


def test_the_videos_of_a_lost_file_are_asked_for_again_and_only_those(loaded):
    server, folder = loaded
    path = day_files(folder)[0]
    lost = sorted(pd.read_parquet(path)["ad_id"].unique())
    path.unlink()
    assert "fewer days than recorded" in problems()["bucket-0000"][0]
    sa.clear_cache()
    with connect(server) as client:
        _, history = load_both(client)
    assert asked(server) == lost
    assert len(history) == 250
    assert problems() == {}


def test_without_coverage_all_is_asked_for_again_and_no_day_is_lost(loaded):
    server, folder = loaded
    (folder / "archive" / "_coverage" / "bucket-0000").unlink()
    sa.clear_cache()
    with connect(server) as client:
        _, history = load_both(client)
    assert len(asked(server)) == 25
    assert len(history) == 250


def _record_twice(path):
    rows = pd.read_parquet(path)
    pd.concat([rows, rows.head(1)]).to_parquet(path, index=False)


@pytest.mark.parametrize("damage", [lambda path: flip(path, 40), _record_twice], ids=["bit", "twice"])
def test_damaged_coverage_is_named_and_deleting_it_heals(loaded, damage):
    server, folder = loaded
    path = folder / "archive" / "_coverage" / "bucket-0000"
    damage(path)
    assert problems()["bucket-0000"][1] == "delete it; all days are asked for again"
    with connect(server) as client, pytest.raises(ArchiveError, match="bucket-0000"):
        load_both(client)
    path.unlink()
    with connect(server) as client:
        assert len(load_both(client)[1]) == 250
    assert problems() == {}


def test_scraps_strangers_and_damaged_copies_are_named_and_harm_nothing(loaded):
    server, folder = loaded
    home = folder / "archive" / "days"
    (home / f"{SCRAP_PREFIX}abc").write_bytes(b"PAR1 half")
    (home / "notes.txt").write_text("mine")
    snapshot = next(folder.glob("snapshots/all/*.parquet"))
    snapshot.write_bytes(snapshot.read_bytes()[:99])
    found = problems()
    assert found[f"{SCRAP_PREFIX}abc"] == ("left over from a run that was killed while writing", "delete it")
    assert found["notes.txt"][0] == "not a file of the archive"
    assert "cannot be read" in found[snapshot.name][0]
    assert len(found) == 3
    with connect(server) as client:
        assert len(load_both(client)[1]) == 250
    assert (home / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [(json.dumps({"layout": LAYOUT + 1}), "update the package"), ("{", "is damaged; delete it"), ("[]", "is damaged")],
)
def test_another_layout_is_refused_before_anything_is_touched(loaded, text, said):
    server, folder = loaded
    (folder / "archive" / "archive.json").write_text(text)
    before = {path: path.read_bytes() for path in folder.glob("archive/**/*") if path.is_file()}
    with connect(server, refresh=True) as client:
        videos = sa.load_videos(client)
        with pytest.raises(ArchiveError, match=said):
            sa.load_history(client, videos)
    with pytest.raises(ArchiveError, match=said):
        sa.load_archive()
    assert any(said in problem for problem, _ in problems().values())
    assert before == {path: path.read_bytes() for path in folder.glob("archive/**/*") if path.is_file()}


def test_files_of_an_older_version_are_read_and_written_on(loaded, monkeypatch):
    """A column that came later reads as NA; the next write adds it."""
    server, folder = loaded
    for path in day_files(folder):
        table = pq.read_table(path, partitioning=None)
        pq.write_table(table.drop_columns(["bookmarks", "engagements"]), path)
    coverage = folder / "archive" / "_coverage" / "bucket-0000"
    pq.write_table(pq.read_table(coverage).drop_columns(["days", "updated_at"]), coverage)
    assert problems() == {}
    history = sa.load_archive().history
    assert history.dtypes.equals(empty(HISTORY).dtypes)
    assert history["bookmarks"].isna().all()
    monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(days=1)).isoformat())
    with connect(server) as client:
        assert len(load_both(client)[1]) == 250
    assert "bookmarks" in pq.read_schema(day_files(folder)[0]).names
    assert problems() == {}
