"""Outside text on its way into the report: made typesettable, counted, and given its direction and link.

A `Words` object lives for one report. It remembers what it had to replace, so that the data page can say so.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shortimize_analytics.analysis.base.english import Note
from shortimize_analytics.analysis.periods.notes import UNNAMED
from shortimize_analytics.plots import locales, theme
from shortimize_analytics.plots.fonts import replace_undrawable
from shortimize_analytics.plots.messages import filled, gettext, later, ngettext, pgettext, template
from shortimize_analytics.plots.texts import is_right_to_left, shorten
from shortimize_analytics.plots.theme import full_number, multiple
from shortimize_analytics.schema.links import web_link

Piece = dict[str, Any]
"""What the template's `piece` sets: text, strong, link (or None), rtl, tone (an empty string, up, down or muted)."""
Sentence = list[Piece]

_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI"}


def piece(text: str, *, strong: bool = False, link: Any = None, tone: str = "") -> Piece:
    """Give a text its weight, link, tone and direction."""
    return {"text": text, "strong": strong, "link": web_link(link), "rtl": is_right_to_left(text), "tone": tone}


def sentence(text: str, /, **values: Any) -> Sentence:
    """Say a text in the reader's language in pieces: what stands between asterisks is strong, values may be pieces.

    Examples
    --------
    >>> from shortimize_analytics.report.words import piece, sentence
    >>> [(part["text"], part["strong"]) for part in sentence("*{n} videos* of {account}.", n=2, account=piece("@ann"))]
    [('2 videos', True), (' of ', False), ('@ann', False), ('.', False)]
    """
    return _pieces(template(text), values)


def counted_sentence(one: str, many: str, number: float, /, **values: Any) -> Sentence:
    """Say such a text of a number of things, which stands at ``{n}``; see `sentence`."""
    return _pieces(template(one, many, number), {"n": full_number(number)} | values)


def _pieces(text: str, values: dict[str, Any]) -> Sentence:
    """Fill a text part by part, so that an asterisk in a name from outside stays one."""
    found: Sentence = []
    for at, part in enumerate(text.split("*")):
        said = ""
        for value in filled(part, values):
            if isinstance(value, dict):
                found += [piece(said, strong=at % 2 == 1)] if said else []
                found.append(value)
                said = ""
            else:
                said += str(value)
        found += [piece(said, strong=at % 2 == 1)] if said else []
    return found


def capital(text: str) -> str:
    """Begin a text with a capital letter."""
    return text[:1].upper() + text[1:]


def isolated(text: str) -> str:
    r"""Keep a right-to-left text's direction to itself, so that the numbers beside it keep their place.

    References
    ----------
    Unicode Standard Annex 9, "Unicode Bidirectional Algorithm": first strong isolate.

    Examples
    --------
    >>> from shortimize_analytics.report.words import isolated
    >>> isolated("Hooks v2"), [f"{ord(char):x}" for char in isolated("\N{HEBREW LETTER ALEF}2")]
    ('Hooks v2', ['2068', '5d0', '32', '2069'])
    """
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


def day(value: Any, *, year: bool = True) -> str:
    """Write a date for a sentence: months of some locales are written from right to left."""
    return isolated(theme.day(value, year=year))


def period(start: dt.date, end: dt.date) -> str:
    """Write the days from start to end for a sentence, see `day`."""
    return isolated(theme.period(start, end))


_NUMBERS = (
    *(later("no"), later("one"), later("two"), later("three"), later("four"), later("five")),
    *(later("six"), later("seven"), later("eight"), later("nine"), later("ten")),
)


def number_word(number: int) -> str:
    """Write a small whole number as a word, a large one in digits.

    Examples
    --------
    >>> from shortimize_analytics.report.words import number_word
    >>> number_word(5), number_word(13)
    ('five', '13')
    """
    return gettext(_NUMBERS[number]) if number < len(_NUMBERS) else full_number(number)


def said_of_analysis(text: str) -> str:
    """Say in the report's language what an analysis said: a `Note`, or a text with one count.

    Examples
    --------
    >>> from shortimize_analytics.plots.locales import written_for
    >>> from shortimize_analytics.report.words import said_of_analysis
    >>> with written_for("de_DE"):
    ...     said_of_analysis("between 13,856 accounts; not an effect of it")
    'zwischen 13.856 Konten; kein Effekt des Labels'
    """
    if isinstance(text, Note):
        return gettext(text.message, **{name: _of_analysis(name, value) for name, value in text.values.items()})
    found = re.search(_COUNT, text)
    if found is None:
        return gettext(text)
    return gettext(f"{text[: found.start()]}{{n}}{text[found.end() :]}", n=_regrouped(found[0]))


def said_from(text: str, messages: Iterable[str]) -> str:
    """Say in the report's language a text that one of some messages made; any other comes back as it is.

    Examples
    --------
    >>> from shortimize_analytics.report.words import said_from
    >>> said_from("and 1200 more posts", ["and {n} more posts"]), said_from("agreed by mail", ["and {n} more posts"])
    ('and 1200 more posts', 'agreed by mail')
    """
    for message in messages:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(message))
        if found := re.fullmatch(pattern, text):
            return gettext(message, **{name: _regrouped(value) for name, value in found.groupdict().items()})
    return text


_COUNT = r"\b\d{1,3}(?:,\d{3})*\b"


def _regrouped(value: str) -> str:
    return full_number(int(value.replace(",", ""))) if re.fullmatch(_COUNT, value) else value


def _of_analysis(name: str, value: Any) -> str:
    """Write a value of a note."""
    if isinstance(value, tuple):
        return theme.counted(*value)
    if isinstance(value, float):
        return theme.percent(value, digits=1)
    if isinstance(value, int):
        return full_number(value)
    if name == "names":
        return str(value).replace(UNNAMED, gettext(UNNAMED))
    return gettext(value) if name == "period" else str(value)


def interval(low: float, high: float) -> str:
    """Write the ends of an interval of multiples.

    Examples
    --------
    >>> from shortimize_analytics.report.words import interval
    >>> interval(8.1, 22)
    '8.1–22x'
    """
    return f"{multiple(low).removesuffix('x')}–{multiple(high)}"


def decimal(value: float, digits: int) -> str:
    """Write a number with a fixed number of decimals.

    Examples
    --------
    >>> from shortimize_analytics.report.words import decimal
    >>> decimal(0.0312, 3)
    '0.031'
    """
    formats, text = locales.current(), f"{value:.{digits}f}"
    return text if formats is None else formats.marked(text)


@dataclass(frozen=True, slots=True)
class Naming:
    """What a period and the one it is compared with are called, in the report's language.

    Attributes
    ----------
    kind
        Of the report: "Weekly report".
    key
        week, month, quarter or period: what tells them apart in any language.
    unit, units
        "week" and "weeks".
    whole
        "the whole week", which something does not cover.
    now, before, against
        "this week", "last week", the "week before" that it is set against; the last two are days where the user chose
        what to compare with.
    """

    kind: str
    key: str
    unit: str
    units: str
    whole: str
    now: str
    before: str
    against: str

    def many(self, number: int, *, word: bool = False) -> str:
        """Write a number of such periods, small ones as words where a sentence wants them."""
        one, many = COUNTED[self.key]
        return ngettext(one, many, number, **({"n": number_word(number)} if word else {}))


KINDS = {
    "week": (
        later("Weekly report"), later("week"), later("weeks"), later("the whole week"), later("this week"),
        later("last week"), "the week before",
    ),
    "month": (
        later("Monthly report"), later("month"), later("months"), later("the whole month"), later("this month"),
        later("last month"), "the month before",
    ),
    "quarter": (
        later("Quarterly report"), later("quarter"), later("quarters"), later("the whole quarter"),
        later("this quarter"), later("last quarter"), "the quarter before",
    ),
    "period": (
        later("Report"), later("period"), later("periods"), later("the whole period"), later("this period"),
        later("the period before"), "the period before",
    ),
}  # fmt: skip
COUNTED = {key: (f"{{n}} {names[1]}", f"{{n}} {names[2]}") for key, names in KINDS.items()}


def naming(period_kind: str, *, compared: tuple[dt.date, dt.date] | None = None) -> Naming:
    """Name the periods of a report; `compared` are the days of one that the user chose, both inclusive.

    Examples
    --------
    >>> from shortimize_analytics.report.words import naming
    >>> naming("month").before, naming("custom").against
    ('last month', 'the period before')
    """
    key = period_kind if period_kind in KINDS else "period"
    kind, unit, units, whole, now, before, _ = map(gettext, KINDS[key])
    against = pgettext("set against", KINDS[key][-1])
    if compared is not None:
        days = period(*compared)
        before, against = pgettext("in days", "{days}", days=days), pgettext("set against days", "{days}", days=days)
    return Naming(kind, key, unit, units, whole, now, before, against)


@dataclass(slots=True)
class Words:
    """Makes outside text fit, and counts the characters that no font could draw, once per distinct text."""

    replaced: dict[str, int] = field(default_factory=dict)

    def clean(self, text: Any, *, fallback: str, width: int = 70) -> str:
        """Return one line of at most `width` half-width characters that the fonts can draw, isolated."""
        if not isinstance(text, str):
            return fallback
        clean, replaced = replace_undrawable(text)
        if replaced:
            self.replaced[text] = replaced
        return isolated(shorten(clean, width)) or fallback

    def title(self, title: Any, username: Any) -> str:
        """Return a video's caption, or its account where it has none."""
        return self.clean(title, fallback=gettext("untitled, {account}", account=self.account(username)))

    def account(self, username: Any) -> str:
        """Return an account's handle with its @."""
        name = self.clean(username, fallback="", width=22)
        return f"@{name}" if name else gettext("unknown account")
