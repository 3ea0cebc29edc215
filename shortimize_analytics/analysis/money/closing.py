"""Close a period: keep what was stated, with the terms and the counts that prove it."""

from decimal import Decimal
from pathlib import Path

import pandas as pd

from shortimize_analytics import __version__
from shortimize_analytics.errors import ClosingError, InvalidParameterError, UnsettledError
from shortimize_analytics.schema import COSTS, LINES, conform
from shortimize_analytics.store.closings import read_closings, write_closing

from .amounts import EXACT, ZERO
from .chain import rows_of, terms_of
from .months import OWN
from .payouts import Payouts
from .sheets import iso
from .stretches import stretch_with


def close_payouts(paid: Payouts, folder: str | Path, *, retroactive: bool = False, version: str = __version__) -> Path:
    """Write what a period's payouts rest on into a folder of its own, whole or not at all.

    Parameters
    ----------
    paid
        Result of `creator_payouts` with `closings` = `folder`.
    folder
        Where the closings are; the period's name is its folder there.
    retroactive
        Close although the terms now value closed periods otherwise.
    version
        Written into closing.json: the package's.

    Returns
    -------
    Path
        The closing's folder. Closing the same again changes nothing.

    Raises
    ------
    UnsettledError
        When any figure is provisional: nothing was written.
    ClosingError
        When the period or a later one is closed with other figures, or terms changed closed periods.
    BusyError
        When another run is closing.
    LocalFileError
        When the folder cannot be written.
    """
    if not paid.against:
        raise InvalidParameterError(
            f"these payouts know no closings: call creator_payouts with closings={str(folder)!r}"
        )
    if paid.provisional:
        doubtful = paid.statement.loc[paid.statement["provisional"], "creator"]
        raise UnsettledError(
            f"{paid.period} cannot be closed: figures of {len(doubtful)} creators, {doubtful.iloc[0]} among them, may "
            f"still change. Days after {paid.end} need {3} days to settle; load again then, and see the exceptions"
        )
    changed = paid.lines[(paid.lines["kind"] == "correction_terms").to_numpy()]
    if len(changed) and not retroactive:
        first = changed.iloc[0]
        raise ClosingError(
            f"the terms now value {len(changed)} closed periods otherwise ({first['creator']}, {first['reason']}): put "
            "new terms into a new [[terms]] with a later `from`, or close with --retroactive"
        )
    files = {**paid.terms.sources, **paid.sheets}
    days = (paid.start.isoformat(), paid.end.isoformat())
    path, _ = write_closing(folder, period=paid.period, days=days, files=files, version=version, follows=paid.follows)
    return path


_USED = ("creator", "ad_id", "period", "kind", "amount", "currency")


def payout_costs(folder: str | Path) -> pd.DataFrame:
    """Return what closings stated as costs, for `cost_figures`.

    Parameters
    ----------
    folder
        Where the closings are.

    Returns
    -------
    DataFrame
        `schema.COSTS`: one fixed cost per post (its views, bonuses and base fee in all closings), and per creator and
        period for what belongs to no post: fees of a period, caps, corrections, decisions. ``attrs["creators"]`` holds
        the posts of each creator.

    Raises
    ------
    ClosingError
        When a closing was edited or is missing.
    """
    of_post: dict[tuple[str, str], Decimal] = {}
    of_creator: dict[tuple[str, int, str], Decimal] = {}
    creators: dict[str, set[str]] = {}
    period = "month"
    for closing in read_closings(folder):
        period = terms_of(closing).period
        for creator, ad_id, day, kind, amount, currency in rows_of(closing, "lines.csv", LINES, columns=_USED):
            if ad_id and kind in OWN:
                what = (ad_id, currency)
                of_post[what] = EXACT.add(of_post.get(what, ZERO), amount)
                creators.setdefault(creator, set()).add(ad_id)
            else:
                key = (creator, day, currency)
                of_creator[key] = EXACT.add(of_creator.get(key, ZERO), amount)
    rows = [
        {"scope": "video", "key": ad_id, "amount": amount, "currency": currency, "note": "payouts"}
        for (ad_id, currency), amount in sorted(of_post.items(), key=lambda one: one[0])
    ]
    for (creator, day, currency), amount in sorted(of_creator.items(), key=lambda one: one[0]):
        stretch = stretch_with(day, period)
        days = {"uploaded_from": pd.Timestamp(iso(stretch.first)), "uploaded_to": pd.Timestamp(iso(stretch.last))}
        rows.append(
            {"scope": "creator", "key": creator, "amount": amount, "currency": currency, "note": "payouts", **days}
        )
    frame = pd.DataFrame(rows, columns=COSTS.names).assign(kind="fixed", line=range(1, len(rows) + 1))
    frame = frame[[amount != 0 for amount in frame["amount"]]]
    for name in ("uploaded_from", "uploaded_to"):
        frame[name] = pd.to_datetime(frame[name])
    out = conform(frame, COSTS)
    out.attrs = {
        "table": COSTS.name,
        "source": str(folder),
        "creators": {creator: sorted(ids) for creator, ids in sorted(creators.items())},
    }
    return out
