"""Words of the report in other languages: every text goes through the catalogue, and what it lacks stays English."""

import re
from gettext import GNUTranslations
from pathlib import Path

import pandas as pd
import pytest
from babel.messages.pofile import read_po
from money import day, history_of, terms_in, video, videos_of
from reports import organisation, pdfium_text, text_in

import shortimize_analytics as sa
from shortimize_analytics.plots import locales
from shortimize_analytics.plots.locales import written_for
from shortimize_analytics.plots.messages import gettext, ngettext
from shortimize_analytics.plots.theme import short_number
from shortimize_analytics.report.brand import read_brand
from shortimize_analytics.report.kept_reports import keep_report, read_kept
from shortimize_analytics.report.tables import short_column
from shortimize_analytics.report.words import sentence

CYRILLIC = dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопярстувшжэз", strict=True))
OWN_NAMES = {"UTC", "USD", "TikTok", "YouTube", "TT", "YT"}
"""What has one name in any language."""
COSTS = """scope,key,kind,amount,currency,uploaded_from,uploaded_to
organisation,,fixed,1800.00,USD,2026-02-01,2026-03-31
"""
TARGETS = """scope,key,metric,period,target
organisation,,views_gained,2026-03,48000
organisation,,views_gained,2026-W11,999000
organisation,,uploads,2026-W11,1
"""


class Marked(GNUTranslations):
    """A language of Cyrillic letters: what comes out in Latin ones went past the catalogue."""

    def __init__(self):
        super().__init__()

    def gettext(self, message):
        parts = re.split(r"(\{\w+\})", message)
        return "".join(part if part.startswith("{") else self._letters(part) for part in parts)

    def ngettext(self, msgid1, msgid2, n):
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context, message):
        return self.gettext(message)

    def _letters(self, text):
        return "".join(CYRILLIC.get(char, CYRILLIC.get(char.lower(), char).upper()) for char in text)


@pytest.fixture
def marked(monkeypatch):
    """Every locale speaks the language of Cyrillic letters."""
    monkeypatch.setattr(locales, "_catalogue", lambda language: Marked())


def in_greek(tmp_path):
    """An organisation whose outside text has no letter of ours, with costs and targets."""
    videos, history = organisation(titles=("Ελ",), labels=("Λα", "Λβ", None))
    greek = {name: f"χρ{at}" for at, name in enumerate(sorted(videos["username"].unique()))}
    videos["username"] = videos["username"].map(greek).astype(videos["username"].dtype)
    at = pd.Timestamp("2026-03-16T07:00Z")
    for name, text in (("costs", COSTS), ("targets", TARGETS)):
        (tmp_path / f"{name}.csv").write_text(text)
    money = {"costs": sa.read_costs(tmp_path / "costs.csv"), "targets": sa.read_targets(tmp_path / "targets.csv")}
    return videos.assign(fetched_at=at), history.assign(fetched_at=at), money


ENGLISH = re.compile(
    r"(?<![“„»/@-])\b(the|and|of|to|is|are|with|by|this|that|than|from|which|not|no|more|its)\b(?![@/-])"
)
"""Words that no German sentence has."""


def latin(text):
    """The words of Latin letters in a text, without what is written the same in every language."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"\d[\d.,]*x\b|\(≥|https?://\S+", " ", text))
    return {word for word in words if word[0] < "\u0250"} - OWN_NAMES - {"x"}


def words_of(page):
    """What a page says, alt texts and names of regions, too."""
    body = re.sub(r"<style>.*?</style>|data:[^\"]+", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join([*re.findall(r"(?:alt|aria-label|data-name)=\"([^\"]*)\"", body), re.sub(r"<[^>]*>", "\n", body)])


def test_every_word_of_a_report_goes_through_the_catalogue(marked, tmp_path):
    videos, history, money = in_greek(tmp_path)
    report = sa.compose_report(videos, history, end="2026-03-15", locale="ru_RU", allow_partial=True, kept=[], **money)
    pdf, page = sa.write_report(report, tmp_path / "report.pdf", also=["html"])
    assert len(report.content["money"]) == 2
    assert [figure["met"] for figure in report.content["figures"][:2]] == [False, True]
    assert latin(pdfium_text(pdf)) == set()
    assert latin(words_of(page)) == set()


def test_every_word_of_a_report_of_nameless_videos_goes_through_the_catalogue(marked, tmp_path):
    """A month for a client, against an earlier report, of which half names no account, app or caption."""
    videos, history, money = in_greek(tmp_path)
    before = sa.compose_report(videos, history, end="2026-01-31", period="month", allow_partial=True)
    keep_report(before.summary, tmp_path / "kept")
    bare = videos.copy()
    for at, name in enumerate(("username", "platform", "title")):
        bare.loc[bare.index[at::3], name] = pd.NA
    bare.loc[bare.index[1::4], ["latest_views", "latest_likes", "latest_comments"]] = pd.NA
    (tmp_path / "pictures").mkdir()
    report = sa.compose_report(
        bare, history[history["date"] > "2026-03-10"], period="month", end="2026-03-15", locale="ru_RU",
        edition="client", allow_partial=True, kept=read_kept(tmp_path / "kept"), thumbnails=tmp_path / "pictures",
        **money,
    )  # fmt: skip
    pdf, page = sa.write_report(report, tmp_path / "report.pdf", also=["html"])
    assert latin(re.sub(r"\b(?:a\d|00\d\d)\b", " ", pdfium_text(pdf))) == set()
    assert latin(re.sub(r"\b(?:a\d|00\d\d)\b", " ", words_of(page))) == set()


def test_no_german_text_is_english(demo, tmp_path):
    """Neither in the catalogue nor on a page of the demo, but for its captions and labels."""
    with Path(locales.__file__).with_name("translations").joinpath("de.po").open("rb") as file:
        catalogue = read_po(file, locale="de")
    texts = [message.string for message in catalogue if message.id]
    said = [re.sub(r"\{\w+\}", "", text) for one in texts for text in ([one] if isinstance(one, str) else one)]
    assert len(said) > 700
    assert [text for text in said if ENGLISH.search(text)] == []
    report = sa.compose_report(demo.videos, demo.history, locale="de_DE", edition="client")
    _, page = sa.write_report(report, tmp_path / "report.pdf", also=["html"])
    words = words_of(page)
    assert "neue Aufrufe" in words
    captions = {*demo.videos["title"].dropna(), *demo.videos["label_names"].explode().dropna()}
    lines = [line for line in words.splitlines() if not any(line.strip("… ") in title for title in captions)]
    assert [line for line in lines if ENGLISH.search(re.sub(r"„[^“]*“", "", line))] == []


def test_every_word_of_a_statement_goes_through_the_catalogue(marked, tmp_path):
    counts = {day("2026-10-05", n): 1000 * n for n in range(1, 90)}
    terms = terms_in(tmp_path, "rate_per_1000 = 0.60\nbase_per_video = 10\n", creators={"7": ["a-1"]})
    videos = videos_of(video("1", username="χρ"), video("2", username="χρ", removed=True))
    paid = sa.creator_payouts(videos, history_of({"1": counts, "2": counts}), terms=terms, end="2026-10-31")
    sa.write_statements(paid, tmp_path, also=["html"], locale="ru_RU")
    assert len(paid.exceptions)
    assert latin(pdfium_text(tmp_path / "7.pdf")) == set()
    assert latin(words_of(tmp_path / "7.html")) == set()


def test_numbers_and_words_agree():
    with written_for("de_DE"):
        assert [short_number(value) for value in (1_900_000, 46_700_000, 999_950, 89_432, -350_000, 812, None)] == [
            "1,9\xa0Mio.", "46,7\xa0Mio.", "1\xa0Mio.", "89.400", "−350.000", "812", "–"]  # fmt: skip
        assert ngettext("{n} video", "{n} videos", 1) == "1 Video"
        assert ngettext("{n} video", "{n} videos", 1987) == "1.987 Videos"
        assert short_column(pd.Series([2_000_000, 2_100_000, 14_000])) == ["2,0\xa0Mio.", "2,1\xa0Mio.", "14.000"]
    with written_for("de_DE", language="en"):
        assert f"{short_number(1_900_000)} {gettext('views')}" == "1,9M views"


def test_a_number_that_ends_in_a_full_stop_ends_the_sentence_and_so_does_a_name_that_was_cut():
    assert text_in(sentence("Try “{title}” again on {account}.", title="x", account="@lon…")).endswith("on @lon…")
    with written_for("de_DE"):
        said = text_in(sentence("New uploads brought {new} of the {views}.", new="1", views=short_number(2_000_000)))
        assert said == "Neue Uploads brachten 1 von 2\xa0Mio."
        assert gettext("only label {label}", label="a.") + "." == "nur Label a.."


def test_what_a_language_lacks_is_said_in_english():
    with written_for("de_DE"):
        assert gettext("{n} things nobody translated", n=3) == "3 things nobody translated"
        assert gettext("") == ""
    with written_for("fr_FR"):
        assert gettext("{views} views gained", views=short_number(1_900_000)) == "1,9M views gained"


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({}, (None, "en")),
        ({"locale": "de_AT"}, ("de_AT", "de-AT")),
        ({"locale": "fr_FR"}, ("fr_FR", "en")),
        ({"language": "de-CH"}, ("de_CH", "de-CH")),
        ({"locale": "de_DE", "language": "en-GB"}, ("de_DE", "en-GB")),
    ],
)
def test_of_locale_and_language_the_one_not_given_follows_the_other(given, made):
    brand = read_brand(given)
    assert (brand.locale, brand.language) == made
