"""How much room a text takes, and which way it runs."""

import unicodedata

from wcwidth import iter_graphemes
from wcwidth import width as cells


def shorten(text: str, width: int) -> str:
    """Cut text to a width, counting wide characters twice, and never inside what a reader sees as one character.

    Parameters
    ----------
    text
        One line.
    width
        Largest width, in half-width characters, the ellipsis included.

    References
    ----------
    Unicode Standard Annex 29, "Unicode Text Segmentation": an accent, a joined emoji, a conjunct is one character.

    Examples
    --------
    >>> from shortimize_analytics.plots.texts import shorten
    >>> shorten("a day in the warehouse", 12)
    'a day in…'
    >>> shorten("これを見て", 8)
    'これを…'
    """
    kept, room = [], width
    for cluster in iter_graphemes(text):
        kept.append(cluster)
        room -= cells(cluster, control_codes="ignore")
        if room < 0:
            break
    else:
        return text
    while kept and room < 1:
        room += cells(kept.pop(), control_codes="ignore")
    whole = "".join(kept)
    at_word = whole.rpartition(" ")[0]
    return (at_word if len(at_word) > len(whole) * 0.6 else whole).rstrip(" ,.;:|-–") + "…"


def is_right_to_left(text: str) -> bool:
    """Tell whether a text's first letter belongs to a script written from right to left.

    Examples
    --------
    >>> from shortimize_analytics.plots.texts import is_right_to_left
    >>> is_right_to_left("#1 هذا"), is_right_to_left("so هذا")
    (True, False)
    """
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in {"R", "AL", "L"}:
            return direction != "L"
    return False
