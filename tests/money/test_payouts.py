"""Payouts from frames: what must not change them, and what somebody must look at."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from money import amounts, day, history_of, same_frames, terms_in, terms_text, video, videos_of

import shortimize_analytics as sa
from shortimize_analytics.errors import MoneyFileError

COUNTS = {day("2026-10-05", n): 1000 * n + n % 2 * 500 for n in range(1, 60)}
"""26,000 views by the end of October, 56,000 by that of November; evenly they would look interpolated."""


def payouts(tmp_path, *args, videos=None, counts=None, end="2026-10-31", allow_partial=False, closings=None, **options):
    videos = videos_of(video()) if videos is None else videos
    history = counts if isinstance(counts, pd.DataFrame) else history_of(counts or {"v1": COUNTS})
    terms = terms_in(tmp_path, *args, **options)
    return sa.creator_payouts(
        videos, history, terms=terms, end=end, allow_partial=allow_partial, closings=closings
    )  # fmt: skip


def reasons(paid):
    return sorted(set(paid.exceptions["reason"]))


def test_order_of_rows_says_nothing(tmp_path):
    videos = videos_of(*[video(f"v{n}", uploaded=day("2026-10-05", n)) for n in range(6)])
    history = history_of({f"v{n}": COUNTS for n in range(6)})
    plain = payouts(tmp_path, videos=videos, counts=history, clips=["a,v1", "a,v2"])
    shuffled = payouts(
        tmp_path, videos=videos.sample(frac=1, random_state=1), counts=history.sample(frac=1, random_state=2),
        clips=["a,v2", "a,v1"],
    )  # fmt: skip
    same_frames(plain, shuffled)
    assert plain.sheets == shuffled.sheets


def test_rows_beyond_the_cut_off_say_nothing(tmp_path):
    rules = "rate_per_1000 = 0.60\ncount_days = 20\n"
    plain = payouts(tmp_path, rules, counts={"v1": COUNTS})
    cut = {when: views for when, views in COUNTS.items() if when <= "2026-10-25"}
    same_frames(plain, payouts(tmp_path, rules, counts={"v1": cut}))
    jumps = cut | {when: 10**6 for when in COUNTS if when > "2026-10-25"}
    same_frames(plain, payouts(tmp_path, rules, counts={"v1": jumps}))


def test_a_renamed_handle_says_nothing(tmp_path):
    plain = payouts(tmp_path)
    renamed = payouts(tmp_path, videos=videos_of(video(username="another.name")))
    same_frames(plain, renamed)


def test_a_glitch_between_two_closings_leaves_no_line(tmp_path):
    folder = tmp_path / "closings"
    sa.close_payouts(payouts(tmp_path, closings=folder), folder)
    again = payouts(tmp_path, closings=folder, end="2026-11-30")
    assert set(again.lines["kind"]) == {"views"}
    assert amounts(again.lines) == ["18.00"]


def test_a_row_that_the_archive_lost_stands_as_it_was_closed(tmp_path):
    folder = tmp_path / "closings"
    sa.close_payouts(payouts(tmp_path, closings=folder), folder)
    lost = {when: views for when, views in COUNTS.items() if not "2026-10-20" <= when <= "2026-11-10"}
    found = payouts(tmp_path, closings=folder, end="2026-11-30", counts={"v1": lost})
    assert set(found.lines["kind"]) == {"views"}


def test_a_post_that_left_the_videos_keeps_its_pay(tmp_path):
    folder = tmp_path / "closings"
    both = videos_of(video(), video("v2"))
    counts = {"v1": COUNTS, "v2": COUNTS}
    sa.close_payouts(payouts(tmp_path, closings=folder, videos=both, counts=counts), folder)
    kept = payouts(tmp_path, closings=folder, end="2026-11-30")
    assert Decimal(kept.statement["correction_counts"][0]) == 0
    gone = kept.exceptions.set_index("ad_id").loc["v2"]
    assert (gone["reason"], str(gone["at_stake"])) == ("vanished", "15.60")
    rules = 'rate_per_1000 = 0.60\nremoved = "void"\n'
    void = payouts(tmp_path, rules, closings=folder, end="2026-11-30")
    assert str(void.statement["correction_terms"][0]) == "-15.60"


def test_what_belongs_to_two_creators_is_nobodys_until_decided(tmp_path):
    creators = {"c-1": ["a-1"], "c-2": ["a-2"]}
    link = "https://www.tiktok.com/@x/video/7609364728032365845"
    videos = videos_of(video(ad_link=link), video("v2", account="a-2", ad_link=link))
    counts = {"v1": COUNTS, "v2": COUNTS}
    undecided = payouts(tmp_path, creators=creators, videos=videos, counts=counts)
    assert undecided.lines.empty
    assert reasons(undecided) == ["two_creators"]
    assert str(undecided.exceptions["at_stake"][0]) == "15.60"
    decided = payouts(
        tmp_path, creators=creators, videos=videos, counts=counts,
        decisions=[f"2026-11-04,c-2,{link},include,,,she made it"],
    )  # fmt: skip
    assert decided.lines["creator"].tolist() == ["c-2"]
    assert amounts(decided.lines) == ["15.60"]


def test_decisions_change_money_and_say_why(tmp_path):
    base = "rate_per_1000 = 1.00\nbase_per_video = 10\n"
    out = payouts(tmp_path, base, decisions=["2026-11-04,c-1,v1,exclude,,,advert"])
    assert (amounts(out.lines), out.lines["notes"][0], out.lines["reason"][0]) == (["0.00"], "excluded", "advert")
    out = payouts(tmp_path, base, decisions=["2026-11-04,,v1,views,5000,2026-10,screenshot"])
    assert (amounts(out.lines), out.lines["notes"][0]) == (["5.00", "10.00"], "decided")
    out = payouts(tmp_path, base, decisions=["2026-11-04,,v1,hold,,2026-10,being checked"])
    assert (str(out.statement["payment"][0]), reasons(out)) == ("0.00", ["held"])
    out = payouts(tmp_path, base, end="2026-11-30", decisions=["2026-11-04,,v1,hold,,2026-10,being checked"])
    assert sum(out.lines["amount"]) == Decimal("66.00")  # 56,000 views by the end of November, and the base fee
    out = payouts(tmp_path, base, decisions=["2026-11-04,c-1,,amount,-7.25,2026-10,sticker paid twice"])
    assert (str(out.statement["decisions"][0]), str(out.statement["payment"][0])) == ("-7.25", "28.75")
    text = terms_text(base) + '[[terms]]\nname = "gold"\nfrom = 2026-09-01\nrate_per_1000 = 2\n'
    out = payouts(tmp_path, text, decisions=["2026-11-04,,v1,terms,gold,,agreed"])
    assert amounts(out.lines) == ["52.00"]


@pytest.mark.parametrize(("changes", "counts", "rules", "wanted"), [
    ({"latest_views": None, "latest_updated_at": None}, {}, "", "no_count"),
    ({}, {}, "", "unsettled"),  # it has a count, so that its history was not loaded
    ({}, {"2026-12-20": 500}, "count_days = 30", "tracked_late"),
    ({}, {"2026-11-02": 500}, "", "no_count"),
    ({"uploaded_at": None}, COUNTS, "", "no_upload_day"),
    ({"uploaded_at": "2026-08-01"}, COUNTS, "", "no_terms"),
    ({"removed": True}, COUNTS, "", "removed"),
    ({"private": True}, COUNTS, "", "private"),
    ({"hidden_stats": True}, COUNTS, "", "hidden_stats"),
    ({}, {"2026-10-20": 500}, "", "stale"),
])  # fmt: skip
def test_every_oddity_is_named_with_what_to_do(tmp_path, changes, counts, rules, wanted):
    end = "2026-12-31" if wanted == "tracked_late" else "2026-10-31"
    more = {"v2": dict.fromkeys(COUNTS, 0)} if "stale" not in wanted else {}
    videos = videos_of(video(**changes), video("v2", uploaded="2026-10-30"))
    out = payouts(tmp_path, f"rate_per_1000 = 0.60\n{rules}\n", videos=videos, counts={"v1": counts, **more}, end=end)
    here = out.exceptions[out.exceptions["ad_id"].isna() | (out.exceptions["ad_id"] == "v1")]
    assert wanted in set(here["reason"])
    assert here["what_to_do"].str.len().min() > 20


def test_counts_that_a_platform_changed_its_mind_about(tmp_path):
    videos = videos_of(video(platform="youtube", uploaded="2025-03-10"))
    counts = {"v1": {day("2025-03-10", n): 100 * n for n in range(40)}}
    out = payouts(tmp_path, start="2025-01-01", videos=videos, counts=counts, end="2025-04-30")
    assert "regime_break" in reasons(out)


def test_a_jump_without_likes_is_suspected_and_paid(tmp_path):
    views = [1000 * n + n % 2 * 100 for n in range(10)] + [60_000 + 1000 * n + n % 2 * 100 for n in range(20)]
    likes = [50 * n for n in range(10)] + [460 + 50 * n for n in range(20)]
    history = history_of({"v1": {day("2026-10-05", n): count for n, count in enumerate(views)}})
    history["likes"] = pd.array(likes, dtype="Int64")
    history["comments"] = pd.array([0] * 30, dtype="Int64")
    out = payouts(tmp_path, counts=history)
    assert reasons(out) == ["spike"]
    assert amounts(out.lines) == ["45.60"]
    assert payouts(tmp_path, counts=history.assign(likes=history["views"] // 20)).exceptions.empty


def test_a_post_is_vanished_when_its_account_goes_on(tmp_path):
    videos = videos_of(video(), video("v2", uploaded="2026-10-01"))
    stopped = {when: views for when, views in COUNTS.items() if when <= "2026-10-15"}
    out = payouts(tmp_path, videos=videos, counts={"v1": stopped, "v2": COUNTS})
    assert reasons(out) == ["vanished"]
    # the vendor stops measuring old posts: that is no sign
    out = payouts(tmp_path, videos=videos, counts={"v1": COUNTS, "v2": stopped})
    assert reasons(out) == ["stale"]


def test_figures_are_provisional_until_counts_have_settled(tmp_path):
    early = history_of({"v1": COUNTS}, fetched_at="2026-11-01T06:00:00Z")
    out = payouts(tmp_path, counts=early)
    assert out.provisional
    assert reasons(out) == ["unsettled"]
    settled = history_of({"v1": COUNTS}, fetched_at="2026-11-03T00:00:00Z")
    assert not payouts(tmp_path, counts=settled).provisional
    # asked for late enough, the table of videos says that nothing was measured since
    videos = videos_of(video(latest_updated_at="2026-10-30T00:00:00Z"), fetched_at="2026-11-04T06:00:00Z")
    assert not payouts(tmp_path, videos=videos, counts=early).provisional
    videos = videos_of(video(latest_updated_at="2026-11-02T00:00:00Z"), fetched_at="2026-11-04T06:00:00Z")
    assert payouts(tmp_path, videos=videos, counts=early).provisional
    assert payouts(tmp_path, counts=early.drop(columns="fetched_at")).provisional


def test_a_key_that_is_nobodys_is_an_error_with_candidates(tmp_path):
    videos = videos_of(
        video(username="hook.lab"), video("v2", platform="instagram", username="hook.lab", account="a-2")
    )
    counts = {"v1": COUNTS, "v2": COUNTS}
    with pytest.raises(MoneyFileError, match=r"write its id, or one of tiktok/hook\.lab"):
        payouts(tmp_path, creators={"c-1": ["tiktok/hook.lap"]}, videos=videos, counts=counts)
    with pytest.raises(MoneyFileError, match="stands for 2 accounts: write one of") as caught:
        payouts(tmp_path, creators={"c-1": ["hook.lab"]}, videos=videos, counts=counts)
    assert "instagram/hook.lab (a-2)" in str(caught.value)
    out = payouts(tmp_path, creators={"c-1": ["hook.lab"]}, videos=videos, counts=counts, allow_partial=True)
    assert out.provisional
    assert reasons(out) == ["unmatched"]
    with pytest.raises(MoneyFileError, match="line 3, video 'v9': no video has this id or link"):
        payouts(tmp_path, clips=["a,v1", "a,v9"])
    with pytest.raises(MoneyFileError, match="line 2, video 'v9': no video has this id or link"):
        payouts(tmp_path, decisions=["2026-11-04,,v9,exclude,,,no such"])


def test_an_account_changes_hands(tmp_path):
    people = (
        '[[creators]]\nid = "old"\naccounts = ["a-1"]\nterms = "standard"\nto = 2026-10-10\n'
        '[[creators]]\nid = "new"\naccounts = ["a-1"]\nterms = "standard"\nfrom = 2026-10-11\n'
    )
    text = terms_text().split("[[creators]]")[0] + people
    videos = videos_of(video(uploaded="2026-10-10"), video("v2", uploaded="2026-10-11"))
    out = payouts(tmp_path, text, videos=videos, counts={"v1": COUNTS, "v2": COUNTS})
    assert dict(zip(out.lines["ad_id"], out.lines["creator"], strict=True)) == {"v1": "old", "v2": "new"}


def test_labels_name_a_creators_posts(tmp_path):
    labelled = video(label_ids=["l1"], label_names=["Hooks"])
    people = '[[creators]]\nid = "c-9"\nlabels = ["Hooks"]\nterms = "standard"\n'
    text = terms_text().split("[[creators]]")[0] + people
    out = payouts(tmp_path, text, videos=videos_of(labelled, video("v2")), counts={"v1": COUNTS, "v2": COUNTS})
    assert out.lines["ad_id"].tolist() == ["v1"]


def test_weeks_run_from_monday_to_sunday(tmp_path):
    out = payouts(tmp_path, "rate_per_1000 = 1", top='period = "week"', end="2026-10-14")
    assert (out.period, out.start, out.end) == ("2026-W42", dt.date(2026, 10, 12), dt.date(2026, 10, 18))
    assert amounts(out.lines) == ["7.50"]


def test_the_last_period_that_is_over_is_the_default(tmp_path):
    history = history_of({"v1": COUNTS})
    assert payouts(tmp_path, counts=history, end=None).period == "2026-11"
    history.attrs["as_of"] = "2026-11-01T00:10:00+00:00"
    assert payouts(tmp_path, counts=history, end=None).period == "2026-10"


def test_platforms_have_terms_of_their_own_and_the_first_post_says_the_base(tmp_path):
    rules = (
        "base_per_video = 12.50\nrate_per_1000 = 1.00\n"
        "platforms.instagram = { base_per_video = 0, rate_per_1000 = 0.10 }"
    )
    posts = videos_of(video(), video("v2", platform="instagram", uploaded="2026-10-06"))
    counts = {"v1": COUNTS, "v2": {when: 3 * views for when, views in COUNTS.items()}}
    out = payouts(tmp_path, rules, videos=posts, counts=counts, clips=["one,v1", "one,v2"])
    # the other post has more views and earns less: more views must never pay less
    assert out.lines[["ad_id", "kind"]].to_dict("records") == [
        {"ad_id": "v1", "kind": "views"},
        {"ad_id": "v1", "kind": "base"},
    ]
    assert str(out.statement["payment"][0]) == "38.50"


def test_a_copy_of_a_collaboration_is_the_same_post(tmp_path):
    link = "https://www.tiktok.com/@x/video/7609364728032365845"
    videos = videos_of(video("v2", ad_link=link), video("v1", account="a-9", ad_link=link))
    late = {when: views for when, views in COUNTS.items() if when > "2026-10-28"}
    out = payouts(tmp_path, videos=videos, counts={"v1": COUNTS, "v2": late})
    assert (out.lines["ad_id"].tolist(), out.evidence["copies"].tolist()) == (["v1"], ["v2"])
    assert amounts(out.lines) == ["15.60"]


def test_a_request_time_is_kept_with_every_count(tmp_path):
    row = payouts(tmp_path).evidence.iloc[0]
    assert row["fetched_at"] == pd.Timestamp("2026-12-30T06:00:00Z")
    assert (row["use"], row["views"], row["stale_days"]) == ("end", 26_000, 0)
