"""What each video cost, what its views cost at equal age, and what is owed for it."""

from decimal import Decimal

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.prepared import Prepared, as_prepared
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import VIDEO_MONEY, conform

from .amounts import total
from .costs import cost_figures
from .payouts import Payouts
from .terms import Terms


def video_money(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    costs: pd.DataFrame | None = None,
    terms: Terms | None = None,
    paid: Payouts | None = None,
) -> pd.DataFrame:
    """List what each video cost, per 1,000 views at equal age too, and what a statement owes for it.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or the result of `prepare`.
    history
        Frame of `load_history`; None beside prepared data.
    costs
        Result of `read_costs` or `payout_costs`; fees of groups are split evenly over their videos.
    terms
        Result of `read_terms`, for costs of creators.
    paid
        Result of `creator_payouts`.

    Returns
    -------
    DataFrame
        One row per video that cost something or has a line in the statement: `schema.VIDEO_MONEY`. A video with costs
        in two currencies has no amount, since nothing is converted; `currency` names both.

    Raises
    ------
    InvalidParameterError
        Without costs and without payouts.
    MoneyFileError
        As `cost_figures`.

    Examples
    --------
    >>> from pathlib import Path
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.simulator import demo_organisation
    >>> demo = demo_organisation()
    >>> _ = Path("costs.csv").write_text('''scope,key,kind,amount,currency,uploaded_from,uploaded_to
    ... account,tiktok/hook.lab,fixed,900,USD,2026-10-01,2026-10-31
    ... ''')
    >>> found = sa.video_money(demo.videos, demo.history, costs=sa.read_costs("costs.csv"))
    >>> len(found), str(sum(found["cost"])), found["currency"].unique().tolist()
    (13, '900.00', ['USD'])
    """
    if costs is None and paid is None:
        raise InvalidParameterError("costs and paid are missing: pass what read_costs or creator_payouts returned")
    data = as_prepared(videos, history)
    rows: dict[str, dict[str, object]] = {}
    if costs is not None:
        found = cost_figures(data, costs=costs, terms=terms, by="video", allow_partial=True)
        for ad_id, own in found[found["scope"] == "video"].groupby("key", observed=True):
            one = len(own) == 1
            rows[str(ad_id)] = {
                "cost": own["cost"].iloc[0] if one else None,
                "cpm": own["cpm"].iloc[0] if one else pd.NA,
                "currency": "+".join(sorted(own["currency"])),
            }
    if paid is not None:
        for ad_id, owed in _owed(paid).items():
            rows.setdefault(ad_id, {})["owed"] = owed
            rows[ad_id]["owed_currency"] = paid.terms.currency
    table = pd.DataFrame.from_dict(rows, orient="index", columns=VIDEO_MONEY.names[1:])
    table.insert(0, "ad_id", table.index.to_numpy(dtype=object))
    out = conform(table.reset_index(drop=True), VIDEO_MONEY)
    out.attrs = {"table": VIDEO_MONEY.name, "params": {"period": None if paid is None else paid.period}}
    return out


def _owed(paid: Payouts) -> dict[str, Decimal]:
    """Add up the lines of each post; what is of no post (fees, caps, corrections of a period) is in none of them."""
    lines = paid.lines[paid.lines["ad_id"].notna().to_numpy(dtype=bool)]
    ids, place = np.unique(lines["ad_id"].to_numpy(dtype=object).astype(str), return_inverse=True)
    amounts: list[list[Decimal]] = [[] for _ in ids]
    for at, amount in zip(place.tolist(), lines["amount"], strict=True):
        amounts[at].append(amount)
    return {name: total(own, digits=paid.terms.digits) for name, own in zip(ids.tolist(), amounts, strict=True)}
