"""The fonts a report is typeset with, and what happens to text they cannot draw."""

import json
import os
import subprocess
import sys
import unicodedata

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import example, given
from hypothesis import strategies as st

from shortimize_analytics.plots import fonts
from shortimize_analytics.plots.fonts import (
    MARKS_PER_BASE,
    font_families,
    font_paths,
    missing_fonts,
    register_fonts,
    replace_undrawable,
)

SCRIPTS = {
    "Latin": "the 3-second hook, naïve Ærøskøbing",
    "Greek": "Ελληνικά",
    "Cyrillic": "Привет, мир",
    "Arabic": "هذا الفيديو غريب",
    "Hebrew": "שלום עולם",
    "Devanagari": "नमस्ते दुनिया क्षत्रिय",
    "Thai": "สวัสดีชาวโลก ที่นี่",
    "Japanese": "これを見て",
    "Chinese": "你好，世界",
    "Korean": "안녕하세요",
    "Georgian": "ქართული",
    "emoji": "🔥 👩‍👩‍👧‍👦 🇫🇷 👍🏽 ❤️ 1️⃣",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_every_supported_script_is_kept_as_it_is(text):
    assert replace_undrawable(text) == (unicodedata.normalize("NFC", text), 0)


def test_all_font_packages_are_installed_and_found():
    assert missing_fonts() == []
    assert all(path.is_file() for path in font_paths())
    assert {font.family for font in fonts.FONTS} < set(font_families())


def test_only_the_working_one_of_two_emoji_fonts_is_used():
    assert [path.name for path in font_paths() if "openmoji" in str(path)] == ["glyf_colr0.ttf"]


def test_letters_without_a_font_become_the_name_of_their_script():
    assert replace_undrawable("ខ្មែរ new ខ្មែរ") == ("[Khmer] new [Khmer]", 10)


@pytest.mark.skipif(os.name != "posix", reason="other systems list their fonts in a registry")
def test_a_font_of_the_system_draws_a_script_that_no_package_has(tmp_path):
    letters = "\u1780\u1798\u17c2"
    folder = tmp_path / "fonts" / "deep"
    folder.mkdir(parents=True)
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", "a", "b", "c"])
    builder.setupCharacterMap(dict(zip(map(ord, letters), "abc", strict=True)))
    outlines = {}
    for name in builder.font.getGlyphOrder():
        pen = TTGlyphPen(None)
        pen.moveTo((0, 0)), pen.lineTo((400, 0)), pen.lineTo((0, 400)), pen.closePath()
        outlines[name] = pen.glyph()
    builder.setupGlyf(outlines)
    builder.setupHorizontalMetrics(dict.fromkeys(outlines, (500, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Noto Sans Khmer", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(folder / "NotoSansKhmer-Regular.ttf")
    (tmp_path / "fonts" / "NotoSansTamil-Regular.ttf").write_bytes(b"no font")
    (tmp_path / "fonts" / "Comic.ttf").write_bytes(b"of no interest")
    code = (
        "import json, sys; from shortimize_analytics.plots.fonts import *; "
        "said = [replace_undrawable(sys.argv[1]), font_families()[-2:], [str(path) for path in font_paths()]]; "
        "said.append(missing_scripts()); "
        "print(json.dumps(said))"
    )

    def ask(**environment):
        run = subprocess.run(
            [sys.executable, "-c", code, letters],
            capture_output=True, text=True, check=True,
            env={**os.environ, "XDG_DATA_HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path / "mpl"), **environment},
        )  # fmt: skip
        return json.loads(run.stdout)

    drawn, families, paths, missing = ask()
    assert drawn == [letters, 0]
    assert families == ["Noto Sans Khmer", "DejaVu Sans"]
    assert str(folder / "NotoSansKhmer-Regular.ttf") in paths
    assert not any("Tamil" in path or "Comic" in path for path in paths)
    assert "Khmer" not in missing
    assert "Tamil" in missing
    drawn, _, _, missing = ask(MPL_IGNORE_SYSTEM_FONTS="1")
    assert drawn == ["[Khmer]", 3]
    assert "Khmer" in missing


def test_symbols_without_a_font_become_a_box():
    text, replaced = replace_undrawable("a \U0001fae8\U000f0000 b")
    assert replaced == 1
    assert text.endswith("□ b")


def test_stylised_letters_become_plain_ones():
    assert replace_undrawable("𝐁𝐨𝐥𝐝 𝓈𝒸𝓇𝒾𝓅𝓉") == ("Bold script", 10)


@pytest.mark.parametrize("text", ["\u0301", " \u0301x", "\u064ex", "\u0e31 ok"])
def test_a_mark_without_a_letter_under_it_goes_and_is_counted(text):
    clean, replaced = replace_undrawable(text)
    assert replaced == 1
    assert not clean or unicodedata.combining(clean[0]) == 0


def test_stacked_marks_are_cut_so_that_they_stay_in_their_line():
    clean, replaced = replace_undrawable("x" + "\u0334" * 50)
    assert (len(clean), replaced) == (1 + MARKS_PER_BASE, 50 - MARKS_PER_BASE)


def test_direction_overrides_and_controls_vanish_without_being_counted():
    assert replace_undrawable("\u202eevil\u202c\ufeff a\x00b\tc\u2028d") == ("evil a b c d", 0)


@given(st.text(max_size=60))
@example("\u1112\u1161\u11ab")
@example("\U0001f1eb\U0001f1f7\u200d")
@example("[Khmer] [Khmer]")
def test_covered_text_is_one_line_of_characters_that_have_a_glyph(text):
    clean, replaced = replace_undrawable(text)
    assert clean == clean.strip()
    assert "\n" not in clean
    assert all(fonts._drawn_as(char) == char for char in clean)
    assert replaced <= len(unicodedata.normalize("NFC", text))
    assert replace_undrawable(clean)[1] == 0


def test_without_the_optional_fonts_text_stays_legible_and_what_to_install_is_named(only_dejavu):
    assert missing_fonts() == [font.package for font in fonts.FONTS]
    assert font_families() == ["DejaVu Sans"]
    for script in ("Latin", "Greek", "Cyrillic", "Arabic", "Hebrew"):
        assert replace_undrawable(SCRIPTS[script])[1] == 0
    assert replace_undrawable("これ ok 你好") == ("[Hiragana] ok [Cjk]", 4)


def test_matplotlib_finds_regular_and_bold_without_a_word(recwarn, caplog):
    from matplotlib.font_manager import FontProperties, fontManager

    before = len(fontManager.ttflist)
    families = register_fonts()
    for family in families:
        for weight in (400, 700):
            fontManager.findfont(FontProperties(family=family, weight=weight), fallback_to_default=False)
    assert not recwarn.list
    assert not caplog.records
    count = len(fontManager.ttflist)
    assert register_fonts() == families
    assert len(fontManager.ttflist) == count >= before
