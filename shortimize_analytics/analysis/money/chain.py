"""What closings say: the counts they rest on, what each period was valued at, and what is carried.

A closing's evidence holds only what is new or differs from the closings before; laid over each other, they give the
counts as the last one knew them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shortimize_analytics.errors import ClosingError, MoneyFileError
from shortimize_analytics.schema import EVIDENCE, LINES, STATEMENT, Table
from shortimize_analytics.store.closings import Closing, read_closings

from .amounts import EXACT, ZERO
from .counts import Count
from .months import OWN
from .posts import Post
from .sheets import from_bytes
from .stretches import Stretch, name_of, parse_day, stretch_with
from .terms import Terms, parse_terms


@dataclass(slots=True)
class Known:
    """Posts by ad_id, and their counts by (ad_id, cut-off); None where there was none.

    `rows` are the counts of each post by their day: what a later cut-off may fall back on.
    """

    posts: dict[str, Post] = field(default_factory=dict)
    counts: dict[tuple[str, int], Count | None] = field(default_factory=dict)
    rows: dict[str, dict[int, Count]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Lay the evidence of a later closing over what is known."""
        for row in rows:
            ad_id = row["ad_id"]
            self.posts[ad_id] = Post(
                ad_id=ad_id,
                creator=row["creator"] or "",
                clip=row["clip"],
                platform=row["platform"] or "",
                uploaded=row["uploaded_at"],
                link=row["ad_link"] or "",
                copies=row["copies"] or "",
                state=row["state"] or "",
            )
            count = None
            if row["date"] is not None:
                count = Count(row["date"], row["views"], row["fetched_at"], row["obs"] or "")
                self.rows[ad_id][count.day] = count
            self.counts[(ad_id, row["cut_off"])] = count


@dataclass(slots=True)
class Chain:
    """The closings of a folder up to a day, read.

    Attributes
    ----------
    closings
        Oldest first.
    terms
        Those of the last one, with its decisions; None without closings.
    known
        Posts and counts as the last one knew them.
    stated
        What each (creator, period's last day) is valued at.
    forgiven
        Corrections of it that were shown and not paid (negative).
    carried
        What each creator's last statement carries out.
    """

    closings: list[Closing] = field(default_factory=list)
    terms: Terms | None = None
    known: Known = field(default_factory=Known)
    stated: dict[tuple[str, int], Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    forgiven: dict[tuple[str, int], Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    carried: dict[str, Decimal] = field(default_factory=dict)

    @property
    def last(self) -> int | None:
        """Last day that is stated; None without closings."""
        return parse_day(self.closings[-1].end) if self.closings else None

    def add(self, closing: Closing) -> None:
        """Read one more closing.

        Raises
        ------
        ClosingError
            When its files cannot be read as a closing's.
        """
        self.terms = terms_of(closing)
        self.known.add(rows_of(closing, "evidence.csv", EVIDENCE))
        for row in rows_of(closing, "lines.csv", LINES):
            what = (row["creator"], row["period"])
            change = EXACT.subtract(row["pay"], row["pay_before"])
            own = row["kind"] in OWN
            self.stated[what] = EXACT.add(self.stated[what], row["amount"] if own else change)
            if not own:
                unpaid = EXACT.subtract(change, row["amount"])
                self.forgiven[what] = EXACT.add(self.forgiven[what], unpaid)
        self.carried = {row["creator"]: row["carried_out"] for row in rows_of(closing, "statement.csv", STATEMENT)}
        self.closings.append(closing)


def read_chain(folder: str, *, before: int | None = None) -> Chain:
    """Read the closings of a folder whose periods end before a day (all when None).

    Raises
    ------
    ClosingError
        When one was edited or is missing.
    """
    chain = Chain()
    for closing in read_closings(folder):
        if before is None or parse_day(closing.end) < before:
            chain.add(closing)
    return chain


def terms_of(closing: Closing) -> Terms:
    """Read the terms of a closing from its copies."""
    sources = {
        name: closing.files[name] for name in ("terms.toml", "clips.csv", "decisions.csv") if name in closing.files
    }
    try:
        return parse_terms(sources, {name: str(closing.path / name) for name in sources})
    except MoneyFileError as error:
        raise ClosingError(f"{closing.path} cannot be read: {error}") from error


def rows_of(closing: Closing, name: str, table: Table) -> Iterable[dict[str, Any]]:
    """Read a table of a closing."""
    try:
        yield from from_bytes(closing.files[name], table)
    except (ValueError, ArithmeticError, KeyError) as error:
        raise ClosingError(f"{closing.path / name} cannot be read as {table.name}: {error}") from error


def check_same_kind(terms: Terms, chain: Chain) -> None:
    """Refuse terms that count in other periods or pay in another currency than the closings do.

    Raises
    ------
    ClosingError
        With what to do.
    """
    if chain.terms is None:
        return
    for name in ("currency", "period"):
        old, new = getattr(chain.terms, name), getattr(terms, name)
        if old != new:
            raise ClosingError(
                f"{terms.path} says {name} = {new!r}, the closings are in {old!r}: keep it, or begin another folder of "
                "closings with terms from a later day"
            )


def stated_periods(chain: Chain, terms: Terms) -> Sequence[Stretch]:
    """List the periods that closings have valued."""
    days = sorted({period for _, period in chain.stated})
    return [stretch_with(day, terms.period) for day in days]


def period_name(day: int, terms: Terms) -> str:
    """Name the period that ends with a day."""
    return name_of(stretch_with(day, terms.period), terms.period)
