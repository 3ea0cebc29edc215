"""Texts that are cut between characters."""

from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import iter_graphemes
from wcwidth import width as cells

from shortimize_analytics.plots.texts import shorten

LETTERS = st.sampled_from(
    "a .-|e\u0301\u0302 \u200d\u200c\ufe0f\u20e3❤1#👍🏽👩👧🇫🇷これ한ᄀ\u1161कि्षनद\u0940สำ\u0e49שلا𝐁\x00\x1b[m\t□"
)


def total(text):
    """The characters' cells, one by one: what stands beside another takes no room of its neighbour's."""
    return sum(cells(one, control_codes="ignore") for one in iter_graphemes(text))


@given(st.text(max_size=80) | st.text(LETTERS, max_size=80), st.integers(1, 60))
@example("\u1039000", 3)
def test_shortened_text_keeps_its_width_and_is_cut_between_characters(text, width):
    cut = shorten(text, width)
    assert total(cut) <= width
    if cut == text:
        return
    bare = cut.removesuffix("…")
    assert cut.endswith("…")
    assert total(text) > width
    assert text.startswith(bare)
    ends = {len(part) for part in accumulate(iter_graphemes(text), initial="")}
    assert len(bare) in ends or text[len(bare)] in " ,.;:|-–"  # a sign that ended the cut text went with its marks


@pytest.mark.parametrize("emoji", ["❤️", "1️⃣", "#️⃣", "👍", "👩‍👩‍👧‍👦", "🇫🇷"])
def test_ten_cells_of_emoji_never_get_through_width_five(emoji):
    assert shorten(emoji * 5, 5) == emoji * 2 + "…"
    assert shorten(emoji * 2, 5) == emoji * 2


def test_a_caption_of_ten_thousand_characters_is_read_no_further_than_its_cut():
    assert shorten("word " * 2000, 20) == "word word word…"
    stacked = "e" + "\u0301" * 10_000
    assert shorten(stacked, 5) == stacked  # one character; `replace_undrawable` takes the marks away
    assert shorten(stacked + " and more words", 5).startswith(stacked)


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧‍👦", "🇫🇷", "👍🏽", "é̂", "कि", "क्षि", "न्दी", "❤️", "1️⃣", "각"])
def test_shortening_never_cuts_through_what_a_reader_sees_as_one_character(cluster):
    for width in range(4, 20):
        cut = shorten(cluster * 20, width).removesuffix("…")
        assert cut == cluster * (len(cut) // len(cluster))
