"""Colours that can be read, numbers that are short, and texts that are cut between characters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.text(max_size=80), st.integers(4, 60))
def test_shortened_text_keeps_its_width(text, width):
    cut = theme.shorten(text, width)
    assert sum(map(theme._cells, cut)) <= width or cut == text
    assert cut == text or cut.endswith("…")


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧‍👦", "🇫🇷", "👍🏽", "é̂", "कि"])
def test_shortening_never_cuts_through_what_a_reader_sees_as_one_character(cluster):
    for width in range(4, 20):
        cut = theme.shorten(cluster * 20, width).removesuffix("…")
        assert cut == cluster * (len(cut) // len(cluster))
