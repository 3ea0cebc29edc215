"""Texts in the reader's language, with their numbers and names put in by name.

English stands in the code, other languages in their catalogues; which one is said depends on `locales.written_for`.
What a catalogue lacks is said in English. A text is a whole sentence wherever another language would order it another
way: nothing is put together from fragments.

References
----------
GNU gettext, https://www.gnu.org/software/gettext/manual, "Preparing Translatable Strings" and "Plural forms".
"""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from . import locales


def gettext(text: str, /, **values: object) -> str:
    """Say a text in the reader's language.

    Parameters
    ----------
    text
        In English, with ``{name}`` where a value belongs.
    **values
        The values, as they are to be read.

    Examples
    --------
    >>> from shortimize_analytics.plots.locales import written_for
    >>> from shortimize_analytics.plots.messages import gettext
    >>> gettext("target {target}", target="9.8M")
    'target 9.8M'
    >>> with written_for("de_DE"):
    ...     gettext("target {target}", target="9,8 Mio.")
    'Ziel 9,8 Mio.'
    """
    return _joined(template(text), values)


def pgettext(context: str, text: str, /, **values: object) -> str:
    """Say a text that other languages say in several ways: the context tells which is meant."""
    found = _catalogue()
    return _joined(text if found is None else found.pgettext(context, text), values)


def ngettext(one: str, many: str, number: float, /, **values: object) -> str:
    """Say a text of a number of things, which stands at ``{n}`` as the reader's language writes it.

    Examples
    --------
    >>> from shortimize_analytics.plots.messages import ngettext
    >>> ngettext("{n} video", "{n} videos", 1), ngettext("{n} video", "{n} videos", 1987)
    ('1 video', '1,987 videos')
    """
    return _joined(template(one, many, number), {"n": _written(number)} | values)


def later(text: str) -> str:
    """Mark a text that is said later, by `gettext` of what holds it."""
    return text


def template(one: str, many: str = "", number: float = 1) -> str:
    """Return a text in the reader's language, its values still to be filled in; of a number where `many` is given."""
    found = _catalogue()
    if found is None or not one:  # of nothing a catalogue says who made it
        return many if many and number != 1 else one
    return found.ngettext(one, many, round(number)) if many else found.gettext(one)


def filled(text: str, values: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the parts of a text with its values between them.

    A number or a date that ends in a full stop of its own ("1,9 Mio.") also ends the sentence, and so does a name that
    was cut.
    """
    stop = False
    for literal, name, _, _ in Formatter().parse(text):
        yield literal[1:] if stop and literal.startswith(".") else literal
        stop = False
        if name is not None:
            value = values[name]
            stop = isinstance(value, str) and value.endswith(".") and value.lstrip("+−<")[:1].isdecimal()
            stop = (stop and _catalogue() is not None) or (isinstance(value, str) and value.endswith("…"))
            yield value


def _joined(text: str, values: Mapping[str, Any]) -> str:
    return "".join(map(str, filled(text, values))) if values else text


def _catalogue() -> Any:
    formats = locales.current()
    return None if formats is None else formats.catalogue


def _written(number: float) -> str:
    formats, size = locales.current(), round(number)
    return f"{size:,}" if formats is None else formats.whole(size)
