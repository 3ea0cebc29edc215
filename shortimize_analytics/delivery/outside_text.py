r"""Captions, handles and labels on their way into a message: one line, its own direction, and without a voice.

Whatever stands in them, they wake nobody (``@everyone``, ``<!channel>``, ``<at>``), format nothing, and turn no other
word around. Each channel has its own escape; all of them first go through `one_line`.

References
----------
Unicode Standard Annex 9, "Unicode Bidirectional Algorithm" (isolates), https://www.unicode.org/reports/tr9/
"""

import re
import unicodedata
from html import escape

from wcwidth import iter_graphemes

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
WORD_JOINER = "\u2060"
"""Invisible, and ends a mention before it begins."""
_JOINERS = "\u200c\u200d"
_DISCORD = re.compile(r"([\\*_~`|\[\]<])|^([ \t]*)(#{1,3}|-#|[-+>]|\d+\.)(?=\s)", re.MULTILINE)
_SLACK = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`")
_TEAMS = re.compile(r"([\\*_`\[\]<])|^([ \t]*)(#{1,6}|[-+>]|\d+\.)(?=\s)", re.MULTILINE)
ELLIPSIS = "…"


def one_line(text: str) -> str:
    r"""Return a text on one line, without control characters and without direction marks of its own.

    Examples
    --------
    >>> from shortimize_analytics.delivery.outside_text import one_line
    >>> one_line("two\nlines\u202e evil")
    'two lines evil'
    """
    kept = (char if char in _JOINERS or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} else " " * (
        unicodedata.category(char) in {"Cc", "Zl", "Zp"}) for char in text)  # fmt: skip
    return " ".join("".join(kept).split())


def isolated(text: str) -> str:
    """Return an outside text on one line that keeps its direction to itself.

    Examples
    --------
    >>> from shortimize_analytics.delivery.outside_text import isolated
    >>> [hex(ord(char)) for char in isolated("a")]
    ['0x2068', '0x61', '0x2069']
    """
    return f"{FIRST_STRONG_ISOLATE}{one_line(text)}{POP_ISOLATE}"


def size(text: str) -> int:
    """Measure a text as chats do that count UTF-16 units: an emoji counts twice, which is never too little."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Cut a text to a size, never through an emoji, an accent or a conjunct; at a blank where one is near.

    Examples
    --------
    >>> from shortimize_analytics.delivery.outside_text import cut
    >>> cut("a family \U0001f468\u200d\U0001f469\u200d\U0001f467 of three", 12)
    'a family…'
    """
    if size(text) <= limit:
        return text
    kept, used = "", size(ELLIPSIS)
    for grapheme in iter_graphemes(text):
        used += size(grapheme)
        if used > limit:
            break
        kept += grapheme
    at_word = kept.rpartition(" ")[0]
    kept = (at_word if len(at_word) > 0.6 * len(kept) else kept).rstrip()
    open_ = kept.count(FIRST_STRONG_ISOLATE) - kept.count(POP_ISOLATE)
    return kept + ELLIPSIS + POP_ISOLATE * open_


def mute(text: str) -> str:
    """Keep a text from mentioning anybody: an ``@`` is followed by something that no name begins with."""
    return text.replace("@", f"@{WORD_JOINER}")


def for_html(text: str) -> str:
    """Escape for the HTML of a mail."""
    return escape(text)


def for_slack(text: str) -> str:
    """Escape for Slack's mrkdwn: its three control characters, and the marks that would format.

    Examples
    --------
    >>> from shortimize_analytics.delivery.outside_text import for_slack
    >>> for_slack("<!channel> & co")
    '&lt;!channel&gt; &amp; co'
    """
    plain = mute(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # mrkdwn knows no escape: a joiner beside its marks keeps them from pairing up
    return _SLACK.sub(lambda found: f"{WORD_JOINER}{found[0]}{WORD_JOINER}", plain)


def for_telegram(text: str) -> str:
    """Escape for Telegram's HTML, where ``@name`` alone would be a mention."""
    return escape(mute(text), quote=False)


def for_discord(text: str) -> str:
    r"""Escape for Discord's markdown.

    Examples
    --------
    >>> from shortimize_analytics.delivery.outside_text import for_discord
    >>> for_discord("*bold* <#12>")
    '\\*bold\\* \\<#12>'
    """
    return _backslashed(_DISCORD, mute(text))


def for_teams(text: str) -> str:
    """Escape for the markdown of an Adaptive Card."""
    return _backslashed(_TEAMS, mute(text))


def _backslashed(marks: re.Pattern[str], text: str) -> str:
    def escaped(found: re.Match[str]) -> str:
        if found[1]:
            return f"\\{found[1]}"
        return f"{found[2]}{found[3][:-1]}\\{found[3][-1]}"

    return marks.sub(escaped, text)
