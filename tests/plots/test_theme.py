"""Colours that can be read, numbers that are short, and texts that are cut between characters."""

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import iter_graphemes
from wcwidth import width as cells

from shortimize_analytics.plots import theme


def contrast(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (np.dot(linear, [0.2126, 0.7152, 0.0722]) + 0.05)


def test_colours_that_carry_text_have_a_contrast_of_four_and_a_half_on_white():
    text = [theme.INK, theme.MUTED, theme.ACCENT, theme.WARNING, theme.OTHER_COLOUR]
    for colour in [*text, *theme.PLATFORM_COLOURS.values(), *theme.GROUP_COLOURS]:
        assert contrast(colour) >= 4.5, colour


@given(st.integers(-(10**15), 10**15))
def test_short_numbers_are_short_and_within_five_percent(value):
    text = theme.short_number(value)
    scale = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
    size = float(text.lstrip("−").rstrip("kMBT")) * scale.get(text[-1], 1)
    assert len(text.lstrip("−")) <= 5
    assert size == pytest.approx(abs(value), rel=0.05)
    assert text.startswith("−") == (value < 0)


LETTERS = st.sampled_from(
    "a .-|e\u0301\u0302 \u200d\u200c\ufe0f\u20e3❤1#👍🏽👩👧🇫🇷これ한ᄀ\u1161कि्षनद\u0940สำ\u0e49שلا𝐁\x00\x1b[m\t□"
)


def total(text):
    """The characters' cells, one by one: what stands beside another takes no room of its neighbour's."""
    return sum(cells(one, control_codes="ignore") for one in iter_graphemes(text))


@given(st.text(max_size=80) | st.text(LETTERS, max_size=80), st.integers(1, 60))
@example("\u1039000", 3)
def test_shortened_text_keeps_its_width_and_is_cut_between_characters(text, width):
    cut = theme.shorten(text, width)
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
    assert theme.shorten(emoji * 5, 5) == emoji * 2 + "…"
    assert theme.shorten(emoji * 2, 5) == emoji * 2


def test_a_caption_of_ten_thousand_characters_is_read_no_further_than_its_cut():
    assert theme.shorten("word " * 2000, 20) == "word word word…"
    stacked = "e" + "\u0301" * 10_000
    assert theme.shorten(stacked, 5) == stacked  # one character; `replace_undrawable` takes the marks away
    assert theme.shorten(stacked + " and more words", 5).startswith(stacked)


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧‍👦", "🇫🇷", "👍🏽", "é̂", "कि", "क्षि", "न्दी", "❤️", "1️⃣", "각"])
def test_shortening_never_cuts_through_what_a_reader_sees_as_one_character(cluster):
    for width in range(4, 20):
        cut = theme.shorten(cluster * 20, width).removesuffix("…")
        assert cut == cluster * (len(cut) // len(cluster))
