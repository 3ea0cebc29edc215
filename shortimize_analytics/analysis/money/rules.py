"""The tables of a terms file: cells read with their problems, and one set of terms checked for sense."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from shortimize_analytics.analysis.base.calendar import day_number

from .amounts import RATE_DIGITS, ZERO, read_amount, to_digits
from .pay import Rule, Steps, falling_counts
from .stretches import stretch_with
from .tables import NO_PRIVATE_DATA, Findings, is_private

_AMOUNTS = ("base_per_video", "base_per_period", "cap_per_video", "cap_per_period")
_COUNTS = {
    "base_videos": 0,
    "posts_required": 1,
    "block": 1,
    "views_from": 0,
    "min_views": 0,
    "views_max": 0,
    "count_days": 0,
}
_CHOICES = {
    "base_rule": ("prorata", "all_or_nothing"),
    "tier_mode": ("marginal", "whole"),
    "reset": ("never", "period"),
    "cross_posts": ("best", "each", "sum"),
    "removed": ("keep", "void"),
}
_STEPS = {"bonuses": ("views", "amount"), "bands": ("views", "amount"), "tiers": ("from", "rate")}
_WHOLE = ("base_videos", "base_per_period", "posts_required", "base_rule", "cap_per_period", "reset", "cross_posts")
"""Keys of a creator's whole period or clip: no platform has its own."""
_RULE = (*_AMOUNTS, *_COUNTS, *_CHOICES, *_STEPS, "rate_per_1000", "cap_includes_base")


class TomlSource:
    """The lines of a TOML file, and where the tables of each array begin."""

    def __init__(self, text: str) -> None:
        """Look for the heads of arrays."""
        self.lines = text.splitlines()
        self.heads: dict[str, list[int]] = defaultdict(list)
        for at, line in enumerate(self.lines):
            head = _HEAD.match(line)
            if head:
                self.heads[head["name"]].append(at)

    def find(self, key: str, *, start: int) -> int | None:
        """Return the line of a key (from 0) within the table that begins at a line."""
        wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
        for at in range(start, len(self.lines)):
            if _HEAD.match(self.lines[at]):
                return None
            if wanted.match(self.lines[at]):
                return at
        return None


_HEAD = re.compile(r"\s*\[\[\s*(?P<name>[A-Za-z_]+)\s*\]\]")


@dataclass(frozen=True, slots=True)
class TomlTable:
    """One table of a TOML file; `place` is the name of its array and its number there, or ("", 0) for the top."""

    data: dict[str, Any]
    findings: Findings
    source: TomlSource
    place: tuple[str, int]
    inside: str = ""

    def line(self, key: str) -> int:
        """Return the line of a key, or of the table's head; 1 when neither is found."""
        name, number_in = self.place
        heads = self.source.heads.get(name, [])
        head = heads[number_in - 1] if 0 < number_in <= len(heads) else -1
        for wanted in (self.inside + key, self.inside.rstrip(".")):
            at = self.source.find(wanted, start=head + 1) if wanted else None
            if at is not None:
                return at + 1
        return max(head, 0) + 1

    def problem(self, key: str, advice: str, *, value: Any = None) -> None:
        """Note what is wrong with a key."""
        shown = self.data.get(key) if value is None else value
        self.findings.add(self.line(key), self.inside + key, shown, advice)

    def check_keys(self, known: Sequence[str]) -> None:
        """Note the keys that mean nothing here."""
        for key in self.data:
            if key not in known:
                private = is_private(key)
                advice = NO_PRIVATE_DATA if private else f"unknown; the keys are {', '.join(known)}"
                self.problem(key, advice, value="" if private else None)

    def tables(self, key: str) -> "list[TomlTable]":
        """Return an array of tables."""
        found = self.data.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self.problem(key, f"write it as [[{key}]]", value=type(found).__name__)
            return []
        return [TomlTable(one, self.findings, self.source, (key, at)) for at, one in enumerate(found, start=1)]

    def text(self, key: str, *, needed: bool = False) -> str:
        """Return a text."""
        value = self.data.get(key, "")
        if not isinstance(value, str) or (needed and not value.strip()):
            self.problem(key, "write a text in quotes")
            return ""
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            self.problem(key, 'write a list of texts, as ["tiktok/hook.lab"]')
            return ()
        return tuple(one.strip() for one in value)

    def one_of(self, key: str, choices: Sequence[str]) -> str:
        """Return one of a few words, the first when the key is not there."""
        value = self.data.get(key, choices[0])
        if value not in choices:
            self.problem(key, f"write one of {', '.join(choices)}, in quotes")
            return choices[0]
        return str(value)

    def day(self, key: str, *, needed: bool = False) -> int | None:
        """Return a day, days since 1970-01-01."""
        value = self.data.get(key)
        if value is None and not needed:
            return None
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            self.problem(key, "write a day without quotes, as 2026-09-01")
            return None
        return day_number(value)

    def count(self, key: str, *, least: int) -> int | None:
        """Return a whole number."""
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 10**15:
            self.problem(key, f"write a whole number from {least} on")
            return None
        return value

    def amount(self, key: str, *, digits: int) -> Decimal | None:
        """Return an amount that is not negative."""
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | str):
            self.problem(key, "write a number, as 12.50")
            return None
        try:
            found = read_amount(str(value).replace("_", ""), digits=digits)
        except ValueError as error:
            self.problem(key, str(error))
            return None
        if found < 0:
            self.problem(key, "write an amount that is not negative")
            return None
        return found

    def steps(self, key: str, *, digits: int) -> Steps:
        """Return counts and amounts, as [{views = 1000, amount = 35}, …], ascending."""
        first, second = _STEPS[key]
        rows = self.data.get(key, [])
        example = f"write a list, as [{{{first} = {0 if first == 'from' else 1000}, {second} = 1}}]"
        if not isinstance(rows, list) or not all(isinstance(row, dict) and set(row) == {first, second} for row in rows):
            self.problem(key, example)
            return ()
        found = []
        for row in rows:
            cell = TomlTable(row, self.findings, self.source, self.place, self.inside + key + ".")
            start, amount = cell.count(first, least=0), cell.amount(second, digits=digits)
            if start is not None and amount is not None:
                found.append((start, amount))
        starts = [start for start, _ in found]
        if starts != sorted(set(starts)):
            self.problem(key, f"write each {first} once, the lowest first")
        if key == "tiers" and starts and starts[0] != 0:
            self.problem(key, "let the first tier begin at 0; views that earn nothing are views_from")
        return tuple(found)


def read_rule(table: TomlTable, *, name: str, start: int, digits: int) -> tuple[Rule, dict[str, Rule]]:
    """Read one [[terms]]: its rule, and that of each platform with keys of its own."""
    table.check_keys(("name", "from", "platforms", *_RULE))
    rule = _with_keys(table, Rule(name=name, start=start), digits=digits)
    platforms = table.data.get("platforms", {})
    if not isinstance(platforms, dict) or not all(isinstance(own, dict) for own in platforms.values()):
        table.problem("platforms", "write platforms.instagram = { base_per_video = 0 }")
        return rule, {}
    found = {}
    for platform, keys in platforms.items():
        own = TomlTable(keys, table.findings, table.source, table.place, f"platforms.{platform}.")
        own.check_keys(_RULE)
        for key in (key for key in keys if key in _WHOLE):
            own.problem(key, "no platform has its own: it is about the whole clip or period; write it above")
        found[platform] = _with_keys(own, rule, digits=digits)
    return rule, found


def _with_keys(table: TomlTable, rule: Rule, *, digits: int) -> Rule:
    """Replace what a table says of a rule."""
    reads: list[tuple[Sequence[str], Callable[[str], Any]]] = [
        (_AMOUNTS, lambda key: _whole(table.amount(key, digits=digits), digits)),
        (tuple(_COUNTS), lambda key: table.count(key, least=_COUNTS[key])),
        (tuple(_CHOICES), lambda key: table.one_of(key, _CHOICES[key])),
        (
            ("bonuses", "bands"),
            lambda key: tuple((at, _whole(pay, digits)) for at, pay in table.steps(key, digits=digits)),
        ),
        (("tiers",), lambda key: table.steps(key, digits=RATE_DIGITS)),
    ]
    found = {key: read(key) for keys, read in reads for key in keys if key in table.data}
    if "cap_includes_base" in table.data:
        if not isinstance(table.data["cap_includes_base"], bool):
            table.problem("cap_includes_base", "write true or false")
        found["cap_includes_base"] = table.data["cap_includes_base"] is True
    if "rate_per_1000" in table.data:
        if "tiers" in table.data:
            table.problem("tiers", "write rate_per_1000 or tiers, not both")
        rate = table.amount("rate_per_1000", digits=RATE_DIGITS)
        found["tiers"] = ((0, rate),) if rate else ()
    return replace(rule, **{key: value for key, value in found.items() if value is not None})


def _whole(amount: Decimal | None, digits: int) -> Decimal | None:
    """Write an amount with all the currency's digits, so that every cell of a sheet has them."""
    return None if amount is None else to_digits(amount, digits=digits)


def check_rules(table: TomlTable, rules: Sequence[Rule], *, digits: int, period: str, rounding: str) -> None:
    """Note what cannot be meant: more views that pay less, and fees of a period that begin within one."""
    for rule in rules:
        fall = falling_counts(rule, digits=digits, rounding=rounding)
        if fall is not None:
            fewer, before, more, after = fall
            key = "tiers" if rule.tier_mode == "whole" and "tiers" in table.data else "bands"
            advice = f"{fewer:,} views pay {before}, {more:,} pay {after}: let more views never pay less"
            table.problem(key if key in table.data else "tiers", advice, value="")
    rule = rules[0]
    per_period = rule.base_per_period > ZERO or rule.cap_per_period is not None
    if per_period and rule.start != stretch_with(rule.start, period).first:
        table.problem(
            "from", f"begin on the first day of a {period}: base_per_period and cap_per_period are of a whole one"
        )
    if rule.base_per_period == ZERO and "posts_required" in table.data:
        table.problem("posts_required", "write base_per_period, which it belongs to, too")
    if "base_per_period" in table.data and "posts_required" not in table.data:
        table.problem("posts_required", "write how many posts the fee of a period is for", value="")
