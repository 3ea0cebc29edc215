"""The rules on the demo beside what was planted, where nothing happens, and on frames that cannot be judged."""

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from null_organisation import LAST, null_organisation

from shortimize_analytics import schema
from shortimize_analytics.delivery.alerts import alerts_on_days, find_alerts
from shortimize_analytics.delivery.episodes import QUIET_DAYS, Episode, advance
from shortimize_analytics.delivery.false_alarms import RATES, expected
from shortimize_analytics.delivery.rule_options import RULE_NAMES
from shortimize_analytics.errors import InvalidParameterError

TRUTH = json.loads((Path(__file__).parents[2] / "data/demo/truth.json").read_text(encoding="utf-8"))
TRUE = TRUTH["multipliers"] | {row["ad_id"]: row["multiplier"] for row in TRUTH["outliers"]}
END = LAST.date()
DAY = dt.timedelta(days=1)


def days(number, end=END):
    return [end - back * DAY for back in range(number - 1, -1, -1)]


def replay(frames, memory=None):
    """Tell the news of days in a row: (day, key) in order, and the memory after."""
    first, told = memory is None, []
    memory = memory or {}
    for day, found in frames:
        memory, news = advance(memory, found, day=day, first=first)
        first = False
        told += [(day, each.key) for each in news]
    return told, memory


@pytest.fixture(scope="module")
def month(demo_frames):
    """What the rules hold on each of the demo's last 29 days."""
    wanted = days(29)
    return list(zip(wanted, alerts_on_days(*demo_frames, wanted), strict=True))


@pytest.fixture(scope="module")
def news(month):
    return replay(month)[0]


def of_rule(news, rule):
    return [(day, *key.split(":")[1:]) for day, key in news if key.startswith(rule)]


def test_the_first_evaluation_only_takes_note(month, news):
    first = month[0][1]
    backlog = first.loc[first["state"] == "opens", "rule"].value_counts()
    assert backlog[backlog > 0].to_dict() == {"took_off": 2, "silent": 1}
    assert all(day > month[0][0] for day, _ in news)
    silent = first[(first["rule"] == "silent") & (first["state"] == "opens")].iloc[0]
    assert (silent["username"], silent["value"]) == ("tiny.gearbox", 16)
    assert silent["text"] == "no upload for 16 days; its longest break in 26 weeks was 10"


def test_what_took_off_truly_did(news):
    """Six openings and two rises to 10x in 28 days; each was planted at 7x or more, or is the week's hit."""
    told = of_rule(news, "took_off")
    levels = [int(level) for *_, level in told]
    assert (levels.count(5), levels.count(10), len(levels)) == (6, 2, 8)
    assert min(TRUE[ad_id] for _, ad_id, *_ in told if ad_id not in TRUTH["parts"]["hit"]) >= 7
    assert min(TRUE[ad_id] for _, ad_id, _, level in told if level == "10") >= 15


def test_the_other_alerts_are_what_was_planted(news):
    revived = {ad_id for _, ad_id, *_ in of_rule(news, "revived")}
    assert revived <= set(TRUTH["parts"]["revived"])
    assert len(of_rule(news, "revived")) == len(revived) == 2
    ((day, account, *_),) = of_rule(news, "not_counted")
    assert account == TRUTH["stale_account"]["linked_account_id"]
    assert (day - dt.date.fromisoformat(TRUTH["stale_account"]["last_day"])).days == 3
    for rule in ("stalled", "silent", "implausible"):
        assert of_rule(news, rule) == []


def test_without_memory_there_would_be_many_more(month, news):
    without = sum(int((found["state"] == "opens").sum()) for _, found in month[1:])
    assert len(news) == 11
    assert without > 10 * len(news)


def test_a_day_twice_a_missed_day_and_a_restart_tell_the_same_once(demo_frames, month, news):
    told, memory = replay(month)
    assert replay(month[-3:], memory)[0] == []
    # a day on which nothing ran is made up for by the next run, which evaluates both
    again = [(day, find_alerts(*demo_frames, day=day)) for day, _ in month[17:21]]
    before, middle = replay(month[:17])
    caught_up, middle = replay(again, middle)
    after, _ = replay(month[21:], middle)
    assert before + caught_up + after == told == news


def test_one_day_alone_says_the_same_as_in_a_row(demo_frames, month):
    day, found = month[-4]
    pd.testing.assert_frame_equal(find_alerts(*demo_frames, day=str(day)), found)


def test_the_frame_is_that_of_its_table(month):
    for _, found in month[-2:]:
        assert found.columns.tolist() == schema.ALERTS.names
        assert set(found["rule"].cat.categories) == set(RULE_NAMES)
        assert not found.duplicated(["rule", "subject"]).any()
        assert not found["text"].str.contains("viral|nan|None|<NA>").any()


def test_later_days_are_not_looked_at(demo_frames):
    videos, history = demo_frames
    day = END - 9 * DAY
    cut = history[history["date"] <= pd.Timestamp(day)]
    cut.attrs = history.attrs
    full, known = find_alerts(videos, history, day=day), find_alerts(videos, cut, day=day)
    same = ["rule", "subject", "state", "level"]
    pd.testing.assert_frame_equal(full[same], known[same])
    # a count that is corrected later smooths the curve before it, too (see `prepare`): hardly
    pd.testing.assert_series_equal(full["value"], known["value"], rtol=0.05)


def whole(videos):
    videos.attrs = {"params": {}, "quality": {"rows": len(videos)}}
    return videos


def test_data_that_cannot_be_are_told(demo_frames):
    videos, history = demo_frames
    day = pd.Timestamp(END)
    calm = find_alerts(videos, history, day=END)
    assert not (calm["rule"] == "implausible").any()

    def doubts(history, videos=videos):
        found = find_alerts(videos, history, day=END)
        rows = found[(found["rule"] == "implausible") & (found["state"] == "opens")]
        return dict(zip(rows["subject"], rows["text"], strict=True))

    today = history["date"] == day
    fewer = history[~(today & (history["ad_id"].str[0] < "2"))]
    assert "the day before" in doubts(fewer)["fewer counts"]
    big = history[today & (history["views"] > 100_000)]["ad_id"].iloc[0]
    fallen = history.assign(views=history["views"].where(~(today & (history["ad_id"] == big)), history["views"] // 2))
    assert "views in a day" in doubts(fallen)["deep fall"]
    some = history["ad_id"].isin(history["ad_id"].drop_duplicates().iloc[:30])
    falls = history.assign(views=history["views"].where(~(today & some), (history["views"] * 0.98).astype("Int64")))
    assert "fell on this day" in doubts(falls)["many falls"]
    doubled = history.assign(views=history["views"].where(~today, (history["views"] * 1.2).astype("Int64")))
    assert "no single video explains it" in doubts(doubled)["day's gain"]
    hit = history.assign(
        views=history["views"].where(~(today & (history["ad_id"] == big)), history["views"] + 50_000_000)
    )
    assert "day's gain" not in doubts(hit)
    masked = whole(videos.assign(latest_views=videos["latest_views"].where(videos.index >= 20)))
    assert doubts(history, masked)["masked"] == "22 of 628 videos came without counts (4%)"
    bare = history[~history["ad_id"].isin(videos["ad_id"].iloc[:20])]
    assert "no daily history" in doubts(bare)["without history"]


def test_an_implausible_day_lasts_one_day_longer(demo_frames):
    videos, history = demo_frames
    eve = pd.Timestamp(END - DAY)
    hole = history[~((history["date"] == eve) & (history["ad_id"].str[0] < "2"))]
    states = [
        found.loc[found["subject"] == "fewer counts", "state"].tolist()
        for found in alerts_on_days(videos, hole, days(2))
    ]
    assert states == [["opens"], ["lasts"]]


def test_an_outage_of_everyone_is_told_at_once_and_of_one_account_once(demo_frames):
    videos, history = demo_frames
    nobody = history[history["date"] < pd.Timestamp(END)]
    found = find_alerts(videos, nobody, day=END)
    assert "fewer counts" in set(found["subject"])
    one = history[
        ~(
            (history["date"] == pd.Timestamp(END))
            & history["ad_id"].isin(videos.loc[videos["username"] == "hook.lab", "ad_id"])
        )
    ]
    assert "fewer counts" not in set(find_alerts(videos, one, day=END)["subject"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda videos: videos.merge(pd.DataFrame({"ad_id": videos["ad_id"], "tag": 1}), on="ad_id"),
            "does not say which videos were asked for",
        ),
        (lambda videos: videos[videos["platform"] == "tiktok"], "loaded videos are in the frame"),
    ],
    ids=["merged", "filtered"],
)
def test_a_part_of_the_videos_is_not_judged_as_if_it_were_all(change, reason, demo_frames):
    videos, history = demo_frames
    found = find_alerts(change(videos), history, day=END)
    assert set(found.attrs["not_judged"]) == {"silent", "not_counted", "implausible"}
    assert all(reason in said for said in found.attrs["not_judged"].values())
    assert set(found["rule"]) <= {"took_off", "stalled", "revived"}


def test_what_cannot_be_judged_is_never_called_quiet(demo_frames):
    videos, history = demo_frames
    everything = set(RULE_NAMES)
    nothing = find_alerts(whole(schema.empty(schema.VIDEOS)), schema.empty(schema.HISTORY), day=END)
    assert set(nothing.attrs["not_judged"]) == everything
    assert nothing.empty
    no_history = find_alerts(videos, schema.empty(schema.HISTORY), day=END)
    assert everything - {"silent"} <= set(no_history.attrs["not_judged"])
    one = whole(videos.head(1))
    single = find_alerts(one, history[history["ad_id"] == one["ad_id"].iloc[0]], day=END)
    assert {"took_off", "stalled", "silent"} <= set(single.attrs["not_judged"])
    blank = history.assign(views=pd.array([pd.NA] * len(history), dtype="Int64"))
    assert everything - {"silent"} <= set(find_alerts(videos, blank, day=END).attrs["not_judged"])


def test_a_video_that_cannot_be_judged_keeps_its_episode_open():
    """A missing count is no recovery."""
    videos, history, _ = null_organisation(3, frozen=[(24, 6)])
    wanted = days(14)
    when = [
        day
        for day, found in zip(wanted, alerts_on_days(videos, history, wanted, rules={"took_off": False}), strict=True)
        if "frozen000" in set(found.loc[(found["rule"] == "stalled") & (found["state"] == "opens"), "subject"])
    ]
    day = when[0] + DAY
    lately = history["date"] >= pd.Timestamp(day - 2 * DAY)
    rows = find_alerts(videos, history[~(lately & (history["ad_id"] == "frozen000"))], day=day)
    (state,) = rows.loc[(rows["subject"] == "frozen000") & (rows["rule"] == "stalled"), "state"]
    assert state == "unknown"


def test_rules_can_be_switched_off_and_set(demo_frames):
    found = find_alerts(*demo_frames, day=END, rules={"took_off": False, "silent": {"factor": 100}})
    assert "took_off" not in set(found["rule"])
    assert found.attrs["rules"] == [name for name in RULE_NAMES if name != "took_off"]
    assert not ((found["rule"] == "silent") & (found["state"] == "opens")).any()
    for rules in ({"x": True}, {"silent": {"days": 3}}, {"stalled": 1}):
        with pytest.raises(InvalidParameterError):
            find_alerts(*demo_frames, day=END, rules=rules)


def test_nothing_happens_and_hardly_anything_is_told():
    """One organisation, 27 days: within what the rates of the docs allow with 99.9 %."""
    from scipy.stats import poisson

    videos, history, luck = null_organisation(11)
    wanted = days(28)
    told, _ = replay(zip(wanted, alerts_on_days(videos, history, wanted), strict=True))
    weeks = 27 / 7
    counts = {name: len(of_rule(told, name)) for name in RULE_NAMES}
    counts["took_off"] = sum(luck[ad_id] < 5 for _, ad_id, *_ in of_rule(told, "took_off"))
    for name, count in counts.items():
        assert count <= poisson.ppf(0.999, RATES[name].high * weeks), (name, count)


def test_expected_false_alarms_scale_with_the_organisation():
    small, large = (expected(RULE_NAMES, uploads=size, accounts=size) for size in (25, 100))
    assert large["took_off"].high == pytest.approx(4 * small["took_off"].high)
    assert large["silent"].value == pytest.approx(4 * small["silent"].value)


STATES = st.sampled_from(["opens", "lasts", "unknown", "gone", "not judged"])


@given(st.lists(st.tuples(STATES, st.sampled_from([1, 5, 10, 25])), max_size=80), st.sampled_from(RULE_NAMES))
def test_an_episode_opens_at_most_once_per_close(steps, rule):
    memory, opened, told = {}, 0, []
    for number, (state, level) in enumerate(steps):
        day = dt.date(2026, 1, 1) + number * DAY
        rows = (
            [] if state in {"gone", "not judged"} else [{"rule": rule, "subject": "s", "state": state, "level": level}]
        )
        frame = pd.DataFrame(rows, columns=["rule", "subject", "state", "level"])
        frame.attrs = {"rules": [rule], "not_judged": {rule: "why"} if state == "not judged" else {}}
        before = memory.get((rule, "s"))
        memory, news = advance(memory, frame, day=day)
        after = memory.get((rule, "s"))
        told += [(day, after.level) for _ in news]
        was_open, is_open = (each is not None and each.closed is None for each in (before, after))
        opened += is_open and not was_open
        assert not is_open or was_open or state == "opens"
        assert is_open or not was_open or state == "gone"
        assert len(news) <= 1
        if news and was_open:
            assert after.level > before.level
    assert len(set(told)) == len(told)
    if rule in {"took_off", "stalled", "revived"}:
        for (first, low), (second, high) in pairwise(told):
            assert high > low or (second - first).days >= QUIET_DAYS


def test_the_first_evaluation_tells_nothing_and_remembers():
    frame = pd.DataFrame([{"rule": "silent", "subject": "s", "state": "opens", "level": 1}])
    frame.attrs = {"rules": ["silent"], "not_judged": {}}
    memory, news = advance({}, frame, day=END, first=True)
    assert news == []
    assert memory == {("silent", "s"): Episode(END, 1, END)}
    assert advance(memory, frame, day=END + DAY)[1] == []
