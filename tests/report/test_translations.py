"""Words of the report in other languages: every text goes through the catalogue, and what it lacks stays English."""

import re
from gettext import GNUTranslations

import pandas as pd
import pytest
from reports import organisation, pdfium_text, text_in

import shortimize_analytics as sa
from shortimize_analytics.plots import locales
from shortimize_analytics.plots.locales import written_for
from shortimize_analytics.plots.messages import gettext, ngettext
from shortimize_analytics.plots.theme import short_number
from shortimize_analytics.report.brand import read_brand
from shortimize_analytics.report.tables import short_column
from shortimize_analytics.report.words import sentence

CYRILLIC = dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопярстувшжэз", strict=True))
OWN_NAMES = {"UTC", "TikTok", "YouTube", "TT", "YT"}
"""What has one name in any language."""


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


def report_in_marks(tmp_path, monkeypatch, **options):
    """Write a report whose outside text has no letter of ours: ids and names in digits and Greek."""
    monkeypatch.setattr(locales, "_catalogue", lambda language: Marked())
    videos, history = organisation(titles=("Ελ",), labels=("Λα", "Λβ", None))
    greek = {name: f"χρ{at}" for at, name in enumerate(sorted(videos["username"].unique()))}
    videos["username"] = videos["username"].map(greek).astype(videos["username"].dtype)
    report = sa.compose_report(
        videos, history, end="2026-03-15", locale="ru_RU", allow_partial=True, kept=[], **options
    )
    return sa.write_report(report, tmp_path / "report.pdf", also=["html"])


def latin(text):
    """The words of Latin letters in a text, without what is written the same in every language."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"\d[\d.,]*x\b|\(≥|https?://\S+", " ", text))
    return {word for word in words if word[0] < "\u0250"} - OWN_NAMES - {"x"}


@pytest.mark.parametrize("options", [{}, {"edition": "client", "period": "month"}])
def test_every_word_of_a_report_goes_through_the_catalogue(tmp_path, monkeypatch, options):
    pdf, page = report_in_marks(tmp_path, monkeypatch, **options)
    assert latin(pdfium_text(pdf)) == set()
    body = re.sub(r"<style>.*?</style>|data:[^\"]+", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    said = re.findall(r"(?:alt|aria-label)=\"([^\"]*)\"", body) + re.sub(r"<[^>]*>", "\n", body).split("\n")
    assert latin(" ".join(said)) == set()


def test_numbers_and_words_agree():
    with written_for("de_DE"):
        assert [short_number(value) for value in (1_900_000, 46_700_000, 999_950, 89_432, -350_000, 812, None)] == [
            "1,9\xa0Mio.", "46,7\xa0Mio.", "1\xa0Mio.", "89.400", "−350.000", "812", "–"]  # fmt: skip
        assert ngettext("{n} video", "{n} videos", 1) == "1 Video"
        assert ngettext("{n} video", "{n} videos", 1987) == "1.987 Videos"
        assert short_column(pd.Series([2_000_000, 2_100_000, 14_000])) == ["2,0\xa0Mio.", "2,1\xa0Mio.", "14.000"]
    with written_for("de_DE", language="en"):
        assert f"{short_number(1_900_000)} {gettext('views')}" == "1,9M views"


def test_a_number_that_ends_in_a_full_stop_ends_the_sentence():
    with written_for("de_DE"):
        said = text_in(sentence("New uploads brought {new} of the {views}.", new="1", views=short_number(2_000_000)))
        assert said == "Neue Uploads brachten 1 von 2\xa0Mio."
        assert gettext("only label {label}", label="a.") + "." == "nur Label a.."


def test_what_a_language_lacks_is_said_in_english():
    with written_for("de_DE"):
        assert gettext("{n} things nobody translated", n=3) == "3 things nobody translated"
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
