"""Words that analyses, charts and reports share."""

from typing import Any

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def plural(noun: str) -> str:
    """Return the plural of a noun that follows a rule."""
    return f"{noun}es" if noun.endswith("ch") else f"{noun}s"


def counted(number: int, noun: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> from shortimize_analytics.analysis.base.english import counted
    >>> counted(1, "day"), counted(1987, "video"), counted(2, "stretch")
    ('1 day', '1,987 videos', '2 stretches')
    """
    return f"{number:,} {noun if number == 1 else plural(noun)}"


class Note(str):
    """A sentence of an analysis, in English, that keeps its message and values: a report says it in its own language.

    Attributes
    ----------
    message
        The sentence with ``{name}`` where a value belongs.
    values
        By name: an int is a count, a float a share (0 to 1), a pair a number of things and their noun, else a text.

    Examples
    --------
    >>> from shortimize_analytics.analysis.base.english import Note
    >>> note = Note("Left out: {copies} of {whole}.", copies=(2, "video"), whole=1987)
    >>> note, note.message
    ('Left out: 2 videos of 1,987.', 'Left out: {copies} of {whole}.')
    """

    message: str
    values: dict[str, Any]

    def __new__(cls, message: str, **values: Any) -> "Note":
        """Write the sentence."""
        note = super().__new__(cls, message.format(**{name: _written(value) for name, value in values.items()}))
        note.message, note.values = message, values
        return note

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Make the same note again where one is copied or sent to another process."""
        return (self.message,), self.values


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return counted(*value)
    if isinstance(value, float):
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else str(value)
