"""The closed choices that options take, each in one place: what the types say, the checks ask and the commands offer.

What the vendor may add to (platforms, label names) is open and stands nowhere here.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Literal, get_args

from shortimize_analytics.errors import InvalidParameterError

Plan = Literal["limited", "basic", "premium"]
"""The vendor's plans."""
Tier = Literal["auto", "premium", "basic", "limited", "unlimited"]
"""Whose pace is kept: what the server allows, a plan's, or, for simulators on this machine, none."""
Mode = Literal["age", "raw", "strict"]
"""How a ranking accounts for age."""
CurveValue = Literal["share", "views", "gain"]
"""What a growth curve shows."""
GrowthLaw = Literal["stretched", "gompertz", "richards", "power"]
"""Laws that are fitted to single videos."""
Outcome = Literal["adj", "views"]
"""What a comparison compares: newest views adjusted for age, or views at one age."""
PeriodKind = Literal["week", "month", "quarter", "custom"]
"""Kinds of periods; "custom" is one with a first day of its own."""
Frequency = Literal["D", "W", "M"]
"""Days, weeks from Monday to Sunday, months."""
Flag = Literal["include", "exclude", "only"]
"""What a filter does with flagged videos."""
PostFormat = Literal["video", "photo"]
Count = Literal["gains", "totals"]
"""What an overview counts."""
TableOrder = Literal[
    "title", "username", "platform", "uploaded_at", "age_days", "views", "views_gained", "mult", "position", "pred",
    "engagement", "notes",
]  # fmt: skip
"""Columns that can order a table of videos."""
Each = Literal["account", "label"]
"""Of what there is one report each."""
CostGroup = Literal["scope", "video", "account", "label", "platform", "creator"]
"""One row per what in cost figures."""
EachReport = Literal["account", "label", "creator"]
"""The same on the command line: of creators there is one statement each."""
PaperSize = Literal["a4", "us-letter"]
ReportEdition = Literal["client", "analyst"]
"""A client's report leaves out methods and the detail of the data page."""
Sidecar = Literal["xlsx", "html", "json"]
"""What can lie beside a report's PDF."""


NEAR = 0.6
"""How alike a name must be to be offered, 0-1: `difflib`'s own default."""


def check_choice(value: Any, choices: Any, name: str) -> None:
    """Refuse a value that is none of the choices.

    Parameters
    ----------
    value
        What was given.
    choices
        A `Literal`.
    name
        What to call it in the error: the parameter, or the option.

    Raises
    ------
    InvalidParameterError
        With the value, the choices, and the one that was probably meant.

    Examples
    --------
    >>> from shortimize_analytics.schema.choices import PeriodKind, check_choice
    >>> check_choice("Weeek", PeriodKind, "period")
    Traceback (most recent call last):
    shortimize_analytics.errors.InvalidParameterError: period='Weeek' is unknown (did you mean week?); choose one of
    week, month, quarter, custom
    """
    known = get_args(choices)
    if not isinstance(value, str) or value not in known:
        raise InvalidParameterError(
            f"{name}={value!r} is unknown{did_you_mean(value, known)}; choose one of {', '.join(known)}"
        )


def check_column(value: Any, known: Iterable[str], name: str, *, of: str = "videos") -> None:
    """Refuse what is no column of a frame, nor any other name that is known.

    Raises
    ------
    InvalidParameterError
        With the value, the names, and the one that was probably meant.

    Examples
    --------
    >>> from shortimize_analytics.schema.choices import check_column
    >>> check_column("plattform", ["platform", "username"], "by")
    Traceback (most recent call last):
    shortimize_analytics.errors.InvalidParameterError: by='plattform' is no column of the videos (did you mean
    platform?); choose one of platform, username
    """
    names = [str(column) for column in known]
    if value not in names:
        raise InvalidParameterError(
            f"{name}={value!r} is no column of the {of}{did_you_mean(value, names)}; choose one of {', '.join(names)}"
        )


def did_you_mean(value: Any, known: Iterable[str]) -> str:
    """Ask whether the known name nearest to what was given is meant; an empty string where none is near.

    Examples
    --------
    >>> from shortimize_analytics.schema.choices import did_you_mean
    >>> did_you_mean("ugcc", ["UGC", "Hooks v2"])
    ' (did you mean UGC?)'
    """
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(str(value).casefold(), folded, n=1, cutoff=NEAR)
    return f" (did you mean {folded[near[0]]}?)" if near else ""
