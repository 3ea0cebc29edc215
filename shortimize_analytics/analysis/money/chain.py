"""What closings say: the counts they rest on, what each period was valued at, and what is carried.

A closing's evidence holds only what is new or differs from the closings before; laid over each other, they give the
counts as the last one knew them.
"""

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
from .stretches import parse_day
from .terms import Terms, parse_terms


@dataclass(slots=True)
class Known:
    """Posts by ad_id, and their counts by (ad_id, cut-off); None where there was none.

    Attributes
    ----------
    posts, counts
        As the newest evidence has them.
    rows
        Counts of each post by their day: what a later cut-off may fall back on.
    fetched
        Newest request behind any count of each creator's (µs).
    """

    posts: dict[str, Post] = field(default_factory=dict)
    counts: dict[tuple[str, int], Count | None] = field(default_factory=dict)
    rows: dict[str, dict[int, Count]] = field(default_factory=dict)
    fetched: dict[str, int] = field(default_factory=dict)

    def add(self, post: Post, cut_off: int, count: Count | None) -> None:
        """Lay one count of a later closing over what is known."""
        self.posts[post.ad_id] = post
        self.counts[(post.ad_id, cut_off)] = count
        if count is None:
            return
        self.rows.setdefault(post.ad_id, {})[count.day] = count
        if count.fetched is not None:
            self.fetched[post.creator] = max(self.fetched.get(post.creator, count.fetched), count.fetched)

    def copy(self) -> "Known":
        """Return one that can be added to."""
        rows = {name: dict(days) for name, days in self.rows.items()}
        return Known(dict(self.posts), dict(self.counts), rows, dict(self.fetched))


Key = tuple[str, int]
"""A post's ad_id and a cut-off."""


def read_evidence(closing: Closing) -> Iterable[tuple[Post, int, Count | None]]:
    """Yield the posts, cut-offs and counts of a closing's evidence."""
    posts: dict[tuple[Any, ...], Post] = {}
    for row in rows_of(closing, "evidence.csv", EVIDENCE, columns=(*_POST, *_COUNT)):
        what = tuple(row[: len(_POST)])
        post = posts.get(what)
        if post is None:
            ad_id, creator, clip, platform, uploaded, link, copies, state = what
            post = Post(ad_id, creator or "", clip, platform or "", uploaded, link or "", copies or "", state or "")
            posts[what] = post
        cut_off, day, views, fetched, obs = row[len(_POST) :]
        yield post, cut_off, None if day is None else Count(day, views, fetched, obs or "")


_POST = ("ad_id", "creator", "clip", "platform", "uploaded_at", "ad_link", "copies", "state")
_COUNT = ("cut_off", "date", "views", "fetched_at", "obs")
_STATED = ("creator", "period", "kind", "pay_before", "pay", "amount")


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
    stated: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    forgiven: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    carried: dict[str, Decimal] = field(default_factory=dict)

    @property
    def last(self) -> int | None:
        """Last day that is stated; None without closings."""
        return parse_day(self.closings[-1].end) if self.closings else None

    def add(self, closing: Closing, *, terms: Terms | None = None) -> None:
        """Read one more closing; its terms may be given, which spares reading them.

        Raises
        ------
        ClosingError
            When its files cannot be read as a closing's.
        """
        self.terms = terms or terms_of(closing, like=self.terms)
        for found in read_evidence(closing):
            self.known.add(*found)
        lines = rows_of(closing, "lines.csv", LINES, columns=_STATED)
        carried = rows_of(closing, "statement.csv", STATEMENT, columns=("creator", "carried_out"))
        self.advance(closing, lines, carried=carried)

    def advance(self, closing: Closing, lines: Iterable[Sequence[Any]], *, carried: Iterable[Any]) -> None:
        """Take what a closing states, whose evidence is known already.

        Parameters
        ----------
        closing
            The closing.
        lines
            Creator, period, kind, pay before, pay and amount of each line.
        carried
            Creator and amount.
        """
        for creator, period, kind, before, pay, amount in lines:
            what = (creator, period)
            if kind in OWN:
                self.stated[what] = EXACT.add(self.stated.get(what, ZERO), amount)
                continue
            change = EXACT.subtract(pay, before)
            self.stated[what] = EXACT.add(self.stated.get(what, ZERO), change)
            self.forgiven[what] = EXACT.add(self.forgiven.get(what, ZERO), EXACT.subtract(change, amount))
        self.carried = dict(carried)
        self.closings.append(closing)


def read_chain(folder: str, *, before: int | None = None) -> Chain:
    """Read the closings of a folder whose periods end before a day (all when None).

    Raises
    ------
    ClosingError
        When one was edited or is missing.
    """
    chain = Chain()
    found = [closing for closing in read_closings(folder) if before is None or parse_day(closing.end) < before]
    terms = terms_of(found[-1]) if found else None
    for closing in found:
        chain.add(closing, terms=terms)
    return chain


def terms_of(closing: Closing, *, like: Terms | None = None) -> Terms:
    """Read the terms of a closing from its copies; `like` are terms that may have the same bytes."""
    sources = {name: closing.files[name] for name in FILES if name in closing.files}
    if like is not None and dict(like.sources) == sources:
        return like
    try:
        return parse_terms(sources, {name: str(closing.path / name) for name in sources})
    except MoneyFileError as error:
        raise ClosingError(f"{closing.path} cannot be read: {error}") from error


FILES = ("terms.toml", "clips.csv", "decisions.csv")


def rows_of(closing: Closing, name: str, table: Table, *, columns: Sequence[str] | None = None) -> Iterable[list[Any]]:
    """Read a table of a closing, or some of its columns."""
    try:
        yield from from_bytes(closing.files[name], table, columns=columns)
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
