"""The counts that pay rests on: today's laid over those of the closings, and which of them are new."""

from collections.abc import Mapping
from typing import Any

from .chain import Chain, Key, Known
from .counts import Count
from .posts import Post
from .settle import Settled
from .stretches import Stretch


def lay_over(
    chain: Chain | None, posts: Mapping[str, Post], counts: Mapping[Key, Count], wanted: set[Key]
) -> tuple[Known, set[Key]]:
    """Combine today's posts and counts with what the closings hold.

    A row that is as old and as high as the closing's is the closing's, whenever it was asked for; where today's history
    ends earlier than a row that a closing holds, the closing's row stands.

    Returns
    -------
    known, fresh
        All of it, and what of it is new or differs from the closings: the evidence of this one.
    """
    then = chain.known if chain is not None else Known()
    known = Known(dict(then.posts), dict(then.counts), then.rows, dict(then.fetched))
    fresh: set[Key] = set()
    for what in wanted:
        count = _newer(then, what, counts.get(what))
        if what not in then.counts or then.counts[what] != count:
            known.counts[what] = count
            fresh.add(what)
    written = {ad_id for ad_id, _ in fresh}
    changed = {name for name, post in then.posts.items() if posts[name] != post} - written
    latest: dict[str, int] = {}
    for ad_id, day in (*then.counts, *wanted):
        if ad_id in changed:
            latest[ad_id] = max(latest.get(ad_id, day), day)
    fresh |= set(latest.items())
    for ad_id, day in fresh:
        post, count = posts[ad_id], known.counts[(ad_id, day)]
        known.posts[ad_id] = post
        if count is not None and count.fetched is not None:
            known.fetched[post.creator] = max(known.fetched.get(post.creator, count.fetched), count.fetched)
    return known, fresh


def _newer(then: Known, what: Key, today: Count | None) -> Count | None:
    ad_id, day = what
    held = then.rows.get(ad_id)
    if held:
        newest = max((at for at in held if at <= day), default=None)
        if newest is not None and (today is None or today.day < newest):
            return held[newest]
    old = then.counts.get(what)
    same = old is not None and today is not None and (old.day, old.views) == (today.day, today.views)
    return old if same else today


def evidence_rows(known: Known, fresh: set[Key], settled: Settled, *, stretch: Stretch) -> list[dict[str, Any]]:
    """List the counts that are new or differ from those of the closings, as rows of `schema.EVIDENCE`."""
    ends = _end_keys(settled, stretch)
    rows = [
        _row(known.posts[ad_id], day, known.counts[(ad_id, day)], at_end=(ad_id, day) in ends) for ad_id, day in fresh
    ]
    return sorted(rows, key=lambda row: (row["creator"], row["clip"], row["ad_id"], row["cut_off"]))


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
