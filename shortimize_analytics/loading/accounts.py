"""What a load of one account, or of one platform, keeps of what the API sends, and when it is refused."""

import numpy as np
import pandas as pd

from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Call
from shortimize_analytics.client.connection import Client
from shortimize_analytics.errors import ArchiveError, InvalidParameterError
from shortimize_analytics.schema.cast import EVIDENCE
from shortimize_analytics.schema.choices import did_you_mean
from shortimize_analytics.schema.names import AccountName, listing
from shortimize_analytics.store.snapshots import load_snapshot, snapshots_in

from .paging import decode_dated
from .provenance import warn_quality


def keep_account(frame: pd.DataFrame, account: AccountName) -> pd.DataFrame:
    """Drop rows of other accounts, which the API returns for some handles."""
    return _kept(frame, _of(frame, account), what="other_accounts", asked=f"account={account.text!r}")


def keep_platform(frame: pd.DataFrame, platform: str | None) -> pd.DataFrame:
    """Keep the videos of one platform, by which the API cannot filter; None keeps all.

    Raises
    ------
    InvalidParameterError
        When there are videos, and none of that platform.
    """
    if platform is None or frame.empty:
        return frame
    mine = (frame["platform"].str.lower() == platform).fillna(value=False).to_numpy(dtype=bool)
    if not mine.any():
        known = sorted(frame["platform"].dropna().unique())
        hint = did_you_mean(platform, known)
        raise InvalidParameterError(f"platform={platform!r} has no video here{hint}; {listing(known)}")
    attrs, frame = frame.attrs, frame[mine].reset_index(drop=True)
    attrs["quality"]["other_platforms"] = int((~mine).sum())
    frame.attrs = attrs
    return frame


def check_one_account(frame: pd.DataFrame, account: AccountName) -> None:
    """Refuse a handle that several platforms know, unless one of them was named.

    Raises
    ------
    InvalidParameterError
        With the accounts to choose from.
    """
    sizes = frame["platform"].value_counts()
    if len(sizes) > 1 and account.id is None:
        listed = ", ".join(f"{platform}/{account.handle} ({size:,})" for platform, size in sizes.items())
        raise InvalidParameterError(
            f"account={account.text!r} names {len(sizes)} accounts, by videos: {listed}; pass one of them"
        )


def check_tracked(client: Client, frame: pd.DataFrame, *, sent: dict[str, object], account: AccountName) -> None:
    """Refuse an account that nobody tracks: an empty frame would look like an account that uploaded nothing.

    Where other filters may have left nothing, the API is asked for the account alone; not offline.

    Raises
    ------
    InvalidParameterError
        With the nearest handle of the newest copy of all videos, if there is one.
    """
    if _of(frame, account).any():
        return
    alone = {name: value for name, value in sent.items() if name in {"username", "linked_account_id"}}
    if alone != sent:
        if client.settings.offline:
            return
        params = contract.validate(contract.LIST_VIDEOS, {**alone, "limit": contract.API_PAGE_LIMIT})
        answer = client.get(Call(contract.LIST_VIDEOS, params=params))
        if _of(decode_dated(answer, contract.LIST_VIDEOS).frame, account).any():
            return
    hint = did_you_mean(account.handle or "", _handles(client))
    raise InvalidParameterError(
        f"no tracked account is account={account.text!r}{hint}; a renamed account goes by its new handle"
    )


def _of(frame: pd.DataFrame, account: AccountName) -> np.ndarray:
    name, value = ("linked_account_id", account.id) if account.id else ("username", account.handle)
    return (frame[name].str.lower() == value).fillna(value=False).to_numpy(dtype=bool)


def _handles(client: Client) -> list[str]:
    """List the handles of the newest copy of all videos that an earlier load left; it only helps with a wrong name."""
    taken = snapshots_in(client.storage)
    whole = taken.loc[taken["asked"] == "all", "path"]
    try:
        return sorted(load_snapshot(whole.iloc[-1])["username"].dropna().unique()) if len(whole) else []
    except ArchiveError:
        return []


def _kept(frame: pd.DataFrame, mine: np.ndarray, *, what: str, asked: str) -> pd.DataFrame:
    attrs, dropped = frame.attrs, int((~mine).sum())
    attrs["quality"][what] = dropped
    if dropped:
        attrs["quality"]["evidence"][what] = frame.loc[~mine, "ad_id"].head(EVIDENCE).tolist()
        warn_quality(f"{asked}: {dropped} videos of other accounts came along and were left out")
        frame = frame[mine].reset_index(drop=True)
        frame.attrs = attrs
    return frame
