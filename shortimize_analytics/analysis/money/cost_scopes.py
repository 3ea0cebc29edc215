"""What each cost paid for, and what it was exactly: fees and rates over videos, split to the cent where asked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.periods.ledger import Ledger, last_row_at
from shortimize_analytics.errors import InvalidParameterError, MoneyFileError, Problem
from shortimize_analytics.schema import COSTS
from shortimize_analytics.schema.rows import NEVER, day_numbers

from .amounts import EXACT, ZERO, digits_of, per_1000, split, to_digits, total
from .keys import AccountKeys, LabelKeys, VideoKeys
from .posts import creators_of_rows
from .terms import Terms


@dataclass(slots=True)
class Cost:
    """One cost: its place in the file, what it is of, and the rows of the videos that it paid for, each post once.

    `parts` are what each of these videos cost: exact, and adding up to `amount`.
    """

    scope: str
    key: str
    name: str
    what: str
    currency: str
    rows: np.ndarray
    amount: Decimal
    parts: list[Decimal]
    notes: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Scene:
    """Videos in the order of their rows, and what a key of a money file stands for among them."""

    videos: pd.DataFrame
    uploaded: np.ndarray
    accounts: AccountKeys
    labels: LabelKeys
    posts: VideoKeys
    row_of: Mapping[str, int]
    creators: Mapping[str, list[int]]
    all_creators: bool


def make_scene(videos: pd.DataFrame, *, costs: pd.DataFrame, terms: Terms | None) -> Scene:
    """Index prepared videos by everything that a cost or a target may be of."""
    ids = videos["ad_id"].astype("str").tolist()
    links = column(videos, "ad_link", "str").tolist()
    pairs = [
        (key, ad_id) for ad_id, link in zip(ids, links, strict=True) for key in (ad_id, link) if isinstance(key, str)
    ]
    row_of = {ad_id: row for row, ad_id in reversed(list(enumerate(ids)))}
    known: dict[str, list[str]] = costs.attrs.get("creators", {})
    creators = {name: sorted(row_of[ad_id] for ad_id in own if ad_id in row_of) for name, own in known.items()}
    if terms is not None:
        creators |= creators_of_rows(videos, terms)
    return Scene(
        videos=videos,
        uploaded=day_numbers(videos["uploaded_at"], missing=NEVER).astype(np.int64),
        accounts=AccountKeys(videos),
        labels=LabelKeys(videos),
        posts=VideoKeys(pairs),
        row_of=row_of,
        creators=creators,
        all_creators=terms is not None or bool(known),
    )


def rows_of_scope(scene: Scene, scope: str, key: str) -> tuple[np.ndarray | None, str, str, str]:
    """Find the videos of a scope.

    Returns
    -------
    rows, name, what, advice
        Row numbers (None when the key is nobody's), a name for people, what tells the scope from others, and what to
        write instead of a key that is nobody's.
    """
    if scope == "organisation":
        return np.arange(len(scene.videos)), "organisation", "", ""
    if scope == "account":
        account, advice = scene.accounts.find(key)
        if account is None:
            return None, key, key, advice
        return np.flatnonzero(scene.accounts.accounts == account), scene.accounts.names[account], account, ""
    if scope == "label":
        label, advice = scene.labels.find(key)
        if label is None:
            return None, key, key, advice
        return np.array(sorted(scene.labels.rows[label]), dtype=int), scene.labels.names.get(label, label), label, ""
    if scope == "video":
        post = scene.posts.find(key)
        if post is None:
            return None, key, key, scene.posts.advice(key)
        return np.array([scene.row_of[post]]), key, post, ""
    if not scene.all_creators:
        return None, key, key, "pass terms, which say whose videos are a creator's"
    rows = scene.creators.get(key)
    if rows is None:
        return None, key, key, f"no creator has this id; there is {', '.join(sorted(scene.creators)[:5]) or 'none'}"
    return np.array(rows, dtype=int), key, key, ""


def match_costs(scene: Scene, costs: pd.DataFrame, *, ledger: Ledger, allow_partial: bool) -> list[Cost]:
    """Find what each cost paid for and what it is.

    Raises
    ------
    MoneyFileError
        With every key that no video is of, unless `allow_partial`.
    InvalidParameterError
        When the frame is no frame of costs.
    """
    lacking = [name for name in ("scope", "key", "kind", "amount", "currency") if name not in costs]
    if lacking:
        raise InvalidParameterError(f"costs lack the columns {', '.join(lacking)}: pass the frame of read_costs")
    problems: list[Problem] = []
    found = []
    for cost in costs.reindex(columns=COSTS.names).to_dict("records"):
        key = "" if pd.isna(cost["key"]) else str(cost["key"])
        rows, name, what, advice = rows_of_scope(scene, str(cost["scope"]), key)
        notes: set[str] = set()
        if rows is None:
            line = 0 if pd.isna(cost["line"]) else int(cost["line"])
            problems.append(Problem(line, "key", key, advice))
            rows, notes = np.empty(0, dtype=int), {"unmatched"}
        rows = _each_post_once(scene, _in_days(scene, rows, cost))
        if not len(rows):
            notes.add("no_videos")
        parts, open_ones = _parts(scene, rows, cost, ledger=ledger)
        if open_ones:
            notes.add("still_counting")
        digits = digits_of(cost["currency"])
        amount = total(parts, digits=digits) if len(rows) or cost["kind"] == "per_1000" else cost["amount"]
        scope = "unmatched" if "unmatched" in notes else str(cost["scope"])
        found.append(
            Cost(scope, key, name, what, cost["currency"], rows, to_digits(amount, digits=digits), parts, notes)
        )
    if problems and not allow_partial:
        raise MoneyFileError(str(costs.attrs.get("source", "costs")), problems)
    return found


def _in_days(scene: Scene, rows: np.ndarray, cost: Mapping[str, Any]) -> np.ndarray:
    """Keep the videos uploaded in a cost's days; without an upload day a video is in none."""
    for name, keeps in (("uploaded_from", np.greater_equal), ("uploaded_to", np.less_equal)):
        if not pd.isna(cost[name]):
            day = int(pd.Timestamp(cost[name]).to_datetime64().astype("datetime64[D]").astype(np.int64))
            rows = rows[keeps(scene.uploaded[rows], day)]
    return rows


def _each_post_once(scene: Scene, rows: np.ndarray) -> np.ndarray:
    """Of the copies of one post keep the one that totals count, else the first by id; in the order of uploads."""
    here = scene.videos.iloc[rows]
    order = pd.DataFrame(
        {
            "row": rows,
            "post": here["dup_group"].astype("object").where(here["dup_group"].notna(), here["ad_id"]).to_numpy(),
            "copy": ~here["counts_in_totals"].fillna(value=False).to_numpy(dtype=bool),
            "uploaded": scene.uploaded[rows],
            "ad_id": here["ad_id"].to_numpy(),
        }
    )
    once = order.sort_values(["copy", "ad_id"]).drop_duplicates("post").sort_values(["uploaded", "ad_id"])
    return once["row"].to_numpy(dtype=int)


def _parts(scene: Scene, rows: np.ndarray, cost: Mapping[str, Any], *, ledger: Ledger) -> tuple[list[Decimal], bool]:
    """Return what each video cost, adding up to the cent, and whether any count is still paid for."""
    digits = digits_of(cost["currency"])
    if cost["kind"] == "fixed":
        return (split(cost["amount"], len(rows), digits=digits) if len(rows) else []), False
    views, open_ones = _counted(scene, rows, cost["count_days"], ledger=ledger)
    parts: list[Decimal] = []
    exact = rounded = ZERO
    for count in views:
        exact = EXACT.add(exact, per_1000(cost["amount"], int(count)))
        whole = to_digits(exact, digits=digits)
        parts.append(EXACT.subtract(whole, rounded))
        rounded = whole
    return parts, open_ones


def _counted(scene: Scene, rows: np.ndarray, count_days: Any, *, ledger: Ledger) -> tuple[np.ndarray, bool]:
    """Return the newest count up to the last day that counts, 0 without any; and whether more may come."""
    newest = ledger.newest
    last = np.full(len(scene.videos), newest, dtype=np.int64)
    if not pd.isna(count_days):
        last = np.minimum(last, scene.uploaded + int(count_days))
    place = last_row_at(ledger, last)
    views = np.where(place >= ledger.first, ledger.views.take(place, mode="clip"), 0)[rows]
    open_ones = pd.isna(count_days) or bool((scene.uploaded[rows] + int(count_days) > newest).any())
    return views, bool(open_ones and len(rows))


def by_video(costs: Iterable[Cost]) -> dict[str, dict[int, Decimal]]:
    """Add up what each video cost, by currency and row."""
    found: dict[str, dict[int, Decimal]] = defaultdict(dict)
    for cost in costs:
        own = found[cost.currency]
        for row, part in zip(cost.rows.tolist(), cost.parts, strict=True):
            own[row] = EXACT.add(own.get(row, ZERO), part)
    return found
