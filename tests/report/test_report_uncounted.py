"""Videos without counts: a report is refused for what they could change, and names them; never for their number alone.

An organisation of 200 videos of ten accounts: each of them gained 100 views in the week if it is older, 1,000 if new.
"""

import datetime as dt

import pandas as pd
import pytest

from shortimize_analytics import compose_report
from shortimize_analytics.analysis.prepared import history_of, prepare
from shortimize_analytics.errors import DataQualityWarning, IncompleteDataError
from shortimize_analytics.report.compose import INCOMPLETE_LIMIT
from shortimize_analytics.report.uncounted import uncounted
from shortimize_analytics.schema import HISTORY, VIDEOS, cast

MONDAY, SUNDAY = dt.date(2026, 3, 9), dt.date(2026, 3, 15)
OLDER = [f"old-{number:03d}" for number in range(180)]
NEW = [f"new-{number:03d}" for number in range(20)]


def organisation(blank=(), *, unknown=(), short=(), **flags):
    """Two frames; `blank` videos have no counts, `unknown` no history either, `short` ones none of the week."""
    videos, history = [], []
    for number, ad_id in enumerate(OLDER + NEW):
        new = ad_id in NEW
        videos.append({
            "ad_id": ad_id,
            "platform": "tiktok",
            "username": f"user{number % 10}",
            "linked_account_id": f"a{number % 10}",
            "ad_link": f"https://www.tiktok.com/@u/video/{7 * 10**18 + number}",
            "video_length": 15,
            "uploaded_at": "2026-03-10" if new else "2026-01-01",
            "latest_updated_at": "2026-03-16T06:00:00Z",
            "latest_views": None if ad_id in blank else 1000,
            "removed": False,
            "private": False,
            **(flags if ad_id in blank else {}),
        })  # fmt: skip
        if ad_id in unknown:
            continue
        points = {10: 200, 15: 1000} if new else {1: 500, 8: 900, 15: 1000}
        history += [
            {"ad_id": ad_id, "date": f"2026-03-{day:02}", "views": views}
            for day, views in points.items()
            if day < 9 or ad_id not in short
        ]
    return cast(videos, VIDEOS)[0], cast(history, HISTORY)[0]


TOTAL = 180 * 100 + 20 * 1000


def stake(blank, **options):
    data = prepare(*organisation(blank, **options))
    return uncounted(data.videos, history_of(data), first=MONDAY, last=SUNDAY)


def report(blank, *, account=None, **options):
    return compose_report(*organisation(blank, **options), end="2026-03-15", account=account)


def refusal(blank, **options):
    with pytest.raises(IncompleteDataError) as caught:
        report(blank, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("blank", "options", "matter", "share"),
    [
        ([], {}, 0, 0.0),
        (OLDER[:6], {"unknown": OLDER[:6]}, 0, 0.0),
        (OLDER[:6], {}, 6, 600 / TOTAL),
        (OLDER[:6], {"short": OLDER[:6]}, 6, 600 / TOTAL),
        (NEW[:1], {}, 1, 1000 / TOTAL),
        (NEW[:2], {"unknown": NEW[:2]}, 2, 2000 / TOTAL),
        (OLDER[:6], {"private": True}, 0, 0.0),
        (OLDER[:6], {"removed": True}, 0, 0.0),
        (OLDER[:6], {"latest_updated_at": None}, 0, 0.0),
        (OLDER[:6], {"uploaded_at": "2026-03-16", "unknown": OLDER[:6]}, 0, 0.0),
        (NEW, {"unknown": NEW}, 20, 2000 / (18_000 + 2000)),
        (OLDER + NEW, {"unknown": OLDER + NEW}, 20, 20 / 200),
    ],
    ids=["none", "never counted", "counted on", "counted before", "new", "new and never counted", "private", "removed",
         "never measured", "after the period", "all new ones, as the older gain", "nothing counted at all"],
)  # fmt: skip
def test_what_is_at_stake_is_what_they_hold_or_their_kind_does(blank, options, matter, share):
    found = stake(blank, **options)
    assert len(found.matter) == matter
    assert found.share == pytest.approx(share)
    assert set(found.matter) <= set(found.ids) <= set(blank)


def test_three_per_cent_that_never_had_counts_refuse_no_report():
    """Private posts that nobody flagged: every report of this organisation once needed --allow-partial."""
    found = report(OLDER[:6], unknown=OLDER[:6])
    assert found.problems == ()
    rows = {row["name"]: row["value"] for row in found.content["quality"]["rows"]}
    assert rows["Without counts, as ever"] == ", ".join(OLDER[:6])
    assert "Without counts, though counted before or new" not in rows
    assert "6 videos are without counts from the API." in found.content["notes"][0]
    assert "could change" not in found.content["notes"][0]


def test_the_limit_is_one_per_cent_of_the_views():
    below, above = OLDER[:3], OLDER[:4]
    assert stake(below).share < INCOMPLETE_LIMIT == 0.01 < stake(above).share < 0.011
    found = report(below)
    assert found.problems == ()
    assert "They could change about 0.8% of all views." in found.content["notes"][0]
    said = refusal(above)
    assert "The counts of 4 of 200 videos did not come from the API, though they were counted before or are new" in said
    assert "about 1% of the views (the limit is 1%)" in said
    assert "shortimize untrack ID" in said
    assert "old-000, old-001, old-002, …" in said


def test_one_new_video_weighs_what_new_videos_gain():
    said = refusal(NEW[:1], unknown=NEW[:1])
    assert "The counts of 1 of 200 videos did not come from the API, though it was counted before or is new" in said
    assert "about 3% of the views" in said
    assert said.count("new-000") == 1


def test_a_part_is_judged_by_its_own_videos():
    blank = OLDER[:10:2] + NEW[::2]  # of accounts 0, 2, 4, 6 and 8
    assert report(blank, account="user1").problems == ()
    assert "of the views" in refusal(blank, account="user2")


def test_what_was_let_pass_names_all_of_them_on_the_data_page():
    found = compose_report(*organisation(OLDER[:30]), end="2026-03-15", allow_partial=True)
    (problem,) = found.problems
    assert problem in found.content["problems"]
    rows = {row["name"]: row["value"] for row in found.content["quality"]["rows"]}
    named = rows["Without counts, though counted before or new"]
    assert named == ", ".join(OLDER[:20]) + ", … (30 in all)"


@pytest.mark.parametrize(("failed", "refused"), [(0, False), (2, False), (3, True)])
def test_histories_that_could_not_be_loaded_are_partial_data_above_one_per_cent(failed, refused):
    videos, history = organisation()
    history.attrs["quality"] = {"failed": failed, "videos": 200, "never_loaded": 0}
    if refused:
        with pytest.raises(
            IncompleteDataError, match=r"The history of 3 of 200 videos could not be loaded: .*limit is 1%"
        ):
            compose_report(videos, history, end="2026-03-15")
        return
    notes = compose_report(videos, history, end="2026-03-15").content["notes"][0]
    assert ("2 of 200 histories could not be loaded." in notes) == bool(failed)


def test_frames_that_know_nothing_of_flags_or_measurements_have_no_blank_videos():
    videos, history = organisation()
    bare = videos[["ad_id", "platform", "username", "uploaded_at", "latest_views", "linked_account_id"]]
    data = prepare(bare, history)
    assert uncounted(data.videos, history_of(data), first=MONDAY, last=SUNDAY).ids == []
    assert pd.isna(bare["latest_views"]).sum() == 0


def test_counts_that_cannot_be_are_said_on_page_one_and_named_behind_and_refuse_nothing():
    videos, history = organisation()
    videos.loc[[3, 7], "latest_views"] = 5_000_000_000, 6_000_000_000
    with pytest.warns(DataQualityWarning, match="old-003, old-007"):
        found = compose_report(videos, history, end="2026-03-15")
    assert found.problems == ()
    said = "The newest counts of 2 videos contradict their own history or likes and are set aside."
    assert found.content["notes"][0].count(said) == 1
    rows = {row["name"]: row["value"] for row in found.content["quality"]["rows"]}
    named = "old-003 (5,000,000,000 views), old-007 (6,000,000,000 views)"
    assert rows["Counts set aside: history or likes contradict them"] == named
    assert found.summary.totals["views_gained"].iloc[0] == TOTAL
    put_back = compose_report(prepare(videos, history, keep_implausible=True), end="2026-03-15")
    assert "set aside" not in put_back.content["notes"][0]
