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
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import pandas as pd

from shortimize_analytics.client.answers import Answer, Call
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.contract import Endpoint
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
class _Page:
    """One page's answer and its rows."""

    answer: Answer
    decoded: Decoded

    @property
    def ids(self) -> pd.Series:
        return self.decoded.frame["ad_id"]


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
    """

    answers: list[Answer]
    decoded: Decoded
    repeated: list[str]
    trouble: str
    backwards: bool
    full: bool

    def confirms(self, other: "PagesRead") -> bool:
        """Tell whether two readings in turn bring the same videos in lists of the announced length.

        After a full one the next is from the other end, so two full ones in turn are from either end.
        """
        return self.full and other.full and set(self.decoded.frame["ad_id"]) == set(other.decoded.frame["ad_id"])

    def about_repeats(self) -> str:
        """Say how many rows of a full list were repeats."""
        videos, repeats = len(self.decoded.frame), len(self.repeated)
        return (
            f"the API announced {videos + repeats:,} videos, but {repeats:,} of its rows are repeats, from either end "
            f"of the list: each video was kept once, {videos:,} in all"
        )


def read_all_pages(client: Client, call: Call, *, progress: bool | None) -> PagesRead:
    """Read every page of videos by creation time until rows and announced totals agree.

    Raises
    ------
    IncompleteDataError
        When they still disagree after `READINGS` readings.
    """
    now = _read(client, call, backwards=False, refresh=False, progress=progress)
    for _ in range(1, READINGS):
        if not now.trouble:
            break
        before, back = now, now.full and not now.backwards
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
    order = {"order_by": "created_at", "order_direction": "desc" if backwards else "asc"}
    ordered = Call(call.endpoint, call.parts, {**call.params, **order})
    answers, pages = _read_pages(client, ordered, refresh=refresh, progress=progress)
    decoded = join_pages(pages)
    ids = decoded.frame["ad_id"]
    repeated = ids[ids.duplicated()].tolist()
    trouble = _disagreement(pages, unique=len(ids) - len(repeated), repeats=len(repeated))
    full = bool(trouble) and not _disagreement(pages, unique=len(ids), repeats=0)
    return PagesRead(answers, decoded, repeated, trouble=trouble, backwards=backwards, full=full)


def _in_order(found: PagesRead) -> PagesRead:
    frame = found.decoded.frame[::-1].reset_index(drop=True) if found.backwards else found.decoded.frame
    found.decoded.frame = _drop_repeats(frame) if found.repeated else frame
    return found


def _read_pages(
    client: Client, call: Call, *, refresh: bool, progress: bool | None
) -> tuple[list[Answer], list[Decoded]]:
    """Read page 1, then as many as it announces, then on while the last one is full and brings something new."""

    def read(number: int) -> _Page:
        answer = client.get(Call(call.endpoint, call.parts, {**call.params, "page": number}), refresh=refresh)
        return _Page(answer, decode_videos(answer, call.endpoint))

    pages = {1: read(1)}
    pagination = pages[1].decoded.pagination
    if pagination is None and len(pages[1].ids) == call.params["limit"]:
        raise IncompleteDataError(
            f"{len(pages[1].ids)} videos arrived, exactly a page, without a word of how many there are",
            endpoint=str(call.endpoint),
            hint="Nothing was returned, because it may not be all: load the days of upload in parts",
        )
    if pagination is not None:
        size, total = _page_size(pagination, asked=call.params["limit"]), _total(pagination)
        if total is None:
            raise ResponseShapeError(
                f"the pagination's total ({str(pagination.get('total'))[:40]}) is no count of videos",
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
        if page.ids.empty or set(page.ids).issubset(known):
            return
        last += 1
        pages[last] = page


def decode_videos(answer: Answer, endpoint: Endpoint) -> Decoded:
    """Decode an answer that lists videos; each row says when it was asked for, which no merge of frames can lose."""
    decoded = decode_page(answer, endpoint)
    decoded.frame["fetched_at"] = pd.Series(answer.sent_at, index=decoded.frame.index, dtype="datetime64[us, UTC]")
    return decoded


def _page_size(pagination: dict[str, Any], *, asked: int) -> int:
    """Read the limit that the API applied, which may be lower than the one asked for."""
    limit = pagination.get("limit")
    return limit if isinstance(limit, int) and not isinstance(limit, bool) and 0 < limit < asked else asked


def _total(pagination: dict[str, Any]) -> int | None:
    """Read how many videos there are; None when that is no count."""
    total = pagination.get("total")
    if isinstance(total, str) and total.isascii() and total.isdigit():
        total = int(total[:20])
    if isinstance(total, float) and total.is_integer():
        total = int(total)
    return total if isinstance(total, int) and not isinstance(total, bool) and 0 <= total < 2**53 else None


def _disagreement(pages: list[Decoded], *, unique: int, repeats: int) -> str:
    """Say how rows and totals differ; an empty string means that they agree."""
    said = [_total(page.pagination) for page in pages if page.pagination is not None]
    totals = sorted({total for total in said if total is not None})
    if not totals:
        return ""
    if len(totals) > 1:
        return f"the number of videos changed from {totals[0]} to {totals[-1]} while the pages were read"
    if unique == totals[0]:
        return ""
    repeated = f" ({repeats} more were repeats)" if repeats else ""
    return f"{unique} videos arrived{repeated}, but the API announced {totals[0]}"


def _drop_repeats(frame: pd.DataFrame) -> pd.DataFrame:
    newest = frame.sort_values("latest_updated_at", kind="stable", na_position="first").drop_duplicates(
        "ad_id", keep="last"
    )
    return newest.sort_index().reset_index(drop=True)
