"""Commands that load, and what all commands share: connecting, and writing or printing a frame."""

import argparse
import inspect
import sys
from collections.abc import Callable
from typing import Any

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.analysis.base.vendor import vendor_figure
from shortimize_analytics.client.connection import Client
from shortimize_analytics.errors import (
    AuthenticationError,
    DataQualityWarning,
    IncompleteDataError,
    InvalidParameterError,
    NotFoundError,
    OfflineError,
    ResponseShapeError,
    warn,
)
from shortimize_analytics.store.export import ENDINGS, check_target, write_frame

_SHOWN_ROWS = 20
_SHOWN_WIDTH = 10
_JOINERS = "\u200c\u200d"
"""Joiners make one emoji of several and shape some scripts."""
_EFFECT = ["label", "n_videos", "n_accounts_overlap", "ratio", "ratio_lo", "ratio_hi", "q", "verdict"]
_FORECAST = ["username", "platform", "model_age", "views", "pred", "lo80", "hi80", "n_cal", "cov_backtest", "mdape"]
_SCORE = ["position", "username", "platform", "age_days", "views", "mult", "mult_lo", "mult_hi", "n_peers", "notes"]
_SHOWN_COLUMNS = {
    "videos": ["username", "platform", "uploaded_at", "latest_views", "latest_likes", "outlier_multiplier", "title"],
    "history": ["ad_id", "date", "views", "likes", "comments", "shares"],
    "organisation_history": ["date", "views", "likes", "comments", "shares"],
    "accounts_listed": ["username", "platform", "latest_followers_count", "tracking_type", "checked_at", "account_id"],
    "quality": ["check", "n", "of", "unit", "share"],
    "outliers": [*_SCORE, "title"],
    "growth": ["group", "age_days", "n_videos", "median_value", "lo", "hi", "ci_lo", "ci_hi"],
    "forecast": [*_FORECAST, "title"],
    "forecasts": [*_FORECAST, "title"],
    "revived": ["position", "username", "platform", "uploaded_at", "views", "gain", "revival_ratio", "title"],
    "statement": [
        "creator",
        "end",
        "n_clips",
        "counted_views",
        "earned",
        "cap",
        "fall",
        "correction_counts",
        "correction_terms",
        "decisions",
        "carried_in",
        "payment",
        "carried_out",
    ],
    "lines": [
        "creator",
        "period",
        "kind",
        "ad_id",
        "counted_before",
        "counted",
        "amount",
        "currency",
        "notes",
        "reason",
    ],
    "evidence": ["creator", "ad_id", "uploaded_at", "cut_off", "date", "stale_days", "views", "fetched_at", "use"],
    "exceptions": ["creator", "reason", "ad_id", "since", "at_stake", "what_to_do"],
    "costs": [
        "scope",
        "name",
        "currency",
        "n_videos",
        "n_young",
        "cost",
        "cpm",
        "cpm_lo",
        "cpm_hi",
        "cpm_today",
        "notes",
    ],
    "targets": [
        "name",
        "metric",
        "end",
        "verdict",
        "target",
        "so_far",
        "needed_per_day",
        "landing",
        "lo80",
        "hi80",
        "p_target",
        "mdape",
        "mdape_linear",
    ],
    "clips": ["video", "other", "days_apart", "why", "link", "other_link"],
    "tracking": ["link", "status", "ad_id", "reason"],
    "archive_files": ["file", "videos", "days", "first", "last", "newest_request", "bytes"],
    "labels": _EFFECT,
    "groups": _EFFECT,
}
_WIDEST = {"exceptions": 120, "lines": 60}
"""Characters of the widest cell, where 48 would cut what is to be done."""
_FOR_PROGRAMS = ["ad_id", "ad_link"]
"""Columns that would take the room of those that a reader knows a video by."""


def connect(options: argparse.Namespace) -> Client:
    """Connect with the common options."""
    return sa.connect(
        base_url=options.base_url,
        tier=options.tier,
        data_dir=options.data_dir,
        offline=options.offline,
        refresh=options.refresh,
        demo=options.demo,
    )


def _progress(options: argparse.Namespace) -> bool | None:
    return False if options.quiet else None


SCOPE = ("platform", "account", "label")


def scope_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the part of the videos that was asked for, as `select_videos` takes it."""
    return {name: getattr(options, name) for name in SCOPE if getattr(options, name) is not None}


def filters_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the filters of what is loaded that were given, as `load_videos` takes them; the scope is none of them."""
    names = [name for name in inspect.signature(sa.load_videos).parameters if name not in SCOPE]
    return {name: value for name, value in vars(options).items() if name in names and value is not None}


def load_both(client: Client, options: argparse.Namespace) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Load the videos that match the filters, and their history: everyone's, whatever part is shown of them."""
    found = sa.load_videos(client, **filters_of(options), progress=_progress(options))
    return found, sa.load_history(client, found, progress=_progress(options))


def _load_part(client: Client, options: argparse.Namespace) -> pd.DataFrame:
    """Load the videos that match the filters and the scope; of several accounts or platforms, one after the other."""
    part = scope_of(options)
    accounts, platforms = part.get("account", [None]), part.get("platform", [None])
    if len(accounts) * len(platforms) > 1:
        found = sa.load_videos(client, **filters_of(options), label=part.get("label"), progress=_progress(options))
        return sa.select_videos(found, **{name: part[name] for name in SCOPE[:2] if name in part})
    one = {"account": accounts[0], "platform": platforms[0], "label": part.get("label")}
    return sa.load_videos(client, **filters_of(options), **one, progress=_progress(options))


def check_output(options: argparse.Namespace) -> None:
    """Refuse a bad ``-o`` before anything is loaded for it."""
    if options.output is not None:
        check_target(options.output, ENDINGS)


def videos(options: argparse.Namespace) -> None:
    """Load videos."""
    check_output(options)
    with connect(options) as client:
        deliver(_load_part(client, options), options, "videos")


def history(options: argparse.Namespace) -> None:
    """Load the history of named videos, or of all that match the filters."""
    check_output(options)
    given = filters_of(options) | scope_of(options)
    if options.ids and given:
        raise InvalidParameterError(f"name videos or filter them, not both: {', '.join(given)}")
    if options.organisation and (options.ids or given):
        raise InvalidParameterError("--organisation is of all videos: name and filter none")
    with connect(options) as client:
        if options.organisation:
            days = sa.load_organisation_history(client, start=options.start, end=options.end)
            deliver(days, options, "organisation_history")
            return
        wanted = options.ids or _load_part(client, options)
        frame = sa.load_history(client, wanted, start=options.start, end=options.end, progress=_progress(options))
        deliver(frame, options, "history")


def accounts(options: argparse.Namespace) -> None:
    """Load accounts."""
    check_output(options)
    with connect(options) as client:
        deliver(sa.load_accounts(client, label=options.label, progress=_progress(options)), options, "accounts_listed")


def load_if_there(load: Callable[[], pd.DataFrame], what: str) -> pd.DataFrame | None:
    """Load what an analysis can do without; where the API has none, say so and go on."""
    try:
        return load()
    except (AuthenticationError, NotFoundError, ResponseShapeError, IncompleteDataError, OfflineError) as error:
        warn(f"{what} could not be loaded and are left out ({error})", DataQualityWarning, stacklevel=2)
        return None


def deliver(frame: pd.DataFrame, options: argparse.Namespace, kind: str) -> None:
    """Write a frame to the file asked for, or print its main columns."""
    if options.output is not None:
        path = write_frame(frame, options.output)
        if not options.quiet:
            print(f"wrote {len(frame):,} rows to {path}")
        return
    shown = [name for name in _SHOWN_COLUMNS.get(kind, _first_columns(frame)) if name in frame.columns]
    first = frame.sort_values("created_at", ascending=False, kind="stable") if kind == "videos" else frame
    with pd.option_context("display.width", None):
        head = first.head(_SHOWN_ROWS)[shown].map(_printable)
        if "outlier_multiplier" in shown:
            head["outlier_multiplier"] = vendor_figure(head, "outlier_multiplier").astype(float)
        # pandas prints no table for a frame without rows, but its Python name
        text = head.to_string(index=False, max_colwidth=_WIDEST.get(kind, 48), na_rep="", float_format=_figure)
        print(text if len(head) else "  ".join(shown))
    if not options.quiet:
        which = "newest " if kind == "videos" else ""
        rest = f", the {which}{_SHOWN_ROWS} shown" if len(frame) > _SHOWN_ROWS else ""
        print(f"{len(frame):,} rows{rest}; all {frame.shape[1]} columns with -o FILE", file=sys.stderr)


def _first_columns(frame: pd.DataFrame) -> list[str]:
    """Choose columns of a table that has no choice of its own: of videos account and title, not the ids; title last."""
    if "title" not in frame:
        return list(frame.columns[:_SHOWN_WIDTH])
    return [*frame.columns.drop([*_FOR_PROGRAMS, "title"], errors="ignore")[: _SHOWN_WIDTH - 1], "title"]


def _figure(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 1e12 else f"{value:.3g}"


def _printable(value: Any) -> Any:
    """Keep a caption from steering the terminal (escape codes, bidirectional controls)."""
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(char if char.isprintable() or char in _JOINERS else " " for char in value)
