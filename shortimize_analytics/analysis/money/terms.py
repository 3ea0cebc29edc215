"""Read the terms creators are paid under: terms.toml, and the clips and decisions beside it.

Numbers with a point are read from their text, never as binary floats. TOML has no line numbers, so a problem's line is
looked up by its table and key.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from shortimize_analytics.errors import LocalFileError

from .amounts import ZERO, currencies, digits_of
from .files import Decision, read_clips, read_decisions
from .pay import Rule
from .rules import TomlSource, TomlTable, check_rules, read_rule
from .tables import Findings, read_bytes, read_text

FORMAT = 1
_CHOICES = {
    "period": ("month", "week"),
    "rounding": ("half_up", "half_even", "down"),
    "corrections": ("apply", "favour", "report"),
}
_TOP = ("format", "currency", *_CHOICES, "min_payment", "terms", "creators")
_CREATOR = ("id", "accounts", "labels", "from", "to", "terms")
CREATOR_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Creator:
    """Somebody who is paid: what belongs to them, between which upload days (days since 1970-01-01), and terms."""

    id: str
    accounts: tuple[str, ...]
    labels: tuple[str, ...]
    first: int | None
    last: int | None
    terms: str
    line: int = field(compare=False)

    def holds_on(self, day: int) -> bool:
        """Say whether uploads of a day are theirs."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Version:
    """Terms of one name for uploads from a day on: for any platform, and for those with keys of their own."""

    start: int
    rule: Rule
    platforms: Mapping[str, Rule]

    @property
    def rules(self) -> list[Rule]:
        """The rule of each platform."""
        return [self.rule, *self.platforms.values()]


@dataclass(frozen=True)
class Terms:
    """What `read_terms` read.

    Attributes
    ----------
    currency, digits
        ISO 4217 code, and its decimals.
    period
        month, or week (Monday to Sunday).
    rounding
        half_up, half_even or down.
    corrections
        apply; favour: only upwards; report: shown, not paid.
    min_payment
        Smaller balances are carried.
    versions
        By name, oldest first.
    creators
        In the order of the file.
    clips
        Clip by ad_id or link of a post; `clip_lines` has where it stands.
    decisions
        In the order of the file.
    sources
        The bytes that were read, by name: what a closing keeps.
    names
        What to call each file in a message.
    """

    currency: str
    digits: int
    period: str
    rounding: str
    corrections: str
    min_payment: Decimal
    versions: Mapping[str, tuple[Version, ...]]
    creators: tuple[Creator, ...]
    clips: Mapping[str, str] = field(default_factory=dict)
    clip_lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    decisions: tuple[Decision, ...] = field(default=(), compare=False)
    sources: Mapping[str, bytes] = field(default_factory=dict, compare=False)
    names: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def path(self) -> str:
        """What the terms' own file is called."""
        return self.names.get("terms.toml", "terms.toml")

    @cached_property
    def terms_of(self) -> dict[str, str]:
        """Name of the terms of each creator."""
        return {creator.id: creator.terms for creator in self.creators}

    @cached_property
    def longest_window(self) -> int | None:
        """Most days after an upload whose counts may be paid; None when some are paid for ever."""
        rules = [rule for own in self.versions.values() for version in own for rule in version.rules]
        days = [rule.count_days for rule in rules if rule.count_days is not None]
        return max(days, default=0) if len(days) == len(rules) else None

    @cached_property
    def has_period_parts(self) -> bool:
        """Whether any fee or cap is of a whole period."""
        rules = [version.rule for own in self.versions.values() for version in own]
        return any(rule.base_per_period or rule.cap_per_period is not None for rule in rules)

    @cached_property
    def looks_back(self) -> bool:
        """Whether a line may depend on posts of closed periods: caps that include a base fee that some posts lack."""
        rules = [rule for own in self.versions.values() for version in own for rule in version.rules]
        return any(rule.cap_includes_base for rule in rules) and any(rule.base_videos is not None for rule in rules)

    def version(self, name: str, day: int) -> Version | None:
        """Return the terms of a name for uploads of a day; None before the first."""
        found = None
        for version in self.versions[name]:
            if version.start <= day:
                found = version
        return found

    def rule(self, name: str, day: int, platform: str) -> Rule | None:
        """Return the rule for an upload."""
        version = self.version(name, day)
        return None if version is None else version.platforms.get(platform, version.rule)


def read_terms(path: str | Path, *, clips: str | Path | None = None, decisions: str | Path | None = None) -> Terms:
    r"""Read the terms, and if there are any the clips and decisions.

    Parameters
    ----------
    path
        A TOML file: see docs/money.md for every key.
    clips
        A table ``clip,video``: posts of one clip.
    decisions
        A table ``decided_on,creator,video,action,value,period,reason``.

    Returns
    -------
    Terms
        Frozen; equal terms have equal rules, creators and clips, whatever their comments.

    Raises
    ------
    LocalFileError
        When a file cannot be read, is not UTF-8, has no header or is no TOML.
    MoneyFileError
        With all that is wrong in a file.

    Examples
    --------
    >>> from pathlib import Path
    >>> import shortimize_analytics as sa
    >>> _ = Path("terms.toml").write_text('''format = 1
    ... currency = "USD"
    ... [[terms]]
    ... name = "standard"
    ... from = 2026-09-01
    ... rate_per_1000 = 0.60
    ... [[creators]]
    ... id = "c-014"
    ... accounts = ["tiktok/ann"]
    ... terms = "standard"
    ... ''')
    >>> terms = sa.read_terms("terms.toml")
    >>> terms.period, terms.creators[0].id, terms.versions["standard"][0].rule.tiers
    ('month', 'c-014', ((0, Decimal('0.60')),))
    """
    files = {"terms.toml": path, "clips.csv": clips, "decisions.csv": decisions}
    sources = {name: read_bytes(file) for name, file in files.items() if file is not None}
    return parse_terms(sources, {name: str(file) for name, file in files.items()})


def parse_terms(sources: Mapping[str, bytes], names: Mapping[str, str]) -> Terms:
    """Read terms from bytes, as a closing keeps them; `names` is what to call each file."""
    name = names["terms.toml"]
    text = read_text(sources["terms.toml"], name)
    try:
        content = tomllib.loads(text.replace("\r\n", "\n"), parse_float=str)
    except tomllib.TOMLDecodeError as error:
        raise LocalFileError(f"{name} is no TOML: {error}") from None
    findings = Findings(name)
    top = TomlTable(content, findings, TomlSource(text), place=("", 0))
    top.check_keys(_TOP)
    if content.get("format") != FORMAT:
        top.problem("format", f"write format = {FORMAT}: this version reads no other")
    currency = top.text("currency")
    if currency not in currencies():
        top.problem("currency", "write the currency's ISO 4217 code, as USD")
    digits = digits_of(currency) if currency in currencies() else 2
    chosen = {key: top.one_of(key, choices) for key, choices in _CHOICES.items()}
    least = top.amount("min_payment", digits=digits)
    versions = _versions(top, digits=digits, chosen=chosen)
    creators = _creators(top, names=versions)
    findings.check()
    clips, lines = read_clips(sources["clips.csv"], names["clips.csv"]) if "clips.csv" in sources else ({}, {})
    decisions: tuple[Decision, ...] = ()
    if "decisions.csv" in sources:
        data = sources["decisions.csv"]
        decisions = read_decisions(data, names["decisions.csv"], digits=digits, period=chosen["period"])
        _check_names(decisions, names["decisions.csv"], versions=versions, creators=creators)
    return Terms(
        currency=currency,
        digits=digits,
        min_payment=least or ZERO,
        versions=versions,
        creators=creators,
        clips=clips,
        clip_lines=lines,
        decisions=decisions,
        sources=dict(sources),
        names=dict(names),
        **chosen,
    )


def _versions(top: TomlTable, *, digits: int, chosen: dict[str, str]) -> dict[str, tuple[Version, ...]]:
    found: dict[str, list[Version]] = {}
    tables = top.tables("terms")
    if not tables:
        top.problem("terms", "write at least one [[terms]]")
    for table in tables:
        name, start = table.text("name", needed=True), table.day("from", needed=True)
        rule, platforms = read_rule(table, name=name, start=start or 0, digits=digits)
        steps = [rule, *platforms.values()]
        check_rules(table, steps, digits=digits, period=chosen["period"], rounding=chosen["rounding"])
        if any(version.start == start for version in found.get(name, ())):
            table.problem("from", f"another [[terms]] named {name!r} begins on the same day; write a later one")
        found.setdefault(name, []).append(Version(start or 0, rule, platforms))
    return {name: tuple(sorted(own, key=lambda version: version.start)) for name, own in found.items()}


def _creators(top: TomlTable, *, names: Mapping[str, Any]) -> tuple[Creator, ...]:
    found: list[Creator] = []
    for table in top.tables("creators"):
        table.check_keys(_CREATOR)
        key = table.text("id", needed=True)
        if key and not CREATOR_ID.fullmatch(key):
            table.problem(
                "id", "write up to 64 letters, digits, dots, hyphens and underscores: yours, no name of a person"
            )
        accounts, labels = table.texts("accounts"), table.texts("labels")
        if not accounts and not labels:
            table.problem("accounts", "write the creator's accounts or labels")
        terms = table.text("terms", needed=True)
        if terms and terms not in names:
            table.problem("terms", f"no [[terms]] has this name; there is {', '.join(names) or 'none'}")
        first, last = table.day("from"), table.day("to")
        if first is not None and last is not None and first > last:
            table.problem("to", "write a day that is not before from")
        same = [other for other in found if other.id == key]
        if any(other.terms != terms for other in same):
            table.problem("terms", f"creator {key!r} has other terms above; give both the same, or decide by video")
        found.append(Creator(key, accounts, labels, first, last, terms, table.line("id")))
    return tuple(found)


def _check_names(
    decisions: tuple[Decision, ...], path: str, *, versions: Mapping[str, Any], creators: tuple[Creator, ...]
) -> None:
    findings, known = Findings(path), {creator.id for creator in creators}
    for decision in decisions:
        if decision.creator and decision.creator not in known:
            findings.add(decision.line, "creator", decision.creator, "no creator has this id in the terms")
        if decision.action == "terms" and decision.value not in versions:
            findings.add(
                decision.line, "value", decision.value, f"no terms have this name; there is {', '.join(versions)}"
            )
    findings.check()
