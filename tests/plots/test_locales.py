"""Numbers and dates as a locale writes them, in texts, tables and charts alike."""

import datetime as dt

import pandas as pd
import pytest

from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.plots import plot_labels, plot_movers
from shortimize_analytics.plots.locales import current, written_for
from shortimize_analytics.plots.theme import day, full_number, multiple, percent, period, share, short_number
from shortimize_analytics.schema import LABEL_COMPARISON, WEEKLY_MOVERS, conform

DAYS = dt.date(2026, 2, 28), dt.date(2026, 3, 6)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (None, ("9,812,004", "46.7M", "−3.1%", "8.2x", "6 March 2026", "6 Mar", "28 February – 6 March 2026")),
        (
            "de_DE",
            ("9.812.004", "46,7\xa0Mio.", "−3,1\xa0%", "8,2x", "6. März 2026", "6. März", "28. Feb. – 6. März 2026"),
        ),
        ("fr-FR", ("9\xa0812\xa0004", "46,7M", "−3,1\xa0%", "8,2x", "6 mars 2026", "6 mars", "28 févr. – 6 mars 2026")),
        ("en_IN", ("98,12,004", "46.7M", "−3.1%", "8.2x", "6 March 2026", "6 Mar", "28 Feb – 6 Mar 2026")),
        ("ar_EG", ("9,812,004", "46.7M")),
    ],
)
def test_numbers_and_dates_follow_the_locale(locale, words):
    with written_for(locale):
        found = (full_number(9_812_004), short_number(46_700_000), percent(-0.031, digits=1), multiple(8.2),
                 day(DAYS[1]), day(DAYS[1], year=False), period(*DAYS))  # fmt: skip
        assert tuple(text.replace("\u2009", " ") for text in found[: len(words)]) == words
        assert all(ord(char) < 0x660 or char in "\xa0−–" for text in found[:4] for char in text)
    assert current() is None


def test_a_small_share_keeps_its_sign():
    with written_for("sv_SE"):
        assert share(0.001) == "<1\xa0%"


def test_the_locale_ends_with_its_block_even_after_an_error():
    with pytest.raises(RuntimeError), written_for("de_DE"):
        raise RuntimeError
    assert full_number(1234) == "1,234"


@pytest.mark.parametrize("locale", ["xx_YY", "", "german", "de_DE_X_Y_Z"])
def test_an_unknown_locale_is_refused(locale):
    with pytest.raises(InvalidParameterError, match="is not known: use one as de_DE"), written_for(locale):
        pass


def test_charts_write_their_numbers_in_the_same_way():
    movers = pd.DataFrame({"ad_id": ["a"], "title": ["t"], "username": ["u"], "gain": [1234], "share": [0.25],
                           "is_new": [True]})  # fmt: skip
    labels = pd.DataFrame({"label_id": ["l"], "label": ["Hooks"], "n_videos": [1500], "n_accounts_overlap": [7],
                           "ratio": [1.4], "ratio_lo": [0.4], "ratio_hi": [2.2],
                           "verdict": ["no clear difference"]})  # fmt: skip
    with written_for("de_DE"):
        gains = plot_movers(conform(movers.reindex(columns=WEEKLY_MOVERS.names), WEEKLY_MOVERS))
        forest = plot_labels(conform(labels.reindex(columns=LABEL_COMPARISON.names), LABEL_COMPARISON))
    texts = {text.get_text() for text in (*gains.texts, *forest.texts, *forest.get_xticklabels())}
    assert {"1.200", "25\xa0%", "1,40x", "1.500", "0,5x"} <= texts
