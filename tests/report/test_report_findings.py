"""Sentences and key figures of the report against hand-made numbers."""

import datetime as dt

import pandas as pd
import pytest
from reports import (
    END,
    answers,
    front,
    mover,
    names,
    outlier,
    rows,
    said,
    summary,
    total,
    weeks,
)

from shortimize_analytics import schema
from shortimize_analytics.report.findings import headline, openings
from shortimize_analytics.report.key_figures import key_figures
from shortimize_analytics.report.page_one import MOST_SENTENCES
from shortimize_analytics.report.periods_compared import about_equally_long
from shortimize_analytics.report.what_comes_next import (
    backtest_figures,
    came_by_then,
    forecast_table,
    known_on,
    revived_table,
)
from shortimize_analytics.report.words import Words, naming


def effect(name, verdict="higher", **more):
    record = {"label": name, "n_videos": 40, "n_accounts": 8, "ratio": 1.5, "ratio_lo": 1.2, "ratio_hi": 1.9, "q": 0.01,
              "verdict": verdict, "method": "within 8 accounts"}  # fmt: skip
    return record | more


def effects(*records):
    return rows(schema.GROUP_COMPARISON, *records)


def forecasts(*views, **more):
    found = rows(
        schema.WEEKLY_FORECASTS,
        *(
            {"ad_id": f"v{i}", "title": f"t{i}", "username": "ann", "platform": "tiktok", "is_new": True, "age_days": 3,
             "views": now, "horizon": 30, "model_age": 3, "pred": 2.0 * now, "lo80": 1.5 * now, "hi80": 4.0 * now,
             "pred_mean": 2.5 * now} | more
            for i, now in enumerate(views)
        ),
    )  # fmt: skip
    found.attrs["backtest"] = [
        {"platform": "all", "model_age": 3, "n": 60, "coverage": 0.75, "mdape": 0.2},
        {"platform": "all", "model_age": 14, "n": 999, "coverage": 0.1, "mdape": 0.9},
        {"platform": "tiktok", "model_age": 3, "n": 60, "coverage": 0.2, "mdape": 0.9},
    ]
    return found


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        (total(46_700_000, vs_prev=0.12), "46.7M views gained, 12% more than last week"),
        (total(46_700_000, vs_prev=-0.3), "46.7M views gained, 30% less than last week"),
        (total(900, vs_prev=0.0049), "900 views gained, level with last week"),
        (total(900, vs_prev=-0.0049), "900 views gained, level with last week"),
        (total(900, vs_prev=0.005), "900 views gained, level with last week"),
        (total(900, vs_prev=0.006), "900 views gained, 1% more than last week"),
        (total(900, vs_prev=-0.02), "900 views gained, 2% less than last week"),
        (total(900, vs_prev=None), "900 views gained"),
        (total(900, vs_prev=41.0), "900 views gained, 42x as many as last week"),
        (total(0), "No views gained"),
        (total(-350_000), "350k views lost to corrections"),
        (total(None), "No history for this week"),
    ],
)
def test_the_headline_is_the_finding(totals, words):
    assert headline(summary(totals=totals), names()) == words


@pytest.mark.parametrize(
    ("now", "before", "alike"),
    [(7, 7, True), (31, 28, True), (23, 20, True), (20, 23, True), (24, 20, False), (20, 24, False), (10, 7, False)],
)
def test_sums_are_compared_of_periods_that_differ_by_15_per_cent_at_most(now, before, alike):
    """A month is set beside a month, but ten days beside seven are half as much more for no reason of anyone's."""
    first = dt.date(2026, 3, 1)
    found = summary(
        first_day=first,
        last_day=first + dt.timedelta(days=now - 1),
        compared_with=(first - dt.timedelta(days=before), first - dt.timedelta(days=1)),
    )
    assert about_equally_long(found) is alike


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (0.12, "per day 12% more than last week"),
        (0.001, "per day level with last week"),
        (41.0, "per day 42x as many as last"),
    ],
)
def test_a_change_between_periods_of_unequal_length_is_called_one_per_day(change, words):
    longer = (dt.date(2026, 2, 9), dt.date(2026, 3, 8))
    found = summary(totals=total(900, vs_prev=change), compared_with=longer)
    assert f"900 views gained, {words}" in headline(found, names())
    views, uploads = figure(found, scored(), name="Views"), figure(found, scored(), name="Uploads")
    assert views["note"].startswith("per day; ")
    assert not [words for words in said(found) if "than last week" in words or "made the" in words]
    assert (uploads["change"], uploads["note"]) == ("+400%", "per day; 4-week median 5")
    assert figure(found, pd.concat([scored(6.0), scored(9.0, days_ago=9)]), name="Breakout")["change"] == ""


def test_nothing_is_compared_with_a_period_that_the_history_does_not_cover():
    unknown = summary().waterfall.assign(views=pd.array([pd.NA] * 6, dtype="Int64"))
    found = summary(
        waterfall=unknown, totals=total(er_view=0.052, vs_prev=None), previous=total(800, er_view=0.049),
        compared_with=(dt.date(2026, 3, 2), dt.date(2026, 3, 8)),
        series=weeks(700, 800, 900, 800, 1000, partial=(0, 1, 2, 3)),
    )  # fmt: skip
    ranking = pd.concat([scored(6.0), scored(9.0, days_ago=9)])
    assert {one["change"] for one in key_figures(found, ranking, names=names())} == {""}
    assert figure(found, ranking, name="Uploads")["note"] == "no whole weeks before"


def test_the_headline_of_a_partial_period_compares_nothing():
    assert headline(summary(partial=True), names()) == "1k views gained, in a week not covered whole"
    assert headline(summary(partial=True), naming("month")) == "1k views gained, in a month not covered whole"


def test_a_chosen_period_to_compare_with_is_called_by_its_days():
    found = naming("quarter", compared=(dt.date(2026, 3, 2), dt.date(2026, 3, 8)))
    assert headline(summary(totals=total(900, vs_prev=0.001)), found) == "900 views gained, level with 2–8 March 2026"
    assert found.kind == "Quarterly report"


@pytest.mark.parametrize(
    ("outliers", "words"),
    [
        (outlier(), "1 video of the last 28 days is clearly above five times its account’s usual: @ann with 12x."),
        (outlier(mult_lo=4.9), "No video of the last 28 days is clearly above five times their account’s usual."),
        (outlier(reliable=False), "above five times their account’s usual. 1 other may be, but is too new or has too"),
    ],
)
def test_a_breakout_is_claimed_only_when_the_whole_interval_of_a_reliable_score_says_so(outliers, words):
    assert words in answers(summary(outliers=outliers))["beat"]


def test_intervals_above_five_times_that_cannot_be_relied_on_are_counted_apart():
    few = pd.concat([outlier(reliable=False), outlier(mult=73.0, mult_lo=17.0, mult_hi=319.0, reliable=False)])
    below = pd.concat([few, outlier(mult_lo=4.0)], ignore_index=True)
    assert answers(summary(outliers=below))["beat"] == (
        "No video of the last 28 days is clearly above five times their account’s usual. 2 others may be, but are too "
        "new or have too few videos to be compared with."
    )
    above = pd.concat([few.head(1), outlier(), outlier()], ignore_index=True)
    assert answers(summary(outliers=above))["beat"] == (
        "2 videos of the last 28 days are clearly above five times their account’s usual, first @ann with 12x. 1 more "
        "may be, but is too new or has too few videos to be compared with."
    )


def test_clear_lengths_and_weekdays_are_told_and_the_number_of_others():
    found = summary(
        labels=schema.empty(schema.LABEL_COMPARISON),
        durations=effects(effect("15-20 s"), effect("20-25 s", "no clear difference", q=0.5)),
        weekdays=effects(*(effect(day, "no clear difference") for day in ("Monday", "Friday")),
                         effect("Sunday", "too few")),
    )  # fmt: skip
    assert answers(found)["more"] == (
        "Length: clearly more views: 15-20 s 1.50x. Weekday: no clear difference (2 weekdays compared)."
    )


def uploads(*ids, days_ago=3):
    return pd.DataFrame({"ad_id": list(ids), "uploaded_at": END - pd.Timedelta(days=days_ago)})


def test_the_outlook_adds_expected_views_without_an_interval_and_says_how_those_of_single_videos_did():
    found = summary(forecasts=forecasts(100, 300))
    assert answers(found)["next"] == (
        "The 2 uploads of this week that can be forecast have 400 views; expected by day 30: 1k, a sum without an "
        "interval; 80% intervals held 75% of 60 past videos, the typical miss was 20%."
    )
    assert not any(part["strong"] for part in openings(found, Words(), names=names())["next"])


def test_forecasts_of_a_past_period_are_told_as_known_on_its_last_day():
    found = summary(forecasts=forecasts(100))
    assert known_on(found, dt.datetime(2026, 3, 16, 6, tzinfo=dt.UTC)) == known_on(found, None) == ""
    known = known_on(found, dt.datetime(2026, 4, 16, 6, tzinfo=dt.UTC))
    words = openings(found, Words(), names=names(), known=known)["next"]
    assert words[0]["text"].startswith(
        "As known on 15 March 2026, the one upload of this week that can be forecast had 100 views; expected by "
        "day 30: 250;"
    )


def test_of_days_that_passed_is_told_what_was_expected_and_what_came():
    """A month's report does not forecast days that have passed: of three uploads one is still to come."""
    found = forecasts(100, 300, 500)
    found["uploaded_at"] = END - pd.to_timedelta([9, 9, 1], unit="D")
    found["horizon"] = pd.array([14] * 3, dtype=found["horizon"].dtype)
    days = pd.to_datetime([END + pd.Timedelta(days=5)] * 2)
    history = pd.DataFrame({"ad_id": ["v0", "v1"], "date": days, "views_raw": pd.array([180, 9000], dtype="Int64")})
    came = came_by_then(found, history)
    assert came.to_dict() == {"v0": 180.0, "v1": 9000.0}
    words = openings(summary(forecasts=found), Words(), names=names(), known="15 March 2026", came=came)["next"]
    assert words[0]["text"].startswith(
        "From what was known on 15 March 2026, 1k views were to be expected by day 14 of the 2 uploads whose day has "
        "passed; 9.2k came. 1 of 2 landed in their 80% range. As known on 15 March 2026, the one upload of this week "
        "that can be forecast had 500 views; expected by day 14: 1.2k;"
    )
    table = forecast_table(found, Words(), uploads=uploads("v0"), end=END.date(), came=came)
    assert [column["name"] for column in table["columns"]][-1] == "Came"
    assert [row[-1][0]["text"] for row in table["rows"]] == ["180", "9k", "–"]


def test_masked_uploads_take_no_part_in_the_outlook():
    assert "next" not in answers(summary(forecasts=forecasts(100).assign(views=pd.array([pd.NA], dtype="Int64"))))


def test_forecasts_that_time_has_overtaken_are_left_out_and_counted():
    found = forecasts(100, 300)
    found["notes"] = ["gain,overdue", "gain"]
    assert "The one upload of this week that can be forecast has 300 views" in answers(summary(forecasts=found))["next"]
    table = forecast_table(found, Words(), uploads=uploads("v0", "v1"), end=END.date())
    assert len(table["rows"]) == 1
    assert table["note"] == "Left out, last counted before their day 30, which has passed: 1 upload."


def test_older_videos_and_uploads_without_a_forecast_take_no_part_in_the_outlook():
    older = forecasts(5000, is_new=False).assign(ad_id="old")
    none = forecasts(7000, pred=None, pred_mean=None).assign(ad_id="none")
    both = pd.concat([forecasts(100), older, none], ignore_index=True)
    both.attrs = older.attrs
    assert "The one upload of this week that can be forecast has 100 views" in answers(summary(forecasts=both))["next"]
    new = pd.concat([uploads("v0", "none", "never counted"), uploads("finished", days_ago=40)], ignore_index=True)
    table = forecast_table(both, Words(), uploads=new, end=END.date())
    assert len(table["rows"]) == 1
    assert table["note"] == "Without a forecast, being too new, without counts or never measured: 2 uploads."


def test_without_past_forecasts_none_is_claimed():
    found = forecasts(100)
    found.attrs["backtest"] = []
    assert backtest_figures(found) is None
    assert "too few past videos say how far off" in answers(summary(forecasts=found))["next"]


def test_revived_and_stalled_videos_are_counted():
    revived = rows(schema.WEEKLY_MOVERS, mover("v9", gain=5, share=0.1)).assign(revival_ratio=4.0)
    stalled = rows(schema.WEEKLY_STALLED, {"ad_id": "a"}, {"ad_id": "b"})
    found = answers(summary(revived=revived, stalled=stalled))["next"]
    assert found == "1 old video gained speed again and 2 videos of the last 28 days nearly stopped."


def test_gains_of_one_unit_have_as_many_decimals():
    revived = rows(
        schema.WEEKLY_MOVERS, mover("v9", gain=14_000, share=0.1), mover("v8", gain=89_400, share=0.1)
    ).assign(revival_ratio=4.0)
    assert [row[1][0]["text"] for row in revived_table(revived, Words())["rows"]] == ["+14.0k", "+89.4k"]


def test_interpolated_gains_are_told_first():
    assert said(summary(quality={"pct_gain_interpolated": 0.23}))[1].startswith("Read with care: 23% of the gains")


def test_there_are_never_more_than_three_sentences_beside_the_deck():
    full = summary(quality={"pct_gain_interpolated": 0.5})
    assert len(front(full)["sentences"]) == MOST_SENTENCES == 3


def scored(*mults, days_ago=2, reliable=True):
    frame = rows(schema.OUTLIERS, *({"ad_id": f"v{i}", "mult": mult + 1, "mult_lo": mult, "reliable": reliable,
                                     "n_peers": 20}
                                    for i, mult in enumerate(mults)))  # fmt: skip
    return frame.assign(uploaded_at=END - pd.Timedelta(days=days_ago))


def figure(found, ranking, *, name):
    return next(one for one in key_figures(found, ranking, names=names()) if one["name"].startswith(name))


def test_breakouts_are_counted_among_the_periods_uploads_and_compared_with_those_of_the_one_before():
    found = summary(compared_with=(dt.date(2026, 3, 2), dt.date(2026, 3, 8)))
    ranking = pd.concat([scored(6.0, 5.0, 4.9), scored(9.0, 1.0, days_ago=9), scored(99.0, days_ago=15)])
    one = figure(found, ranking, name="Breakout")
    assert (one["value"], one["change"], one["note"]) == ("2", "+1", "uploads clearly ≥ 5x")
    weak = figure(found, scored(6.0, reliable=False), name="Breakout")
    assert (weak["value"], weak["change"], weak["note"]) == ("0", "", "uploads clearly ≥ 5x; 1 not sure yet")


def test_without_scored_uploads_no_hit_is_claimed():
    assert figure(summary(), scored(9.0, days_ago=9), name="Breakout")["value"] == "–"


def test_views_and_engagement_stand_beside_their_median_and_change():
    found = summary(totals=total(er_view=0.052), previous=total(800, n_uploads=9, er_view=0.049))
    views = figure(found, scored(), name="Views")
    assert (views["value"], views["change"], views["tone"], views["note"]) == ("1k", "+25%", "up", "4-week median 909")
    uploads = figure(found, scored(), name="Uploads")
    assert (uploads["value"], uploads["change"], uploads["note"]) == ("5", "−4", "4-week median 5")
    rate = figure(found, scored(), name="Engagement")
    assert (rate["value"], rate["change"], rate["tone"]) == ("5.2%", "+0.3 points", "up")


def test_the_median_of_uploads_leaves_out_the_time_before_the_first():
    series = weeks(700, 800, 900, 800, 1000).assign(n_uploads=pd.array([0, 0, 4, 6, 5], dtype="Int64"))
    assert figure(summary(series=series), scored(), name="Uploads")["note"] == "2-week median 5"
    series = series.assign(n_uploads=pd.array([0, 0, 0, 0, 5], dtype="Int64"))
    assert figure(summary(series=series), scored(), name="Uploads")["note"] == "no whole weeks before"


def test_where_only_older_videos_gained_most_none_is_said():
    older = rows(schema.WEEKLY_MOVERS, *(mover(f"v{at}", gain=gain, share=gain / 300) | {"is_new": False}
                 for at, gain in enumerate((200, 100))))  # fmt: skip
    assert answers(summary(movers=older))["earned"].startswith(
        "None of the two that gained most was uploaded this week. One video of 2 holds half of it."
    )
