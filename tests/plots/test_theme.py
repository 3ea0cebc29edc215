"""Colours that can be read, and numbers that are short."""

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
