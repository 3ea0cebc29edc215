"""Walk over the pages of a list that may change while it is read.

The API's default order (newest measurement first) moves with every measurement, so rows repeat and go missing. Creation
time does not move; what is left to notice is that videos are added or removed meanwhile, by totals that change from
page to page or differ from the rows. Then the reading starts anew without the cache, a few times, and at last it is an
error.

Rows that repeat can mean two things. Either a page's edge cut through the list, and others went missing in their place;
or the server counts and sends a few videos twice, at every reading. So a list of the announced length with repeats is
read once more from its other end, where edges would fall elsewhere: the same set of videos both ways is the whole list.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

import pandas as pd

from shortimize_analytics.client.answers import Answer, Call
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.contract import LIST_ACCOUNTS, Endpoint
from shortimize_analytics.client.decode import Decoded, decode_page, join_pages
from shortimize_analytics.client.parallel import side_by_side
from shortimize_analytics.errors import ApiError, IncompleteDataError, OfflineError, ResponseShapeError

from .progress import progress_bar

READINGS = 3
"""How often all pages are read before rows and totals that disagree are an error."""
PAGE_WORKERS = 4
"""Pages read and decoded side by side: decoding, too, uses more than one core, but holds a page's memory."""

_NO_SUCH_PAGE = {400, 404, 416, 422}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list holds: the column that tells its rows apart, their name in words, and when each was looked at.

    `ordered` says whether the API is known to order it by creation time.
    """

    key: str = "ad_id"
    noun: str = "videos"
    looked_at: str = "latest_updated_at"
    ordered: bool = True


_VIDEOS, _ACCOUNTS = Listed(), Listed("account_id", "accounts", "checked_at", ordered=False)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page's answer and its rows."""

    answer: Answer
    decoded: Decoded
    listed: Listed

    @property
    def ids(self) -> list[str]:
        return self.decoded.values(self.listed.key)


@dataclass(frozen=True, slots=True)
class PagesRead:
    """One reading of all pages, by creation time.

    Attributes
    ----------
    answers
        The pages' answers.
    decoded
        Their rows; after `read_all_pages` each video once, oldest first.
    repeated
        Id of each row whose video had come before.
    trouble
        How rows and announced totals differ; empty where they agree.
    backwards
        Whether the newest came first.
    full
        Whether the list is as long as announced, though videos repeat in it.
    listed
        What is listed.
    """

    answers: list[Answer]
    decoded: Decoded
    repeated: list[str]
    trouble: str
    backwards: bool
    full: bool
    listed: Listed = field(default=_VIDEOS)

    def confirms(self, other: "PagesRead") -> bool:
        """Tell whether two readings in turn bring the same videos in lists of the announced length.

        After a full one the next is from the other end, so two full ones in turn are from either end; of a list that
        cannot be ordered, only one without edges between pages is sure.
        """
        key, sure = self.listed.key, self.listed.ordered or len(self.answers) == 1
        return sure and self.full and other.full and set(self.decoded.frame[key]) == set(other.decoded.frame[key])

    def about_repeats(self) -> str:
        """Say how many rows of a full list were repeats."""
        kept, repeats, noun = len(self.decoded.frame), len(self.repeated), self.listed.noun
        ends = "from either end of the list" if self.listed.ordered else "at each reading"
        return (
            f"the API announced {kept + repeats:,} {noun}, but {repeats:,} of its rows are repeats, {ends}: each "
            f"{noun.removesuffix('s')} was kept once, {kept:,} in all"
        )


def read_all_pages(client: Client, call: Call, *, progress: bool | None) -> PagesRead:
    """Read every page of videos, by creation time, or of accounts until rows and announced totals agree.

    Raises
    ------
    IncompleteDataError
        When they still disagree after `READINGS` readings.
    """
    now = _read(client, call, backwards=False, refresh=False, progress=progress)
    for _ in range(1, READINGS):
        if not now.trouble:
            break
        before, back = now, now.full and not now.backwards and now.listed.ordered
        if client.settings.offline and not back:
            break
        try:
            # a look from the other end is a second opinion on the same list: from the cache, where it is there
            now = _read(client, call, backwards=back, refresh=not back, progress=progress)
        except OfflineError:
            break
        if now.confirms(before):
            now = replace(now, trouble="")
    if not now.trouble:
        return _in_order(now)
    masked = " Limited and Basic plans get one masked result." if now.decoded.masked else ""
    raise IncompleteDataError(
        now.trouble,
        endpoint=str(call.endpoint),
        tier=client.tier,
        hint=f"Nothing was returned, so that no partial table passes for the whole.{masked} Try again in a few minutes",
    )


def _read(client: Client, call: Call, *, backwards: bool, refresh: bool, progress: bool | None) -> PagesRead:
    """Read every page once, and compare rows with announced totals."""
    listed = _ACCOUNTS if call.endpoint == LIST_ACCOUNTS else _VIDEOS
    order = {"order_by": "created_at", "order_direction": "desc" if backwards else "asc"} if listed.ordered else {}
    ordered = Call(call.endpoint, call.parts, {**call.params, **order})
    answers, pages = _read_pages(client, ordered, listed=listed, refresh=refresh, progress=progress)
    decoded = join_pages(pages)
    ids = decoded.frame[listed.key]
    repeated = ids[ids.duplicated()].tolist()
    trouble = _disagreement(pages, unique=len(ids) - len(repeated), repeats=len(repeated), noun=listed.noun)
    full = bool(trouble) and not _disagreement(pages, unique=len(ids), repeats=0, noun=listed.noun)
    return PagesRead(answers, decoded, repeated, trouble=trouble, backwards=backwards, full=full, listed=listed)


def _in_order(found: PagesRead) -> PagesRead:
    frame = found.decoded.frame[::-1].reset_index(drop=True) if found.backwards else found.decoded.frame
    found.decoded.rows = _drop_repeats(frame, found.listed) if found.repeated else frame
    return found


def _read_pages(
    client: Client, call: Call, *, listed: Listed, refresh: bool, progress: bool | None
) -> tuple[list[Answer], list[Decoded]]:
    """Read page 1, then as many as it announces, then on while the last one is full and brings something new."""

    def read(number: int) -> _Page:
        answer = client.get(Call(call.endpoint, call.parts, {**call.params, "page": number}), refresh=refresh)
        return _Page(answer, decode_dated(answer, call.endpoint), listed)

    pages = {1: read(1)}
    pagination, limit = pages[1].decoded.pagination, call.params.get("limit")
    if pagination is None and len(pages[1].ids) == limit:
        raise IncompleteDataError(
            f"{len(pages[1].ids)} {listed.noun} arrived, exactly a page, without a word of how many there are",
            endpoint=str(call.endpoint),
            hint="Nothing was returned, because it may not be all: load the days of upload in parts",
        )
    if pagination is not None:
        total, rows = _total(pagination), len(pages[1].ids)
        size = _page_size(pagination, asked=limit, seen=max(1, rows) if total is None or rows < total else rows + 1)
        if total is None:
            raise ResponseShapeError(
                f"the pagination's total ({str(pagination.get('total'))[:40]}) is no count of {listed.noun}",
                endpoint=str(call.endpoint),
                status=200,
                hint="Nothing was returned, because nothing tells whether it would be all",
            )
        if _read_announced(read, pages, last=max(1, -(-total // size)), progress=progress):
            _read_on(read, pages, size=size)
    found = [pages[number] for number in sorted(pages)]
    return [page.answer for page in found], [page.decoded for page in found]


def _read_announced(read: Callable[[int], _Page], pages: dict[int, _Page], *, last: int, progress: bool | None) -> bool:
    """Read the pages from 2 to `last`; False when one shows that the total lies, so that asking on would be in vain."""
    first, honest = set(pages[1].ids), True
    with progress_bar(total=last, unit="page", show=progress) as ticks:
        ticks.update()
        numbers = takewhile(lambda _: honest, range(2, last + 1))
        with closing(side_by_side(read, numbers, workers=PAGE_WORKERS)) as found:
            for position, page in found:
                if isinstance(page, Exception):
                    raise page
                pages[position + 2] = page
                ticks.update()
                honest = honest and not first.issuperset(page.ids)
    return honest


def _read_on(read: Callable[[int], _Page], pages: dict[int, _Page], *, size: int) -> None:
    """Read pages that were not announced, while the last one is full and the next one brings a new video."""
    last = max(pages)
    while len(pages[last].ids) >= size:
        try:
            page = read(last + 1)
        except ApiError as error:
            if error.status in _NO_SUCH_PAGE:
                return
            raise
        known = (ad_id for earlier in pages.values() for ad_id in earlier.ids)
        if not page.ids or set(page.ids).issubset(known):
            return
        last += 1
        pages[last] = page


def decode_dated(answer: Answer, endpoint: Endpoint) -> Decoded:
    """Decode an answer; each row says when it was asked for, which no merge of frames can lose."""
    decoded = decode_page(answer, endpoint)
    decoded.stamp(answer.sent_at)
    return decoded


def _page_size(pagination: dict[str, Any], *, asked: int | None, seen: int) -> int:
    """Read the limit that the API applied, which may be lower than the one asked for.

    Where none was asked for and none is named, it is taken to be what was seen: the first page, unless that holds all.
    """
    limit = pagination.get("limit")
    if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
        return limit if asked is None else min(limit, asked)
    return seen if asked is None else asked


def _total(pagination: dict[str, Any]) -> int | None:
    """Read how many videos there are; None when that is no count."""
    total = pagination.get("total")
    if isinstance(total, str) and total.isascii() and total.isdigit():
        total = int(total[:20])
    if isinstance(total, float) and total.is_integer():
        total = int(total)
    return total if isinstance(total, int) and not isinstance(total, bool) and 0 <= total < 2**53 else None


def _disagreement(pages: list[Decoded], *, unique: int, repeats: int, noun: str) -> str:
    """Say how rows and totals differ; an empty string means that they agree."""
    said = [_total(page.pagination) for page in pages if page.pagination is not None]
    totals = sorted({total for total in said if total is not None})
    if not totals:
        return ""
    if len(totals) > 1:
        return f"the number of {noun} changed from {totals[0]} to {totals[-1]} while the pages were read"
    if unique == totals[0]:
        return ""
    repeated = f" ({repeats} more were repeats)" if repeats else ""
    return f"{unique} {noun} arrived{repeated}, but the API announced {totals[0]}"


def _drop_repeats(frame: pd.DataFrame, listed: Listed) -> pd.DataFrame:
    newest = frame.sort_values(listed.looked_at, kind="stable", na_position="first")
    return newest.drop_duplicates(listed.key, keep="last").sort_index().reset_index(drop=True)
