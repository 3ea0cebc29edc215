"""What the vendor says of the organisation as a whole: the accounts it tracks, and its own sum of every day.

Both calls are known from the first part of the vendor's pages only. So whatever shape a list has is taken (a bare
array, or pages with their total), a field that this version does not know is kept as it came, and what cannot be read
costs its own cell or row, with a `DataQualityWarning` that counts it.

Pitfalls: whether the sum runs up or is of each day alone is verified, as for a video's history; its newest day is not
over. An account tracked as ``latest_30`` may have its 30 newest videos measured and no other.
"""

import pandas as pd

from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Answer, Call
from shortimize_analytics.client.connection import LEEWAY, Client
from shortimize_analytics.client.decode import Decoded
from shortimize_analytics.schema.cast import EVIDENCE
from shortimize_analytics.schema.checks import looks_per_day, to_cumulative
from shortimize_analytics.schema.days import Day, read_range
from shortimize_analytics.schema.masked import MASKING_TIERS
from shortimize_analytics.schema.names import Names, each_name

from .future import asked_at
from .history import days_in_reach
from .labels import names_to_send
from .paging import decode_dated, read_all_pages
from .provenance import describe, warn_quality

_FOLLOWERS = "latest_followers_count"


def load_accounts(client: Client, *, label: Names | None = None, progress: bool | None = None) -> pd.DataFrame:
    """Load all tracked accounts: followers, and how each is tracked.

    Parameters
    ----------
    client
        From `connect`.
    label
        Only accounts that carry this label (collection): its name or id; of several any fits.
    progress
        Show a bar; None shows it on a terminal only.

    Returns
    -------
    DataFrame
        One row per account with the columns of `schema.ACCOUNTS`, in the API's order; further fields of the API stand
        behind them as they came, ``empty`` among them. ``attrs["quality"]`` counts masked and repeated rows, and those
        without an id, which are left out.

    Raises
    ------
    IncompleteDataError
        When the API announces other accounts than it delivers, three times over.
    InvalidParameterError
        For a label that does not exist.
    ApiError
        When the API refuses or fails.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> accounts = sa.load_accounts(sa.connect(demo=True))
    >>> accounts.loc[accounts["username"] == "hook.lab", ["latest_followers_count", "tracking_type"]].values.tolist()
    [[310000, 'latest_200']]
    """
    names = None if label is None else each_name(label, "label")
    sent = {} if names is None else {"collections": names_to_send(client, names)}
    call = Call(contract.LIST_ACCOUNTS, params=contract.validate(contract.LIST_ACCOUNTS, {**sent, "paginated": True}))
    found = read_all_pages(client, call, progress=progress)
    decoded = found.decoded
    unnamed = decoded.frame["account_id"].isna()
    decoded.rows = decoded.frame[~unnamed].reset_index(drop=True)
    asked = {} if names is None else {"label": names}
    frame = describe(client, decoded, endpoint=call.endpoint, asked=asked, answers=found.answers)
    quality = frame.attrs["quality"]
    masked = frame["account_id"].isin(decoded.masked)
    if client.tier in MASKING_TIERS:
        masked |= frame[_FOLLOWERS].isna()
    quality |= {"duplicates": len(found.repeated), "masked": int(masked.sum()), "without_id": int(unnamed.sum())}
    quality["evidence"] = {"masked": frame.loc[masked, "account_id"].head(EVIDENCE).tolist()}
    _hold_back(frame, found.answers)
    if found.full:
        warn_quality(found.about_repeats(), stacklevel=3)
    if quality["without_id"]:
        warn_quality(f"accounts: {quality['without_id']} rows without an id were left out", stacklevel=3)
    if quality["masked"]:
        warn_quality(
            f"{quality['masked']:,} of {len(frame):,} accounts have masked figures (tier {client.tier}): they are NA; "
            "Limited and Basic plans get one masked result",
            stacklevel=3,
        )
    return frame


def load_organisation_history(client: Client, *, start: Day | None = None, end: Day | None = None) -> pd.DataFrame:
    """Load the vendor's own sum of the whole organisation, day by day, in one request.

    Parameters
    ----------
    client
        From `connect`.
    start
        First day. None means as far back as the plan allows (premium 730 days, else 90).
    end
        Last day, inclusive; None means today by the client's clock.

    Returns
    -------
    DataFrame
        One row per day with the columns of `schema.ORGANISATION_HISTORY`, days ascending, none filled in. Totals run
        up; where the API sent gains per day they were summed up, and start with the first row. ``attrs["quality"]``
        counts rows left out: without a day, of days that have not begun, or of a day that came twice.

    Raises
    ------
    InvalidParameterError
        For a day further back than the plan allows, or a range that ends before it starts.
    ApiError
        When the API refuses or fails.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> days = sa.load_organisation_history(sa.connect(demo=True), start="2026-11-15", end="2026-11-22")
    >>> len(days), int(days["views"].diff().sum())
    (8, 9781068)
    """
    first, last = days_in_reach(client, *read_range(start, end))
    sent = {"start_date": first, "end_date": last}
    call = Call(contract.GET_ORGANISATION_HISTORY, params=contract.validate(contract.GET_ORGANISATION_HISTORY, sent))
    answer = client.get(call)
    decoded = decode_dated(answer, call.endpoint)
    left_out = _keep_days(decoded, answer)
    asked = {"start": first.isoformat(), "end": last.isoformat()}
    frame = describe(client, decoded, endpoint=call.endpoint, asked=asked, answers=[answer])
    attrs = frame.attrs
    attrs["quality"] |= left_out | {"masked": bool(len(frame) and frame["views"].isna().all())}
    for name, why in (("undated", "without a day"), ("ahead", "of days that have not begun yet")):
        if left_out[name]:
            warn_quality(f"organisation: {left_out[name]} rows {why} were left out", stacklevel=3)
    if attrs["quality"]["masked"]:
        warn_quality(f"the organisation's own sum came masked (tier {client.tier}): its counts are NA", stacklevel=3)
    series = frame.assign(ad_id="organisation")
    attrs["quality"]["converted_from_per_day"] = looks_per_day(series)
    if attrs["quality"]["converted_from_per_day"]:
        warn_quality(
            "the API delivered the organisation's gains per day instead of running totals; they were summed up to "
            "totals, which start with the first day",
            stacklevel=3,
        )
        frame = to_cumulative(series).drop(columns="ad_id")
        frame.attrs = attrs
    return frame


def _hold_back(accounts: pd.DataFrame, answers: list[Answer]) -> None:
    """Set instants that lie ahead of the answers that brought them to those answers' own, in place."""
    latest = pd.Timestamp(asked_at(answers))
    for name in ("created_at", "checked_at"):
        ahead = (accounts[name] > latest + LEEWAY).fillna(value=False)
        if ahead.any():
            accounts[name] = accounts[name].mask(ahead, latest)
            accounts.attrs["quality"]["repaired"][name] = int(ahead.sum())
            warn_quality(
                f"accounts: {name} of {int(ahead.sum())} lies ahead of the answer that brought it: taken as "
                f"{latest:%Y-%m-%d %H:%M} UTC, when it was asked for",
                stacklevel=4,
            )


def _keep_days(decoded: Decoded, answer: Answer) -> dict[str, int]:
    """Keep one row per day that has begun, the last one sent, in place, days ascending; return what was left out."""
    frame = decoded.frame
    undated = frame["date"].isna()
    # a day may have begun elsewhere on earth
    last = pd.Timestamp(asked_at([answer])).tz_localize(None).normalize() + pd.Timedelta(days=1)
    ahead = frame["date"] > last
    kept = frame[~undated & ~ahead]
    repeated = kept["date"].duplicated(keep="last")
    decoded.rows = kept[~repeated].sort_values("date", ignore_index=True)
    return {"undated": int(undated.sum()), "ahead": int(ahead.sum()), "duplicates": int(repeated.sum())}
