"""Walk over the pages of a list that may change while it is read.

The API's default order (newest measurement first) moves with every measurement, so rows repeat and go missing. Creation
time does not move; what is left to notice is that videos are added or removed meanwhile, by totals that change from
page to page or differ from the rows. Then the walk starts anew without the cache, a few times, and at last it is an
error.
"""

import math
from typing import Any

import pandas as pd

from .client import Answer, Call, Client
from .decode import Decoded, decode_page, join
from .errors import IncompleteDataError
from .progress import bar
from .schema import VIDEOS

WALKS = 3
"""How often a walk over pages is made before rows and totals that disagree are an error."""


def walk(client: Client, call: Call, *, progress: bool | None) -> tuple[list[Answer], Decoded, int]:
    """Read every page of videos by creation time, oldest first, until rows and announced totals agree.

    Returns
    -------
    answers, decoded, repeats
        The pages' answers, their rows with each video once, and how many rows were repeats.

    Raises
    ------
    IncompleteDataError
        When they still disagree after `WALKS` walks.
    """
    call = Call(call.endpoint, call.parts, {**call.params, "order_by": "created_at", "order_direction": "asc"})
    for attempt in range(WALKS):
        answers, pages = _read_pages(client, call, refresh=attempt > 0, progress=progress)
        decoded = join(pages)
        repeats = int(decoded.frame["ad_id"].duplicated().sum())
        trouble = _disagreement(pages, unique=len(decoded.frame) - repeats, repeats=repeats)
        if not trouble:
            decoded.frame = _drop_repeats(decoded.frame) if repeats else decoded.frame
            return answers, decoded, repeats
        if client.settings.offline:
            break
    masked = " Limited and Basic plans get one masked result." if decoded.masked else ""
    raise IncompleteDataError(
        trouble,
        endpoint=str(call.endpoint),
        tier=client.tier,
        hint=f"Nothing was returned, so that no partial table passes for the whole.{masked} Try again in a few minutes",
    )


def _read_pages(
    client: Client, call: Call, *, refresh: bool, progress: bool | None
) -> tuple[list[Answer], list[Decoded]]:
    """Read page 1, then as many as it announces, then on while the last one is full."""

    def page_call(number: int) -> Call:
        return Call(call.endpoint, call.parts, {**call.params, "page": number})

    answers = {1: client.get(page_call(1), refresh=refresh)}
    pages = {1: decode_page(answers[1].body, call.endpoint, VIDEOS)}
    pagination = pages[1].pagination
    if pagination is None:
        return list(answers.values()), list(pages.values())
    limit = pagination.get("limit")
    size = limit if isinstance(limit, int) and limit > 0 else call.params["limit"]
    last = max(1, math.ceil(_total(pagination) / size))
    with bar(total=last, unit="page", show=progress) as ticks:
        ticks.update()
        for position, answer in client.get_many([page_call(number) for number in range(2, last + 1)], refresh=refresh):
            if isinstance(answer, Exception):
                raise answer
            answers[position + 2] = answer
            pages[position + 2] = decode_page(answer.body, call.endpoint, VIDEOS)
            ticks.update()
        while len(pages[last].frame) >= size:
            last += 1
            answers[last] = client.get(page_call(last), refresh=refresh)
            pages[last] = decode_page(answers[last].body, call.endpoint, VIDEOS)
    return [answers[number] for number in sorted(answers)], [pages[number] for number in sorted(pages)]


def _total(pagination: dict[str, Any]) -> int:
    total = pagination.get("total")
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else 0


def _disagreement(pages: list[Decoded], *, unique: int, repeats: int) -> str:
    """Say how rows and totals differ; an empty string means that they agree."""
    totals = sorted({_total(page.pagination) for page in pages if page.pagination is not None})
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
