"""Random organisations that close month after month while their counts are revised, lost and their terms changed.

The engine alone, without frames: hundreds of them take seconds. Everything goes through the bytes of closings.
"""

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from shortimize_analytics.analysis.money.chain import Chain
from shortimize_analytics.analysis.money.counts import Count
from shortimize_analytics.analysis.money.evidence import evidence_rows, lay_over
from shortimize_analytics.analysis.money.posts import Post
from shortimize_analytics.analysis.money.settle import line_rows, needed_counts, periods_to, settle
from shortimize_analytics.analysis.money.sheets import iso, to_bytes
from shortimize_analytics.analysis.money.stretches import parse_day, parse_stretch
from shortimize_analytics.analysis.money.terms import parse_terms
from shortimize_analytics.schema import EVIDENCE, LINES, STATEMENT
from shortimize_analytics.store.closings import Closing

MONTHS = ("2026-07", "2026-08", "2026-09", "2026-10")
FIRST = parse_day("2026-06-15")


class World:
    """An organisation: posts, the counts that are known today, and the terms."""

    def __init__(self, seed, *, period_caps=True, corrections="apply", resets=("never", "period"), decisions=True):
        self.rng = random.Random(seed)
        self.creators = [f"c-{place}" for place in range(self.rng.randint(1, 3))]
        self.corrections, self.period_caps, self.resets = corrections, period_caps, resets
        self.posts, self.rows, self.decisions, self.with_decisions = {}, {}, [], decisions
        for place in range(self.rng.randint(2, 9)):
            self._add_post(f"v{place}")
        self.rules = self._rules()
        self.min_payment = self.rng.choice(["0", "5", "25"])

    def _add_post(self, name):
        rng = self.rng
        creator = rng.choice(self.creators)
        uploaded = FIRST + rng.randint(0, 120)
        platform = rng.choice(["tiktok", "instagram"])
        clip = rng.choice([name, f"clip-{creator}"])
        self.posts[name] = Post(name, creator, clip, platform, uploaded, f"https://x.com/p/{name}00000")
        self.rows[name] = self._curve(uploaded)

    def _curve(self, uploaded):
        """Counts by day up to the last month, with gaps and falls."""
        rng, views, rows = self.rng, 0, {}
        pace = rng.choice([3, 300, 9_000])
        for day in range(uploaded + rng.randint(0, 3), parse_day("2026-11-05")):
            views += rng.randint(0, pace)
            if rng.random() < 0.03:
                views -= rng.randint(0, views)
            if rng.random() > 0.1:
                rows[day] = views
        return rows

    def _rules(self):
        rng = self.rng
        lines = [f"base_per_video = {rng.choice(['0', '10', '12.50'])}"]
        lines.append(rng.choice([
            "rate_per_1000 = 0.60",
            "rate_per_1000 = 1.234567",
            "tiers = [{from = 0, rate = 0.5}, {from = 5000, rate = 1}]",
            'tiers = [{from = 0, rate = 0.5}, {from = 5000, rate = 0.75}]\ntier_mode = "whole"',
        ]))  # fmt: skip
        options = [
            "views_from = 1000", "min_views = 2000", "views_max = 40000", "block = 1000", "count_days = 30",
            "count_days = 7", "cap_per_video = 15", "cap_per_video = 15\ncap_includes_base = true",
            "bonuses = [{views = 1000, amount = 5}, {views = 20000, amount = 7.5}]",
            "bands = [{views = 500, amount = 1}, {views = 9000, amount = 4}]",
            f'cross_posts = "{rng.choice(["each", "sum", "best"])}"', f'removed = "{rng.choice(["keep", "void"])}"',
            f'reset = "{rng.choice(self.resets)}"', "platforms.instagram = { min_views = 100 }",
        ]  # fmt: skip
        if self.period_caps:
            options += [
                "cap_per_period = 20", "base_videos = 2",
                "base_per_period = 75\nposts_required = 3",
                'base_per_period = 75\nposts_required = 2\nbase_rule = "all_or_nothing"',
            ]  # fmt: skip
        keys, chosen = set(), []
        for option in rng.sample(options, rng.randint(1, 7)):
            names = {part.split(" = ")[0] for part in option.split("\n")}
            if not names & keys:
                keys |= names
                chosen.append(option)
        return "\n".join([*lines, *chosen])

    def live(self, now):
        """Let rows be revised, lost and found, posts go, terms change and decisions be made."""
        rng = self.rng
        for name, rows in self.rows.items():
            for day in [day for day in rows if rng.random() < 0.04]:
                rows[day] = max(0, round(rows[day] * rng.choice([0.5, 0.9, 1.1])))
            for day in [day for day in rows if rng.random() < 0.03]:
                del rows[day]
            if rng.random() < 0.05:
                self.posts[name] = _with_state(self.posts[name], rng)
        if rng.random() < 0.3:
            self.rules = self._rules()
        if rng.random() < 0.3:
            self._add_post(f"late{now}")
        if self.with_decisions and rng.random() < 0.5:
            self._decide(now)

    def _decide(self, now):
        rng = self.rng
        name = rng.choice(list(self.posts))
        creator = rng.choice(self.creators)
        month = rng.choice([month for month in MONTHS if number_of(month) <= now])
        action, value, period, who = rng.choice([
            ("exclude", "", "", ""), ("include", "", "", creator), ("hold", "", month, ""),
            ("views", str(rng.randint(0, 50_000)), month, ""), ("amount", rng.choice(["-7.25", "30"]), month, creator),
        ])  # fmt: skip
        row = f"2026-11-{len(self.decisions) + 1:02},{who},{name},{action},{value},{period},why {len(self.decisions)}"
        self.decisions.append(row)

    def terms(self, rules=None):
        """Parse the terms of today."""
        people = "".join(
            f'[[creators]]\nid = "{name}"\naccounts = ["a-{name}"]\nterms = "standard"\n' for name in self.creators
        )
        text = (
            f'format = 1\ncurrency = "USD"\nmin_payment = {self.min_payment}\ncorrections = "{self.corrections}"\n'
            f'[[terms]]\nname = "standard"\nfrom = 2026-06-01\n{rules or self.rules}\n{people}'
        )
        sources = {"terms.toml": text.encode()}
        if self.decisions:
            head = "decided_on,creator,video,action,value,period,reason"
            sources["decisions.csv"] = "\n".join([head, *self.decisions, ""]).encode()
        return parse_terms(sources, {name: name for name in sources})

    def counts(self, wanted):
        """Return the newest row up to each cut-off."""
        found = {}
        for name, day in wanted:
            days = [at for at in self.rows.get(name, ()) if at <= day]
            if days:
                found[name, day] = Count(max(days), self.rows[name][max(days)], 1, "observed")
        return found


def _with_state(post, rng):
    return replace(post, state=rng.choice(["removed", "private", ""]))


def number_of(month):
    return parse_stretch(month).last


def state(world, chain, month, *, terms=None, counts=None, posts=None, quick=True):
    """State a month against a chain of closings; returns what was settled, and the closing it makes."""
    terms, posts = terms or world.terms(), world.posts if posts is None else posts
    stretch = parse_stretch(month)
    all_posts = {**(chain.known.posts if chain else {}), **posts}
    ends = periods_to(stretch, all_posts.values(), terms=terms, chain=chain)
    wanted = needed_counts(all_posts, terms, chain=chain, ends=ends)
    known, fresh = lay_over(chain, all_posts, (counts or world.counts)(wanted), wanted)
    settled = settle(known, terms, chain=chain, stretch=stretch, fresh=fresh if quick else None)
    evidence = evidence_rows(known, fresh, settled, stretch=stretch)
    files = {
        **terms.sources,
        "lines.csv": to_bytes(line_rows(settled, terms), LINES),
        "statement.csv": to_bytes(settled.statement, STATEMENT),
        "evidence.csv": to_bytes(evidence, EVIDENCE),
    }
    first = settled.statement[0]["start"]
    closing = Closing(month, iso(first), iso(stretch.last), files, "", Path(month))
    return settled, closing


def close_all(world, months=MONTHS, *, chain=None):
    """Close month after month while the world lives on; returns the chain and what was settled each time."""
    chain, out = chain or Chain(), []
    for month in months:
        world.live(number_of(month))
        settled, closing = state(world, chain, month)
        chain.add(closing)
        out.append(settled)
    return chain, out


def stated(settled, name, *parts):
    """Sum columns of a creator's statement."""
    rows = [row for row in settled.statement if row["creator"] == name]
    return sum((row[part] for row in rows for part in parts), Decimal(0))


PARTS = ("earned", "cap", "fall", "correction_counts", "correction_terms", "decisions")
__all__ = ["MONTHS", "PARTS", "World", "close_all", "number_of", "state", "stated"]
