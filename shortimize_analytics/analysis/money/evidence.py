"""The counts that pay rests on: today's laid over those of the closings, and which of them are new."""

from collections.abc import Mapping
from typing import Any

from .chain import Chain, Known
from .counts import Count
from .posts import Post
from .settle import Settled
from .stretches import Stretch

Key = tuple[str, int]


def lay_over(chain: Chain | None, posts: Mapping[str, Post], counts: Mapping[Key, Count], wanted: set[Key]) -> Known:
    """Combine today's posts and counts with what the closings hold.

    A row that is as old and as high as the closing's is the closing's, whenever it was asked for; where today's history
    ends earlier than a row that a closing holds, the closing's row stands.
    """
    known = Known()
    if chain is not None:
        known.posts |= chain.known.posts
        known.counts |= chain.known.counts
    known.posts |= posts
    for what in wanted:
        known.counts[what] = _newer(chain, what, counts.get(what))
    kept = {ad_id for ad_id, _ in wanted}
    known.posts = {
        name: post for name, post in known.posts.items() if name in kept or (chain and name in chain.known.posts)
    }
    return known


def _newer(chain: Chain | None, what: Key, today: Count | None) -> Count | None:
    if chain is None:
        return today
    ad_id, day = what
    held = chain.known.rows.get(ad_id)
    if held:
        newest = max((at for at in held if at <= day), default=None)
        if newest is not None and (today is None or today.day < newest):
            return held[newest]
    then = chain.known.counts.get(what)
    same = then is not None and today is not None and (then.day, then.views) == (today.day, today.views)
    return then if same else today


def evidence_rows(
    known: Known, chain: Chain | None, settled: Settled, *, wanted: set[Key], stretch: Stretch
) -> list[dict[str, Any]]:
    """List the counts that are new or differ from those of the closings, as rows of `schema.EVIDENCE`."""
    then = chain.known if chain is not None else Known()
    now = {what for what in wanted if what not in then.counts or then.counts[what] != known.counts[what]}
    written = {ad_id for ad_id, _ in now}
    changed = {name for name, post in then.posts.items() if known.posts[name] != post} - written
    latest: dict[str, int] = {}
    for ad_id, day in (*then.counts, *wanted):
        if ad_id in changed:
            latest[ad_id] = max(latest.get(ad_id, day), day)
    now |= set(latest.items())
    ends = _end_keys(settled, stretch)
    rows = [
        _row(known.posts[ad_id], day, known.counts[(ad_id, day)], at_end=(ad_id, day) in ends) for ad_id, day in now
    ]
    return sorted(rows, key=lambda row: (row["creator"] or "", row["clip"], row["ad_id"], row["cut_off"]))


def _end_keys(settled: Settled, stretch: Stretch) -> set[Key]:
    """List the cut-offs at the end of the period."""
    return {
        (part.post.ad_id, part.rule.cut_off(part.post.uploaded, stretch.last))
        for units in settled.months.units.values()
        for unit, _ in units
        for part in unit.parts
    }


def _row(post: Post, day: int, count: Count | None, *, at_end: bool) -> dict[str, Any]:
    return {
        "creator": post.creator,
        "clip": post.clip,
        "ad_id": post.ad_id,
        "ad_link": post.link,
        "copies": post.copies,
        "platform": post.platform,
        "state": post.state,
        "uploaded_at": post.uploaded,
        "cut_off": day,
        "date": None if count is None else count.day,
        "stale_days": None if count is None else day - count.day,
        "views": None if count is None else count.views,
        "fetched_at": None if count is None else count.fetched,
        "obs": "" if count is None else count.obs,
        "use": "end" if at_end else "before",
    }
