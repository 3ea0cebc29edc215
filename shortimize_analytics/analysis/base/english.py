"""Words that analyses, charts and reports share."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def counted(number: int, noun: str, *, written: str | None = None) -> str:
    """Write a number of things; `written` is the number as the reader's language writes it.

    Examples
    --------
    >>> from shortimize_analytics.analysis.base.english import counted
    >>> counted(1, "day"), counted(1987, "video"), counted(2, "stretch")
    ('1 day', '1,987 videos', '2 stretches')
    """
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{written or f'{number:,}'} {noun if number == 1 else plural}"
