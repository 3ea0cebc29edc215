"""How figures and numbers look: colours, a style that is switched on for one figure at a time, and short forms.

One accent colour says "look here", one warning colour says "down", grey says "do not lean on this". A platform has the
same colour everywhere. The colours were chosen to stay apart for colour-blind readers (after Okabe and Ito) and, where
text is set in them, to keep a contrast of 4.5 to 1 on white.

Nothing is changed globally: `style` is a context manager, and every plot enters it.

References
----------
M. Okabe, K. Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/
W3C, "Web Content Accessibility Guidelines 2.2", success criterion 1.4.3.
"""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.base import english
from shortimize_analytics.analysis.base.english import MONTHS, WEEKDAYS

from . import locales
from .fonts import register_fonts
from .messages import gettext, ngettext

INK = "#13203b"
MUTED = "#5b6472"
RULE = "#c9ced6"
GRID = "#e6e8ec"
ACCENT = "#1f63e0"
ACCENT_SOFT = "#9db5d8"
_PALE = "#a9c4ee"
WARNING = "#b9452a"
UNRELIABLE = "#8b929d"

PLATFORM_COLOURS = {
    "tiktok": "#22262e",
    "instagram": "#a8457f",
    "youtube": "#c24e00",
    "facebook": "#0b6fa4",
    "snapchat": "#806200",
    "twitter": "#00785a",
}
OTHER_COLOUR = "#6b5f52"
UNKNOWN = "unknown"
"""What analyses call the platform of videos that name none."""
PLATFORM_NAMES = {
    "tiktok": "TikTok",
    "instagram": "Instagram",
    "youtube": "YouTube",
    "facebook": "Facebook",
    "snapchat": "Snapchat",
    "twitter": "X",
}
GROUP_COLOURS = ("#0b6fa4", "#c24e00", "#00785a", "#a8457f", "#806200", "#22262e")

NO_VALUE = "–"
MINUS = "−"


DRAWING = threading.RLock()
"""Of whoever draws: matplotlib's settings are those of the whole process."""
_own = threading.local()


@contextmanager
def style(*, pyplot: bool = True) -> Iterator[None]:
    """Draw in the house style inside a ``with`` block, and leave matplotlib's settings as they were after it.

    One thread draws at a time: another one waits here until the block of the first is over. A block inside another
    changes nothing. In a notebook the other one may be an explorer: a block that asks for `input` or sleeps keeps it
    waiting as long.

    Text in SVG stays text, identifiers in SVG do not change from run to run, a ``$`` is a dollar sign, and each
    character is looked for in every installed font.

    Parameters
    ----------
    pyplot
        Whether the figure is one of pyplot's; one that nobody else knows needs no backend for windows.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> from shortimize_analytics.plots.theme import style
    >>> with style():
    ...     mpl.rcParams["svg.fonttype"], mpl.rcParams["axes.spines.top"]
    ('none', False)
    >>> mpl.rcParams["axes.spines.top"]
    True
    """
    import matplotlib as mpl

    if getattr(_own, "styled", False):
        yield
        return
    with DRAWING:
        if pyplot:
            from matplotlib import pyplot as plt

            # the backend must be up before the settings are kept: Jupyter's changes some when it starts
            start_backend: Any = plt.draw_if_interactive
            start_backend()
        settings = _settings()
        rc: Any = mpl.rcParams
        before = {name: rc[name] for name in settings}
        rc.update(settings)
        _own.styled = True
        try:
            yield
        finally:
            _own.styled = False
            rc.update(before)


def _settings() -> dict[str, Any]:
    return {
        "font.family": register_fonts(),
        "font.size": 9.5,
        "text.color": INK,
        "text.parse_math": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "shortimize-analytics",
        "axes.edgecolor": RULE,
        "axes.labelcolor": MUTED,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.unicode_minus": True,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "xtick.minor.size": 0,
        "ytick.minor.size": 0,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "lines.linewidth": 1.8,
        "lines.solid_capstyle": "round",
        "figure.dpi": 120,
    }


def pale_to_dark(count: int) -> list[str]:
    """Return colours from pale to dark, for things that have an order: months, brackets, shares.

    Examples
    --------
    >>> from shortimize_analytics.plots.theme import pale_to_dark
    >>> pale_to_dark(3)
    ['#a9c4ee', '#1f63e0', '#13203b']
    >>> pale_to_dark(1)
    ['#1f63e0']
    """
    stops = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (_PALE, ACCENT, INK)]
    out = []
    for place in range(count):
        step = 2 * place / (count - 1) if count > 1 else 1.0
        first = min(int(step), 1)
        mixed = (a + (b - a) * (step - first) for a, b in zip(stops[first], stops[first + 1], strict=True))
        out.append("#" + "".join(f"{round(channel):02x}" for channel in mixed))
    return out


def platform_colour(platform: str) -> str:
    """Return the colour of a platform, the same in every figure; platforms not known here share one.

    Examples
    --------
    >>> from shortimize_analytics.plots.theme import platform_colour
    >>> platform_colour("TikTok") == platform_colour("tiktok")
    True
    """
    return PLATFORM_COLOURS.get(platform.lower(), OTHER_COLOUR)


def group_colour(name: object, place: int) -> str:
    """Return a group's colour: a platform's own, else by its place among the groups that are drawn.

    Examples
    --------
    >>> from shortimize_analytics.plots.theme import GROUP_COLOURS, group_colour, platform_colour
    >>> group_colour("tiktok", 0) == platform_colour("tiktok"), group_colour("ann", 1) == GROUP_COLOURS[1]
    (True, True)
    """
    other = GROUP_COLOURS[place] if place < len(GROUP_COLOURS) else OTHER_COLOUR
    return PLATFORM_COLOURS.get(str(name).lower(), other)


def platform_name(platform: str) -> str:
    """Return a platform's name as its owner writes it; one that is not in the list comes back as it is."""
    return gettext(platform) if platform == UNKNOWN else PLATFORM_NAMES.get(platform.lower(), platform)


def marked(text: str) -> str:
    """Exchange the marks of an English number for those of `locales.written_for`."""
    formats = locales.current()
    return text if formats is None else formats.marked(text)


def _signed(text: str, *, value: float, signed: bool) -> str:
    if value < 0:
        return MINUS + text
    return f"+{text}" if signed and value > 0 else text


def short_number(value: Any, *, signed: bool = False) -> str:
    """Write a count in the fewest characters that still say its size.

    Parameters
    ----------
    value
        A number or NA.
    signed
        Put ``+`` before a positive number.

    Examples
    --------
    >>> from shortimize_analytics.plots.theme import short_number
    >>> [short_number(value) for value in (46_700_000, 9_950, 999_950, 812, -350_000, None)]
    ['46.7M', '9.9k', '1M', '812', '−350k', '–']
    >>> short_number(2_600_000, signed=True)
    '+2.6M'
    """
    if pd.isna(value):
        return NO_VALUE
    size = abs(float(value))
    text = f"{size:.0f}" if size >= 10 or size == round(size) else f"{size:.2g}"
    for power, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        # A number that rounds up to the next unit is written in it: 999,950 is 1M, not 1000k.
        if size >= power * 0.9995:
            scaled = size / power
            number = f"{scaled:.0f}" if scaled >= 99.95 else f"{scaled:.1f}".removesuffix(".0")
            formats = locales.current()
            short = None if formats is None else formats.compact(float(number) * power)
            text = short or marked(number) + suffix
            break
    else:
        text = marked(text)
    return _signed(text, value=float(value), signed=signed and text != "0")


def full_number(value: Any, *, signed: bool = False) -> str:
    """Write a count in full, with thousands separators.

    Examples
    --------
    >>> from shortimize_analytics.plots.theme import full_number
    >>> full_number(9_812_004), full_number(-1200, signed=True), full_number(None)
    ('9,812,004', '−1,200', '–')
    """
    if pd.isna(value):
        return NO_VALUE
    formats, size = locales.current(), abs(round(value))
    return _signed(f"{size:,}" if formats is None else formats.whole(size), value=float(value), signed=signed)


def counted(number: int, noun: str) -> str:
    """Write a number of things, the number in full.

    Examples
    --------
    >>> from shortimize_analytics.plots.theme import counted
    >>> counted(1, "day"), counted(1987, "video")
    ('1 day', '1,987 videos')
    """
    return ngettext(f"{{n}} {noun}", f"{{n}} {english.plural(noun)}", number)


def percent(value: Any, *, digits: int = 0, signed: bool = False) -> str:
    """Write a share or a change (0.12) in percent.

    Examples
    --------
    >>> from shortimize_analytics.plots.theme import percent
    >>> percent(0.123), percent(-0.0312, digits=1), percent(0.2, signed=True), percent(None)
    ('12%', '−3.1%', '+20%', '–')
    >>> percent(-0.001)
    '0%'
    """
    if pd.isna(value):
        return NO_VALUE
    rounded = round(float(value) * 100, digits) + 0.0
    return _signed(marked(f"{abs(rounded):,.{digits}f}%"), value=rounded, signed=signed)


def share(value: Any) -> str:
    """Write a part of a whole (0 to 1) in percent, without calling a small part nothing.

    Examples
    --------
    >>> from shortimize_analytics.plots.theme import share
    >>> share(0.123), share(0.002), share(0), share(None)
    ('12%', '<1%', '0%', '–')
    """
    if pd.notna(value) and 0 < value < 0.005:
        return marked("<1%")
    return percent(value)


def multiple(value: Any) -> str:
    """Write a ratio as a multiple.

    Examples
    --------
    >>> from shortimize_analytics.plots.theme import multiple
    >>> [multiple(value) for value in (27.31, 9.96, 8.24, 1.364, 0.341, 1200, None)]
    ['27x', '10x', '8.2x', '1.36x', '0.34x', '1,200x', '–']
    """
    if pd.isna(value):
        return NO_VALUE
    size = float(value)
    digits = 0 if size >= 9.95 else 1 if size >= 1.995 else 2
    return marked(f"{size:,.{digits}f}x")


def day(value: Any, *, year: bool = True) -> str:
    """Write a date as `locales.written_for` says, never as the machine's locale does.

    Examples
    --------
    >>> import datetime as dt
    >>> from shortimize_analytics.plots.theme import day
    >>> day(dt.date(2026, 11, 3)), day(dt.date(2026, 11, 3), year=False)
    ('3 November 2026', '3 Nov')
    """
    if pd.isna(value):
        return NO_VALUE
    formats = locales.current()
    if formats is not None:
        return formats.day(value, year=year)
    name = MONTHS[value.month - 1]
    return f"{value.day} {name} {value.year}" if year else f"{value.day} {name[:3]}"


def weekday(value: dt.date) -> str:
    """Write a day of the week, short.

    Examples
    --------
    >>> import datetime as dt
    >>> from shortimize_analytics.plots.theme import weekday
    >>> weekday(dt.date(2026, 11, 16))
    'Mon'
    """
    return gettext(WEEKDAYS[value.weekday()])


def period(start: dt.date, end: dt.date) -> str:
    """Write the days from start to end, both included.

    Examples
    --------
    >>> import datetime as dt
    >>> from shortimize_analytics.plots.theme import period
    >>> period(dt.date(2026, 11, 16), dt.date(2026, 11, 22))
    '16–22 November 2026'
    >>> period(dt.date(2026, 12, 28), dt.date(2027, 1, 3))
    '28 December 2026 – 3 January 2027'
    """
    formats = locales.current()
    if formats is not None:
        return formats.period(start, end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{day(end)}"
    first = day(start) if start.year != end.year else f"{start.day} {MONTHS[start.month - 1]}"
    return f"{first} – {day(end)}"
