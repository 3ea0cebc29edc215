"""What a hashtag is made of: one rule for lists of hashtags and for searches.

Letters, marks, digits and `_` of any script, joiners inside, and emoji, as in Unicode's rule for hashtags but without
`+` and `-`, which end a tag on the platforms.

References
----------
Unicode Standard Annex #31, Hashtag Identifiers (UAX31-R8).
"""

import re
import unicodedata

_EMOJI = "\u231a\u231b\u23e9-\u23fa\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff\U000e0020-\U000e007f"
_JOINERS = "\u200c\u200d"
TAG_END = rf"[{_JOINERS}]*(?:[^\pL\pM\pN_·{_JOINERS}{_EMOJI}]|$)"
"""Where a hashtag ends, for RE2."""
_CANDIDATE = re.compile(r"[#＃]([^\s#＃]+)")
_SIGN = re.compile(rf"[_·{_JOINERS}{_EMOJI}]")


def composed(text: str) -> str:
    """Return a text as people read it: composed (NFC), whichever way it was typed."""
    return unicodedata.normalize("NFC", text)


def tags_in(text: str) -> list[str]:
    """List the hashtags of a text in order, composed, case folded, without #, each once.

    Examples
    --------
    >>> from shortimize_analytics.analysis.base.tags import tags_in
    >>> tags_in("#हिन्दी #FYP, #fyp! C# is none")
    ['हिन्दी', 'fyp']
    """
    found = (_name(candidate) for candidate in _CANDIDATE.findall(text))
    return list(dict.fromkeys(composed(name.casefold()) for name in found if name))


def _name(candidate: str) -> str:
    """Cut what follows a # at the first sign that no hashtag holds; empty where only marks and joiners are left."""
    end = next((at for at, sign in enumerate(candidate) if not _belongs(sign)), len(candidate))
    name = candidate[:end].rstrip(_JOINERS)
    return name if any(unicodedata.category(sign)[0] != "M" and sign not in _JOINERS for sign in name) else ""


def _belongs(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] in "LMN" or _SIGN.match(sign) is not None
