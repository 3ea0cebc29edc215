"""What each creator earned in each period: lines of clips, fees of the period, its cap, and amounts that were decided.

A line of a clip is its pay to date at the end of the period less that at the end of the period before. Everything that
is paid comes from these differences, so that rounding, thresholds, tiers and caps telescope: the lines of all periods
add up to the pay to date, to the cent.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, partial
from typing import NamedTuple

from shortimize_analytics.analysis.base.calendar import day_of

from .amounts import EXACT, ZERO, in_proportion, to_digits
from .files import Decision, amount_of
from .keys import VideoKeys
from .pay import Rule
from .posts import Post
from .stretches import Stretch, stretch_with
from .terms import Terms
from .units import Counts, ToDate, Unit, Valuer, Verdicts, cut_offs, is_void, make_units, period_of, verdicts


class Line(NamedTuple):
    """One line of a statement; see `schema.LINES`. `period` is the period's last day, since 1970-01-01."""

    creator: str
    clip: str
    ad_id: str
    platform: str
    period: int
    kind: str
    terms: str
    counted_before: int | None
    counted: int | None
    pay_before: Decimal
    pay: Decimal
    amount: Decimal
    notes: str = ""
    reason: str = ""


KINDS = ("views", "base", "bonus", "fall", "cap", "decision", "correction_counts", "correction_terms")
OWN = ("views", "base", "bonus", "fall", "cap", "decision")
"""Kinds that make up the value of a period; corrections change one that was stated."""


@dataclass(slots=True)
class Months:
    """Value of each creator's periods, by (creator, last day), and the lines of those that were asked for."""

    totals: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    units: dict[str, list[tuple[Unit, list[tuple[int, ToDate]]]]] = field(default_factory=dict)


def value_months(
    posts: Mapping[str, Post],
    counts: Counts,
    *,
    terms: Terms,
    decisions: Sequence[Decision],
    ends: Sequence[Stretch],
    lines_from: int,
    whole: Collection[str] | None = None,
) -> Months:
    """Value the periods of every creator.

    Parameters
    ----------
    posts
        By ad_id.
    counts
        By (ad_id, cut-off); no count is 0.
    terms, decisions
        Those that hold.
    ends
        The periods, the first one that of the first upload or before.
    lines_from
        Day from which lines are wanted; periods that end before are only summed up.
    whole
        Creators all of whose periods are valued; of the others only those from `lines_from` on. None for all.
    """
    keys = VideoKeys(pair for post in posts.values() for pair in post.called()) if decisions else VideoKeys(())
    said = verdicts(decisions, keys)
    found = Months()
    valuer = Valuer(terms, counts)
    since = period_of(lines_from, ends)
    groups = make_units(
        in_reach(posts, terms, said=said, whole=whole, closed=lines_from - 1), terms, said=said, ends=ends
    )
    amounts = _amounts(decisions, ends)
    for creator in sorted(terms.terms_of):
        units = groups.get(creator, [])
        start = 0 if whole is None or creator in whole else since
        paths = [(unit, valuer.path(unit, ends, since=start)) for unit in units]
        found.units[creator] = paths
        sums: dict[int, Decimal] = {}
        lines = [line for unit, path in paths for line in _clip_lines(unit, path, ends, terms=terms)]
        _add_up(sums, lines)
        more = [
            *_period_lines(creator, units, sums=sums, ends=ends[start:], terms=terms),
            *_decided_lines(creator, amounts.get(creator, ()), keys=keys, posts=posts, digits=terms.digits),
        ]
        _add_up(sums, more)
        found.lines += [line for line in (*lines, *more) if line.period >= lines_from]
        found.totals |= {(creator, period): amount for period, amount in sums.items()}
    return found


def _add_up(sums: dict[int, Decimal], lines: Iterable[Line]) -> None:
    for line in lines:
        sums[line.period] = EXACT.add(sums.get(line.period, ZERO), line.amount)


def in_reach(
    posts: Mapping[str, Post],
    terms: Terms,
    *,
    said: Mapping[str, Verdicts],
    whole: Collection[str] | None,
    closed: int,
) -> Iterable[Post]:
    """Choose the posts whose lines may change after a day, with those of their clips; and all of some creators."""
    if whole is None or terms.longest_window is None:
        return posts.values()
    floor = closed - terms.longest_window
    near = [post for post in posts.values() if post.uploaded > floor or post.creator in whole or post.ad_id in said]
    clips = {post.clip for post in near if post.clip != post.ad_id}
    if clips:
        have = {post.ad_id for post in near}
        near += [post for post in posts.values() if post.clip in clips and post.ad_id not in have]
    return near


def wanted_counts(
    posts: Iterable[Post], terms: Terms, *, said: Mapping[str, Verdicts], ends: Sequence[Stretch]
) -> set[tuple[str, int]]:
    """List every (ad_id, cut-off) whose count some period's pay rests on."""
    groups = make_units(posts, terms, said=said, ends=ends)
    return {what for units in groups.values() for unit in units for what in cut_offs(unit.parts, ends)}


def _clip_lines(
    unit: Unit, path: Sequence[tuple[int, ToDate]], ends: Sequence[Stretch], *, terms: Terms
) -> Iterable[Line]:
    """Yield the lines of a unit: its views, its bonuses and its base fee, or what a fall of its count takes."""
    zero = ZERO.scaleb(-terms.digits)
    count, views, bonus, base = 0, zero, zero, zero
    forgives = terms.corrections != "apply"
    start = period_of(unit.first.post.uploaded, ends)
    for at, (place, here) in enumerate(path):
        if at or place == start:  # else what was before the first line that is wanted
            line = partial(_clip_line, unit, here, period=ends[place].last, before=count)
            more_views, more_bonus = EXACT.subtract(here.views, views), EXACT.subtract(here.bonus, bonus)
            both = EXACT.add(more_views, more_bonus)
            if both < 0 or (not both and here.count < count):
                forgiven = forgives and both < 0 and here.notes not in {"excluded", "held"}
                yield line("fall", EXACT.add(views, bonus), here.pay, zero if forgiven else both, forgiven=forgiven)
            else:
                if place == start or more_views or here.count != count:
                    yield line("views", views, here.views, more_views)
                if more_bonus:
                    yield line("bonus", bonus, here.bonus, more_bonus)
            if here.base != base:
                yield line("base", base, here.base, EXACT.subtract(here.base, base))
        count, views, bonus, base = here.count, here.views, here.bonus, here.base


def _clip_line(
    unit: Unit,
    here: ToDate,
    kind: str,
    old: Decimal,
    new: Decimal,
    amount: Decimal,
    *,
    period: int,
    before: int,
    forgiven: bool = False,
) -> Line:
    notes = here.notes
    if forgiven or (kind in {"views", "fall"} and here.is_capped):
        notes = ",".join(filter(None, (notes, "forgiven" if forgiven else "", "capped" if here.is_capped else "")))
    what = (unit.creator, unit.clip, here.ad_id, here.platform, period, kind, rule_name(here.rule))
    return Line(*what, before, here.count, old, new, amount, notes, here.reason)


def rule_name(rule: Rule) -> str:
    """Name the version of the terms."""
    return _rule_name(rule.name, rule.start)


@cache
def _rule_name(name: str, start: int) -> str:
    return f"{name} from {day_of(start)}"


def _period_lines(
    creator: str, units: Sequence[Unit], *, sums: Mapping[int, Decimal], ends: Sequence[Stretch], terms: Terms
) -> Iterable[Line]:
    """Yield the fee of each period, and what lies above its cap."""
    if not terms.has_period_parts:
        return
    name = terms.terms_of[creator]
    made: dict[int, int] = defaultdict(int)
    for unit in units:
        if not unit.first.said.excluded and not is_void(unit.first):
            made[stretch_with(unit.first.post.uploaded, terms.period).last] += 1
    zero = ZERO.scaleb(-terms.digits)
    for stretch in ends:
        version = terms.version(name, stretch.first)
        if version is None:
            continue
        rule, posts = version.rule, made.get(stretch.last, 0)
        fee = fee_of(rule, posts, terms=terms)
        if fee:
            yield _period_line(creator, rule, "base", fee, period=stretch.last, reason=_made(posts, rule))
        earned = EXACT.add(sums.get(stretch.last, ZERO), fee)
        if rule.cap_per_period is not None and earned > rule.cap_per_period:
            above = EXACT.add(EXACT.subtract(rule.cap_per_period, earned), zero)
            reason = f"at most {rule.cap_per_period} in a period"
            yield _period_line(creator, rule, "cap", above, period=stretch.last, reason=reason)


def _made(posts: int, rule: Rule) -> str:
    return f"{posts} of {rule.posts_required} posts"


def _period_line(creator: str, rule: Rule, kind: str, amount: Decimal, *, period: int, reason: str) -> Line:
    zero = EXACT.subtract(amount, amount)
    return Line(creator, "", "", "", period, kind, rule_name(rule), None, None, zero, amount, amount, "", reason)


def fee_of(rule: Rule, posts: int, *, terms: Terms) -> Decimal:
    """Return the base fee of a period for the posts made in it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from shortimize_analytics.analysis.money.amounts import Decimal
    >>> from shortimize_analytics.analysis.money.months import fee_of
    >>> from shortimize_analytics.analysis.money.pay import Rule
    >>> cents = SimpleNamespace(digits=2, rounding="half_up")
    >>> fee_of(Rule(base_per_period=Decimal(750), posts_required=60), 37, terms=cents)
    Decimal('462.50')
    """
    if not rule.base_per_period:
        return ZERO
    done = min(posts, rule.posts_required)
    if rule.base_rule == "all_or_nothing" and done < rule.posts_required:
        return ZERO
    return in_proportion(rule.base_per_period, done, rule.posts_required, digits=terms.digits, rounding=terms.rounding)


def _amounts(decisions: Iterable[Decision], ends: Sequence[Stretch]) -> dict[str, list[Decision]]:
    """Return the amounts decided for periods that are over or being closed, by creator."""
    found: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        if decision.action == "amount" and decision.period is not None and decision.period.last <= ends[-1].last:
            found[decision.creator].append(decision)
    return found


def _decided_lines(
    creator: str, decisions: Iterable[Decision], *, keys: VideoKeys, posts: Mapping[str, Post], digits: int
) -> Iterable[Line]:
    zero = ZERO.scaleb(-digits)
    for decision in decisions:
        post = posts.get(keys.find(decision.video) or "") if decision.video else None
        amount = to_digits(amount_of(decision), digits=digits)
        period = decision.period.last if decision.period else 0
        clip, ad_id, platform = (post.clip, post.ad_id, post.platform) if post else ("", "", "")
        yield Line(
            creator,
            clip,
            ad_id,
            platform,
            period,
            "decision",
            "",
            None,
            None,
            zero,
            amount,
            amount,
            "",
            decision.reason,
        )
