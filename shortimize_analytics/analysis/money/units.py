"""What is paid as one: a post, or the posts of a clip; and its pay to date at the end of every period.

Definitions
-----------
unit
    Under ``cross_posts = "each"`` every post; else the posts of one clip. The first post (by upload day, platform,
    ad_id) says the base fee, and how the clip is paid. ``best`` pays the post that earns most (with the same terms the
    one with most views), ``sum`` the terms of the first post on the sum of the counts.
to date
    Pay for the count at a period's end, whatever was stated before. Under ``reset = "period"`` it is the sum of what
    each period's new views earn: the count less the highest count of the periods before, never below 0.
held
    Nothing is added at the end of a period for which a `hold` was decided; the next one catches up.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .amounts import EXACT, ZERO
from .counts import Count
from .files import Decision
from .keys import VideoKeys
from .pay import Rule, views_part
from .posts import Post
from .stretches import Stretch
from .terms import Terms

Counts = Mapping[tuple[str, int], Count | None]


@dataclass(slots=True)
class Verdicts:
    """What was decided about one post: see `decisions.csv`."""

    creator: str | None = None
    excluded: str = ""
    included: bool = False
    terms: str | None = None
    held: dict[int, str] = field(default_factory=dict)
    views: dict[int, tuple[int, str]] = field(default_factory=dict)

    @property
    def are_none(self) -> bool:
        """Whether nothing was decided that changes a count."""
        return not (self.excluded or self.held or self.views)


@dataclass(slots=True)
class Part:
    """One post of a unit, its rule, and what was decided about it."""

    post: Post
    rule: Rule
    said: Verdicts


@dataclass(slots=True)
class Unit:
    """Posts that are paid as one, the first one first; `base` is set once its place in the period is known."""

    creator: str
    clip: str
    parts: list[Part]
    base: Decimal = ZERO

    @property
    def first(self) -> Part:
        """The post that says the base fee."""
        return self.parts[0]


@dataclass(slots=True)
class ToDate:
    """A unit at the end of a period: the post that counts, its views, and pay to date."""

    ad_id: str
    platform: str
    rule: Rule
    count: int
    views: Decimal
    bonus: Decimal
    base: Decimal
    notes: str = ""
    reason: str = ""

    @property
    def pay(self) -> Decimal:
        """Views and bonus together: one amount, rounded once."""
        return EXACT.add(self.views, self.bonus)


def verdicts(decisions: Iterable[Decision], keys: VideoKeys) -> dict[str, Verdicts]:
    """Gather the decisions about each post; the later line counts where two are about the same."""
    found: dict[str, Verdicts] = defaultdict(Verdicts)
    for decision in sorted(decisions, key=lambda decision: decision.decided_on):
        post = keys.find(decision.video) if decision.video else None
        if post is None or decision.action == "amount":
            continue
        own = found[post]
        if decision.action == "exclude":
            own.excluded, own.included = decision.reason, False
        elif decision.action == "include":
            own.creator, own.included, own.excluded = decision.creator, True, ""
        elif decision.action == "terms":
            own.terms = decision.value
        elif decision.period is not None and decision.action == "hold":
            own.held[decision.period.last] = decision.reason
        elif decision.period is not None:
            own.views[decision.period.last] = (int(decision.value), decision.reason)
    return dict(found)


def make_units(
    posts: Iterable[Post], terms: Terms, *, said: Mapping[str, Verdicts], ends: Sequence[Stretch]
) -> dict[str, list[Unit]]:
    """Group what was uploaded by the end into units, by creator, in the order of uploads, with their base fees."""
    clips: dict[tuple[str, str], list[Part]] = {}
    end, nothing, rules = ends[-1].last, Verdicts(), _Rules(terms)
    for post in posts:
        own = said.get(post.ad_id, nothing)
        creator = own.creator or post.creator
        if post.uploaded > end or creator not in terms.terms_of:
            continue
        rule = rules.find(own.terms or terms.terms_of[creator], post)
        if rule is not None:
            clips.setdefault((creator, post.clip), []).append(Part(post, rule, own))
    units: dict[str, list[Unit]] = defaultdict(list)
    for (creator, clip), parts in clips.items():
        if len(parts) == 1:
            units[creator].append(Unit(creator, clip, parts))
            continue
        parts.sort(key=lambda part: (part.post.uploaded, part.post.platform, part.post.ad_id))
        paid = [part for part in parts if not part.said.excluded and not is_void(part)] or parts
        groups = [[part] for part in parts] if paid[0].rule.cross_posts == "each" else [paid]
        units[creator] += [Unit(creator, clip, group) for group in groups]
    for own_units in units.values():
        own_units.sort(key=lambda unit: (unit.first.post.uploaded, unit.first.post.ad_id))
        give_bases(own_units, ends)
    return units


class _Rules:
    """The rule of each post, looked up once per terms, day and platform."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._known: dict[tuple[str, int, str], Rule | None] = {}

    def find(self, name: str, post: Post) -> Rule | None:
        """Return the rule of a post under the terms of a name."""
        what = (name, post.uploaded, post.platform)
        if what not in self._known:
            self._known[what] = self._terms.rule(*what)
        return self._known[what]


def give_bases(units: Iterable[Unit], ends: Sequence[Stretch]) -> None:
    """Give each unit of one creator its base fee: the first `base_videos` of a period, in the order of uploads."""
    given: dict[int, int] = defaultdict(int)
    for unit in units:
        rule, post = unit.first.rule, unit.first.post
        if not rule.base_per_video or unit.first.said.excluded or is_void(unit.first):
            continue
        if rule.base_videos is None:
            unit.base = rule.base_per_video
            continue
        place = period_of(post.uploaded, ends)
        if given[place] < rule.base_videos:
            unit.base = rule.base_per_video
            given[place] += 1


def period_of(day: int, ends: Sequence[Stretch]) -> int:
    """Return the number of the period that holds a day; the first for days before it."""
    return max(0, bisect_right(ends, (day, _LATER)) - 1)


_LATER = NEVER_ENDS = 10**9
"""A day after all others."""


def is_void(part: Part) -> bool:
    """Say whether a post is gone and its terms take back what was paid for it."""
    return bool(part.post.state) and part.rule.removed == "void" and not part.said.included


def cut_offs(parts: Iterable[Part], ends: Sequence[Stretch]) -> Iterable[tuple[str, int]]:
    """Yield each post with each day whose count is paid at the end of some period."""
    for part in parts:
        uploaded = part.post.uploaded
        closed = None
        for stretch in ends[period_of(uploaded, ends) :]:
            day = part.rule.cut_off(uploaded, stretch.last)
            if day == closed:
                break
            closed = day
            yield part.post.ad_id, day


class Valuer:
    """Values units at the ends of periods, remembering what each count earned."""

    def __init__(self, terms: Terms, counts: Counts) -> None:
        """Take the terms that say how to round, and the counts."""
        self._digits, self._rounding, self._counts = terms.digits, terms.rounding, counts
        self._known: dict[int, dict[object, tuple[Decimal, Decimal]]] = defaultdict(dict)
        self._zero = ZERO.scaleb(-terms.digits)

    def count(self, part: Part, end: int) -> tuple[int, str]:
        """Return the count that is paid at a period's end, and why if it was decided."""
        post, rule = part.post, part.rule
        row = self._counts.get((post.ad_id, rule.cut_off(post.uploaded, end)))
        if not part.said.views:
            return (0 if row is None else row.views), ""
        past = [last for last in part.said.views if last <= end]
        if past and (row is None or row.day <= rule.cut_off(post.uploaded, max(past))):
            return part.said.views[max(past)]
        return (0 if row is None else row.views), ""

    def earns(self, rule: Rule, count: int, *, base: Decimal) -> tuple[Decimal, Decimal]:
        """Value a count: its views, and its bands and bonuses."""
        known = self._known[id(rule)]
        key = (count, base) if rule.cap_includes_base else count
        found = known.get(key)
        if found is None:
            found = known[key] = views_part(rule, count, base=base, digits=self._digits, rounding=self._rounding)
        return found

    def path(self, unit: Unit, ends: Sequence[Stretch], *, since: int = 0) -> list[tuple[int, ToDate]]:
        """Value a unit at the end of each period in which it may change, from its upload on.

        Of one that nobody held, `since` is the first period that matters: the one before it is where it begins.
        """
        start = period_of(unit.first.post.uploaded, ends)
        per_period = unit.first.rule.reset == "period"
        begin = start if per_period else max(start, since - 1)
        paid = (self._zero, self._zero)
        highest = 0
        base = self._zero
        out: list[tuple[int, ToDate]] = []
        if not per_period and len(unit.parts) == 1 and unit.first.said.are_none and not is_void(unit.first):
            return self._plain_path(unit, ends, begin=begin)
        for place in range(begin, len(ends)):
            end = ends[place].last
            held = _held(unit, end)
            here, count, why = self._best(unit, end)
            worthless = here.said.excluded or is_void(here)
            if held is None:
                new, own_base = count, unit.base
                if per_period:
                    new, own_base = max(0, count - highest), unit.base if place == start else ZERO
                    highest = max(highest, count)
                gain = (self._zero, self._zero) if worthless else self.earns(here.rule, new, base=own_base)
                paid = (EXACT.add(paid[0], gain[0]), EXACT.add(paid[1], gain[1])) if per_period else gain
                base = unit.base
            notes, reason = _notes(here, why, held=held)
            post = here.post
            out.append((place, ToDate(post.ad_id, post.platform, here.rule, count, *paid, base, notes, reason)))
            if held is None and _rests(unit, end):
                break
        return out

    def _plain_path(self, unit: Unit, ends: Sequence[Stretch], *, begin: int) -> list[tuple[int, ToDate]]:
        """Value one post about which nothing was decided: most are."""
        post, rule = unit.first.post, unit.first.rule
        out: list[tuple[int, ToDate]] = []
        last = NEVER_ENDS if rule.count_days is None else post.uploaded + rule.count_days
        for place in range(begin, len(ends)):
            end = ends[place].last
            row = self._counts.get((post.ad_id, min(end, last)))
            count = 0 if row is None else row.views
            views, bonus = self.earns(rule, count, base=unit.base)
            out.append((place, ToDate(post.ad_id, post.platform, rule, count, views, bonus, unit.base)))
            if last <= end:
                break
        return out

    def _best(self, unit: Unit, end: int) -> tuple[Part, int, str]:
        """Choose the post that counts at a period's end, with its count; of a sum the first with the sum."""
        if len(unit.parts) == 1:
            return unit.first, *self.count(unit.first, end)
        seen = [(part, *self.count(part, end)) for part in unit.parts if part.post.uploaded <= end]
        rule = unit.first.rule
        if len(seen) == 1:
            return seen[0]
        if rule.cross_posts == "sum":
            reasons = "; ".join(why for _, _, why in seen if why)
            return unit.first, sum(count for _, count, _ in seen), reasons
        if rule.reset == "period":
            return min(seen, key=lambda one: (-one[1], one[0].post.platform, one[0].post.ad_id))
        worth = {part.post.ad_id: sum(self.earns(part.rule, count, base=unit.base), ZERO) for part, count, _ in seen}
        return min(seen, key=lambda one: (-worth[one[0].post.ad_id], -one[1], one[0].post.platform, one[0].post.ad_id))


def _notes(part: Part, why: str, *, held: str | None) -> tuple[str, str]:
    if part.said.excluded:
        return "excluded", part.said.excluded
    if held is not None:
        return "held", held
    if is_void(part):
        return part.post.state, f"the post is {part.post.state}: what was paid for it is taken back"
    return ("decided", why) if why else ("", "")


def _held(unit: Unit, end: int) -> str | None:
    """Return why nothing is added at a period's end: a hold on any post that was there by then."""
    there = (part.said.held for part in unit.parts if part.post.uploaded <= end)
    return next((held[end] for held in there if end in held), None)


def _rests(unit: Unit, end: int) -> bool:
    """Say whether nothing can change after a period's end."""
    for part in unit.parts:
        days = part.rule.count_days
        if days is None or part.post.uploaded + days > end:
            return False
        if any(last > end for last in (*part.said.held, *part.said.views)):
            return False
    return True
