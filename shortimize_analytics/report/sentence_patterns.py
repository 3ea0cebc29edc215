"""The sentences of page 1: a table of patterns, each with the condition under which it is true.

Facts are read from a period's summary once; of each slot the first pattern whose condition holds is said. A sentence
names no interval, no p and no q, and claims no more than they allow: "at least" is the lower end of a 90 % range,
rounded down; a range that holds 1x is "no clear difference". "Made" is addition: the parts of a change add up to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import floor

from shortimize_analytics.plots.theme import full_number, share, short_number

from .words import Naming, Piece, Sentence, number_word, piece

SAME = 0.005
"""A change of at most this share is none."""
NEAR = 0.02
"""A total this close to the usual one is called usual."""
BIG_SHARE = 0.1
"""From this share of all gains on, one video is worth a sentence of its own."""
LEAD = 1.5
"""And at least this many times the gain of the next one."""
MOST = 2 / 3
"""Parts that hold this much of what pulls one way have made it."""
WORTH_TELLING = 0.02
"""What pulls the other way is told from this share of the period's views on."""
BIG_MOVE = 0.1
"""An account moves the total when it gains or loses this share of the views before."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The video that gained most: its share of all gains, how far ahead it is, and its score against its account."""

    title: Piece
    account: str
    share: float
    ahead: float
    gain: float
    age_days: int | None
    is_new: bool
    low: float | None = None
    high: float | None = None
    reliable: bool = False
    few_peers: bool = False


@dataclass(frozen=True, slots=True)
class Mover:
    """An account's views in the period and in the one before, and its uploads."""

    account: str
    now: float
    before: float
    uploads: int
    uploads_before: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What page 1 is told from; None and empty where it is not known.

    Attributes
    ----------
    names
        What the periods are called.
    views, before, change
        Growth of the period and of the one before (views), and its relative change.
    new_views, n_uploads, uploads_before
        Of the period's uploads.
    partial
        The history does not cover the whole period.
    parts
        Views that made the change, by what: uploads, each, back, corrections; empty where it is not told in parts.
    usual, low, high, n_before
        Median, smallest and largest of the whole periods before, as many days as this one; and their number.
    same_length
        Whether the periods before had as many days.
    lead, n_gained, top10_share
        The video that gained most, how many gained, and the share of the ten best.
    movers
        Accounts, largest rise first.
    """

    names: Naming
    views: float | None = None
    before: float | None = None
    change: float | None = None
    new_views: float | None = None
    n_uploads: int = 0
    uploads_before: int = 0
    partial: bool = False
    parts: dict[str, float] | None = None
    usual: float | None = None
    low: float | None = None
    high: float | None = None
    n_before: int = 0
    same_length: bool = True
    lead: Lead | None = None
    n_gained: int = 0
    top10_share: float | None = None
    movers: tuple[Mover, ...] = ()

    @property
    def gained(self) -> float:
        """Return the views, 0 where they are not known."""
        return self.views or 0.0

    @property
    def swing(self) -> tuple[float, float]:
        """Return the smallest and the largest of the periods before."""
        return self.low or 0.0, self.high or 0.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence: its name, the place it is for, when it is true, and its words."""

    name: str
    slot: str
    holds: Callable[[Facts], bool]
    words: Callable[[Facts], Sentence]


def say(facts: Facts, slot: str) -> Sentence:
    """Return the first sentence of a slot that is true, or none."""
    return next((pattern.words(facts) for pattern in PATTERNS if pattern.slot == slot and pattern.holds(facts)), [])


def _plain(text: str) -> Sentence:
    return [piece(text)]


def _units(facts: Facts, number: int) -> str:
    return f"{number_word(number)} {facts.names.unit}{'s' * (number != 1)}"


def _swing(facts: Facts) -> str:
    lengths = "" if facts.same_length else ", for as many days"
    return f"{short_number(facts.low)} to {short_number(facts.high)}{lengths}"


def _within(facts: Facts) -> Sentence:
    inside = f"ithin the swing of the last {_units(facts, facts.n_before)} ({_swing(facts)})."
    if facts.usual is None or facts.views is None:
        return _plain(f"W{inside}")
    ratio = facts.views / facts.usual - 1
    where = "About" if abs(ratio) <= NEAR else "Above" if ratio > 0 else "Below"
    return _plain(f"{where} the usual {short_number(facts.usual)}, and w{inside}")


def _compared(facts: Facts) -> bool:
    return bool(facts.parts) and facts.change is not None and (facts.views or 0) > 0


def _moved(facts: Facts) -> bool:
    return _compared(facts) and abs(facts.change or 0) > SAME


_PARTS = {
    "uploads": ("more uploads", "fewer uploads"),
    "each": ("more views per upload", "fewer views per upload"),
    "back": ("more views of older videos", "fewer views of older videos"),
    "corrections": ("less taken back by the platforms", "more taken back by the platforms"),
}
_AGAINST = {
    "uploads": ("More uploads brought {} more", "Fewer uploads brought {} less"),
    "each": ("More views per upload brought {} more", "Fewer views per upload brought {} less"),
    "back": ("Older videos brought {} more", "Older videos brought {} less"),
    "corrections": ("Platforms took back {} less", "Platforms took back {} more"),
}


def makers(facts: Facts) -> tuple[list[str], str | None]:
    """Name the parts that made the change, largest first, and the largest that pulled the other way.

    Examples
    --------
    >>> from shortimize_analytics.report.sentence_patterns import Facts, makers
    >>> from shortimize_analytics.report.words import naming
    >>> makers(Facts(naming("week"), views=970.0, change=0.1, parts={"uploads": 60, "each": 40, "back": -22}))
    (['uploads', 'each'], 'back')
    """
    up = (facts.change or 0) > 0
    parts = sorted((facts.parts or {}).items(), key=lambda part: -part[1] if up else part[1])
    along = [(name, abs(views)) for name, views in parts if views and (views > 0) == up]
    whole, held, chosen = sum(views for _, views in along), 0.0, []
    for name, views in along:
        if held >= MOST * whole:
            break
        chosen.append(name)
        held += views
    other = [(name, views) for name, views in parts if views and (views > 0) != up]
    name, views = other[-1] if other else ("", 0.0)
    return chosen, name if abs(views) >= WORTH_TELLING * abs(facts.views or 0) and name else None


def _made(facts: Facts) -> Sentence:
    up = (facts.change or 0) > 0
    chosen, against = makers(facts)
    said = [_part(name, facts=facts, up=up) for name in chosen]
    if chosen[:2] == ["uploads", "each"]:
        said[1] = "more views for each of them" if up else "fewer views for each of them"
    text = said[0] if len(said) == 1 else f"{', '.join(said[:-1])}, and {said[-1]},"
    sentence = [piece(f"{text[0].upper()}{text[1:]} made the {'rise' if up else 'fall'}.", strong=True)]
    if against is not None:
        views = short_number(abs((facts.parts or {})[against]))
        sentence.append(piece(f" {_AGAINST[against][up].format(views)} than {facts.names.before}."))
    return sentence


def _part(name: str, *, facts: Facts, up: bool) -> str:
    """Name a part; fewer uploads can have a daily history although more were uploaded."""
    said = _PARTS[name][0 if up else 1]
    measured = name == "uploads" and ((facts.n_uploads > facts.uploads_before) != up)
    return f"{said} with daily counts" if measured else said


def fraction(part: float) -> str:
    """Write a share as a reader says it.

    Examples
    --------
    >>> from shortimize_analytics.report.sentence_patterns import fraction
    >>> fraction(0.197), fraction(0.34), fraction(0.43)
    ('about a fifth', 'about a third', '43%')
    """
    names = {1 / 2: "about half", 1 / 3: "about a third", 1 / 4: "about a quarter", 1 / 5: "about a fifth",
             1 / 10: "about a tenth"}  # fmt: skip
    return next((name for value, name in names.items() if abs(part - value) <= 0.012), share(part))


def _one_video(facts: Facts) -> Sentence:
    lead = facts.lead
    if lead is None:
        return []
    when = f"gained {facts.names.now}"
    if lead.is_new and lead.age_days:
        when = f"in {number_word(lead.age_days)} day{'s' * (lead.age_days != 1)}"
    return [
        piece(f"One video made {fraction(lead.share)} of all gains: ", strong=True),
        piece("“"),
        lead.title,
        piece(f"”, {short_number(lead.gain)} views {when}, {against_account(lead)}."),
    ]


def against_account(lead: Lead) -> str:
    """Say how a video does against its account: never more than its range allows.

    Examples
    --------
    >>> from shortimize_analytics.report.sentence_patterns import Lead, against_account
    >>> from shortimize_analytics.report.words import piece
    >>> lead = {"title": piece("a"), "account": "@ann", "share": 0.2, "ahead": 2, "gain": 9, "age_days": 5,
    ...         "is_new": True}
    >>> against_account(Lead(**lead, low=5.5, high=14, reliable=True))
    'at least five times what videos of @ann usually have by then'
    >>> against_account(Lead(**lead, low=0.9, high=14, reliable=True))
    'no clear difference from what videos of @ann usually have by then'
    """
    usual = f"what videos of {lead.account} usually have by then"
    if lead.low is None or lead.high is None or (not lead.reliable and lead.few_peers):
        return "with too few videos of its account to compare it with"
    if not lead.reliable:
        return "too new to compare with its account"
    if lead.low >= 2:
        return f"at least {'twice' if lead.low < 3 else f'{number_word(floor(lead.low))} times'} {usual}"
    if lead.low > 1:
        return f"more than {usual}"
    if lead.high < 1:
        return f"less than {usual}"
    return f"no clear difference from {usual}"


def _spread(facts: Facts) -> Sentence:
    first = facts.lead.share if facts.lead else 0.0
    return [
        piece(f"The ten best of {full_number(facts.n_gained)} videos made {share(facts.top10_share)} of all gains;",
              strong=True),
        piece(f" none made more than {share(first)}."),
    ]  # fmt: skip


def _few(facts: Facts) -> Sentence:
    first = facts.lead.share if facts.lead else 0.0
    return _plain(
        f"{number_word(facts.n_gained).capitalize()} videos gained views; the first made {share(first)} of all."
    )


def _rising(facts: Facts) -> list[Mover]:
    floor_ = BIG_MOVE * (facts.before or 0)
    return [one for one in facts.movers if one.now - one.before >= floor_ > 0][:1]


def _falling(facts: Facts) -> list[Mover]:
    floor_ = BIG_MOVE / 2 * (facts.before or 0)
    return [one for one in reversed(facts.movers) if one.before - one.now >= floor_ > 0][:2]


def _accounts(facts: Facts) -> Sentence:
    rising, falling = _rising(facts), _falling(facts)
    said = [f"{one.account} brought {short_number(one.now)}, after {short_number(one.before)}" for one in rising]
    if falling:
        said.append(" and ".join(one.account for one in falling) + " fell")
    first = "; ".join(said)
    if not falling:
        return [piece(f"{first}.", strong=True)]
    together = " together" if len(falling) > 1 else ""
    now, before = sum(one.now for one in falling), sum(one.before for one in falling)
    uploads, earlier = sum(one.uploads for one in falling), sum(one.uploads_before for one in falling)
    with_uploads = f", with {number_word(uploads)} upload{'s' * (uploads != 1)} after {number_word(earlier)}"
    return [
        piece(first, strong=True),
        piece(f" from {short_number(before)} to {short_number(now)}{together}{with_uploads}."),
    ]


PATTERNS: tuple[Pattern, ...] = (
    Pattern("unknown", "deck", lambda facts: facts.views is None, lambda _: []),
    Pattern(
        "not whole", "deck", lambda facts: facts.partial,
        lambda facts: _plain(f"The history does not cover the whole {facts.names.unit}, so nothing is compared."),
    ),
    Pattern(
        "few", "deck", lambda facts: facts.low is None or facts.high is None,
        lambda facts: _plain(f"Too few whole {facts.names.unit}s came before to say what is usual."),
    ),
    Pattern(
        "best", "deck", lambda facts: facts.gained > facts.swing[1],
        lambda facts: _plain(f"The best of {_units(facts, facts.n_before + 1)} (before: {_swing(facts)})."),
    ),
    Pattern(
        "weakest", "deck", lambda facts: facts.gained < facts.swing[0],
        lambda facts: _plain(f"The weakest of {_units(facts, facts.n_before + 1)} (before: {_swing(facts)})."),
    ),
    Pattern("inside", "deck", lambda _: True, _within),
    Pattern(
        "no count", "growth", lambda facts: facts.views is None,
        lambda facts: _plain(f"The history holds no count for {facts.names.now}, so growth cannot be told."),
    ),
    Pattern(
        "taken back", "growth", lambda facts: facts.gained < 0,
        lambda facts: _plain(f"Platforms took back more views than the {facts.names.unit} earned."),
    ),
    Pattern(
        "nothing", "growth", lambda facts: facts.views == 0,
        lambda facts: _plain(f"No views were gained {facts.names.now}."),
    ),
    Pattern(
        "no upload", "growth", lambda facts: facts.n_uploads == 0 and facts.new_views == 0,
        lambda facts: _plain(f"Nothing was uploaded {facts.names.now}; all of it came from older videos."),
    ),
    Pattern("made", "growth", _moved, _made),
    Pattern(
        "all new", "growth", lambda facts: facts.new_views is not None and facts.new_views == facts.views,
        lambda facts: _plain(f"All of it came from the uploads of {facts.names.now}."),
    ),
    Pattern(
        "split", "growth", lambda facts: facts.new_views is not None,
        lambda facts: [piece(f"New uploads brought {short_number(facts.new_views)}"),
                       piece(f" of the {short_number(facts.views)}.")],
    ),
    Pattern(
        "one video", "video",
        lambda facts: facts.lead is not None and facts.n_gained > 1 and facts.lead.share >= BIG_SHARE
        and facts.lead.ahead >= LEAD,
        _one_video,
    ),
    Pattern(
        "spread", "video",
        lambda facts: facts.lead is not None and facts.n_gained > 10 and facts.top10_share is not None, _spread,
    ),
    Pattern("few videos", "video", lambda facts: facts.lead is not None and facts.n_gained > 1, _few),
    Pattern(
        "accounts", "accounts",
        lambda facts: _compared(facts) and len(facts.movers) > 1 and bool(_rising(facts) or _falling(facts)), _accounts,
    ),
)  # fmt: skip
"""In the order in which they are asked: a later one may rely on the conditions before it having failed."""
