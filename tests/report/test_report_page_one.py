"""Every number of page 1, computed again from the frames by other code.

Sums, medians and shares by plain pandas; scores and forecasts, whose own modules are tested elsewhere, from the frames
that their public functions give for the data as they stood on the last day.
"""

import re

import numpy as np
import pandas as pd
import pytest
from reports import END, build, organisation, summary, total

import shortimize_analytics as sa
from shortimize_analytics.plots.locales import written_for
from shortimize_analytics.report.data_page import page_one_notes
from shortimize_analytics.report.findings import headline
from shortimize_analytics.report.sentence_patterns import fraction
from shortimize_analytics.report.uncounted import Uncounted
from shortimize_analytics.report.words import naming

WEEK = pd.Timedelta(days=7)


@pytest.fixture(scope="module")
def frames():
    return organisation(90, 6, seed=5)


@pytest.fixture(scope="module")
def page(frames, tmp_path_factory):
    text = build(tmp_path_factory.mktemp("one"), frames, allow_partial=False).pages[0].extract_text()
    return " ".join(text.split())


@pytest.fixture(scope="module")
def counts(frames):
    """Views of each video on each day, from the day before its upload on."""
    grid = frames[1].pivot(index="ad_id", columns="date", values="views").astype(float)
    days = pd.date_range(grid.columns.min() - pd.Timedelta(days=7), grid.columns.max())
    return grid.reindex(columns=days).ffill(axis=1).fillna(0)


@pytest.fixture(scope="module")
def uploaded(frames):
    return frames[0].set_index("ad_id")["uploaded_at"]


def parts(counts, uploaded, *, back):
    """Views of a week by new uploads and by older videos; `back` weeks before the last."""
    end = END - back * WEEK
    gain = counts[end] - counts[end - WEEK]
    new = uploaded.reindex(gain.index).between(end - WEEK + pd.Timedelta(days=1), end)
    return gain[new].sum(), gain[~new].sum(), int(new.sum())


def short(number):
    """Thousands with one decimal, as page 1 writes them."""
    size = abs(number)
    text = f"{size / 1000:.1f}".removesuffix(".0") + "k" if size >= 999.5 else f"{size:.0f}"
    if size >= 99_950:
        text = f"{size / 1000:.0f}k"
    return ("−" if number < 0 else "") + text


def test_views_their_change_and_the_median_of_eight_weeks(page, counts, uploaded):
    totals = [sum(parts(counts, uploaded, back=back)[:2]) for back in range(9)]
    change = totals[0] / totals[1] - 1
    assert (
        f"{short(totals[0])} views gained, {abs(change):.0%} {'more' if change > 0 else 'less'} than last week" in page
    )
    sign = "+" if change > 0 else "−"
    known = re.search(r"Views gained (\S+) (\S+) usual (\S+)", page)
    assert known.groups() == (short(totals[0]), f"{sign}{abs(change):.0%}", short(np.median(totals[1:])))


def test_uploads_and_their_median(page, counts, uploaded):
    numbers = [parts(counts, uploaded, back=back)[2] for back in range(9)]
    change = numbers[0] - numbers[1]
    said = "no change" if change == 0 else f"{'+' if change > 0 else '−'}{abs(change)}"
    middle = np.median(numbers[1:])
    usual = f"{middle:g}" if middle == round(middle) else f"{np.floor(middle):g} to {np.ceil(middle):g}"
    assert f"Uploads {numbers[0]} {said} usual {usual}" in page
    assert f"2 platforms, 6 accounts, {numbers[0]} uploads." in page


def test_engagement_is_likes_and_comments_over_views_of_the_videos_seen_in_the_week(page, frames):
    rates = []
    for back in range(9):
        end = END - back * WEEK
        days = frames[1][frames[1]["date"].between(end - WEEK + pd.Timedelta(days=1), end)]
        last = days.sort_values("date").groupby("ad_id").last()
        rates.append(100 * float((last["likes"] + last["comments"]).sum() / last["views"].sum()))
    points = round(rates[0] - rates[1], 1)
    said = f"{'+' if points > 0 else '−'}{abs(points):.1f} points" if points else "no change"
    assert f"Engagement rate {rates[0]:.1f}% {said} usual {np.median(rates[1:]):.1f}%" in page


def test_the_steps_of_the_change_add_up_and_the_sentence_names_what_made_it(page, counts, uploaded):
    (new, back, n), (new_before, back_before, n_before) = (parts(counts, uploaded, back=week) for week in range(2))
    steps = {
        "uploads": (n - n_before) * (new / n + new_before / n_before) / 2,
        "views": (new / n - new_before / n_before) * (n + n_before) / 2,
        "older": back - back_before,
    }
    change = sum(steps.values())
    assert change == pytest.approx(new + back - new_before - back_before)
    for name in ("uploads", "older"):
        assert f"{'+' if steps[name] > 0 else ''}{short(steps[name])}" in page
    assert f"{'+' if change > 0 else ''}{short(change)}" in page
    made = re.search(r"(.*?) made the (rise|fall)\.", page)
    largest = max(steps, key=lambda name: steps[name] if change > 0 else -steps[name])
    assert made[2] == ("rise" if change > 0 else "fall")
    assert largest in made[1][-120:].lower()


def test_the_range_of_the_weeks_before(page, counts, uploaded):
    totals = [sum(parts(counts, uploaded, back=back)[:2]) for back in range(9)]
    now, before = totals[0], totals[1:]
    span = f"{short(min(before))} to {short(max(before))}"
    if min(before) <= now <= max(before):
        ratio = now / np.median(before) - 1
        where = "About" if abs(ratio) <= 0.02 else "Above" if ratio > 0 else "Below"
        assert f"{where} the usual {short(np.median(before))}; each of the last eight weeks brought {span}." in page
    else:
        assert f"The {'best' if now > max(before) else 'weakest'} of nine weeks (before: {span})." in page


def test_the_video_that_earned_most_and_the_share_of_the_ten_best(page, counts):
    gain = counts[END] - counts[END - WEEK]
    gain = gain[gain > 0].sort_values(ascending=False)
    first, second = gain.iloc[:2]
    if first / gain.sum() >= 0.1 and first >= 1.5 * second:
        assert f"One video made {fraction(first / gain.sum())} of all gains" in page
        assert f", {short(first)} views" in page
    else:
        assert f"The ten best of {len(gain)} videos made {gain.iloc[:10].sum() / gain.sum():.0%} of all gains" in page


def test_what_has_no_history_is_counted(frames, page, tmp_path):
    assert "All of the 90 videos have a daily history." in page
    videos, history = frames
    new = videos.loc[videos["uploaded_at"].between(END - WEEK + pd.Timedelta(days=1), END), "ad_id"]
    old = videos.loc[videos["uploaded_at"] < END - 3 * WEEK, "ad_id"]
    dropped = [*new[:1], *old[:2]]
    page = build(tmp_path, (videos, history[~history["ad_id"].isin(dropped)]), allow_partial=False).pages[0]
    text = " ".join(page.extract_text().split())
    assert f"1 of {len(new)} uploads and 3 of 90 videos in all have no daily history" in text


@pytest.mark.parametrize(
    ("videos", "missing", "words"),
    [
        (1, [], "The one video has a daily history."),
        (3, ["old"], "1 of 3 videos has no daily history, so no part in growth."),
        (3, ["old", "older"], "2 of 3 videos have no daily history, so no part in growth."),
        (3, ["new"], "1 of 1 upload and 1 of 3 videos in all have no daily history, so no part in growth."),
    ],
)
def test_what_has_no_history_is_said_in_the_right_number(videos, missing, words):
    ages = {"new": 1, "old": 20, "older": 30}
    ids = list(ages)[:videos]
    frame = pd.DataFrame({"ad_id": ids, "uploaded_at": [END - pd.Timedelta(days=ages[name]) for name in ids],
                          "counts_in_totals": True, "latest_views": 9})  # fmt: skip
    history = pd.DataFrame({"ad_id": pd.Index(ids).difference(missing)})
    assert page_one_notes(summary(), frame, history=history, blank=Uncounted([], [], 0.0)) == [words]


@pytest.fixture(scope="module")
def as_of_the_end(frames, counts):
    """Videos and history as they stood on the week's last day."""
    videos, history = frames
    then = videos[videos["uploaded_at"] <= END].reset_index(drop=True)
    then["latest_views"] = counts[END].reindex(then["ad_id"]).to_numpy().astype(int)
    then["latest_updated_at"] = END.tz_localize("UTC").as_unit("us")
    return then, history[history["date"] <= END]


def test_hits_and_the_best_score(page, as_of_the_end):
    ranked = sa.rank_outliers(*as_of_the_end).merge(as_of_the_end[0][["ad_id", "uploaded_at"]], on="ad_id")
    ranked = ranked[ranked["mult"].notna()]
    weeks = [ranked[ranked["uploaded_at"].between(END - back * WEEK - pd.Timedelta(days=6), END - back * WEEK)]
             for back in range(2)]  # fmt: skip
    hits = [int(((week["mult_lo"] >= 5) & week["reliable"]).sum()) for week in weeks]
    change = hits[0] - hits[1]
    said = "no change" if change == 0 else f"{'+' if change > 0 else '−'}{abs(change)}"
    assert f"Breakout videos {hits[0]} {said} usual" in page


def german(number, *, sign=False):
    """A count in hundreds, as `short` has it, written in full as German does."""
    size = abs(number)
    shown = f"{round(size, (-2 if size < 99_950 else -3) if size >= 999.5 else 0):,.0f}".replace(",", ".")
    return ("−" if number < 0 else "+" if sign else "") + shown


def test_in_german_the_figures_are_the_same_and_agree_with_their_words(frames, counts, uploaded, tmp_path):
    text = build(tmp_path, frames, allow_partial=False, locale="de_DE").pages[0].extract_text()
    page = " ".join(text.split())
    weeks = [parts(counts, uploaded, back=back) for back in range(9)]
    totals, numbers = [new + back for new, back, _ in weeks], [n for *_, n in weeks]
    change, more = totals[0] / totals[1] - 1, numbers[0] - numbers[1]
    assert f"{german(totals[0])} neue Aufrufe, {abs(change):.0%}".replace("%", " %") in page
    assert f"{'über' if change > 0 else 'unter'} der Vorwoche" in page
    span = f"{german(min(totals[1:]))} bis {german(max(totals[1:]))}"
    assert f"üblich ({german(np.median(totals[1:]))}); die acht Wochen davor: {span}." in page
    sign = f"{'+' if change > 0 else '−'}{abs(change):.0%}".replace("%", " %")
    assert f"Neue Aufrufe {german(totals[0])} {sign} üblich {german(np.median(totals[1:]))}" in page
    assert f"Uploads {numbers[0]} {'+' if more > 0 else '−'}{abs(more)} üblich" in page
    assert f"{numbers[0]}, in der Vorwoche {numbers[1]}" in page
    assert german(weeks[0][1] - weeks[1][1], sign=True) in page
    gain = (counts[END] - counts[END - WEEK]).loc[lambda one: one > 0].sort_values(ascending=False)
    share = f"{gain.iloc[:10].sum() / gain.sum():.0%}".replace("%", " %")
    assert f"Die zehn besten von {len(gain)} Videos brachten {share} aller neuen Aufrufe" in page
    assert f"2 Plattformen, 6 Konten, {numbers[0]} Uploads." in page
    assert "Alle 90 Videos haben Tageswerte." in page


@pytest.mark.parametrize(
    ("gained", "locale", "words"),
    [
        (1, None, "1 view gained"),
        (1, "de_DE", "1 neuer Aufruf"),
        (2, "de_DE", "2 neue Aufrufe"),
        (-1, "de_DE", "1 Aufruf durch Korrekturen verloren"),
        (1_900_000, "de_DE", "1,9\xa0Mio. neue Aufrufe"),
        (1_000_000, "de_DE", "1\xa0Mio. neue Aufrufe"),
    ],
)
def test_a_number_of_views_and_its_noun_agree(gained, locale, words):
    with written_for(locale):
        assert headline(summary(totals=total(gained, vs_prev=None)), naming("week")) == words
