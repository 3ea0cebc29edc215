"""Emoji in matplotlib's own pictures: the colour font's lines, in one colour."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables.DefaultTable import DefaultTable
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextPath

from shortimize_analytics.plots import theme
from shortimize_analytics.plots.emoji_font import line_drawings
from shortimize_analytics.plots.fonts import font_paths, register_fonts


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
    with theme.style():
        one = TextPath((0, 0), "👩", size=10).get_extents().width
        family = TextPath((0, 0), "👩‍👩‍👧‍👦", size=10).get_extents().width
    assert 0 < family < 1.5 * one


def test_a_drawing_is_the_black_layers_of_the_emoji_and_nothing_else():
    colour = the("glyf_colr0.ttf")
    with TTFont(colour, lazy=True) as before, TTFont(line_drawings(colour), lazy=True) as after:
        palette, glyphs, drawn = before["CPAL"].palettes[0], before["glyf"], after["glyf"]
        black = {place for place, one in enumerate(palette) if one.red == one.green == one.blue == 0} | {0xFFFF}
        tried = 0
        for name, layers in list(before["COLR"].ColorLayers.items())[::10]:
            parts = [layer.name for layer in layers if layer.colorID in black] or [name]
            expected = [point for part in parts for point in glyphs[part].getCoordinates(glyphs)[0]]
            assert list(drawn[name].getCoordinates(drawn)[0]) == expected, name
            box = [(drawn[name].xMin, drawn[name].yMin), (drawn[name].xMax, drawn[name].yMax)] if expected else []
            corners = [glyphs[part] for part in parts if glyphs[part].numberOfContours]
            assert not box or box[0] == (min(one.xMin for one in corners), min(one.yMin for one in corners))
            assert not box or box[1] == (max(one.xMax for one in corners), max(one.yMax for one in corners))
            tried += len(parts) > 1
        assert tried > 100
        assert after.getGlyphOrder() == before.getGlyphOrder()


def test_the_drawn_font_is_sound_and_keeps_its_other_tables():
    colour = the("glyf_colr0.ttf")
    with (
        TTFont(colour, lazy=True) as before,
        TTFont(line_drawings(colour), lazy=True, checkChecksums=2, recalcBBoxes=False) as after,
    ):
        gone, made = {"COLR", "CPAL"}, {"glyf", "loca", "head"}
        assert {*before.reader.keys()} - {*after.reader.keys()} == gone
        for tag in {*after.reader.keys()} - made:
            assert after.reader[tag] == before.reader[tag], tag
        glyphs = after["glyf"]
        assert sum(glyph.isComposite() for glyph in glyphs.glyphs.values()) > 4000


@pytest.mark.parametrize("name", ["DejaVuSans.ttf", "NotoSansCJK-Regular.ttc"])
def test_a_font_without_colours_comes_back_as_it_is(name):
    plain = the(name)
    assert line_drawings(plain) == plain


def test_a_font_of_newer_colours_comes_back_as_it_is(tmp_path):
    """Version 1 keeps gradients and shapes, not stacks of outlines."""
    path = tmp_path / "newer.ttf"
    with TTFont(the("glyf_colr0.ttf"), lazy=True) as font:
        newer = DefaultTable("COLR")
        newer.data = b"\0\1" + font.reader["COLR"][2:]
        font["COLR"] = newer
        font.save(path)
    assert line_drawings(path) == path


def test_pictures_name_the_colour_font_for_those_who_can_draw_it():
    assert "OpenMoji" in register_fonts()


def test_the_font_is_made_once_for_all_processes_and_also_where_home_cannot_be_written(tmp_path):
    code = "from shortimize_analytics.plots.fonts import *; "
    code += "from shortimize_analytics.plots.emoji_font import line_drawings as lines; "
    code += "path = lines(next(path for path in font_paths() if path.name == 'glyf_colr0.ttf')); "
    code += "print(path, path.stat().st_size, path.stat().st_mtime_ns)"

    def run(folder):
        run = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            capture_output=True, text=True, check=True, env={**os.environ, "MPLCONFIGDIR": str(folder)},
        )  # fmt: skip
        return run.stdout.split()

    first = run(tmp_path)
    assert Path(first[0]).parent == tmp_path
    assert run(tmp_path) == first
    assert [path.name for path in tmp_path.glob("*half*")] == []
    assert run("/proc/nowhere")[1] == first[1]
