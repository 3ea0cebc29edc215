"""Emoji in matplotlib's own pictures: the colour font's lines, in one colour."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextPath

from shortimize_analytics import style
from shortimize_analytics._emoji import line_drawings
from shortimize_analytics.fonts import font_paths, register_fonts


def the(name):
    return next(path for path in font_paths() if path.name == name)


@pytest.fixture(scope="module")
def fonts():
    colour = the("glyf_colr0.ttf")
    return FT2Font(str(colour)), FT2Font(str(line_drawings(colour)))


@pytest.mark.parametrize("emoji", "🔥😂✨👍❤🎵🇫")
def test_an_emoji_that_was_blank_has_lines_and_keeps_its_width(fonts, emoji):
    colour, lines = fonts
    widths = {font.load_char(ord(emoji)).horiAdvance for font in fonts}
    assert len(widths) == 1
    colour.load_char(ord(emoji))
    lines.load_char(ord(emoji))
    assert len(np.unique(colour.get_path()[0], axis=0)) <= 4  # nothing but the corners of its box
    assert len(lines.get_path()[0]) > 8


def test_every_character_of_the_colour_font_is_kept(fonts):
    colour, lines = fonts
    assert colour.get_charmap() == lines.get_charmap()


def test_joined_emoji_stay_one_picture():
    with style.style():
        one = TextPath((0, 0), "👩", size=10).get_extents().width
        family = TextPath((0, 0), "👩‍👩‍👧‍👦", size=10).get_extents().width
    assert 0 < family < 1.5 * one


def test_a_font_without_colours_comes_back_as_it_is():
    plain = the("DejaVuSans.ttf")
    assert line_drawings(plain) == plain


def test_pictures_name_the_colour_font_for_those_who_can_draw_it():
    assert "OpenMoji" in register_fonts()


def test_the_temporary_font_goes_with_the_process():
    code = "from shortimize_analytics.fonts import *; from shortimize_analytics._emoji import line_drawings as lines; "
    code += "print(lines(next(path for path in font_paths() if path.name == 'glyf_colr0.ttf')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    path = run.stdout.strip()
    assert path.endswith("lines-glyf_colr0.ttf")
    assert not Path(path).parent.exists()
