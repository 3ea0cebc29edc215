"""What a count earns under one set of terms: exact, rounded once, and never less for more views.

Definitions
-----------
counted views n
    The count c, or 0 below `min_views`; at most `views_max`; less `views_from`; whole blocks only where `block` is set.
views part
    n × rate ÷ 1,000, or its tiers; plus the highest band and every bonus that c reached; at most `cap_per_video`.
    Rounded once to the currency's digits.
base
    Per video, beside the views part; with `cap_includes_base` the cap holds for both.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .amounts import EXACT, ZERO, per_1000, to_digits

Steps = tuple[tuple[int, Decimal], ...]
"""Counts and what begins, or is paid, from each on, ascending."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One set of terms on one platform; the names are those of the terms file, amounts in its currency.

    Attributes
    ----------
    start
        First upload day that it holds for, days since 1970-01-01.
    tiers
        Rates per 1,000 views by the n they begin at, one tier for a plain rate.
    """

    name: str = ""
    start: int = 0
    base_per_video: Decimal = ZERO
    base_videos: int | None = None
    base_per_period: Decimal = ZERO
    posts_required: int = 1
    base_rule: str = "prorata"
    tiers: Steps = ()
    tier_mode: str = "marginal"
    block: int = 1
    views_from: int = 0
    min_views: int = 0
    views_max: int | None = None
    bonuses: Steps = ()
    bands: Steps = ()
    count_days: int | None = None
    cap_per_video: Decimal | None = None
    cap_includes_base: bool = False
    cap_per_period: Decimal | None = None
    reset: str = "never"
    cross_posts: str = "best"
    removed: str = "keep"

    def cut_off(self, uploaded: int, end: int) -> int:
        """Return the day whose count is paid at the end of a period."""
        return end if self.count_days is None else min(end, uploaded + self.count_days)

    def paid_views(self, count: int) -> int:
        """Return the views that are paid of a count."""
        views = count if count >= self.min_views else 0
        if self.views_max is not None:
            views = min(views, self.views_max)
        views = max(0, views - self.views_from)
        return views - views % self.block

    def for_views(self, count: int) -> Decimal:
        """Return what the views alone earn, unrounded and uncapped."""
        views = self.paid_views(count)
        if self.tier_mode == "whole":
            return per_1000(_highest(self.tiers, views), views)
        found = ZERO
        for place, (start, rate) in enumerate(self.tiers):
            if views <= start:
                break
            end = self.tiers[place + 1][0] if place + 1 < len(self.tiers) else views
            found = EXACT.add(found, per_1000(rate, min(views, end) - start))
        return found

    def for_steps(self, count: int) -> Decimal:
        """Return the highest band and all bonuses that a count reached, uncapped."""
        found = _highest(self.bands, count)
        for views, amount in self.bonuses:
            if count >= views:
                found = EXACT.add(found, amount)
        return found


def _highest(steps: Steps, count: int) -> Decimal:
    found = ZERO
    for start, value in steps:
        if count < start:
            break
        found = value
    return found


def views_part(rule: Rule, count: int, *, base: Decimal, digits: int, rounding: str) -> tuple[Decimal, Decimal]:
    """Value a count: the views, and the bands and bonuses, of one amount that was capped and rounded once.

    Parameters
    ----------
    rule
        The terms.
    count
        Views.
    base
        Base fee of the same clip; it lowers the cap where the terms say that the cap includes it.

    Returns
    -------
    views, bonus
        Amounts at the currency's digits.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.amounts import Decimal
    >>> from shortimize_analytics.analysis.money.pay import Rule, views_part
    >>> rule = Rule(tiers=((0, Decimal("0.60")),), views_from=10_000)
    >>> [str(views_part(rule, count, base=Decimal(0), digits=2, rounding="half_up")[0]) for count in (9_999, 12_000)]
    ['0.00', '1.20']
    """
    bonus = rule.for_steps(count)
    both = EXACT.add(rule.for_views(count), bonus)
    cap = rule.cap_per_video
    if cap is not None:
        if rule.cap_includes_base:
            cap = max(ZERO, EXACT.subtract(cap, base))
        both, bonus = min(both, cap), min(bonus, cap)
    whole = to_digits(both, digits=digits, rounding=rounding)
    bonus = to_digits(bonus, digits=digits, rounding=rounding)
    return EXACT.subtract(whole, bonus), bonus


def falling_counts(rule: Rule, *, digits: int, rounding: str) -> tuple[int, Decimal, int, Decimal] | None:
    """Find two counts of which the higher earns less: the tiers of `whole` mode that fall, or bands that do."""
    edges = {rule.views_from + start for start, _ in rule.tiers} | {start for start, _ in rule.bands}
    for edge in sorted(edges - {0}):
        step = max(edge, rule.min_views)
        before, after = (
            sum(views_part(rule, max(0, count), base=ZERO, digits=digits, rounding=rounding), ZERO)
            for count in (step - rule.block, step)
        )
        if after < before:
            return step - rule.block, before, step, after
    return None


def changed(before: Any, after: Any) -> list[str]:
    """Name the keys in which two rules differ, with both values."""
    out = []
    for name in Rule.__dataclass_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            out.append(f"{name} {_shown(old)} → {_shown(new)}")
    return out


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f"{start}: {amount}" for start, amount in value) + "]"
    return "none" if value is None else str(value)
