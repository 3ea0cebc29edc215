"""The sentences of page 1: a table of patterns, each with the condition under which it is true.

Facts are read from a period's summary once; of each slot the first pattern whose condition holds is said. A sentence
names no interval, no p and no q, and claims no more than they allow: "at least" is the lower end of a 90 % range,
rounded down; a range that holds 1x is "no clear difference". "Made" is addition: the parts of a change add up to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import floor

from shortimize_analytics.plots.messages import gettext, later, ngettext
from shortimize_analytics.plots.theme import full_number, share, short_number

from .facts import Facts, Lead, Mover
from .words import Sentence, capital, counted_sentence, number_word, sentence

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
class Pattern:
    """A sentence: its name, the place it is for, when it is true, and its words."""

    name: str
    slot: str
    holds: Callable[[Facts], bool]
    words: Callable[[Facts], Sentence]


def say(facts: Facts, slot: str) -> Sentence:
    """Return the first sentence of a slot that is true, or none."""
    return next((pattern.words(facts) for pattern in PATTERNS if pattern.slot == slot and pattern.holds(facts)), [])


def _swing(facts: Facts) -> str:
    ends = {"low": short_number(facts.low), "high": short_number(facts.high)}
    if facts.same_length:
        return gettext("{low} to {high}", **ends)
    return gettext("{low} to {high}, for as many days", **ends)


def _within(facts: Facts) -> Sentence:
    values = {"periods": facts.names.many(facts.n_before, word=True), "swing": _swing(facts)}
    if facts.usual is None or facts.views is None:
        return sentence("Each of the last {periods} brought {swing}.", **values)
    ratio = facts.views / facts.usual - 1
    values["usual"] = short_number(facts.usual)
    if abs(ratio) <= NEAR:
        return sentence("About the usual {usual}; each of the last {periods} brought {swing}.", **values)
    if ratio > 0:
        return sentence("Above the usual {usual}; each of the last {periods} brought {swing}.", **values)
    return sentence("Below the usual {usual}; each of the last {periods} brought {swing}.", **values)


def _of_all(facts: Facts) -> dict[str, str]:
    return {"periods": facts.names.many(facts.n_before + 1, word=True), "swing": _swing(facts)}


def _compared(facts: Facts) -> bool:
    return bool(facts.parts) and facts.change is not None and (facts.views or 0) > 0


def _moved(facts: Facts) -> bool:
    return _compared(facts) and abs(facts.change or 0) > SAME


_PARTS = {
    "uploads": (later("more uploads"), later("fewer uploads")),
    "measured": (later("more uploads with daily counts"), later("fewer uploads with daily counts")),
    "each": (later("more views per upload"), later("fewer views per upload")),
    "each of them": (later("more views for each of them"), later("fewer views for each of them")),
    "back": (later("more views of older videos"), later("fewer views of older videos")),
    "corrections": (later("fewer views removed by the platforms"), later("more views removed by the platforms")),
}
_AGAINST = {
    "uploads": (later(" More uploads brought {views} more than {before}."),
                later(" Fewer uploads brought {views} less than {before}.")),
    "each": (later(" More views per upload brought {views} more than {before}."),
             later(" Fewer views per upload brought {views} less than {before}.")),
    "back": (later(" Older videos brought {views} more than {before}."),
             later(" Older videos brought {views} less than {before}.")),
    "corrections": (later(" Platforms removed {views} views fewer than {before}."),
                    later(" Platforms removed {views} views more than {before}.")),
}  # fmt: skip


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
        said[1] = gettext(_PARTS["each of them"][0 if up else 1])
    parts = said[0]
    if len(said) > 1:
        parts = gettext("{most}, and {last},", most=", ".join(said[:-1]), last=said[-1])
    told = {"parts": capital(parts)}
    made = sentence("*{parts} made the rise.*", **told) if up else sentence("*{parts} made the fall.*", **told)
    if against is not None:
        views = short_number(abs((facts.parts or {})[against]))
        made += sentence(_AGAINST[against][up], views=views, before=facts.names.before)
    return made


def _part(name: str, *, facts: Facts, up: bool) -> str:
    """Name a part; fewer uploads can have a daily history although more were uploaded."""
    measured = name == "uploads" and ((facts.n_uploads > facts.uploads_before) != up)
    return gettext(_PARTS["measured" if measured else name][0 if up else 1])


def fraction(part: float) -> str:
    """Write a share as a reader says it.

    Examples
    --------
    >>> from shortimize_analytics.report.sentence_patterns import fraction
    >>> fraction(0.197), fraction(0.34), fraction(0.43)
    ('about a fifth', 'about a third', '43%')
    """
    names = {1 / 2: later("about half"), 1 / 3: later("about a third"), 1 / 4: later("about a quarter"),
             1 / 5: later("about a fifth"), 1 / 10: later("about a tenth")}  # fmt: skip
    return next((gettext(name) for value, name in names.items() if abs(part - value) <= 0.012), share(part))


def _one_video(facts: Facts) -> Sentence:
    lead = facts.lead
    if lead is None:
        return []
    values = {
        "share": fraction(lead.share),
        "title": lead.title,
        "views": short_number(lead.gain),
        "against": against_account(lead),
    }
    if lead.is_new and lead.age_days:
        return counted_sentence(
            "*One video made {share} of all gains: *“{title}”, {views} views in one day, {against}.",
            "*One video made {share} of all gains: *“{title}”, {views} views in {n} days, {against}.",
            lead.age_days, n=number_word(lead.age_days), **values,
        )  # fmt: skip
    return sentence(
        "*One video made {share} of all gains: *“{title}”, {views} views gained {now}, {against}.",
        now=facts.names.now, **values,
    )  # fmt: skip


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
    if lead.low is None or lead.high is None or (not lead.reliable and lead.few_peers):
        return gettext("with too few videos of its account to compare it with")
    if not lead.reliable:
        return gettext("too new to compare with its account")
    account = {"account": lead.account}
    if lead.low >= 3:
        times = number_word(floor(lead.low))
        return gettext("at least {times} times what videos of {account} usually have by then", times=times, **account)
    if lead.low >= 2:
        return gettext("at least twice what videos of {account} usually have by then", **account)
    if lead.low > 1:
        return gettext("more than what videos of {account} usually have by then", **account)
    if lead.high < 1:
        return gettext("less than what videos of {account} usually have by then", **account)
    return gettext("no clear difference from what videos of {account} usually have by then", **account)


def _spread(facts: Facts) -> Sentence:
    return sentence(
        "*The ten best of {gained} videos made {share} of all gains;* none made more than {most}.",
        gained=full_number(facts.n_gained),
        share=share(facts.top10_share),
        most=share(facts.lead.share if facts.lead else 0.0),
    )


def _few(facts: Facts) -> Sentence:
    return counted_sentence(
        "{n} videos gained views; the first made {share} of all.",
        "{n} videos gained views; the first made {share} of all.",
        facts.n_gained,
        n=capital(number_word(facts.n_gained)),
        share=share(facts.lead.share if facts.lead else 0.0),
    )


def _rising(facts: Facts) -> list[Mover]:
    floor_ = BIG_MOVE * (facts.before or 0)
    return [one for one in facts.movers if one.now - one.before >= floor_ > 0][:1]


def _falling(facts: Facts) -> list[Mover]:
    floor_ = BIG_MOVE / 2 * (facts.before or 0)
    return [one for one in reversed(facts.movers) if one.before - one.now >= floor_ > 0][:2]


def _accounts(facts: Facts) -> Sentence:
    rising, falling = _rising(facts), _falling(facts)
    said = []
    for one in rising:
        values = {"account": one.account, "now": short_number(one.now), "before": short_number(one.before)}
        if not falling:
            return sentence("*{account} brought {now}, up from {before}.*", **values)
        said += sentence("*{account} brought {now}, up from {before}; *", **values)
    earlier = sum(one.uploads_before for one in falling)
    values = {
        "before": short_number(sum(one.before for one in falling)),
        "now": short_number(sum(one.now for one in falling)),
        "earlier": number_word(earlier) if earlier else gettext("none"),
        "uploads": uploads_in_words(sum(one.uploads for one in falling)),
        "before_name": facts.names.before,
        "count": full_number(sum(one.uploads for one in falling)),
        "count_before": full_number(earlier),
    }
    if len(falling) == 1:
        return said + sentence(
            "*{account} fell* from {before} to {now}, with {uploads} ({earlier} {before_name}).",
            account=falling[0].account, **values,
        )  # fmt: skip
    return said + sentence(
        "*{first} and {second} fell* from {before} to {now} together, with {uploads} ({earlier} {before_name}).",
        first=falling[0].account, second=falling[1].account, **values,
    )  # fmt: skip


def uploads_in_words(number: int) -> str:
    """Write a number of uploads, a small one as a word."""
    return ngettext("one upload", "{n} uploads", number, n=number_word(number))


PATTERNS: tuple[Pattern, ...] = (
    Pattern("unknown", "deck", lambda facts: facts.views is None, lambda _: []),
    Pattern(
        "not whole", "deck", lambda facts: facts.partial,
        lambda facts: sentence("The history does not cover {whole}, so nothing is compared.", whole=facts.names.whole),
    ),
    Pattern(
        "few", "deck", lambda facts: facts.low is None or facts.high is None,
        lambda facts: sentence("Too few whole {periods} came before to say what is usual.", periods=facts.names.units),
    ),
    Pattern(
        "best", "deck", lambda facts: facts.gained > facts.swing[1],
        lambda facts: sentence("The best of {periods} (before: {swing}).", **_of_all(facts)),
    ),
    Pattern(
        "weakest", "deck", lambda facts: facts.gained < facts.swing[0],
        lambda facts: sentence("The weakest of {periods} (before: {swing}).", **_of_all(facts)),
    ),
    Pattern("inside", "deck", lambda _: True, _within),
    Pattern(
        "no count", "growth", lambda facts: facts.views is None,
        lambda facts: sentence("The history holds no count for {now}, so growth cannot be told.", now=facts.names.now),
    ),
    Pattern(
        "taken back", "growth", lambda facts: facts.gained < 0,
        lambda facts: sentence("Platforms removed more views than the {unit} earned.", unit=facts.names.unit),
    ),
    Pattern(
        "nothing", "growth", lambda facts: facts.views == 0,
        lambda facts: sentence("No views were gained {now}.", now=facts.names.now),
    ),
    Pattern(
        "no upload", "growth", lambda facts: facts.n_uploads == 0 and facts.new_views == 0,
        lambda facts: sentence("Nothing was uploaded {now}; all of it came from older videos.", now=facts.names.now),
    ),
    Pattern("made", "growth", _moved, _made),
    Pattern(
        "all new", "growth", lambda facts: facts.new_views is not None and facts.new_views == facts.views,
        lambda facts: sentence("All of it came from the uploads of {now}.", now=facts.names.now),
    ),
    Pattern(
        "split", "growth", lambda facts: facts.new_views is not None,
        lambda facts: sentence("New uploads brought {new} of the {views}.", new=short_number(facts.new_views),
                               views=short_number(facts.views)),
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
