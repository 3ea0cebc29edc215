"""Answers that are odd but valid, and answers of any shape: no row is lost and no value changed without a word."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from canned_server import canned
from faulty_loads import LOADERS, OF_THE_WHOLE, ROWS, attempt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_json import ANY_JSON, VIDEO_ROWS
from organisations import AS_OF, connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.errors import ApiError, DataQualityWarning, IncompleteDataError, InvalidParameterError
from shortimize_analytics.schema import ACCOUNTS, HISTORY, LABELS, ORGANISATION_HISTORY, VIDEOS, empty
from shortimize_analytics.schema.tables import MAX_COUNT
from shortimize_analytics.store.export import write_frame
from shortimize_analytics.store.history_archive import HistoryArchive

pytestmark = pytest.mark.usefixtures("now")


def page(rows, total=None):
    return {
        "data": rows,
        "pagination": {"total": len(rows) if total is None else total, "page": 1, "limit": 5000, "total_pages": 1},
        "filters": {},
    }


ROW = {"ad_id": "x", "username": "mine", "latest_views": 5, "latest_updated_at": AS_OF.isoformat(), "label_ids": []}


def loaded(rows, tries):
    with canned((200, page(rows))) as server, connect(server) as client:
        return attempt(lambda: sa.load_videos(client), tries=tries, requests=lambda: len(server.asked))


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"latest_views": MAX_COUNT - 1}, "latest_views", MAX_COUNT - 1),
        ({"latest_views": MAX_COUNT}, "latest_views", MAX_COUNT),
        ({"latest_views": "999999999999"}, "latest_views", MAX_COUNT - 1),
        ({"title": "x" * 10_000}, "title", "x" * 10_000),
        ({"title": "a\x00b"}, "title", "a\x00b"),
        ({"title": "\u202eevil\u2066"}, "title", "\u202eevil\u2066"),
        ({"title": "<script>#read(\"/etc/passwd\")</script>"}, "title", "<script>#read(\"/etc/passwd\")</script>"),
        ({"title": "=HYPERLINK(\"x\")"}, "title", "=HYPERLINK(\"x\")"),
        ({"platform": "threads"}, "platform", "threads"),
        ({"username": "@Mine.Upper"}, "username", "Mine.Upper"),
    ],
)  # fmt: skip
def test_odd_but_valid_values_arrive_as_they_are(changes, column, expected, tries, tmp_path):
    frame, error, said = loaded([ROW | changes], tries)
    assert (error, said) == (None, [])
    assert frame[column].tolist() == [expected]
    for ending in ("parquet", "csv", "json"):
        assert write_frame(frame, tmp_path / f"out.{ending}").stat().st_size
    back = pd.read_parquet(tmp_path / "out.parquet")
    assert back[column].tolist() == [expected]
    csv = (tmp_path / "out.csv").read_bytes().decode()
    assert not any(cell.startswith(("=", "@")) for line in csv.splitlines() for cell in line.split(","))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"latest_views": MAX_COUNT + 1}, "latest_views: 1 value(s) unreadable and set to NA, e.g. 1000000000001"),
        ({"latest_likes": 2**53 + 1}, "latest_likes: 1 value(s) unreadable and set to NA, e.g. 9007199254740993"),
        ({"latest_views": 2**63 - 1}, "latest_views: 1 value(s) unreadable"),
        ({"latest_views": 2**63}, "latest_views: 1 value(s) unreadable"),
        ({"latest_views": 1e400}, "latest_views: 1 value(s) unreadable"),
        ({"uploaded_at": "2026-02-30"}, "uploaded_at: 1 value(s) unreadable and set to NA, e.g. '2026-02-30'"),
        ({"created_at": "2026-13-01T00:00:00Z"}, "created_at: 1 value(s) unreadable"),
        ({"latest_views": "***"}, "1 of 1 videos have masked metrics"),
        ({"latest_views": None}, "1 of 1 videos have masked metrics"),
    ],
)
def test_a_value_that_is_none_becomes_na_with_a_warning_and_the_row_stays(changes, said, tries):
    frame, error, texts = loaded([ROW | changes], tries)
    assert error is None
    assert said in " ".join(texts)
    assert frame["ad_id"].tolist() == ["x"]
    assert frame[next(iter(changes))].isna().all()


def test_a_collaboration_stays_one_row_per_account(tries):
    rows = [ROW | {"ad_id": ad_id, "ad_link": "https://x/1", "linked_account_id": ad_id} for ad_id in ("a", "b")]
    frame, error, _ = loaded(rows, tries)
    assert error is None
    assert frame["linked_account_id"].tolist() == ["a", "b"]


def test_a_video_listed_twice_is_kept_once_in_its_newer_state(tries):
    older = ROW | {"latest_views": 3, "latest_updated_at": "2026-11-01T00:00:00Z"}
    with canned((200, page([ROW, older], total=1))) as server, connect(server) as client:
        frame, error, _ = attempt(lambda: sa.load_videos(client), tries=tries)
    assert error is None
    assert frame["latest_views"].tolist() == [5]
    assert frame.attrs["quality"]["duplicates"] == 1


def test_an_account_that_was_renamed_is_found_by_its_id_and_missed_aloud_by_its_old_name(simulator, tries):
    organisation = small_organisation(ROWS, username="new.name", linked_account_id="account-0")
    with simulator(organisation=organisation) as server, connect(server) as client:
        _, error, _ = attempt(lambda: sa.load_videos(client, account="old.name"), tries=tries)
        assert "a renamed account goes by its new handle" in str(error)
        assert len(sa.load_account_videos(client, "account-0")) == ROWS


def test_growth_given_as_views_and_zeros_not_computed_yet_arrive_as_they_are_and_are_found(simulator, tries):
    organisation = small_organisation(ROWS, increase_7d=70.0, increase_30d=0.0, outlier_multiplier=0.0)
    days = organisation.history["date"].dt.day
    # by turns 13 and 7 a day: gains that are all the same would pass for interpolated
    uneven = organisation.history.assign(views=lambda rows: rows["views"] + 3 * (days % 2))
    organisation = replace(organisation, history=uneven)
    with simulator(organisation=organisation) as server, connect(server) as client:
        videos, error, said = attempt(lambda: sa.load_videos(client), tries=tries)
        assert (error, said) == (None, [])
        found = sa.data_quality(videos, sa.load_history(client, videos))
    assert videos[["increase_7d", "increase_30d"]].drop_duplicates().to_numpy().tolist() == [[70, 0]]
    assert found.set_index("check").loc[["vendor_disagrees", "vendor_zero"], "n"].tolist() == [ROWS, ROWS]
    assert found.attrs["quality"]["growth"]["increase_7d"] == {"compared": ROWS, "disagree": ROWS}
    assert set(found.attrs["quality"]["evidence"]["vendor_disagrees"]) == set(videos["ad_id"])


def test_the_largest_counts_of_nine_million_videos_add_up_without_wrapping():
    assert 9 * 10**6 * MAX_COUNT < 2**63


def test_a_frame_of_ones_own_with_counts_that_would_wrap_is_refused_in_one_sentence():
    videos = small_organisation(3).videos
    videos["latest_views"] = pd.array([5, 2**62, 2**62], dtype="Int64")
    with pytest.raises(
        InvalidParameterError, match=r"videos\['latest_views'\] holds 4611686018427387904, and no count"
    ):
        sa.account_metrics(videos)


@pytest.mark.parametrize(
    "name", ["format", "age_days", "excluded", "dup_group", "counts_in_totals", "account", "y", "age"]
)
@pytest.mark.parametrize("analyse", [sa.account_metrics, sa.rank_outliers, sa.compare_labels])
def test_a_column_of_ones_own_that_analyses_make_changes_nothing_and_is_named_with_the_remedy(analyse, name):
    videos = small_organisation(3).videos
    with pytest.warns(DataQualityWarning, match=f"videos has a column '{name}' of your own.*rename it"):
        found = analyse(videos.assign(**{name: "mine"}))
    pd.testing.assert_frame_equal(found, analyse(videos))


def test_what_was_prepared_is_prepared_again_without_a_word():
    videos = small_organisation(3).videos
    again = sa.prepare(sa.prepare(videos).videos.assign(account="mine"))
    pd.testing.assert_frame_equal(again.videos, sa.prepare(videos).videos)


DAY = {"date": "2026-11-20", "views": 5}


@pytest.mark.parametrize(
    ("rows", "days", "said"),
    [
        ([DAY, DAY | {"date": "2026-11-31"}], ["2026-11-20"], "e.g. '2026-11-31'"),
        ([DAY, DAY | {"date": None}], ["2026-11-20"], "without a day"),
        ([DAY, {"views": 7}], ["2026-11-20"], "without a day"),
        ([DAY, DAY | {"date": "2026-11-19", "views": None}], ["2026-11-19", "2026-11-20"], ""),
        ([DAY | {"date": "2026-11-21", "views": 4}, DAY], ["2026-11-20", "2026-11-21"], ""),
        ([DAY, DAY | {"views": 6}], ["2026-11-20"], ""),
        ([], [], ""),
    ],
)
def test_a_day_is_never_lost_without_a_word(rows, days, said, tries):
    videos = small_organisation(1).videos
    with canned((200, rows)) as server, connect(server) as client:
        frame, error, texts = attempt(lambda: sa.load_history(client, videos), tries=tries)
    assert error is None
    assert frame["date"].dt.strftime("%Y-%m-%d").tolist() == days
    assert said in " ".join(texts)
    assert bool(said) == bool(texts)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    answer = [200, b"[]"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())
        patch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", 0.0001)
        with (
            canned(answer) as server,
            connect(server, data_dir=tmp_path_factory.mktemp("generated"), refresh=True) as client,
        ):
            yield client, lambda document: answer.__setitem__(1, json.dumps(document).encode())


ONLINE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@ONLINE
@given(document=ANY_JSON | VIDEO_ROWS | VIDEO_ROWS.map(page), loader=st.sampled_from(sorted(LOADERS | OF_THE_WHOLE)))
def test_no_answer_makes_a_loader_crash(generated, tries, document, loader):
    client, answer = generated
    answer(document)
    videos = small_organisation(1).videos
    frame, error, _ = attempt(lambda: (LOADERS | OF_THE_WHOLE)[loader](client, videos), tries=tries)
    tables = {
        "load_history": HISTORY,
        "load_labels": LABELS,
        "load_accounts": ACCOUNTS,
        "load_organisation_history": ORGANISATION_HISTORY,
    }
    expected = empty(tables.get(loader, VIDEOS))
    assert error is not None or frame[list(expected)].dtypes.equals(expected.dtypes)


@ONLINE
@given(rows=VIDEO_ROWS, ids=st.lists(st.text(min_size=1, max_size=5), min_size=3, max_size=3, unique=True))
def test_every_row_with_an_id_of_its_own_arrives(generated, tries, rows, ids):
    client, answer = generated
    rows = [{"label_ids": [], **row, "ad_id": ad_id} for row, ad_id in zip(rows, ids, strict=False)]
    rows = [{**row, "label_names": row["label_ids"]} for row in rows]
    answer(page(rows))
    frame, error, _ = attempt(lambda: sa.load_videos(client), tries=tries)
    if error is None:
        assert frame["ad_id"].tolist() == [json.loads(json.dumps(row))["ad_id"] for row in rows]
    else:
        assert isinstance(error, IncompleteDataError | ApiError)


COUNT = st.none() | st.integers(0, MAX_COUNT) | st.integers(0, 10**6).map(str)
DAYS = st.lists(
    st.fixed_dictionaries(
        {"date": st.dates(pd.Timestamp("2026-09-01").date(), AS_OF.date()).map(str), "views": COUNT, "likes": COUNT}
    ),
    max_size=8,
    unique_by=lambda row: row["date"],
)


@ONLINE
@given(rows=DAYS, junk=st.lists(st.dictionaries(st.sampled_from(["date", "views", "new"]), ANY_JSON), max_size=2))
def test_every_valid_day_arrives_and_is_in_the_archive(generated, tries, rows, junk):
    """Whatever stands beside them. Views that are text on every day mask a video, so there is none here."""
    client, answer = generated
    junk = [{k: v for k, v in row.items() if k != "views" or not isinstance(v, str)} for row in junk]
    answer(rows + junk)
    videos = small_organisation(1).videos.assign(ad_id=f"id-{len(rows)}-{abs(hash(str(rows)))}")
    frame, error, said = attempt(lambda: sa.load_history(client, videos, start="2026-09-01"), tries=tries)
    assert error is None
    if not any("gains per day" in text for text in said):
        for source in (frame, HistoryArchive(client.storage / "archive").read()):
            mine = source[source["ad_id"] == videos["ad_id"][0]]
            found = dict(zip(mine["date"].dt.strftime("%Y-%m-%d"), mine["views"], strict=True))
            again = {str(row.get("date"))[:10] for row in junk}
            for row in rows:
                assert row["date"] in found
                if row["date"] not in again:
                    expected = None if row["views"] is None else int(row["views"])
                    assert (None if pd.isna(found[row["date"]]) else found[row["date"]]) == expected


@pytest.mark.parametrize(
    ("written", "views", "said"),
    [
        ("367", 367, []),
        ("+367", 367, []),
        (" 367 ", 367, []),
        ("367.0", 367, []),
        ("-5", None, ["latest_views: 1 value(s) unreadable and set to NA, e.g. -5"]),
        ("-", None, ["1 of 1 videos have masked metrics"]),
        ("***", None, ["1 of 1 videos have masked metrics"]),
    ],
)
def test_a_count_with_a_sign_is_a_number_and_no_mask(written, views, said):
    row = {"ad_id": "x", "latest_updated_at": "2026-11-22T06:00:00Z", "label_ids": [], "label_names": []}
    listed = {"data": [row | {"latest_views": written}], "pagination": {"total": 1, "page": 1, "limit": 5000}}
    with canned((200, listed)) as server, connect(server) as client:
        found, error, heard = attempt(lambda: sa.load_videos(client))
    assert error is None
    assert found["latest_views"].tolist() == [pd.NA if views is None else views]
    assert found.attrs["quality"]["masked"] == sum("masked" in text for text in said)
    assert [any(text in one for one in heard) for text in said] == [True] * len(said)
    assert len(heard) == len(said)
