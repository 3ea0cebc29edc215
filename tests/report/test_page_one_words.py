"""The sentences of page 1: each pattern said where its condition is planted, and nowhere else."""

import dataclasses
import datetime as dt
import re

import pandas as pd
import pypdf
import pytest
from reports import (
    END,
    effects_frame,
    front,
    label,
    names,
    next_steps,
    organisation,
    outlier,
    positions,
    rows,
    said,
    summary,
    text_in,
    total,
)

from shortimize_analytics import compose_report, schema, write_report
from shortimize_analytics.errors import DataQualityWarning
from shortimize_analytics.report.actions import times
from shortimize_analytics.report.kept_reports import forecast_board, keep_report, read_kept
from shortimize_analytics.report.key_figures import key_figures
from shortimize_analytics.report.sentence_patterns import PATTERNS, Facts, Lead, Mover, say
from shortimize_analytics.report.words import Words, piece

LEAD = Lead(piece("title"), "@ann", share=0.3, ahead=3.0, gain=300, age_days=5, is_new=True, low=5.5, high=14,
            reliable=True)  # fmt: skip
WEEK = Facts(
    names(), views=1000.0, before=800.0, change=0.25, new_views=600.0, n_uploads=5, uploads_before=4,
    parts={"uploads": 150.0, "each": 60.0, "back": -40.0, "corrections": 30.0}, usual=900.0, low=700.0, high=1200.0,
    n_before=8, lead=LEAD, n_gained=40, top10_share=0.58,
    movers=(Mover("@ann", 700, 300, 3, 2), Mover("@bob", 200, 260, 1, 1), Mover("@cat", 100, 240, 1, 3)),
)  # fmt: skip
FALL = {"change": -0.25, "views": 600.0, "uploads_before": 9,
        "parts": {"uploads": -150.0, "each": -90.0, "back": 10.0, "corrections": 0.0}}  # fmt: skip


def made_of(*, uploads=0.0, each=0.0, back=0.0, corrections=0.0):
    return {"parts": {"uploads": uploads, "each": each, "back": back, "corrections": corrections}}


ONE = "One video made 30% of all gains: “title”, 300 views in five days, at least five times what videos of @ann "
TWO = "@ann brought 700, up from 300; @cat and @bob fell from 500 to 300 together, with two uploads (four last week)."
MADE = "More uploads, and more views for each of them, made the rise. Older videos brought 40 less than last week."
PLANTED = {
    "unknown": ("deck", {"views": None}, ""),
    "not whole": ("deck", {"partial": True}, "The history does not cover the whole week, so nothing is compared."),
    "few": ("deck", {"low": None, "high": None}, "Too few whole weeks came before to say what is usual."),
    "best": ("deck", {"views": 1300.0}, "The best of nine weeks (before: 700 to 1.2k)."),
    "weakest": ("deck", {"views": 600.0}, "The weakest of nine weeks (before: 700 to 1.2k)."),
    "inside": ("deck", {}, "Above the usual 900; each of the last eight weeks brought 700 to 1.2k."),
    "no count": ("growth", {"views": None}, "The history holds no count for this week, so growth cannot be told."),
    "taken back": ("growth", {"views": -9.0}, "Platforms removed more views than the week earned."),
    "nothing": ("growth", {"views": 0.0}, "No views were gained this week."),
    "no upload": (
        "growth",
        {"n_uploads": 0, "new_views": 0.0},
        "Nothing was uploaded this week; all of it came from older videos.",
    ),
    "made": ("growth", {}, MADE),
    "all new": ("growth", {"parts": None, "new_views": 1000.0}, "All of it came from the uploads of this week."),
    "split": ("growth", {"parts": None}, "New uploads brought 600 of the 1k."),
    "one video": ("video", {}, f"{ONE}usually have by then."),
    "spread": (
        "video",
        {"lead": dataclasses.replace(LEAD, share=0.07)},
        "The ten best of 40 videos made 58% of all gains; none made more than 7%.",
    ),
    "few videos": (
        "video",
        {"lead": dataclasses.replace(LEAD, ahead=1.1), "n_gained": 3},
        "Three videos gained views; the first made 30% of all.",
    ),
    "accounts": ("accounts", {}, TWO),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_truth_is_said_in_its_words(name):
    slot, planted, words = PLANTED[name]
    assert text_in(say(dataclasses.replace(WEEK, **planted), slot)) == words
    pattern = next(one for one in PATTERNS if one.name == name)
    assert pattern.slot == slot
    assert pattern.holds(dataclasses.replace(WEEK, **planted))


def test_every_pattern_is_planted_once():
    assert [pattern.name for pattern in PATTERNS] == list(PLANTED)


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        (FALL, "Fewer uploads, and fewer views for each of them, made the fall."),
        (
            FALL | {"uploads_before": 4},
            "Fewer uploads with daily counts, and fewer views for each of them, made the fall.",
        ),
        (made_of(uploads=200.0, each=1.0), "More uploads made the rise."),
        (made_of(uploads=5.0, each=-1.0, back=90.0), "More views of older videos made the rise."),
        (made_of(back=9.0, corrections=200.0), "Fewer views removed by the platforms made the rise."),
        ({"change": 0.004}, "New uploads brought 600 of the 1k."),
    ],
)
def test_what_made_the_change_has_its_sign_and_its_largest_parts(planted, words):
    assert text_in(say(dataclasses.replace(WEEK, **planted), "growth")) == words


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        ({"low": 2.9, "high": 9.0}, "at least twice what videos of @ann usually have by then."),
        ({"low": 1.2, "high": 3.0}, "more than what videos of @ann usually have by then."),
        ({"low": 0.9, "high": 3.0}, "no clear difference from what videos of @ann usually have by then."),
        ({"low": 0.2, "high": 0.8}, "less than what videos of @ann usually have by then."),
        ({"reliable": False}, "too new to compare with its account."),
        ({"reliable": False, "few_peers": True}, "with too few videos of its account to compare it with."),
        ({"low": None, "high": None}, "with too few videos of its account to compare it with."),
    ],
)
def test_a_video_is_never_said_to_be_more_than_its_range_allows(planted, words):
    lead = dataclasses.replace(LEAD, **planted)
    assert text_in(say(dataclasses.replace(WEEK, lead=lead), "video")).endswith(words)


def test_small_moves_of_accounts_are_not_told():
    still = (Mover("@ann", 440, 400, 3, 2), Mover("@bob", 400, 420, 1, 1))
    assert say(dataclasses.replace(WEEK, movers=still), "accounts") == []


def test_page_one_speaks_no_statistics():
    page = front(summary())
    words = " ".join([*said(summary()), *next_steps(summary()), *(text_in(page["board"]["words"]),)])
    assert not re.search(r"interval|\bp\b|\bq\b|P\(|\([^)]*\d–\d", words)


def test_an_action_follows_from_what_is_clear_alone_with_its_range_rounded_outwards():
    lower = label(label_id="l2", label="Talking head", ratio=0.62, ratio_lo=0.51, ratio_hi=0.765, verdict="lower")
    both = pd.concat([label(ratio=1.39, ratio_lo=1.11, ratio_hi=1.75), lower], ignore_index=True)
    higher, fewer, again, rest = next_steps(summary(labels=both))
    than = "the same accounts’ other videos, likely"
    behind = "(31 videos, 9 accounts)."
    assert (
        higher
        == f"Make more videos labelled “Hooks v2”. They get about 39% more views than {than} 11% to 75% more {behind}"
    )
    assert fewer.startswith("Make fewer videos labelled “Talking head”. They get about 38% fewer views than ")
    assert fewer.endswith(f"{than} 23% to 49% fewer {behind}")
    assert again.startswith(
        "Make another video like an untitled video of @ann. At least eight times what the account’s"
    )
    assert rest == ""


@pytest.mark.parametrize(
    ("ratio", "low", "high", "words"),
    [
        (1.5, 1.101, 1.999, "about 50% more views than the same accounts’ other videos, likely 10% to 100% more"),
        (1.99, 1.21, 5.2, "about 2.0 times the views of the same accounts’ other videos, likely 1.2 to 5.2 times"),
        (1.62, 1.049, 2.41, "about 1.6 times the views of the same accounts’ other videos, likely 1.04 to 2.5 times"),
        (0.3, 0.096, 0.9, "about 70% fewer views than the same accounts’ other videos, likely 10% to 91% fewer"),
    ],
)
def test_a_ratio_whose_range_reaches_twice_is_told_in_times_and_one_below_in_percent(ratio, low, high, words):
    assert times({"ratio": ratio, "ratio_lo": low, "ratio_hi": high}) == words


def test_no_uploads_the_week_before_are_none():
    still = (Mover("@ann", 700, 300, 3, 2), Mover("@cat", 100, 240, 0, 0))
    said_ = text_in(say(dataclasses.replace(WEEK, movers=still), "accounts"))
    assert said_ == "@ann brought 700, up from 300; @cat fell from 240 to 100, with no uploads (none last week)."


def test_nothing_clear_is_no_action_and_says_what_was_looked_at():
    none = summary(
        labels=label(verdict="no clear difference"), outliers=outlier(mult_lo=4.9),
        durations=effects_frame("no clear difference", "no clear difference"),
    )  # fmt: skip
    nothing = "Nothing stood out clearly enough to act on."
    looked = "No clear difference: video length and one label."
    assert next_steps(none) == [f"{nothing} {looked}"]
    bare = summary(labels=schema.empty(schema.LABEL_COMPARISON), outliers=schema.empty(schema.OUTLIERS))
    assert next_steps(bare) == [f"{nothing} There were too few videos to compare labels, lengths or weekdays."]


def test_a_clear_weekday_is_an_action():
    clear = effects_frame("no clear difference", "higher", names=("Friday", "Sunday"))
    none = {"labels": schema.empty(schema.LABEL_COMPARISON), "outliers": schema.empty(schema.OUTLIERS)}
    assert next_steps(summary(weekdays=clear, **none))[0].startswith(
        "Upload more on Sundays. They get about 50% more views than the same accounts’ other videos, likely 20% to"
    )


def kept_week(folder, **more):
    """The report of the week before, kept: two uploads forecast to day 7, which falls into this week."""
    forecasts = rows(
        schema.WEEKLY_FORECASTS,
        *({"ad_id": name, "is_new": True, "uploaded_at": END - pd.Timedelta(days=9), "views": 100, "horizon": 7,
           "pred": 200.0, "pred_mean": 220.0, "lo80": 150.0, "hi80": 300.0} for name in ("a", "b", "c")),
    )  # fmt: skip
    days = {"first_day": dt.date(2026, 3, 2), "last_day": dt.date(2026, 3, 8)}
    return keep_report(summary(forecasts=forecasts, **(days | more)), folder)


def test_forecasts_that_fell_due_are_judged_by_what_the_report_of_that_day_kept(tmp_path):
    path = kept_week(tmp_path)
    before = path.read_bytes()
    assert kept_week(tmp_path, labels=label(verdict="lower")) == path
    assert path.read_bytes() == before  # what was said stays said
    due = END - pd.Timedelta(days=2)
    history = pd.DataFrame({"ad_id": ["a", "b", "a"], "date": [due, due, END],
                            "views_raw": pd.array([250, 900, 9999], dtype="Int64")})  # fmt: skip
    board = forecast_board(read_kept(tmp_path), summary(), history, words=Words())
    assert text_in(board["words"]) == (
        "440 views expected, 1.1k came. The report of 2–8 March 2026 forecast the views of 2 uploads at day 7; 1 of 2 "
        "landed inside their range; we aim for 2. Of the labels that were clear on 8 Mar, Hooks v2 is still clear."
    )
    assert board["note"] == "One more was not counted that day."
    assert board["reading"].startswith("Bar: a video’s range")
    assert [(one["inside"], one["actual"]) for one in board["videos"]] == [(True, 1.1364), (False, 2.0)]
    gone = forecast_board(
        read_kept(tmp_path), summary(labels=label(verdict="no clear difference")), history, words=Words()
    )
    assert "Hooks v2 is no longer clear." in text_in(gone["words"])
    few = forecast_board(read_kept(tmp_path), summary(), history[history["ad_id"] == "a"], words=Words())
    checked = "Only 1 of 3 forecasts that fell due could be checked: 220 views expected, 250 came. "
    assert text_in(few["words"]).startswith(checked)
    assert few["note"] == ""
    day_before = summary(first_day=dt.date(2026, 3, 9), last_day=dt.date(2026, 3, 12))
    said = text_in(forecast_board(read_kept(tmp_path), day_before, history, words=Words())["words"])
    assert said.startswith("No forecast of an earlier report fell due in 9–12 March 2026; the next one does on 13 Mar")


def test_the_first_report_says_that_it_is_and_other_scopes_and_later_reports_are_none_of_it(tmp_path):
    empty = pd.DataFrame({"ad_id": [], "date": pd.to_datetime([]), "views_raw": []})
    first = (
        "This is the first report in this folder, so there is no earlier forecast to check. The next reports will "
        "check the forecasts of this one."
    )
    kept_week(tmp_path)
    for mine in ([], read_kept(tmp_path)):
        board = forecast_board(mine, summary(scope="account ann"), empty, words=Words())
        assert text_in(board["words"]) == first
    earlier = summary(first_day=dt.date(2026, 3, 2), last_day=dt.date(2026, 3, 8))
    assert text_in(forecast_board(read_kept(tmp_path), earlier, empty, words=Words())["words"]) == first
    none = text_in(forecast_board(None, summary(), empty, words=Words())["words"])
    assert none == "No earlier report was kept to compare with."
    blind = text_in(forecast_board(read_kept(tmp_path), summary(), empty, words=Words())["words"])
    assert blind.startswith("3 forecasts fell due, and none of the videos was counted on its day.")


def test_a_kept_report_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path):
    kept_week(tmp_path)
    (tmp_path / "week-broken.json").write_text('{"version": 1}')
    with pytest.warns(DataQualityWarning, match="week-broken.json cannot be read"):
        assert len(read_kept(tmp_path)) == 1


def test_figures_are_set_against_their_target(tmp_path):
    week, month = ("03-09", "03-15"), ("03-01", "03-31")
    wanted = [("views_gained", *week, 1200), ("uploads", *week, 5), ("views_gained", *month, 9)]
    targets = rows(
        schema.TARGETS,
        *({"scope": "organisation", "key": "", "metric": metric, "start": f"2026-{start}", "end": f"2026-{end}",
           "target": target} for metric, start, end, target in wanted),
    )  # fmt: skip
    views, uploads, engagement, breakouts = key_figures(
        summary(totals=total()), outlier().assign(uploaded_at=END), names=names(), targets=targets
    )
    assert (views["target"], views["target_text"], views["met"]) == (1200, "1.2k", False)
    assert (uploads["target"], uploads["met"]) == (5, True)
    assert engagement["target"] is breakouts["target"] is None
    assert (uploads["periods"], uploads["usual"], uploads["usual_text"]) == ([5, 5, 5, 5, 5], 5.0, "5")


def test_nothing_is_usual_before_the_first_upload_and_where_there_is_no_video():
    for first, known in ((END - pd.Timedelta(days=9), 2), (END, 1), (pd.NaT, 0)):
        found = outlier().assign(uploaded_at=first)
        for figure in key_figures(summary(), found, names=names(), ranked=found)[1::2]:
            assert sum(value is not None for value in figure["periods"]) == known
            assert figure["usual"] is None


CROWDED = {
    "as it comes": {},
    "eight problems": {"problems": ["The daily history covers 12 to 16 March 2026, not the whole of the week."] * 8},
    "long name": {
        "headline": "1.2M views gained, per day 1,234% more than 1 December 2025 – 31 January 2026 (62 days)"
    },
}


@pytest.fixture(scope="module")
def composed():
    """A small report: whatever stands on its page 1 is put there by the tests."""
    return compose_report(*organisation(20, 4), end="2026-03-15", allow_partial=True)


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
@pytest.mark.parametrize("case", CROWDED)
def test_page_one_is_one_page_in_every_state(composed, tmp_path, case, paper):
    """Three long actions, a board and eight problems: page 1 keeps to itself, and nothing runs into its footer."""
    action = {"do": [piece("Make more of a label with as long a name as they come.")], "why": "They get 1.4 times " * 8}
    reading = "Bar: a range. " * (99 if case == "eight problems" else 6)
    board = {"words": [piece("6.6M views expected, 6.4M came. " * 6)], "note": "", "reading": reading,
             "low": 0.5, "high": 2.0,
             "videos": [{"lo": 0.8, "hi": 1.2, "actual": 1.1, "inside": True}] * 20}  # fmt: skip
    page = composed.content["page"] | {"actions": [action] * 3, "board": board}
    content = composed.content | {"page": page, "paper": paper} | CROWDED[case]
    pdf = pypdf.PdfReader(write_report(dataclasses.replace(composed, content=content), tmp_path / "r.pdf")[0])
    texts = [" ".join(part.extract_text().split()) for part in pdf.pages]
    assert "Usual: the middle" in texts[0]
    assert ("Bar: a range." in texts[0]) is (case != "eight problems")  # no picture, no words on how to read it
    assert texts[1].startswith("Which videos earned it")
    heights = sorted({round(y, 1) for _, y in positions(pdf.pages[0])})
    footer, lowest = heights[:2]
    assert footer < 40
    assert lowest - footer > 12
