"""A period's statement: what it earned, and what changed of the periods that closings have stated.

Definitions
-----------
due
    The value of every period up to the one that is stated, all with today's counts, terms and decisions.
statement
    Due less everything stated before: the lines of periods that no closing holds, and for each closed period what
    changed of its value. So all statements of a creator add up to what is due, to the cent, whatever was revised.
what changed
    Each closed period is valued whole again, its cap included, in this order: today's counts (with the terms, decisions
    and owners of the last closing), then today's terms and owners, then today's decisions. Each step is one line.

Pitfall: a count that falls and comes back between two closings leaves no line, and should not.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from .amounts import EXACT, ZERO, total
from .chain import Chain, Key, Known
from .counts import Count
from .files import Decision
from .keys import VideoKeys
from .months import Line, Months, value_months, wanted_counts
from .pay import changed
from .posts import Post
from .sheets import iso
from .stretches import Stretch, stretch_with, stretches
from .terms import Terms
from .units import verdicts

_SHOWN = 3
_STEPS = ("correction_counts", "correction_terms", "decision")


@dataclass(slots=True)
class Settled:
    """Result of `settle`: lines and rows of the statement (see `schema`), and the value of all periods."""

    lines: list[Line] = field(default_factory=list)
    statement: list[dict[str, Any]] = field(default_factory=list)
    months: Months = field(default_factory=Months)


def line_rows(settled: Settled, terms: Terms) -> list[tuple[Any, ...]]:
    """Return the lines as rows of `schema.LINES`."""
    return [(*line[:12], terms.currency, *line[12:]) for line in settled.lines]


def periods_to(stretch: Stretch, posts: Iterable[Post], *, terms: Terms, chain: Chain | None) -> list[Stretch]:
    """List the periods from the first upload, decision or statement to the one that is stated."""
    days = [post.uploaded for post in posts if post.uploaded <= stretch.last]
    decided = [one.period for one in terms.decisions if one.action == "amount" and one.period is not None]
    days += [period.first for period in decided if period.last <= stretch.last]
    if chain is not None:
        days += [stretch_with(day, terms.period).first for day in {day for _, day in chain.stated}]
    return stretches(min([*days, stretch.first]), stretch.last, terms.period)


def needed_counts(posts: Mapping[str, Post], terms: Terms, *, chain: Chain | None, ends: Sequence[Stretch]) -> set[Key]:
    """List every (ad_id, cut-off) that today's value of any period rests on, or that of a step in between."""
    found: set[Key] = set()
    steps = _settings(posts, terms, chain)
    if len(steps) == 1 and chain is not None and chain.terms is not None:
        # what closings hold is looked up again as it is: only what they do not hold needs thought
        found |= set(chain.known.counts)
        then = chain.known.posts
        floor = None if terms.longest_window is None or chain.last is None else chain.last - terms.longest_window
        fresh = {
            name: post
            for name, post in posts.items()
            if then.get(name) != post or floor is None or post.uploaded > floor
        }
        clips = {post.clip for post in fresh.values()}
        steps = [({name: post for name, post in posts.items() if name in fresh or post.clip in clips}, *steps[0][1:])]
    for own_posts, own_terms, decisions in steps:
        keys = VideoKeys(pair for post in own_posts.values() for pair in post.called()) if decisions else VideoKeys(())
        found |= wanted_counts(own_posts.values(), own_terms, said=verdicts(decisions, keys), ends=ends)
    return found


_Setting = tuple[Mapping[str, Post], Terms, tuple[Decision, ...]]


def _settings(posts: Mapping[str, Post], terms: Terms, chain: Chain | None) -> list[_Setting]:
    """List today's posts, terms and decisions, and before them those of the steps that lead there, oldest first."""
    today: _Setting = (posts, terms, terms.decisions)
    if chain is None or chain.terms is None:
        return [today]
    old = chain.terms
    found = [today]
    if _said(old.decisions) != _said(terms.decisions):
        found.insert(0, (posts, terms, old.decisions))
    if old != terms:
        found.insert(0, (_as_then(posts, chain.known), old, old.decisions))
    return found


def _said(decisions: Iterable[Decision]) -> list[Decision]:
    return [decision._replace(line=0) for decision in decisions]


def _as_then(posts: Mapping[str, Post], known: Known) -> dict[str, Post]:
    """Give posts the owner and the clip that the last closing knew them by."""
    return {
        name: replace(post, creator=then.creator, clip=then.clip) if (then := known.posts.get(name)) else post
        for name, post in posts.items()
    }


def settle(
    known: Known,
    terms: Terms,
    *,
    chain: Chain | None,
    stretch: Stretch,
    fresh: Iterable[Key] | None = None,
    watched: Iterable[str] = (),
) -> Settled:
    """State a period.

    Parameters
    ----------
    known
        Posts and counts, today's laid over those of the closings.
    terms
        Today's.
    chain
        The closings before; None states the period alone, as if all before it had been stated.
    stretch
        The period.
    fresh
        What of the counts is new or differs from the closings; None for all. Creators of whom nothing changed in
        closed periods are valued from there on, which is the same.
    watched
        Creators whose every post is wanted in `months.units`.
    """
    ends = periods_to(stretch, known.posts.values(), terms=terms, chain=chain)
    closed = stretch.first - 1 if chain is None else ends[0].first - 1 if chain.last is None else chain.last
    steps = _settings(known.posts, terms, chain)
    keys = list(known.counts) if fresh is None else list(fresh)
    whole = None
    if fresh is not None and len(steps) == 1 and chain is not None and chain.terms is not None and not terms.looks_back:
        whole = _touched(known, chain, keys, terms=terms, closed=closed) | set(watched)
    values: list[Months] = []
    for at, (posts, own_terms, decisions) in enumerate(steps, start=1):
        lines_from = closed + 1 if at == len(steps) else stretch.last + 1
        value = partial(value_months, posts, known.counts, terms=own_terms, decisions=decisions)
        values.append(value(ends=ends, lines_from=lines_from, whole=whole))
    out = Settled(months=values[-1], lines=list(values[-1].lines))
    if chain is not None and chain.terms is not None:
        out.lines += _corrections(chain, values, steps=steps, known=known, closed=closed, fresh=keys, whole=whole)
    out.lines.sort(key=_order)
    out.statement = _statement(out, terms, chain=chain, stretch=Stretch(closed + 1, stretch.last), known=known)
    return out


def _touched(known: Known, chain: Chain, fresh: Iterable[Key], *, terms: Terms, closed: int) -> set[str]:
    """Name the creators whose closed periods may be worth something else now."""
    then = chain.known.posts
    found = {decision.creator for decision in terms.decisions}
    named = {decision.video for decision in terms.decisions if decision.video}
    clips = {post.clip for post in then.values() if post.clip != post.ad_id}
    for ad_id, day in fresh:
        post, before = known.posts[ad_id], then.get(ad_id)
        if before is None:
            if post.uploaded <= closed or post.clip in clips:
                found.add(post.creator)
        elif before != post:
            found |= {before.creator, post.creator}
        elif day <= closed:
            found.add(post.creator)
    if named:
        found |= {post.creator for post in known.posts.values() if named & {key for key, _ in post.called()}}
    return found


def _order(line: Line) -> tuple[Any, ...]:
    own = line.kind in {"correction_counts", "correction_terms"}
    place = ("views", "bonus", "base", "fall", "cap", "decision", "correction_counts", "correction_terms")
    kind = place.index(line.kind)
    return (line.creator, own, line.period, not line.clip, line.clip, line.ad_id, kind, line.reason, line.amount)


def _corrections(
    chain: Chain,
    values: Sequence[Months],
    *,
    steps: Sequence[_Setting],
    known: Known,
    closed: int,
    fresh: Iterable[Key],
    whole: set[str] | None,
) -> Iterable[Line]:
    """Yield what changed of the closed periods, one line per creator, period and step."""
    # a step that changes nothing has no value of its own: the one after it stands for it
    today = steps[-1]
    with_counts = values[0].totals
    terms_changed = chain.terms is not None and chain.terms != today[1]
    with_terms = values[1].totals if terms_changed and len(values) > 1 else with_counts
    after = (with_counts, with_terms, values[-1].totals)
    what = {key for key in (*chain.stated, *(key for step in after for key in step)) if key[1] <= closed}
    if whole is not None:
        what = {key for key in what if key[0] in whole or key[0] not in today[1].terms_of}
    zero = ZERO.scaleb(-today[1].digits)
    moved = _moved(chain.known, known, fresh)
    for creator, period in sorted(what):
        before = EXACT.add(chain.stated.get((creator, period), zero), zero)
        waived = chain.forgiven.get((creator, period), ZERO)
        for kind, totals in zip(_STEPS, after, strict=True):
            now = EXACT.add(totals.get((creator, period), zero), zero)
            if now == before:
                continue
            change = EXACT.subtract(now, before)
            amount = _paid(change, waived, today[1].corrections) if kind != "decision" else change
            waived = EXACT.add(waived, EXACT.subtract(change, amount))
            counted, reason = _why(kind, creator, period, moved=moved, chain=chain, today=today, known=known)
            notes = "" if amount == change else "forgiven"
            yield Line(creator, "", "", "", period, kind, "", *counted, before, now, amount, notes, reason)
            before = now


def _paid(change: Decimal, forgiven: Decimal, corrections: str) -> Decimal:
    """Return what is paid of a correction; what was forgiven of a period is not paid twice."""
    if corrections == "apply":
        return change
    if corrections == "report":
        return EXACT.subtract(change, change)
    return max(EXACT.subtract(change, change), EXACT.add(change, forgiven))


def _moved(then: Known, now: Known, fresh: Iterable[Key]) -> dict[int, list[tuple[Post, int, int]]]:
    """List the posts whose count at a cut-off differs from the one that was stated, by cut-off."""
    found: dict[int, list[tuple[Post, int, int]]] = defaultdict(list)
    for ad_id, day in sorted(fresh):
        count, old = now.counts[(ad_id, day)], then.counts.get((ad_id, day), _UNKNOWN)
        views, before = (0 if one is None else one.views for one in (count, old))
        if views != before and (old is not _UNKNOWN or ad_id not in then.posts):
            found[day].append((now.posts[ad_id], before, views))
    return found


_UNKNOWN = Count(0, 0, None, "")


def _why(
    kind: str,
    creator: str,
    period: int,
    *,
    moved: Mapping[int, list[tuple[Post, int, int]]],
    chain: Chain,
    today: _Setting,
    known: Known,
) -> tuple[tuple[int | None, int | None], str]:
    """Say in words what changed, with the counts where it was counts."""
    _, terms, decisions = today
    old = chain.terms
    if old is None:
        return (None, None), ""
    if kind == "correction_terms":
        return (None, None), _terms_words(creator, old, terms)
    if kind == "decision":
        new, past = _said(decisions), _said(old.decisions)
        words = [one.words for one in new if one not in past] + [
            f"no longer: {one.words}" for one in past if one not in new
        ]
        return (None, None), "; ".join(words[:_SHOWN])
    start = stretch_with(period, terms.period).first
    own = {
        post.ad_id: (post, before, now)
        for day, posts in sorted(moved.items())  # of two cut-offs in a period the later one speaks
        if start <= day <= period
        for post, before, now in posts
        if post.creator in {creator, ""}
    }
    found = sorted(own.values(), key=lambda one: (-abs(one[2] - one[1]), one[0].ad_id))
    if not found:
        gone = [post for post in known.posts.values() if post.creator == creator and post.state]
        return (None, None), f"{len(gone)} posts are gone" if gone else "owner, upload day or clip of a post changed"
    words = [f"{post.ad_id}: {before:,} → {now:,} views" for post, before, now in found[:_SHOWN]]
    if len(found) > _SHOWN:
        words.append(f"and {len(found) - _SHOWN} more posts")
    return (sum(before for _, before, _ in found), sum(now for _, _, now in found)), "; ".join(words)


def _terms_words(creator: str, old: Terms, new: Terms) -> str:
    names = [{one.id: one for one in terms.creators}.get(creator) for terms in (old, new)]
    before, after = names
    if before is None or after is None:
        return f"creator {creator} {'was added to' if before is None else 'is no longer in'} the terms"
    words = []
    if before.terms != after.terms:
        words.append(f"terms {before.terms} → {after.terms}")
    then = {version.start: version for version in old.versions.get(before.terms, ())}
    for version in new.versions.get(after.terms, ()):
        other = then.get(version.start)
        if other is None:
            words.append(f"new terms for uploads from {iso(version.start)}")
        elif other != version:
            words += changed(other.rule, version.rule) or ["terms of a platform"]
    if before != after:
        words.append("accounts, labels or days of the creator")
    if old.clips != new.clips:
        words.append("clips")
    return "; ".join(dict.fromkeys(words)) or "the terms changed"


_PARTS = {"views": "earned", "base": "earned", "bonus": "earned", "decision": "decisions"}
_SUMS = ("earned", "cap", "fall", "correction_counts", "correction_terms", "decisions")


def _statement(
    out: Settled, terms: Terms, *, chain: Chain | None, stretch: Stretch, known: Known
) -> list[dict[str, Any]]:
    """Sum the lines of each creator up, and carry what is not paid."""
    zero = total([], digits=terms.digits)
    carried = chain.carried if chain is not None else {}
    names = {*terms.terms_of, *(line.creator for line in out.lines), *(name for name, left in carried.items() if left)}
    by_creator: dict[str, list[Line]] = defaultdict(list)
    for line in out.lines:
        by_creator[line.creator].append(line)
    rows = []
    for name in sorted(names):
        lines = by_creator[name]
        row: dict[str, Any] = {"creator": name, "currency": terms.currency, "start": stretch.first, "end": stretch.last}
        sums = dict.fromkeys(_SUMS, zero)
        for line in lines:
            part = _PARTS.get(line.kind, line.kind)
            sums[part] = EXACT.add(sums[part], line.amount)
        brought = EXACT.add(carried.get(name, zero), zero)
        balance = total([*sums.values(), brought], digits=terms.digits)
        payment = balance if balance > 0 and balance >= terms.min_payment else zero
        row["n_clips"] = len({line.clip for line in lines if line.clip and line.kind != "decision"})
        row["counted_views"] = sum(
            (line.counted or 0) - (line.counted_before or 0) for line in lines if line.kind in {"views", "fall"}
        )
        row |= sums | {"carried_in": brought, "balance": balance, "payment": payment}
        row |= {"carried_out": EXACT.subtract(balance, payment), "as_of": known.fetched.get(name), "provisional": False}
        rows.append(row)
    return rows
