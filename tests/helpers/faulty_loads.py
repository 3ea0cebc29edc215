"""Loads under faults, and what always holds of them."""

import traceback
import warnings

from organisations import KEY

import shortimize_analytics as sa
from shortimize_analytics.errors import ShortimizeError

ROWS = 6
LOADERS = {
    "load_videos": lambda client, videos: sa.load_videos(client, page_size=3),
    "load_account_videos": lambda client, videos: sa.load_account_videos(client, "account-0"),
    "load_video": lambda client, videos: sa.load_video(client, "id-003"),
    "load_labels": lambda client, videos: sa.load_labels(client),
    "load_history": sa.load_history,
}

OF_THE_WHOLE = {
    "load_accounts": lambda client, videos: sa.load_accounts(client),
    "load_organisation_history": lambda client, videos: sa.load_organisation_history(client),
}
"""Loaders without a look at a video, which the faults that hit all alike need not try once more."""


def attempt(load, *, tries=None, requests=lambda: 0):
    """Load under a fault: return (frame or None, error or None, warnings' texts) and check what always holds."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            frame, error = load(), None
        except ShortimizeError as raised:
            frame, error = None, raised
    if error is not None:
        told = "".join(traceback.format_exception(error)) + str(error) + repr(error) + repr(vars(error))
        assert KEY not in told
        assert str(error)
    said = [str(warning.message) for warning in caught]
    assert all(KEY not in text for text in said)
    assert all(issubclass(warning.category, UserWarning) for warning in caught), said
    if tries is not None:
        tries["loads"] += 1
        tries["requests"] += requests()
    return frame, error, said
