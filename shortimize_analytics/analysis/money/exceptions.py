"""What somebody should look at before money is paid, with what hangs on it and what to do; nothing here changes money.

A post is looked at while its days count: what was odd about it long ago is in the closings of then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shortimize_analytics.analysis.base.calendar import day_number
from shortimize_analytics.analysis.base.columns import REGIME_BREAKS

from .amounts import EXACT, ZERO
from .chain import Chain, Known
from .counts import Count, Series, is_settled, settled_from
from .pay import views_part
from .posts import Found
from .settle import Settled
from .sheets import iso
from .stretches import Stretch
from .terms import Terms
from .units import Part, ToDate, Unit

STALE_DAYS = 3
"""A count this much older than its cut-off is worth a look."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the posts beside their counts, by ad_id; instants in µs.

    Attributes
    ----------
    asked
        When the table of videos was asked for.
    measured
        Newest `latest_updated_at`.
    hidden, masked, counted
        Posts that hide their counts, whose counts the plan masks, and that have a newest count.
    spikes
        Day of a suspicious jump.
    """

    asked: int | None
    measured: Mapping[str, int]
    hidden: frozenset[str]
    masked: frozenset[str]
    counted: frozenset[str]
    spikes: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Scene:
    """All that exceptions are told from."""

    found: Found
    terms: Terms
    series: Series
    known: Known
    chain: Chain | None
    stretch: Stretch
    facts: Facts


ADVICE = {
    "removed": "pay for what was counted stands (removed = keep); to change it write an `exclude` decision",
    "private": "pay for what was counted stands (removed = keep); to change it write an `exclude` decision",
    "vanished": "look whether the post is still there: its counts stopped while the account's go on",
    "void": "nothing is paid for it (removed = void); if it is still there write an `include` decision",
    "stale": "the newest count up to the cut-off is older: what came after it is paid later, where it still counts",
    "interpolated": "the vendor filled this count in: compare it with the post; if wrong write a `views` decision",
    "hidden_stats": "the post hides its counts: ask the creator for a screenshot and write a `views` decision",
    "regime_break": "the platform changed what it counts as a view while this post was counted; agree on a count",
    "spike": "one day brought most views and hardly a like: look at the post; only a decision changes money",
    "unsettled": "counts may still be revised: load again after {day}, then close",
    "masked": "the plan masks this count: load with a plan that shows it",
    "not_loaded": "its history was not loaded: load it, then state again",
    "no_count": "no count up to the cut-off: it is paid for when one comes; if none does write a `views` decision",
    "first_seen_later": "first counted on {day}, after this period: it comes with the next statement",
    "tracked_late": "first counted on {day}, when its days were over: write a `views` decision with the agreed count",
    "no_upload_day": "without an upload day it is in no period: ask for it, or write an `amount` decision",
    "held": "held: {why}",
    "two_creators": "belongs to {who}: write an `include` decision that names one of them",
    "no_terms": "{count} posts were uploaded before terms {terms} begin; to pay them add [[terms]] from an earlier day",
}


def find_exceptions(scene: Scene, settled: Settled) -> tuple[list[dict[str, Any]], set[str]]:
    """List the exceptions as rows of `schema.EXCEPTIONS`, and the creators whose figures may still change."""
    rows: list[dict[str, Any]] = []
    doubtful: set[str] = set()
    for creator, units in settled.months.units.items():
        for unit, path in units:
            last = path[-1][1] if path else None
            for part in unit.parts:
                if not _is_watched(part, scene):
                    continue
                for reason, key, words in _of_part(part, scene):
                    if key in {"unsettled", "masked", "not_loaded"}:
                        doubtful.add(creator)
                    rows.append(_row(creator, unit, part, reason, ADVICE[key].format(**words), stake=last))
    rows += _of_nobody(scene)
    rows += _without_terms(scene)
    if not _is_over(scene):
        doubtful |= {creator.id for creator in scene.terms.creators}
    order = sorted(rows, key=lambda row: (row["creator"] or "", row["reason"], row["clip"] or "", row["ad_id"] or ""))
    return order, doubtful


def _is_watched(part: Part, scene: Scene) -> bool:
    """Say whether a post's days count in this period, it was first seen in it, or it went since the last closing."""
    post = part.post
    seen = scene.series.first_seen.get(post.ad_id, scene.stretch.first - 1)
    if max(part.rule.cut_off(post.uploaded, scene.stretch.last), seen) >= scene.stretch.first:
        return True
    then = scene.chain.known.posts.get(post.ad_id) if scene.chain else None
    return then is not None and then.state != post.state


def _is_over(scene: Scene) -> bool:
    """Say whether the newest request came when the period's last day no longer changes."""
    asked = [scene.facts.asked] if scene.facts.asked is not None else []
    return max([*scene.series.newest.values(), *asked], default=0) >= settled_from(scene.stretch.last)


def _of_part(part: Part, scene: Scene) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Yield the reasons of one post, each with its advice and the words in it."""
    post, facts, end = part.post, scene.facts, scene.stretch.last
    cut_off = part.rule.cut_off(post.uploaded, end)
    count = scene.known.counts.get((post.ad_id, cut_off))
    decided = any(day <= end for day in part.said.views)
    if count is None and not decided:
        yield _without_count(part, cut_off, scene)
    if count is not None and not decided:
        yield from _of_count(part, count, cut_off, scene)
    if post.state:
        voided = part.rule.removed == "void" and not part.said.included
        yield post.state, "void" if voided else post.state, {}
    if post.ad_id in facts.hidden:
        yield "hidden_stats", "hidden_stats", {}
    breaks = [day_number(date.fromisoformat(day)) for day in REGIME_BREAKS.get(post.platform, ())]
    if any(post.uploaded < day <= cut_off for day in breaks):
        yield "regime_break", "regime_break", {}
    if post.ad_id in facts.spikes:
        yield "spike", "spike", {}
    if end in part.said.held:
        yield "held", "held", {"why": part.said.held[end]}


def _of_count(part: Part, count: Count, cut_off: int, scene: Scene) -> Iterable[tuple[str, str, dict[str, Any]]]:
    post, facts = part.post, scene.facts
    if cut_off - count.day >= STALE_DAYS and not post.state:
        yield "stale", "stale", {}
    if count.obs == "interpolated":
        yield "interpolated", "interpolated", {}
    key = (post.ad_id, cut_off)
    closed = scene.chain is not None and scene.chain.known.counts.get(key) == count
    newest = scene.series.newest.get(post.ad_id)
    measured = facts.measured.get(post.ad_id)
    if not closed and not is_settled(
        count, cut_off, newest=newest, asked=facts.asked, measured=measured, gone=bool(post.state)
    ):
        yield "unsettled", "unsettled", {"day": iso(cut_off + 3)}


def _without_count(part: Part, cut_off: int, scene: Scene) -> tuple[str, str, dict[str, Any]]:
    name, facts = part.post.ad_id, scene.facts
    if name in facts.masked:
        return "unsettled", "masked", {}
    later = scene.series.first_seen.get(name)
    if later is not None:
        over = cut_off < scene.stretch.last or (
            part.rule.count_days is not None and part.post.uploaded + part.rule.count_days <= scene.stretch.last
        )
        key = "tracked_late" if over else "first_seen_later"
        return ("tracked_late" if over else "no_count"), key, {"day": iso(later)}
    if name in facts.counted:
        return "unsettled", "not_loaded", {}
    return "no_count", "no_count", {}


def _row(creator: str, unit: Unit, part: Part, reason: str, advice: str, *, stake: ToDate | None) -> dict[str, Any]:
    return {
        "creator": creator,
        "clip": unit.clip,
        "ad_id": part.post.ad_id,
        "reason": reason,
        "since": part.post.uploaded,
        "at_stake": None if stake is None else EXACT.add(stake.pay, stake.base),
        "what_to_do": advice,
    }


def _of_nobody(scene: Scene) -> Iterable[dict[str, Any]]:
    """Yield posts that two creators claim, and posts without an upload day."""
    decided = {decision.video for decision in scene.terms.decisions if decision.action in {"include", "exclude"}}
    names = {creator.id: creator.terms for creator in scene.terms.creators}
    for ad_id, claims in scene.found.rivals.items():
        post = scene.found.posts[ad_id]
        if ad_id in decided or post.link in decided or post.uploaded > scene.stretch.last:
            continue
        yield {
            "creator": ", ".join(claims),
            "clip": post.clip,
            "ad_id": ad_id,
            "reason": "two_creators",
            "since": post.uploaded,
            "at_stake": _alone(scene, ad_id, names[claims[0]]),
            "what_to_do": ADVICE["two_creators"].format(who=" and ".join(claims)),
        }
    for ad_id, creator in scene.found.undated.items():
        yield {
            "creator": creator,
            "clip": ad_id,
            "ad_id": ad_id,
            "reason": "no_upload_day",
            "since": None,
            "at_stake": None,
            "what_to_do": ADVICE["no_upload_day"],
        }


def _alone(scene: Scene, ad_id: str, terms: str) -> Decimal | None:
    """Value a post by itself under the terms of a creator."""
    post, end = scene.found.posts[ad_id], scene.stretch.last
    rule = scene.terms.rule(terms, post.uploaded, post.platform)
    if rule is None:
        return None
    counts = scene.series.counts([(ad_id, rule.cut_off(post.uploaded, end))])
    views = sum(count.views for count in counts.values())
    base = rule.base_per_video
    parts = views_part(rule, views, base=base, digits=scene.terms.digits, rounding=scene.terms.rounding)
    return EXACT.add(base, sum(parts, ZERO))


def _without_terms(scene: Scene) -> Iterable[dict[str, Any]]:
    """Yield for each creator how many posts were uploaded before there were terms; the first closing has told it."""
    if scene.chain is not None and scene.chain.closings:
        return
    names = {creator.id: creator.terms for creator in scene.terms.creators}
    early: dict[str, list[int]] = {}
    for post in scene.found.posts.values():
        if post.creator in names and scene.terms.version(names[post.creator], post.uploaded) is None:
            early.setdefault(post.creator, []).append(post.uploaded)
    for creator, days in early.items():
        yield {
            "creator": creator,
            "clip": None,
            "ad_id": None,
            "reason": "no_terms",
            "since": min(days),
            "at_stake": None,
            "what_to_do": ADVICE["no_terms"].format(count=len(days), terms=names[creator]),
        }
